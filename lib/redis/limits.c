/* SPDX-License-Identifier: MIT */
#include "limits.h"

#include <string.h>
#include <strings.h>

static bool is_subscribed(const taskseal__limits *limits)
{
    return (limits->asked->c.flags & REDIS_SUBSCRIBED) != 0;
}

/* True for the beginning of what no command is waiting for. An error is let through: it is how a server says why it
 * closes a new connection, and hiredis knows that. */
static bool is_unasked(const taskseal__limits *limits, const redisReadTask *task)
{
    return limits->asked != NULL && !limits->in_push && task->type != REDIS_REPLY_ERROR &&
           limits->asked->replies.head == NULL && !is_subscribed(limits);
}

/* As hiredis tells a subscription's push from others: by its first element, "pmessage" say, or the beginning of it. */
static bool is_of_subscription(const char *kind, size_t len)
{
    static const char *const kinds[] = {"subscribe", "message", "unsubscribe"};
    if (len < strlen("message"))
        return false;
    size_t variant = kind[0] == 'p' || kind[0] == 'P' ? 1 : 0;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (len - variant <= strlen(kinds[i]) && strncasecmp(kind + variant, kinds[i], len - variant) == 0)
            return true;
    }
    return false;
}

/* True for the string by which hiredis takes a push for a subscription's where there is none, which ends the process,
 * or where the push lacks what it then reads. */
static bool is_stray(const redisReadTask *task, const char *text, size_t len)
{
    const taskseal__limits *limits = task->privdata;
    const redisReadTask *push = task->parent;
    if (limits->asked == NULL || !limits->in_push || push == NULL || push->parent != NULL || task->idx != 0)
        return false;
    return task->type == REDIS_REPLY_STRING && is_of_subscription(text, len) &&
           (!is_subscribed(limits) || push->elements < 3);
}

/* False once the reply costs more than it may. The caller then returns NULL, on which hiredis gives the reply up;
 * it takes that for lack of memory, so `exceeded` tells the difference. Only an array can be a push: what a server
 * sends as a push that is none, hiredis takes for a reply. */
static bool charge(const redisReadTask *task, size_t bytes, bool array)
{
    taskseal__limits *limits = task->privdata;
    if (task->parent == NULL) {
        limits->built = 0;
        limits->in_push = array && task->type == REDIS_REPLY_PUSH;
        if (limits->in_push)
            limits->pushes++;
        else
            limits->replies++;
        limits->unasked = is_unasked(limits, task);
        if (limits->unasked)
            return false;
    }
    limits->built += sizeof(redisReply);
    limits->exceeded =
        limits->built > TASKSEAL__REPLY_BYTES_MAX || bytes > TASKSEAL__REPLY_BYTES_MAX - limits->built;
    limits->built += bytes;
    return !limits->exceeded;
}

static const redisReplyObjectFunctions *inner_of(const redisReadTask *task)
{
    const taskseal__limits *limits = task->privdata;
    return &limits->inner;
}

static void *create_string(const redisReadTask *task, char *text, size_t len)
{
    taskseal__limits *limits = task->privdata;
    if (!charge(task, len, false))
        return NULL;
    limits->unasked = is_stray(task, text, len);
    return limits->unasked ? NULL : inner_of(task)->createString(task, text, len);
}

static void *create_array(const redisReadTask *task, size_t elements)
{
    taskseal__limits *limits = task->privdata;
    unsigned depth = 0;
    for (const redisReadTask *parent = task->parent; parent != NULL; parent = parent->parent)
        depth++;
    if (!charge(task, elements * sizeof(redisReply *), true))
        return NULL;
    limits->exceeded = depth >= TASKSEAL__REPLY_DEPTH_MAX;
    return limits->exceeded ? NULL : inner_of(task)->createArray(task, elements);
}

static void *create_integer(const redisReadTask *task, long long value)
{
    return charge(task, 0, false) ? inner_of(task)->createInteger(task, value) : NULL;
}

static void *create_double(const redisReadTask *task, double value, char *text, size_t len)
{
    return charge(task, len, false) ? inner_of(task)->createDouble(task, value, text, len) : NULL;
}

static void *create_nil(const redisReadTask *task)
{
    return charge(task, 0, false) ? inner_of(task)->createNil(task) : NULL;
}

static void *create_bool(const redisReadTask *task, int value)
{
    return charge(task, 0, false) ? inner_of(task)->createBool(task, value) : NULL;
}

void taskseal__limits_install(taskseal__limits *limits, redisReader *reader)
{
    *limits = (taskseal__limits){.inner = *reader->fn,
                                 .functions = {.createString = create_string,
                                               .createArray = create_array,
                                               .createInteger = create_integer,
                                               .createDouble = create_double,
                                               .createNil = create_nil,
                                               .createBool = create_bool,
                                               .freeObject = reader->fn->freeObject}};
    reader->fn = &limits->functions;
    reader->privdata = limits;
    reader->maxelements = TASKSEAL__REPLY_ELEMENTS_MAX;
}

bool taskseal__limits_memory_failed(const redisReader *reader)
{
    const taskseal__limits *limits = reader->privdata;
    return reader->err == REDIS_ERR_OOM && !limits->exceeded;
}
