/* SPDX-License-Identifier: MIT
 * A scenario by taskseal_redis_connect. */
#include <string.h>

#include "failing.h"
#include "lab.h"

outcome scenario_run(const scenario *s)
{
    outcome o = {.err = TASKSEAL_OK};
    redisContext *redis = NULL;
    lab l = lab_start(s, 0);
    o.err = lab_connect(&l, &redis, &o.error);
    if (o.err == TASKSEAL_OK) {
        redisReply *reply = redisCommand(redis, "LLEN {mail}:pending");
        if (reply == NULL)
            o.err = taskseal_redis_error(redis);
        freeReplyObject(reply);
    }
    redisFree(redis);
    o.seen = server_stop(l.server);
    return o;
}

taskseal_err connect_failing(taskseal_redis_endpoint *endpoint, long fail_at, bool *verified)
{
    taskseal_error error;
    redisContext *redis = NULL;
    taskseal_redis_peer peer;
    failing_begin(fail_at);
    taskseal_err err = taskseal_redis_connect(endpoint, &redis, &error);
    failing_end();
    *verified = err == TASKSEAL_OK && taskseal_redis_peer_info(redis, &peer) == TASKSEAL_OK &&
                strcmp(peer.matched_name, "localhost") == 0;
    redisFree(redis);
    return err;
}
