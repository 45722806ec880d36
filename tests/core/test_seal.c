/* SPDX-License-Identifier: MIT
 * Sealing: options, sizes, and which keys may seal. */
#include "support/support.h"

static taskseal_keyring *one_key(void)
{
    return RING(key_of("k"));
}

/* ---- Options out of range, each beside the last value in range ---- */

START_TEST(no_options_or_keyring_is_refused)
{
    taskseal_seal_options options = sealing(NULL);
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, try_seal(&options, 1));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, try_seal(NULL, 1));
    options.keyring = one_key();
    assert_ok(try_seal(&options, 1));
}
END_TEST

START_TEST(unknown_suites_are_refused)
{
    taskseal_seal_options options = sealing(one_key());
    options.suite = (taskseal_suite)4;
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, try_seal(&options, 1));
    options.suite = (taskseal_suite)-1;
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, try_seal(&options, 1));
    options.suite = TASKSEAL_SUITE_CHACHA20POLY1305;
    assert_ok(try_seal(&options, 1));
}
END_TEST

START_TEST(unknown_purposes_are_refused)
{
    taskseal_seal_options options = sealing(one_key());
    options.purpose = (taskseal_purpose)4;
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, try_seal(&options, 1));
    options.purpose = (taskseal_purpose)-1;
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, try_seal(&options, 1));
    options.purpose = TASKSEAL_REFERENCE;
    assert_ok(try_seal(&options, 1));
}
END_TEST

START_TEST(unknown_flags_are_refused)
{
    taskseal_seal_options options = sealing(one_key());
    options.flags = 4;
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, try_seal(&options, 1));
    options.flags = TASKSEAL_SEAL_PADDED | TASKSEAL_SEAL_ALLOW_SEALED;
    assert_ok(try_seal(&options, 1));
}
END_TEST

static taskseal_bytes *field_of(taskseal_context *context, int i)
{
    taskseal_bytes *const fields[] = {&context->queue, &context->type, &context->id, &context->extra};
    return fields[i];
}

START_TEST(each_context_field_has_1_to_65535_bytes)
{
    const blob bytes = blob_pattern(65536);
    taskseal_seal_options options = sealing(one_key());
    taskseal_bytes *field = field_of(&options.context, _i);
    *field = (taskseal_bytes){bytes.data, 0};
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, try_seal(&options, 1));
    *field = (taskseal_bytes){NULL, 1};
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, try_seal(&options, 1));
    *field = (taskseal_bytes){bytes.data, 65536};
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, try_seal(&options, 1));
    *field = (taskseal_bytes){bytes.data, 65535};
    assert_ok(try_seal(&options, 1));
    *field = (taskseal_bytes){bytes.data, 1};
    assert_ok(try_seal(&options, 1));
    *field = (taskseal_bytes){NULL, 0};
    assert_ok(try_seal(&options, 1));
}
END_TEST

/* ---- Times ---- */

START_TEST(the_seal_time_is_within_the_years)
{
    taskseal_seal_options options = sealing(one_key());
    options.now = TASKSEAL_TIME_MAX + 1;
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, try_seal(&options, 1));
    options.now = UINT64_MAX;
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, try_seal(&options, 1));
    options.now = TASKSEAL_TIME_MAX;
    assert_ok(try_seal(&options, 1));
    options.now = 1;
    ck_assert_uint_eq(inspect(seal(&options, "x", 1)).sealed_at, 1);
}
END_TEST

START_TEST(the_expiry_is_after_the_seal_time)
{
    taskseal_seal_options options = sealing(one_key());
    options.expires_at = NOW;
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, try_seal(&options, 1));
    options.expires_at = 1;
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, try_seal(&options, 1));
    options.expires_at = NOW + 1;
    ck_assert_uint_eq(inspect(seal(&options, "x", 1)).expires_at, NOW + 1);
}
END_TEST

START_TEST(the_expiry_is_within_the_years)
{
    taskseal_seal_options options = sealing(one_key());
    options.expires_at = TASKSEAL_TIME_MAX + 1;
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, try_seal(&options, 1));
    options.expires_at = TASKSEAL_TIME_MAX;
    assert_ok(try_seal(&options, 1));
}
END_TEST

START_TEST(a_lifetime_ends_within_the_years)
{
    taskseal_seal_options options = sealing(one_key());
    options.lifetime = TASKSEAL_TIME_MAX - NOW + 1;
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, try_seal(&options, 1));
    options.lifetime = UINT64_MAX;
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, try_seal(&options, 1));
    options.lifetime = TASKSEAL_TIME_MAX - NOW;
    ck_assert_uint_eq(inspect(seal(&options, "x", 1)).expires_at, TASKSEAL_TIME_MAX);
}
END_TEST

START_TEST(expiry_or_lifetime_but_not_both)
{
    taskseal_seal_options options = sealing(one_key());
    options.expires_at = NOW + 60;
    options.lifetime = 60;
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, try_seal(&options, 1));
    options.expires_at = 0;
    ck_assert_uint_eq(inspect(seal(&options, "x", 1)).expires_at, NOW + 60);
}
END_TEST

START_TEST(without_either_it_never_expires)
{
    const taskseal_seal_options options = sealing(one_key());
    ck_assert_uint_eq(inspect(seal(&options, "x", 1)).expires_at, 0);
}
END_TEST

/* ---- Keys ---- */

static taskseal_err try_named(const taskseal_keyring *ring, size_t count, const char *const *ids)
{
    taskseal_seal_options options = sealing(ring);
    options.key_ids = ids;
    options.key_count = count;
    return try_seal(&options, 1);
}

START_TEST(a_list_of_keys_and_its_count_go_together)
{
    const char *const ids[] = {"a", NULL};
    taskseal_keyring *ring = RING(key_of("a"));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, try_named(ring, 0, ids));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, try_named(ring, 1, NULL));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, try_named(ring, 2, ids));
    assert_ok(try_named(ring, 1, ids));
}
END_TEST

START_TEST(at_most_8_keys_seal)
{
    static const char *const ids[] = {"a", "b", "c", "d", "e", "f", "g", "h", "i"};
    taskseal_key keys[9];
    for (size_t i = 0; i < 9; i++)
        keys[i] = key_of(ids[i]);
    taskseal_keyring *ring = ring_of(keys, 9);
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, try_named(ring, 9, ids));
    assert_ok(try_named(ring, 8, ids));
}
END_TEST

START_TEST(a_key_seals_once)
{
    const char *const ids[] = {"a", "b", "a"};
    taskseal_keyring *ring = RING(key_of("a"), key_of("b"));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, try_named(ring, 3, ids));
    assert_ok(try_named(ring, 2, ids));
}
END_TEST

START_TEST(a_named_key_must_be_there_and_active)
{
    static const char *const open_only[] = {"a", "o"};
    static const char *const retired[] = {"a", "r"};
    static const char *const compromised[] = {"a", "c"};
    static const char *const unknown[] = {"a", "u"};
    taskseal_keyring *ring =
        RING(key_of("a"), key_in_state("o", TASKSEAL_KEY_OPEN_ONLY), key_in_state("r", TASKSEAL_KEY_RETIRED),
             key_in_state("c", TASKSEAL_KEY_COMPROMISED));
    assert_err(TASKSEAL_ERR_KEY_NOT_ACTIVE, try_named(ring, 2, open_only));
    assert_err(TASKSEAL_ERR_KEY_RETIRED, try_named(ring, 2, retired));
    assert_err(TASKSEAL_ERR_KEY_COMPROMISED, try_named(ring, 2, compromised));
    assert_err(TASKSEAL_ERR_UNKNOWN_KEY, try_named(ring, 2, unknown));
    assert_ok(try_named(ring, 1, unknown));
}
END_TEST

START_TEST(a_named_key_must_be_good_for_the_queue)
{
    static const char *const ids[] = {"a"};
    const taskseal_bytes other = taskseal_str("other");
    const taskseal_bytes mail = taskseal_str("mail");
    taskseal_key key = key_of("a");
    key.queues = &other;
    key.queue_count = 1;
    assert_err(TASKSEAL_ERR_KEY_WRONG_QUEUE, try_named(RING(key), 1, ids));
    key.queues = &mail;
    assert_ok(try_named(RING(key), 1, ids));
}
END_TEST

START_TEST(without_a_queue_only_keys_without_a_list_seal)
{
    const taskseal_bytes mail = taskseal_str("mail");
    taskseal_key key = key_of("a");
    key.queues = &mail;
    key.queue_count = 1;
    taskseal_seal_options options = sealing(RING(key));
    options.context.queue = (taskseal_bytes){NULL, 0};
    assert_err(TASKSEAL_ERR_KEY_WRONG_QUEUE, try_seal(&options, 1));
    options.keyring = RING(key, key_of("b"));
    ck_assert_str_eq(inspect(seal(&options, "x", 1)).stanzas[0].key_id, "b");
}
END_TEST

START_TEST(a_named_key_must_be_within_its_window)
{
    static const char *const ids[] = {"a"};
    taskseal_key key = key_of("a");
    key.not_before = NOW + 1;
    assert_err(TASKSEAL_ERR_KEY_OUTSIDE_WINDOW, try_named(RING(key), 1, ids));
    key.not_before = NOW;
    assert_ok(try_named(RING(key), 1, ids));
    key.not_after = NOW;
    assert_ok(try_named(RING(key), 1, ids));
    key.not_before = 0;
    key.not_after = NOW - 1;
    assert_err(TASKSEAL_ERR_KEY_OUTSIDE_WINDOW, try_named(RING(key), 1, ids));
}
END_TEST

/* ---- The primary ---- */

START_TEST(no_active_key_means_no_primary)
{
    const taskseal_seal_options options =
        sealing(RING(key_in_state("o", TASKSEAL_KEY_OPEN_ONLY), key_in_state("r", TASKSEAL_KEY_RETIRED)));
    assert_err(TASKSEAL_ERR_KEY_NOT_ACTIVE, try_seal(&options, 1));
}
END_TEST

START_TEST(without_a_primary_the_first_active_key_says_why)
{
    const taskseal_bytes other = taskseal_str("other");
    taskseal_key confined = key_of("a");
    taskseal_key ended = key_of("b");
    confined.queues = &other;
    confined.queue_count = 1;
    ended.not_after = NOW - 1;
    taskseal_seal_options options = sealing(RING(key_in_state("o", TASKSEAL_KEY_OPEN_ONLY), confined, ended));
    assert_err(TASKSEAL_ERR_KEY_WRONG_QUEUE, try_seal(&options, 1));
    options.keyring = RING(ended, confined);
    assert_err(TASKSEAL_ERR_KEY_OUTSIDE_WINDOW, try_seal(&options, 1));
    options.keyring = RING(ended, confined, key_of("k"));
    ck_assert_str_eq(inspect(seal(&options, "x", 1)).stanzas[0].key_id, "k");
}
END_TEST

Suite *make_suite(void)
{
    Suite *suite = suite_create("seal");
    TCase *tests = add_case(suite, "options");
    tcase_add_test(tests, no_options_or_keyring_is_refused);
    tcase_add_test(tests, unknown_suites_are_refused);
    tcase_add_test(tests, unknown_purposes_are_refused);
    tcase_add_test(tests, unknown_flags_are_refused);
    tcase_add_loop_test(tests, each_context_field_has_1_to_65535_bytes, 0, 4);
    tests = add_case(suite, "times");
    tcase_add_test(tests, the_seal_time_is_within_the_years);
    tcase_add_test(tests, the_expiry_is_after_the_seal_time);
    tcase_add_test(tests, the_expiry_is_within_the_years);
    tcase_add_test(tests, a_lifetime_ends_within_the_years);
    tcase_add_test(tests, expiry_or_lifetime_but_not_both);
    tcase_add_test(tests, without_either_it_never_expires);
    tests = add_case(suite, "keys");
    tcase_add_test(tests, a_list_of_keys_and_its_count_go_together);
    tcase_add_test(tests, at_most_8_keys_seal);
    tcase_add_test(tests, a_key_seals_once);
    tcase_add_test(tests, a_named_key_must_be_there_and_active);
    tcase_add_test(tests, a_named_key_must_be_good_for_the_queue);
    tcase_add_test(tests, without_a_queue_only_keys_without_a_list_seal);
    tcase_add_test(tests, a_named_key_must_be_within_its_window);
    tcase_add_test(tests, no_active_key_means_no_primary);
    tcase_add_test(tests, without_a_primary_the_first_active_key_says_why);
    return suite;
}
