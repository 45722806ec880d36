/* SPDX-License-Identifier: MIT
 * Name resolution that keeps a deadline, which getaddrinfo has none of. */
#ifndef TASKSEAL_REDIS_RESOLVE_H
#define TASKSEAL_REDIS_RESOLVE_H

#include <netdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/types.h>

#include <taskseal/taskseal.h>

#include "deadline.h"

/* One call of getaddrinfo in a thread of its own. It has as many owners as hold a reference, the thread among
 * them, and the last one frees it: whoever gives up at the deadline leaves nothing dangling. */
typedef struct taskseal__lookup taskseal__lookup;

/* Where a lookup is shared: callers that ask while one is under way, an abandoned one too, wait for that one.
 * So a dead name server costs one thread per resolver, however often callers retry. A child of fork has none of
 * these threads and starts anew. */
typedef struct taskseal__resolver {
    _Atomic pid_t process; /* whose threads and locks these are; negative: that process is taking it over */
    pthread_mutex_t lock;
    taskseal__lookup *under_way; /* guarded by lock; holds a reference */
} taskseal__resolver;

TASKSEAL_MUST_USE taskseal_err taskseal__resolver_init(taskseal__resolver *resolver);
void taskseal__resolver_destroy(taskseal__resolver *resolver);

/* On success *lookup is the caller's reference and holds at least one address. Numeric hosts take no thread.
 * `host` and `port` must be the same in every call for one resolver.
 *  RESOLVE  the message says what the resolver said
 *  TIMEOUT, NO_MEMORY */
TASKSEAL_MUST_USE taskseal_err taskseal__resolve(taskseal__resolver *resolver, const char *host,
                                                 const char *port, taskseal__deadline deadline,
                                                 taskseal__lookup **lookup, taskseal_error *error);

/* The addresses, in the order to try them; live as long as the reference. */
const struct addrinfo *taskseal__lookup_addresses(const taskseal__lookup *lookup);

/* Gives a reference back; NULL is fine. */
void taskseal__lookup_release(taskseal__lookup *lookup);

#endif
