/* SPDX-License-Identifier: MIT
 * Tasks of the tests, and what becomes of them without a server. */
#ifndef TASKSEAL_TESTS_ASYNQ_TASK_H
#define TASKSEAL_TESTS_ASYNQ_TASK_H

#include <taskseal/asynq.h>

#include "../../core/support/support.h"

#define TEXT(literal) ((taskseal_bytes){"" literal, sizeof literal - 1})

/* One that is fine; its keyring has a KEK and a dedupe key. */
taskseal_asynq_task task_of(taskseal_seal_options *seal);

/* Makes the command in a buffer of exactly its size. */
void assert_prepared(const taskseal_asynq_task *task, taskseal_asynq_command *command);

/* Also asserts that `words` are in the message, and the payload is not. */
void assert_refused(const taskseal_asynq_task *task, taskseal_err expected, const char *words);

#endif
