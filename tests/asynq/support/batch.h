/* SPDX-License-Identifier: MIT
 * A batch of tasks in the queue `mail`, with the ids id-0, id-1 ... */
#ifndef ASYNQ_SUPPORT_BATCH_H
#define ASYNQ_SUPPORT_BATCH_H

#include "queue.h"

enum { MANY = 300 /* more than two windows */ };

typedef struct batch {
    taskseal_asynq_task tasks[MANY];
    taskseal_asynq_result results[MANY];
    char ids[MANY][16];
    taskseal_error error;
} batch;

/* Of this many; valid until the next call. */
batch *batch_of(size_t count);

taskseal_err batch_send(redisContext *redis, batch *b, size_t count);

/* How many have this outcome. */
size_t batch_count(const batch *b, size_t count, taskseal_asynq_outcome outcome);

#endif
