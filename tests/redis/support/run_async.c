/* SPDX-License-Identifier: MIT
 * A scenario by taskseal_redis_connect_async: in a program, this takes the place of run_sync.c. */
#include <string.h>

#include "failing.h"
#include "session.h"

outcome scenario_run(const scenario *s)
{
    outcome o = {.err = TASKSEAL_OK};
    session client = session_new();
    lab l = lab_start(s, 0);
    if (session_begin(&client, l.uri) == TASKSEAL_OK)
        session_wait(&client);
    ck_assert_int_eq(client.redis != NULL, client.err == TASKSEAL_OK);
    o.err = client.err;
    o.error = client.error;
    if (client.redis != NULL) {
        ck_assert_int_eq(redisAsyncCommand(client.redis, session_on_reply, &client, "LLEN {mail}:pending"),
                         REDIS_OK);
        while (client.replies + client.nulls == 0)
            client.kind->turn(client.loop);
        if (client.nulls > 0)
            o.err = client.failure;
    }
    session_end(&client);
    o.seen = server_stop(l.server);
    session_wait_for_threads();
    return o;
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
