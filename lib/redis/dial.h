/* SPDX-License-Identifier: MIT
 * TCP connections under a deadline. */
#ifndef TASKSEAL_REDIS_DIAL_H
#define TASKSEAL_REDIS_DIAL_H

#include <netdb.h>

#include <taskseal/taskseal.h>

#include "deadline.h"

/* Connects to the first address that answers; *fd is the caller's: non-blocking, close-on-exec, TCP_NODELAY.
 * Addresses share the time, so that one that swallows packets leaves some for the next. `where` is "host:port"
 * for messages.
 *  CONNECT  the message says why the last one failed
 *  TIMEOUT */
TASKSEAL_MUST_USE taskseal_err taskseal__dial(const struct addrinfo *addresses, const char *where,
                                              taskseal__deadline deadline, int *fd, taskseal_error *error);

#endif
