/* SPDX-License-Identifier: MIT
 * taskseal_keyring_parse: the rules of doc/keyfile.md. */
#include "keyfile/cases.h"
#include "support/support.h"

#include <sodium.h>
#include <stdio.h>

/* From guarded memory, which ends where the text does: to read on ends the program. */
static taskseal_err parse(const char *text, size_t len, taskseal_keyring **ring, taskseal_error *error)
{
    ck_assert_int_ge(sodium_init(), 0);
    char *exact = sodium_malloc(len);
    ck_assert_ptr_nonnull(exact);
    memcpy(exact, text, len);
    *ring = (taskseal_keyring *)(uintptr_t)text;
    *error = (taskseal_error){0};
    const taskseal_err err = taskseal_keyring_parse(ring, exact, len, error);
    sodium_free(exact);
    ck_assert((*ring != NULL) == (err == TASKSEAL_OK));
    ring_keep(*ring);
    return err;
}

static taskseal_keyring *parsed(const char *text)
{
    taskseal_keyring *ring;
    taskseal_error error;
    const taskseal_err err = parse(text, strlen(text), &ring, &error);
    ck_assert_msg(err == TASKSEAL_OK, "%s", error.message);
    return ring;
}

static void assert_malformed(const char *text, size_t len, unsigned line, const char *fragment)
{
    taskseal_keyring *ring;
    taskseal_error error;
    assert_err(TASKSEAL_ERR_KEYFILE_MALFORMED, parse(text, len, &ring, &error));
    ck_assert_int_eq(error.code, TASKSEAL_ERR_KEYFILE_MALFORMED);
    ck_assert_uint_eq(error.line, line);
    ck_assert_msg(strstr(error.message, fragment) != NULL, "%s", error.message);
}

/* ---- The table ---- */

START_TEST(one_fault_is_named_with_its_line)
{
    const keyfile_case *c = &keyfile_cases[_i];
    char at_line[16];
    snprintf(at_line, sizeof at_line, "line %u: ", c->line);
    assert_malformed(c->bad.at, c->bad.len, c->line, c->fragment);
    assert_malformed(c->bad.at, c->bad.len, c->line, at_line);
}
END_TEST

START_TEST(the_twin_without_the_fault_is_taken)
{
    const keyfile_case *c = &keyfile_cases[_i];
    taskseal_keyring *ring;
    taskseal_error error;
    const taskseal_err err = parse(c->good.at, c->good.len, &ring, &error);
    ck_assert_msg(err == TASKSEAL_OK, "%s: %s", c->rule, error.message);
}
END_TEST

/* True if `text` holds six characters of the canary in a row, encoded or not. */
static bool holds_canary(const char *text)
{
    static const char *const forms[] = {CANARY_RAW, CANARY_DIGITS};
    for (size_t form = 0; form < COUNT_OF(forms); form++)
        for (size_t i = 0; i + 6 <= strlen(forms[form]); i++) {
            char window[7] = "";
            memcpy(window, forms[form] + i, 6);
            if (strstr(text, window) != NULL)
                return true;
        }
    return false;
}

START_TEST(no_message_holds_a_byte_of_a_secret)
{
    const keyfile_case *c = &keyfile_cases[_i];
    taskseal_keyring *ring;
    taskseal_error error;
    assert_err(TASKSEAL_ERR_KEYFILE_MALFORMED, parse(c->bad.at, c->bad.len, &ring, &error));
    ck_assert_msg(!holds_canary(error.message), "%s: %s", c->rule, error.message);
}
END_TEST

START_TEST(the_search_for_the_canary_finds_it)
{
    ck_assert(holds_canary("key k: " CANARY));
    ck_assert(holds_canary("bad byte in FyeS1D"));
    ck_assert(holds_canary("ANARY-"));
    ck_assert(!holds_canary("line 2: the secret must be tskek1_ and 43 characters"));
}
END_TEST

/* ---- Rules with large texts ---- */

/* FIRST, and then `count` keys. */
static char *with_keys(unsigned count)
{
    char *text = (char *)blob_new(64 + count * 64U).data;
    char *at = text + sprintf(text, FIRST);
    for (unsigned i = 0; i < count; i++)
        at += sprintf(at, "key k%u xchacha20poly1305 retired -\n", i);
    return text;
}

START_TEST(at_most_1024_keys_are_taken)
{
    const char *text = with_keys(1025);
    assert_malformed(text, strlen(text), 1026, "line 1026: a keyring holds at most 1024 keys");
    parsed(with_keys(1024));
}
END_TEST

START_TEST(an_id_has_at_most_255_bytes)
{
    char text[512];
    char id[257] = "";
    memset(id, 'k', 256);
    snprintf(text, sizeof text, FIRST "key %s " ACTIVE, id);
    assert_malformed(text, strlen(text), 2, "the key id must be 1 to 255 of");
    snprintf(text, sizeof text, FIRST "key %s " ACTIVE, id + 1);
    parsed(text);
}
END_TEST

static char *with_queues(unsigned count)
{
    char *text = (char *)blob_new(256 + count * 8U).data;
    char *at = text + sprintf(text, FIRST "key k " ACTIVE " queues=q");
    for (unsigned i = 1; i < count; i++)
        at += sprintf(at, ",q%u", i);
    return text;
}

START_TEST(at_most_64_queues_are_listed)
{
    const char *text = with_queues(65);
    assert_malformed(text, strlen(text), 2, "a key has at most 64 queues");
    parsed(with_queues(64));
}
END_TEST

static char *with_queue_of(size_t len)
{
    const size_t start = sizeof(FIRST "key k " ACTIVE " queues=") - 1;
    blob text = blob_new(start + len + 1);
    memcpy(text.data, FIRST "key k " ACTIVE " queues=", start);
    memset(text.data + start, 'q', len);
    text.data[start + len] = '\0';
    return (char *)text.data;
}

START_TEST(a_queue_has_at_most_65535_bytes)
{
    const char *text = with_queue_of(65536);
    assert_malformed(text, strlen(text), 2, "a queue name is 1 to 65535 bytes");
    parsed(with_queue_of(65535));
}
END_TEST

START_TEST(a_text_has_at_most_1_mib)
{
    static const char key[] = "key k " ACTIVE;
    blob text = blob_new((1 << 20) + 1);
    fill(text, '\n');
    memcpy(text.data, FIRST, sizeof FIRST - 1);
    memcpy(text.data + (1 << 20) - (sizeof key - 1), key, sizeof key - 1);
    assert_malformed((const char *)text.data, text.len, 1, "line 1: a key file holds at most 1 MiB");
    taskseal_keyring *ring;
    taskseal_error error;
    assert_ok(parse((const char *)text.data, 1 << 20, &ring, &error));
}
END_TEST

START_TEST(a_text_that_ends_in_an_escape_is_not_read_beyond_its_end)
{
    static const char text[] = FIRST "key k " ACTIVE " queues=ab%20";
    const char *fault = "line 2: a queue name is 1 to 65535 bytes";
    taskseal_keyring *ring;
    taskseal_error error;
    assert_ok(parse(text, sizeof text - 1, &ring, &error));
    assert_malformed(text, sizeof text - 2, 2, fault);
    assert_malformed(text, sizeof text - 3, 2, fault);
    assert_ok(parse(text, sizeof text - 4, &ring, &error));
}
END_TEST

START_TEST(an_id_occurs_once_whatever_the_types)
{
    static const char text[] = FIRST "key k " ACTIVE "\nkey k aegis256 retired -\n";
    if (taskseal_key_type_available(TASKSEAL_KEY_AEGIS256)) {
        parsed(FIRST "key k " ACTIVE "\nkey l aegis256 retired -\n");
    }
    assert_malformed(text, sizeof text - 1, 3, "this key id stands on an earlier line too");
}
END_TEST

/* ---- Arguments ---- */

START_TEST(missing_arguments_are_refused)
{
    taskseal_keyring *ring = (taskseal_keyring *)(uintptr_t)FIRST;
    taskseal_error error = {0};
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_keyring_parse(NULL, "x", 1, &error));
    ck_assert_str_eq(error.message, "no place for the keyring was given");
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_keyring_parse(&ring, NULL, 1, &error));
    ck_assert_str_eq(error.message, "no text of a key file was given");
    ck_assert_ptr_null(ring);
    ring = (taskseal_keyring *)(uintptr_t)FIRST;
    assert_err(TASKSEAL_ERR_KEYFILE_MALFORMED, taskseal_keyring_parse(&ring, NULL, 0, NULL));
    ck_assert_ptr_null(ring);
}
END_TEST

Suite *make_suite(void)
{
    const int cases = (int)keyfile_case_count;
    Suite *suite = suite_create("keyfile text");
    TCase *tests = add_case(suite, "one fault");
    tcase_add_loop_test(tests, one_fault_is_named_with_its_line, 0, cases);
    tcase_add_loop_test(tests, the_twin_without_the_fault_is_taken, 0, cases);
    tcase_add_loop_test(tests, no_message_holds_a_byte_of_a_secret, 0, cases);
    tcase_add_test(tests, the_search_for_the_canary_finds_it);
    tests = add_case(suite, "limits");
    tcase_add_test(tests, at_most_1024_keys_are_taken);
    tcase_add_test(tests, an_id_has_at_most_255_bytes);
    tcase_add_test(tests, at_most_64_queues_are_listed);
    tcase_add_test(tests, a_queue_has_at_most_65535_bytes);
    tcase_add_test(tests, a_text_has_at_most_1_mib);
    tcase_add_test(tests, a_text_that_ends_in_an_escape_is_not_read_beyond_its_end);
    tcase_add_test(tests, an_id_occurs_once_whatever_the_types);
    tests = add_case(suite, "arguments");
    tcase_add_test(tests, missing_arguments_are_refused);
    return suite;
}
