/* SPDX-License-Identifier: MIT */
#include "stamp.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define RECENT_S 2 /* the coarsest clock of a file system in use is FAT's */

/* Whatever changes a file's bytes or its place sets its ctime, which no caller can set back. */
static bool is_recent(const struct stat *status)
{
    struct timespec now;
    if (clock_gettime(CLOCK_REALTIME, &now) != 0)
        return true;
    return status->st_ctim.tv_sec >= now.tv_sec - RECENT_S && status->st_ctim.tv_sec <= now.tv_sec + RECENT_S;
}

typedef struct looking {
    crypto_generichash_state state;
    bool recent;
} looking;

static void note(looking *at, const struct stat *status, int failure)
{
    int64_t fields[] = {failure,
                        (int64_t)status->st_dev,
                        (int64_t)status->st_ino,
                        (int64_t)status->st_mode,
                        (int64_t)status->st_size,
                        (int64_t)status->st_mtim.tv_sec,
                        (int64_t)status->st_mtim.tv_nsec,
                        (int64_t)status->st_ctim.tv_sec,
                        (int64_t)status->st_ctim.tv_nsec};
    (void)crypto_generichash_update(&at->state, (const unsigned char *)fields, sizeof fields);
    at->recent = at->recent || (failure == 0 && is_recent(status));
}

/* In the order of the directory, which stays the same while it is not changed. */
static void note_entries(looking *at, const char *path)
{
    DIR *directory = opendir(path);
    if (directory == NULL)
        return;
    for (const struct dirent *entry = readdir(directory); entry != NULL; entry = readdir(directory)) {
        struct stat status = {0};
        if (entry->d_name[0] == '.')
            continue;
        int failure = fstatat(dirfd(directory), entry->d_name, &status, 0) == 0 ? 0 : errno;
        note(at, &status, failure);
    }
    (void)closedir(directory);
}

void taskseal__stamp_take(taskseal__stamp *stamp, const char *const *paths, size_t count, bool entries)
{
    looking at = {.recent = false};
    (void)crypto_generichash_init(&at.state, NULL, 0, sizeof stamp->hash);
    for (size_t i = 0; i < count; i++) {
        struct stat status = {0};
        int failure = paths[i] == NULL ? -1 : stat(paths[i], &status) == 0 ? 0 : errno;
        note(&at, &status, failure);
        if (failure == 0 && entries && S_ISDIR(status.st_mode))
            note_entries(&at, paths[i]);
    }
    (void)crypto_generichash_final(&at.state, stamp->hash, sizeof stamp->hash);
    stamp->recent = at.recent;
}
