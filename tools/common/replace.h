/* SPDX-License-Identifier: MIT
 *
 * A file in the making, that takes the place of another one whole or not at all. Until then it has no name where
 * the file system can do that, so that nothing is left of it however the process ends. Elsewhere it stands beside
 * its target, and goes when a signal ends the process; there may be one such file at a time.
 */
#ifndef TASKSEAL_TOOLS_REPLACE_H
#define TASKSEAL_TOOLS_REPLACE_H

#include <sys/types.h>

typedef struct replacement {
    int fd; /* -1: none. Write to it. */
    char *directory;
    char *temporary; /* NULL: it has no name yet */
} replacement;

#define REPLACEMENT_EMPTY ((replacement){-1, NULL, NULL})

/* Begins a file that will replace `path`. 0 or an errno, as below. */
int replacement_begin(replacement *self, const char *path);

/* Syncs it, gives it `mode`, and puts it in the place of `path`; on failure `path` is as it was (or complete, if all
 * that failed is to sync its directory). */
int replacement_commit(replacement *self, const char *path, mode_t mode);

/* Lets go of it. Fine after a commit, and without a begin. */
void replacement_abandon(replacement *self);

#endif
