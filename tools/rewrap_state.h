/* SPDX-License-Identifier: MIT
 *
 * Where a run stands, in a file, so that another run can go on there. What the file does not wholly tell is done again:
 * a task is never skipped.
 */
#ifndef TASKSEAL_TOOLS_REWRAP_STATE_H
#define TASKSEAL_TOOLS_REWRAP_STATE_H

#include "common/buffer.h"
#include "rekey.h"

typedef struct rewrap_state {
    const char *path; /* NULL: nothing is kept */
    buffer run;       /* what of the run must be the same for it to go on */
    bool resumed;     /* it went on */
    int status;       /* of report.h: the last that failed */
} rewrap_state;

/* Takes up `run`, if there is a file of it. Reports a file that is damaged or of another run; a status of report.h. */
int rewrap_state_begin(rewrap_state *self, const char *path, const char *database, struct rekey *run);

/* Writes the file: it appears whole or not at all. */
int rewrap_state_save(rewrap_state *self, const struct rekey *run);

/* The run came to its end, so there is nowhere to go on. */
int rewrap_state_end(rewrap_state *self);

void rewrap_state_free(rewrap_state *self);

#endif
