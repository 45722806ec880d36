/* SPDX-License-Identifier: MIT */
#include "output.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report.h"
#include "secret.h"

bool output_is_standard(const char *path)
{
    return path == NULL || strcmp(path, "-") == 0;
}

int output_check(const char *path, output_kind kind)
{
    struct stat meta;

    if (output_is_standard(path)) {
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

static mode_t mode_of(output_kind kind)
{
    if (kind == OUTPUT_PLAINTEXT)
        return S_IRUSR | S_IWUSR;
    const mode_t mask = umask(0);
    umask(mask);
    return (mode_t)(0666 & ~mask);
}

static int report(const output *self, int failed)
{
    if (failed == 0)
        return STATUS_OK;
    return report_file("write", self->path != NULL ? self->path : "standard output", failed);
}

int output_begin(output *self, const char *path, output_kind kind)
{
    *self = (output){output_is_standard(path) ? NULL : path, kind, REPLACEMENT_EMPTY};
    return report(self, self->path != NULL ? replacement_begin(&self->file, self->path) : 0);
}

int output_put(output *self, const void *data, size_t len)
{
    return report(self, write_all(self->path != NULL ? self->file.fd : STDOUT_FILENO, data, len));
}

int output_finish(output *self)
{
    if (self->path != NULL)
        return report(self, replacement_commit(&self->file, self->path, mode_of(self->kind)));
    if (self->kind == OUTPUT_TEXT && isatty(STDOUT_FILENO))
        return report(self, write_all(STDOUT_FILENO, "\n", 1));
    return STATUS_OK;
}

void output_abandon(output *self)
{
    if (self->path != NULL)
        replacement_abandon(&self->file);
}

int output_write(const char *path, output_kind kind, const void *data, size_t len)
{
    output to;

    int status = output_begin(&to, path, kind);
    if (status == STATUS_OK)
        status = output_put(&to, data, len);
    if (status == STATUS_OK)
        status = output_finish(&to);
    output_abandon(&to);
    return status;
}
