/* SPDX-License-Identifier: MIT
 * What an application does with a connection, with each call timed: connect, write, read back. One function for each kind
 * of client, so that a sweep of faults is the same for all of them. */
#ifndef TASKSEAL_TESTS_REDIS_ERRAND_H
#define TASKSEAL_TESTS_REDIS_ERRAND_H

#include <stdint.h>
#include <taskseal/redis.h>

#define ERRAND_PAYLOAD "Payload-canary-7c1f-0123456789-abcdefghijklmnopqrstuvwxyz-0123456789"

typedef struct errand {
    taskseal_err err;
    const char *step;   /* that failed, or "all" */
    int64_t longest_us; /* of any single call that has a deadline */
    bool wrong;         /* a reply came that the server did not send */
    char message[256];
} errand;

typedef struct errand_client {
    const char *name;
    /* Connects, sets and gets ERRAND_PAYLOAD under a key of its own. */
    void (*run)(taskseal_redis_endpoint *endpoint, void **connection, errand *s);
    /* The same on what `run` left, be it failed or NULL. */
    void (*run_again)(taskseal_redis_endpoint *endpoint, void **connection, errand *s);
    void (*end)(void *connection);
} errand_client;

extern const errand_client errand_sync, errand_async;

/* For the clients: the time, and how a step that began then went. */
int64_t errand_now_us(void);
void errand_note(errand *s, const char *step, int64_t begun, taskseal_err err);

#endif
