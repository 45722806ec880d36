/* SPDX-License-Identifier: MIT
 * The errand on an event loop: hiredis's poll adapter, a loop for each connection. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "errand.h"
#include "loop.h"

typedef struct runner {
    void *loop;
    redisAsyncContext *redis; /* NULL: there is none, or it is gone */
    unsigned verified, disconnected, replied; /* calls */
    taskseal_err err; /* of the connect, or why it ended */
    errand *s;
    int type; /* of the reply that is right */
    const char *expected;
} runner;

/* The one whose loop this thread turns: hiredis's disconnect callback brings nothing of ours. */
static _Thread_local runner *turning;

static void on_disconnect(const redisAsyncContext *redis, int status)
{
    runner *r = turning;
    r->disconnected++;
    r->err = taskseal_redis_error(&redis->c);
    (void)snprintf(r->s->message, sizeof r->s->message, "%s", redis->c.errstr);
    r->s->wrong = r->s->wrong || (status == REDIS_OK) != (r->err == TASKSEAL_OK);
    r->redis = NULL;
}

static void on_verified(redisAsyncContext *redis, const taskseal_error *error, void *data)
{
    runner *r = data;
    r->verified++;
    r->redis = redis;
    r->err = error != NULL ? error->code : TASKSEAL_OK;
    (void)snprintf(r->s->message, sizeof r->s->message, "%.255s", error != NULL ? error->message : "");
    r->s->wrong = r->s->wrong || (redis != NULL) != (r->err == TASKSEAL_OK) ||
                  (redis != NULL && redisAsyncSetDisconnectCallback(redis, on_disconnect) != REDIS_OK);
}

static void on_reply(redisAsyncContext *redis, void *reply, void *data)
{
    runner *r = data;
    const redisReply *got = reply;
    r->replied++;
    (void)redis;
    if (got != NULL)
        r->s->wrong = r->s->wrong || got->type != r->type || strcmp(got->str, r->expected) != 0;
    else
        r->expected = NULL;
}

static bool command(runner *r, const char *step, const char *words, int type, const char *expected)
{
    int64_t begun = errand_now_us();
    r->replied = 0;
    r->type = type;
    r->expected = expected;
    if (redisAsyncCommand(r->redis, on_reply, r, words) != REDIS_OK)
        r->s->wrong = true;
    while (!r->s->wrong && (r->replied == 0 || (r->expected == NULL && r->disconnected == 0)))
        loop_of_poll.turn(r->loop);
    r->s->wrong = r->s->wrong || r->replied != 1 || r->disconnected > 1;
    errand_note(r->s, step, begun, r->err);
    return r->err == TASKSEAL_OK && !r->s->wrong;
}

static void run(taskseal_redis_endpoint *endpoint, void **connection, errand *s)
{
    taskseal_error error = {TASKSEAL_OK, 0, ""};
    runner *r = *connection != NULL ? *connection : calloc(1, sizeof *r);
    if (r == NULL)
        abort();
    void *loop = r->loop != NULL ? r->loop : loop_of_poll.make();
    redisAsyncFree(r->redis);
    *r = (runner){.loop = loop, .s = s};
    *connection = turning = r;
    memset(s, 0, sizeof *s);
    int64_t begun = errand_now_us();
    r->err = taskseal_redis_connect_async(endpoint, loop_of_poll.attach, r->loop, on_verified, r, NULL, &error);
    while (r->err == TASKSEAL_OK && r->verified == 0)
        loop_of_poll.turn(r->loop);
    errand_note(s, "connect", begun, r->err);
    s->wrong = s->wrong || r->verified != 1;
    if (r->redis != NULL && command(r, "SET", "SET {net}:k " ERRAND_PAYLOAD, REDIS_REPLY_STATUS, "OK") &&
        command(r, "GET", "GET {net}:k", REDIS_REPLY_STRING, ERRAND_PAYLOAD))
        s->step = "all";
}

static void end(void *connection)
{
    runner *r = connection;
    errand unused = {.err = TASKSEAL_OK};
    if (r == NULL)
        return;
    turning = r;
    r->s = &unused;
    redisAsyncFree(r->redis);
    loop_of_poll.end(r->loop);
    free(r);
}

const errand_client errand_async = {"asynchronous", run, run, end};
