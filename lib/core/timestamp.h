/* SPDX-License-Identifier: MIT
 * Times as people write them, in the one form 2026-11-21T20:15:00Z. */
#ifndef TASKSEAL_CORE_TIMESTAMP_H
#define TASKSEAL_CORE_TIMESTAMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* *time = seconds since 1970; false unless the text is exactly one such time after 1970-01-01T00:00:00Z,
 * without a leap second. */
bool taskseal__parse_timestamp(const char *text, size_t len, uint64_t *time);

enum { TASKSEAL__TIMESTAMP_LEN = 20 };

/* Writes the one form of a time of 1 .. TASKSEAL_TIME_MAX, without a NUL. */
void taskseal__put_timestamp(char text[TASKSEAL__TIMESTAMP_LEN], uint64_t time);

#endif
