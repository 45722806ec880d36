/* SPDX-License-Identifier: MIT */
#include "async_io.h"

#include "fault.h"

/* Of one connection in one turn of the event loop: then others have theirs, however fast this server sends. */
#define TURN_BYTES ((size_t)64 << 10)

/* In the place of a reply's number, while commands are leaving. */
#define SENDING UINT64_MAX

/* ---- Time --------------------------------------------------------------------------------------------------- */

/* The number of the reply that is waited for, 0 for none. Subscriptions and MONITOR wait without end. RESP3's pushes
 * are no replies, and don't prolong the wait for one. */
static uint64_t owed(const redisAsyncContext *redis, const taskseal__limits *limits)
{
    bool building = redis->c.reader->reply != NULL && !limits->in_push;
    if (redis->replies.head == NULL || (redis->c.flags & REDIS_MONITORING) != 0)
        return 0;
    return limits->replies + (building ? 0 : 1);
}

/* hiredis's timer begins anew with every byte. This deadline is the reply's own: it runs from when the command has
 * left, or the reply before it is complete, and whatever has arrived by now was taken in before it is asked. A
 * command that is leaving has as long from each byte that left: neither a socket that says it can be written and takes
 * none, nor what a server sends that doesn't read, gives it more. */
static void keep_time(redisAsyncContext *redis, taskseal__transport *transport)
{
    taskseal__tls *tls = &transport->tls;
    uint64_t reply = owed(redis, &transport->limits);
    bool sending = sdslen(redis->c.obuf) > 0;
    uint64_t step = sending ? SENDING : reply;
    bool progress = transport->wrote;
    transport->wrote = false;
    if (step != transport->awaited || (sending && progress)) {
        int64_t patience = taskseal__transport_patience_us(&redis->c);
        transport->awaited = step;
        tls->deadline = patience > 0 ? taskseal__deadline_in_us(patience) : TASKSEAL__NO_DEADLINE;
    } else if (reply != 0 && taskseal__monotonic_us() >= tls->deadline) {
        taskseal_error why;
        (void)taskseal__fault_timeout(tls, &why);
        taskseal__transport_failed(&redis->c, &why);
        redisAsyncRead(redis); /* finds the context failed, and disconnects */
    }
}

/* ---- Events ------------------------------------------------------------------------------------------------- */

/* The application has freed it, and hiredis will not: after a push's callback it does not look for that. */
static bool is_given_up(const redisAsyncContext *redis)
{
    return (redis->c.flags & REDIS_FREEING) != 0;
}

/* Reads until OpenSSL has nothing left: what it holds raises no event any more. It receives TURN_BYTES at most, so that
 * this has an end. Callbacks run in here, and may free the context. */
static void receive(redisAsyncContext *redis, taskseal__transport *transport, const bool *freed)
{
    transport->tls.wire.metered = true;
    transport->tls.wire.allowance = TURN_BYTES;
    do {
        transport->received = false;
        redisAsyncRead(redis);
    } while (!*freed && transport->received && !is_given_up(redis));
}

/* hiredis asks for writing while it has output. OpenSSL may need the opposite: to read before it writes on, or to
 * write, an answer to a key update, before it reads on. */
static void ask_for_events(redisAsyncContext *redis, const taskseal__transport *transport)
{
    if (transport->read_wants_write && redis->ev.addWrite != NULL)
        redis->ev.addWrite(redis->ev.data);
    else if (transport->write_wants_read && redis->ev.delWrite != NULL)
        redis->ev.delWrite(redis->ev.data);
}

static void finish_turn(redisAsyncContext *redis, taskseal__transport *transport, const bool *freed)
{
    if (!*freed && is_given_up(redis))
        redisAsyncFree(redis);
    if (!*freed && redis->c.err == 0)
        keep_time(redis, transport);
    if (!*freed && redis->c.err == 0)
        ask_for_events(redis, transport);
    if (!*freed)
        transport->freed = NULL;
}

static void on_readable(redisAsyncContext *redis)
{
    taskseal__transport *transport = taskseal__transport_of(&redis->c);
    bool freed = false;
    transport->freed = &freed;
    receive(redis, transport, &freed);
    if (!freed && !is_given_up(redis) && transport->write_wants_read)
        redisAsyncWrite(redis);
    finish_turn(redis, transport, &freed);
}

static void on_writable(redisAsyncContext *redis)
{
    taskseal__transport *transport = taskseal__transport_of(&redis->c);
    bool freed = false;
    transport->freed = &freed;
    if (transport->read_wants_write)
        receive(redis, transport, &freed);
    if (!freed && !is_given_up(redis))
        redisAsyncWrite(redis);
    finish_turn(redis, transport, &freed);
}

/* ---- Life --------------------------------------------------------------------------------------------------- */

redisAsyncContext *taskseal__async_new(taskseal_redis_endpoint *endpoint)
{
    struct timeval timeout;
    redisOptions options = taskseal__transport_options(endpoint, &timeout);
    redisAsyncContext *redis = redisAsyncConnectWithOptions(&options);
    taskseal__transport *transport =
        redis != NULL && redis->err == 0 ? taskseal__transport_install(&redis->c, endpoint) : NULL;
    if (transport == NULL) {
        redisAsyncFree(redis);
        return NULL;
    }
    transport->asynchronous = true;
    transport->functions.async_read = on_readable;
    transport->functions.async_write = on_writable;
    return redis;
}

void taskseal__async_opened(redisAsyncContext *redis)
{
    taskseal__transport_opened(&redis->c);
    taskseal__transport_of(&redis->c)->limits.asked = redis;
    redis->ev.addRead(redis->ev.data);
}
