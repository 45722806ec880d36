/* SPDX-License-Identifier: MIT
 *
 * Files that hold a secret: nobody else may be able to read or change them. The same rule as for key files.
 */
#ifndef TASKSEAL_TOOLS_PRIVATE_H
#define TASKSEAL_TOOLS_PRIVATE_H

#include "buffer.h"

typedef struct private_kind {
    const char *option;    /* "--uri-file" */
    const char *what;      /* "the path of a file that holds the URI" */
    const char *fd_option; /* what to give for a pipe: "--uri-fd" */
} private_kind;

/* Opens `path` for reading, as *fd. Reports failures, also that it is not private; a status of report.h. */
int private_open(const private_kind *kind, const char *path, int *fd);

#endif
