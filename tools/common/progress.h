/* SPDX-License-Identifier: MIT
 *
 * How far long work has come, on a line of standard error that is written over; nothing where that is no terminal,
 * and nothing in the first second.
 */
#ifndef TASKSEAL_TOOLS_PROGRESS_H
#define TASKSEAL_TOOLS_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

typedef struct progress {
    bool on;
    uint64_t began; /* ns */
    uint64_t last;
} progress;

/* `on`: false where the terminal is needed for something else. */
void progress_begin(progress *self, bool on);

/* True if it is time for another line, for report_over. */
bool progress_is_due(progress *self);

/* "1.2 GiB of 10.0 GiB, 512.0 MiB/s", if it is time; total 0: unknown. */
void progress_bytes(progress *self, uint64_t done, uint64_t total);

/* Seconds since the beginning, never 0. */
double progress_seconds(const progress *self);

/* Sleeps until one more of these commands keeps the rate, in commands a second; 0: no limit. */
void progress_keep_rate(const progress *self, uint64_t commands, uint64_t rate);

/* Takes the line off. */
void progress_end(const progress *self);

#endif
