/* SPDX-License-Identifier: MIT
 * Keyrings that are shared, described and exchanged. What threads do with them is tested under ThreadSanitizer
 * in tests/secrets. */
#include "support/support.h"

static taskseal_keyring *made(const char *id)
{
    taskseal_keyring *ring;
    const taskseal_key key = key_of(id);
    assert_ok(taskseal_keyring_new(&ring, &key, 1, NULL));
    return ring;
}

static const char *first_id(const taskseal_keyring *ring)
{
    taskseal_key key;
    ck_assert(taskseal_keyring_key(ring, 0, &key));
    return key.id;
}

START_TEST(a_slot_gives_what_was_put_last)
{
    taskseal_slot *slot;
    assert_ok(taskseal_slot_new(&slot, made("a")));
    taskseal_keyring *first = taskseal_slot_take(slot);
    assert_ok(taskseal_slot_put(slot, made("b")));
    taskseal_keyring *second = taskseal_slot_take(slot);
    ck_assert_str_eq(first_id(first), "a");
    ck_assert_str_eq(first_id(second), "b");
    taskseal_slot_free(slot);
    const taskseal_seal_options options = sealing(first); /* who took it keeps it */
    (void)seal(&options, "x", 1);
    taskseal_keyring_free(first);
    taskseal_keyring_free(second);
}
END_TEST

START_TEST(a_stream_keeps_its_keyring)
{
    taskseal_stream *stream;
    taskseal_slot *slot;
    size_t len;
    uint8_t out[TASKSEAL_STREAM_SIZE(1)];
    assert_ok(taskseal_slot_new(&slot, made("a")));
    taskseal_keyring *ring = taskseal_slot_take(slot);
    const taskseal_seal_options options = sealing(ring);
    assert_ok(taskseal_stream_seal(&stream, &options));
    taskseal_keyring_free(ring);
    taskseal_slot_free(slot);
    taskseal_opened opened;
    assert_ok(taskseal_stream_finish(stream, out, sizeof out, &len, &opened));
    ck_assert_str_eq(opened.key_id, "a");
    taskseal_stream_free(stream);
}
END_TEST

START_TEST(a_slot_needs_a_keyring)
{
    taskseal_slot *slot;
    taskseal_keyring *ring = made("a");
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_slot_new(NULL, ring));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_slot_new(&slot, NULL));
    ck_assert_ptr_null(slot);
    assert_ok(taskseal_slot_new(&slot, ring));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_slot_put(slot, NULL));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_slot_put(NULL, ring));
    ck_assert_ptr_null(taskseal_slot_take(NULL));
    taskseal_keyring *taken = taskseal_slot_take(slot);
    ck_assert_ptr_eq(taken, ring); /* the slot has kept it */
    taskseal_keyring_free(taken);
    taskseal_slot_free(slot);
    taskseal_slot_free(NULL);
}
END_TEST

START_TEST(a_keyring_describes_its_keys_without_their_secrets)
{
    taskseal_key got;
    const taskseal_bytes queues[] = {taskseal_str("mail"), taskseal_str("pay")};
    taskseal_key key = key_of("k");
    key.queues = queues;
    key.queue_count = 2;
    key.not_before = 7;
    key.not_after = 9;
    taskseal_key dedupe = key_in_state("d", TASKSEAL_KEY_RETIRED);
    dedupe.type = TASKSEAL_KEY_DEDUPE;
    const taskseal_keyring *ring = RING(key, dedupe);
    ck_assert(taskseal_keyring_key(ring, 0, &got));
    ck_assert_str_eq(got.id, "k");
    ck_assert_int_eq(got.type, TASKSEAL_KEY_XCHACHA20POLY1305);
    ck_assert_int_eq(got.state, TASKSEAL_KEY_ACTIVE);
    ck_assert_ptr_null(got.secret);
    ck_assert_uint_eq(got.queue_count, 2);
    ck_assert(same(got.queues[1].data, got.queues[1].len, "pay", 3));
    ck_assert_uint_eq(got.not_before, 7);
    ck_assert_uint_eq(got.not_after, 9);
    ck_assert(taskseal_keyring_key(ring, 1, &got));
    ck_assert_int_eq(got.type, TASKSEAL_KEY_DEDUPE);
    ck_assert_int_eq(got.state, TASKSEAL_KEY_RETIRED);
    ck_assert(!taskseal_keyring_key(ring, 2, &got));
    ck_assert(all_are(&got, sizeof got, 0));
    ck_assert(!taskseal_keyring_key(NULL, 0, &got));
    ck_assert(!taskseal_keyring_key(ring, 0, NULL));
}
END_TEST

START_TEST(sizes_are_those_of_the_macros)
{
#define CHECK(name, value)                                                                                   \
    ck_assert_uint_eq(taskseal_size(TASKSEAL_SIZE_##name), TASKSEAL_##name);                                 \
    ck_assert_int_eq(TASKSEAL_SIZE_##name, value);
    TASKSEAL_SIZES(CHECK)
#undef CHECK
    ck_assert_uint_eq(taskseal_size((taskseal_size_id)0), 0);
    ck_assert_uint_eq(taskseal_size((taskseal_size_id)99), 0);
    for (size_t n = 0; n < 100; n++) {
        ck_assert_uint_eq(taskseal_text_size(n), TASKSEAL_TEXT_SIZE(n));
        ck_assert_uint_eq(taskseal_rewrap_size(n), TASKSEAL_REWRAP_SIZE(n));
    }
}
END_TEST

Suite *make_suite(void)
{
    Suite *suite = suite_create("core slot");
    TCase *tcase = add_case(suite, "slots");
    tcase_add_test(tcase, a_slot_gives_what_was_put_last);
    tcase_add_test(tcase, a_stream_keeps_its_keyring);
    tcase_add_test(tcase, a_slot_needs_a_keyring);
    tcase_add_test(tcase, a_keyring_describes_its_keys_without_their_secrets);
    tcase_add_test(tcase, sizes_are_those_of_the_macros);
    return suite;
}
