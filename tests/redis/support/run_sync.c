/* SPDX-License-Identifier: MIT
 * A synchronous client of a lab. */
#include <stdlib.h>
#include <string.h>

#include "failing.h"
#include "lab.h"

struct guest {
    taskseal_redis_endpoint *endpoint;
    redisContext *redis;
};

const char *const guest_kind = "synchronous";

guest *guest_new(const char *uri)
{
    taskseal_error error;
    guest *g = calloc(1, sizeof *g);
    ck_assert_ptr_nonnull(g);
    assert_ok(taskseal_redis_endpoint_new(&g->endpoint, uri, &error));
    return g;
}

taskseal_err guest_try(guest *g, taskseal_error *error)
{
    taskseal_err err = g->redis == NULL ? taskseal_redis_connect(g->endpoint, &g->redis, error)
                                        : taskseal_redis_reconnect(g->redis, error);
    ck_assert(g->redis == NULL || taskseal_redis_error(g->redis) == err);
    redisReply *reply = g->redis != NULL ? redisCommand(g->redis, "LLEN {mail}:pending") : NULL;
    ck_assert(reply == NULL || err == TASKSEAL_OK);
    if (err == TASKSEAL_OK && reply == NULL)
        err = taskseal_redis_error(g->redis);
    freeReplyObject(reply);
    return err;
}

void guest_free(guest *g)
{
    redisFree(g->redis);
    taskseal_redis_endpoint_free(g->endpoint);
    free(g);
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
