/* SPDX-License-Identifier: MIT */
#include "batch.h"

#include <stdio.h>
#include <string.h>

batch *batch_of(size_t count)
{
    static batch b;
    memset(&b, 0, sizeof b);
    for (size_t i = 0; i < count; i++) {
        (void)snprintf(b.ids[i], sizeof b.ids[i], "id-%zu", i);
        b.tasks[i] = queue_task(b.ids[i], "payload");
    }
    return &b;
}

taskseal_err batch_send(redisContext *redis, batch *b, size_t count)
{
    return taskseal_asynq_enqueue_batch(redis, b->tasks, count, b->results, &b->error);
}

size_t batch_count(const batch *b, size_t count, taskseal_asynq_outcome outcome)
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++)
        found += b->results[i].outcome == outcome;
    return found;
}
