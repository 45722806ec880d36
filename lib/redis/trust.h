/* SPDX-License-Identifier: MIT
 * The TLS configuration of an endpoint: one SSL_CTX for all its connections. */
#ifndef TASKSEAL_REDIS_TRUST_H
#define TASKSEAL_REDIS_TRUST_H

#include <openssl/ssl.h>

#include <taskseal/taskseal.h>

#include "uri.h"

/* Loads the CAs and the client certificate that `uri` names, and fixes everything else in code. TRUST_CONFIG,
 * NO_MEMORY. */
TASKSEAL_MUST_USE taskseal_err taskseal__trust_new(SSL_CTX **out, const taskseal__uri *uri,
                                                   taskseal_error *error);

#endif
