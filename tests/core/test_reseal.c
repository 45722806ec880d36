/* SPDX-License-Identifier: MIT
 * Reseal: a complete opening and a sealing with a fresh DEK (F 10.10). */
#include "support/support.h"

static const char payload[] = "{\"token\":\"s3cr3t\"}";

static taskseal_reseal_options resealing(const taskseal_keyring *ring)
{
    return (taskseal_reseal_options){.open = opening(ring)};
}

static taskseal_err try_reseal(const taskseal_reseal_options *options, blob sealed, blob *out)
{
    size_t cap = 0;
    size_t len = 1;
    taskseal_err err = taskseal_reseal_size(options, sealed.data, sealed.len, &cap);
    if (err != TASKSEAL_OK) {
        ck_assert_uint_eq(cap, 0);
        return err;
    }
    *out = blob_new(cap);
    fill(*out, 0xAA);
    err = taskseal_reseal(options, sealed.data, sealed.len, out->data, cap, &len, NULL);
    out->len = len;
    if (err != TASKSEAL_OK)
        ck_assert_uint_eq(len, 0);
    return err;
}

static blob reseal(const taskseal_reseal_options *options, blob sealed)
{
    blob out;
    assert_ok(try_reseal(options, sealed, &out));
    return out;
}

START_TEST(all_but_keys_and_id_stay)
{
    const kind k = kind_at(_i);
    if (!k.available)
        return;
    static const size_t lengths[] = {0, 1, 255, 256, 16383, 16384, 40000};
    taskseal_key key = key_of("k");
    key.type = k.key_type;
    taskseal_seal_options seal_options = sealing(RING(key));
    seal_options.suite = k.suite;
    seal_options.flags = k.padded ? TASKSEAL_SEAL_PADDED : 0;
    seal_options.lifetime = 3600;
    seal_options.purpose = TASKSEAL_RESULT;
    taskseal_reseal_options options = resealing(seal_options.keyring);
    options.open.purpose = TASKSEAL_RESULT;
    for (size_t l = 0; l < COUNT_OF(lengths); l++) {
        const blob text = blob_pattern(lengths[l]);
        const blob sealed = seal(&seal_options, text.data, text.len);
        const blob anew = reseal(&options, sealed);
        const taskseal_info before = inspect(sealed);
        const taskseal_info after = inspect(anew);
        ck_assert(memcmp(anew.data, sealed.data, 24) == 0); /* the preamble: suite, purpose, bound, times */
        ck_assert(memcmp(after.message_id, before.message_id, sizeof after.message_id) != 0);
        ck_assert_uint_eq(anew.len, sealed.len);
        const blob opened = open_whole(&options.open, anew);
        ck_assert(same(opened.data, opened.len, text.data, text.len));
        ck_assert(lengths[l] < 32 ||
                  memcmp(anew.data + after.header_len, sealed.data + before.header_len, 32) != 0);
    }
}
END_TEST

START_TEST(the_suite_and_the_keys_may_change)
{
    static const char *const both[] = {"new", "other"};
    const taskseal_keyring *ring = RING(key_of("old"), key_of("new"), key_of("other"));
    const taskseal_keyring *later = RING(key_of("new"));
    const taskseal_seal_options seal_options = sealing(ring);
    const blob sealed = seal(&seal_options, payload, sizeof payload);
    taskseal_reseal_options options = resealing(ring);
    options.key_ids = both;
    options.key_count = 2;
    options.suite = taskseal_suite_available(TASKSEAL_SUITE_AEGIS256) ? TASKSEAL_SUITE_AEGIS256
                                                                      : TASKSEAL_SUITE_CHACHA20POLY1305;
    const blob anew = reseal(&options, sealed);
    ck_assert_uint_eq(inspect(anew).stanza_count, 2);
    ck_assert_uint_eq(inspect(anew).suite, options.suite);
    const taskseal_open_options open = opening(later);
    const blob opened = open_whole(&open, anew);
    ck_assert(same(opened.data, opened.len, payload, sizeof payload));
}
END_TEST

START_TEST(the_old_message_id_is_reported)
{
    taskseal_opened opened;
    size_t cap;
    size_t len;
    const taskseal_seal_options seal_options = sealing(RING(key_of("k")));
    const blob sealed = seal(&seal_options, payload, sizeof payload);
    const taskseal_reseal_options options = resealing(seal_options.keyring);
    assert_ok(taskseal_reseal_size(&options, sealed.data, sealed.len, &cap));
    const blob out = blob_new(cap);
    assert_ok(taskseal_reseal(&options, sealed.data, sealed.len, out.data, cap, &len, &opened));
    ck_assert(memcmp(opened.message_id, inspect(sealed).message_id, sizeof opened.message_id) == 0);
    ck_assert_str_eq(opened.key_id, "k");
}
END_TEST

START_TEST(a_bundle_may_be_sealed_anew)
{
    taskseal_seal_options seal_options = sealing(RING(key_of("k")));
    const blob inner = seal(&seal_options, payload, sizeof payload);
    seal_options.flags = TASKSEAL_SEAL_ALLOW_SEALED;
    const taskseal_reseal_options options = resealing(seal_options.keyring);
    const blob anew = reseal(&options, seal(&seal_options, inner.data, inner.len));
    const blob opened = open_whole(&options.open, anew);
    ck_assert(same(opened.data, opened.len, inner.data, inner.len));
}
END_TEST

START_TEST(fields_that_are_not_bound_stay_unbound)
{
    taskseal_seal_options seal_options = sealing(RING(key_of("k")));
    seal_options.context.id = (taskseal_bytes){NULL, 0};
    const blob sealed = seal(&seal_options, payload, sizeof payload);
    taskseal_reseal_options options = resealing(seal_options.keyring);
    blob out;
    assert_err(TASKSEAL_ERR_CONTEXT_MISMATCH, try_reseal(&options, sealed, &out));
    ck_assert(all_are(out.data, 8, 0xAA));
    options.open.insist = TASKSEAL_INSIST_NONE;
    ck_assert_uint_eq(inspect(reseal(&options, sealed)).bound, TASKSEAL_BOUND_QUEUE | TASKSEAL_BOUND_TYPE);
}
END_TEST

/* ---- What is refused ---- */

START_TEST(what_does_not_open_is_not_sealed_anew)
{
    blob out;
    const taskseal_seal_options seal_options = sealing(RING(key_of("k")));
    blob sealed = seal(&seal_options, payload, sizeof payload);
    taskseal_reseal_options options = resealing(seal_options.keyring);
    options.open.context.queue = taskseal_str("other");
    assert_err(TASKSEAL_ERR_CONTEXT_MISMATCH, try_reseal(&options, sealed, &out));
    options = resealing(RING(key_of("other")));
    assert_err(TASKSEAL_ERR_UNKNOWN_KEY, try_reseal(&options, sealed, &out));
    options = resealing(seal_options.keyring);
    options.open.now = NOW + 1000;
    options.open.max_age = 10;
    assert_err(TASKSEAL_ERR_EXPIRED, try_reseal(&options, sealed, &out));
    options.open.max_age = 0;
    (void)reseal(&options, sealed);
    sealed.data[sealed.len - 1] ^= 1;
    assert_err(TASKSEAL_ERR_DAMAGED, try_reseal(&options, sealed, &out));
    ck_assert(memmem(out.data, 300, "s3cr3t", 6) == NULL);
    assert_err(TASKSEAL_ERR_NOT_SEALED, try_reseal(&options, blob_pattern(3), &out));
}
END_TEST

/* The seal time stays, so the new key's window has to hold it. */
START_TEST(keys_that_may_not_seal_are_refused_before_anything_is_decrypted)
{
    blob out;
    taskseal_key late = key_of("late");
    late.not_before = NOW + 1;
    const taskseal_keyring *ring = RING(key_of("old"), key_in_state("shut", TASKSEAL_KEY_OPEN_ONLY), late);
    const taskseal_seal_options seal_options = sealing(RING(key_of("old")));
    const blob sealed = seal(&seal_options, payload, sizeof payload);
    static const struct {
        const char *id;
        taskseal_err expected;
    } cases[] = {{"shut", TASKSEAL_ERR_KEY_NOT_ACTIVE},
                 {"late", TASKSEAL_ERR_KEY_OUTSIDE_WINDOW},
                 {"none", TASKSEAL_ERR_UNKNOWN_KEY}};
    taskseal_reseal_options options = resealing(ring);
    options.open.now = NOW + 100;
    options.key_count = 1;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        options.key_ids = &cases[i].id;
        assert_err(cases[i].expected, try_reseal(&options, sealed, &out));
        ck_assert(memmem(out.data, 300, "s3cr3t", 6) == NULL);
    }
    static const char *const old = "old";
    options.key_ids = &old;
    (void)reseal(&options, sealed);
}
END_TEST

START_TEST(a_buffer_too_small_is_wiped)
{
    size_t len;
    const taskseal_seal_options seal_options = sealing(RING(key_of("k")));
    const blob sealed = seal(&seal_options, payload, sizeof payload);
    const taskseal_reseal_options options = resealing(seal_options.keyring);
    const blob out = blob_new(sealed.len);
    fill(out, 0);
    for (size_t cap = 1; cap < sealed.len; cap++) {
        assert_err(TASKSEAL_ERR_BUFFER_TOO_SMALL,
                   taskseal_reseal(&options, sealed.data, sealed.len, out.data, cap, &len, NULL));
        ck_assert_uint_eq(len, 0);
        ck_assert(memmem(out.data, out.len, "s3cr3t", 6) == NULL);
    }
    assert_ok(taskseal_reseal(&options, sealed.data, sealed.len, out.data, out.len, &len, NULL));
    ck_assert_uint_eq(len, sealed.len);
}
END_TEST

/* Room for the payload is asked for before it is decrypted, room for the tags when its length is known. */
START_TEST(damage_is_told_before_a_lack_of_room_for_the_tags)
{
    size_t len;
    const size_t payload_lens[] = {0, sizeof payload};
    const taskseal_seal_options seal_options = sealing(RING(key_of("k")));
    const taskseal_reseal_options options = resealing(seal_options.keyring);
    const size_t payload_len = payload_lens[_i];
    const blob sealed = seal(&seal_options, payload, payload_len);
    const blob out = blob_new(sealed.len - 16);
    assert_err(TASKSEAL_ERR_BUFFER_TOO_SMALL,
               taskseal_reseal(&options, sealed.data, sealed.len, out.data, out.len, &len, NULL));
    sealed.data[sealed.len - 1] ^= 1;
    assert_err(TASKSEAL_ERR_DAMAGED,
               taskseal_reseal(&options, sealed.data, sealed.len, out.data, out.len, &len, NULL));
    assert_err(TASKSEAL_ERR_BUFFER_TOO_SMALL,
               taskseal_reseal(&options, sealed.data, sealed.len, out.data, out.len - 1, &len, NULL));
}
END_TEST

START_TEST(arguments_out_of_range_are_refused)
{
    size_t len;
    taskseal_seal_options seal_options = sealing(RING(key_of("k")));
    const blob sealed = seal(&seal_options, payload, sizeof payload);
    taskseal_reseal_options options = resealing(seal_options.keyring);
    const blob out = blob_new(8192);
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_reseal_size(NULL, sealed.data, sealed.len, &len));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_reseal_size(&options, NULL, 1, &len));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_reseal_size(&options, sealed.data, sealed.len, NULL));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT,
               taskseal_reseal(NULL, sealed.data, sealed.len, out.data, out.len, &len, NULL));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_reseal(&options, NULL, 1, out.data, out.len, &len, NULL));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT,
               taskseal_reseal(&options, sealed.data, sealed.len, NULL, out.len, &len, NULL));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT,
               taskseal_reseal(&options, sealed.data, sealed.len, out.data, out.len, NULL, NULL));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT,
               taskseal_reseal(&options, sealed.data, sealed.len, sealed.data + 8, 300, &len, NULL));
    options.suite = (taskseal_suite)9;
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_reseal_size(&options, sealed.data, sealed.len, &len));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT,
               taskseal_reseal(&options, sealed.data, sealed.len, out.data, out.len, &len, NULL));
    options.suite = 0;
    assert_ok(taskseal_reseal(&options, sealed.data, sealed.len, out.data, out.len, &len, NULL));
}
END_TEST

Suite *make_suite(void)
{
    Suite *suite = suite_create("core reseal");
    TCase *tcase = add_case(suite, "reseal");
    tcase_add_loop_test(tcase, all_but_keys_and_id_stay, 0, KINDS);
    tcase_add_test(tcase, the_suite_and_the_keys_may_change);
    tcase_add_test(tcase, the_old_message_id_is_reported);
    tcase_add_test(tcase, a_bundle_may_be_sealed_anew);
    tcase_add_test(tcase, fields_that_are_not_bound_stay_unbound);
    tcase = add_case(suite, "refused");
    tcase_add_test(tcase, what_does_not_open_is_not_sealed_anew);
    tcase_add_test(tcase, keys_that_may_not_seal_are_refused_before_anything_is_decrypted);
    tcase_add_test(tcase, a_buffer_too_small_is_wiped);
    tcase_add_loop_test(tcase, damage_is_told_before_a_lack_of_room_for_the_tags, 0, 2);
    tcase_add_test(tcase, arguments_out_of_range_are_refused);
    return suite;
}
