/* SPDX-License-Identifier: MIT
 * Changing key files: what each action does to its key, and that all else stays. */
#include "support/disk.h"

#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define SECRET_A "tskek1_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
#define SECRET_B "tskek1_Hx4dHBsaGRgXFhUUExIREA8ODQwLCgkIBwYFBAMCAQA"
#define SECRET_D "tsdup1_Hx4dHBsaGRgXFhUUExIREA8ODQwLCgkIBwYFBAMCAQA"
#define FIRST    "taskseal-keyring 1\n"
#define KEY_A    "key a xchacha20poly1305 active " SECRET_A "\n"
#define KEY_B    "key b xchacha20poly1305 open-only " SECRET_B "\n"
#define KEY_D    "key d dedupe active " SECRET_D "\n"

static const char *file(const char *text)
{
    const char *path = path_of("keys");
    (void)unlink(path);
    write_file(path, text, strlen(text), 0600);
    return path;
}

static void becomes(const char *before, const taskseal_keyfile_change *change, const char *after)
{
    taskseal_error error = {.message = ""};
    const char *path = file(before);
    const taskseal_err err = taskseal_keyfile_apply(path, change, &error);
    ck_assert_msg(err == TASKSEAL_OK, "%s", error.message);
    const blob got = read_file(path);
    ck_assert_msg(same(got.data, got.len, after, strlen(after)), "%.*s", (int)got.len,
                  (const char *)got.data);
    const blob old = read_file(path_of("keys.old"));
    ck_assert(same(old.data, old.len, before, strlen(before)));
}

static void refuses(const char *before, const taskseal_keyfile_change *change, taskseal_err expected,
                    const char *words)
{
    taskseal_error error = {.message = ""};
    const char *path = file(before);
    (void)unlink(path_of("keys.old"));
    const size_t entries = entry_count();
    assert_err(expected, taskseal_keyfile_apply(path, change, &error));
    ck_assert_int_eq(error.code, expected);
    ck_assert_msg(strstr(error.message, words) != NULL, "%s", error.message);
    const blob got = read_file(path);
    ck_assert(same(got.data, got.len, before, strlen(before)));
    ck_assert_uint_eq(entry_count(), entries);
}

static taskseal_keyfile_change change(taskseal_keyfile_action action, const char *key_id)
{
    return (taskseal_keyfile_change){.action = action, .key_id = key_id};
}

/* ---- The actions ---- */

START_TEST(promote_makes_a_key_active_and_the_first_of_its_type)
{
    const taskseal_keyfile_change c = change(TASKSEAL_KEYFILE_PROMOTE, "b");
    becomes(FIRST "# one\n" KEY_D "# two\n" KEY_A "\n# three\n" KEY_B "# four\n", &c,
            FIRST "# one\n" KEY_D "# two\nkey b xchacha20poly1305 active " SECRET_B "\n" KEY_A
                  "\n# three\n# four\n");
    becomes(FIRST KEY_B, &c, FIRST "key b xchacha20poly1305 active " SECRET_B "\n");
    becomes(FIRST KEY_A KEY_B, &c, FIRST "key b xchacha20poly1305 active " SECRET_B "\n" KEY_A);
}
END_TEST

START_TEST(demote_ends_a_keys_sealing)
{
    taskseal_keyfile_change c = change(TASKSEAL_KEYFILE_DEMOTE, "a");
    c.not_after = 1800000000;
    becomes(FIRST KEY_A KEY_B, &c,
            FIRST "key a xchacha20poly1305 open-only " SECRET_A " not-after=2027-01-15T08:00:00Z\n" KEY_B);
    becomes(FIRST "key a xchacha20poly1305 active " SECRET_A " not-after=2026-01-01T00:00:00Z\n", &c,
            FIRST "key a xchacha20poly1305 open-only " SECRET_A " not-after=2026-01-01T00:00:00Z\n");
}
END_TEST

START_TEST(demote_leaves_a_day_if_nothing_is_said)
{
    taskseal_keyring *ring;
    taskseal_key key;
    const taskseal_keyfile_change c = change(TASKSEAL_KEYFILE_DEMOTE, "a");
    const char *path = file(FIRST KEY_A);
    const uint64_t before = (uint64_t)time(NULL);
    assert_ok(taskseal_keyfile_apply(path, &c, NULL));
    const uint64_t after = (uint64_t)time(NULL);
    assert_ok(taskseal_keyring_load(&ring, path, NULL));
    ck_assert(taskseal_keyring_key(ring, 0, &key));
    ck_assert_uint_ge(key.not_after, before + 86400);
    ck_assert_uint_le(key.not_after, after + 86400);
    taskseal_keyring_free(ring);
}
END_TEST

START_TEST(retire_and_compromise_take_the_secret_away)
{
    taskseal_keyfile_change c = change(TASKSEAL_KEYFILE_RETIRE, "b");
    becomes(FIRST KEY_A KEY_B, &c, FIRST KEY_A "key b xchacha20poly1305 retired -\n");
    becomes(FIRST "key b xchacha20poly1305 open-only " SECRET_B " not-after=2020-01-01T00:00:00Z\n", &c,
            FIRST "key b xchacha20poly1305 retired - not-after=2020-01-01T00:00:00Z\n");
    c.action = TASKSEAL_KEYFILE_COMPROMISE;
    becomes(FIRST KEY_A KEY_B, &c, FIRST KEY_A "key b xchacha20poly1305 compromised -\n");
    becomes(FIRST "key b xchacha20poly1305 open-only " SECRET_B " not-after=9999-01-01T00:00:00Z\n", &c,
            FIRST "key b xchacha20poly1305 compromised - not-after=9999-01-01T00:00:00Z\n");
    c.key_id = "a";
    becomes(FIRST KEY_A KEY_B, &c, FIRST "key a xchacha20poly1305 compromised -\n" KEY_B);
    c.key_id = "b";
    becomes(FIRST "key b xchacha20poly1305 retired -\n", &c, FIRST "key b xchacha20poly1305 compromised -\n");
}
END_TEST

START_TEST(limit_replaces_what_is_given)
{
    const taskseal_bytes queues[] = {taskseal_str("mail"), {"a b,%", 5}};
    taskseal_keyfile_change c = change(TASKSEAL_KEYFILE_LIMIT, "a");
    c.queues = queues;
    c.queue_count = 2;
    c.not_before = 1700000000;
    becomes(FIRST KEY_A, &c,
            FIRST "key a xchacha20poly1305 active " SECRET_A
                  " queues=mail,a%20b%2C%25 not-before=2023-11-14T22:13:20Z\n");
    c = change(TASKSEAL_KEYFILE_LIMIT, "a");
    c.not_after = TASKSEAL_TIME_MAX;
    becomes(FIRST "key a xchacha20poly1305 active " SECRET_A " queues=x not-before=2023-11-14T22:13:20Z\n",
            &c,
            FIRST "key a xchacha20poly1305 active " SECRET_A
                  " queues=x not-before=2023-11-14T22:13:20Z not-after=9999-12-31T23:59:59Z\n");
    c = change(TASKSEAL_KEYFILE_LIMIT, "a");
    c.flags = TASKSEAL_KEYFILE_ANY_QUEUE | TASKSEAL_KEYFILE_ANY_TIME;
    becomes(FIRST "key a xchacha20poly1305 active " SECRET_A " queues=x not-before=2023-11-14T22:13:20Z\n",
            &c, FIRST KEY_A);
}
END_TEST

START_TEST(a_key_may_be_limited_to_as_many_queues_as_there_may_be)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
    ck_assert_uint_eq(sizeof letters - 1, TASKSEAL_QUEUES_MAX);
    taskseal_bytes queues[TASKSEAL_QUEUES_MAX];
    char wanted[512] = FIRST "key a xchacha20poly1305 active " SECRET_A " queues=";
    char *end = wanted + strlen(wanted);
    for (size_t i = 0; i < TASKSEAL_QUEUES_MAX; i++) {
        queues[i] = (taskseal_bytes){&letters[i], 1};
        *end++ = letters[i];
        *end++ = i + 1 < TASKSEAL_QUEUES_MAX ? ',' : '\n';
    }
    taskseal_keyfile_change c = change(TASKSEAL_KEYFILE_LIMIT, "a");
    c.queues = queues;
    c.queue_count = TASKSEAL_QUEUES_MAX;
    becomes(FIRST KEY_A, &c, wanted);
}
END_TEST

START_TEST(add_appends_a_fresh_key_that_only_opens)
{
    taskseal_keyring *ring;
    taskseal_key key;
    static const taskseal_key_type types[] = {TASKSEAL_KEY_XCHACHA20POLY1305, TASKSEAL_KEY_DEDUPE};
    const taskseal_bytes queue = taskseal_str("mail");
    const char *path = file(FIRST KEY_A);
    for (size_t i = 0; i < COUNT_OF(types); i++) {
        taskseal_keyfile_change c = change(TASKSEAL_KEYFILE_ADD, i == 0 ? "n" : "m");
        c.type = i == 0 ? 0 : types[i];
        c.queues = &queue;
        c.queue_count = 1;
        c.not_before = 1800000000;
        assert_ok(taskseal_keyfile_apply(path, &c, NULL));
        assert_ok(taskseal_keyring_load(&ring, path, NULL));
        ck_assert(taskseal_keyring_key(ring, i + 1, &key));
        ck_assert_str_eq(key.id, c.key_id);
        ck_assert_int_eq((int)key.type, (int)types[i]);
        ck_assert_int_eq((int)key.state, TASKSEAL_KEY_OPEN_ONLY);
        ck_assert(same(key.queues[0].data, key.queues[0].len, "mail", 4));
        ck_assert_uint_eq(key.not_before, 1800000000);
        taskseal_keyring_free(ring);
    }
    ck_assert_ptr_nonnull(memmem(read_file(path).data, read_file(path).len, SECRET_A "\nkey n ", 57));
}
END_TEST

START_TEST(two_added_keys_differ)
{
    taskseal_keyfile_change c = change(TASKSEAL_KEYFILE_ADD, "n");
    const char *path = file(FIRST KEY_A);
    assert_ok(taskseal_keyfile_apply(path, &c, NULL));
    const blob first = read_file(path);
    path = file(FIRST KEY_A);
    assert_ok(taskseal_keyfile_apply(path, &c, NULL));
    const blob second = read_file(path);
    ck_assert_uint_eq(first.len, second.len);
    ck_assert(memcmp(first.data + first.len - 44, second.data + second.len - 44, 43) != 0);
}
END_TEST

/* ---- What a state does not permit ---- */

START_TEST(states_refuse_what_does_not_fit)
{
#define RETIRED "key b xchacha20poly1305 retired -\n"
#define LEAKED  "key b xchacha20poly1305 compromised -\n"
    static const struct {
        taskseal_keyfile_action action;
        const char *id;
        const char *text;
        const char *words;
    } cases[] = {
        {TASKSEAL_KEYFILE_ADD, "a", FIRST KEY_A, "choose another id"},
        {TASKSEAL_KEYFILE_PROMOTE, "b", FIRST KEY_A RETIRED, "no secret"},
        {TASKSEAL_KEYFILE_PROMOTE, "b", FIRST KEY_A LEAKED, "no secret"},
        {TASKSEAL_KEYFILE_PROMOTE, "b",
         FIRST "key b xchacha20poly1305 open-only " SECRET_B " not-after=2020-01-01T00:00:00Z\n",
         "has passed"},
        {TASKSEAL_KEYFILE_DEMOTE, "b", FIRST KEY_A RETIRED, "no secret"},
        {TASKSEAL_KEYFILE_RETIRE, "a", FIRST KEY_A, "still seals"},
        {TASKSEAL_KEYFILE_RETIRE, "b", FIRST KEY_A RETIRED, "already"},
        {TASKSEAL_KEYFILE_RETIRE, "b",
         FIRST "key b xchacha20poly1305 open-only " SECRET_B " not-after=9999-01-01T00:00:00Z\n",
         "until its not-after"},
        {TASKSEAL_KEYFILE_RETIRE, "b", FIRST KEY_A LEAKED, "stays so"},
        {TASKSEAL_KEYFILE_COMPROMISE, "b", FIRST KEY_A LEAKED, "already"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const taskseal_keyfile_change c = change(cases[i].action, cases[i].id);
        refuses(cases[i].text, &c, TASKSEAL_ERR_KEYFILE_CHANGE, cases[i].words);
    }
    taskseal_keyfile_change c = change(TASKSEAL_KEYFILE_LIMIT, "b");
    c.not_after = 1800000000;
    refuses(FIRST KEY_A RETIRED, &c, TASKSEAL_ERR_KEYFILE_CHANGE, "no secret");
    c.key_id = "a";
    c.not_before = 1900000000;
    refuses(FIRST KEY_A, &c, TASKSEAL_ERR_KEYFILE_CHANGE, "not-after lies before not-before");
    c = change(TASKSEAL_KEYFILE_DEMOTE, "a");
    c.not_after = 1;
    refuses(FIRST "key a xchacha20poly1305 active " SECRET_A " not-before=2023-11-14T22:13:20Z\n", &c,
            TASKSEAL_ERR_KEYFILE_CHANGE, "before its not-before");
}
END_TEST

START_TEST(a_key_that_is_not_there_is_unknown)
{
    const taskseal_keyfile_change c = change(TASKSEAL_KEYFILE_PROMOTE, "x");
    refuses(FIRST KEY_A, &c, TASKSEAL_ERR_UNKNOWN_KEY, "no key x");
}
END_TEST

START_TEST(a_change_with_what_it_does_not_take_is_refused)
{
    const taskseal_bytes queue = taskseal_str("mail");
    const taskseal_bytes word = taskseal_str("p");
    const taskseal_bytes absent = {NULL, 3};
    const taskseal_bytes empty = {"", 0};
    const taskseal_bytes long_queue = {"x", TASKSEAL_CONTEXT_MAX + 1};
    const taskseal_keyfile_change cases[] = {
        {.key_id = "a"},
        {.action = (taskseal_keyfile_action)8, .key_id = "a"},
        {.action = TASKSEAL_KEYFILE_RETIRE},
        {.action = TASKSEAL_KEYFILE_RETIRE, .key_id = "a b"},
        {.action = TASKSEAL_KEYFILE_PROTECT, .key_id = "a"},
        {.action = TASKSEAL_KEYFILE_RETIRE, .key_id = "a", .type = TASKSEAL_KEY_DEDUPE},
        {.action = TASKSEAL_KEYFILE_ADD, .key_id = "n", .type = (taskseal_key_type)3},
        {.action = TASKSEAL_KEYFILE_PROMOTE, .key_id = "a", .queues = &queue, .queue_count = 1},
        {.action = TASKSEAL_KEYFILE_LIMIT, .key_id = "a", .queues = &queue},
        {.action = TASKSEAL_KEYFILE_LIMIT, .key_id = "a", .queues = &queue, .queue_count = 65},
        {.action = TASKSEAL_KEYFILE_LIMIT, .key_id = "a", .queues = &absent, .queue_count = 1},
        {.action = TASKSEAL_KEYFILE_ADD, .key_id = "n", .queues = &empty, .queue_count = 1},
        {.action = TASKSEAL_KEYFILE_ADD, .key_id = "n", .queues = &long_queue, .queue_count = 1},
        {.action = TASKSEAL_KEYFILE_ADD, .key_id = "n", .not_before = TASKSEAL_TIME_MAX + 1},
        {.action = TASKSEAL_KEYFILE_LIMIT, .key_id = "a", .not_after = UINT64_MAX},
        {.action = TASKSEAL_KEYFILE_DEMOTE, .key_id = "a", .not_after = UINT64_MAX},
        {.action = TASKSEAL_KEYFILE_PROMOTE, .key_id = "a", .not_before = 5},
        {.action = TASKSEAL_KEYFILE_PROMOTE, .key_id = "a", .not_after = 5},
        {.action = TASKSEAL_KEYFILE_DEMOTE, .key_id = "a", .not_before = 5},
        {.action = TASKSEAL_KEYFILE_ADD, .key_id = "n", .flags = TASKSEAL_KEYFILE_ANY_TIME},
        {.action = TASKSEAL_KEYFILE_LIMIT, .key_id = "a", .flags = 4},
        {.action = TASKSEAL_KEYFILE_LIMIT, .key_id = "a"},
        {.action = TASKSEAL_KEYFILE_PROMOTE, .key_id = "a", .new_passphrase = word},
        {.action = TASKSEAL_KEYFILE_PROMOTE, .key_id = "a", .passphrase = {"", 0}},
        {.action = TASKSEAL_KEYFILE_PROTECT, .new_passphrase = {"", 0}},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        refuses(FIRST KEY_A, &cases[i], TASKSEAL_ERR_BAD_ARGUMENT, "");
    const taskseal_keyfile_change good = change(TASKSEAL_KEYFILE_PROMOTE, "a");
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_keyfile_apply(NULL, &good, NULL));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_keyfile_apply("", &good, NULL));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_keyfile_apply(path_of("keys"), NULL, NULL));
    assert_ok(taskseal_keyfile_apply(path_of("keys"), &good, NULL));
}
END_TEST

START_TEST(a_file_that_is_no_key_file_is_left_alone)
{
    const taskseal_keyfile_change c = change(TASKSEAL_KEYFILE_ADD, "n");
    refuses(FIRST "key\n", &c, TASKSEAL_ERR_KEYFILE_MALFORMED, "keys: line 2");
    refuses("taskseal-keyring 2\n", &c, TASKSEAL_ERR_KEYFILE_UNSUPPORTED, "upgrade");
    refuses(FIRST KEY_A "# cut", &c, TASKSEAL_ERR_KEYFILE_MALFORMED, "line 3: it has no line feed");
    assert_err(TASKSEAL_ERR_KEYFILE_READ, taskseal_keyfile_apply(path_of("none"), &c, NULL));
    ck_assert_int_eq(chmod(file(FIRST KEY_A), 0640), 0);
    assert_err(TASKSEAL_ERR_KEYFILE_PERMISSIONS, taskseal_keyfile_apply(path_of("keys"), &c, NULL));
}
END_TEST

Suite *make_suite(void)
{
    Suite *suite = suite_create("core keyfile_change");
    TCase *tcase = add_disk_case(suite, "actions");
    tcase_add_test(tcase, promote_makes_a_key_active_and_the_first_of_its_type);
    tcase_add_test(tcase, demote_ends_a_keys_sealing);
    tcase_add_test(tcase, demote_leaves_a_day_if_nothing_is_said);
    tcase_add_test(tcase, retire_and_compromise_take_the_secret_away);
    tcase_add_test(tcase, limit_replaces_what_is_given);
    tcase_add_test(tcase, a_key_may_be_limited_to_as_many_queues_as_there_may_be);
    tcase_add_test(tcase, add_appends_a_fresh_key_that_only_opens);
    tcase_add_test(tcase, two_added_keys_differ);
    tcase = add_disk_case(suite, "refused");
    tcase_add_test(tcase, states_refuse_what_does_not_fit);
    tcase_add_test(tcase, a_key_that_is_not_there_is_unknown);
    tcase_add_test(tcase, a_change_with_what_it_does_not_take_is_refused);
    tcase_add_test(tcase, a_file_that_is_no_key_file_is_left_alone);
    return suite;
}
