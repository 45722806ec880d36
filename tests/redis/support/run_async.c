/* SPDX-License-Identifier: MIT
 * A scenario by taskseal_redis_connect_async: in a program, this takes the place of run_sync.c. */
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
        ck_assert_int_eq(
            redisAsyncCommand(client.redis, session_on_reply, &client, "LLEN {mail}:pending"), REDIS_OK);
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
