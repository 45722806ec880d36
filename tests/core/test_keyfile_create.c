/* SPDX-License-Identifier: MIT
 * taskseal_keyfile_create: a complete file that only its owner can read, or none. */
#include "keyfile/cases.h"
#include "support/disk.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const taskseal_key_type xchacha = TASKSEAL_KEY_XCHACHA20POLY1305;

static taskseal_err create(const char *path, const char *id, taskseal_error *error)
{
    *error = (taskseal_error){.line = 99};
    return taskseal_keyfile_create(path, id, xchacha, error);
}

static void assert_refused(const char *path, const char *id, taskseal_key_type type, taskseal_err expected,
                           const char *fragment)
{
    taskseal_error error = {.line = 99};
    assert_err(expected, taskseal_keyfile_create(path, id, type, &error));
    ck_assert_int_eq(error.code, expected);
    ck_assert_uint_eq(error.line, 0);
    ck_assert_msg(strstr(error.message, fragment) != NULL, "%s", error.message);
    assert_err(expected, taskseal_keyfile_create(path, id, type, NULL));
}

/* ---- What it makes ---- */

START_TEST(the_file_loads_and_its_key_seals)
{
    const char *path = path_of("keyring");
    taskseal_keyring *ring;
    assert_ok(taskseal_keyfile_create(path, "mail-k01", xchacha, NULL));
    assert_ok(taskseal_keyring_load(&ring, path, NULL));
    const taskseal_seal_options options = sealing(ring_keep(ring));
    ck_assert_str_eq(inspect(seal(&options, "x", 1)).stanzas[0].key_id, "mail-k01");
    ck_assert_uint_eq(entry_count(), 1);
}
END_TEST

START_TEST(the_type_is_the_one_asked_for)
{
    const char *path = path_of("keyring");
    if (taskseal_key_type_available(TASKSEAL_KEY_AEGIS256)) {
        assert_ok(taskseal_keyfile_create(path, "k", TASKSEAL_KEY_AEGIS256, NULL));
        const blob text = read_file(path);
        ck_assert_ptr_nonnull(memmem(text.data, text.len, "key k aegis256 active tskek1_", 29));
    } else {
        assert_refused(path, "k", TASKSEAL_KEY_AEGIS256, TASKSEAL_ERR_SUITE_UNAVAILABLE,
                       "needs a build with");
        ck_assert_uint_eq(entry_count(), 0);
    }
}
END_TEST

START_TEST(the_text_is_the_documented_one)
{
    static const char start[] = FIRST "key k xchacha20poly1305 active tskek1_";
    const char *path = path_of("keyring");
    assert_ok(taskseal_keyfile_create(path, "k", xchacha, NULL));
    const blob text = read_file(path);
    ck_assert_uint_eq(text.len, sizeof start - 1 + 43 + 1);
    ck_assert(memcmp(text.data, start, sizeof start - 1) == 0);
    ck_assert_int_eq(text.data[text.len - 1], '\n');
}
END_TEST

START_TEST(a_path_may_be_relative)
{
    char before[PATH_MAX];
    ck_assert_ptr_nonnull(getcwd(before, sizeof before));
    ck_assert(chdir(path_of("")) == 0);
    const taskseal_err err = taskseal_keyfile_create("keyring", "k", xchacha, NULL);
    ck_assert(chdir(before) == 0);
    assert_ok(err);
    ck_assert(access(path_of("keyring"), F_OK) == 0);
    ck_assert_uint_eq(entry_count(), 1);
}
END_TEST

START_TEST(the_longest_id_fits)
{
    char id[256];
    taskseal_keyring *ring;
    const char *path = path_of("keyring");
    memset(id, 'k', 255);
    id[255] = '\0';
    assert_ok(taskseal_keyfile_create(path, id, xchacha, NULL));
    assert_ok(taskseal_keyring_load(&ring, path, NULL));
    ring_keep(ring);
}
END_TEST

START_TEST(every_key_is_fresh)
{
    const char *a = path_of("a");
    const char *b = path_of("b");
    assert_ok(taskseal_keyfile_create(a, "k", xchacha, NULL));
    assert_ok(taskseal_keyfile_create(b, "k", xchacha, NULL));
    const blob of_a = read_file(a);
    const blob of_b = read_file(b);
    ck_assert(!same(of_a.data, of_a.len, of_b.data, of_b.len));
}
END_TEST

START_TEST(the_mode_is_0600_whatever_the_umask)
{
    static const mode_t masks[] = {0, 022, 077, 0177, 0777};
    char name[24];
    for (size_t i = 0; i < COUNT_OF(masks); i++) {
        struct stat status;
        snprintf(name, sizeof name, "k%zu", i);
        const char *path = path_of(name);
        const mode_t before = umask(masks[i]);
        const taskseal_err err = taskseal_keyfile_create(path, "k", xchacha, NULL);
        umask(before);
        assert_ok(err);
        ck_assert(stat(path, &status) == 0);
        ck_assert_uint_eq(status.st_mode & 07777, 0600);
        ck_assert_uint_eq(status.st_nlink, 1);
    }
}
END_TEST

/* ---- What it refuses ---- */

START_TEST(an_existing_file_is_kept)
{
    const char *path = path_of("keyring");
    char expected[512];
    taskseal_error error;
    struct stat status;
    write_file(path, "old bytes", 9, 0644);
    assert_err(TASKSEAL_ERR_KEYFILE_EXISTS, create(path, "k", &error));
    snprintf(expected, sizeof expected, "%s exists and is kept: choose another name", path);
    ck_assert_str_eq(error.message, expected);
    const blob kept = read_file(path);
    ck_assert(same(kept.data, kept.len, "old bytes", 9));
    ck_assert(stat(path, &status) == 0);
    ck_assert_uint_eq(status.st_mode & 07777, 0644);
    ck_assert_uint_eq(entry_count(), 1);
}
END_TEST

START_TEST(an_existing_directory_is_kept)
{
    const char *path = path_of("keyring");
    ck_assert(mkdir(path, 0700) == 0);
    assert_refused(path, "k", xchacha, TASKSEAL_ERR_KEYFILE_EXISTS, "exists and is kept");
    ck_assert_uint_eq(entry_count(), 1);
}
END_TEST

START_TEST(a_dangling_link_is_kept_and_not_followed)
{
    const char *path = path_of("keyring");
    ck_assert(symlink(path_of("elsewhere"), path) == 0);
    assert_refused(path, "k", xchacha, TASKSEAL_ERR_KEYFILE_EXISTS, "exists and is kept");
    ck_assert(access(path_of("elsewhere"), F_OK) != 0);
    ck_assert_uint_eq(entry_count(), 1);
}
END_TEST

START_TEST(a_missing_directory_is_a_write_error)
{
    assert_refused(path_of("missing/keyring"), "k", xchacha, TASKSEAL_ERR_KEYFILE_WRITE, strerror(ENOENT));
    ck_assert_uint_eq(entry_count(), 0);
}
END_TEST

/* Root may do everything, so a child gives that up first. */
static int create_as_user(const char *path)
{
    int status;
    const pid_t child = fork();
    if (child == 0) {
        if (geteuid() == 0 && seteuid(12345) != 0)
            _exit(100);
        _exit((int)taskseal_keyfile_create(path, "k", xchacha, NULL));
    }
    ck_assert_int_gt(child, 0);
    ck_assert(waitpid(child, &status, 0) == child && WIFEXITED(status));
    return WEXITSTATUS(status);
}

START_TEST(an_unwritable_directory_is_a_write_error_and_stays_empty)
{
    ck_assert(chmod(path_of(""), 0555) == 0);
    ck_assert_int_eq(create_as_user(path_of("keyring")), TASKSEAL_ERR_KEYFILE_WRITE);
    ck_assert_uint_eq(entry_count(), 0);
    ck_assert(chmod(path_of(""), 0777) == 0); /* the twin */
    ck_assert_int_eq(create_as_user(path_of("keyring")), TASKSEAL_OK);
}
END_TEST

START_TEST(a_directory_that_cannot_be_listed_will_do)
{
    ck_assert(chmod(path_of(""), 0333) == 0);
    ck_assert_int_eq(create_as_user(path_of("keyring")), TASKSEAL_OK);
}
END_TEST

START_TEST(a_name_that_is_too_long_is_a_write_error)
{
    char name[256];
    memset(name, 'n', 255);
    name[255] = '\0'; /* legal by itself, but not with the suffix of the temporary file */
    assert_refused(path_of(name), "k", xchacha, TASKSEAL_ERR_KEYFILE_WRITE, strerror(ENAMETOOLONG));
    ck_assert_uint_eq(entry_count(), 0);
}
END_TEST

START_TEST(bad_ids_are_refused_before_anything_is_written)
{
    static const char *const bad[] = {"", " ", ".k", "k k", "k\n", "k=1", NULL};
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_refused(path_of("keyring"), bad[i], xchacha, TASKSEAL_ERR_BAD_ARGUMENT,
                       "a key id must be 1 to 255");
    ck_assert_uint_eq(entry_count(), 0);
}
END_TEST

START_TEST(bad_types_are_refused_before_anything_is_written)
{
    static const int bad[] = {0, 3, 0x10, 0x81};
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_refused(path_of("keyring"), "k", (taskseal_key_type)bad[i], TASKSEAL_ERR_BAD_ARGUMENT,
                       "the key type is none of");
    ck_assert_uint_eq(entry_count(), 0);
}
END_TEST

START_TEST(no_path_is_refused)
{
    assert_refused(NULL, "k", xchacha, TASKSEAL_ERR_BAD_ARGUMENT, "no path for the key file was given");
    assert_refused("", "k", xchacha, TASKSEAL_ERR_BAD_ARGUMENT, "no path for the key file was given");
}
END_TEST

/* ---- Atomic ---- */

enum { RACERS = 8 };

START_TEST(of_many_that_create_at_once_one_wins_with_a_whole_file)
{
    const char *path = path_of("keyring");
    int winners = 0;
    for (int i = 0; i < RACERS; i++)
        if (fork() == 0)
            _exit((int)taskseal_keyfile_create(path, "k", xchacha, NULL));
    for (int i = 0; i < RACERS; i++) {
        int status;
        ck_assert(wait(&status) > 0 && WIFEXITED(status));
        if (WEXITSTATUS(status) == TASKSEAL_OK)
            winners++;
        else
            ck_assert_int_eq(WEXITSTATUS(status), TASKSEAL_ERR_KEYFILE_EXISTS);
    }
    ck_assert_int_eq(winners, 1);
    ck_assert_uint_eq(entry_count(), 1);
    taskseal_keyring *ring;
    assert_ok(taskseal_keyring_load(&ring, path, NULL));
    ring_keep(ring);
}
END_TEST

Suite *make_suite(void)
{
    Suite *suite = suite_create("keyfile create");
    TCase *tests = add_disk_case(suite, "makes");
    tcase_add_test(tests, the_file_loads_and_its_key_seals);
    tcase_add_test(tests, the_type_is_the_one_asked_for);
    tcase_add_test(tests, the_text_is_the_documented_one);
    tcase_add_test(tests, a_path_may_be_relative);
    tcase_add_test(tests, the_longest_id_fits);
    tcase_add_test(tests, every_key_is_fresh);
    tcase_add_test(tests, the_mode_is_0600_whatever_the_umask);
    tests = add_disk_case(suite, "refuses");
    tcase_add_test(tests, an_existing_file_is_kept);
    tcase_add_test(tests, an_existing_directory_is_kept);
    tcase_add_test(tests, a_dangling_link_is_kept_and_not_followed);
    tcase_add_test(tests, a_missing_directory_is_a_write_error);
    tcase_add_test(tests, an_unwritable_directory_is_a_write_error_and_stays_empty);
    tcase_add_test(tests, a_directory_that_cannot_be_listed_will_do);
    tcase_add_test(tests, a_name_that_is_too_long_is_a_write_error);
    tcase_add_test(tests, bad_ids_are_refused_before_anything_is_written);
    tcase_add_test(tests, bad_types_are_refused_before_anything_is_written);
    tcase_add_test(tests, no_path_is_refused);
    tests = add_disk_case(suite, "atomic");
    tcase_add_test(tests, of_many_that_create_at_once_one_wins_with_a_whole_file);
    return suite;
}
