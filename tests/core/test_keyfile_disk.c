/* SPDX-License-Identifier: MIT
 * Changing key files: how a change reaches the disk. */
#include "support/disk.h"

#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECRET_A "tskek1_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
#define SECRET_B "tskek1_Hx4dHBsaGRgXFhUUExIREA8ODQwLCgkIBwYFBAMCAQA"
#define FIRST    "taskseal-keyring 1\n"
#define KEY_A    "key a xchacha20poly1305 active " SECRET_A "\n"
#define KEY_B    "key b xchacha20poly1305 open-only " SECRET_B "\n"

static const char *file(const char *text)
{
    const char *path = path_of("keys");
    (void)unlink(path);
    write_file(path, text, strlen(text), 0600);
    return path;
}

static taskseal_keyfile_change change(taskseal_keyfile_action action, const char *key_id)
{
    return (taskseal_keyfile_change){.action = action, .key_id = key_id};
}

/* ---- On disk ---- */

START_TEST(mode_and_owner_stay)
{
    struct stat status;
    const taskseal_keyfile_change c = change(TASKSEAL_KEYFILE_PROMOTE, "b");
    const char *path = file(FIRST KEY_A KEY_B);
    ck_assert_int_eq(chmod(path, 0400), 0);
    assert_ok(taskseal_keyfile_apply(path, &c, NULL));
    ck_assert_int_eq(stat(path, &status), 0);
    ck_assert_uint_eq(status.st_mode & 07777, 0400);
    ck_assert_uint_eq(status.st_uid, geteuid());
    ck_assert_int_eq(stat(path_of("keys.old"), &status), 0);
    ck_assert_uint_eq(status.st_mode & 07777, 0400);
}
END_TEST

START_TEST(a_link_stays_a_link)
{
    struct stat status;
    const taskseal_keyfile_change c = change(TASKSEAL_KEYFILE_PROMOTE, "b");
    (void)file(FIRST KEY_A KEY_B);
    ck_assert_int_eq(symlink("keys", path_of("link")), 0);
    assert_ok(taskseal_keyfile_apply(path_of("link"), &c, NULL));
    ck_assert_int_eq(lstat(path_of("link"), &status), 0);
    ck_assert(S_ISLNK(status.st_mode));
    ck_assert_ptr_nonnull(memmem(read_file(path_of("keys")).data, 60, "key b", 5));
    ck_assert_uint_eq(entry_count(), 3); /* keys, keys.old, link */
}
END_TEST

START_TEST(only_the_last_old_file_is_kept)
{
    taskseal_keyfile_change c = change(TASKSEAL_KEYFILE_PROMOTE, "b");
    const char *path = file(FIRST KEY_A KEY_B);
    assert_ok(taskseal_keyfile_apply(path, &c, NULL));
    const blob between = read_file(path);
    c.key_id = "a";
    assert_ok(taskseal_keyfile_apply(path, &c, NULL));
    const blob old = read_file(path_of("keys.old"));
    ck_assert(same(old.data, old.len, between.data, between.len));
    ck_assert_uint_eq(entry_count(), 2);
}
END_TEST

/* Each of the processes adds a key of its own: without the lock, one would overwrite what another added. */
START_TEST(changes_at_the_same_time_are_all_made)
{
    enum { PROCESSES = 8, EACH = 4 };
    taskseal_keyring *ring;
    taskseal_key key;
    pid_t children[PROCESSES];
    const char *path = file(FIRST KEY_A);
    for (int p = 0; p < PROCESSES; p++) {
        children[p] = fork();
        if (children[p] != 0)
            continue;
        for (int i = 0; i < EACH; i++) {
            char id[16];
            snprintf(id, sizeof id, "n-%d-%d", p, i);
            const taskseal_keyfile_change c = change(TASKSEAL_KEYFILE_ADD, id);
            if (taskseal_keyfile_apply(path, &c, NULL) != TASKSEAL_OK)
                _exit(1);
        }
        _exit(0);
    }
    for (int p = 0; p < PROCESSES; p++) {
        int status;
        ck_assert_int_eq(waitpid(children[p], &status, 0), children[p]);
        ck_assert_int_eq(status, 0);
    }
    assert_ok(taskseal_keyring_load(&ring, path, NULL));
    ck_assert(taskseal_keyring_key(ring, PROCESSES * EACH, &key));
    ck_assert(!taskseal_keyring_key(ring, PROCESSES * EACH + 1, &key));
    taskseal_keyring_free(ring);
    ck_assert_uint_eq(entry_count(), 2);
}
END_TEST

/* A signal that is there before waits until the file has its name: here it never gets delivered inside. */
START_TEST(a_signal_leaves_no_temporary_file)
{
    const taskseal_keyfile_change c = change(TASKSEAL_KEYFILE_PROMOTE, "b");
    for (int round = 0; round < 20; round++) {
        const char *path = file(FIRST KEY_A KEY_B);
        /* Check has a handler, which would end the test: the child must never have it. */
        void (*const handler)(int) = signal(SIGTERM, SIG_DFL);
        int ready[2];
        char byte;
        ck_assert_int_eq(pipe(ready), 0);
        const pid_t child = fork();
        if (child == 0) {
            while (taskseal_keyfile_apply(path, &c, NULL) == TASKSEAL_OK && write(ready[1], "", 1) == 1)
                ;
            _exit(1);
        }
        (void)signal(SIGTERM, handler);
        close(ready[1]);
        ck_assert_int_eq(read(ready[0], &byte, 1), 1); /* the first change is made */
        usleep((useconds_t)round * 331);
        ck_assert_int_eq(kill(child, SIGTERM), 0);
        ck_assert_int_eq(waitpid(child, NULL, 0), child);
        close(ready[0]);
        ck_assert_uint_le(entry_count(), 2); /* keys, keys.old */
        ck_assert_uint_eq(read_file(path).len,
                          strlen(FIRST KEY_A KEY_B) - strlen("open-only") + strlen("active"));
    }
}
END_TEST

/* ---- Passphrases ---- */

START_TEST(a_protected_file_is_changed_under_its_passphrase)
{
    taskseal_keyring *ring;
    taskseal_key key;
    taskseal_error error;
    taskseal_keyfile_change c = {.action = TASKSEAL_KEYFILE_PROTECT, .new_passphrase = taskseal_str("p")};
    const char *path = file(FIRST KEY_A KEY_B);
    c.passphrase = taskseal_str("none yet");
    assert_err(TASKSEAL_ERR_KEYFILE_PASSPHRASE, taskseal_keyfile_apply(path, &c, &error));
    c.passphrase = (taskseal_bytes){NULL, 0};
    assert_ok(taskseal_keyfile_apply(path, &c, NULL));
    ck_assert_uint_eq(entry_count(), 1); /* an unprotected copy is not kept */
    ck_assert_ptr_null(memmem(read_file(path).data, read_file(path).len, SECRET_A, 20));
    c = change(TASKSEAL_KEYFILE_PROMOTE, "b");
    assert_err(TASKSEAL_ERR_KEYFILE_PASSPHRASE, taskseal_keyfile_apply(path, &c, &error));
    ck_assert_ptr_nonnull(strstr(error.message, "keys: line 1: "));
    c.passphrase = taskseal_str("q");
    assert_err(TASKSEAL_ERR_KEYFILE_PASSPHRASE, taskseal_keyfile_apply(path, &c, &error));
    c.passphrase = taskseal_str("p");
    assert_ok(taskseal_keyfile_apply(path, &c, &error));
    const taskseal_keyring_source from = {.source = path, .passphrase = taskseal_str("p")};
    assert_ok(taskseal_keyring_read(&ring, &from, NULL));
    ck_assert(taskseal_keyring_key(ring, 0, &key));
    ck_assert_str_eq(key.id, "b");
    taskseal_keyring_free(ring);
    c = (taskseal_keyfile_change){.action = TASKSEAL_KEYFILE_PROTECT, .passphrase = taskseal_str("p")};
    assert_ok(taskseal_keyfile_apply(path, &c, NULL));
    assert_ok(taskseal_keyring_load(&ring, path, NULL));
    taskseal_keyring_free(ring);
}
END_TEST

Suite *make_suite(void)
{
    Suite *suite = suite_create("core keyfile_disk");
    TCase *tcase = add_disk_case(suite, "on disk");
    tcase_add_test(tcase, mode_and_owner_stay);
    tcase_add_test(tcase, a_link_stays_a_link);
    tcase_add_test(tcase, only_the_last_old_file_is_kept);
    tcase_add_test(tcase, changes_at_the_same_time_are_all_made);
    tcase_add_test(tcase, a_signal_leaves_no_temporary_file);
    tcase_add_test(tcase, a_protected_file_is_changed_under_its_passphrase);
    tcase_set_timeout(tcase, 120);
    return suite;
}
