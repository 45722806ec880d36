/* SPDX-License-Identifier: MIT
 * Key files at the limits of their lengths, and text that ends in the middle of something. */
#include "keyfile/cases.h"
#include "support/disk.h"
#include "support/faults.h"

#include "core/keyfile.h"
#include "core/protect.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const taskseal__protect_cost cheap = {1, 8};

static taskseal_err read_text(const char *text, size_t len, taskseal_error *error)
{
    taskseal_keyring *ring;
    const blob exact = blob_copy(text, len);
    const bool is_protected =
        strncmp(text, "taskseal-keyring-protected 1\n", len < 29 ? len : 29) == 0 && len >= 29;
    const taskseal_keyring_source from = {.text = {exact.data, len},
                                          .passphrase = taskseal_str(is_protected ? "p" : NULL)};
    const taskseal_err err = taskseal_keyring_read(&ring, &from, error);
    if (err == TASKSEAL_OK)
        taskseal_keyring_free(ring);
    return err;
}

static taskseal_err read_words(const char *text)
{
    return read_text(text, strlen(text), NULL);
}

static blob protect(const char *plain)
{
    char *text;
    size_t len;
    ck_assert_int_ge(sodium_init(), 0);
    assert_ok(taskseal__protect(plain, strlen(plain), taskseal_str("p"), &cheap, &text, &len, NULL));
    const blob copy = blob_copy(text, len);
    sodium_free(text);
    return copy;
}

/* ---- Plain files ---- */

START_TEST(a_queue_that_begins_as_another_is_another)
{
    assert_ok(read_words(WITH(" queues=mail2,mail")));
    assert_ok(read_words(WITH(" queues=mail,mail2")));
    assert_err(TASKSEAL_ERR_KEYFILE_MALFORMED, read_words(WITH(" queues=mail,mail")));
}
END_TEST

START_TEST(an_attribute_of_one_character_is_not_overlooked)
{
    assert_err(TASKSEAL_ERR_KEYFILE_MALFORMED, read_words(WITH(" x")));
}
END_TEST

START_TEST(an_escape_that_the_end_cuts_is_malformed)
{
    static const char text[] = FIRST "key k " ACTIVE " queues=a%20";
    const size_t len = sizeof text - 1;
    assert_ok(read_text(text, len, NULL));
    for (size_t cut = 1; cut <= 2; cut++) {
        taskseal_keyring *ring; /* the rest stands behind what is given */
        assert_err(TASKSEAL_ERR_KEYFILE_MALFORMED, taskseal_keyring_parse(&ring, text, len - cut, NULL));
        assert_err(TASKSEAL_ERR_KEYFILE_MALFORMED, read_text(text, len - cut, NULL));
    }
}
END_TEST

START_TEST(a_format_number_has_1_to_4_digits)
{
    assert_err(TASKSEAL_ERR_KEYFILE_UNSUPPORTED, read_words("taskseal-keyring 2\n"));
    assert_err(TASKSEAL_ERR_KEYFILE_UNSUPPORTED, read_words("taskseal-keyring 9999\n"));
    assert_err(TASKSEAL_ERR_KEYFILE_MALFORMED, read_words("taskseal-keyring 10000\n"));
    assert_err(TASKSEAL_ERR_KEYFILE_MALFORMED, read_words("taskseal-keyring \n"));
    assert_err(TASKSEAL_ERR_KEYFILE_MALFORMED, read_words("taskseal-keyring 02\n"));
}
END_TEST

/* A file of `len` bytes with one key; the rest is comment. */
static blob long_file(size_t len)
{
    static const char begin[] = FIRST "key k " ACTIVE "\n#";
    const blob text = blob_new(len + 1);
    fill(text, 'c');
    memcpy(text.data, begin, sizeof begin - 1);
    text.data[len - 1] = '\n';
    text.data[len] = '\0';
    return (blob){text.data, len};
}

START_TEST(a_variable_holds_up_to_1_mib)
{
    for (size_t excess = 0; excess < 2; excess++) {
        taskseal_keyring *ring;
        const blob text = long_file(TASKSEAL__KEYFILE_MAX + excess);
        ck_assert(setenv("TASKSEAL_TEST_KEYS", (const char *)text.data, 1) == 0);
        const taskseal_err err = taskseal_keyring_load(&ring, "env:TASKSEAL_TEST_KEYS", NULL);
        assert_err(excess ? TASKSEAL_ERR_KEYFILE_READ : TASKSEAL_OK, err);
        taskseal_keyring_free(ring);
    }
    ck_assert(unsetenv("TASKSEAL_TEST_KEYS") == 0);
}
END_TEST

START_TEST(reading_asks_for_one_byte_more_than_there_is_and_then_for_what_is_left)
{
    taskseal_keyring *ring;
    const blob text = long_file(200);
    write_file(path_of("keys"), text.data, text.len, 0600);
    faults.file = READ_IS_SHORT;
    assert_ok(taskseal_keyring_load(&ring, path_of("keys"), NULL));
    taskseal_keyring_free(ring);
    ck_assert_uint_eq(faults.read_first, 201);
    ck_assert_uint_eq(faults.read_last, 1);
    ck_assert(!faults.read_asked_more);
}
END_TEST

START_TEST(a_path_may_begin_with_a_colon)
{
    taskseal_keyring *ring;
    assert_err(TASKSEAL_ERR_KEYFILE_READ, taskseal_keyring_load(&ring, ":none", NULL));
    assert_err(TASKSEAL_ERR_KEYFILE_READ, taskseal_keyring_load(&ring, "none", NULL));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_keyring_load(&ring, "x:none", NULL)); /* a kind */
}
END_TEST

/* ---- Changes ---- */

static taskseal_err add_to(blob text, taskseal_error *error)
{
    const char *path = path_of("keys");
    const taskseal_keyfile_change add = {.action = TASKSEAL_KEYFILE_ADD, .key_id = "l"};
    (void)unlink(path);
    write_file(path, text.data, text.len, 0600);
    return taskseal_keyfile_apply(path, &add, error);
}

START_TEST(an_added_key_begins_a_line_of_its_own)
{
    static const char text[] = FIRST "key k " ACTIVE "\n";
    static const char added[] = "key l xchacha20poly1305 open-only tskek1_";
    assert_ok(add_to(blob_copy(text, sizeof text - 1), NULL));
    const blob got = read_file(path_of("keys"));
    ck_assert_uint_eq(got.len, sizeof text - 1 + sizeof added - 1 + 43 + 1);
    ck_assert_mem_eq(got.data, text, sizeof text - 1);
    ck_assert_mem_eq(got.data + sizeof text - 1, added, sizeof added - 1);
    ck_assert_int_eq(got.data[got.len - 1], '\n');
}
END_TEST

/* Of a file that is protected, only what it protects may lack its last line feed. */
START_TEST(a_line_without_its_line_feed_gets_one_before_a_key_is_added)
{
    static const char plain[] = "taskseal-keyring 1\nkey a xchacha20poly1305 active "
                                "tskek1_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
    static const taskseal__protect_cost cheap = {1, 8};
    const taskseal_keyfile_change add = {
        .action = TASKSEAL_KEYFILE_ADD, .key_id = "b", .passphrase = taskseal_str("p")};
    const char *path = path_of("protected");
    const taskseal_keyring_source from = {.source = path, .passphrase = taskseal_str("p")};
    taskseal_keyring *ring;
    taskseal_key key;
    char *text;
    size_t len;
    ck_assert_int_ge(sodium_init(), 0);
    assert_ok(taskseal__protect(plain, sizeof plain - 1, taskseal_str("p"), &cheap, &text, &len, NULL));
    write_file(path, text, len, 0600);
    sodium_free(text);
    faults.passphrases_are_cheap = true;
    assert_ok(taskseal_keyfile_apply(path, &add, NULL));
    assert_ok(taskseal_keyring_read(&ring, &from, NULL));
    faults.passphrases_are_cheap = false;
    ring_keep(ring);
    ck_assert(taskseal_keyring_key(ring, 1, &key));
    ck_assert_str_eq(key.id, "b");
}
END_TEST

START_TEST(a_queue_of_a_change_has_up_to_65535_bytes)
{
    static char name[TASKSEAL_CONTEXT_MAX + 1];
    const blob text = long_file(200);
    taskseal_bytes queue = {name, TASKSEAL_CONTEXT_MAX};
    const taskseal_keyfile_change limit = {
        .action = TASKSEAL_KEYFILE_LIMIT, .key_id = "k", .queues = &queue, .queue_count = 1};
    memset(name, 'q', sizeof name);
    write_file(path_of("keys"), text.data, text.len, 0600);
    assert_ok(taskseal_keyfile_apply(path_of("keys"), &limit, NULL));
    queue.len++;
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_keyfile_apply(path_of("keys"), &limit, NULL));
    queue.len = 1;
    assert_ok(taskseal_keyfile_apply(path_of("keys"), &limit, NULL));
    queue.len = 0;
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_keyfile_apply(path_of("keys"), &limit, NULL));
}
END_TEST

START_TEST(a_change_that_exceeds_1_mib_is_refused)
{
    taskseal_error error;
    const size_t line = 41 + 43 + 1;
    for (size_t excess = 0; excess < 3; excess++) {
        blob text = long_file(TASKSEAL__KEYFILE_MAX - line + excess);
        text.data[text.len - 1] = '\n';
        const taskseal_err err = add_to(text, &error);
        assert_err(excess ? TASKSEAL_ERR_KEYFILE_CHANGE : TASKSEAL_OK, err);
        if (excess)
            ck_assert_ptr_nonnull(strstr(error.message, "1 MiB"));
    }
}
END_TEST

START_TEST(a_file_that_is_written_in_single_bytes_is_whole)
{
    faults.random = RANDOM_REPEATS;
    assert_ok(taskseal_keyfile_create(path_of("a"), "k", TASKSEAL_KEY_XCHACHA20POLY1305, NULL));
    faults.file = WRITE_IS_SHORT;
    assert_ok(taskseal_keyfile_create(path_of("b"), "k", TASKSEAL_KEY_XCHACHA20POLY1305, NULL));
    faults.file = FILES_WORK;
    const blob a = read_file(path_of("a"));
    const blob b = read_file(path_of("b"));
    ck_assert(same(a.data, a.len, b.data, b.len));
}
END_TEST

/* ---- Protected files ---- */

START_TEST(the_first_line_of_a_protected_file_is_whole)
{
    char first[] = TASKSEAL__PROTECTED_FIRST_LINE "\n";
    const size_t len = sizeof first - 1;
    ck_assert(taskseal__is_protected(first, len));
    ck_assert(!taskseal__is_protected(first, len - 1));
    ck_assert(!taskseal__is_protected(NULL, len));
    for (size_t i = 0; i < len; i++) {
        first[i] ^= 1;
        ck_assert(!taskseal__is_protected(first, len));
        first[i] ^= 1;
    }
}
END_TEST

START_TEST(only_argon2id_is_read)
{
    taskseal_error error;
    const blob text = protect(WITH(""));
    const size_t at = sizeof TASKSEAL__PROTECTED_FIRST_LINE; /* with its LF */
    assert_ok(read_text((const char *)text.data, text.len, NULL));
    for (size_t i = 0; i < sizeof "argon2id " - 1; i++) {
        text.data[at + i] ^= 1;
        assert_err(TASKSEAL_ERR_KEYFILE_MALFORMED, read_text((const char *)text.data, text.len, &error));
        ck_assert_uint_eq(error.line, 2);
        text.data[at + i] ^= 1;
    }
}
END_TEST

START_TEST(a_protected_file_that_is_cut_is_refused_wherever_it_is)
{
    const blob text = protect(WITH(""));
    for (size_t len = sizeof TASKSEAL__PROTECTED_FIRST_LINE; len < text.len - 1; len++) {
        const taskseal_err err = read_text((const char *)text.data, len, NULL);
        ck_assert(err == TASKSEAL_ERR_KEYFILE_MALFORMED);
    }
    assert_ok(read_text((const char *)text.data, text.len - 1, NULL)); /* the last LF may be missing */
}
END_TEST

START_TEST(a_protected_file_may_be_empty_inside)
{
    char *plain;
    size_t len;
    taskseal_error error;
    const blob text = protect("");
    assert_ok(taskseal__unprotect((const char *)text.data, text.len, taskseal_str("p"), &plain, &len, NULL));
    ck_assert_uint_eq(len, 0);
    sodium_free(plain);
    assert_err(TASKSEAL_ERR_KEYFILE_MALFORMED, read_text((const char *)text.data, text.len, &error));
}
END_TEST

START_TEST(a_protected_text_of_1_mib_is_read)
{
    taskseal_error error;
    const blob text = protect(WITH(""));
    for (size_t excess = 0; excess < 2; excess++) {
        const blob longer = blob_new(TASKSEAL__KEYFILE_MAX + excess);
        fill(longer, '!'); /* no base64: found after the length, before the passphrase */
        memcpy(longer.data, text.data, text.len - 1);
        assert_err(TASKSEAL_ERR_KEYFILE_MALFORMED, read_text((const char *)longer.data, longer.len, &error));
        ck_assert((strstr(error.message, "1 MiB") != NULL) == (excess != 0));
    }
}
END_TEST

Suite *make_suite(void)
{
    Suite *suite = suite_create("limits of files");
    TCase *tests = add_disk_case(suite, "limits");
    tcase_add_checked_fixture(tests, faults_reset, faults_reset);
    tcase_add_test(tests, a_queue_that_begins_as_another_is_another);
    tcase_add_test(tests, an_attribute_of_one_character_is_not_overlooked);
    tcase_add_test(tests, an_escape_that_the_end_cuts_is_malformed);
    tcase_add_test(tests, a_format_number_has_1_to_4_digits);
    tcase_add_test(tests, a_variable_holds_up_to_1_mib);
    tcase_add_test(tests, reading_asks_for_one_byte_more_than_there_is_and_then_for_what_is_left);
    tcase_add_test(tests, a_path_may_begin_with_a_colon);
    tcase_add_test(tests, an_added_key_begins_a_line_of_its_own);
    tcase_add_test(tests, a_line_without_its_line_feed_gets_one_before_a_key_is_added);
    tcase_add_test(tests, a_queue_of_a_change_has_up_to_65535_bytes);
    tcase_add_test(tests, a_change_that_exceeds_1_mib_is_refused);
    tcase_add_test(tests, a_file_that_is_written_in_single_bytes_is_whole);
    tcase_add_test(tests, the_first_line_of_a_protected_file_is_whole);
    tcase_add_test(tests, only_argon2id_is_read);
    tcase_add_test(tests, a_protected_file_that_is_cut_is_refused_wherever_it_is);
    tcase_add_test(tests, a_protected_file_may_be_empty_inside);
    tcase_add_test(tests, a_protected_text_of_1_mib_is_read);
    return suite;
}
