/* SPDX-License-Identifier: MIT */
#include "trial.h"

#include <string.h>

#include "calls.h"
#include "loop.h"

static bool failed(trial *t, const char *step, taskseal_err err)
{
    t->err = err;
    t->step = step;
    return err != TASKSEAL_OK;
}

/* ---- Synchronously -------------------------------------------------------------------------------------------- */

static taskseal_err ask(redisContext *redis, trial *t)
{
    redisReply *reply = redisCommand(redis, "LLEN {mail}:pending");
    bool answered = reply != NULL;
    t->wrong = t->wrong || (answered && reply->type != REDIS_REPLY_STATUS) ||
               answered != (taskseal_redis_error(redis) == TASKSEAL_OK);
    freeReplyObject(reply);
    return answered ? TASKSEAL_OK : taskseal_redis_error(redis);
}

/* After a command that failed the connection is made again, as an application does. */
static void use(redisContext *redis, trial *t)
{
    taskseal_error error;
    if (failed(t, "a command", ask(redis, t)))
        return;
    t->goodbyes[0] = calls.made[CALL_SEND] + 1;
    if (failed(t, "reconnect", taskseal_redis_reconnect(redis, &error)))
        return;
    (void)failed(t, "a command after reconnect", ask(redis, t));
}

trial trial_sync(const char *uri)
{
    trial t = {.err = TASKSEAL_OK};
    taskseal_error error = {TASKSEAL_OK, 0, ""};
    taskseal_redis_endpoint *endpoint = NULL;
    redisContext *redis = NULL;
    if (!failed(&t, "endpoint", taskseal_redis_endpoint_new(&endpoint, uri, &error)) &&
        !failed(&t, "connect", taskseal_redis_connect(endpoint, &redis, &error))) {
        t.accepted = true;
        use(redis, &t);
    }
    t.wrong = t.wrong || (endpoint == NULL && strcmp(t.step, "endpoint") != 0) || (redis != NULL) != t.accepted ||
              (!t.accepted && (error.code != t.err || error.message[0] == '\0'));
    t.goodbyes[1] = calls.made[CALL_SEND] + 1;
    redisFree(redis);
    taskseal_redis_endpoint_free(endpoint);
    return t;
}

/* ---- On an event loop ----------------------------------------------------------------------------------------- */

/* One connection. There is one at a time: hiredis's disconnect callback brings nothing of ours. */
typedef struct link {
    redisAsyncContext *redis; /* NULL before, and once it is gone */
    unsigned verified, disconnected, replies, nulls; /* calls */
    taskseal_err err;         /* why there is none, or why it ended */
    bool wrong;
} link;

static link now;
static void *loop; /* made once: its memory is the test's */

static void on_disconnect(const redisAsyncContext *redis, int status)
{
    now.disconnected++;
    now.err = taskseal_redis_error(&redis->c);
    now.wrong = now.wrong || redis != now.redis || (status == REDIS_OK) != (now.err == TASKSEAL_OK);
    now.redis = NULL;
}

static void on_verified(redisAsyncContext *redis, const taskseal_error *error, void *data)
{
    now.verified++;
    now.wrong = now.wrong || data != &now || (redis != NULL) == (error != NULL) ||
                (error != NULL && (error->code == TASKSEAL_OK || error->message[0] == '\0'));
    now.redis = redis;
    now.err = error != NULL ? error->code : TASKSEAL_OK;
    if (redis != NULL)
        now.wrong = redisAsyncSetDisconnectCallback(redis, on_disconnect) != REDIS_OK || now.wrong;
}

static void on_reply(redisAsyncContext *redis, void *reply, void *data)
{
    const redisReply *r = reply;
    now.replies += r != NULL;
    now.nulls += r == NULL;
    now.wrong = now.wrong || redis != now.redis || data != &now || (r != NULL && r->type != REDIS_REPLY_STATUS);
}

static taskseal_err connect_async(taskseal_redis_endpoint *endpoint)
{
    taskseal_error error = {TASKSEAL_OK, 0, ""};
    memset(&now, 0, sizeof now);
    taskseal_err err =
        taskseal_redis_connect_async(endpoint, loop_of_poll.attach, loop, on_verified, &now, NULL, &error);
    if (err != TASKSEAL_OK) {
        now.wrong = error.code != err || error.message[0] == '\0' || now.verified != 0;
        return err;
    }
    now.wrong = now.verified != 0; /* it is said in a later turn, never within the call */
    while (now.verified == 0)
        loop_of_poll.turn(loop);
    return now.err;
}

static taskseal_err ask_async(void)
{
    now.replies = now.nulls = 0;
    if (redisAsyncCommand(now.redis, on_reply, &now, "LLEN {mail}:pending") != REDIS_OK)
        return TASKSEAL_ERR_NO_MEMORY;
    while (now.replies + now.nulls == 0 || (now.nulls > 0 && now.disconnected == 0))
        loop_of_poll.turn(loop);
    return now.err; /* the end may follow on the reply at once */
}

/* What is called after this is not counted any more, so it is looked for here. */
static void end_async(trial *t)
{
    bool there = now.redis != NULL;
    redisAsyncFree(now.redis);
    for (int i = 0; i < 2; i++)
        loop_of_poll.turn(loop);
    t->wrong = t->wrong || now.wrong || now.verified > 1 || now.redis != NULL || now.replies + now.nulls > 1 ||
               (there && now.disconnected != 1) || now.disconnected > 1;
}

trial trial_async(const char *uri)
{
    trial t = {.err = TASKSEAL_OK};
    taskseal_error error = {TASKSEAL_OK, 0, ""};
    taskseal_redis_endpoint *endpoint = NULL;
    memset(&now, 0, sizeof now);
    if (loop == NULL)
        loop = loop_of_poll.make();
    if (!failed(&t, "endpoint", taskseal_redis_endpoint_new(&endpoint, uri, &error)) &&
        !failed(&t, "connect", connect_async(endpoint)) && !failed(&t, "a command", ask_async())) {
        t.goodbyes[0] = calls.made[CALL_SEND] + 1;
        end_async(&t);
        if (!failed(&t, "connect again", connect_async(endpoint)))
            (void)failed(&t, "a command again", ask_async());
    }
    t.probe = calls.made[CALL_RECV];
    t.accepted = t.step[0] == 'a' || strcmp(t.step, "connect again") == 0;
    t.goodbyes[1] = calls.made[CALL_SEND] + 1;
    end_async(&t);
    taskseal_redis_endpoint_free(endpoint);
    return t;
}
