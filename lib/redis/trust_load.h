/* SPDX-License-Identifier: MIT
 * The TLS configuration that a state of the trust files makes. */
#ifndef TASKSEAL_REDIS_TRUST_LOAD_H
#define TASKSEAL_REDIS_TRUST_LOAD_H

#include <openssl/ssl.h>

#include <taskseal/redis.h>

#include "uri.h"

/* Loads what `sources` names, and fixes everything else in code. TRUST_CONFIG, NO_MEMORY. */
TASKSEAL_MUST_USE taskseal_err taskseal__trust_load(SSL_CTX **out, const taskseal__sources *sources,
                                                    const taskseal_redis_options *options,
                                                    taskseal_error *error);

#endif
