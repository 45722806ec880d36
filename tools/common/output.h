/* SPDX-License-Identifier: MIT
 *
 * The one result that a subcommand writes: to standard output, or to a file that appears whole or not at
 * all. All functions report what fails and return a status of report.h.
 */
#ifndef TASKSEAL_TOOLS_OUTPUT_H
#define TASKSEAL_TOOLS_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "replace.h"

typedef enum output_kind {
    OUTPUT_PLAINTEXT, /* a file gets mode 0600 */
    OUTPUT_BINARY,    /* an envelope: a file gets the mode that the umask gives; never to a terminal */
    OUTPUT_TEXT       /* an envelope in text form: as above; a terminal gets a newline after it */
} output_kind;

/* True if `path` is NULL or "-", which means standard output. */
bool output_is_standard(const char *path);

/* Tells early, before anything is read, that the output would be refused: a terminal for binary output, or a
 * target that is something else than a regular file. */
int output_check(const char *path, output_kind kind);

/* Writes all of it: the three steps below in one. */
int output_write(const char *path, output_kind kind, const void *data, size_t len);

typedef struct output {
    const char *path; /* NULL: standard output */
    output_kind kind;
    replacement file;
} output;

int output_begin(output *self, const char *path, output_kind kind);
int output_put(output *self, const void *data, size_t len);

/* Puts a file in its place: on failure the target is as it was (or complete, if all that failed is to sync its
 * directory). */
int output_finish(output *self);

/* Lets go of a file that is not finished; otherwise does nothing. */
void output_abandon(output *self);

#endif
