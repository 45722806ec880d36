/* SPDX-License-Identifier: MIT
 * Words from outside, made fit for messages. */
#ifndef TASKSEAL_REDIS_TEXT_H
#define TASKSEAL_REDIS_TEXT_H

#include <stddef.h>

/* Copies `len` bytes into `out` (`cap` >= 4, with its NUL): what is not printable ASCII becomes '?', and what
 * does not fit ends in "...". Servers and certificates choose such bytes, logs and terminals obey them. */
void taskseal__printable(char *out, size_t cap, const char *text, size_t len);

/* As taskseal__printable, behind what `out` holds already. */
void taskseal__printable_append(char *out, size_t cap, const char *text, size_t len);

#endif
