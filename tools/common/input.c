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

int input_read(const char *path, buffer *into)
{
    const bool standard = is_standard(path);
    const char *name = input_name(path);
    const int status = secret_check("FILE", "a path", name);

    if (status != STATUS_OK)
        return status;
    const int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return report_file("open", name, errno);
    if (standard && isatty(fd))
        report_note("reading standard input; end it with Ctrl-D");
    const int failed = buffer_read(into, fd, size_of(fd), 0);
    if (!standard)
        close(fd);
    if (failed == ENOMEM)
        return report_error_at(TASKSEAL_ERR_NO_MEMORY, name, NULL);
    return failed == 0 ? STATUS_OK : report_file("read", name, failed);
}

int input_operand(int argc, char **argv, const char **path)
{
    if (argc - optind > 1)
        return report_usage("at most one FILE can be given, not %d", argc - optind);
    *path = optind < argc ? argv[optind] : NULL;
    return STATUS_OK;
}
