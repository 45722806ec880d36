/* SPDX-License-Identifier: MIT
 * What a task comes to: all that is given checked, all that is not given decided, before anything is written. */
#ifndef TASKSEAL_ASYNQ_PLAN_H
#define TASKSEAL_ASYNQ_PLAN_H

#include <taskseal/asynq.h>

#include "message.h"

/* What an envelope of a group is bound to besides queue and type: this and the group's name. asynqseal knows it too. */
#define TASKSEAL__ASYNQ_GROUP_WORD "asynq group "

typedef enum taskseal__asynq_state {
    TASKSEAL__ASYNQ_PENDING,
    TASKSEAL__ASYNQ_SCHEDULED,
    TASKSEAL__ASYNQ_AGGREGATING
} taskseal__asynq_state;

/* Points into the task and into itself, so it is not to be copied. */
typedef struct taskseal__asynq_plan {
    taskseal__asynq_state state;
    uint64_t now; /* seconds */
    uint64_t now_ns;
    uint64_t due;                    /* seconds */
    taskseal__asynq_message message; /* without its unique key, which is written with the command's keys */
    char made_id[TASKSEAL_ASYNQ_ID_SIZE];        /* empty if the task has one */
    uint64_t lock_ttl;                           /* 0: not unique */
    char tag[2 * TASKSEAL_DEDUPE_TAG_BYTES + 1]; /* in hex, of a unique one */
    taskseal_bytes payload;                      /* as it was given */
    bool sealed;
    taskseal_seal_options seal; /* bound to all but the text of its group */
} taskseal__asynq_plan;

/* Errors as taskseal_asynq_size. */
TASKSEAL_MUST_USE taskseal_err taskseal__asynq_plan_task(const taskseal_asynq_task *task,
                                                         taskseal__asynq_plan *plan, taskseal_error *error);

/* "pending", "scheduled" or "aggregating". */
const char *taskseal__asynq_state_word(taskseal__asynq_state state);

#endif
