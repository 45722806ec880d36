/* SPDX-License-Identifier: MIT
 * What the server answered. */
#ifndef TASKSEAL_ASYNQ_ANSWER_H
#define TASKSEAL_ASYNQ_ANSWER_H

#include <taskseal/asynq.h>
#include <taskseal/redis.h>

/* True if the server does not know the script: it has run nothing, and wants taskseal_asynq_with_script. */
bool taskseal__asynq_wants_script(const redisReply *reply);

/* Of the script. No byte of the reply is in the message, for servers quote what they were sent. SERVER_BUSY,
 * NO_PERMISSION, AUTH_REFUSED, SERVER_ERROR (refused), IO (in doubt). */
taskseal_err taskseal__asynq_read(const redisReply *reply, taskseal_asynq_outcome *outcome,
                                  taskseal_error *error);

/* Of SADD asynq:queues. The errors are the same. */
taskseal_err taskseal__asynq_read_listed(const redisReply *reply, taskseal_error *error);

/* Why the connection failed; never OK. */
taskseal_err taskseal__asynq_lost(const redisContext *redis, taskseal_error *error);

#endif
