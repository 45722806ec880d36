/* SPDX-License-Identifier: MIT
 * Key files on a system that fails: every call that can, at every point. */
#include "keyfile/cases.h"
#include "support/disk.h"
#include "support/faults.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static const taskseal_key_type xchacha = TASKSEAL_KEY_XCHACHA20POLY1305;
static const char text[] = FIRST "key a " ACTIVE " queues=mail,pay\n";

static const char *good_file(void)
{
    const char *path = path_of("keyring");
    write_file(path, text, sizeof text - 1, 0600);
    return path;
}

/* ---- Reading ---- */

static void assert_load(file_fault fault, taskseal_err expected, const char *fragment)
{
    taskseal_keyring *ring = (taskseal_keyring *)(uintptr_t)&fault;
    taskseal_error error = {0};
    const char *path = good_file();
    faults.file = fault;
    const taskseal_err err = taskseal_keyring_load(&ring, path, &error);
    faults.file = FILES_WORK;
    assert_err(expected, err);
    ck_assert((ring != NULL) == (expected == TASKSEAL_OK));
    ck_assert_msg(strstr(error.message, fragment) != NULL, "%s", error.message);
    taskseal_keyring_free(ring);
}

START_TEST(a_file_that_cannot_be_examined_is_a_read_error)
{
    assert_load(FSTAT_FAILS, TASKSEAL_ERR_KEYFILE_READ, strerror(EIO));
}
END_TEST

START_TEST(a_read_that_fails_is_a_read_error)
{
    assert_load(READ_FAILS, TASKSEAL_ERR_KEYFILE_READ, strerror(EIO));
}
END_TEST

START_TEST(a_file_that_shrinks_meanwhile_is_a_read_error)
{
    assert_load(READ_ENDS_EARLY, TASKSEAL_ERR_KEYFILE_READ, "it changed while it was read");
}
END_TEST

START_TEST(a_file_that_grows_meanwhile_is_a_read_error)
{
    assert_load(FSTAT_SHOWS_LESS, TASKSEAL_ERR_KEYFILE_READ, "it changed while it was read");
}
END_TEST

START_TEST(reads_in_pieces_are_put_together)
{
    assert_load(READ_IS_SHORT, TASKSEAL_OK, "");
}
END_TEST

START_TEST(interrupted_reads_go_on)
{
    assert_load(READ_IS_INTERRUPTED, TASKSEAL_OK, "");
}
END_TEST

START_TEST(every_allocation_of_a_load_that_fails_is_no_memory)
{
    taskseal_keyring *ring;
    const char *path = good_file();
    unsigned failed = 0;
    for (;; failed++) {
        taskseal_error error = {0};
        faults_reset();
        faults.fail_allocation = failed + 1;
        ring = (taskseal_keyring *)(uintptr_t)&failed;
        const taskseal_err err = COUNTED(taskseal_keyring_load(&ring, path, &error));
        if (err == TASKSEAL_OK)
            break;
        assert_err(TASKSEAL_ERR_NO_MEMORY, err);
        ck_assert_ptr_null(ring);
        ck_assert_ptr_nonnull(strstr(error.message, "no memory"));
    }
    ck_assert_uint_ge(failed, 12); /* the text, four of the reader, seven of the ring */
    taskseal_keyring_free(ring);
}
END_TEST

/* ---- Creating ---- */

static const file_fault write_faults[] = {WRITE_FAILS, FCHMOD_FAILS, FSYNC_FAILS, CLOSE_FAILS, LINK_FAILS};

START_TEST(a_file_that_cannot_be_written_leaves_nothing_behind)
{
    taskseal_error error = {0};
    const char *path = path_of("keyring");
    char expected[PATH_MAX + 64];
    faults.file = write_faults[_i];
    const taskseal_err err = taskseal_keyfile_create(path, "k", xchacha, &error);
    faults.file = FILES_WORK;
    assert_err(TASKSEAL_ERR_KEYFILE_WRITE, err);
    snprintf(expected, sizeof expected, "%s: %s", path, strerror(EIO));
    ck_assert_str_eq(error.message, expected);
    ck_assert_uint_eq(entry_count(), 0);
    assert_ok(taskseal_keyfile_create(path, "k", xchacha, &error));
}
END_TEST

START_TEST(a_write_that_gives_0_is_a_write_error)
{
    faults.file = WRITE_GIVES_0;
    const taskseal_err err = taskseal_keyfile_create(path_of("keyring"), "k", xchacha, NULL);
    faults.file = FILES_WORK;
    assert_err(TASKSEAL_ERR_KEYFILE_WRITE, err);
    ck_assert_uint_eq(entry_count(), 0);
}
END_TEST

static const file_fault slow_writes[] = {WRITE_IS_SHORT, WRITE_IS_INTERRUPTED};

START_TEST(writes_in_pieces_are_put_together)
{
    taskseal_keyring *ring;
    const char *path = path_of("keyring");
    faults.file = slow_writes[_i];
    const taskseal_err err = taskseal_keyfile_create(path, "k", xchacha, NULL);
    faults.file = FILES_WORK;
    assert_ok(err);
    assert_ok(taskseal_keyring_load(&ring, path, NULL));
    ring_keep(ring);
}
END_TEST

START_TEST(the_directory_of_a_new_file_is_synced)
{
    struct stat status;
    ck_assert(stat(path_of(""), &status) == 0);
    assert_ok(taskseal_keyfile_create(path_of("keyring"), "k", xchacha, NULL));
    ck_assert_uint_eq(faults.synced_directory, status.st_ino);
}
END_TEST

START_TEST(the_working_directory_is_synced_for_a_bare_name)
{
    char before[PATH_MAX];
    struct stat status;
    ck_assert_ptr_nonnull(getcwd(before, sizeof before));
    ck_assert(chdir(path_of("")) == 0 && stat(".", &status) == 0);
    const taskseal_err err = taskseal_keyfile_create("keyring", "k", xchacha, NULL);
    ck_assert(chdir(before) == 0);
    assert_ok(err);
    ck_assert_uint_eq(faults.synced_directory, status.st_ino);
}
END_TEST

START_TEST(a_directory_that_cannot_be_synced_is_no_error)
{
    faults.file = DIRECTORY_FSYNC_FAILS;
    const taskseal_err err = taskseal_keyfile_create(path_of("keyring"), "k", xchacha, NULL);
    faults.file = FILES_WORK;
    assert_ok(err);
    ck_assert_uint_eq(entry_count(), 1);
}
END_TEST

START_TEST(a_key_without_randomness_is_not_written)
{
    taskseal_error error = {0};
    assert_ok(taskseal_keyfile_create(path_of("first"), "k", xchacha, &error)); /* readies libsodium */
    faults.random = RANDOM_FAILS;
    assert_err(TASKSEAL_ERR_NO_RANDOM, taskseal_keyfile_create(path_of("keyring"), "k", xchacha, &error));
    ck_assert_int_eq(error.code, TASKSEAL_ERR_NO_RANDOM);
    ck_assert_uint_eq(entry_count(), 1);
}
END_TEST

START_TEST(every_allocation_of_a_create_that_fails_is_no_memory)
{
    const char *path = path_of("keyring");
    unsigned failed = 0;
    for (;; failed++) {
        taskseal_error error = {0};
        faults_reset();
        faults.fail_allocation = failed + 1;
        const taskseal_err err = COUNTED(taskseal_keyfile_create(path, "k", xchacha, &error));
        if (err == TASKSEAL_OK)
            break;
        assert_err(TASKSEAL_ERR_NO_MEMORY, err);
        ck_assert_ptr_nonnull(strstr(error.message, "no memory"));
        ck_assert_uint_eq(entry_count(), 0);
    }
    ck_assert_uint_eq(failed, 2); /* the text, the temporary name */
}
END_TEST

/* As add_disk_case, with faults_reset before and after every test. */
static TCase *add_faulty_disk_case(Suite *suite, const char *name)
{
    TCase *tests = add_disk_case(suite, name);
    tcase_add_checked_fixture(tests, faults_reset, faults_reset);
    return tests;
}

Suite *make_suite(void)
{
    Suite *suite = suite_create("file faults");
    TCase *tests = add_faulty_disk_case(suite, "reading");
    tcase_add_test(tests, a_file_that_cannot_be_examined_is_a_read_error);
    tcase_add_test(tests, a_read_that_fails_is_a_read_error);
    tcase_add_test(tests, a_file_that_shrinks_meanwhile_is_a_read_error);
    tcase_add_test(tests, a_file_that_grows_meanwhile_is_a_read_error);
    tcase_add_test(tests, reads_in_pieces_are_put_together);
    tcase_add_test(tests, interrupted_reads_go_on);
    tcase_add_test(tests, every_allocation_of_a_load_that_fails_is_no_memory);
    tests = add_faulty_disk_case(suite, "creating");
    tcase_add_loop_test(tests, a_file_that_cannot_be_written_leaves_nothing_behind, 0,
                        (int)COUNT_OF(write_faults));
    tcase_add_test(tests, a_write_that_gives_0_is_a_write_error);
    tcase_add_loop_test(tests, writes_in_pieces_are_put_together, 0, (int)COUNT_OF(slow_writes));
    tcase_add_test(tests, the_directory_of_a_new_file_is_synced);
    tcase_add_test(tests, the_working_directory_is_synced_for_a_bare_name);
    tcase_add_test(tests, a_directory_that_cannot_be_synced_is_no_error);
    tcase_add_test(tests, a_key_without_randomness_is_not_written);
    tcase_add_test(tests, every_allocation_of_a_create_that_fails_is_no_memory);
    return suite;
}
