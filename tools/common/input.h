/* SPDX-License-Identifier: MIT
 *
 * The one FILE that a subcommand reads: a path, or standard input.
 */
#ifndef TASKSEAL_TOOLS_INPUT_H
#define TASKSEAL_TOOLS_INPUT_H

#include "buffer.h"

/* What messages call the input that `path` names. */
const char *input_name(const char *path);

/* Reads `path` (NULL or "-": standard input) wholly. Reports failures; a status of report.h, as below. */
int input_read(const char *path, buffer *into);

/* An input that is read in pieces. */
typedef struct input {
    const char *name; /* what messages call it */
    int fd;
    bool opened;   /* by us */
    uint64_t size; /* 0: unknown; a hint */
    bool ended;    /* the last piece reached its end */
} input;

int input_open(input *self, const char *path);

/* Fills `piece`, which has its capacity, up to that or the input's end. */
int input_piece(input *self, buffer *piece);

/* Appends all the rest to `into`, which holds what was read so far. */
int input_rest(input *self, buffer *into);

void input_close(input *self);

/* Finds the single, optional FILE operand. Reports more than one; a status of report.h. */
int input_operand(int argc, char **argv, const char **path);

#endif
