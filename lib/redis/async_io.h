/* SPDX-License-Identifier: MIT
 * What an event loop's events do to an asynchronous context of ours. */
#ifndef TASKSEAL_REDIS_ASYNC_IO_H
#define TASKSEAL_REDIS_ASYNC_IO_H

#include <hiredis/async.h>

#include "transport.h"

/* A context with a closed transport and no event loop; NULL if memory can't be had. redisAsyncFree frees all. */
redisAsyncContext *taskseal__async_new(taskseal_redis_endpoint *endpoint);

/* The session is verified and logged in, and an event loop attached: begins to listen. */
void taskseal__async_opened(redisAsyncContext *redis);

#endif
