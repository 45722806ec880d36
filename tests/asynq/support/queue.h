/* SPDX-License-Identifier: MIT
 * Tasks of the tests, and a real server that they go to. */
#ifndef TASKSEAL_TESTS_ASYNQ_QUEUE_H
#define TASKSEAL_TESTS_ASYNQ_QUEUE_H

#include <taskseal/asynq.h>

#include "../../redis/support/real_client.h"

#define WORKER "worker:" PASSWORD "@"

/* For `running`: a server with the user `worker`, and with `settings`, further lines of its configuration. */
void queue_start_with(const char *settings);
void queue_start(void);

/* An empty server, and a connection to it. */
redisContext *queue_empty(void);

/* In the queue `mail`, sealed with a keyring that lives as long as the process. */
taskseal_asynq_task queue_task(const char *id, const char *payload);

/* All that the server holds: keys, values, and when they end. */
typedef struct held {
    uint8_t hash[32];
} held;
held held_by(redisContext *redis);
void assert_holds(redisContext *redis, held before);

/* Enqueues it and asserts what becomes of it, and that nothing is written unless it is queued. */
void assert_enqueued(redisContext *redis, const taskseal_asynq_task *task, taskseal_asynq_outcome expected);

/* Asserts that it is refused so, that `words` are in the message, and that nothing is written. */
void assert_refused_by_server(redisContext *redis, const taskseal_asynq_task *task, taskseal_err expected,
                              const char *words);

/* The number that a command answers. */
long long number_of(redisContext *redis, const char *command);

/* True if the task is in the queue `mail` and waits; asserts that its hash is there exactly if a list names it once. */
bool is_queued(redisContext *redis, const char *id);

#endif
