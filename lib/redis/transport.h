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
    /* Part of a redisAsyncContext: it never waits, and it keeps its socket until it is freed, because an event loop
     * watches that number. The rest is for this kind only. */
    bool asynchronous;
    bool received; /* the last read got something */
    bool wrote;    /* output has left since the time was looked at */
    bool
        read_wants_write; /* the last read, or write, could not go on until the socket takes, or has, something */
    bool write_wants_read;
    bool *freed; /* set to true when the context is freed; NULL: nobody asks */
} taskseal__transport;

/* What redisConnectWithOptions must be told for a context to install a transport in; `timeout` is filled in. */
redisOptions taskseal__transport_options(const taskseal_redis_endpoint *endpoint, struct timeval *timeout);

/* Puts a closed transport behind `context`, which is fresh: it refuses everything until taskseal__transport_opened, and
 * redisFree frees all. NULL if memory can't be had; then `context` is as it was. */
taskseal__transport *taskseal__transport_install(redisContext *context, taskseal_redis_endpoint *endpoint);

/* The transport of a context that one was installed in; NULL for any other. */
taskseal__transport *taskseal__transport_of(const redisContext *context);

/* How long a reply may take, as the context's owner set it last; 0: without end. */
int64_t taskseal__transport_patience_us(const redisContext *context);

/* Verified, logged in, and not failed or closed since, by hiredis neither. False for a foreign context. */
bool taskseal__transport_is_open(const redisContext *context);

/* Closes the connection and drops what is buffered in both directions. False if memory can't be had. */
bool taskseal__transport_reset(redisContext *context);

/* The transport's session is verified and logged in, over the context's `fd`: hiredis may use it. */
void taskseal__transport_opened(redisContext *context);

/* Closes the connection, unless it is asynchronous, and marks the context failed, in hiredis's terms too. */
void taskseal__transport_failed(redisContext *context, const taskseal_error *why);

#endif
