/* SPDX-License-Identifier: MIT */
#include "replace.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

/* ---- A file with a name goes when a signal ends the process ---- */

static char *volatile doomed;

static void remove_doomed(int number)
{
    if (doomed != NULL)
        unlink(doomed);
    raise(number); /* takes effect on return, as it would have without us: SA_RESETHAND */
}

static bool ends_the_process(int number)
{
    switch (number) {
    case SIGKILL:
    case SIGSTOP:
    case SIGTSTP:
    case SIGTTIN:
    case SIGTTOU:
    case SIGCONT:
    case SIGCHLD:
    case SIGURG:
    case SIGWINCH:
        return false;
    default:
        return true;
    }
}

static void clean_up_on_signals(void)
{
    struct sigaction clean = {.sa_handler = remove_doomed, .sa_flags = (int)SA_RESETHAND};
    struct sigaction now;

    sigfillset(&clean.sa_mask);
    for (int number = 1; number <= SIGRTMAX; number++) {
        if (ends_the_process(number) && sigaction(number, NULL, &now) == 0 && now.sa_handler == SIG_DFL)
            sigaction(number, &clean, NULL);
    }
}

static void hold_signals(sigset_t *before)
{
    sigset_t all;

    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, before);
}

/* ---- Beginning ---- */

/* The directory of `path`, with its final slash, or "./". To be freed. */
static char *directory_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash == NULL ? strdup("./") : strndup(path, (size_t)(slash - path) + 1);
}

/* A name beside the target that nothing has, most likely. To be freed; NULL without memory. */
static char *temporary_name(const char *directory)
{
    char *name = NULL;

    if (asprintf(&name, "%s.taskseal.%08x%08x", directory, randombytes_random(), randombytes_random()) < 0)
        return NULL;
    return name;
}

static int begin_named(replacement *self)
{
    sigset_t before;

    self->temporary = temporary_name(self->directory);
    if (self->temporary == NULL)
        return ENOMEM;
    clean_up_on_signals();
    hold_signals(&before);
    self->fd = open(self->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
    const int failed = self->fd < 0 ? errno : 0;
    if (failed == 0)
        doomed = self->temporary;
    sigprocmask(SIG_SETMASK, &before, NULL);
    return failed;
}

int replacement_begin(replacement *self, const char *path)
{
    *self = REPLACEMENT_EMPTY;
    self->directory = directory_of(path);
    if (self->directory == NULL)
        return ENOMEM;
    /* Without /proc a nameless file can't get a name later. */
    if (access("/proc/self/fd", X_OK) == 0)
        self->fd = open(self->directory, O_TMPFILE | O_WRONLY | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (self->fd >= 0)
        return 0;
    const int failed = begin_named(self);
    if (failed != 0)
        replacement_abandon(self);
    return failed;
}

/* ---- Ending ---- */

/* Names a file that has no name; one with a name keeps it. */
static int give_name(replacement *self)
{
    char link[64];

    if (self->temporary != NULL)
        return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", self->fd);
    char *name = temporary_name(self->directory);
    if (name == NULL)
        return ENOMEM;
    if (linkat(AT_FDCWD, link, AT_FDCWD, name, AT_SYMLINK_FOLLOW) != 0) {
        const int failed = errno;
        free(name);
        return failed;
    }
    self->temporary = name;
    return 0;
}

/* A rename is durable once its directory is. */
static int sync_directory(const char *directory)
{
    const int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int failed = 0;

    if (fd < 0)
        return errno;
    /* Some file systems can't sync a directory and say EINVAL: then there is nothing more to do. */
    if (fsync(fd) != 0 && errno != EINVAL)
        failed = errno;
    close(fd);
    return failed;
}

static int close_file(replacement *self)
{
    const int fd = self->fd;

    self->fd = -1;
    return close(fd) == 0 ? 0 : errno;
}

/* With signals held: from the name on, only SIGKILL could leave the file behind. */
static int put_in_place(replacement *self, const char *path)
{
    int failed = give_name(self);

    if (failed == 0)
        failed = close_file(self);
    if (failed == 0 && rename(self->temporary, path) != 0)
        failed = errno;
    if (failed == 0) {
        doomed = NULL;
        free(self->temporary);
        self->temporary = NULL;
    } else {
        replacement_abandon(self);
    }
    return failed;
}

int replacement_commit(replacement *self, const char *path, mode_t mode)
{
    sigset_t before;
    int failed = 0;

    if (fchmod(self->fd, mode) != 0 || fsync(self->fd) != 0)
        failed = errno;
    if (failed == 0) {
        hold_signals(&before);
        failed = put_in_place(self, path);
        sigprocmask(SIG_SETMASK, &before, NULL);
    }
    if (failed == 0)
        failed = sync_directory(self->directory);
    replacement_abandon(self);
    return failed;
}

void replacement_abandon(replacement *self)
{
    if (self->temporary != NULL)
        unlink(self->temporary);
    doomed = NULL;
    if (self->fd >= 0)
        close(self->fd);
    free(self->temporary);
    free(self->directory);
    *self = REPLACEMENT_EMPTY;
}
