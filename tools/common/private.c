/* SPDX-License-Identifier: MIT */
#include "private.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report.h"
#include "secret.h"

static int check(const private_kind *kind, int fd, const char *path)
{
    struct stat meta;

    if (fstat(fd, &meta) != 0)
        return report_file("read", path, errno);
    if (!S_ISREG(meta.st_mode))
        return report_refusal("file-permissions", "%s is not a regular file; for a pipe, give %s", path,
                              kind->fd_option);
    if ((meta.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        return report_refusal("file-permissions", "others can read or change %s: chmod 600 it", path);
    if (meta.st_uid != geteuid() && meta.st_uid != 0)
        return report_refusal("file-permissions", "%s belongs to another user, who can change it", path);
    return STATUS_OK;
}

int private_open(const private_kind *kind, const char *path, int *fd)
{
    int status = secret_check(kind->option, kind->what, path);

    if (status != STATUS_OK)
        return status;
    /* Without O_NONBLOCK, opening a FIFO would wait before it can be refused. */
    *fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (*fd < 0)
        return report_file("open", path, errno);
    status = check(kind, *fd, path);
    if (status != STATUS_OK)
        close(*fd);
    return status;
}
