/* SPDX-License-Identifier: MIT
 * What is wiped when key files are made, changed, protected and read: each copy of a secret, in its whole length. */
#include "support/disk.h"
#include "support/faults.h"
#include "support/wiping.h"

#include "core/protect.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum { HASH = sizeof(crypto_generichash_state) };

START_TEST(a_new_key_is_wiped_as_bytes_and_as_text)
{
    uint8_t secret[TASKSEAL_KEY_BYTES];
    char digits[64];
    faults.random = RANDOM_REPEATS;
    repeated_random(secret, sizeof secret);
    sodium_bin2base64(digits, sizeof digits, secret, sizeof secret, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    wiping_begin();
    assert_ok(taskseal_keyfile_create(path_of("keyring"), "k", TASKSEAL_KEY_XCHACHA20POLY1305, NULL));
    ck_assert_uint_eq(wipes_of_secret(sizeof secret, secret, sizeof secret), 1);
    ck_assert_uint_ge(wipes_of_secret(7 + 43 + 1, digits, 43), 1);
}
END_TEST

#define PLAIN_FILE "taskseal-keyring 1\nkey k xchacha20poly1305 active tskek1_" DIGITS "\n"
#define DIGITS     "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"

static const taskseal__protect_cost cheap = {1, 8};

/* The key of a protected file and its commitment. */
static void file_keys(uint8_t keys[64], uint8_t stretched[32], const char *text, const uint8_t salt[16])
{
    crypto_generichash_state hash;
    const size_t head_len = (size_t)(strchr(strchr(text, '\n') + 1, '\n') + 1 - text);
    wiping_begin();
    ck_assert(crypto_pwhash(stretched, 32, "p", 1, salt, cheap.passes, (size_t)cheap.kibibytes * 1024,
                            crypto_pwhash_ALG_ARGON2ID13) == 0);
    (void)crypto_generichash_init(&hash, stretched, 32, 64);
    (void)crypto_generichash_update(&hash, (const uint8_t *)"taskseal1-passwd", 16);
    (void)crypto_generichash_update(&hash, (const uint8_t *)text, head_len);
    (void)crypto_generichash_final(&hash, keys, 64);
}

START_TEST(protecting_and_reading_wipe_what_the_passphrase_becomes)
{
    char *text;
    char *plain;
    size_t len;
    uint8_t salt[16];
    uint8_t stretched[32];
    uint8_t keys[64];
    ck_assert_int_ge(sodium_init(), 0); /* as the public functions do */
    faults.random = RANDOM_REPEATS;
    repeated_random(salt, sizeof salt);
    for (unsigned reads = 0; reads < 2; reads++) {
        assert_ok(
            taskseal__protect(PLAIN_FILE, strlen(PLAIN_FILE), taskseal_str("p"), &cheap, &text, &len, NULL));
        file_keys(keys, stretched, text, salt);
        /* What libsodium wipes itself meanwhile, which depends on its version. */
        const size_t hashes = wipes_of(HASH);
        const size_t stretches = wipes_of_secret(32, stretched, 32);
        const size_t others = wipes_of_secret(64, keys, 64);
        wiping_begin();
        if (reads) {
            assert_ok(taskseal__unprotect(text, len, taskseal_str("p"), &plain, &len, NULL));
            sodium_free(plain);
        } else {
            sodium_free(text);
            assert_ok(taskseal__protect(PLAIN_FILE, strlen(PLAIN_FILE), taskseal_str("p"), &cheap, &text,
                                        &len, NULL));
        }
        ck_assert_uint_eq(wipes_of(HASH), hashes + 1);
        ck_assert_uint_eq(wipes_of_secret(32, stretched, 32), stretches + 1);
        ck_assert_uint_eq(wipes_of_secret(64, keys, 64), others + 1);
        sodium_free(text);
    }
}
END_TEST

START_TEST(a_change_of_a_key_file_wipes_the_secrets_that_it_writes)
{
    const char *path = path_of("keys");
    uint8_t secret[TASKSEAL_KEY_BYTES];
    char digits[64];
    const taskseal_keyfile_change demote = {.action = TASKSEAL_KEYFILE_DEMOTE, .key_id = "k"};
    const taskseal_keyfile_change add = {.action = TASKSEAL_KEYFILE_ADD, .key_id = "l"};
    faults.random = RANDOM_REPEATS;
    repeated_random(secret, sizeof secret);
    sodium_bin2base64(digits, sizeof digits, secret, sizeof secret, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    write_file(path, PLAIN_FILE, strlen(PLAIN_FILE), 0600);
    wiping_begin();
    assert_ok(taskseal_keyfile_apply(path, &demote, NULL));
    ck_assert_uint_eq(wipes_of_secret(44, DIGITS, 43), 1);
    wiping_begin();
    assert_ok(taskseal_keyfile_apply(path, &add, NULL));
    ck_assert_uint_eq(wipes_of_secret(32, secret, 32), 1);
    ck_assert_uint_eq(wipes_of_secret(7 + 43 + 1, digits, 43), 1);
}
END_TEST

Suite *make_suite(void)
{
    Suite *suite = suite_create("wiped files");
    TCase *tests = add_disk_case(suite, "copies of secrets");
    tcase_add_checked_fixture(tests, faults_reset, faults_reset);
    tcase_add_test(tests, a_new_key_is_wiped_as_bytes_and_as_text);
    tcase_add_test(tests, protecting_and_reading_wipe_what_the_passphrase_becomes);
    tcase_add_test(tests, a_change_of_a_key_file_wipes_the_secrets_that_it_writes);
    return suite;
}
