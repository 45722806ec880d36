/* SPDX-License-Identifier: MIT
 * Key files: made, read from every source, changed and protected. */
#include "operations.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TEXT                                                                                                 \
    "taskseal-keyring 1\nkey k xchacha20poly1305 active "                                                    \
    "tskek1_QYaaQYaaQYaaQYaaQYaaQYaaQYaaQYaaQYaaQYaaQYY\n"

static char folder[] = "/tmp/taskseal-constant-time-XXXXXX";
static char path[sizeof folder + 16];
static char passphrase[] = "correct horse battery staple";
static char wrong[] = "correct horse battery stable";

static void load(const char *source, taskseal_err expected)
{
    taskseal_keyring *ring;
    taskseal_error error;
    EXPECT(expected, taskseal_keyring_load(&ring, source, &error));
    taskseal_keyring_free(ring);
}

static void load_with(const char *words, taskseal_err expected)
{
    taskseal_keyring *ring;
    taskseal_error error;
    const taskseal_keyring_source from = {.source = path, .passphrase = {words, sizeof passphrase - 1}};
    EXPECT(expected, taskseal_keyring_read(&ring, &from, &error));
    taskseal_keyring_free(ring);
}

static void change(taskseal_keyfile_change change)
{
    taskseal_error error;
    EXPECT(TASKSEAL_OK, taskseal_keyfile_apply(path, &change, &error));
}

static void read_from_elsewhere(void)
{
    char source[16];
    int ends[2];
    EXPECT_TRUE(pipe(ends) == 0 && write(ends[1], TEXT, sizeof TEXT - 1) > 0 && close(ends[1]) == 0);
    snprintf(source, sizeof source, "fd:%d", ends[0]);
    load(source, TASKSEAL_OK);
    EXPECT_TRUE(close(ends[0]) == 0);
    EXPECT_TRUE(setenv("KEYRING", TEXT, 1) == 0);
    keep_key_text_secret(getenv("KEYRING"), sizeof TEXT - 1);
    load("env:KEYRING", TASKSEAL_OK);
    EXPECT_TRUE(unsetenv("KEYRING") == 0 && setenv("CREDENTIALS_DIRECTORY", folder, 1) == 0);
    load("credential:keyring", TASKSEAL_OK);
}

static void change_keys(taskseal_bytes words)
{
    static const taskseal_bytes queues[] = {{"mail", 4}};
    change((taskseal_keyfile_change){.action = TASKSEAL_KEYFILE_ADD, .key_id = "l", .passphrase = words});
    change((taskseal_keyfile_change){
        .action = TASKSEAL_KEYFILE_ADD, .key_id = "d", .type = TASKSEAL_KEY_DEDUPE, .passphrase = words});
    change((taskseal_keyfile_change){.action = TASKSEAL_KEYFILE_PROMOTE, .key_id = "l", .passphrase = words});
    change((taskseal_keyfile_change){.action = TASKSEAL_KEYFILE_LIMIT,
                                     .key_id = "l",
                                     .queues = queues,
                                     .queue_count = 1,
                                     .passphrase = words});
    change((taskseal_keyfile_change){
        .action = TASKSEAL_KEYFILE_DEMOTE, .key_id = "l", .not_after = 1, .passphrase = words}); /* without grace */
    change((taskseal_keyfile_change){.action = TASKSEAL_KEYFILE_RETIRE, .key_id = "l", .passphrase = words});
    change(
        (taskseal_keyfile_change){.action = TASKSEAL_KEYFILE_COMPROMISE, .key_id = "d", .passphrase = words});
}

/* A byte of the third line, of which all but the last one lies behind the commitment. */
static void damage(void)
{
    int fd = open(path, O_RDWR);
    char byte = 0;
    const off_t at = fd >= 0 ? lseek(fd, -9, SEEK_END) : -1;
    EXPECT_TRUE(at > 0 && pread(fd, &byte, 1, at) == 1);
    byte = byte == 'A' ? 'B' : 'A';
    EXPECT_TRUE(pwrite(fd, &byte, 1, at) == 1 && close(fd) == 0);
}

static void protect_file(void)
{
    const taskseal_bytes words = {passphrase, sizeof passphrase - 1};
    keep_secret(passphrase, sizeof passphrase - 1);
    keep_secret(wrong, sizeof wrong - 1);
    change((taskseal_keyfile_change){.action = TASKSEAL_KEYFILE_PROTECT, .new_passphrase = words});
    load(path, TASKSEAL_ERR_KEYFILE_PASSPHRASE);
    load_with(wrong, TASKSEAL_ERR_KEYFILE_PASSPHRASE);
    load_with(passphrase, TASKSEAL_OK);
    change((taskseal_keyfile_change){.action = TASKSEAL_KEYFILE_ADD, .key_id = "m", .passphrase = words});
    change((taskseal_keyfile_change){.action = TASKSEAL_KEYFILE_PROMOTE, .key_id = "m", .passphrase = words});
    load_with(passphrase, TASKSEAL_OK);
    change((taskseal_keyfile_change){.action = TASKSEAL_KEYFILE_PROTECT, .passphrase = words});
    load(path, TASKSEAL_OK);
    change((taskseal_keyfile_change){.action = TASKSEAL_KEYFILE_PROTECT, .new_passphrase = words});
    damage();
    load_with(passphrase, TASKSEAL_ERR_KEYFILE_MALFORMED);
}

void run_files(void)
{
    taskseal_error error;
    char old[sizeof path + 4];
    EXPECT_TRUE(mkdtemp(folder) != NULL);
    snprintf(path, sizeof path, "%s/keyring", folder);
    snprintf(old, sizeof old, "%s.old", path);
    secrecy.random_is_letters = true;
    EXPECT(TASKSEAL_OK, taskseal_keyfile_create(path, "k", TASKSEAL_KEY_XCHACHA20POLY1305, &error));
    load(path, TASKSEAL_OK);
    read_from_elsewhere();
    change_keys((taskseal_bytes){NULL, 0});
    load(path, TASKSEAL_OK);
    protect_file();
    secrecy.random_is_letters = false;
    EXPECT_TRUE(unlink(path) == 0);
    (void)unlink(old);
    EXPECT_TRUE(rmdir(folder) == 0);
}
