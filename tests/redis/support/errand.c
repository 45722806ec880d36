/* SPDX-License-Identifier: MIT */
#include "errand.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

int64_t errand_now_us(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

void errand_note(errand *s, const char *step, int64_t begun, taskseal_err err)
{
    int64_t took = errand_now_us() - begun;
    s->longest_us = took > s->longest_us ? took : s->longest_us;
    s->err = err;
    s->step = step;
}

static void note(errand *s, const char *step, int64_t begun, taskseal_err err, const char *message)
{
    errand_note(s, step, begun, err);
    (void)snprintf(s->message, sizeof s->message, "%s", message);
}

static bool command(redisContext *redis, errand *s, const char *step, const char *words, int type, const char *expected)
{
    int64_t begun = errand_now_us();
    redisReply *reply = redisCommand(redis, words);
    note(s, step, begun, reply != NULL ? TASKSEAL_OK : taskseal_redis_error(redis), redis->errstr);
    s->wrong = s->wrong || (reply != NULL && (reply->type != type || strcmp(reply->str, expected) != 0)) ||
               (reply == NULL && s->err == TASKSEAL_OK);
    bool good = reply != NULL && !s->wrong;
    freeReplyObject(reply);
    return good;
}

static void use(redisContext *redis, errand *s)
{
    if (command(redis, s, "SET", "SET {net}:k " ERRAND_PAYLOAD, REDIS_REPLY_STATUS, "OK") &&
        command(redis, s, "GET", "GET {net}:k", REDIS_REPLY_STRING, ERRAND_PAYLOAD))
        s->step = "all";
}

static void run(taskseal_redis_endpoint *endpoint, void **connection, errand *s)
{
    taskseal_error error = {TASKSEAL_OK, 0, ""};
    redisContext *redis = NULL;
    memset(s, 0, sizeof *s);
    int64_t begun = errand_now_us();
    taskseal_err err = taskseal_redis_connect(endpoint, &redis, &error);
    note(s, "connect", begun, err, error.message);
    s->wrong = (redis != NULL) != (err == TASKSEAL_OK);
    *connection = redis;
    if (redis != NULL)
        use(redis, s);
}

static void run_again(taskseal_redis_endpoint *endpoint, void **connection, errand *s)
{
    taskseal_error error = {TASKSEAL_OK, 0, ""};
    if (*connection == NULL) {
        run(endpoint, connection, s);
        return;
    }
    memset(s, 0, sizeof *s);
    int64_t begun = errand_now_us();
    taskseal_err err = taskseal_redis_reconnect(*connection, &error);
    note(s, "reconnect", begun, err, error.message);
    if (err == TASKSEAL_OK)
        use(*connection, s);
}

static void end(void *connection)
{
    redisFree(connection);
}

const errand_client errand_sync = {"synchronous", run, run_again, end};
