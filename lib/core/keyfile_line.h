/* SPDX-License-Identifier: MIT
 * Writing the lines of a key file. */
#ifndef TASKSEAL_CORE_KEYFILE_LINE_H
#define TASKSEAL_CORE_KEYFILE_LINE_H

#include <taskseal/taskseal.h>

/* Where the next byte goes. What does not fit is not written, and `full` says so. */
typedef struct taskseal__writer {
    char *at;
    size_t left;
    bool full;
} taskseal__writer;

void taskseal__write_bytes(taskseal__writer *writer, const char *bytes, size_t len);

/* Writes the line of a key, with its LF. Its secret is what `key` has, or, if that is NULL, `secret` as it is to
 * stand there. */
void taskseal__write_key(taskseal__writer *writer, const taskseal_key *key, const char *secret);

#endif
