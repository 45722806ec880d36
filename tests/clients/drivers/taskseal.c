/* SPDX-License-Identifier: MIT */
#include <hiredis/hiredis.h>
#include <stdio.h>
#include <string.h>
#include <taskseal/redis.h>
#include <unistd.h>

#include "driver.h"

static bool ping(redisContext *redis)
{
    redisReply *reply = redisCommand(redis, "PING");
    bool good = reply != NULL && strcmp(reply->str, "PONG") == 0;
    freeReplyObject(reply);
    return good;
}

static void say_error(const taskseal_error *error)
{
    char text[sizeof error->message + 64];
    (void)snprintf(text, sizeof text, "%s: %s", taskseal_err_name(error->code), error->message);
    driver_say("refused", text);
}

/* Without taskseal_redis_reconnect a lost connection stays lost, so it is called, as hiredis's is. */
static void again(redisContext *redis)
{
    taskseal_error error = {0};
    driver_wait();
    if (taskseal_redis_reconnect(redis, &error) != TASKSEAL_OK)
        say_error(&error);
    else if (ping(redis))
        driver_say("accepted", "");
    else
        driver_say("refused", redis->errstr);
}

int main(void)
{
    taskseal_redis_endpoint *endpoint = NULL;
    redisContext *redis = NULL;
    taskseal_error error = {0};
    if (taskseal_redis_endpoint_new(&endpoint, driver_setting("CLIENT_URI"), &error) != TASKSEAL_OK ||
        taskseal_redis_connect(endpoint, &redis, &error) != TASKSEAL_OK)
        say_error(&error);
    else if (!ping(redis))
        driver_say("refused", redis->errstr);
    else if (*driver_setting("CLIENT_AGAIN") != '\0')
        again(redis);
    else
        driver_say("accepted", "");
    redisFree(redis);
    taskseal_redis_endpoint_free(endpoint);
    return 0;
}
