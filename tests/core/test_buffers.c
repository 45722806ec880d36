/* SPDX-License-Identifier: MIT
 * Buffers: too small by one byte, overlapping, absent; and what stands in them after a failure. */
#include "support/support.h"

enum { PAYLOAD = 40 };

typedef struct {
    taskseal_keyring *ring;
    taskseal_seal_options seal;
    taskseal_open_options open;
    blob payload;
    blob sealed;
} setting;

static setting set_up(unsigned flags)
{
    setting s = {.ring = RING(key_of("n"), key_of("k"))};
    s.seal = sealing(s.ring);
    s.open = opening(s.ring);
    s.seal.flags = flags;
    s.payload = blob_pattern(PAYLOAD);
    s.sealed = seal(&s.seal, s.payload.data, PAYLOAD);
    return s;
}

/* ---- Too small ---- */

START_TEST(seal_needs_every_byte)
{
    const setting s = set_up(0);
    size_t len = 1;
    blob out = blob_new(s.sealed.len - 1);
    fill(out, 0xEE);
    assert_err(TASKSEAL_ERR_BUFFER_TOO_SMALL,
               taskseal_seal(&s.seal, s.payload.data, PAYLOAD, out.data, out.len, &len));
    ck_assert_uint_eq(len, 0);
    ck_assert(all_are(out.data, out.len, 0xEE));
    assert_err(TASKSEAL_ERR_BUFFER_TOO_SMALL,
               taskseal_seal(&s.seal, s.payload.data, PAYLOAD, out.data, 0, &len));
    out = blob_new(s.sealed.len);
    assert_ok(taskseal_seal(&s.seal, s.payload.data, PAYLOAD, out.data, out.len, &len));
}
END_TEST

START_TEST(seal_in_place_needs_every_byte)
{
    const setting s = set_up(TASKSEAL_SEAL_PADDED);
    size_t len = 1;
    blob buffer = blob_new(s.sealed.len - 1);
    fill(buffer, 0xEE);
    assert_err(TASKSEAL_ERR_BUFFER_TOO_SMALL,
               taskseal_seal_in_place(&s.seal, buffer.data, buffer.len, PAYLOAD, &len));
    ck_assert_uint_eq(len, 0);
    ck_assert(all_are(buffer.data, buffer.len, 0xEE));
    buffer = blob_new(s.sealed.len);
    fill(buffer, 0xEE);
    assert_ok(taskseal_seal_in_place(&s.seal, buffer.data, buffer.len, PAYLOAD, &len));
}
END_TEST

START_TEST(open_needs_every_byte)
{
    const setting s = set_up(0);
    size_t len = 1;
    blob out = blob_new(PAYLOAD);
    fill(out, 0xEE);
    assert_err(TASKSEAL_ERR_BUFFER_TOO_SMALL,
               taskseal_open(&s.open, s.sealed.data, s.sealed.len, out.data, PAYLOAD - 1, &len, NULL));
    ck_assert_uint_eq(len, 0);
    ck_assert(all_are(out.data, out.len, 0xEE));
    assert_ok(taskseal_open(&s.open, s.sealed.data, s.sealed.len, out.data, PAYLOAD, &len, NULL));
}
END_TEST

START_TEST(open_needs_room_for_the_padding)
{
    const setting s = set_up(TASKSEAL_SEAL_PADDED);
    size_t len = 1;
    blob out = blob_new(256);
    assert_err(TASKSEAL_ERR_BUFFER_TOO_SMALL,
               taskseal_open(&s.open, s.sealed.data, s.sealed.len, out.data, 255, &len, NULL));
    assert_ok(taskseal_open(&s.open, s.sealed.data, s.sealed.len, out.data, 256, &len, NULL));
    ck_assert_uint_eq(len, PAYLOAD);
}
END_TEST

START_TEST(rewrap_needs_every_byte)
{
    const setting s = set_up(0);
    const taskseal_rewrap_options options = rewrapping(s.ring);
    size_t len = 1;
    blob out = blob_new(s.sealed.len); /* the ids have the same length, so the result has */
    fill(out, 0xEE);
    assert_err(TASKSEAL_ERR_BUFFER_TOO_SMALL,
               taskseal_rewrap(&options, s.sealed.data, s.sealed.len, out.data, out.len - 1, &len));
    ck_assert_uint_eq(len, 0);
    ck_assert(all_are(out.data, out.len, 0xEE));
    assert_err(TASKSEAL_ERR_BUFFER_TOO_SMALL,
               taskseal_rewrap(&options, s.sealed.data, s.sealed.len, out.data, 10, &len));
    assert_ok(taskseal_rewrap(&options, s.sealed.data, s.sealed.len, out.data, out.len, &len));
    ck_assert_uint_eq(len, out.len);
}
END_TEST

START_TEST(rewrap_size_suffices_and_does_not_overflow)
{
    ck_assert_uint_eq(taskseal_rewrap_size(0), 4 + 255 + 96);
    ck_assert_uint_eq(taskseal_rewrap_size(SIZE_MAX), SIZE_MAX);
    ck_assert_uint_eq(taskseal_rewrap_size(SIZE_MAX - 355), SIZE_MAX);
    ck_assert_uint_eq(taskseal_rewrap_size(SIZE_MAX - 356), SIZE_MAX - 1);
}
END_TEST

START_TEST(what_memory_cannot_hold_is_a_bad_argument)
{
    setting s = set_up(0);
    size_t len = 1;
    size_t offset = 1;
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_seal_size(&s.seal, SIZE_MAX, &len, &offset));
    ck_assert(len == 0 && offset == 0);
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_seal_size(&s.seal, SIZE_MAX - 1000, &len, &offset));
    s.seal.flags = TASKSEAL_SEAL_PADDED;
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_seal_size(&s.seal, SIZE_MAX, &len, &offset));
    const size_t only_unpadded = SIZE_MAX - (SIZE_MAX >> 10); /* where 32 bits are a size */
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_seal_size(&s.seal, only_unpadded, &len, &offset));
}
END_TEST

#if SIZE_MAX > UINT32_MAX
START_TEST(what_the_format_cannot_hold_is_a_bad_argument)
{
    setting s = set_up(0);
    const size_t most = ((size_t)1 << 38) * TASKSEAL_CHUNK_BYTES; /* F 6.5: one piece more than 2^38 */
    size_t len;
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_seal_size(&s.seal, most, &len, NULL));
    assert_ok(taskseal_seal_size(&s.seal, most - 1, &len, NULL));
}
END_TEST
#endif

/* ---- Overlap ---- */

START_TEST(seal_refuses_an_output_that_shares_a_byte_with_the_input)
{
    const setting s = set_up(0);
    size_t len = 1;
    blob both = blob_new(PAYLOAD + s.sealed.len + PAYLOAD);
    uint8_t *out = both.data + PAYLOAD;
    fill(both, 'p');
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT,
               taskseal_seal(&s.seal, both.data + 1, PAYLOAD, out, s.sealed.len, &len));
    ck_assert_uint_eq(len, 0);
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT,
               taskseal_seal(&s.seal, out + s.sealed.len - 1, PAYLOAD, out, s.sealed.len, &len));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_seal(&s.seal, out, PAYLOAD, out, s.sealed.len, &len));
    assert_ok(taskseal_seal(&s.seal, both.data, PAYLOAD, out, s.sealed.len, &len));
    assert_ok(taskseal_seal(&s.seal, out + s.sealed.len, PAYLOAD, out, s.sealed.len, &len));
}
END_TEST

START_TEST(seal_refuses_an_output_that_shares_a_byte_with_the_context)
{
    setting s = set_up(0);
    size_t len = 1;
    blob both = blob_new(s.sealed.len + 10);
    fill(both, 'x');
    s.seal.context.extra = (taskseal_bytes){both.data + s.sealed.len - 1, 10};
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT,
               taskseal_seal(&s.seal, s.payload.data, PAYLOAD, both.data, s.sealed.len, &len));
    ck_assert_uint_eq(len, 0);
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT,
               taskseal_seal_in_place(&s.seal, both.data, s.sealed.len, PAYLOAD, &len));
    ck_assert_uint_eq(len, 0);
    s.seal.context.extra = (taskseal_bytes){both.data + s.sealed.len, 10};
    assert_ok(taskseal_seal_in_place(&s.seal, both.data, s.sealed.len, PAYLOAD, &len));
    assert_ok(taskseal_seal(&s.seal, s.payload.data, PAYLOAD, both.data, s.sealed.len, &len));
}
END_TEST

START_TEST(open_refuses_an_output_that_shares_a_byte_with_the_input)
{
    const setting s = set_up(0);
    size_t len = 1;
    blob both = blob_new(PAYLOAD + s.sealed.len + PAYLOAD);
    uint8_t *sealed = both.data + PAYLOAD;
    uint8_t *behind = sealed + s.sealed.len;
    memcpy(sealed, s.sealed.data, s.sealed.len);
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT,
               taskseal_open(&s.open, sealed, s.sealed.len, behind - 1, PAYLOAD, &len, NULL));
    ck_assert_uint_eq(len, 0);
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT,
               taskseal_open(&s.open, sealed, s.sealed.len, both.data + 1, PAYLOAD, &len, NULL));
    assert_ok(taskseal_open(&s.open, sealed, s.sealed.len, behind, PAYLOAD, &len, NULL));
    assert_ok(taskseal_open(&s.open, sealed, s.sealed.len, both.data, PAYLOAD, &len, NULL));
}
END_TEST

/* An output of no bytes shares none, wherever it points: and nothing is written there. */
START_TEST(an_empty_payload_needs_no_output)
{
    const setting s = set_up(0);
    const blob sealed = seal(&s.seal, NULL, 0);
    const blob copy = blob_copy(sealed.data, sealed.len);
    size_t len = 1;
    assert_ok(taskseal_open(&s.open, sealed.data, sealed.len, sealed.data + sealed.len - 16, 0, &len, NULL));
    ck_assert_uint_eq(len, 0);
    ck_assert_mem_eq(sealed.data, copy.data, sealed.len);
    assert_ok(taskseal_open(&s.open, sealed.data, sealed.len, NULL, 0, &len, NULL));
    ck_assert_uint_eq(len, 0);
}
END_TEST

START_TEST(rewrap_refuses_an_output_that_shares_a_byte_with_the_input)
{
    const setting s = set_up(0);
    const taskseal_rewrap_options options = rewrapping(s.ring);
    size_t len = 1;
    blob both = blob_new(2 * s.sealed.len);
    memcpy(both.data, s.sealed.data, s.sealed.len);
    uint8_t *behind = both.data + s.sealed.len;
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT,
               taskseal_rewrap(&options, both.data, s.sealed.len, behind - 1, s.sealed.len, &len));
    ck_assert_uint_eq(len, 0);
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT,
               taskseal_rewrap(&options, both.data, s.sealed.len, both.data, s.sealed.len, &len));
    assert_ok(taskseal_rewrap(&options, both.data, s.sealed.len, behind, s.sealed.len, &len));
}
END_TEST

START_TEST(text_functions_refuse_an_output_that_shares_a_byte_with_the_input)
{
    const setting s = set_up(0);
    const size_t text_len = taskseal_text_size(s.sealed.len);
    size_t len = 1;
    blob both = blob_new(s.sealed.len + text_len + 1);
    uint8_t *behind = both.data + s.sealed.len;
    memcpy(both.data, s.sealed.data, s.sealed.len);
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT,
               taskseal_text_encode(both.data, s.sealed.len, (char *)behind - 1, text_len + 1, &len));
    ck_assert_uint_eq(len, 0);
    assert_ok(taskseal_text_encode(both.data, s.sealed.len, (char *)behind, text_len + 1, &len));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT,
               taskseal_text_decode((char *)behind, text_len, both.data + 1, s.sealed.len, &len));
    ck_assert_uint_eq(len, 0);
    assert_ok(taskseal_text_decode((char *)behind, text_len, both.data, s.sealed.len, &len));
}
END_TEST

/* ---- Absent ---- */

START_TEST(seal_needs_its_pointers)
{
    const setting s = set_up(0);
    size_t len = 1;
    uint8_t out[512];
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_seal(&s.seal, NULL, 1, out, sizeof out, &len));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_seal(&s.seal, "x", 1, NULL, 512, &len));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_seal(&s.seal, "x", 1, out, sizeof out, NULL));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_seal_in_place(&s.seal, NULL, 512, 1, &len));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_seal_in_place(&s.seal, out, sizeof out, 1, NULL));
    ck_assert_uint_eq(len, 0);
    assert_ok(taskseal_seal_size(&s.seal, 1, NULL, NULL));
}
END_TEST

START_TEST(open_needs_its_pointers)
{
    const setting s = set_up(0);
    size_t len = 1;
    void *payload = &len;
    uint8_t out[PAYLOAD];
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_open(&s.open, NULL, 1, out, sizeof out, &len, NULL));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT,
               taskseal_open(&s.open, s.sealed.data, s.sealed.len, NULL, 1, &len, NULL));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT,
               taskseal_open(&s.open, s.sealed.data, s.sealed.len, out, sizeof out, NULL, NULL));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT,
               taskseal_open(NULL, s.sealed.data, s.sealed.len, out, sizeof out, &len, NULL));
    ck_assert_uint_eq(len, 0);
    assert_err(TASKSEAL_ERR_NOT_SEALED, taskseal_open(&s.open, NULL, 0, out, sizeof out, &len, NULL));
    assert_err(TASKSEAL_ERR_NOT_SEALED, taskseal_open_in_place(&s.open, NULL, 0, &payload, &len, NULL));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_open_in_place(&s.open, NULL, 1, &payload, &len, NULL));
    ck_assert_ptr_null(payload);
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT,
               taskseal_open_in_place(&s.open, s.sealed.data, s.sealed.len, NULL, &len, NULL));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT,
               taskseal_open_in_place(&s.open, s.sealed.data, s.sealed.len, &payload, NULL, NULL));
}
END_TEST

START_TEST(rewrap_needs_its_pointers)
{
    const setting s = set_up(0);
    const taskseal_rewrap_options options = rewrapping(s.ring);
    const taskseal_rewrap_options no_ring = rewrapping(NULL);
    const blob out = blob_new(512);
    size_t len = 1;
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT,
               taskseal_rewrap(NULL, s.sealed.data, s.sealed.len, out.data, 512, &len));
    ck_assert_uint_eq(len, 0);
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT,
               taskseal_rewrap(&no_ring, s.sealed.data, s.sealed.len, out.data, 512, &len));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_rewrap(&options, NULL, 1, out.data, 512, &len));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT,
               taskseal_rewrap(&options, s.sealed.data, s.sealed.len, NULL, 512, &len));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT,
               taskseal_rewrap(&options, s.sealed.data, s.sealed.len, out.data, 512, NULL));
    assert_err(TASKSEAL_ERR_NOT_SEALED, taskseal_rewrap(&options, NULL, 0, out.data, 512, &len));
}
END_TEST

/* ---- After a failure ---- */

START_TEST(a_payload_that_was_not_sealed_is_unchanged_in_place)
{
    setting s = set_up(0);
    size_t offset;
    size_t len;
    assert_ok(taskseal_seal_size(&s.seal, PAYLOAD, NULL, &offset));
    blob buffer = blob_new(s.sealed.len);
    fill(buffer, 0);
    memcpy(buffer.data + offset, "tsl1.looks sealed", 17);
    const blob before = blob_copy(buffer.data, buffer.len);
    assert_err(TASKSEAL_ERR_LOOKS_SEALED,
               taskseal_seal_in_place(&s.seal, buffer.data, buffer.len, PAYLOAD, &len));
    ck_assert(same(buffer.data, buffer.len, before.data, before.len));
}
END_TEST

START_TEST(a_refused_envelope_leaves_the_output_alone_before_decryption)
{
    setting s = set_up(0);
    blob out = blob_new(PAYLOAD);
    size_t len;
    fill(out, 0xEE);
    s.open.context.type = taskseal_str("other");
    assert_err(TASKSEAL_ERR_CONTEXT_MISMATCH,
               taskseal_open(&s.open, s.sealed.data, s.sealed.len, out.data, out.len, &len, NULL));
    ck_assert(all_are(out.data, out.len, 0xEE));
}
END_TEST

START_TEST(a_refused_envelope_is_unchanged_in_place_before_decryption)
{
    setting s = set_up(0);
    const blob before = blob_copy(s.sealed.data, s.sealed.len);
    void *payload;
    size_t len;
    s.open.context.type = taskseal_str("other");
    assert_err(TASKSEAL_ERR_CONTEXT_MISMATCH,
               taskseal_open_in_place(&s.open, s.sealed.data, s.sealed.len, &payload, &len, NULL));
    ck_assert(same(s.sealed.data, s.sealed.len, before.data, before.len));
}
END_TEST

Suite *make_suite(void)
{
    Suite *suite = suite_create("buffers");
    TCase *tests = add_case(suite, "too small");
    tcase_add_test(tests, seal_needs_every_byte);
    tcase_add_test(tests, seal_in_place_needs_every_byte);
    tcase_add_test(tests, open_needs_every_byte);
    tcase_add_test(tests, open_needs_room_for_the_padding);
    tcase_add_test(tests, rewrap_needs_every_byte);
    tcase_add_test(tests, rewrap_size_suffices_and_does_not_overflow);
    tcase_add_test(tests, what_memory_cannot_hold_is_a_bad_argument);
#if SIZE_MAX > UINT32_MAX
    tcase_add_test(tests, what_the_format_cannot_hold_is_a_bad_argument);
#endif
    tests = add_case(suite, "overlap");
    tcase_add_test(tests, seal_refuses_an_output_that_shares_a_byte_with_the_input);
    tcase_add_test(tests, seal_refuses_an_output_that_shares_a_byte_with_the_context);
    tcase_add_test(tests, open_refuses_an_output_that_shares_a_byte_with_the_input);
    tcase_add_test(tests, an_empty_payload_needs_no_output);
    tcase_add_test(tests, rewrap_refuses_an_output_that_shares_a_byte_with_the_input);
    tcase_add_test(tests, text_functions_refuse_an_output_that_shares_a_byte_with_the_input);
    tests = add_case(suite, "absent");
    tcase_add_test(tests, seal_needs_its_pointers);
    tcase_add_test(tests, open_needs_its_pointers);
    tcase_add_test(tests, rewrap_needs_its_pointers);
    tests = add_case(suite, "after a failure");
    tcase_add_test(tests, a_payload_that_was_not_sealed_is_unchanged_in_place);
    tcase_add_test(tests, a_refused_envelope_leaves_the_output_alone_before_decryption);
    tcase_add_test(tests, a_refused_envelope_is_unchanged_in_place_before_decryption);
    return suite;
}
