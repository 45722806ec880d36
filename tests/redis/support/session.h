/* SPDX-License-Identifier: MIT
 * What an application does with a connection, with each call timed: connect, write, read back. One function for each kind
 * of client, so that a sweep of faults is the same for all of them. */
#ifndef TASKSEAL_TESTS_REDIS_SESSION_H
#define TASKSEAL_TESTS_REDIS_SESSION_H

#include <stdint.h>
#include <taskseal/redis.h>

#define SESSION_PAYLOAD "Payload-canary-7c1f-0123456789-abcdefghijklmnopqrstuvwxyz-0123456789"

typedef struct session {
    taskseal_err err;
    const char *step;   /* that failed, or "all" */
    int64_t longest_us; /* of any single call that has a deadline */
    bool wrong;         /* a reply came that the server did not send */
    char message[256];
} session;

typedef struct session_client {
    const char *name;
    /* Connects, sets and gets SESSION_PAYLOAD under a key of its own. */
    void (*run)(taskseal_redis_endpoint *endpoint, void **connection, session *s);
    /* The same on what `run` left, be it failed or NULL. */
    void (*run_again)(taskseal_redis_endpoint *endpoint, void **connection, session *s);
    void (*end)(void *connection);
} session_client;

extern const session_client session_sync;

#endif
