/* SPDX-License-Identifier: MIT
 * From an endpoint to a session that is verified and logged in. */
#ifndef TASKSEAL_REDIS_CONNECT_H
#define TASKSEAL_REDIS_CONNECT_H

#include "transport.h"

/* Resolves, connects, shakes hands, verifies and logs in, all under one deadline, and waits for it. `transport` is
 * closed, and `reader` fresh; no context is touched, so that any thread may do it. On failure *why is filled in, and
 * the session may be open still: it goes with the transport. Errors as taskseal_redis_connect. */
TASKSEAL_MUST_USE taskseal_err taskseal__connect(taskseal__transport *transport, redisReader *reader,
                                                 taskseal_error *why);

#endif
