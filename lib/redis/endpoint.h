/* SPDX-License-Identifier: MIT
 * What all connections of an endpoint share. Immutable but for the reference count, the resolver and
 * the trust. */
#ifndef TASKSEAL_REDIS_ENDPOINT_H
#define TASKSEAL_REDIS_ENDPOINT_H

#include <stdatomic.h>

#include <taskseal/redis.h>

#include "login.h"
#include "resolve.h"
#include "trust.h"
#include "uri.h"

struct taskseal_redis_endpoint {
    atomic_uint references;              /* one of the caller's, one of each context */
    taskseal_redis_endpoint *base;       /* a reference; whose login this one's is. NULL: its own */
    taskseal__uri uri;                   /* without credentials and sources of trust */
    char where[TASKSEAL__HOST_MAX + 16]; /* "host:port" */
    taskseal__login login;
    taskseal__resolver resolver;
    taskseal__trust *trust; /* a reference */
};

taskseal_redis_endpoint *taskseal__endpoint_retain(taskseal_redis_endpoint *endpoint);

#endif
