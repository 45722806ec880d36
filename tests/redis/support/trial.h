/* SPDX-License-Identifier: MIT
 * All that an application does with a connection, from making the endpoint to the end, while a call of the system may
 * fail (calls.h): synchronously, and on an event loop. */
#ifndef TASKSEAL_TESTS_REDIS_TRIAL_H
#define TASKSEAL_TESTS_REDIS_TRIAL_H

#include <stdbool.h>
#include <taskseal/redis.h>

typedef struct trial {
    taskseal_err err; /* of the first step that failed */
    const char *step;
    bool accepted;        /* a connection was made */
    bool wrong;           /* an output is not as it must be */
    unsigned goodbyes[2]; /* numbers of the sends that may be lost: the ends of connections */
    unsigned probe;       /* number of the recv, behind the last reply, that finds nothing more; 0: there is none */
} trial;

/* Endpoint, connect, a command, connect again, a command, the end; it goes no further than the first that fails. */
trial trial_sync(const char *uri);

/* The same on hiredis's poll adapter. Also wrong: a callback that is not called, or more than once. */
trial trial_async(const char *uri);

#endif
