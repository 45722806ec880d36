/* SPDX-License-Identifier: MIT
 * A scenario by taskseal_redis_connect. */
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
