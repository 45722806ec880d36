/* SPDX-License-Identifier: MIT
 * An asynchronous client of a lab: in a program, this takes the place of run_sync.c. */
#include <stdlib.h>
#include <string.h>

#include "failing.h"
#include "session.h"

struct guest {
    taskseal_redis_endpoint *endpoint;
    session s;
};

const char *const guest_kind = "asynchronous";

guest *guest_new(const char *uri)
{
    taskseal_error error;
    guest *g = calloc(1, sizeof *g);
    ck_assert_ptr_nonnull(g);
    assert_ok(taskseal_redis_endpoint_new(&g->endpoint, uri, &error));
    g->s = session_new();
    return g;
}

/* By the loop that it has, from nothing. */
static void reset(guest *g)
{
    redisAsyncFree(g->s.redis);
    ck_assert_ptr_null(g->s.redis);
    g->s = session_beside(&g->s);
}

taskseal_err guest_try(guest *g, taskseal_error *error)
{
    session *s = &g->s;
    reset(g);
    s->err = session_begin_at(s, g->endpoint);
    if (s->err == TASKSEAL_OK)
        session_wait(s);
    *error = s->error;
    if (s->redis == NULL)
        return s->err;
    assert_ok(s->err);
    ck_assert_int_eq(redisAsyncCommand(s->redis, session_on_reply, s, "LLEN {mail}:pending"), REDIS_OK);
    while (s->replies + s->nulls == 0 || (s->nulls > 0 && s->disconnected == 0))
        s->kind->turn(s->loop);
    ck_assert_uint_eq(s->replies + s->nulls, 1);
    return s->nulls > 0 ? s->failure : TASKSEAL_OK;
}

void guest_free(guest *g)
{
    session_end(&g->s);
    taskseal_redis_endpoint_free(g->endpoint);
    free(g);
    session_wait_for_threads();
}

typedef struct attempt {
    bool called;
    taskseal_err err;
    redisAsyncContext *redis;
} attempt;

static void on_verified(redisAsyncContext *redis, const taskseal_error *error, void *data)
{
    attempt *a = data;
    ck_assert(!a->called);
    *a = (attempt){true, error != NULL ? error->code : TASKSEAL_OK, redis};
}

taskseal_err connect_failing(taskseal_redis_endpoint *endpoint, long fail_at, bool *verified)
{
    taskseal_error error;
    taskseal_redis_peer peer;
    attempt a = {false, TASKSEAL_OK, NULL};
    session s = session_new();
    failing_begin(fail_at);
    a.err = taskseal_redis_connect_async(endpoint, s.kind->attach, s.loop, on_verified, &a, NULL, &error);
    while (a.err == TASKSEAL_OK && !a.called)
        s.kind->turn(s.loop);
    failing_end();
    ck_assert_int_eq(a.redis != NULL, a.err == TASKSEAL_OK);
    *verified = a.redis != NULL && taskseal_redis_peer_info(&a.redis->c, &peer) == TASKSEAL_OK &&
                strcmp(peer.matched_name, "localhost") == 0;
    redisAsyncFree(a.redis);
    session_end(&s);
    return a.err;
}
