/* SPDX-License-Identifier: MIT
 *
 * Where a queue of Asynq is: on a single server there; of a cluster on the node that has the slot of {QUEUE}. The list
 * of queues, asynq:queues, is in a slot of its own.
 */
#ifndef QUEUE_NODE_H
#define QUEUE_NODE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <taskseal/asynq.h>
#include <taskseal/redis.h>

/* Connects to the server that has `key`. Any node of a cluster says which one that is: "MOVED SLOT HOST:PORT". That one
 * must prove itself as `endpoint` wants it: with `name` in its URI, all nodes by one name. */
static inline taskseal_err connect_for_key(taskseal_redis_endpoint *endpoint, taskseal_bytes key,
                                           redisContext **out, taskseal_error *error)
{
    taskseal_redis_endpoint *node = NULL;
    int at = 0;
    taskseal_err err = taskseal_redis_connect(endpoint, out, error);
    if (err != TASKSEAL_OK)
        return err;
    redisReply *reply = redisCommand(*out, "EXISTS %b", key.data, key.len);
    if (reply != NULL && reply->type == REDIS_REPLY_ERROR)
        (void)sscanf(reply->str, "MOVED %*u %n", &at);
    char *colon = at > 0 ? strrchr(reply->str + at, ':') : NULL; /* an IPv6 address has others before it */
    if (colon != NULL) {
        *colon = '\0';
        redisFree(*out);
        *out = NULL;
        err = taskseal_redis_endpoint_for(&node, endpoint, reply->str + at,
                                          (unsigned)strtoul(colon + 1, NULL, 10), error);
        if (err == TASKSEAL_OK)
            err = taskseal_redis_connect(node, out, error);
        taskseal_redis_endpoint_free(node);
    }
    freeReplyObject(reply);
    return err;
}

static inline taskseal_err list_queue(redisContext *redis, taskseal_bytes queue, taskseal_error *error)
{
    redisReply *reply = redisCommand(redis, "SADD asynq:queues %b", queue.data, queue.len);
    const taskseal_err err = taskseal_redis_reply_error(reply);
    freeReplyObject(reply);
    if (err == TASKSEAL_OK)
        return err;
    error->code = err;
    (void)snprintf(error->message, sizeof error->message, "SADD asynq:queues: %s", taskseal_err_text(err));
    return err;
}

/* A connection on which `task`, which names its queue, can be enqueued, and others of this queue; its queue is listed
 * from then on. Another queue may be on another node. */
static inline taskseal_err connect_for_queue(taskseal_redis_endpoint *endpoint, taskseal_asynq_task *task,
                                             redisContext **out, taskseal_error *error)
{
    redisContext *list = NULL;
    const size_t size = task->queue.len + sizeof "asynq:{}:pending";
    char *key = malloc(size);
    if (key == NULL) {
        *error = (taskseal_error){.code = TASKSEAL_ERR_NO_MEMORY, .message = "no memory for a key"};
        return TASKSEAL_ERR_NO_MEMORY;
    }
    const int len =
        snprintf(key, size, "asynq:{%.*s}:pending", (int)task->queue.len, (const char *)task->queue.data);
    taskseal_err err = connect_for_key(endpoint, taskseal_str("asynq:queues"), &list, error);
    if (err == TASKSEAL_OK)
        err = list_queue(list, task->queue, error);
    redisFree(list);
    if (err == TASKSEAL_OK)
        err = connect_for_key(endpoint, (taskseal_bytes){key, (size_t)len}, out, error);
    free(key);
    task->flags |= TASKSEAL_ASYNQ_QUEUE_LISTED;
    return err;
}

#endif
