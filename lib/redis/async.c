/* SPDX-License-Identifier: MIT
 * Connecting without making an event loop wait: a thread does what taskseal_redis_connect does, and the loop watches an
 * eventfd until it is done. */
#include <taskseal/redis_async.h>

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "../core/error.h"
#include "async_io.h"
#include "connect.h"
#include "library.h"
#include "thread.h"

struct taskseal_redis_pending {
    atomic_uint references;   /* the loop's side has one, the thread another: the last to let go frees it */
    atomic_bool done;         /* the thread sets it, and touches nothing of this after but its reference */
    pid_t process;            /* whose thread that is */
    int signal;               /* an eventfd: readable when done */
    redisAsyncContext *redis; /* the thread's until done; then the loop's, if it still wants it */
    taskseal_error error;
    redisAsyncContext *watch; /* over `signal`; this and what follows is the loop's */
    taskseal_redis_attach *attach;
    void *loop;
    taskseal_redis_verified *verified;
    void *data;
};

/* ---- Life --------------------------------------------------------------------------------------------------- */

static void release(taskseal_redis_pending *pending)
{
    if (atomic_fetch_sub_explicit(&pending->references, 1, memory_order_acq_rel) != 1)
        return;
    redisAsyncFree(pending->redis);
    if (pending->signal >= 0)
        (void)close(pending->signal);
    free(pending);
}

/* In a child of fork nobody will finish it, and what the thread was at is in pieces. The child leaves that alone, which
 * costs it that memory, and descriptors that exec closes. */
static bool is_inherited(const taskseal_redis_pending *pending)
{
    return pending->process != getpid();
}

/* Ends the loop's part in it. */
static void let_go(taskseal_redis_pending *pending)
{
    redisAsyncFree(pending->watch);
    pending->watch = NULL;
    if (!is_inherited(pending))
        release(pending);
}

/* ---- The thread --------------------------------------------------------------------------------------------- */

static void *connect_in_thread(void *argument)
{
    taskseal_redis_pending *pending = argument;
    redisContext *context = &pending->redis->c;
    taskseal__transport *transport = taskseal__transport_of(context);
    taskseal_error why = {TASKSEAL_OK, 0, ""};
    taskseal_err err = TASKSEAL_OK;
    taskseal__thread_begin();
    if (taskseal__library_enter_thread())
        err = taskseal__connect(transport, context->reader, &why);
    else
        err = taskseal__fail(&why, TASKSEAL_ERR_NO_MEMORY, "no memory for OpenSSL to work in a thread");
    if (err != TASKSEAL_OK)
        pending->error = why;
    context->fd = transport->tls.wire.fd;
    taskseal__library_leave_thread();
    atomic_store_explicit(&pending->done, true, memory_order_release);
    (void)eventfd_write(pending->signal, 1); /* can't fail: the counter is 0 */
    release(pending);
    taskseal__library_leave_thread(); /* for what that was the last to free */
    taskseal__thread_end();
    return NULL;
}

/* ---- The loop's side ---------------------------------------------------------------------------------------- */

/* Adapters of hiredis set their functions first, and leave `data` NULL when they fail; then `cleanup` would use it. */
static bool attach_to_loop(const taskseal_redis_pending *pending, redisAsyncContext *redis)
{
    if (pending->attach(redis, pending->loop) == REDIS_OK && redis->ev.addRead != NULL)
        return true;
    if (redis->ev.data == NULL)
        memset(&redis->ev, 0, sizeof redis->ev);
    return false;
}

static void judge(taskseal_redis_pending *pending)
{
    if (is_inherited(pending))
        (void)taskseal__fail(&pending->error, TASKSEAL_ERR_NOT_VERIFIED,
                             "the connection was begun by another process: connect anew after fork");
    else if (pending->error.code == TASKSEAL_OK && !attach_to_loop(pending, pending->redis))
        (void)taskseal__fail(&pending->error, TASKSEAL_ERR_NO_MEMORY,
                             "the event loop did not take the connection (attach failed)");
}

/* The stand-in's event. Whoever gets the context may free it at once: nothing of ours is touched after. */
static void on_done(redisAsyncContext *watch)
{
    taskseal_redis_pending *pending = watch->c.privctx;
    taskseal_redis_verified *verified = pending->verified;
    void *data = pending->data;
    redisAsyncContext *redis = NULL;
    if (!is_inherited(pending) && !atomic_load_explicit(&pending->done, memory_order_acquire))
        return;
    judge(pending);
    taskseal_error error = pending->error;
    if (!is_inherited(pending)) {
        redis = pending->redis;
        pending->redis = NULL;
    }
    if (error.code == TASKSEAL_OK) {
        taskseal__async_opened(redis);
    } else {
        redisAsyncFree(redis); /* here: its event loop is this thread's */
        redis = NULL;
    }
    let_go(pending);
    verified(redis, redis != NULL ? NULL : &error, data);
}

static void ignore_write(redisAsyncContext *watch)
{
    if (watch->ev.delWrite != NULL)
        watch->ev.delWrite(watch->ev.data);
}

static ssize_t refuse_read(redisContext *context, char *data, size_t cap)
{
    (void)data;
    (void)cap;
    context->err = REDIS_ERR_OTHER;
    return -1;
}

static ssize_t refuse_write(redisContext *context)
{
    context->err = REDIS_ERR_OTHER;
    return -1;
}

/* The eventfd is not the stand-in's to close: the thread may yet write to it. */
static void leave_open(redisContext *context)
{
    context->fd = REDIS_INVALID_FD;
}

static const redisContextFuncs watch_functions = {.close = leave_open,
                                                  .async_read = on_done,
                                                  .async_write = ignore_write,
                                                  .read = refuse_read,
                                                  .write = refuse_write};

/* An asynchronous context is all that hiredis's adapters know: one stands in for the connection until it is there. */
static redisAsyncContext *watch_new(taskseal_redis_pending *pending)
{
    redisOptions options = {.type = REDIS_CONN_USERFD, .endpoint.fd = pending->signal};
    redisAsyncContext *watch = redisAsyncConnectWithOptions(&options);
    if (watch == NULL)
        return NULL;
    watch->c.funcs = &watch_functions;
    watch->c.privctx = pending;
    watch->c.connection_type = REDIS_CONN_USERFD;
    watch->c.flags |= REDIS_CONNECTED; /* or hiredis would ask the eventfd whether it has connected */
    return watch;
}

/* ---- Beginning ---------------------------------------------------------------------------------------------- */

static taskseal_err make(taskseal_redis_pending *pending, taskseal_redis_endpoint *endpoint,
                         taskseal_error *error)
{
    char words[64] = "";
    pending->signal = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (pending->signal < 0)
        return taskseal__fail(error, TASKSEAL_ERR_IO, "no eventfd could be had: %s",
                              strerror_r(errno, words, sizeof words));
    pending->redis = taskseal__async_new(endpoint);
    pending->watch = pending->redis != NULL ? watch_new(pending) : NULL;
    if (pending->watch == NULL)
        return taskseal__fail(error, TASKSEAL_ERR_NO_MEMORY, "no memory for a connection");
    return TASKSEAL_OK;
}

/* From here on the thread has its reference. */
static taskseal_err begin(taskseal_redis_pending *pending, taskseal_error *error)
{
    if (!attach_to_loop(pending, pending->watch))
        return taskseal__fail(error, TASKSEAL_ERR_NO_MEMORY,
                              "the event loop did not take the connection (attach failed)");
    if (pending->watch->ev.scheduleTimer == NULL)
        return taskseal__fail(error, TASKSEAL_ERR_BAD_ARGUMENT,
                              "the adapter has no timers (ev.scheduleTimer), so a silent server would be "
                              "waited for without end");
    atomic_store(&pending->references, 2);
    if (!taskseal__thread_start(connect_in_thread, pending)) {
        atomic_store(&pending->references, 1);
        return taskseal__fail(error, TASKSEAL_ERR_NO_MEMORY, "no thread could be had to connect in");
    }
    pending->watch->ev.addRead(pending->watch->ev.data);
    return TASKSEAL_OK;
}

taskseal_err taskseal_redis_connect_async(taskseal_redis_endpoint *endpoint, taskseal_redis_attach *attach,
                                          void *loop, taskseal_redis_verified *verified, void *data,
                                          taskseal_redis_pending **out, taskseal_error *error)
{
    if (out != NULL)
        *out = NULL;
    if (endpoint == NULL || attach == NULL || verified == NULL)
        return taskseal__fail(error, TASKSEAL_ERR_BAD_ARGUMENT, "endpoint, attach or verified is NULL");
    taskseal_redis_pending *pending = calloc(1, sizeof *pending);
    if (pending == NULL)
        return taskseal__fail(error, TASKSEAL_ERR_NO_MEMORY, "no memory for a connection");
    pending->process = getpid();
    pending->attach = attach;
    pending->loop = loop;
    pending->verified = verified;
    pending->data = data;
    atomic_init(&pending->references, 1);
    atomic_init(&pending->done, false);
    taskseal_err err = make(pending, endpoint, error);
    if (err == TASKSEAL_OK)
        err = begin(pending, error);
    if (err != TASKSEAL_OK)
        let_go(pending);
    else if (out != NULL)
        *out = pending;
    return err;
}

void taskseal_redis_cancel(taskseal_redis_pending *pending)
{
    if (pending != NULL)
        let_go(pending);
}
