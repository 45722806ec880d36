/* SPDX-License-Identifier: MIT
 * Who we are: the client's certificate and its key. */
#ifndef TASKSEAL_REDIS_CLIENT_H
#define TASKSEAL_REDIS_CLIENT_H

#include <openssl/ssl.h>

#include <taskseal/redis.h>

#include "library.h"

/* Loads the PEM files into `tls`, asking options->passphrase if the key is encrypted, and never a terminal.
 * TRUST_CONFIG, NO_MEMORY. */
TASKSEAL_MUST_USE taskseal_err taskseal__client_load(SSL_CTX *tls, const taskseal__library *library,
                                                     const char *cert, const char *key,
                                                     const taskseal_redis_options *options,
                                                     taskseal_error *error);

#endif
