/* SPDX-License-Identifier: MIT */
#include "loop.h"

#include <check.h>
#include <hiredis/adapters/libevent.h>

static void *make(void)
{
    struct event_base *base = event_base_new();
    ck_assert_ptr_nonnull(base);
    return base;
}

static int attach(redisAsyncContext *redis, void *loop)
{
    return redisLibeventAttach(redis, loop);
}

static void turn(void *loop)
{
    static const struct timeval tick = {.tv_usec = 10000};
    (void)event_base_loopexit(loop, &tick);
    (void)event_base_loop(loop, EVLOOP_ONCE);
}

/* The ticks that are left are libevent's own. */
static int is_ours(const struct event_base *base, const struct event *event, void *unused)
{
    (void)base;
    (void)unused;
    return event_get_fd(event) >= 0;
}

static void end(void *loop)
{
    ck_assert_int_eq(event_base_foreach_event(loop, is_ours, NULL), 0);
    event_base_free(loop);
}

const loop_kind loop_of_libevent = {"libevent", make, attach, turn, end};
