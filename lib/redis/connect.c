/* SPDX-License-Identifier: MIT
 * Connecting, reconnecting, and what went wrong later. */
#include <string.h>

#include "../core/error.h"
#include "connect.h"
#include "dial.h"

static taskseal_err open_session(taskseal__transport *transport, taskseal__deadline deadline,
                                 taskseal_error *error)
{
    taskseal_redis_endpoint *endpoint = transport->endpoint;
    const taskseal__uri *uri = &endpoint->uri;
    const taskseal__sources *sources = taskseal__trust_sources(endpoint->trust);
    const taskseal__expected expected = {uri->name, uri->name_kind != TASKSEAL__HOST_NAME, &sources->pins,
                                         sources->crl != NULL};
    SSL_CTX *trusted = taskseal__trust_take(endpoint->trust);
    taskseal__lookup *lookup = NULL;
    int fd = -1;
    taskseal_err err = taskseal__resolve(&endpoint->resolver, uri->host, uri->port, deadline, &lookup, error);
    if (err == TASKSEAL_OK)
        err = taskseal__dial(taskseal__lookup_addresses(lookup), endpoint->where, deadline, &fd, error);
    taskseal__lookup_release(lookup);
    if (err == TASKSEAL_OK)
        err = taskseal__tls_open(&transport->tls, trusted, fd, &expected, endpoint->where, deadline, error);
    SSL_CTX_free(trusted); /* the session has its own reference */
    return err;
}

taskseal_err taskseal__connect(taskseal__transport *transport, redisReader *reader, taskseal_error *why)
{
    taskseal_redis_endpoint *endpoint = transport->endpoint;
    taskseal__deadline deadline = taskseal__deadline_in_us((int64_t)endpoint->uri.timeout_ms * 1000);
    taskseal_err err = open_session(transport, deadline, why);
    if (err == TASKSEAL_OK)
        err = taskseal__login_run(&endpoint->login, &transport->tls, reader, why);
    return err;
}

/* What came behind a login that failed, or before a reconnect, is no reply to anybody. hiredis would give it to the
 * next command, in spite of the context's error. */
static void drop_replies(redisReader *reader)
{
    if (reader == NULL) /* it is, after a redisReconnect that memory failed */
        return;
    if (reader->buf != NULL) /* it is NULL after what is no RESP */
        sdsclear(reader->buf);
    reader->pos = reader->len = 0;
}

/* On failure the context is closed, marked failed, and can be tried again. */
static taskseal_err establish(redisContext *context, taskseal_error *error)
{
    taskseal__transport *transport = taskseal__transport_of(context);
    taskseal_error why = {TASKSEAL_OK, 0, ""};
    taskseal_err err = taskseal__connect(transport, context->reader, &why);
    context->fd = transport->tls.wire.fd;
    if (err == TASKSEAL_OK) {
        taskseal__transport_opened(context);
        return TASKSEAL_OK;
    }
    drop_replies(context->reader);
    taskseal__transport_failed(context, &why);
    return taskseal__fail(error, err, "%s", why.message);
}

static redisContext *context_new(taskseal_redis_endpoint *endpoint)
{
    struct timeval timeout;
    redisOptions options = taskseal__transport_options(endpoint, &timeout);
    redisContext *context = redisConnectWithOptions(&options);
    if (context != NULL && context->err == 0 && taskseal__transport_install(context, endpoint) != NULL)
        return context;
    redisFree(context);
    return NULL;
}

taskseal_err taskseal_redis_connect(taskseal_redis_endpoint *endpoint, redisContext **out,
                                    taskseal_error *error)
{
    if (out != NULL)
        *out = NULL;
    if (endpoint == NULL || out == NULL)
        return taskseal__fail(error, TASKSEAL_ERR_BAD_ARGUMENT, "endpoint or out is NULL");
    redisContext *context = context_new(endpoint);
    if (context == NULL)
        return taskseal__fail(error, TASKSEAL_ERR_NO_MEMORY, "no memory for a connection");
    taskseal_err err = establish(context, error);
    if (err == TASKSEAL_OK)
        *out = context;
    else
        redisFree(context);
    return err;
}

taskseal_err taskseal_redis_reconnect(redisContext *redis, taskseal_error *error)
{
    const taskseal__transport *transport = taskseal__transport_of(redis);
    if (transport == NULL || transport->asynchronous)
        return taskseal__fail(error, TASKSEAL_ERR_BAD_ARGUMENT,
                              "the context was not made by taskseal_redis_connect");
    if (!taskseal__transport_reset(redis)) {
        taskseal_error why;
        (void)taskseal__fail(&why, TASKSEAL_ERR_NO_MEMORY, "no memory for a connection");
        drop_replies(redis->reader);
        taskseal__transport_failed(redis, &why);
        return taskseal__fail(error, why.code, "%s", why.message);
    }
    return establish(redis, error);
}

/* What hiredis itself found while parsing. */
static taskseal_err reader_error(const redisContext *redis, const taskseal__transport *transport)
{
    if (redis->err == REDIS_ERR_TIMEOUT) /* by an event loop's timer */
        return TASKSEAL_ERR_TIMEOUT;
    if (transport->limits.unasked)
        return TASKSEAL_ERR_SERVER_ERROR;
    if (transport->limits.exceeded ||
        (redis->err == REDIS_ERR_PROTOCOL && strcmp(redis->errstr, "Multi-bulk length out of range") == 0))
        return TASKSEAL_ERR_REPLY_LIMIT;
    return redis->err == REDIS_ERR_OOM ? TASKSEAL_ERR_NO_MEMORY : TASKSEAL_ERR_IO;
}

taskseal_err taskseal_redis_error(const redisContext *redis)
{
    const taskseal__transport *transport = taskseal__transport_of(redis);
    if (transport == NULL)
        return TASKSEAL_ERR_BAD_ARGUMENT;
    if (transport->failure != TASKSEAL_OK)
        return transport->failure;
    return redis->err == 0 ? TASKSEAL_OK : reader_error(redis, transport);
}
