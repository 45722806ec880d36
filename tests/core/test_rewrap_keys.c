/* SPDX-License-Identifier: MIT
 * Rewrap: which key may be left, and which may come (F 10.2 to F 10.6). */
#include "support/support.h"

static blob sealed_to(const char *const *ids, size_t count)
{
    taskseal_key keys[4];
    for (size_t i = 0; i < count; i++)
        keys[i] = key_of(ids[i]);
    taskseal_seal_options options = sealing(ring_of(keys, count));
    options.key_ids = ids;
    options.key_count = count;
    return seal(&options, "payload", 7);
}

static blob sealed_to_old(void)
{
    static const char *const ids[] = {"old"};
    return sealed_to(ids, 1);
}

static taskseal_err try_keys(const taskseal_keyring *ring, const char *from, const char *to, blob sealed)
{
    taskseal_rewrap_options options = rewrapping(ring);
    options.from_key_id = from;
    options.to_key_id = to;
    return try_rewrap(&options, sealed);
}

/* The ids of the result's stanzas, joined by spaces. */
static const char *result_ids(const taskseal_keyring *ring, const char *from, const char *to, blob sealed)
{
    static char joined[64];
    taskseal_rewrap_options options = rewrapping(ring);
    options.from_key_id = from;
    options.to_key_id = to;
    const taskseal_info info = inspect(rewrap(&options, sealed));
    joined[0] = '\0';
    for (size_t i = 0; i < info.stanza_count; i++) {
        strcat(joined, i > 0 ? " " : "");
        strcat(joined, info.stanzas[i].key_id);
    }
    return joined;
}

/* ---- The old key ---- */

START_TEST(an_old_key_that_is_active_or_open_only_serves)
{
    assert_ok(try_keys(RING(key_of("new"), key_of("old")), NULL, NULL, sealed_to_old()));
    assert_ok(try_keys(RING(key_of("new"), key_in_state("old", TASKSEAL_KEY_OPEN_ONLY)), NULL, NULL,
                       sealed_to_old()));
}
END_TEST

START_TEST(an_old_key_that_is_retired_does_not)
{
    const taskseal_keyring *ring = RING(key_of("new"), key_in_state("old", TASKSEAL_KEY_RETIRED));
    assert_err(TASKSEAL_ERR_KEY_RETIRED, try_keys(ring, NULL, NULL, sealed_to_old()));
    assert_err(TASKSEAL_ERR_KEY_RETIRED, try_keys(ring, "old", NULL, sealed_to_old()));
    assert_err(TASKSEAL_ERR_KEY_RETIRED, try_keys(ring, NULL, "new", sealed_to_old()));
}
END_TEST

START_TEST(an_old_key_that_is_compromised_does_not)
{
    const taskseal_keyring *ring = RING(key_of("new"), key_in_state("old", TASKSEAL_KEY_COMPROMISED));
    assert_err(TASKSEAL_ERR_KEY_COMPROMISED, try_keys(ring, NULL, NULL, sealed_to_old()));
}
END_TEST

START_TEST(any_compromised_key_that_is_named_stops_it)
{
    static const char *const ids[] = {"bad", "old"};
    const taskseal_keyring *ring =
        RING(key_of("new"), key_of("old"), key_in_state("bad", TASKSEAL_KEY_COMPROMISED));
    assert_err(TASKSEAL_ERR_KEY_COMPROMISED, try_keys(ring, "old", "new", sealed_to(ids, 2)));
    assert_ok(try_keys(ring, "old", "new", sealed_to_old()));
}
END_TEST

START_TEST(an_old_key_that_is_not_in_the_ring_is_unknown)
{
    assert_err(TASKSEAL_ERR_UNKNOWN_KEY, try_keys(RING(key_of("new")), NULL, NULL, sealed_to_old()));
    assert_err(TASKSEAL_ERR_UNKNOWN_KEY, try_keys(RING(key_of("new")), "old", NULL, sealed_to_old()));
}
END_TEST

START_TEST(an_old_key_that_the_envelope_does_not_name_is_unknown)
{
    const taskseal_keyring *ring = RING(key_of("new"), key_of("old"), key_of("other"));
    assert_err(TASKSEAL_ERR_UNKNOWN_KEY, try_keys(ring, "other", "new", sealed_to_old()));
}
END_TEST

START_TEST(an_old_key_of_another_secret_fails_to_authenticate)
{
    taskseal_key old = key_of("old");
    old.secret = secret_of('x');
    assert_err(TASKSEAL_ERR_AUTHENTICATION_FAILED,
               try_keys(RING(key_of("new"), old), NULL, NULL, sealed_to_old()));
}
END_TEST

START_TEST(the_old_keys_list_of_queues_is_not_consulted)
{
    const taskseal_bytes other = taskseal_str("other");
    taskseal_key keys[] = {key_of("new"), key_of("old")};
    for (size_t i = 0; i < 2; i++) {
        keys[i].queues = &other;
        keys[i].queue_count = 1;
    }
    assert_ok(try_keys(ring_of(keys, 2), NULL, NULL, sealed_to_old())); /* bound to the queue mail */
}
END_TEST

/* ---- The new key ---- */

START_TEST(a_new_key_must_be_active)
{
    const taskseal_keyring *ring = RING(key_of("old"), key_in_state("o", TASKSEAL_KEY_OPEN_ONLY),
                                        key_in_state("r", TASKSEAL_KEY_RETIRED),
                                        key_in_state("c", TASKSEAL_KEY_COMPROMISED), key_of("a"));
    assert_err(TASKSEAL_ERR_KEY_NOT_ACTIVE, try_keys(ring, "old", "o", sealed_to_old()));
    assert_err(TASKSEAL_ERR_KEY_RETIRED, try_keys(ring, "old", "r", sealed_to_old()));
    assert_err(TASKSEAL_ERR_KEY_COMPROMISED, try_keys(ring, "old", "c", sealed_to_old()));
    assert_err(TASKSEAL_ERR_UNKNOWN_KEY, try_keys(ring, "old", "u", sealed_to_old()));
    assert_ok(try_keys(ring, "old", "a", sealed_to_old()));
}
END_TEST

START_TEST(without_an_active_key_there_is_no_new_one)
{
    const taskseal_keyring *ring = RING(key_in_state("old", TASKSEAL_KEY_OPEN_ONLY));
    assert_err(TASKSEAL_ERR_KEY_NOT_ACTIVE, try_keys(ring, NULL, NULL, sealed_to_old()));
}
END_TEST

/* ---- Queues: the new key's are a subset of the old one's ---- */

typedef struct {
    const char *new_queues; /* one letter each; NULL: every queue */
    const char *old_queues;
    taskseal_err named;   /* what comes of it if the caller names the new key */
    taskseal_err unnamed; /* and if not: a key for fewer queues is nobody's choice but the caller's */
} subset;

#define OK    TASKSEAL_OK
#define WRONG TASKSEAL_ERR_KEY_WRONG_QUEUE

static const subset subsets[] = {
    {NULL, NULL, OK, OK},       {"a", "a", OK, OK},        {"ba", "ab", OK, OK},
    {"cab", "abc", OK, OK},     {"a", NULL, OK, WRONG},    {"abc", NULL, OK, WRONG},
    {"a", "ab", OK, WRONG},     {"c", "abc", OK, WRONG},   {NULL, "a", WRONG, WRONG},
    {"b", "a", WRONG, WRONG},   {"ab", "a", WRONG, WRONG}, {"abc", "ab", WRONG, WRONG},
    {"xa", "ab", WRONG, WRONG},
};

static void confine(taskseal_key *key, const char *letters, taskseal_bytes *queues)
{
    if (letters == NULL)
        return;
    for (key->queue_count = 0; letters[key->queue_count] != '\0'; key->queue_count++)
        queues[key->queue_count] = (taskseal_bytes){letters + key->queue_count, 1};
    key->queues = queues;
}

START_TEST(the_new_keys_queues_are_a_subset)
{
    taskseal_bytes queues[2][4];
    taskseal_key keys[] = {key_of("new"), key_in_state("old", TASKSEAL_KEY_OPEN_ONLY)};
    confine(&keys[0], subsets[_i].new_queues, queues[0]);
    confine(&keys[1], subsets[_i].old_queues, queues[1]);
    const taskseal_keyring *ring = ring_of(keys, 2);
    assert_err(subsets[_i].named, try_keys(ring, "old", "new", sealed_to_old()));
    assert_err(subsets[_i].unnamed, try_keys(ring, NULL, NULL, sealed_to_old()));
}
END_TEST

/* ---- Windows and times ---- */

static taskseal_err try_windows(uint64_t new_from, uint64_t new_until, uint64_t old_from, uint64_t old_until)
{
    taskseal_key keys[] = {key_of("new"), key_in_state("old", TASKSEAL_KEY_OPEN_ONLY)};
    keys[0].not_before = new_from;
    keys[0].not_after = new_until;
    keys[1].not_before = old_from;
    keys[1].not_after = old_until;
    const taskseal_keyring *ring = ring_of(keys, 2);
    const taskseal_err named = try_keys(ring, "old", "new", sealed_to_old());
    assert_err(named, try_keys(ring, NULL, NULL, sealed_to_old()));
    return named;
}

START_TEST(the_seal_time_is_in_the_new_keys_window)
{
    assert_ok(try_windows(NOW, NOW, 0, 0));
    assert_err(TASKSEAL_ERR_KEY_OUTSIDE_WINDOW, try_windows(NOW + 1, 0, 0, 0));
    assert_err(TASKSEAL_ERR_KEY_OUTSIDE_WINDOW, try_windows(0, NOW - 1, 0, 0));
}
END_TEST

START_TEST(the_seal_time_is_in_the_old_keys_window)
{
    assert_ok(try_windows(0, 0, NOW, NOW));
    assert_err(TASKSEAL_ERR_KEY_OUTSIDE_WINDOW, try_windows(0, 0, NOW + 1, 0));
    assert_err(TASKSEAL_ERR_KEY_OUTSIDE_WINDOW, try_windows(0, 0, 0, NOW - 1));
}
END_TEST

static taskseal_err try_at(uint64_t now, uint64_t lifetime)
{
    const taskseal_keyring *ring = RING(key_of("new"), key_of("old"));
    taskseal_seal_options options = sealing(RING(key_of("old")));
    taskseal_rewrap_options with = rewrapping(ring);
    options.lifetime = lifetime;
    with.now = now;
    return try_rewrap(&with, seal(&options, "x", 1));
}

START_TEST(an_expired_envelope_is_refused)
{
    assert_ok(try_at(NOW + 59, 60));
    assert_err(TASKSEAL_ERR_EXPIRED, try_at(NOW + 60, 60));
    assert_ok(try_at(TASKSEAL_TIME_MAX, 0));
}
END_TEST

START_TEST(an_envelope_of_the_future_is_refused)
{
    assert_ok(try_at(NOW - 300, 0));
    assert_err(TASKSEAL_ERR_NOT_YET_VALID, try_at(NOW - 301, 0));
}
END_TEST

START_TEST(a_time_out_of_range_is_refused)
{
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, try_at(TASKSEAL_TIME_MAX + 1, 0));
}
END_TEST

/* ---- Where the caller names no key ---- */

START_TEST(the_first_active_key_that_may_succeed_comes)
{
    const taskseal_bytes queue = taskseal_str("a");
    taskseal_key keys[] = {key_in_state("o", TASKSEAL_KEY_OPEN_ONLY),
                           key_of("any"),
                           key_of("late"),
                           key_of("a1"),
                           key_of("a2"),
                           key_of("old")};
    keys[2].not_before = NOW + 1;
    for (size_t i = 2; i < COUNT_OF(keys); i++) {
        keys[i].queues = &queue;
        keys[i].queue_count = 1;
    }
    ck_assert_str_eq(result_ids(ring_of(keys, COUNT_OF(keys)), NULL, NULL, sealed_to_old()), "a1");
}
END_TEST

START_TEST(if_none_may_the_first_active_key_says_why)
{
    const taskseal_bytes queue = taskseal_str("a");
    taskseal_key any = key_of("any");
    taskseal_key late = key_of("late");
    taskseal_key old = key_in_state("old", TASKSEAL_KEY_OPEN_ONLY);
    late.not_before = NOW + 1;
    late.queues = old.queues = &queue;
    late.queue_count = old.queue_count = 1;
    assert_err(TASKSEAL_ERR_KEY_WRONG_QUEUE, try_keys(RING(any, late, old), NULL, NULL, sealed_to_old()));
    assert_err(TASKSEAL_ERR_KEY_OUTSIDE_WINDOW, try_keys(RING(late, any, old), NULL, NULL, sealed_to_old()));
}
END_TEST

START_TEST(the_first_key_of_the_ring_that_is_named_goes)
{
    static const char *const ids[] = {"x", "y"};
    const taskseal_keyring *ring = RING(key_of("new"), key_of("y"), key_of("x"));
    ck_assert_str_eq(result_ids(ring, NULL, "new", sealed_to(ids, 2)), "new x");
    ck_assert_str_eq(result_ids(ring, "x", "new", sealed_to(ids, 2)), "new y");
}
END_TEST

START_TEST(the_new_key_goes_only_if_no_other_can)
{
    static const char *const both[] = {"new", "old"};
    static const char *const alone[] = {"new"};
    const taskseal_keyring *ring = RING(key_of("new"), key_in_state("old", TASKSEAL_KEY_OPEN_ONLY));
    ck_assert_str_eq(result_ids(ring, NULL, "new", sealed_to(both, 2)), "new");
    ck_assert_str_eq(result_ids(ring, NULL, NULL, sealed_to(both, 2)), "new");
    ck_assert_str_eq(result_ids(ring, NULL, NULL, sealed_to(alone, 1)), "new");
    ck_assert_str_eq(result_ids(ring, "new", "new", sealed_to(both, 2)), "new old");
}
END_TEST

START_TEST(a_retired_key_does_not_hide_one_that_serves)
{
    static const char *const ids[] = {"old", "r"};
    const taskseal_keyring *ring =
        RING(key_in_state("r", TASKSEAL_KEY_RETIRED), key_of("new"), key_of("old"));
    ck_assert_str_eq(result_ids(ring, NULL, NULL, sealed_to(ids, 2)), "new r");
}
END_TEST

Suite *make_suite(void)
{
    Suite *suite = suite_create("rewrap keys");
    TCase *tests = add_case(suite, "old");
    tcase_add_test(tests, an_old_key_that_is_active_or_open_only_serves);
    tcase_add_test(tests, an_old_key_that_is_retired_does_not);
    tcase_add_test(tests, an_old_key_that_is_compromised_does_not);
    tcase_add_test(tests, any_compromised_key_that_is_named_stops_it);
    tcase_add_test(tests, an_old_key_that_is_not_in_the_ring_is_unknown);
    tcase_add_test(tests, an_old_key_that_the_envelope_does_not_name_is_unknown);
    tcase_add_test(tests, an_old_key_of_another_secret_fails_to_authenticate);
    tcase_add_test(tests, the_old_keys_list_of_queues_is_not_consulted);
    tests = add_case(suite, "new");
    tcase_add_test(tests, a_new_key_must_be_active);
    tcase_add_test(tests, without_an_active_key_there_is_no_new_one);
    tcase_add_loop_test(tests, the_new_keys_queues_are_a_subset, 0, (int)COUNT_OF(subsets));
    tests = add_case(suite, "times");
    tcase_add_test(tests, the_seal_time_is_in_the_new_keys_window);
    tcase_add_test(tests, the_seal_time_is_in_the_old_keys_window);
    tcase_add_test(tests, an_expired_envelope_is_refused);
    tcase_add_test(tests, an_envelope_of_the_future_is_refused);
    tcase_add_test(tests, a_time_out_of_range_is_refused);
    tests = add_case(suite, "unnamed");
    tcase_add_test(tests, the_first_active_key_that_may_succeed_comes);
    tcase_add_test(tests, if_none_may_the_first_active_key_says_why);
    tcase_add_test(tests, the_first_key_of_the_ring_that_is_named_goes);
    tcase_add_test(tests, the_new_key_goes_only_if_no_other_can);
    tcase_add_test(tests, a_retired_key_does_not_hide_one_that_serves);
    return suite;
}
