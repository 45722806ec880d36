/* SPDX-License-Identifier: MIT */
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report.h"
#include "secret.h"

static bool is_standard(const char *path)
{
    return path == NULL || strcmp(path, "-") == 0;
}

int output_check(const char *path, output_kind kind)
{
    struct stat meta;

    if (is_standard(path)) {
        if (kind == OUTPUT_BINARY && isatty(STDOUT_FILENO))
            return report_usage("an envelope is binary and would garble the terminal: "
                                "give -o FILE, or --text for its text form");
        return STATUS_OK;
    }
    if (path[0] == '\0')
        return report_usage("-o needs a file name, or - for standard output");
    const int status = secret_check("-o", "a path", path);
    if (status != STATUS_OK)
        return status;
    /* Renaming replaces whatever stands there, also a device or a symbolic link. */
    if (lstat(path, &meta) == 0 && !S_ISREG(meta.st_mode))
        return report_refusal("file",
                              "%s is not a regular file and would be replaced: "
                              "name another, or redirect standard output to it",
                              path);
    return STATUS_OK;
}

static int write_all(int fd, const void *data, size_t len)
{
    const char *at = data;

    while (len > 0) {
        const ssize_t put = write(fd, at, len < SSIZE_MAX ? len : SSIZE_MAX);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return errno;
        at += put;
        len -= (size_t)put;
    }
    return 0;
}

/* The directory of `path`, with its final slash, or "./". To be freed. */
static char *directory_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash == NULL ? strdup("./") : strndup(path, (size_t)(slash - path) + 1);
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

static mode_t mode_of(output_kind kind)
{
    if (kind == OUTPUT_PLAINTEXT)
        return S_IRUSR | S_IWUSR;
    const mode_t mask = umask(0);
    umask(mask);
    return (mode_t)(0666 & ~mask);
}

/* Fills the file that mkstemp made (with mode 0600) and closes it. */
static int fill(int fd, mode_t mode, const void *data, size_t len)
{
    int failed = write_all(fd, data, len);

    if (failed == 0 && fchmod(fd, mode) != 0)
        failed = errno;
    if (failed == 0 && fsync(fd) != 0)
        failed = errno;
    if (close(fd) != 0 && failed == 0)
        failed = errno;
    return failed;
}

static int replace(const char *path, const char *directory, mode_t mode, const void *data, size_t len)
{
    char *temporary = NULL;

    if (asprintf(&temporary, "%s.taskseal.XXXXXX", directory) < 0)
        return ENOMEM;
    const int fd = mkostemp(temporary, O_CLOEXEC);
    int failed = fd < 0 ? errno : fill(fd, mode, data, len);
    if (failed == 0 && rename(temporary, path) != 0)
        failed = errno;
    if (failed != 0 && fd >= 0)
        unlink(temporary);
    free(temporary);
    return failed;
}

static int write_file(const char *path, mode_t mode, const void *data, size_t len)
{
    char *directory = directory_of(path);
    sigset_t held;
    sigset_t before;
    int failed = ENOMEM;

    /* A signal that ends the process must not leave a temporary file with plaintext behind. Nearly all do, so
     * all wait; only SIGKILL can't be made to. */
    sigfillset(&held);
    sigprocmask(SIG_BLOCK, &held, &before);
    if (directory != NULL)
        failed = replace(path, directory, mode, data, len);
    sigprocmask(SIG_SETMASK, &before, NULL);
    if (failed == 0)
        failed = sync_directory(directory);
    free(directory);
    return failed;
}

int output_write(const char *path, output_kind kind, const void *data, size_t len)
{
    int failed;

    if (!is_standard(path)) {
        failed = write_file(path, mode_of(kind), data, len);
        return failed == 0 ? STATUS_OK : report_file("write", path, failed);
    }
    failed = write_all(STDOUT_FILENO, data, len);
    if (failed == 0 && kind == OUTPUT_TEXT && isatty(STDOUT_FILENO))
        failed = write_all(STDOUT_FILENO, "\n", 1);
    return failed == 0 ? STATUS_OK : report_file("write", "standard output", failed);
}
