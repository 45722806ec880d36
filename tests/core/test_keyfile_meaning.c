/* SPDX-License-Identifier: MIT
 * What a key file means: its keys do what its lines say. */
#include "keyfile/cases.h"
#include "support/support.h"

static taskseal_keyring *parsed(const char *text)
{
    taskseal_keyring *ring;
    taskseal_error error;
    const taskseal_err err = taskseal_keyring_parse(&ring, text, strlen(text), &error);
    ck_assert_msg(err == TASKSEAL_OK, "%s", error.message);
    return ring_keep(ring);
}

/* The key that seals by default for a queue at a time. */
static const char *primary(const char *text, taskseal_bytes queue, uint64_t now)
{
    static taskseal_info info;
    taskseal_seal_options options = {.keyring = parsed(text), .context = {.queue = queue}, .now = now};
    info = inspect(seal(&options, "x", 1));
    return info.stanzas[0].key_id;
}

START_TEST(the_secret_is_that_of_the_base64url)
{
    taskseal_key key = key_of("k");
    key.secret = (const uint8_t *)CANARY_RAW;
    const taskseal_seal_options options = sealing(parsed(FIRST "key k " ACTIVE));
    const taskseal_open_options with = opening(RING(key));
    const taskseal_open_options without = opening(RING(key_of("k")));
    const blob sealed = seal(&options, "x", 1);
    assert_ok(try_open(&with, sealed));
    assert_err(TASKSEAL_ERR_AUTHENTICATION_FAILED, try_open(&without, sealed));
}
END_TEST

START_TEST(the_types_are_those_of_the_stanzas)
{
    taskseal_seal_options options = sealing(parsed(FIRST "key k " ACTIVE));
    ck_assert_int_eq(inspect(seal(&options, "x", 1)).stanzas[0].type, 1);
    if (taskseal_key_type_available(TASKSEAL_KEY_AEGIS256)) {
        options.keyring = parsed(FIRST "key k aegis256 active " CANARY);
        ck_assert_int_eq(inspect(seal(&options, "x", 1)).stanzas[0].type, 2);
    }
}
END_TEST

START_TEST(the_first_active_key_seals)
{
    ck_assert_str_eq(primary(FIRST "key z " ACTIVE "\nkey a " ACTIVE "\n", taskseal_str("mail"), NOW), "z");
    ck_assert_str_eq(primary(FIRST "key a " ACTIVE "\nkey z " ACTIVE "\n", taskseal_str("mail"), NOW), "a");
}
END_TEST

START_TEST(open_only_retired_and_compromised_keys_do_not_seal)
{
    ck_assert_str_eq(primary(FIRST "key o xchacha20poly1305 open-only " CANARY "\n"
                                   "key r xchacha20poly1305 retired -\n"
                                   "key c xchacha20poly1305 compromised -\n"
                                   "key a " ACTIVE "\n",
                             taskseal_str("mail"), NOW),
                     "a");
}
END_TEST

START_TEST(comments_and_empty_lines_change_nothing)
{
    ck_assert_str_eq(
        primary(FIRST "\n#\n# key z " ACTIVE "\n\nkey a " ACTIVE "\n\n#end", taskseal_str("mail"), NOW), "a");
}
END_TEST

START_TEST(the_last_line_may_lack_its_newline)
{
    ck_assert_str_eq(primary(FIRST "key a " ACTIVE, taskseal_str("mail"), NOW), "a");
}
END_TEST

START_TEST(a_list_confines_a_key_to_its_queues)
{
    static const char text[] = FIRST "key a " ACTIVE " queues=mail,pay\nkey b " ACTIVE "\n";
    ck_assert_str_eq(primary(text, taskseal_str("mail"), NOW), "a");
    ck_assert_str_eq(primary(text, taskseal_str("pay"), NOW), "a");
    ck_assert_str_eq(primary(text, taskseal_str("pa"), NOW), "b");
    ck_assert_str_eq(primary(text, taskseal_str("mail,pay"), NOW), "b");
    ck_assert_str_eq(primary(text, (taskseal_bytes){NULL, 0}, NOW), "b");
}
END_TEST

START_TEST(every_key_keeps_its_own_list)
{
    static const char text[] = FIRST "key a " ACTIVE " queues=q1,q2\nkey b " ACTIVE " queues=q3\n"
                                     "key c " ACTIVE " queues=q4,q5,q6\nkey d " ACTIVE "\n";
    static const char *const queues[] = {"q1", "q2", "q3", "q4", "q5", "q6", "q7"};
    static const char *const keys[] = {"a", "a", "b", "c", "c", "c", "d"};
    for (size_t i = 0; i < COUNT_OF(queues); i++)
        ck_assert_str_eq(primary(text, taskseal_str(queues[i]), NOW), keys[i]);
}
END_TEST

START_TEST(escapes_name_the_bytes_they_stand_for)
{
    static const char text[] = FIRST "key a " ACTIVE " queues=a%00%FF%2C%25,%20\nkey b " ACTIVE "\n";
    ck_assert_str_eq(primary(text, (taskseal_bytes){"a\0\xff,%", 5}, NOW), "a");
    ck_assert_str_eq(primary(text, taskseal_str(" "), NOW), "a");
    ck_assert_str_eq(primary(text, taskseal_str("a"), NOW), "b");
    ck_assert_str_eq(primary(text, taskseal_str("a%00%FF%2C%25"), NOW), "b");
}
END_TEST

START_TEST(every_byte_has_exactly_one_spelling)
{
    static const char plain[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._:/@+-";
    for (int byte = 0; byte < 256; byte++) {
        const bool is_plain = byte != 0 && strchr(plain, byte) != NULL;
        taskseal_keyring *ring;
        char as_itself[] = WITH(" queues=?");
        char escaped[] = WITH(" queues=%??");
        *strchr(as_itself, '?') = (char)byte;
        *strchr(escaped, '?') = "0123456789ABCDEF"[byte >> 4];
        *strchr(escaped, '?') = "0123456789ABCDEF"[byte & 15];
        assert_err(is_plain ? TASKSEAL_OK : TASKSEAL_ERR_KEYFILE_MALFORMED,
                   taskseal_keyring_parse(&ring, as_itself, sizeof as_itself - 1, NULL));
        taskseal_keyring_free(ring);
        assert_err(is_plain ? TASKSEAL_ERR_KEYFILE_MALFORMED : TASKSEAL_OK,
                   taskseal_keyring_parse(&ring, escaped, sizeof escaped - 1, NULL));
        taskseal_keyring_free(ring);
    }
}
END_TEST

START_TEST(both_ends_of_a_window_are_inclusive)
{
    static const char text[] = FIRST "key a " ACTIVE " not-before=2023-11-14T22:13:20Z "
                                     "not-after=2023-11-14T22:13:21Z\nkey b " ACTIVE "\n";
    ck_assert_str_eq(primary(text, taskseal_str("mail"), NOW - 1), "b");
    ck_assert_str_eq(primary(text, taskseal_str("mail"), NOW), "a");
    ck_assert_str_eq(primary(text, taskseal_str("mail"), NOW + 1), "a");
    ck_assert_str_eq(primary(text, taskseal_str("mail"), NOW + 2), "b");
}
END_TEST

typedef struct {
    const char *attribute;
    uint64_t time;
} moment;

START_TEST(times_are_read_as_the_calendar_has_them)
{
    static const moment moments[] = {
        {" not-after=1970-01-01T00:00:01Z\n", 1},
        {" not-after=1972-02-29T00:00:00Z\n", 68169600},
        {" not-after=1999-12-31T23:59:59Z\n", 946684799},
        {" not-after=2000-02-29T12:00:00Z\n", 951825600},
        {" not-after=2038-01-19T03:14:08Z\n", 2147483648},
        {" not-after=2100-03-01T00:00:00Z\n", 4107542400},
        {" not-after=9999-12-31T23:59:58Z\n", TASKSEAL_TIME_MAX - 1},
    };
    for (size_t i = 0; i < COUNT_OF(moments); i++) {
        char text[512] = FIRST "key a " ACTIVE;
        strcat(text, moments[i].attribute);
        strcat(text, "key b " ACTIVE "\n");
        ck_assert_str_eq(primary(text, taskseal_str("mail"), moments[i].time), "a");
        ck_assert_str_eq(primary(text, taskseal_str("mail"), moments[i].time + 1), "b");
    }
}
END_TEST

START_TEST(the_example_of_the_documentation_is_taken)
{
    static const char text[] =
        "taskseal-keyring 1\n"
        "# made by taskseal keygen; the first active key that is good for the queue seals\n"
        "key mail-k02 xchacha20poly1305 active tskek1_iJmqu8zd7v8AESIzRFVmd4iZqrvM3e7_ABEiM0RVZnc "
        "queues=mail,invoices\n"
        "key mail-k01 xchacha20poly1305 open-only tskek1_obLD1OX2ByhRcmOUpbbH2OnyA0FSY3SFlqe4ydrr_A0 "
        "not-after=2026-10-31T23:59:59Z\n"
        "key mail-k00 xchacha20poly1305 retired -\n";
    ck_assert_str_eq(primary(text, taskseal_str("invoices"), NOW), "mail-k02");
}
END_TEST

Suite *make_suite(void)
{
    Suite *suite = suite_create("keyfile meaning");
    TCase *tests = add_case(suite, "keys");
    tcase_add_test(tests, the_secret_is_that_of_the_base64url);
    tcase_add_test(tests, the_types_are_those_of_the_stanzas);
    tcase_add_test(tests, the_first_active_key_seals);
    tcase_add_test(tests, open_only_retired_and_compromised_keys_do_not_seal);
    tcase_add_test(tests, comments_and_empty_lines_change_nothing);
    tcase_add_test(tests, the_last_line_may_lack_its_newline);
    tcase_add_test(tests, the_example_of_the_documentation_is_taken);
    tests = add_case(suite, "queues");
    tcase_add_test(tests, a_list_confines_a_key_to_its_queues);
    tcase_add_test(tests, every_key_keeps_its_own_list);
    tcase_add_test(tests, escapes_name_the_bytes_they_stand_for);
    tcase_add_test(tests, every_byte_has_exactly_one_spelling);
    tests = add_case(suite, "windows");
    tcase_add_test(tests, both_ends_of_a_window_are_inclusive);
    tcase_add_test(tests, times_are_read_as_the_calendar_has_them);
    return suite;
}
