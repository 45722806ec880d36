/* SPDX-License-Identifier: MIT
 * What is sealed opens to the same bytes: every size around a boundary, every kind of envelope. */
#include "support/support.h"

/* The last one, padded, has chunks that are padding alone. */
static const size_t sizes[] = {0, 1, 255, 256, 257, 16383, 16384, 16385, 32768, 100000, 1048577};

static taskseal_keyring *ring_for(kind k)
{
    taskseal_key key = key_of("k");
    key.type = k.key_type;
    return RING(key);
}

static taskseal_seal_options sealing_as(kind k, const taskseal_keyring *ring)
{
    taskseal_seal_options options = sealing(ring);
    options.suite = k.suite;
    options.flags = k.padded ? TASKSEAL_SEAL_PADDED : 0;
    return options;
}

START_TEST(sealed_opens_to_the_same_bytes)
{
    const kind k = kind_at(_i);
    if (!k.available)
        return; /* test_suites.c asserts what happens then */
    const taskseal_keyring *ring = ring_for(k);
    const taskseal_seal_options options = sealing_as(k, ring);
    const taskseal_open_options with = opening(ring);
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        const blob payload = blob_pattern(sizes[i]);
        const blob sealed = seal(&options, payload.data, payload.len);
        const blob opened = open_whole(&with, sealed);
        ck_assert_msg(same(opened.data, opened.len, payload.data, payload.len), "size %zu", sizes[i]);
    }
}
END_TEST

START_TEST(sealed_in_place_opens_in_place_to_the_same_bytes)
{
    const kind k = kind_at(_i);
    if (!k.available)
        return;
    const taskseal_keyring *ring = ring_for(k);
    const taskseal_seal_options options = sealing_as(k, ring);
    const taskseal_open_options with = opening(ring);
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        const blob payload = blob_pattern(sizes[i]);
        size_t total;
        size_t offset;
        size_t len;
        void *opened;
        assert_ok(taskseal_seal_size(&options, payload.len, &total, &offset));
        blob buffer = blob_new(total);
        memcpy(buffer.data + offset, payload.data, payload.len);
        assert_ok(taskseal_seal_in_place(&options, buffer.data, buffer.len, payload.len, &len));
        ck_assert_uint_eq(len, total);

        const blob apart = open_whole(&with, buffer); /* so in place wrote what seal would write */
        ck_assert(same(apart.data, apart.len, payload.data, payload.len));

        assert_ok(taskseal_open_in_place(&with, buffer.data, total, &opened, &len, NULL));
        ck_assert_msg(same(opened, len, payload.data, payload.len), "size %zu", sizes[i]);
        ck_assert((uint8_t *)opened >= buffer.data && (uint8_t *)opened + len <= buffer.data + buffer.len);
    }
}
END_TEST

START_TEST(in_place_leaves_no_plaintext_behind_the_payload)
{
    const kind k = kind_at(_i);
    if (!k.available)
        return;
    const taskseal_keyring *ring = ring_for(k);
    const taskseal_seal_options options = sealing_as(k, ring);
    const taskseal_open_options with = opening(ring);
    const blob payload = blob_pattern(40000);
    const blob sealed = seal(&options, payload.data, payload.len);
    void *opened;
    size_t len;
    assert_ok(taskseal_open_in_place(&with, sealed.data, sealed.len, &opened, &len, NULL));
    const uint8_t *end = (const uint8_t *)opened + len;
    ck_assert(all_are(end, (size_t)(sealed.data + sealed.len - end), 0));
}
END_TEST

START_TEST(a_padded_open_wipes_the_padding)
{
    taskseal_keyring *ring = RING(key_of("k"));
    taskseal_seal_options options = sealing(ring);
    const taskseal_open_options with = opening(ring);
    options.flags = TASKSEAL_SEAL_PADDED;
    const blob payload = blob_pattern(300);
    const blob sealed = seal(&options, payload.data, payload.len);
    blob out = blob_new(inspect(sealed).payload_len);
    size_t len;
    assert_ok(taskseal_open(&with, sealed.data, sealed.len, out.data, out.len, &len, NULL));
    ck_assert_uint_eq(len, 300);
    ck_assert(all_are(out.data + len, out.len - len, 0));
}
END_TEST

START_TEST(open_writes_nothing_behind_what_it_needs)
{
    taskseal_keyring *ring = RING(key_of("k"));
    const taskseal_seal_options options = sealing(ring);
    const taskseal_open_options with = opening(ring);
    const blob sealed = seal(&options, "payload", 7);
    blob out = blob_new(100);
    size_t len;
    fill(out, 0xEE);
    assert_ok(taskseal_open(&with, sealed.data, sealed.len, out.data, out.len, &len, NULL));
    ck_assert(all_are(out.data + 7, 93, 0xEE));
}
END_TEST

START_TEST(seal_writes_nothing_behind_the_envelope)
{
    taskseal_keyring *ring = RING(key_of("k"));
    const taskseal_seal_options options = sealing(ring);
    blob out = blob_new(1000);
    size_t len;
    fill(out, 0xEE);
    assert_ok(taskseal_seal(&options, "payload", 7, out.data, out.len, &len));
    ck_assert(all_are(out.data + len, out.len - len, 0xEE));
}
END_TEST

START_TEST(an_empty_payload_needs_no_buffers)
{
    const kind k = kind_at(_i);
    if (!k.available)
        return;
    const taskseal_keyring *ring = ring_for(k);
    const taskseal_seal_options options = sealing_as(k, ring);
    const taskseal_open_options with = opening(ring);
    const blob sealed = seal(&options, NULL, 0);
    uint8_t out[512];
    size_t len = 1;
    memset(out, 0xEE, sizeof out);
    if (!k.padded) {
        assert_ok(taskseal_open(&with, sealed.data, sealed.len, NULL, 0, &len, NULL));
        ck_assert_uint_eq(len, 0);
        assert_ok(taskseal_open(&with, sealed.data, sealed.len, out, 0, &len, NULL));
        ck_assert(all_are(out, sizeof out, 0xEE));
    }
    assert_ok(taskseal_open(&with, sealed.data, sealed.len, out, sizeof out, &len, NULL));
    ck_assert_uint_eq(len, 0);
}
END_TEST

START_TEST(the_overhead_of_one_key_with_an_8_byte_id_is_as_documented)
{
    static const size_t overhead[3][2] = {{173, 197}, {173, 197}, {189, 213}};
    const kind k = kind_at(_i);
    if (!k.available || k.padded)
        return;
    taskseal_key key = key_of("mail-k01");
    key.type = k.key_type;
    const taskseal_seal_options options = sealing_as(k, RING(key));
    const blob sealed = seal(&options, "0123456789", 10);
    ck_assert_uint_eq(sealed.len - 10, overhead[k.suite - 1][k.key_type - 1]);
}
END_TEST

START_TEST(two_seals_of_one_payload_share_nothing)
{
    taskseal_keyring *ring = RING(key_of("k"));
    const taskseal_seal_options options = sealing(ring);
    const blob a = seal(&options, "payload", 7);
    const blob b = seal(&options, "payload", 7);
    const taskseal_info of_a = inspect(a);
    const taskseal_info of_b = inspect(b);
    ck_assert(memcmp(of_a.message_id, of_b.message_id, sizeof of_a.message_id) != 0);
    const size_t body = 57 + 4 + 1;
    ck_assert(memcmp(a.data + body, b.data + body, 24) != 0);           /* wrap nonces */
    ck_assert(memcmp(a.data + body + 24, b.data + body + 24, 32) != 0); /* wrapped DEKs */
    ck_assert(memcmp(a.data + of_a.header_len, b.data + of_b.header_len, 7) != 0);
}
END_TEST

START_TEST(an_envelope_in_a_payload_round_trips_if_allowed)
{
    taskseal_keyring *ring = RING(key_of("k"));
    taskseal_seal_options options = sealing(ring);
    const taskseal_open_options with = opening(ring);
    const blob inner = seal(&options, "inner", 5);
    options.flags = TASKSEAL_SEAL_ALLOW_SEALED;
    const blob outer = seal(&options, inner.data, inner.len);
    const blob opened = open_whole(&with, outer);
    ck_assert(same(opened.data, opened.len, inner.data, inner.len));
}
END_TEST

Suite *make_suite(void)
{
    Suite *suite = suite_create("roundtrip");
    TCase *tests = add_case(suite, "every kind");
    tcase_add_loop_test(tests, sealed_opens_to_the_same_bytes, 0, KINDS);
    tcase_add_loop_test(tests, sealed_in_place_opens_in_place_to_the_same_bytes, 0, KINDS);
    tcase_add_loop_test(tests, in_place_leaves_no_plaintext_behind_the_payload, 0, KINDS);
    tcase_add_loop_test(tests, the_overhead_of_one_key_with_an_8_byte_id_is_as_documented, 0, KINDS);
    tests = add_case(suite, "buffers");
    tcase_add_test(tests, a_padded_open_wipes_the_padding);
    tcase_add_test(tests, open_writes_nothing_behind_what_it_needs);
    tcase_add_test(tests, seal_writes_nothing_behind_the_envelope);
    tcase_add_loop_test(tests, an_empty_payload_needs_no_buffers, 0, KINDS);
    tests = add_case(suite, "freshness");
    tcase_add_test(tests, two_seals_of_one_payload_share_nothing);
    tcase_add_test(tests, an_envelope_in_a_payload_round_trips_if_allowed);
    return suite;
}
