/* SPDX-License-Identifier: MIT
 * Where key files come from: descriptors, variables, credentials and memory. Paths: test_keyfile_load. */
#include "support/disk.h"

#include "core/source.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEXT                                                                                                 \
    "taskseal-keyring 1\nkey k xchacha20poly1305 active "                                                    \
    "tskek1_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\n"

static taskseal_err load(const char *source, taskseal_error *error)
{
    taskseal_keyring *ring = (taskseal_keyring *)(uintptr_t)1;
    taskseal_err err = taskseal_keyring_load(&ring, source, error);
    if (err == TASKSEAL_OK)
        (void)ring_keep(ring);
    else
        ck_assert_ptr_null(ring);
    return err;
}

static void refuses(taskseal_err expected, const char *source, const char *words)
{
    taskseal_error error = {.code = TASKSEAL_OK};
    assert_err(expected, load(source, &error));
    ck_assert_int_eq(error.code, expected);
    ck_assert_msg(strstr(error.message, words) != NULL, "%s", error.message);
}

/* "fd:" and the number, which lives as long as the test needs it. */
static const char *fd_source(int fd)
{
    static char source[16];
    snprintf(source, sizeof source, "fd:%d", fd);
    return source;
}

/* The end of a pipe from which `text` can be read. */
static int pipe_with(const char *text)
{
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(write(ends[1], text, strlen(text)), (int)strlen(text));
    close(ends[1]);
    return ends[0];
}

/* ---- Descriptors ---- */

START_TEST(a_pipe_is_read_to_its_end_and_left_open)
{
    int fd = pipe_with(TEXT);
    assert_ok(load(fd_source(fd), NULL));
    ck_assert_int_ne(fcntl(fd, F_GETFD), -1);
    close(fd);
}
END_TEST

START_TEST(a_socket_is_read_in_what_pieces_it_comes)
{
    int ends[2];
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
    for (size_t i = 0; i < strlen(TEXT); i += 10)
        ck_assert_int_gt(write(ends[1], &TEXT[i], strlen(TEXT) - i < 10 ? strlen(TEXT) - i : 10), 0);
    close(ends[1]);
    assert_ok(load(fd_source(ends[0]), NULL));
    close(ends[0]);
}
END_TEST

START_TEST(a_file_without_a_name_is_read_whatever_its_mode)
{
    int fd = memfd_create("keys", 0);
    ck_assert_int_eq(write(fd, TEXT, strlen(TEXT)), (int)strlen(TEXT));
    ck_assert_int_eq((int)lseek(fd, 0, SEEK_SET), 0);
    assert_ok(load(fd_source(fd), NULL));
    close(fd);
}
END_TEST

START_TEST(a_named_file_behind_a_descriptor_must_be_private)
{
    write_file(path_of("open"), TEXT, strlen(TEXT), 0644);
    write_file(path_of("private"), TEXT, strlen(TEXT), 0600);
    int fd = open(path_of("open"), O_RDONLY);
    refuses(TASKSEAL_ERR_KEYFILE_PERMISSIONS, fd_source(fd), "0644");
    close(fd);
    fd = open(path_of("private"), O_RDONLY);
    assert_ok(load(fd_source(fd), NULL));
    close(fd);
}
END_TEST

START_TEST(what_is_no_open_descriptor_is_refused)
{
    static const char *const malformed[] = {"fd:", "fd:x", "fd:-1", "fd:03", "fd:3 ", "fd:1000000", "fd:+3"};
    for (size_t i = 0; i < COUNT_OF(malformed); i++)
        refuses(TASKSEAL_ERR_BAD_ARGUMENT, malformed[i], "number of an open descriptor");
    refuses(TASKSEAL_ERR_KEYFILE_READ, "fd:999999", "fd:999999: Bad file descriptor");
    refuses(TASKSEAL_ERR_KEYFILE_READ, "fd:99999", "fd:99999: Bad file descriptor");
    int fd = open(path_of("."), O_RDONLY | O_DIRECTORY);
    refuses(TASKSEAL_ERR_KEYFILE_READ, fd_source(fd), "directory");
    close(fd);
}
END_TEST

START_TEST(a_stream_beyond_1_mib_is_refused)
{
    int fd = memfd_create("keys", 0);
    ck_assert_int_eq(ftruncate(fd, 1024 * 1024 + 1), 0);
    refuses(TASKSEAL_ERR_KEYFILE_READ, fd_source(fd), "at most 1 MiB");
    close(fd);
}
END_TEST

START_TEST(a_fault_names_the_source_and_the_line)
{
    int fd = pipe_with("taskseal-keyring 1\nkey\n");
    taskseal_error error;
    assert_err(TASKSEAL_ERR_KEYFILE_MALFORMED, load(fd_source(fd), &error));
    ck_assert_uint_eq(error.line, 2);
    ck_assert_msg(strncmp(error.message, fd_source(fd), strlen(fd_source(fd))) == 0, "%s", error.message);
    ck_assert_ptr_nonnull(strstr(error.message, ": line 2: "));
    close(fd);
}
END_TEST

START_TEST(a_file_that_ends_inside_a_line_was_cut)
{
    taskseal_error error;
    const size_t len = strlen(TEXT) - 1;
    write_file(path_of("cut"), TEXT, len, 0600);
    assert_err(TASKSEAL_ERR_KEYFILE_MALFORMED, load(path_of("cut"), &error));
    ck_assert_uint_eq(error.line, 2);
    ck_assert_ptr_nonnull(strstr(error.message, "cut off"));
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(write(ends[1], TEXT, len), (int)len);
    close(ends[1]);
    assert_err(TASKSEAL_ERR_KEYFILE_MALFORMED, load(fd_source(ends[0]), NULL));
    close(ends[0]);
    char text[sizeof TEXT] = TEXT;
    text[len] = '\0';
    setenv("TASKSEAL_TEST_KEYS", text, 1); /* as a shell's $(...) leaves it */
    assert_ok(load("env:TASKSEAL_TEST_KEYS", NULL));
    unsetenv("TASKSEAL_TEST_KEYS");
}
END_TEST

/* That it is no key file is for the reader to say. */
START_TEST(an_empty_file_was_not_cut)
{
    static const char text[] = "\nx\n";
    taskseal_error error = {0};
    assert_ok(taskseal__source_check_end(text + 2, 0, &error));
    assert_ok(taskseal__source_check_end(text, 3, &error));
    assert_err(TASKSEAL_ERR_KEYFILE_MALFORMED, taskseal__source_check_end(text, 2, &error));
    ck_assert_uint_eq(error.line, 2);
    assert_err(TASKSEAL_ERR_KEYFILE_MALFORMED, taskseal__source_check_end(text + 1, 1, &error));
    ck_assert_uint_eq(error.line, 1);
}
END_TEST

/* ---- The environment ---- */

START_TEST(a_variable_holds_the_text)
{
    setenv("TASKSEAL_TEST_KEYS", TEXT, 1);
    assert_ok(load("env:TASKSEAL_TEST_KEYS", NULL));
    setenv("TASKSEAL_TEST_KEYS", "", 1);
    refuses(TASKSEAL_ERR_KEYFILE_MALFORMED, "env:TASKSEAL_TEST_KEYS", "line 1");
    unsetenv("TASKSEAL_TEST_KEYS");
    refuses(TASKSEAL_ERR_KEYFILE_READ, "env:TASKSEAL_TEST_KEYS", "not set");
    refuses(TASKSEAL_ERR_BAD_ARGUMENT, "env:", "name of an environment variable");
}
END_TEST

/* ---- Credentials ---- */

START_TEST(a_credential_is_a_file_in_the_directory_that_systemd_names)
{
    setenv("CREDENTIALS_DIRECTORY", path_of("."), 1);
    write_file(path_of("keyring"), TEXT, strlen(TEXT), 0400);
    assert_ok(load("credential:keyring", NULL));
    refuses(TASKSEAL_ERR_KEYFILE_READ, "credential:other", "credential:other: No such file");
}
END_TEST

/* An access list for the service's user shows as the group's permission; any other reader is refused. */
START_TEST(only_roots_group_may_seem_to_read_a_credential)
{
    if (geteuid() != 0)
        return;
    setenv("CREDENTIALS_DIRECTORY", path_of("."), 1);
    write_file(path_of("keyring"), TEXT, strlen(TEXT), 0440);
    ck_assert_int_eq(chown(path_of("keyring"), 0, 0), 0);
    assert_ok(load("credential:keyring", NULL));
    refuses(TASKSEAL_ERR_KEYFILE_PERMISSIONS, path_of("keyring"), "0440"); /* as a path it is refused */
    ck_assert_int_eq(chown(path_of("keyring"), 0, 1), 0);
    refuses(TASKSEAL_ERR_KEYFILE_PERMISSIONS, "credential:keyring", "0440");
    ck_assert_int_eq(chown(path_of("keyring"), 0, 0), 0);
    ck_assert_int_eq(chmod(path_of("keyring"), 0444), 0);
    refuses(TASKSEAL_ERR_KEYFILE_PERMISSIONS, "credential:keyring", "0444");
    ck_assert_int_eq(chmod(path_of("keyring"), 0460), 0);
    refuses(TASKSEAL_ERR_KEYFILE_PERMISSIONS, "credential:keyring", "0460");
}
END_TEST

START_TEST(a_credential_can_not_lead_out_of_its_directory)
{
    static const char *const malformed[] = {"credential:",     "credential:.",   "credential:..",
                                            "credential:../x", "credential:a/b", "credential:/etc/passwd"};
    setenv("CREDENTIALS_DIRECTORY", path_of("."), 1);
    for (size_t i = 0; i < COUNT_OF(malformed); i++)
        refuses(TASKSEAL_ERR_BAD_ARGUMENT, malformed[i], "without a slash");
}
END_TEST

START_TEST(without_a_credentials_directory_the_remedy_is_told)
{
    setenv("CREDENTIALS_DIRECTORY", "relative", 1);
    refuses(TASKSEAL_ERR_KEYFILE_READ, "credential:keyring", "LoadCredential=keyring:");
    unsetenv("CREDENTIALS_DIRECTORY");
    refuses(TASKSEAL_ERR_KEYFILE_READ, "credential:keyring", "LoadCredential=keyring:");
}
END_TEST

/* ---- Kinds and arguments ---- */

START_TEST(an_unknown_kind_is_not_taken_for_a_file)
{
    ck_assert_int_eq(chdir(path_of(".")), 0);
    write_file("vault:keys", TEXT, strlen(TEXT), 0600);
    refuses(TASKSEAL_ERR_BAD_ARGUMENT, "vault:keys", "write ./vault:keys");
    assert_ok(load("./vault:keys", NULL));
    ck_assert_int_eq(chdir("/"), 0);
}
END_TEST

START_TEST(a_source_or_a_text_is_needed_and_not_both)
{
    taskseal_keyring *ring;
    const taskseal_keyring_source both = {.source = "/x", .text = taskseal_str(TEXT)};
    const taskseal_keyring_source none = {.source = NULL};
    const taskseal_keyring_source odd = {.text = {NULL, 3}};
    const taskseal_keyring_source text = {.text = taskseal_str(TEXT)};
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_keyring_read(&ring, &both, NULL));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_keyring_read(&ring, &none, NULL));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_keyring_read(&ring, &odd, NULL));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_keyring_read(&ring, NULL, NULL));
    ck_assert_ptr_null(ring);
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_keyring_read(NULL, &text, NULL));
    assert_ok(taskseal_keyring_read(&ring, &text, NULL));
    taskseal_keyring_free(ring);
}
END_TEST

START_TEST(newer_formats_are_refused_by_name)
{
    static const struct {
        const char *text;
        const char *words;
    } cases[] = {{"taskseal-keyring 2\nanything", "`taskseal-keyring 2`"},
                 {"taskseal-keyring 1000\n", "`taskseal-keyring 1000`"},
                 {"taskseal-keyring-protected 2\n", "`taskseal-keyring-protected 2`"}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        taskseal_keyring *ring;
        taskseal_error error;
        assert_err(TASKSEAL_ERR_KEYFILE_UNSUPPORTED,
                   taskseal_keyring_parse(&ring, cases[i].text, strlen(cases[i].text), &error));
        ck_assert_ptr_null(ring);
        ck_assert_uint_eq(error.line, 1);
        ck_assert_ptr_nonnull(strstr(error.message, cases[i].words));
        ck_assert_ptr_nonnull(strstr(error.message, "upgrade"));
    }
}
END_TEST

Suite *make_suite(void)
{
    Suite *suite = suite_create("core sources");
    TCase *tcase = add_disk_case(suite, "descriptors");
    tcase_add_test(tcase, a_pipe_is_read_to_its_end_and_left_open);
    tcase_add_test(tcase, a_socket_is_read_in_what_pieces_it_comes);
    tcase_add_test(tcase, a_file_without_a_name_is_read_whatever_its_mode);
    tcase_add_test(tcase, a_named_file_behind_a_descriptor_must_be_private);
    tcase_add_test(tcase, what_is_no_open_descriptor_is_refused);
    tcase_add_test(tcase, a_stream_beyond_1_mib_is_refused);
    tcase_add_test(tcase, a_fault_names_the_source_and_the_line);
    tcase_add_test(tcase, a_file_that_ends_inside_a_line_was_cut);
    tcase_add_test(tcase, an_empty_file_was_not_cut);
    tcase = add_disk_case(suite, "variables and credentials");
    tcase_add_test(tcase, a_variable_holds_the_text);
    tcase_add_test(tcase, a_credential_is_a_file_in_the_directory_that_systemd_names);
    tcase_add_test(tcase, only_roots_group_may_seem_to_read_a_credential);
    tcase_add_test(tcase, a_credential_can_not_lead_out_of_its_directory);
    tcase_add_test(tcase, without_a_credentials_directory_the_remedy_is_told);
    tcase = add_disk_case(suite, "kinds");
    tcase_add_test(tcase, an_unknown_kind_is_not_taken_for_a_file);
    tcase_add_test(tcase, a_source_or_a_text_is_needed_and_not_both);
    tcase_add_test(tcase, newer_formats_are_refused_by_name);
    return suite;
}
