/* SPDX-License-Identifier: MIT
 * What stands behind a redisContext of ours: its table of functions, by which hiredis reads, writes and closes. */
#ifndef TASKSEAL_REDIS_TRANSPORT_H
#define TASKSEAL_REDIS_TRANSPORT_H

#include "endpoint.h"
#include "limits.h"
#include "tls.h"

typedef struct taskseal__transport {
    /* The context's `funcs` points here, which is how the transport is found again: hiredis forgets `privctx` in
     * redisReconnect, and `privdata` belongs to the application. */
    redisContextFuncs functions;
    taskseal_redis_endpoint *endpoint; /* a reference */
    taskseal__tls tls;
    taskseal__limits limits;
    uint64_t awaited;     /* the reply that tls.deadline is for, as next_reply counts; 0: none */
    taskseal_err failure; /* of the last operation; TASKSEAL_OK while the connection works */
} taskseal__transport;

/* A redisContext with a closed transport, which refuses everything until taskseal__transport_opened; NULL if memory
 * can't be had. redisFree frees all. */
redisContext *taskseal__transport_new(taskseal_redis_endpoint *endpoint);

/* The transport of a context that taskseal__transport_new made; NULL for any other. */
taskseal__transport *taskseal__transport_of(const redisContext *context);

/* Verified, logged in, and not failed or closed since, by hiredis neither. False for a foreign context. */
bool taskseal__transport_is_open(const redisContext *context);

/* Closes the connection and drops what is buffered in both directions. False if memory can't be had. */
bool taskseal__transport_reset(redisContext *context);

/* The transport's session is verified and logged in, over the context's `fd`: hiredis may use it. */
void taskseal__transport_opened(redisContext *context);

/* Closes the connection and marks the context failed, in hiredis's terms too. */
void taskseal__transport_failed(redisContext *context, const taskseal_error *why);

#endif
