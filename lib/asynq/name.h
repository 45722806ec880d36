/* SPDX-License-Identifier: MIT
 * Names as Asynq can store and decode them. */
#ifndef TASKSEAL_ASYNQ_NAME_H
#define TASKSEAL_ASYNQ_NAME_H

#include <taskseal/asynq.h>

/* True if all of it is well-formed UTF-8 (Unicode, table 3-7); else *at is where it is not. */
bool taskseal__utf8_valid(taskseal_bytes text, size_t *at);

/* BAD_ARGUMENT unless `name` has at most `max` bytes, is UTF-8 and holds more than white space. The message calls it
 * `what`. */
TASKSEAL_MUST_USE taskseal_err taskseal__asynq_name(taskseal_bytes name, const char *what, size_t max,
                                                    taskseal_error *error);

/* taskseal__asynq_name, for a queue: without '}'. In a key it would end the hash tag, or make of one queue's key
 * another queue's. */
TASKSEAL_MUST_USE taskseal_err taskseal__asynq_queue(taskseal_bytes queue, taskseal_error *error);

#endif
