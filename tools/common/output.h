/* SPDX-License-Identifier: MIT
 *
 * The one result that a subcommand writes: to standard output, or to a file that appears whole or not at
 * all.
 */
#ifndef TASKSEAL_TOOLS_OUTPUT_H
#define TASKSEAL_TOOLS_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

typedef enum output_kind {
    OUTPUT_PLAINTEXT, /* a file gets mode 0600 */
    OUTPUT_BINARY,    /* an envelope: a file gets the mode that the umask gives; never to a terminal */
    OUTPUT_TEXT       /* an envelope in text form: as above; a terminal gets a newline after it */
} output_kind;

/* Tells early, before anything is read, that output_write would refuse: a terminal for binary output, or a
 * target that is something else than a regular file. `path` NULL or "-": standard output. Reports; a
 * status of report.h, as below. */
int output_check(const char *path, output_kind kind);

/* Writes all of it. A file is written beside its target, synced, and renamed over it: on failure the
 * target is as it was (or complete, if all that failed is to sync its directory). */
int output_write(const char *path, output_kind kind, const void *data, size_t len);

#endif
