/* SPDX-License-Identifier: MIT
 * Event loops as applications have them, by hiredis's own adapters, so that each test is written once. */
#ifndef TASKSEAL_TESTS_REDIS_LOOP_H
#define TASKSEAL_TESTS_REDIS_LOOP_H

#include <taskseal/redis_async.h>

typedef struct loop_kind {
    const char *name;
    void *(*make)(void);
    taskseal_redis_attach *attach;
    void (*turn)(void *loop); /* waits for events, a few milliseconds at most, and handles them */
    void (*end)(void *loop);  /* asserts that nothing is left in it */
} loop_kind;

extern const loop_kind loop_of_poll;
extern const loop_kind loop_of_libevent;
extern const loop_kind loop_of_libuv;

/* The one that TASKSEAL_TEST_LOOP names: poll, libevent or libuv; poll if it isn't set. */
const loop_kind *loop_asked_for(void);

#endif
