/* SPDX-License-Identifier: MIT
 * Trust, shared by threads and endpoints: the newest usable state of the files that it is made of. */
#ifndef TASKSEAL_REDIS_TRUST_H
#define TASKSEAL_REDIS_TRUST_H

#include <openssl/ssl.h>

#include <taskseal/redis.h>

#include "uri.h"

typedef struct taskseal__trust taskseal__trust;

/* Loads the files. `sources` becomes the trust's, also on failure. TRUST_CONFIG, NO_MEMORY. */
TASKSEAL_MUST_USE taskseal_err taskseal__trust_new(taskseal__trust **out, taskseal__sources *sources,
                                                   const taskseal_redis_options *options,
                                                   taskseal_error *error);

taskseal__trust *taskseal__trust_retain(taskseal__trust *trust);
void taskseal__trust_release(taskseal__trust *trust); /* NULL is fine */

/* Looks at the files and loads them anew if they changed. A reference to what is to be used now, which is the old state
 * if the new one is of no use; freed with SSL_CTX_free. Never NULL. */
SSL_CTX *taskseal__trust_take(taskseal__trust *trust);

/* Looks at the files as well. TASKSEAL_OK if what they hold is in use, or why it is not. */
taskseal_err taskseal__trust_state(taskseal__trust *trust, taskseal_error *error);

/* What it demands beyond the files; lives as long as the trust. */
const taskseal__sources *taskseal__trust_sources(const taskseal__trust *trust);

#endif
