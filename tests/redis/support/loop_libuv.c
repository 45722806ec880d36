/* SPDX-License-Identifier: MIT */
#include "loop.h"

#include <check.h>
#include <hiredis/adapters/libuv.h>
#include <stdlib.h>

enum { TICK_MS = 10 };

typedef struct uv {
    uv_loop_t loop;
    uv_timer_t tick;
} uv;

static void do_nothing(uv_timer_t *timer)
{
    (void)timer;
}

static void *make(void)
{
    uv *u = calloc(1, sizeof *u);
    ck_assert_ptr_nonnull(u);
    ck_assert_int_eq(uv_loop_init(&u->loop), 0);
    ck_assert_int_eq(uv_timer_init(&u->loop, &u->tick), 0);
    ck_assert_int_eq(uv_timer_start(&u->tick, do_nothing, TICK_MS, TICK_MS), 0);
    return u;
}

static int attach(redisAsyncContext *redis, void *loop)
{
    uv *u = loop;
    return redisLibuvAttach(redis, &u->loop);
}

static void turn(void *loop)
{
    uv *u = loop;
    (void)uv_run(&u->loop, UV_RUN_ONCE);
}

/* Handles are closed in the loop's next turn. */
static void end(void *loop)
{
    uv *u = loop;
    uv_close((uv_handle_t *)&u->tick, NULL);
    (void)uv_run(&u->loop, UV_RUN_NOWAIT);
    (void)uv_run(&u->loop, UV_RUN_NOWAIT);
    ck_assert_int_eq(uv_loop_close(&u->loop), 0);
    free(u);
}

const loop_kind loop_of_libuv = {"libuv", make, attach, turn, end};
