/* SPDX-License-Identifier: MIT */
#include "input.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report.h"
#include "secret.h"

/* The size of a regular file, 0 for pipes and the like: a hint, the file may be changing. */
static size_t size_of(int fd)
{
    struct stat meta;

    if (fstat(fd, &meta) != 0 || !S_ISREG(meta.st_mode) || meta.st_size <= 0)
        return 0;
    return (uintmax_t)meta.st_size < SIZE_MAX ? (size_t)meta.st_size : 0;
}

static bool is_standard(const char *path)
{
    return path == NULL || strcmp(path, "-") == 0;
}

const char *input_name(const char *path)
{
    return is_standard(path) ? "standard input" : path;
}

int input_open(input *self, const char *path)
{
    const bool standard = is_standard(path);

    *self = (input){.name = input_name(path), .fd = STDIN_FILENO};
    const int status = secret_check("FILE", "a path", self->name);
    if (status != STATUS_OK)
        return status;
    if (!standard) {
        self->fd = open(path, O_RDONLY | O_CLOEXEC);
        self->opened = self->fd >= 0;
    }
    if (self->fd < 0)
        return report_file("open", self->name, errno);
    if (standard && isatty(self->fd))
        report_note("reading standard input; end it with Ctrl-D");
    self->size = size_of(self->fd);
    return STATUS_OK;
}

int input_piece(input *self, buffer *piece)
{
    piece->len = 0;
    while (piece->len < piece->cap) {
        const ssize_t got = read(self->fd, piece->data + piece->len, piece->cap - piece->len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return report_file("read", self->name, errno);
        if (got == 0) {
            self->ended = true;
            break;
        }
        piece->len += (size_t)got;
    }
    return STATUS_OK;
}

int input_rest(input *self, buffer *into)
{
    const int failed = buffer_read(into, self->fd, (size_t)self->size, 0);

    if (failed == ENOMEM)
        return report_error_at(TASKSEAL_ERR_NO_MEMORY, self->name, NULL);
    return failed == 0 ? STATUS_OK : report_file("read", self->name, failed);
}

void input_close(input *self)
{
    if (self->opened)
        close(self->fd);
    self->opened = false;
}

int input_read(const char *path, buffer *into)
{
    input from;

    int status = input_open(&from, path);
    if (status == STATUS_OK) {
        status = input_rest(&from, into);
        input_close(&from);
    }
    return status;
}

int input_operand(int argc, char **argv, const char **path)
{
    if (argc - optind > 1)
        return report_usage("at most one FILE can be given, not %d", argc - optind);
    *path = optind < argc ? argv[optind] : NULL;
    return STATUS_OK;
}
