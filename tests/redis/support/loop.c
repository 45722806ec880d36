/* SPDX-License-Identifier: MIT
 * The chosen loop, and one over hiredis's poll adapter, which watches a single connection at a time. */
#include "loop.h"

#include <check.h>
#include <hiredis/adapters/poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { CONNECTIONS_MAX = 64 };

typedef struct polled {
    redisAsyncContext *connections[CONNECTIONS_MAX]; /* NULL: free */
} polled;

static void *make(void)
{
    return calloc(1, sizeof(polled));
}

static void forget(void *slot)
{
    *(redisAsyncContext **)slot = NULL;
}

static int attach(redisAsyncContext *redis, void *loop)
{
    polled *p = loop;
    for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
        if (p->connections[i] == NULL) {
            if (redisPollAttach(redis) != REDIS_OK)
                return REDIS_ERR;
            p->connections[i] = redis;
            redis->data = &p->connections[i];
            redis->dataCleanup = forget;
            return REDIS_OK;
        }
    }
    return REDIS_ERR;
}

static void turn(void *loop)
{
    static const struct timespec pause = {.tv_nsec = 1000000};
    const polled *p = loop;
    int handled = 0;
    for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
        if (p->connections[i] != NULL)
            handled |= redisPollTick(p->connections[i], 0);
    }
    if (handled == 0)
        (void)nanosleep(&pause, NULL);
}

static void end(void *loop)
{
    const polled *p = loop;
    for (size_t i = 0; i < CONNECTIONS_MAX; i++)
        ck_assert_ptr_null(p->connections[i]);
    free(loop);
}

const loop_kind loop_of_poll = {"poll", make, attach, turn, end};

const loop_kind *loop_asked_for(void)
{
    static const loop_kind *const kinds[] = {
        &loop_of_poll,
#ifdef WITH_LIBEVENT
        &loop_of_libevent,
#endif
#ifdef WITH_LIBUV
        &loop_of_libuv,
#endif
    };
    const char *name = getenv("TASKSEAL_TEST_LOOP");
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strcmp(kinds[i]->name, name != NULL ? name : "poll") == 0)
            return kinds[i];
    }
    ck_abort_msg("TASKSEAL_TEST_LOOP names no loop of this build: %s", name);
    return NULL;
}
