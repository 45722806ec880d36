/* SPDX-License-Identifier: MIT
 * Made by bundle.py of lib/core/keyfile_write.c; do not edit. */
/* SPDX-License-Identifier: MIT */
#include "core.h"


#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Behind the name of a file while it is being written; longer than what sync_directory puts behind a path. */
static const char temporary_suffix[] = ".XXXXXX";

static taskseal_err write_failed(const char *path, taskseal_error *error)
{
    return taskseal__fail(error, TASKSEAL_ERR_KEYFILE_WRITE, "%s: %s", path, strerror(errno));
}

static bool write_all(int fd, const char *text, size_t len)
{
    while (len > 0) {
        ssize_t done = write(fd, text, len);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return false;
        text += done;
        len -= (size_t)done;
    }
    return true;
}

/* The owner only where it is another one, because only root may give a file away. */
static bool set_owner_and_mode(int fd, const struct stat *as)
{
    if (as == NULL)
        return fchmod(fd, S_IRUSR | S_IWUSR) == 0;
    if (as->st_uid != geteuid() && fchown(fd, as->st_uid, as->st_gid) != 0)
        return false;
    return fchmod(fd, as->st_mode & (S_IRUSR | S_IWUSR)) == 0;
}

/* Writes the whole file under a name of its own, which replaces the X of `temporary`, and makes it durable. */
static taskseal_err write_temporary(char *temporary, const char *path, const struct stat *as,
                                    const char *text, size_t len, taskseal_error *error)
{
    int fd = mkostemp(temporary, O_CLOEXEC); /* mode 0600 */
    if (fd < 0)
        return taskseal__fail(error, TASKSEAL_ERR_KEYFILE_WRITE,
                              "%s: no file can be made beside it, in its directory: %s", path,
                              strerror(errno));
    taskseal_err err = TASKSEAL_OK;
    if (!set_owner_and_mode(fd, as) || !write_all(fd, text, len) || fsync(fd) != 0)
        err = write_failed(path, error);
    if (close(fd) != 0 && err == TASKSEAL_OK)
        err = write_failed(path, error);
    if (err != TASKSEAL_OK)
        (void)unlink(temporary);
    return err;
}

/* Makes a new name durable: a key that is lost in a power cut takes what it sealed with it. Best effort,
 * because not every file system can. */
static void sync_directory(const char *path, char *scratch)
{
    const char *slash = strrchr(path, '/');
    size_t len = slash == NULL ? 0 : (size_t)(slash - path) + 1;
    memcpy(scratch, path, len);
    memcpy(scratch + len, ".", sizeof ".");
    int fd = open(scratch, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        (void)fsync(fd);
        close(fd);
    }
}

static char *path_with(const char *path, const char *suffix, taskseal_error *error)
{
    size_t path_len = strlen(path);
    size_t suffix_size = strlen(suffix) + 1;
    char *name = malloc(path_len + suffix_size);
    if (name == NULL) {
        (void)taskseal__fail(error, TASKSEAL_ERR_NO_MEMORY, "%s: no memory to write it", path);
        return NULL;
    }
    memcpy(name, path, path_len);
    memcpy(name + path_len, suffix, suffix_size);
    return name;
}

/* A signal that ends the process while the new file has its temporary name would leave that behind, with every
 * secret. So signals wait until it has its own; that takes as long as the disk. (SIGKILL does not wait.) */
static void hold_signals(sigset_t *before)
{
    sigset_t all;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_BLOCK, &all, before);
}

static void release_signals(const sigset_t *before)
{
    (void)pthread_sigmask(SIG_SETMASK, before, NULL);
}

/* link() gives the file its name only if nothing has that name. */
static taskseal_err publish(const char *temporary, const char *path, taskseal_error *error)
{
    taskseal_err err = TASKSEAL_OK;
    if (link(temporary, path) != 0)
        err = errno == EEXIST ? taskseal__fail(error, TASKSEAL_ERR_KEYFILE_EXISTS,
                                               "%s exists and is kept: choose another name", path)
                              : write_failed(path, error);
    (void)unlink(temporary);
    return err;
}

taskseal_err taskseal__keyfile_write_new(const char *path, const char *text, size_t len,
                                         taskseal_error *error)
{
    sigset_t before;
    char *temporary = path_with(path, temporary_suffix, error);
    if (temporary == NULL)
        return TASKSEAL_ERR_NO_MEMORY;
    hold_signals(&before);
    taskseal_err err = write_temporary(temporary, path, NULL, text, len, error);
    if (err == TASKSEAL_OK)
        err = publish(temporary, path, error);
    if (err == TASKSEAL_OK)
        sync_directory(path, temporary);
    release_signals(&before);
    free(temporary);
    return err;
}

/* Gives the old file a second name, in place of the one that the file before it had: at no time is there none.
 * `unused` is a name that nothing has. */
static taskseal_err keep(const char *path, const char *unused, const char *old, taskseal_error *error)
{
    if (link(path, unused) != 0)
        return write_failed(old, error);
    if (rename(unused, old) == 0) {
        (void)unlink(unused); /* rename() does nothing if both are the same file already */
        return TASKSEAL_OK;
    }
    taskseal_err err = write_failed(old, error);
    (void)unlink(unused);
    return err;
}

static taskseal_err replace(const char *path, char *temporary, const char *unused, const char *old,
                            taskseal_error *error)
{
    taskseal_err err = old != NULL ? keep(path, unused, old, error) : TASKSEAL_OK;
    if (err == TASKSEAL_OK && rename(temporary, path) != 0)
        err = write_failed(path, error);
    if (err != TASKSEAL_OK)
        (void)unlink(temporary);
    else
        sync_directory(path, temporary);
    return err;
}

taskseal_err taskseal__keyfile_replace(const char *path, const struct stat *status, bool keep_old,
                                       const char *text, size_t len, taskseal_error *error)
{
    sigset_t before;
    char *temporary = path_with(path, temporary_suffix, error);
    char *old = keep_old && temporary != NULL ? path_with(path, ".old", error) : NULL;
    char *unused = NULL;
    taskseal_err err = temporary != NULL && (old != NULL || !keep_old) ? TASKSEAL_OK : TASKSEAL_ERR_NO_MEMORY;
    hold_signals(&before);
    if (err == TASKSEAL_OK)
        err = write_temporary(temporary, path, status, text, len, error);
    if (err == TASKSEAL_OK) {
        unused =
            path_with(temporary, ".old", error); /* nothing has that name, because nothing had the other */
        if (unused == NULL) {
            (void)unlink(temporary);
            err = TASKSEAL_ERR_NO_MEMORY;
        }
    }
    if (err == TASKSEAL_OK)
        err = replace(path, temporary, unused, old, error);
    release_signals(&before);
    free(unused);
    free(old);
    free(temporary);
    return err;
}
