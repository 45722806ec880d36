/* SPDX-License-Identifier: MIT
 * Key files with a passphrase (K 16 to K 21). */
#include "core/protect.h"
#include "support/disk.h"

#include <sodium.h>
#include <stdio.h>

#define PLAIN                                                                                                \
    "taskseal-keyring 1\nkey k xchacha20poly1305 active "                                                    \
    "tskek1_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\n"

/* The least that a file may ask: for tests only. */
static const taskseal__protect_cost cheap = {1, 8};

static blob protect(const char *passphrase)
{
    char *text;
    size_t len;
    ck_assert_int_ge(sodium_init(), 0); /* as the public functions do */
    assert_ok(taskseal__protect(PLAIN, strlen(PLAIN), taskseal_str(passphrase), &cheap, &text, &len, NULL));
    blob copy = blob_copy(text, len);
    sodium_free(text);
    return copy;
}

static taskseal_err read_text(blob text, const char *passphrase, taskseal_error *error)
{
    taskseal_keyring *ring;
    const taskseal_keyring_source from = {.text = {text.data, text.len},
                                          .passphrase = taskseal_str(passphrase)};
    taskseal_err err = taskseal_keyring_read(&ring, &from, error);
    if (err == TASKSEAL_OK)
        (void)ring_keep(ring);
    else
        ck_assert_ptr_null(ring);
    return err;
}

START_TEST(the_right_passphrase_opens_and_no_other)
{
    taskseal_error error;
    const blob text = protect("correct horse");
    assert_ok(read_text(text, "correct horse", NULL));
    assert_err(TASKSEAL_ERR_KEYFILE_PASSPHRASE, read_text(text, "correct horsf", &error));
    ck_assert_ptr_nonnull(strstr(error.message, "not the one"));
    assert_err(TASKSEAL_ERR_KEYFILE_PASSPHRASE, read_text(text, NULL, &error));
    ck_assert_ptr_nonnull(strstr(error.message, "give its passphrase"));
}
END_TEST

START_TEST(nothing_of_the_file_shows_and_no_two_are_alike)
{
    const blob a = protect("p");
    const blob b = protect("p");
    ck_assert_ptr_null(memmem(a.data, a.len, "tskek1_", 7));
    ck_assert_ptr_null(memmem(a.data, a.len, "xchacha", 7));
    ck_assert(!same(a.data, a.len, b.data, b.len));
}
END_TEST

/* Else whoever can replace a protected file could put his own keys there, in the clear. */
START_TEST(a_passphrase_for_an_unprotected_file_is_refused)
{
    taskseal_error error;
    assert_err(TASKSEAL_ERR_KEYFILE_PASSPHRASE, read_text(blob_copy(PLAIN, strlen(PLAIN)), "p", &error));
    ck_assert_ptr_nonnull(strstr(error.message, "has none"));
    assert_ok(read_text(blob_copy(PLAIN, strlen(PLAIN)), NULL, NULL));
}
END_TEST

START_TEST(a_protected_file_is_loaded_from_disk)
{
    taskseal_keyring *ring;
    taskseal_error error;
    const blob text = protect("p");
    write_file(path_of("keys"), text.data, text.len, 0600);
    taskseal_keyring_source from = {.source = path_of("keys")};
    assert_err(TASKSEAL_ERR_KEYFILE_PASSPHRASE, taskseal_keyring_read(&ring, &from, &error));
    ck_assert_ptr_nonnull(strstr(error.message, path_of("keys")));
    assert_err(TASKSEAL_ERR_KEYFILE_PASSPHRASE, taskseal_keyring_load(&ring, path_of("keys"), NULL));
    from.passphrase = taskseal_str("p");
    assert_ok(taskseal_keyring_read(&ring, &from, &error));
    taskseal_keyring_free(ring);
}
END_TEST

/* Every bit but those of the last line feed: changed, the file does not open. */
START_TEST(every_change_is_refused)
{
    const blob text = protect("p");
    for (size_t i = 0; i + 1 < text.len; i++) {
        blob bad = blob_copy(text.data, text.len);
        bad.data[i] ^= (uint8_t)(1U << (i % 7));
        const taskseal_err err = read_text(bad, "p", NULL);
        ck_assert_msg(err == TASKSEAL_ERR_KEYFILE_MALFORMED || err == TASKSEAL_ERR_KEYFILE_PASSPHRASE ||
                          err == TASKSEAL_ERR_KEYFILE_UNSUPPORTED,
                      "byte %zu: %s", i, taskseal_err_name(err));
    }
    assert_ok(
        read_text((blob){text.data, text.len - 1}, "p", NULL)); /* the last line may lack its line feed */
}
END_TEST

#define HEAD   "taskseal-keyring-protected 1\n"
#define SALT   "AAECAwQFBgcICQoLDA0ODw"
#define SEALED "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

START_TEST(one_fault_is_named_with_its_line)
{
    static const struct {
        const char *text;
        unsigned line;
        taskseal_err expected;
    } cases[] = {
        {HEAD "argon2id 1 8 " SALT "\n" SEALED "\n", 1, TASKSEAL_ERR_KEYFILE_PASSPHRASE}, /* the good twin */
        {HEAD, 2, TASKSEAL_ERR_KEYFILE_MALFORMED},
        {HEAD "argon2i 1 8 " SALT "\n" SEALED "\n", 2, TASKSEAL_ERR_KEYFILE_MALFORMED},
        {HEAD "argon2id 10 8 " SALT "\n" SEALED "\n", 1,
         TASKSEAL_ERR_KEYFILE_PASSPHRASE}, /* the most passes */
        {HEAD "argon2id 0 8 " SALT "\n" SEALED "\n", 2, TASKSEAL_ERR_KEYFILE_MALFORMED},
        {HEAD "argon2id 11 8 " SALT "\n" SEALED "\n", 2, TASKSEAL_ERR_KEYFILE_MALFORMED},
        {HEAD "argon2id 01 8 " SALT "\n" SEALED "\n", 2, TASKSEAL_ERR_KEYFILE_MALFORMED},
        {HEAD "argon2id 1 7 " SALT "\n" SEALED "\n", 2, TASKSEAL_ERR_KEYFILE_MALFORMED},
        {HEAD "argon2id 1 1048577 " SALT "\n" SEALED "\n", 2, TASKSEAL_ERR_KEYFILE_MALFORMED},
        {HEAD "argon2id 1 99999999999999999999 " SALT "\n" SEALED "\n", 2, TASKSEAL_ERR_KEYFILE_MALFORMED},
        {HEAD "argon2id 1  8 " SALT "\n" SEALED "\n", 2, TASKSEAL_ERR_KEYFILE_MALFORMED},
        {HEAD "argon2id 1 8 " SALT " \n" SEALED "\n", 2, TASKSEAL_ERR_KEYFILE_MALFORMED},
        {HEAD "argon2id 1 8 " SALT "A\n" SEALED "\n", 2, TASKSEAL_ERR_KEYFILE_MALFORMED},
        {HEAD "argon2id 1 8 AAECAwQFBgcICQoLDA0ODx\n" SEALED "\n", 2, TASKSEAL_ERR_KEYFILE_MALFORMED},
        {HEAD "argon2id 1 8 " SALT "\n", 3, TASKSEAL_ERR_KEYFILE_MALFORMED},
        {HEAD "argon2id 1 8 " SALT "\nAAAA\n", 3, TASKSEAL_ERR_KEYFILE_MALFORMED},
        {HEAD "argon2id 1 8 " SALT "\n" SEALED "\n\n", 3, TASKSEAL_ERR_KEYFILE_MALFORMED},
        {HEAD "argon2id 1 8 " SALT "\n" SEALED "=\n", 3, TASKSEAL_ERR_KEYFILE_MALFORMED},
        {HEAD "argon2id 1 8 " SALT "\n" SEALED "AB*A\n", 3, TASKSEAL_ERR_KEYFILE_MALFORMED},
    };
    taskseal_error error;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const blob text = blob_copy(cases[i].text, strlen(cases[i].text));
        const taskseal_err err = read_text(text, "p", &error);
        ck_assert_msg(err == cases[i].expected && error.line == cases[i].line, "case %zu: %s", i,
                      error.message);
    }
}
END_TEST

/* Guarded memory ends where the text does: to read on ends the program. */
START_TEST(a_file_that_was_cut_anywhere_is_not_read_beyond_its_end)
{
    static const char whole[] = HEAD "argon2id 1 8 " SALT "\n" SEALED;
    const size_t head_len = sizeof HEAD "argon2id 1 8 " SALT "\n" - 1;
    taskseal_error error;
    ck_assert_int_ge(sodium_init(), 0);
    for (size_t len = sizeof HEAD - 1; len < head_len + 64; len++) { /* so many characters: 48 bytes */
        char *text = sodium_malloc(len);
        ck_assert_ptr_nonnull(text);
        memcpy(text, whole, len);
        assert_err(TASKSEAL_ERR_KEYFILE_MALFORMED, read_text((blob){(uint8_t *)text, len}, "p", &error));
        ck_assert_uint_eq(error.line, len < head_len ? 2 : 3);
        sodium_free(text);
    }
    assert_err(TASKSEAL_ERR_KEYFILE_PASSPHRASE, read_text(blob_copy(whole, sizeof whole - 1), "p", &error));
}
END_TEST

START_TEST(a_passphrase_has_1_to_1024_bytes)
{
    taskseal_keyring *ring;
    static char longest[TASKSEAL_PASSPHRASE_MAX + 1];
    memset(longest, 'p', sizeof longest);
    const blob text = protect("p");
    taskseal_keyring_source from = {.text = {text.data, text.len}, .passphrase = {"", 0}};
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_keyring_read(&ring, &from, NULL));
    from.passphrase = (taskseal_bytes){longest, sizeof longest};
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_keyring_read(&ring, &from, NULL));
    from.passphrase = (taskseal_bytes){NULL, 3};
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_keyring_read(&ring, &from, NULL));
    from.passphrase = (taskseal_bytes){longest, TASKSEAL_PASSPHRASE_MAX};
    assert_err(TASKSEAL_ERR_KEYFILE_PASSPHRASE, taskseal_keyring_read(&ring, &from, NULL));
}
END_TEST

Suite *make_suite(void)
{
    Suite *suite = suite_create("core protect");
    TCase *tcase = add_disk_case(suite, "passphrases");
    tcase_add_test(tcase, the_right_passphrase_opens_and_no_other);
    tcase_add_test(tcase, nothing_of_the_file_shows_and_no_two_are_alike);
    tcase_add_test(tcase, a_passphrase_for_an_unprotected_file_is_refused);
    tcase_add_test(tcase, a_protected_file_is_loaded_from_disk);
    tcase_add_test(tcase, every_change_is_refused);
    tcase_add_test(tcase, one_fault_is_named_with_its_line);
    tcase_add_test(tcase, a_file_that_was_cut_anywhere_is_not_read_beyond_its_end);
    tcase_add_test(tcase, a_passphrase_has_1_to_1024_bytes);
    return suite;
}
