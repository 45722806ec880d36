/* SPDX-License-Identifier: MIT
 * The command that enqueues a planned task. */
#ifndef TASKSEAL_ASYNQ_COMMAND_H
#define TASKSEAL_ASYNQ_COMMAND_H

#include "plan.h"

/* The room that the command needs. */
size_t taskseal__asynq_command_size(const taskseal__asynq_plan *plan);

/* Seals, and writes the command to `buffer`, which has that room. Errors of taskseal_seal. */
TASKSEAL_MUST_USE taskseal_err taskseal__asynq_command_write(const taskseal__asynq_plan *plan, void *buffer,
                                                             taskseal_asynq_command *command,
                                                             taskseal_error *error);

#endif
