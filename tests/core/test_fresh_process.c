/* SPDX-License-Identifier: MIT
 * A process whose first call to the library finds no randomness: libsodium would abort it. The tests stand in
 * this order because without forks only the first finds libsodium unready. */
#include "keyfile/cases.h"
#include "support/disk.h"
#include "support/faults.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static const taskseal_key_type xchacha = TASKSEAL_KEY_XCHACHA20POLY1305;
static const char text[] = FIRST "key a " ACTIVE "\n";

static void assert_no_random(taskseal_err err, const taskseal_error *error)
{
    assert_err(TASKSEAL_ERR_NO_RANDOM, err);
    ck_assert_int_eq(error->code, TASKSEAL_ERR_NO_RANDOM);
    ck_assert_str_eq(error->message, taskseal_err_text(TASKSEAL_ERR_NO_RANDOM));
}

START_TEST(every_first_call_reports_that_there_is_no_randomness)
{
    taskseal_keyring *ring = (taskseal_keyring *)(uintptr_t)text;
    taskseal_error error = {0};
    const taskseal_key key = key_of("k");
    const char *path = path_of("keyring");
    faults.random = RANDOM_FAILS;
    assert_no_random(taskseal_keyring_new(&ring, &key, 1, &error), &error);
    ck_assert_ptr_null(ring);
    assert_no_random(taskseal_keyring_parse(&ring, text, sizeof text - 1, &error), &error);
    ck_assert_ptr_null(ring);
    assert_no_random(taskseal_keyring_load(&ring, path, &error), &error);
    ck_assert_ptr_null(ring);
    assert_no_random(taskseal_keyfile_create(path, "k", xchacha, &error), &error);
    ck_assert_uint_eq(entry_count(), 0);
    ck_assert(!taskseal_suite_available(TASKSEAL_SUITE_CHACHA20POLY1305));

    faults.random = RANDOM_WORKS;
    faults.sodium_init_fails = true;
    assert_no_random(taskseal_keyring_new(&ring, &key, 1, &error), &error);
    ck_assert_ptr_null(ring);

    faults.sodium_init_fails = false; /* no failure was final */
    assert_ok(taskseal_keyring_new(&ring, &key, 1, &error));
    ring_keep(ring);
    ck_assert(taskseal_suite_available(TASKSEAL_SUITE_CHACHA20POLY1305));
}
END_TEST

/* The real limit instead of a replaced function. Root is not held to it, so the child gives that up. */
static int use_ring_without_lock_limit(void)
{
    const struct rlimit none = {0, 0};
    taskseal_keyring *ring;
    const taskseal_key key = key_of("k");
    uint8_t sealed[512];
    size_t len;
    if (setrlimit(RLIMIT_MEMLOCK, &none) != 0 || (geteuid() == 0 && setuid(12345) != 0))
        return 100;
    if (taskseal_keyring_new(&ring, &key, 1, NULL) != TASKSEAL_OK)
        return 101;
    const taskseal_seal_options options = sealing(ring);
    const taskseal_err err = taskseal_seal(&options, "payload", 7, sealed, sizeof sealed, &len);
    const bool locked = taskseal_keyring_locked(ring);
    taskseal_keyring_free(ring);
    return err != TASKSEAL_OK ? 102 : locked;
}

START_TEST(a_lock_limit_of_0_leaves_the_ring_unlocked_and_working)
{
    int status;
    const pid_t child = fork();
    if (child == 0)
        _exit(use_ring_without_lock_limit());
    ck_assert(waitpid(child, &status, 0) == child && WIFEXITED(status));
    ck_assert_int_eq(WEXITSTATUS(status), false);
}
END_TEST

Suite *make_suite(void)
{
    Suite *suite = suite_create("fresh process");
    TCase *tests = add_disk_case(suite, "first calls");
    tcase_add_checked_fixture(tests, faults_reset, faults_reset);
    tcase_add_test(tests, every_first_call_reports_that_there_is_no_randomness);
    if (!SANITISED)
        tcase_add_test(tests, a_lock_limit_of_0_leaves_the_ring_unlocked_and_working);
    return suite;
}
