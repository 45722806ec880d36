/* SPDX-License-Identifier: MIT
 * Made by bundle.py of lib/core/apply.c; do not edit. */
/* SPDX-License-Identifier: MIT
 * Changing a key file on disk: under a lock, whole or not at all. */
#include "core.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

enum { LOCK_TRIES = 200, LOCK_PAUSE_MS = 50 }; /* 10 s */

/* ---- The lock ---- */

static taskseal_err lock_failed(const char *path, taskseal_error *error)
{
    return errno == EWOULDBLOCK
               ? taskseal__fail(error, TASKSEAL_ERR_KEYFILE_WRITE,
                                "%s: another process has been changing it for 10 s: try again later", path)
               : taskseal__fail(error, TASKSEAL_ERR_KEYFILE_WRITE, "%s: it can't be locked: %s", path,
                                strerror(errno));
}

/* *tries are those left, for all waiting together. */
static bool wait_for_lock(int fd, unsigned *tries)
{
    const struct timespec pause = {.tv_nsec = LOCK_PAUSE_MS * 1000L * 1000L};
    while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if ((errno != EWOULDBLOCK && errno != EINTR) || *tries == 0)
            return false;
        --*tries;
        (void)nanosleep(&pause, NULL);
    }
    return true;
}

/* True if `path` still names the file that `fd` is. */
static bool is_current(int fd, const char *path)
{
    struct stat locked;
    struct stat named;
    return fstat(fd, &locked) == 0 && stat(path, &named) == 0 && locked.st_dev == named.st_dev &&
           locked.st_ino == named.st_ino;
}

/* Whoever had the lock before has put another file in this one's place: then that one is to be locked. */
static taskseal_err open_locked(const char *path, int *fd, taskseal_error *error)
{
    unsigned tries = LOCK_TRIES;
    for (unsigned files = 0; files < LOCK_TRIES; files++) {
        *fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
        if (*fd < 0)
            return taskseal__fail(error, TASKSEAL_ERR_KEYFILE_READ, "%s: %s", path, strerror(errno));
        taskseal_err err = wait_for_lock(*fd, &tries) ? TASKSEAL_OK : lock_failed(path, error);
        if (err == TASKSEAL_OK && is_current(*fd, path))
            return TASKSEAL_OK;
        close(*fd);
        if (err != TASKSEAL_OK)
            return err;
    }
    errno = EWOULDBLOCK;
    return lock_failed(path, error);
}

/* ---- The text, before and after ---- */

/* Replaces *text, which is wiped, by what it protects. */
static taskseal_err unprotect(char **text, size_t *len, taskseal_bytes passphrase, taskseal_error *error)
{
    char *plain;
    size_t plain_len;
    if (passphrase.data == NULL)
        return taskseal__fail_line(error, TASKSEAL_ERR_KEYFILE_PASSPHRASE, 1,
                                   "line 1: this key file is protected: give its passphrase");
    taskseal_err err = taskseal__unprotect(*text, *len, passphrase, &plain, &plain_len, error);
    if (err != TASKSEAL_OK)
        return err;
    sodium_free(*text);
    *text = plain;
    *len = plain_len;
    return TASKSEAL_OK;
}

static taskseal_err protect(char **text, size_t *len, taskseal_bytes passphrase, taskseal_error *error)
{
    char *protected_text;
    size_t protected_len;
    taskseal_err err =
        taskseal__protect(*text, *len, passphrase, NULL, &protected_text, &protected_len, error);
    if (err != TASKSEAL_OK)
        return err;
    sodium_free(*text);
    *text = protected_text;
    *len = protected_len;
    return TASKSEAL_OK;
}

/* A file that gets a passphrase, or loses it, has to be a key file all the same. */
static taskseal_err check_text(const char *text, size_t len, taskseal_error *error)
{
    taskseal__keyfile file;
    taskseal_err err = taskseal__keyfile_read(&file, text, len, error);
    taskseal__keyfile_forget(&file);
    return err;
}

static taskseal_err change_plain(const taskseal_keyfile_change *change, char **text, size_t *len,
                                 taskseal_error *error)
{
    char *changed;
    size_t changed_len;
    if (change->action == TASKSEAL_KEYFILE_PROTECT)
        return check_text(*text, *len, error);
    taskseal_err err = taskseal__change_text(change, *text, *len, &changed, &changed_len, error);
    if (err != TASKSEAL_OK)
        return err;
    sodium_free(*text);
    *text = changed;
    *len = changed_len;
    return TASKSEAL_OK;
}

static taskseal_err change_text(const taskseal_keyfile_change *change, char **text, size_t *len,
                                taskseal_error *error)
{
    taskseal_bytes passphrase = {NULL, 0};
    taskseal_err err = TASKSEAL_OK;
    if (taskseal__is_protected(*text, *len)) {
        passphrase = change->passphrase;
        err = unprotect(text, len, passphrase, error);
    } else if (change->passphrase.data != NULL) {
        err = taskseal__not_protected(error);
    }
    if (err == TASKSEAL_OK)
        err = change_plain(change, text, len, error);
    if (change->action == TASKSEAL_KEYFILE_PROTECT)
        passphrase = change->new_passphrase;
    if (err == TASKSEAL_OK && passphrase.data != NULL)
        err = protect(text, len, passphrase, error);
    return err;
}

/* ---- All of it ---- */

/* A file without a passphrase is not kept beside one that has just got it. */
static taskseal_err change_file(const char *path, int fd, const taskseal_keyfile_change *change,
                                taskseal_error *error)
{
    struct stat status;
    char *text;
    size_t len;
    taskseal_err err = taskseal__source_read_file(fd, path, &text, &len, &status, error);
    if (err != TASKSEAL_OK)
        return err;
    bool keep_old = change->action != TASKSEAL_KEYFILE_PROTECT || taskseal__is_protected(text, len);
    err = taskseal__source_check_end(text, len, error);
    if (err == TASKSEAL_OK)
        err = change_text(change, &text, &len, error);
    if (err != TASKSEAL_OK)
        taskseal__source_name(error, path);
    else
        err = taskseal__keyfile_replace(path, &status, keep_old, text, len, error);
    sodium_free(text); /* wipes */
    return err;
}

/* Where the path is a symbolic link, the file that it points to is changed, and not the link. */
static taskseal_err apply(const char *path, const taskseal_keyfile_change *change, taskseal_error *error)
{
    int fd;
    char *real = realpath(path, NULL);
    if (real == NULL)
        return taskseal__fail(error, errno == ENOMEM ? TASKSEAL_ERR_NO_MEMORY : TASKSEAL_ERR_KEYFILE_READ,
                              "%s: %s", path, strerror(errno));
    taskseal_err err = open_locked(real, &fd, error);
    if (err == TASKSEAL_OK) {
        err = change_file(real, fd, change, error);
        close(fd); /* unlocks */
    }
    free(real);
    return err;
}

taskseal_err taskseal_keyfile_apply(const char *path, const taskseal_keyfile_change *change,
                                    taskseal_error *error)
{
    if (path == NULL || path[0] == '\0')
        return taskseal__fail(error, TASKSEAL_ERR_BAD_ARGUMENT, "no path of a key file was given");
    taskseal_err err = taskseal__change_check(change, error);
    if (err == TASKSEAL_OK)
        err = taskseal__passphrase_check(change->passphrase, error);
    if (err == TASKSEAL_OK)
        err = taskseal__passphrase_check(change->new_passphrase, error);
    if (err != TASKSEAL_OK)
        return err;
    err = taskseal__sodium_init();
    if (err != TASKSEAL_OK)
        return taskseal__fail(error, err, "%s", taskseal_err_text(err));
    return apply(path, change, error);
}
