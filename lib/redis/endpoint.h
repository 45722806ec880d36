/* SPDX-License-Identifier: MIT
 * What all connections of an endpoint share. Immutable but for the reference count and the resolver. */
#ifndef TASKSEAL_REDIS_ENDPOINT_H
#define TASKSEAL_REDIS_ENDPOINT_H

#include <stdatomic.h>

#include <taskseal/redis.h>

#include "login.h"
#include "resolve.h"
#include "uri.h"

struct taskseal_redis_endpoint {
    atomic_uint references;              /* one of the caller's, one of each context */
    taskseal__uri uri;                   /* without credentials */
    char where[TASKSEAL__HOST_MAX + 16]; /* "host:port" */
    taskseal__login login;
    taskseal__resolver resolver;
    SSL_CTX *tls;
};

taskseal_redis_endpoint *taskseal__endpoint_retain(taskseal_redis_endpoint *endpoint);

#endif
