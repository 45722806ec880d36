/* SPDX-License-Identifier: MIT */
#include "world.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

world w = {.fd = -1};

const char keyfile_text[] =
    "taskseal-keyring 1\n# kept\n"
    "key a xchacha20poly1305 active tskek1_Q0FOQVJZLWNhbmFyeS1DQU5BUlktY2FuYXJ5LUNBTkE queues=mail,pay\n"
    "key b xchacha20poly1305 open-only tskek1_Q0FOQVJZLWNhbmFyeS1DQU5BUlktY2FuYXJ5LUNBTkI\n"
    "key r xchacha20poly1305 retired -\n";

void need(taskseal_err err, const char *what)
{
    if (err == TASKSEAL_OK)
        return;
    fprintf(stderr, "%s: %s\n", what, taskseal_err_name(err));
    exit(2);
}

static void need_true(bool fine, const char *what)
{
    if (fine)
        return;
    perror(what);
    exit(2);
}

/* ---- What the calls work on ---- */

void world_begin(void)
{
    static const uint8_t secrets[3][TASKSEAL_KEY_BYTES] = {{1}, {2}, {3}};
    const taskseal_key keys[] = {
        {.id = "k",
         .type = TASKSEAL_KEY_XCHACHA20POLY1305,
         .state = TASKSEAL_KEY_ACTIVE,
         .secret = secrets[0]},
        {.id = "n",
         .type = TASKSEAL_KEY_XCHACHA20POLY1305,
         .state = TASKSEAL_KEY_ACTIVE,
         .secret = secrets[1]},
        {.id = "d", .type = TASKSEAL_KEY_DEDUPE, .state = TASKSEAL_KEY_ACTIVE, .secret = secrets[2]}};
    need(taskseal_keyring_new(&w.ring, keys, 3, NULL), "keyring");
    for (size_t i = 0; i < PAYLOAD_LEN; i++)
        w.payload[i] = (uint8_t)('a' + i % 26);
    const taskseal_seal_options options = {
        .keyring = w.ring, .context = {.queue = taskseal_str("mail")}, .lifetime = 3600};
    need(taskseal_seal(&options, w.payload, PAYLOAD_LEN, w.sealed, OUT_MAX, &w.sealed_len), "seal");
}

void world_end(void)
{
    taskseal_keyring_free(w.ring);
}

void world_poison(void)
{
    w.pointer = &w;
    w.made = NULL;
    w.slot = NULL;
    w.stream = NULL;
    w.out_len = 1;
    w.error = (taskseal_error){0};
    memset(w.out, CANARY, sizeof w.out);
}

void world_release(void)
{
    taskseal_slot_free(w.slot);
    taskseal_stream_free(w.stream);
    taskseal_keyring_free(w.made);
    if (w.fd >= 0)
        close(w.fd);
    w.slot = NULL;
    w.stream = NULL;
    w.made = NULL;
    w.fd = -1;
}

/* ---- The folder ---- */

static char folder[PATH_MAX / 2];

void folder_make(void)
{
    const char *parent = getenv("TMPDIR");
    if (parent == NULL) /* in memory, where there is such a place: thousands of files are synced */
        parent = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    snprintf(folder, sizeof folder, "%s/taskseal-failures-XXXXXX", parent);
    need_true(mkdtemp(folder) != NULL, folder);
    need_true(setenv("CREDENTIALS_DIRECTORY", folder, 1) == 0, "setenv");
}

void folder_remove(void)
{
    folder_clear();
    need_true(rmdir(folder) == 0, folder);
}

const char *path_of(const char *name)
{
    static char paths[2][PATH_MAX];
    static unsigned next;
    char *path = paths[next++ % 2];
    snprintf(path, PATH_MAX, "%s/%s", folder, name);
    return path;
}

/* Calls `visit` (NULL is fine) with every name, until it returns false; returns whether it never did. */
static bool for_each_name(bool (*visit)(const char *name))
{
    bool fine = true;
    DIR *listing = opendir(folder);
    need_true(listing != NULL, folder);
    for (const struct dirent *entry; fine && (entry = readdir(listing)) != NULL;)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            fine = visit(entry->d_name);
    closedir(listing);
    return fine;
}

static bool remove_name(const char *name)
{
    return unlink(path_of(name)) == 0;
}

void folder_clear(void)
{
    need_true(for_each_name(remove_name), folder);
}

void file_write(const char *name, const void *data, size_t len)
{
    int fd = open(path_of(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR);
    need_true(fd >= 0 && write(fd, data, len) == (ssize_t)len && close(fd) == 0, name);
}

/* ---- What a call left there ---- */

static bool is_ours(const char *name)
{
    return strcmp(name, "keyring") == 0 || strcmp(name, "keyring.old") == 0 || strcmp(name, "link") == 0 ||
           strcmp(name, "before") == 0;
}

static bool exists(const char *name)
{
    struct stat status;
    return lstat(path_of(name), &status) == 0;
}

static bool same_files(const char *a, const char *b)
{
    static char contents[2][8192];
    size_t lens[2];
    const char *names[] = {a, b};
    for (size_t i = 0; i < 2; i++) {
        FILE *stream = fopen(path_of(names[i]), "rb");
        if (stream == NULL)
            return false;
        lens[i] = fread(contents[i], 1, sizeof contents[i], stream);
        fclose(stream);
    }
    return lens[0] == lens[1] && memcmp(contents[0], contents[1], lens[0]) == 0;
}

static bool is_readable_keyring(void)
{
    taskseal_keyring *ring;
    struct stat status;
    const taskseal_keyring_source from = {.source = path_of("keyring"), .passphrase = w.passphrase};
    if (stat(path_of("keyring"), &status) != 0 || (status.st_mode & 07777) != 0600 ||
        taskseal_keyring_read(&ring, &from, NULL) != TASKSEAL_OK)
        return false;
    taskseal_keyring_free(ring);
    return true;
}

const char *folder_fault(const scenario *s, const fault *f, taskseal_err err)
{
    if ((f->right & LEAVES_FILES) == 0 && !for_each_name(is_ours))
        return "a temporary file is left";
    if ((s->traits & (CREATES | CHANGES)) != 0 && err == TASKSEAL_OK && !is_readable_keyring())
        return "the new key file can't be read";
    if ((s->traits & CREATES) != 0 && err != TASKSEAL_OK && exists("keyring"))
        return "a key file was left by a call that failed";
    if ((s->traits & CHANGES) == 0)
        return NULL;
    if (err != TASKSEAL_OK && !same_files("keyring", "before"))
        return "a call that failed has changed the key file";
    if (err == TASKSEAL_OK && same_files("keyring", "before"))
        return "the key file is as it was";
    if (exists("keyring.old") ? !same_files("keyring.old", "before") : err == TASKSEAL_OK && !w.keeps_no_old)
        return "the old key file was not kept";
    return NULL;
}
