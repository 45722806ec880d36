/* SPDX-License-Identifier: MIT
 * taskseal_keyring_load: which files it reads at all, and what it says of the others. */
#include "keyfile/cases.h"
#include "support/disk.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static const char good_text[] = FIRST "key k " ACTIVE "\n";

static taskseal_err load(const char *path, taskseal_error *error)
{
    taskseal_keyring *ring = (taskseal_keyring *)(uintptr_t)path;
    *error = (taskseal_error){.line = 99};
    const taskseal_err err = taskseal_keyring_load(&ring, path, error);
    ck_assert((ring != NULL) == (err == TASKSEAL_OK));
    taskseal_keyring_free(ring);
    return err;
}

static void assert_refused(const char *path, taskseal_err expected, const char *fragment)
{
    taskseal_error error;
    assert_err(expected, load(path, &error));
    ck_assert_int_eq(error.code, expected);
    ck_assert_uint_eq(error.line, 0);
    ck_assert_msg(strncmp(error.message, path, strlen(path)) == 0, "%s", error.message);
    ck_assert_msg(strstr(error.message, fragment) != NULL, "%s", error.message);
}

static void assert_loaded(const char *path)
{
    taskseal_error error;
    const taskseal_err err = load(path, &error);
    ck_assert_msg(err == TASKSEAL_OK, "%s", error.message);
}

/* ---- Permissions ---- */

START_TEST(any_permission_of_others_is_refused)
{
    static const mode_t modes[] = {0640, 0644, 0604, 0660, 0610, 0620, 0601, 0602, 0440, 0404, 0777};
    const char *path = path_of("keyring");
    char shown[16];
    write_file(path, good_text, sizeof good_text - 1, 0600);
    for (size_t i = 0; i < COUNT_OF(modes); i++) {
        ck_assert(chmod(path, modes[i]) == 0);
        snprintf(shown, sizeof shown, "%04o", (unsigned)modes[i]);
        assert_refused(path, TASKSEAL_ERR_KEYFILE_PERMISSIONS, shown);
        assert_refused(path, TASKSEAL_ERR_KEYFILE_PERMISSIONS, "chmod 600");
    }
}
END_TEST

START_TEST(modes_0600_and_0400_are_taken)
{
    const char *path = path_of("keyring");
    write_file(path, good_text, sizeof good_text - 1, 0600);
    assert_loaded(path);
    ck_assert(chmod(path, 0400) == 0);
    assert_loaded(path);
}
END_TEST

START_TEST(permissions_come_before_the_content)
{
    const char *path = path_of("keyring");
    write_file(path, "no key file", 11, 0644);
    assert_refused(path, TASKSEAL_ERR_KEYFILE_PERMISSIONS, "its mode is 0644");
}
END_TEST

START_TEST(the_file_behind_a_link_counts)
{
    const char *path = path_of("keyring");
    const char *link_path = path_of("link");
    write_file(path, good_text, sizeof good_text - 1, 0600);
    ck_assert(symlink(path, link_path) == 0);
    assert_loaded(link_path);
    ck_assert(chmod(path, 0644) == 0);
    assert_refused(link_path, TASKSEAL_ERR_KEYFILE_PERMISSIONS, "its mode is 0644");
}
END_TEST

/* ---- Owners: only root can make files of others, so make_suite adds these tests for root alone ---- */

START_TEST(a_file_of_another_user_is_refused)
{
    const char *path = path_of("keyring");
    write_file(path, good_text, sizeof good_text - 1, 0600);
    ck_assert(chown(path, 12345, (gid_t)-1) == 0);
    assert_refused(path, TASKSEAL_ERR_KEYFILE_PERMISSIONS,
                   "it belongs to user 12345, not to this process's user 0");
    ck_assert(chown(path, 0, (gid_t)-1) == 0);
    assert_loaded(path);
}
END_TEST

/* What a load by user 12345 returns. */
static int load_as_user(const char *path)
{
    const pid_t child = fork();
    int status;
    if (child == 0) {
        taskseal_error error;
        taskseal_keyring *ring;
        if (seteuid(12345) != 0)
            _exit(100);
        const taskseal_err err = taskseal_keyring_load(&ring, path, &error);
        taskseal_keyring_free(ring);
        _exit((int)err);
    }
    ck_assert_int_gt(child, 0);
    ck_assert(waitpid(child, &status, 0) == child);
    ck_assert(WIFEXITED(status));
    return WEXITSTATUS(status);
}

START_TEST(the_effective_user_may_own_the_file)
{
    const char *path = path_of("keyring");
    write_file(path, good_text, sizeof good_text - 1, 0400);
    ck_assert(chmod(path_of(""), 0755) == 0);
    ck_assert(chown(path, 12345, (gid_t)-1) == 0);
    ck_assert_int_eq(load_as_user(path), TASKSEAL_OK);
    ck_assert(chown(path, 0, (gid_t)-1) == 0);
    ck_assert_int_eq(load_as_user(path),
                     TASKSEAL_ERR_KEYFILE_READ); /* root's, but the system lets only root in */
}
END_TEST

/* ---- What is there ---- */

START_TEST(a_missing_file_is_refused)
{
    assert_refused(path_of("keyring"), TASKSEAL_ERR_KEYFILE_READ, strerror(ENOENT));
}
END_TEST

START_TEST(a_directory_is_refused)
{
    const char *path = path_of("keyring");
    ck_assert(mkdir(path, 0700) == 0);
    assert_refused(path, TASKSEAL_ERR_KEYFILE_READ, "a key file must be a regular file");
}
END_TEST

START_TEST(a_fifo_is_refused_and_not_waited_for)
{
    const char *path = path_of("keyring");
    ck_assert(mkfifo(path, 0600) == 0);
    assert_refused(path, TASKSEAL_ERR_KEYFILE_READ, "a key file must be a regular file");
}
END_TEST

START_TEST(a_device_is_refused)
{
    assert_refused("/dev/null", TASKSEAL_ERR_KEYFILE_READ, "a key file must be a regular file");
}
END_TEST

START_TEST(a_socket_is_refused)
{
    const char *path = path_of("s");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    ck_assert(bind(fd, (struct sockaddr *)&address, sizeof address) == 0);
    assert_refused(path, TASKSEAL_ERR_KEYFILE_READ, strerror(ENXIO));
    close(fd);
}
END_TEST

START_TEST(a_file_has_at_most_1_mib)
{
    const char *path = path_of("keyring");
    blob text = blob_new((1 << 20) + 1);
    fill(text, '\n');
    memcpy(text.data, good_text, sizeof good_text - 1);
    write_file(path, text.data, text.len, 0600);
    assert_refused(path, TASKSEAL_ERR_KEYFILE_READ, "a key file holds at most 1 MiB");
    ck_assert(truncate(path, 1 << 20) == 0);
    assert_loaded(path);
}
END_TEST

START_TEST(an_empty_file_is_malformed)
{
    taskseal_error error;
    const char *path = path_of("keyring");
    write_file(path, "", 0, 0600);
    assert_err(TASKSEAL_ERR_KEYFILE_MALFORMED, load(path, &error));
    ck_assert_uint_eq(error.line, 1);
}
END_TEST

/* ---- What it says ---- */

START_TEST(a_malformed_file_is_named_with_its_line)
{
    static const char text[] = FIRST "# two\nkey k " ACTIVE "\nkey k2 xchacha20poly1305 active " CANARY "!\n";
    const char *path = path_of("keyring");
    taskseal_error error;
    char start[512];
    write_file(path, text, sizeof text - 1, 0600);
    assert_err(TASKSEAL_ERR_KEYFILE_MALFORMED, load(path, &error));
    ck_assert_int_eq(error.code, TASKSEAL_ERR_KEYFILE_MALFORMED);
    ck_assert_uint_eq(error.line, 4);
    snprintf(start, sizeof start, "%s: line 4: the secret must be tskek1_", path);
    ck_assert_msg(strncmp(error.message, start, strlen(start)) == 0, "%s", error.message);
    ck_assert_ptr_null(strstr(error.message, "Q0FOQV"));
}
END_TEST

START_TEST(a_long_path_leaves_room_for_the_reason)
{
    char name[251];
    taskseal_error error;
    memset(name, 'n', 250);
    name[250] = '\0';
    const char *path = path_of(name);
    write_file(path, "x\n", 2, 0600);
    assert_err(TASKSEAL_ERR_KEYFILE_MALFORMED, load(path, &error));
    ck_assert_ptr_nonnull(strstr(error.message, "nnn: line 1: the first line must be `taskseal-keyring 1`"));
}
END_TEST

START_TEST(an_error_is_optional)
{
    taskseal_keyring *ring;
    const char *path = path_of("keyring");
    assert_err(TASKSEAL_ERR_KEYFILE_READ, taskseal_keyring_load(&ring, path, NULL));
    write_file(path, "x", 1, 0600);
    assert_err(TASKSEAL_ERR_KEYFILE_MALFORMED, taskseal_keyring_load(&ring, path, NULL));
}
END_TEST

START_TEST(missing_arguments_are_refused)
{
    taskseal_keyring *ring = (taskseal_keyring *)(uintptr_t)FIRST;
    taskseal_error error = {0};
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_keyring_load(NULL, path_of("keyring"), &error));
    ck_assert_str_eq(error.message, "no place for the keyring was given");
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_keyring_load(&ring, NULL, &error));
    ck_assert_str_eq(error.message,
                     "no path of a key file was given: is the variable set that should hold it?");
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_keyring_load(&ring, "", &error));
    ck_assert_str_eq(error.message,
                     "no path of a key file was given: is the variable set that should hold it?");
    ck_assert_ptr_null(ring);
}
END_TEST

START_TEST(no_descriptor_stays_open)
{
    const char *path = path_of("keyring");
    write_file(path, good_text, sizeof good_text - 1, 0600);
    const int before = dup(0);
    close(before);
    assert_loaded(path);
    ck_assert(chmod(path, 0644) == 0);
    assert_refused(path, TASKSEAL_ERR_KEYFILE_PERMISSIONS, "0644");
    const int after = dup(0);
    close(after);
    ck_assert_int_eq(before, after);
}
END_TEST

Suite *make_suite(void)
{
    Suite *suite = suite_create("keyfile load");
    TCase *tests = add_disk_case(suite, "permissions");
    tcase_add_test(tests, any_permission_of_others_is_refused);
    tcase_add_test(tests, modes_0600_and_0400_are_taken);
    tcase_add_test(tests, permissions_come_before_the_content);
    tcase_add_test(tests, the_file_behind_a_link_counts);
    if (geteuid() == 0) {
        tcase_add_test(tests, a_file_of_another_user_is_refused);
        tcase_add_test(tests, the_effective_user_may_own_the_file);
    } else {
        printf("# not root: the tests of a file's owner need files of other users and are left out\n");
    }
    tests = add_disk_case(suite, "files");
    tcase_add_test(tests, a_missing_file_is_refused);
    tcase_add_test(tests, a_directory_is_refused);
    tcase_add_test(tests, a_fifo_is_refused_and_not_waited_for);
    tcase_add_test(tests, a_device_is_refused);
    tcase_add_test(tests, a_socket_is_refused);
    tcase_add_test(tests, a_file_has_at_most_1_mib);
    tcase_add_test(tests, an_empty_file_is_malformed);
    tests = add_disk_case(suite, "words");
    tcase_add_test(tests, a_malformed_file_is_named_with_its_line);
    tcase_add_test(tests, a_long_path_leaves_room_for_the_reason);
    tcase_add_test(tests, an_error_is_optional);
    tcase_add_test(tests, missing_arguments_are_refused);
    tcase_add_test(tests, no_descriptor_stays_open);
    return suite;
}
