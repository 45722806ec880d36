/* SPDX-License-Identifier: MIT
 * taskseal_keyring_new: what it refuses, each time beside a twin that it takes. */
#include "support/support.h"

#include <stdio.h>

static taskseal_err try_new(const taskseal_key *keys, size_t count, taskseal_error *error)
{
    taskseal_keyring *ring = (taskseal_keyring *)(uintptr_t)keys; /* not NULL */
    *error = (taskseal_error){.line = 99};
    const taskseal_err err = taskseal_keyring_new(&ring, keys, count, error);
    ck_assert((ring != NULL) == (err == TASKSEAL_OK));
    taskseal_keyring_free(ring);
    return err;
}

/* The ring is refused as a bad argument, in words that hold `fragment`. */
static void assert_refused(const taskseal_key *keys, size_t count, const char *fragment)
{
    taskseal_error error;
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, try_new(keys, count, &error));
    ck_assert_int_eq(error.code, TASKSEAL_ERR_BAD_ARGUMENT);
    ck_assert_uint_eq(error.line, 0);
    ck_assert_msg(strstr(error.message, fragment) != NULL, "%s", error.message);
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT,
               taskseal_keyring_new(&(taskseal_keyring *){NULL}, keys, count, NULL));
}

static void assert_taken(const taskseal_key *keys, size_t count)
{
    taskseal_error error;
    const taskseal_err err = try_new(keys, count, &error);
    ck_assert_msg(err == TASKSEAL_OK, "%s", error.message);
}

/* ---- Count ---- */

START_TEST(no_key_is_refused)
{
    const taskseal_key key = key_of("k");
    assert_refused(&key, 0, "a keyring holds 1 to 1024 keys");
    assert_refused(NULL, 1, "a keyring holds 1 to 1024 keys");
    assert_taken(&key, 1);
}
END_TEST

static taskseal_key *many_keys(size_t count, char (*ids)[24])
{
    taskseal_key *keys = (taskseal_key *)(void *)blob_new(count * sizeof *keys).data;
    for (size_t i = 0; i < count; i++) {
        snprintf(ids[i], sizeof ids[i], "k%zu", i);
        keys[i] = key_of(ids[i]);
    }
    return keys;
}

START_TEST(at_most_1024_keys_are_taken)
{
    static char ids[1025][24];
    const taskseal_key *keys = many_keys(1025, ids);
    assert_refused(keys, 1025, "a keyring holds 1 to 1024 keys");
    assert_taken(keys, 1024);
}
END_TEST

START_TEST(the_last_of_1024_keys_seals_and_opens)
{
    static char ids[1024][24];
    taskseal_keyring *ring = ring_of(many_keys(1024, ids), 1024);
    const char *id = "k1023";
    taskseal_seal_options options = sealing(ring);
    options.key_ids = &id;
    options.key_count = 1;
    const taskseal_open_options with = opening(ring);
    const blob opened = open_whole(&with, seal(&options, "payload", 7));
    ck_assert(same(opened.data, opened.len, "payload", 7));
}
END_TEST

START_TEST(no_place_for_the_ring_is_refused)
{
    const taskseal_key key = key_of("k");
    taskseal_error error = {0};
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_keyring_new(NULL, &key, 1, &error));
    ck_assert_str_eq(error.message, "no place for the keyring was given");
}
END_TEST

/* ---- Id ---- */

START_TEST(ids_of_any_other_form_are_refused)
{
    static const char *const bad[] = {"",    ".k", "-k", "_k", "/k",    "k k",      "k!",
                                      "k\n", "k=", "k,", "k%", "k\x7f", "k\xc3\xbc"};
    taskseal_key key = key_of("k");
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        key.id = bad[i];
        assert_refused(&key, 1, "key 1 of the keyring: its id must be 1 to 255 of");
    }
    key.id = NULL;
    assert_refused(&key, 1, "key 1 of the keyring: its id must be 1 to 255 of");
}
END_TEST

START_TEST(ids_of_the_documented_form_are_taken)
{
    static const char *const good[] = {"k",   "0",        "Z",      "k._:/@+-",
                                       "9-9", "mail-k01", "a/../b", "kms:eu/1@2+3"};
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        const taskseal_key key = key_of(good[i]);
        assert_taken(&key, 1);
    }
}
END_TEST

START_TEST(an_id_has_at_most_255_bytes)
{
    char id[257] = "";
    memset(id, 'k', 256);
    taskseal_key key = key_of(id);
    assert_refused(&key, 1, "its id must be 1 to 255 of");
    id[255] = '\0';
    assert_taken(&key, 1);
}
END_TEST

START_TEST(an_id_occurs_once)
{
    const taskseal_key keys[] = {key_of("a"), key_of("b"), key_of("a")};
    assert_refused(keys, 3, "key a is twice in the keyring");
    assert_taken(keys, 2);
}
END_TEST

START_TEST(an_id_occurs_once_whatever_the_states)
{
    const taskseal_key keys[] = {key_of("a"), key_in_state("a", TASKSEAL_KEY_RETIRED)};
    assert_refused(keys, 2, "key a is twice in the keyring");
}
END_TEST

START_TEST(a_later_key_is_named_by_its_place)
{
    taskseal_key keys[] = {key_of("a"), key_of("b"), key_of("c")};
    keys[2].id = "!";
    assert_refused(keys, 3, "key 3 of the keyring");
}
END_TEST

/* ---- Type, state, secret ---- */

START_TEST(unknown_types_are_refused)
{
    taskseal_key key = key_of("k");
    for (int type = -1; type <= 0x81; type++) {
        key.type = (taskseal_key_type)type;
        if (type < 1 || type > 2)
            assert_refused(&key, 1, "key k: its type is none of xchacha20poly1305, aegis256");
    }
}
END_TEST

START_TEST(unknown_states_are_refused)
{
    taskseal_key key = key_of("k");
    key.state = (taskseal_key_state)0;
    assert_refused(&key, 1, "key k: its state is none of active, open-only, retired, compromised");
    key.state = (taskseal_key_state)5;
    assert_refused(&key, 1, "key k: its state is none of active, open-only, retired, compromised");
}
END_TEST

START_TEST(keys_that_work_need_a_secret)
{
    taskseal_key key = key_of("k");
    for (int state = TASKSEAL_KEY_ACTIVE; state <= TASKSEAL_KEY_OPEN_ONLY; state++) {
        key.state = (taskseal_key_state)state;
        key.secret = NULL;
        assert_refused(&key, 1, "key k: an active or open-only key needs a secret");
        key.secret = secret_of('k');
        assert_taken(&key, 1);
    }
}
END_TEST

START_TEST(keys_that_do_nothing_must_not_have_a_secret)
{
    taskseal_key key = key_of("k");
    for (int state = TASKSEAL_KEY_RETIRED; state <= TASKSEAL_KEY_COMPROMISED; state++) {
        key.state = (taskseal_key_state)state;
        key.secret = secret_of('k');
        assert_refused(&key, 1, "key k: a retired or compromised key must not have a secret");
        key.secret = NULL;
        assert_taken(&key, 1);
    }
}
END_TEST

START_TEST(the_zero_secret_is_refused)
{
    uint8_t secret[TASKSEAL_KEY_BYTES] = {0};
    taskseal_key key = key_of("k");
    key.secret = secret;
    assert_refused(&key, 1, "key k: its secret is all zero");
    secret[31] = 1;
    assert_taken(&key, 1);
}
END_TEST

/* ---- Queues and window ---- */

START_TEST(a_list_of_queues_and_its_count_go_together)
{
    const taskseal_bytes queue = taskseal_str("mail");
    taskseal_key key = key_of("k");
    key.queues = &queue;
    assert_refused(&key, 1, "key k: its list of queues must hold 1 to 64 queues, or be absent");
    key.queues = NULL;
    key.queue_count = 1;
    assert_refused(&key, 1, "key k: its list of queues must hold 1 to 64 queues, or be absent");
    key.queues = &queue;
    assert_taken(&key, 1);
}
END_TEST

START_TEST(at_most_64_queues_are_listed)
{
    char names[65][24];
    taskseal_bytes queues[65];
    taskseal_key key = key_of("k");
    for (size_t i = 0; i < 65; i++) {
        snprintf(names[i], sizeof names[i], "q%zu", i);
        queues[i] = taskseal_str(names[i]);
    }
    key.queues = queues;
    key.queue_count = 65;
    assert_refused(&key, 1, "must hold 1 to 64 queues");
    key.queue_count = 64;
    assert_taken(&key, 1);
}
END_TEST

START_TEST(a_queue_has_1_to_65535_bytes)
{
    const blob name = blob_pattern(65536);
    taskseal_bytes queue = {name.data, 65536};
    taskseal_key key = key_of("k");
    key.queues = &queue;
    key.queue_count = 1;
    assert_refused(&key, 1, "key k: a queue in its list is not 1 to 65535 bytes long");
    queue = (taskseal_bytes){name.data, 0};
    assert_refused(&key, 1, "key k: a queue in its list is not 1 to 65535 bytes long");
    queue = (taskseal_bytes){NULL, 1};
    assert_refused(&key, 1, "key k: a queue in its list is not 1 to 65535 bytes long");
    queue = (taskseal_bytes){name.data, 65535};
    assert_taken(&key, 1);
    queue.len = 1;
    assert_taken(&key, 1);
}
END_TEST

START_TEST(a_queue_is_listed_once)
{
    const taskseal_bytes queues[] = {{"a\0b", 3}, {"a\0c", 3}, {"a\0b", 3}};
    taskseal_key key = key_of("k");
    key.queues = queues;
    key.queue_count = 3;
    assert_refused(&key, 1, "key k: a queue is twice in its list");
    key.queue_count = 2;
    assert_taken(&key, 1);
}
END_TEST

START_TEST(a_window_must_not_end_before_it_begins)
{
    taskseal_key key = key_of("k");
    key.not_before = 1000;
    key.not_after = 999;
    assert_refused(&key, 1, "key k: its window ends before it begins");
    key.not_after = 1000;
    assert_taken(&key, 1);
    key.not_after = 0;
    assert_taken(&key, 1);
}
END_TEST

START_TEST(a_window_ends_with_the_year_9999)
{
    taskseal_key key = key_of("k");
    key.not_before = TASKSEAL_TIME_MAX + 1;
    assert_refused(&key, 1, "key k: its window lies beyond the year 9999");
    key.not_before = TASKSEAL_TIME_MAX;
    assert_taken(&key, 1);
    key.not_after = TASKSEAL_TIME_MAX + 1;
    assert_refused(&key, 1, "key k: its window lies beyond the year 9999");
    key.not_after = TASKSEAL_TIME_MAX;
    assert_taken(&key, 1);
}
END_TEST

/* ---- What a ring keeps ---- */

START_TEST(a_ring_keeps_nothing_of_its_callers)
{
    char id[] = "k";
    char queue_name[] = "mail";
    uint8_t secret[TASKSEAL_KEY_BYTES];
    taskseal_bytes queue = taskseal_str(queue_name);
    taskseal_key key = key_of(id);
    memcpy(secret, secret_of('k'), sizeof secret);
    key.secret = secret;
    key.queues = &queue;
    key.queue_count = 1;
    taskseal_keyring *ring = RING(key);
    memset(id, 'x', 1);
    memset(queue_name, 'x', 4);
    memset(secret, 0, sizeof secret);
    key = (taskseal_key){0};
    queue = (taskseal_bytes){0};

    const taskseal_seal_options options = sealing(ring);
    const taskseal_open_options with = opening(RING(key_of("k")));
    const blob opened = open_whole(&with, seal(&options, "payload", 7));
    ck_assert(same(opened.data, opened.len, "payload", 7));
}
END_TEST

START_TEST(freeing_no_ring_is_fine)
{
    taskseal_keyring_free(NULL);
    ck_assert(!taskseal_keyring_locked(NULL));
}
END_TEST

Suite *make_suite(void)
{
    Suite *suite = suite_create("keyring");
    TCase *tests = add_case(suite, "count");
    tcase_add_test(tests, no_key_is_refused);
    tcase_add_test(tests, at_most_1024_keys_are_taken);
    tcase_add_test(tests, the_last_of_1024_keys_seals_and_opens);
    tcase_add_test(tests, no_place_for_the_ring_is_refused);
    tests = add_case(suite, "id");
    tcase_add_test(tests, ids_of_any_other_form_are_refused);
    tcase_add_test(tests, ids_of_the_documented_form_are_taken);
    tcase_add_test(tests, an_id_has_at_most_255_bytes);
    tcase_add_test(tests, an_id_occurs_once);
    tcase_add_test(tests, an_id_occurs_once_whatever_the_states);
    tcase_add_test(tests, a_later_key_is_named_by_its_place);
    tests = add_case(suite, "type, state, secret");
    tcase_add_test(tests, unknown_types_are_refused);
    tcase_add_test(tests, unknown_states_are_refused);
    tcase_add_test(tests, keys_that_work_need_a_secret);
    tcase_add_test(tests, keys_that_do_nothing_must_not_have_a_secret);
    tcase_add_test(tests, the_zero_secret_is_refused);
    tests = add_case(suite, "queues and window");
    tcase_add_test(tests, a_list_of_queues_and_its_count_go_together);
    tcase_add_test(tests, at_most_64_queues_are_listed);
    tcase_add_test(tests, a_queue_has_1_to_65535_bytes);
    tcase_add_test(tests, a_queue_is_listed_once);
    tcase_add_test(tests, a_window_must_not_end_before_it_begins);
    tcase_add_test(tests, a_window_ends_with_the_year_9999);
    tests = add_case(suite, "ownership");
    tcase_add_test(tests, a_ring_keeps_nothing_of_its_callers);
    tcase_add_test(tests, freeing_no_ring_is_fine);
    return suite;
}
