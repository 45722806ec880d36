/* SPDX-License-Identifier: MIT
 * hiredis with its own hiredis_ssl, as its README connects. There is no option for the host's name: `server_name` is
 * what SNI says. A revocation list can't be given. */
#include <hiredis/hiredis.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include <hiredis/hiredis_ssl.h> /* needs hiredis.h before it */

#include "driver.h"

static const struct timeval limit = {.tv_sec = 3, .tv_usec = 0};

/* NULL if it got its reply, or else why not. */
static const char *command(redisContext *redis, int argc, const char **argv)
{
    static char text[256];
    redisReply *reply = redisCommandArgv(redis, argc, argv, NULL);
    if (reply == NULL)
        return redis->errstr[0] != '\0' ? redis->errstr : "no reply";
    bool failed = reply->type == REDIS_REPLY_ERROR;
    (void)strncpy(text, reply->str, sizeof text - 1);
    freeReplyObject(reply);
    return failed ? text : NULL;
}

static const char *log_in(redisContext *redis)
{
    const char *auth[] = {"AUTH", driver_setting("CLIENT_USER"), driver_setting("CLIENT_PASSWORD")};
    const char *ping[] = {"PING"};
    const char *why = command(redis, 3, auth);
    return why != NULL ? why : command(redis, 1, ping);
}

static const char *connect_once(redisContext **out, redisSSLContext *tls)
{
    redisContext *redis =
        redisConnectWithTimeout(driver_setting("CLIENT_HOST"), atoi(driver_setting("CLIENT_PORT")), limit);
    *out = redis;
    if (redis == NULL || redis->err != 0)
        return redis != NULL ? redis->errstr : "no memory";
    if (redisSetTimeout(redis, limit) != REDIS_OK || redisInitiateSSLWithContext(redis, tls) != REDIS_OK)
        return redis->errstr;
    return log_in(redis);
}

/* As its own test.c does. */
static const char *connect_again(redisContext *redis, redisSSLContext *tls)
{
    driver_wait();
    if (redisReconnect(redis) != REDIS_OK || redisInitiateSSLWithContext(redis, tls) != REDIS_OK)
        return redis->errstr;
    return log_in(redis);
}

int main(void)
{
    redisContext *redis = NULL;
    redisSSLContextError failure = REDIS_SSL_CTX_NONE;
    (void)redisInitOpenSSL();
    redisSSLContext *tls = redisCreateSSLContext(driver_setting("CLIENT_CA"), NULL, NULL, NULL,
                                                 driver_setting("CLIENT_HOST"), &failure);
    const char *why = tls != NULL ? connect_once(&redis, tls) : redisSSLContextGetError(failure);
    if (why == NULL && *driver_setting("CLIENT_AGAIN") != '\0')
        why = connect_again(redis, tls);
    driver_say(why == NULL ? "accepted" : "refused", why == NULL ? "" : why);
    redisFree(redis);
    redisFreeSSLContext(tls);
    return 0;
}
