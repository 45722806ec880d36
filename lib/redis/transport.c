/* SPDX-License-Identifier: MIT */
#include "transport.h"

#include <hiredis/async.h>
#include <stdio.h>
#include <stdlib.h>

#include "../core/error.h"

#define US_PER_S 1000000

/* Of one turn of an event loop: encrypting it takes about a millisecond, and others have their turns too. */
#define ASYNC_WRITE_MAX ((size_t)1 << 20)

static ssize_t transport_read(redisContext *context, char *data, size_t cap);

taskseal__transport *taskseal__transport_of(const redisContext *context)
{
    if (context == NULL || context->funcs == NULL || context->funcs->read != transport_read)
        return NULL;
    /* `functions` is the first member, and the object is not const. */
    return (taskseal__transport *)(uintptr_t)context->funcs;
}

/* ---- Failing ---------------------------------------------------------------------------------------------- */

static int hiredis_error(taskseal_err code)
{
    switch (code) {
    case TASKSEAL_ERR_TIMEOUT:
        return REDIS_ERR_TIMEOUT;
    case TASKSEAL_ERR_PEER_CLOSED:
        return REDIS_ERR_EOF;
    case TASKSEAL_ERR_NO_MEMORY:
        return REDIS_ERR_OOM;
    case TASKSEAL_ERR_REPLY_LIMIT:
        return REDIS_ERR_PROTOCOL;
    case TASKSEAL_ERR_NOT_VERIFIED:
        return REDIS_ERR_OTHER;
    default:
        return REDIS_ERR_IO;
    }
}

static void set_error(redisContext *context, int error, const char *message)
{
    context->err = error;
    (void)snprintf(context->errstr, sizeof context->errstr, "%.*s", (int)sizeof context->errstr - 1, message);
}

/* The context must not keep the number of a closed descriptor: another file may get it. Where hiredis was first, and
 * closed it (as when redisSetTcpUserTimeout fails) or gave it to the caller (redisFreeKeepFd), we must not either. */
static void hang_up(redisContext *context, taskseal__transport *transport)
{
    if (context->fd != transport->tls.wire.fd)
        taskseal__tls_disown(&transport->tls);
    taskseal__tls_close(&transport->tls);
    context->fd = REDIS_INVALID_FD;
}

void taskseal__transport_failed(redisContext *context, const taskseal_error *why)
{
    taskseal__transport *transport = taskseal__transport_of(context);
    if (!transport->asynchronous)
        hang_up(context, transport);
    transport->failure = why->code;
    set_error(context, hiredis_error(why->code), why->message);
}

/* ---- Reading and writing ------------------------------------------------------------------------------------ */

bool taskseal__transport_is_open(const redisContext *context)
{
    const taskseal__transport *transport = taskseal__transport_of(context);
    return transport != NULL && context->privctx == transport && transport->tls.ssl != NULL &&
           transport->tls.verified && context->fd == transport->tls.wire.fd &&
           transport->failure == TASKSEAL_OK;
}

static ssize_t refuse(redisContext *context)
{
    set_error(context, REDIS_ERR_OTHER, "the connection is not verified: use taskseal_redis_reconnect");
    return -1;
}

/* redisSetTimeout may have changed it since. */
int64_t taskseal__transport_patience_us(const redisContext *context)
{
    const struct timeval *timeout = context->command_timeout;
    if (timeout == NULL)
        return 0;
    if ((int64_t)timeout->tv_sec >= INT64_MAX / US_PER_S) /* {LONG_MAX, 0} is somebody's "for ever" */
        return INT64_MAX;
    return (int64_t)timeout->tv_sec * US_PER_S + timeout->tv_usec;
}

/* The number of the reply that a reader gets next. Pushes do not count where hiredis swallows them and reads on:
 * they must not prolong the wait for the reply. */
static uint64_t next_reply(const redisContext *context, const taskseal__limits *limits)
{
    bool building = context->reader->reply != NULL;
    if (context->push_cb != NULL)
        return limits->replies + (building && !limits->in_push ? 0 : 1);
    return limits->replies + limits->pushes + (building ? 0 : 1);
}

/* Each reply has a deadline of its own, from when it is first asked for, so that a server can't hold a reader for
 * ever with a byte now and then. */
static void set_deadline(const redisContext *context, taskseal__transport *transport)
{
    uint64_t awaited = next_reply(context, &transport->limits);
    if (awaited != transport->awaited)
        transport->tls.deadline = 0;
    transport->awaited = awaited;
    transport->tls.patience_us = taskseal__transport_patience_us(context);
}

static ssize_t transport_read(redisContext *context, char *data, size_t cap)
{
    taskseal__transport *transport = taskseal__transport_of(context);
    taskseal_error why;
    if (!taskseal__transport_is_open(context))
        return refuse(context);
    if (context->reader->len - context->reader->pos > TASKSEAL__REPLY_BUFFER_MAX) {
        (void)taskseal__fail(&why, TASKSEAL_ERR_REPLY_LIMIT, "%s: a reply is longer than %zu bytes",
                             transport->tls.where, TASKSEAL__REPLY_BUFFER_MAX);
        taskseal__transport_failed(context, &why);
        return -1;
    }
    if (!transport->asynchronous)
        set_deadline(context, transport);
    ssize_t got = taskseal__tls_read(&transport->tls, data, cap, !transport->asynchronous, &why);
    transport->received = got > 0;
    transport->read_wants_write = got == 0 && SSL_want_write(transport->tls.ssl);
    if (got < 0)
        taskseal__transport_failed(context, &why);
    return got;
}

/* What OpenSSL did not take at once it must be offered again, and as much at least: hiredis only ever appends. */
static ssize_t write_some(redisContext *context, taskseal__transport *transport)
{
    taskseal_error why;
    size_t len = sdslen(context->obuf);
    uint64_t before = transport->tls.wire.sent;
    ssize_t sent = taskseal__tls_write(&transport->tls, context->obuf,
                                       len < ASYNC_WRITE_MAX ? len : ASYNC_WRITE_MAX, false, &why);
    transport->wrote = transport->wrote || transport->tls.wire.sent != before;
    transport->write_wants_read = sent == 0 && SSL_want_read(transport->tls.ssl);
    if (sent < 0)
        taskseal__transport_failed(context, &why);
    return sent;
}

static ssize_t transport_write(redisContext *context)
{
    taskseal__transport *transport = taskseal__transport_of(context);
    taskseal_error why;
    if (!taskseal__transport_is_open(context))
        return refuse(context);
    if (transport->asynchronous)
        return write_some(context, transport);
    transport->tls.deadline = 0;
    transport->tls.patience_us = taskseal__transport_patience_us(context);
    ssize_t sent = taskseal__tls_write(&transport->tls, context->obuf, sdslen(context->obuf), true, &why);
    if (sent < 0)
        taskseal__transport_failed(context, &why);
    transport->tls.deadline = 0;
    transport->awaited = 0;
    return sent;
}

/* Nothing in hiredis makes a synchronous context of ours asynchronous; if something did, it gets nothing. */
static void refuse_async(redisAsyncContext *context)
{
    (void)refuse(&context->c);
}

/* ---- Closing ------------------------------------------------------------------------------------------------ */

static void release(void *privctx)
{
    taskseal__transport *transport = privctx;
    if (transport == NULL)
        return;
    if (transport->freed != NULL)
        *transport->freed = true;
    taskseal__tls_close(&transport->tls);
    taskseal_redis_endpoint_free(transport->endpoint);
    free(transport);
}

static ssize_t refuse_read(redisContext *context, char *data, size_t cap)
{
    (void)data;
    (void)cap;
    return refuse(context);
}

/* For a context that redisFree is taking apart. */
static const redisContextFuncs freeing = {.free_privctx = release,
                                          .async_read = refuse_async,
                                          .async_write = refuse_async,
                                          .read = refuse_read,
                                          .write = refuse};

/* redisReconnect begins with this call, then clears `privctx` and calls transport_close, which ends the session. The
 * transport must outlive both, so that taskseal_redis_reconnect finds the endpoint. (In redisFree `freeing` is called
 * instead.) */
static void drop_session(void *privctx)
{
    taskseal__transport *transport = privctx;
    if (transport != NULL)
        transport->failure = TASKSEAL_ERR_NOT_VERIFIED;
}

/* Called by redisReconnect, with `privctx` cleared, and by redisFree, which calls free_privctx next. Should another
 * order ever come about, the context ends up with the static table that refuses everything. */
static void transport_close(redisContext *context)
{
    taskseal__transport *transport = taskseal__transport_of(context);
    if (transport == NULL)
        return;
    hang_up(context, transport);
    if (context->privctx == NULL)
        context->privctx = transport;
    else
        context->funcs = &freeing;
}

/* ---- Life ----------------------------------------------------------------------------------------------------- */

redisOptions taskseal__transport_options(const taskseal_redis_endpoint *endpoint, struct timeval *timeout)
{
    unsigned ms = endpoint->uri.timeout_ms;
    *timeout = (struct timeval){.tv_sec = ms / 1000, .tv_usec = (suseconds_t)(ms % 1000) * 1000};
    return (redisOptions){
        .type = REDIS_CONN_USERFD, .endpoint.fd = REDIS_INVALID_FD, .command_timeout = timeout};
}

taskseal__transport *taskseal__transport_install(redisContext *context, taskseal_redis_endpoint *endpoint)
{
    taskseal__transport *transport = calloc(1, sizeof *transport);
    if (transport == NULL)
        return NULL;
    transport->functions = (redisContextFuncs){.close = transport_close,
                                               .free_privctx = drop_session,
                                               .async_read = refuse_async,
                                               .async_write = refuse_async,
                                               .read = transport_read,
                                               .write = transport_write};
    transport->endpoint = taskseal__endpoint_retain(endpoint);
    transport->tls.wire.fd = -1;
    transport->failure = TASKSEAL_ERR_NOT_VERIFIED;
    taskseal__limits_install(&transport->limits, context->reader);
    context->funcs = &transport->functions;
    context->privctx = transport;
    /* hiredis leaves TCP there, and then redisReconnect would dial by itself. */
    context->connection_type = REDIS_CONN_USERFD;
    return transport;
}

bool taskseal__transport_reset(redisContext *context)
{
    taskseal__transport *transport = taskseal__transport_of(context);
    redisReader *reader = redisReaderCreate();
    sds output = sdsempty();
    hang_up(context, transport);
    transport->failure = TASKSEAL_ERR_NOT_VERIFIED;
    if (reader == NULL || output == NULL) {
        redisReaderFree(reader);
        sdsfree(output);
        return false;
    }
    redisReaderFree(context->reader);
    sdsfree(context->obuf);
    context->reader = reader;
    context->obuf = output;
    taskseal__limits_install(&transport->limits, reader);
    return true;
}

void taskseal__transport_opened(redisContext *context)
{
    taskseal__transport *transport = taskseal__transport_of(context);
    transport->tls.phase = "a command";
    transport->tls.deadline = 0;
    transport->awaited = 0;
    transport->failure = TASKSEAL_OK;
    context->privctx = transport;
    context->flags |= REDIS_CONNECTED;
    context->err = 0;
    context->errstr[0] = '\0';
}
