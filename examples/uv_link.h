/* SPDX-License-Identifier: MIT
 *
 * uv_link.h: a verified connection on a libuv loop that is made again whenever it breaks, and scripts run over it, for
 * worker_uv.c. A script whose answer got lost with the connection is sent again on the next one.
 */
#ifndef UV_LINK_H
#define UV_LINK_H

#include <hiredis/adapters/libuv.h>
#include <taskseal/redis_async.h>

#include "queue.h"

/* Room for one script at a time. */
struct call {
    struct link *link;
    const struct queue *queue;
    uv_timer_t pause; /* before it is sent again */
    char *command;    /* that waits for its answer; NULL: none */
    size_t len;
    bool sent;    /* on the connection that there is now */
    long sent_at; /* by now_ms() */
    void (*answered)(struct call *call, const redisReply *reply);
};

struct link {
    uv_loop_t *loop;
    taskseal_redis_endpoint *endpoint;
    taskseal_redis_pending *pending;
    redisAsyncContext *redis; /* NULL: not connected */
    uv_timer_t pause;         /* before the next try */
    long failures;            /* in a row */
    bool was_connected, ended;
    bool last; /* the worker is to stop, and this is the one more try */
    struct call **calls;
    size_t count;
    void (*broken)(struct link *link); /* it can't go on; the reason has been printed */
};

/* ---- Scripts ---------------------------------------------------------------------------------- */

static inline void link_on_reply(redisAsyncContext *redis, void *answer, void *data);
static inline void link_send_again(uv_timer_t *pause);

static inline void link_send(struct call *call)
{
    redisAsyncContext *redis = call->link->redis;
    call->sent_at = now_ms();
    call->sent = redis != NULL &&
                 redisAsyncFormattedCommand(redis, link_on_reply, call, call->command, call->len) == REDIS_OK;
    if (redis != NULL && !call->sent) /* memory ran out, or the connection is ending */
        uv_timer_start(&call->pause, link_send_again, 250, 0);
}

static inline void link_send_again(uv_timer_t *pause)
{
    struct call *call = pause->data;
    if (call->command != NULL && !call->sent)
        link_send(call);
}

/* Runs a script on the call's queue. `answered` gets the answer, or an error reply that concerns this queue only. */
static inline void link_run(struct call *call, const char *script, const taskseal_bytes *args, size_t count,
                            void (*answered)(struct call *, const redisReply *))
{
    const char *argv[QUEUE_ARGS_MAX];
    size_t lens[QUEUE_ARGS_MAX];
    int argc = queue_command(argv, lens, call->queue, script, args, count);
    long long len = redisFormatCommandArgv(&call->command, argc, argv, lens);
    if (len < 0) {
        call->command = NULL;
        fprintf(stderr, "worker: out of memory\n");
        call->link->broken(call->link);
        return;
    }
    call->len = (size_t)len;
    call->answered = answered;
    link_send(call);
}

static inline void link_on_reply(redisAsyncContext *redis, void *answer, void *data)
{
    const redisReply *reply = answer;
    struct call *call = data;
    struct link *link = call->link;
    char text[SERVER_TEXT];

    call->sent = false;
    if (link->ended || reply == NULL) /* it is sent again when there is a connection */
        return;
    taskseal_err err = taskseal_redis_reply_error(reply);
    if (err != TASKSEAL_OK)
        fprintf(stderr, "worker: %s: the server says: %s\n", call->queue->name,
                server_text(text, reply->str, reply->len));
    if (err == TASKSEAL_OK || err == TASKSEAL_ERR_SERVER_ERROR) {
        link->failures = 0;
        link->last = false;
        redisFreeCommand(call->command);
        call->command = NULL;
        call->answered(call, reply);
    } else if (server_demoted(reply)) {
        redisAsyncFree(redis); /* the name may lead to the new primary by now */
    } else if (taskseal_err_permanent(err) || queue_stopping) {
        link->broken(link);
    } else {
        uv_timer_start(&call->pause, link_send_again, (uint64_t)back_off_ms(250, 15000, link->failures++), 0);
    }
}

/* ---- The connection --------------------------------------------------------------------------- */

static inline void link_connect(uv_timer_t *pause);

static inline int link_attach(redisAsyncContext *redis, void *data)
{
    struct link *link = data;
    redis->data = link;
    return redisLibuvAttach(redis, link->loop);
}

/* A worker that is to stop has one more try, to settle the tasks in hand. */
static inline void link_try_later(struct link *link)
{
    if (link->last) {
        link->broken(link);
        return;
    }
    link->last = queue_stopping;
    uv_timer_start(&link->pause, link_connect,
                   queue_stopping ? 0 : (uint64_t)back_off_ms(250, 15000, link->failures++), 0);
}

/* hiredis calls it for connections that were verified only. */
static inline void link_on_disconnect(const redisAsyncContext *redis, int status)
{
    struct link *link = redis->data;
    link->redis = NULL;
    if (link->ended)
        return;
    if (status != REDIS_OK)
        fprintf(stderr, "worker: connection lost: %s\n", redis->errstr);
    link_try_later(link);
}

/* A wrong certificate or password does not become right by asking again. */
static inline void link_on_verified(redisAsyncContext *redis, const taskseal_error *error, void *data)
{
    struct link *link = data;
    link->pending = NULL;
    if (redis == NULL) {
        fprintf(stderr, "worker: %s: %s\n", taskseal_err_name(error->code), error->message);
        if (!link->was_connected || taskseal_err_permanent(error->code) || queue_stopping)
            link->broken(link);
        else
            link_try_later(link);
        return;
    }
    link->redis = redis;
    link->was_connected = true;
    redisAsyncSetDisconnectCallback(redis, link_on_disconnect);
    for (size_t i = 0; i < link->count; i++) {
        if (link->calls[i]->command != NULL && !link->calls[i]->sent)
            link_send(link->calls[i]);
    }
}

static inline void link_connect(uv_timer_t *pause)
{
    struct link *link = pause->data;
    taskseal_error error;
    if (taskseal_redis_connect_async(link->endpoint, link_attach, link, link_on_verified, link,
                                     &link->pending, &error) != TASKSEAL_OK)
        link_on_verified(NULL, &error, link);
}

/* ---- Life ------------------------------------------------------------------------------------- */

/* The link must stay where it is. Connects in the loop's first turn. */
static inline void link_begin(struct link *link, uv_loop_t *loop)
{
    link->loop = loop;
    uv_timer_init(loop, &link->pause);
    link->pause.data = link;
    uv_timer_start(&link->pause, link_connect, 0, 0);
}

/* A call is part of a link from its beginning to its end; `calls` has room for it. */
static inline void link_add(struct link *link, struct call *call, const struct queue *queue)
{
    call->link = link;
    call->queue = queue;
    uv_timer_init(link->loop, &call->pause);
    call->pause.data = call;
    link->calls[link->count++] = call;
}

/* Cuts the pauses short: the program is to stop, and each has one more try. */
static inline void link_hurry(struct link *link)
{
    if (uv_is_active((uv_handle_t *)&link->pause))
        uv_timer_start(&link->pause, link_connect, 0, 0);
    for (size_t i = 0; i < link->count; i++)
        if (link->calls[i]->command != NULL && uv_is_active((uv_handle_t *)&link->calls[i]->pause))
            uv_timer_start(&link->calls[i]->pause, link_send_again, 0, 0);
}

static inline void link_end(struct link *link)
{
    link->ended = true;
    taskseal_redis_cancel(link->pending);
    if (link->redis != NULL)
        redisAsyncFree(link->redis);
    uv_close((uv_handle_t *)&link->pause, NULL);
    for (size_t i = 0; i < link->count; i++) {
        uv_close((uv_handle_t *)&link->calls[i]->pause, NULL);
        redisFreeCommand(link->calls[i]->command);
        link->calls[i]->command = NULL;
    }
}

#endif
