/* SPDX-License-Identifier: MIT
 * Suites and key types: unknown, denied, and not available in this build or on this CPU. */
#include "support/forge.h"

#include <sodium.h>

#ifdef crypto_aead_aegis256_KEYBYTES
enum { HAVE_AEGIS256 = 1 };
#else
enum { HAVE_AEGIS256 = 0 };
#endif

START_TEST(suite_01_is_always_available)
{
    ck_assert(taskseal_suite_available(TASKSEAL_SUITE_CHACHA20POLY1305));
    ck_assert(taskseal_key_type_available(TASKSEAL_KEY_XCHACHA20POLY1305));
}
END_TEST

START_TEST(suite_02_is_available_if_the_cpu_has_aes)
{
    const bool available = taskseal_suite_available(TASKSEAL_SUITE_AES256GCM); /* readies libsodium */
    ck_assert(available == (crypto_aead_aes256gcm_is_available() == 1));
}
END_TEST

START_TEST(aegis256_is_available_if_libsodium_has_it)
{
    ck_assert(taskseal_suite_available(TASKSEAL_SUITE_AEGIS256) == HAVE_AEGIS256);
    ck_assert(taskseal_key_type_available(TASKSEAL_KEY_AEGIS256) == HAVE_AEGIS256);
}
END_TEST

START_TEST(no_other_suite_or_key_type_is_available)
{
    ck_assert(!taskseal_suite_available((taskseal_suite)0));
    ck_assert(!taskseal_suite_available((taskseal_suite)4));
    ck_assert(!taskseal_key_type_available((taskseal_key_type)0));
    ck_assert(!taskseal_key_type_available((taskseal_key_type)3));
}
END_TEST

START_TEST(sealing_says_whether_the_suite_is_there)
{
    taskseal_seal_options options = sealing(RING(key_of("k")));
    options.suite = (taskseal_suite)_i;
    const bool available = taskseal_suite_available(options.suite);
    assert_err(available ? TASKSEAL_OK : TASKSEAL_ERR_SUITE_UNAVAILABLE, try_seal(&options, 40));
}
END_TEST

START_TEST(opening_says_whether_the_suite_is_there)
{
    forging f = forging_new();
    f.suite = (taskseal_suite)_i;
    const taskseal_open_options with = opening(RING(key_of("k")));
    const bool available = taskseal_suite_available(f.suite);
    assert_err(available ? TASKSEAL_OK : TASKSEAL_ERR_SUITE_UNAVAILABLE, try_open(&with, forge(&f)));
}
END_TEST

START_TEST(a_missing_suite_is_inspected_and_rewrapped_all_the_same)
{
    forging f = forging_new();
    f.suite = (taskseal_suite)_i;
    const blob sealed = forge(&f);
    ck_assert_int_eq(inspect(sealed).suite, _i);
    const taskseal_rewrap_options options = rewrapping(RING(key_of("n"), key_of("k")));
    assert_ok(try_rewrap(&options, sealed));
}
END_TEST

START_TEST(a_keyring_with_an_aegis256_key_needs_aegis256)
{
    taskseal_key key = key_of("k");
    taskseal_keyring *ring = NULL;
    taskseal_error error = {0};
    key.type = TASKSEAL_KEY_AEGIS256;
    const taskseal_err expected = HAVE_AEGIS256 ? TASKSEAL_OK : TASKSEAL_ERR_SUITE_UNAVAILABLE;
    assert_err(expected, taskseal_keyring_new(&ring, &key, 1, &error));
    ring_keep(ring);
    ck_assert((ring != NULL) == HAVE_AEGIS256);
    if (!HAVE_AEGIS256)
        ck_assert_ptr_nonnull(strstr(error.message, "key k: type aegis256 needs"));
}
END_TEST

START_TEST(a_key_file_with_an_aegis256_key_needs_aegis256)
{
    static const char text[] = "taskseal-keyring 1\n# comment\nkey k aegis256 retired -\n";
    taskseal_keyring *ring = NULL;
    taskseal_error error = {0};
    const taskseal_err expected = HAVE_AEGIS256 ? TASKSEAL_OK : TASKSEAL_ERR_SUITE_UNAVAILABLE;
    assert_err(expected, taskseal_keyring_parse(&ring, text, sizeof text - 1, &error));
    ring_keep(ring);
    ck_assert((ring != NULL) == HAVE_AEGIS256);
    if (!HAVE_AEGIS256) {
        ck_assert_uint_eq(error.line, 3);
        ck_assert_int_eq(error.code, TASKSEAL_ERR_SUITE_UNAVAILABLE);
        ck_assert_ptr_nonnull(strstr(error.message, "line 3: a key of type aegis256 needs"));
    }
}
END_TEST

START_TEST(a_stanza_of_a_type_that_the_build_lacks_is_no_match)
{
    forging f = forging_new();
    const taskseal_open_options with = opening(RING(key_of("k")));
    f.stanzas[0] = (forged_stanza){.type = TASKSEAL_KEY_AEGIS256, .id = "k", .body_len = 96};
    assert_err(TASKSEAL_ERR_UNKNOWN_KEY, try_open(&with, forge(&f)));
}
END_TEST

START_TEST(the_suite_of_0_is_chacha20poly1305)
{
    const taskseal_seal_options options = sealing(RING(key_of("k")));
    ck_assert_int_eq(inspect(seal(&options, "x", 1)).suite, TASKSEAL_SUITE_CHACHA20POLY1305);
}
END_TEST

START_TEST(only_allowed_suites_open)
{
    taskseal_keyring *ring = RING(key_of("k"));
    const taskseal_seal_options options = sealing(ring);
    taskseal_open_options with = opening(ring);
    const blob sealed = seal(&options, "x", 1);
    with.allowed_suites = 1U << TASKSEAL_SUITE_AES256GCM | 1U << TASKSEAL_SUITE_AEGIS256;
    assert_err(TASKSEAL_ERR_SUITE_DENIED, try_open(&with, sealed));
    with.allowed_suites |= 1U << TASKSEAL_SUITE_CHACHA20POLY1305;
    assert_ok(try_open(&with, sealed));
    with.allowed_suites = 1U << TASKSEAL_SUITE_CHACHA20POLY1305;
    assert_ok(try_open(&with, sealed));
}
END_TEST

Suite *make_suite(void)
{
    Suite *suite = suite_create("suites");
    TCase *tests = add_case(suite, "availability");
    tcase_add_test(tests, suite_01_is_always_available);
    tcase_add_test(tests, suite_02_is_available_if_the_cpu_has_aes);
    tcase_add_test(tests, aegis256_is_available_if_libsodium_has_it);
    tcase_add_test(tests, no_other_suite_or_key_type_is_available);
    tests = add_case(suite, "use");
    tcase_add_loop_test(tests, sealing_says_whether_the_suite_is_there, 1, 4);
    tcase_add_loop_test(tests, opening_says_whether_the_suite_is_there, 1, 4);
    tcase_add_loop_test(tests, a_missing_suite_is_inspected_and_rewrapped_all_the_same, 1, 4);
    tcase_add_test(tests, a_keyring_with_an_aegis256_key_needs_aegis256);
    tcase_add_test(tests, a_key_file_with_an_aegis256_key_needs_aegis256);
    tcase_add_test(tests, a_stanza_of_a_type_that_the_build_lacks_is_no_match);
    tcase_add_test(tests, the_suite_of_0_is_chacha20poly1305);
    tcase_add_test(tests, only_allowed_suites_open);
    return suite;
}
