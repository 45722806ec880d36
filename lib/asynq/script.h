/* SPDX-License-Identifier: MIT
 * The script that enqueues, and the name by which servers know it. */
#ifndef TASKSEAL_ASYNQ_SCRIPT_H
#define TASKSEAL_ASYNQ_SCRIPT_H

#include <stddef.h>

extern const char taskseal__asynq_script[];
extern const size_t taskseal__asynq_script_len;
extern const char taskseal__asynq_script_sha1[]; /* in hex */

#endif
