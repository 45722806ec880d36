/* SPDX-License-Identifier: MIT
 * Tasks to a server, many in each round trip. */
#include <stdio.h>
#include <stdlib.h>

#include "../core/error.h"
#include "answer.h"
#include "command.h"

enum {
    WINDOW_TASKS = 128, /* sent together, then their answers are awaited */
    WINDOW_BYTES = 256 << 10,
    FIXED_ARGUMENTS = 2 /* SADD asynq:queues */
};

/* A task of the window. */
typedef struct slot {
    size_t at;  /* in the batch */
    bool list;  /* its queue is not known to be listed */
    bool waits; /* has no answer yet */
    taskseal_bytes queue;
    taskseal_asynq_command command;
} slot;

typedef struct batch {
    redisContext *redis;
    const taskseal_asynq_task *tasks;
    size_t count;
    taskseal_asynq_result *results;
    taskseal_err err; /* the first one */
    taskseal_error *error;
    bool lost;             /* the connection is */
    taskseal_bytes listed; /* the queue that was listed last */
    slot *slots;
    size_t used, room;
    uint8_t *buffer; /* what the commands of the window point to */
    size_t buffer_used, buffer_cap;
} batch;

/* ---- What became of a task ---- */

/* What an earlier try has left in doubt stays so until the script says what became of it: a later try that comes to
 * nothing tells nothing of the one before. */
static void settle(taskseal_asynq_result *result, taskseal_asynq_outcome outcome, taskseal_err err)
{
    if (result->outcome != TASKSEAL_ASYNQ_IN_DOUBT || err == TASKSEAL_OK)
        result->outcome = outcome;
    result->err = err;
}

static void conclude(batch *b, size_t at, taskseal_asynq_outcome outcome, taskseal_err err,
                     const taskseal_error *why)
{
    settle(&b->results[at], outcome, err);
    if (err == TASKSEAL_OK || b->err != TASKSEAL_OK)
        return;
    b->err = err;
    if (b->count == 1)
        (void)taskseal__fail(b->error, err, "%s", why->message);
    else
        (void)taskseal__fail(b->error, err, "task %zu: %.*s", at, 360, why->message);
}

/* The connection is lost, and what waits for an answer has this outcome. */
static void lose(batch *b, taskseal_asynq_outcome outcome)
{
    taskseal_error why;
    taskseal_err err = taskseal__asynq_lost(b->redis, &why);
    b->lost = true;
    for (size_t i = 0; i < b->used; i++) {
        if (b->slots[i].waits)
            conclude(b, b->slots[i].at, outcome, err, &why);
        b->slots[i].waits = false;
    }
}

/* ---- The list of queues ---- */

static bool same(taskseal_bytes a, taskseal_bytes b)
{
    return a.len == b.len && a.len != 0 && memcmp(a.data, b.data, a.len) == 0;
}

/* SADD with the queues of the window, of equal neighbours one. The number of arguments. */
static int list_arguments(const batch *b, const char **argv, size_t *argv_len)
{
    int argc = FIXED_ARGUMENTS;
    taskseal_bytes last = b->listed;
    argv[0] = "SADD";
    argv_len[0] = 4;
    argv[1] = "asynq:queues";
    argv_len[1] = 12;
    for (size_t i = 0; i < b->used; i++) {
        if (!b->slots[i].list || same(b->slots[i].queue, last))
            continue;
        last = b->slots[i].queue;
        argv[argc] = last.data;
        argv_len[argc++] = last.len;
    }
    return argc;
}

static void note_listed(batch *b, taskseal_err err, const taskseal_error *why)
{
    for (size_t i = 0; i < b->used; i++) {
        slot *s = &b->slots[i];
        if (!s->list)
            continue;
        if (err == TASKSEAL_OK) {
            b->listed = s->queue;
            continue;
        }
        conclude(b, s->at, TASKSEAL_ASYNQ_REFUSED, err, why);
        s->waits = false;
    }
}

/* Before the tasks are sent, so that none is in a queue that Asynq's tools do not know. */
static void list_queues(batch *b)
{
    const char *argv[FIXED_ARGUMENTS + WINDOW_TASKS];
    size_t argv_len[FIXED_ARGUMENTS + WINDOW_TASKS];
    taskseal_error why;
    const int argc = list_arguments(b, argv, argv_len);
    if (argc == FIXED_ARGUMENTS)
        return;
    redisReply *reply = redisCommandArgv(b->redis, argc, argv, argv_len);
    if (reply == NULL) {
        lose(b, TASKSEAL_ASYNQ_NOT_SENT);
        return;
    }
    taskseal_err err = taskseal__asynq_read_listed(reply, &why);
    freeReplyObject(reply);
    note_listed(b, err, &why);
}

/* ---- The window ---- */

/* False if memory ran out: then hiredis has sent nothing. */
static bool send_window(batch *b)
{
    for (size_t i = 0; i < b->used; i++) {
        taskseal_asynq_command *c = &b->slots[i].command;
        if (b->slots[i].waits &&
            redisAppendCommandArgv(b->redis, (int)c->argc, c->argv, c->argv_len) != REDIS_OK)
            return false;
    }
    return true;
}

/* The number of those that wait on, because the server did not know the script. */
static size_t receive_window(batch *b)
{
    size_t again = 0;
    for (size_t i = 0; i < b->used; i++) {
        slot *s = &b->slots[i];
        taskseal_asynq_outcome outcome;
        taskseal_error why;
        redisReply *reply = NULL;
        if (!s->waits)
            continue;
        if (redisGetReply(b->redis, (void **)&reply) != REDIS_OK)
            break;
        if (s->command.argv_len[0] == sizeof "EVALSHA" - 1 && taskseal__asynq_wants_script(reply)) {
            taskseal_asynq_with_script(&s->command);
            again++;
        } else {
            taskseal_err err = taskseal__asynq_read(reply, &outcome, &why);
            conclude(b, s->at, outcome, err, &why);
            s->waits = false;
        }
        freeReplyObject(reply);
    }
    return again;
}

static void flush(batch *b)
{
    list_queues(b);
    size_t waiting = 0;
    for (size_t i = 0; i < b->used; i++)
        waiting += b->slots[i].waits;
    while (waiting > 0 && !b->lost) {
        if (!send_window(b)) {
            lose(b, TASKSEAL_ASYNQ_NOT_SENT);
            break;
        }
        waiting = receive_window(b);
        if (b->redis->err != 0)
            lose(b, TASKSEAL_ASYNQ_IN_DOUBT);
    }
    b->used = 0;
    b->buffer_used = 0;
}

/* ---- The batch ---- */

static bool make_room(batch *b, size_t size)
{
    if (b->used == b->room || size > b->buffer_cap - b->buffer_used)
        flush(b);
    if (size <= b->buffer_cap - b->buffer_used)
        return true;
    free(b->buffer);
    b->buffer_cap = size > WINDOW_BYTES || b->count == 1 ? size : WINDOW_BYTES;
    b->buffer = malloc(b->buffer_cap);
    if (b->buffer == NULL)
        b->buffer_cap = 0;
    return b->buffer != NULL;
}

static taskseal_err add_planned(batch *b, size_t at, const taskseal__asynq_plan *plan, taskseal_error *why)
{
    const size_t size = taskseal__asynq_command_size(plan);
    if (!make_room(b, size))
        return taskseal__fail(why, TASKSEAL_ERR_NO_MEMORY, "no memory for the command: %zu bytes", size);
    if (b->lost)
        return taskseal__asynq_lost(b->redis, why);
    slot *s = &b->slots[b->used];
    taskseal_err err = taskseal__asynq_command_write(plan, b->buffer + b->buffer_used, &s->command, why);
    if (err != TASKSEAL_OK)
        return err;
    s->at = at;
    s->list = (b->tasks[at].flags & TASKSEAL_ASYNQ_QUEUE_LISTED) == 0;
    s->waits = true;
    s->queue = plan->message.queue;
    b->used++;
    b->buffer_used += size;
    return TASKSEAL_OK;
}

/* An id that was made for an earlier try is used again, so that the server knows the task. */
static void add_task(batch *b, size_t at)
{
    taskseal__asynq_plan plan;
    taskseal_error why;
    taskseal_asynq_task task = b->tasks[at];
    char *made_id = b->results[at].id;
    if (task.id.data == NULL && task.id.len == 0 && made_id[0] != '\0')
        task.id = taskseal_str(made_id);
    if (b->lost) {
        conclude(b, at, TASKSEAL_ASYNQ_NOT_SENT, taskseal__asynq_lost(b->redis, &why), &why);
        return;
    }
    taskseal_err err = taskseal__asynq_plan_task(&task, &plan, &why);
    if (err == TASKSEAL_OK) {
        if (made_id[0] == '\0')
            memcpy(made_id, plan.made_id, sizeof plan.made_id);
        err = add_planned(b, at, &plan, &why);
    }
    if (err != TASKSEAL_OK)
        conclude(b, at, b->lost ? TASKSEAL_ASYNQ_NOT_SENT : TASKSEAL_ASYNQ_REFUSED, err, &why);
}

/* Says of a batch whose connection is lost how far it came. */
static void sum_up(batch *b)
{
    size_t in_doubt = 0, not_sent = 0;
    char first[280];
    if (!b->lost || b->count == 1 || b->error == NULL)
        return;
    for (size_t i = 0; i < b->count; i++) {
        in_doubt += b->results[i].outcome == TASKSEAL_ASYNQ_IN_DOUBT;
        not_sent += b->results[i].outcome == TASKSEAL_ASYNQ_NOT_SENT;
    }
    (void)snprintf(first, sizeof first, "%.*s", (int)sizeof first - 1, b->error->message);
    (void)taskseal__fail(b->error, b->err,
                         "%s; of %zu tasks %zu have an answer, %zu are in doubt, %zu were not sent", first,
                         b->count, b->count - in_doubt - not_sent, in_doubt, not_sent);
}

/* True if it has no answer yet, or one that may be another next time. */
static bool is_open(const taskseal_asynq_result *result)
{
    if (result->outcome == TASKSEAL_ASYNQ_REFUSED)
        return !taskseal_err_permanent(result->err);
    return result->outcome == TASKSEAL_ASYNQ_NOT_SENT || result->outcome == TASKSEAL_ASYNQ_IN_DOUBT;
}

/* Before the first task is looked at: all that is open is not sent. */
static taskseal_err give_up(batch *b, const taskseal_error *why)
{
    for (size_t i = 0; b->results != NULL && i < b->count; i++)
        if (is_open(&b->results[i]))
            settle(&b->results[i], TASKSEAL_ASYNQ_NOT_SENT, why->code);
    return taskseal__fail(b->error, why->code, "%s", why->message);
}

/* What an earlier try has refused for good stays so. */
static void note_closed(batch *b)
{
    taskseal_error why;
    for (size_t i = 0; i < b->count; i++) {
        const taskseal_asynq_result r = b->results[i];
        if (r.outcome != TASKSEAL_ASYNQ_REFUSED || is_open(&r))
            continue;
        (void)taskseal__fail(&why, r.err, "refused before: %s", taskseal_err_text(r.err));
        conclude(b, i, r.outcome, r.err, &why);
    }
}

static taskseal_err run(batch *b)
{
    note_closed(b);
    for (size_t at = 0; at < b->count; at++)
        if (is_open(&b->results[at]))
            add_task(b, at);
    flush(b);
    sum_up(b);
    free(b->buffer);
    free(b->slots);
    return b->err;
}

static bool get_slots(batch *b, taskseal_error *why)
{
    b->room = b->count < WINDOW_TASKS ? b->count : WINDOW_TASKS;
    b->slots = malloc(b->room * sizeof *b->slots);
    if (b->slots == NULL)
        (void)taskseal__fail(why, TASKSEAL_ERR_NO_MEMORY, "no memory for %zu commands", b->room);
    return b->slots != NULL;
}

static taskseal_err check_connection(const redisContext *redis, taskseal_error *error)
{
    if (redis == NULL || taskseal_redis_error(redis) == TASKSEAL_ERR_BAD_ARGUMENT)
        return taskseal__fail(error, TASKSEAL_ERR_BAD_ARGUMENT,
                              "the connection is not of taskseal_redis_connect: nothing has verified it");
    if ((redis->flags & REDIS_BLOCK) == 0)
        return taskseal__fail(error, TASKSEAL_ERR_BAD_ARGUMENT,
                              "the connection belongs to an event loop: use taskseal_asynq_enqueue_async");
    if (taskseal_redis_error(redis) != TASKSEAL_OK)
        return taskseal__asynq_lost(redis, error);
    if (sdslen(redis->obuf) != 0) /* their replies would be taken for those of tasks */
        return taskseal__fail(error, TASKSEAL_ERR_BAD_ARGUMENT,
                              "commands wait on the connection: get their replies first");
    return TASKSEAL_OK;
}

taskseal_err taskseal_asynq_resume(redisContext *redis, const taskseal_asynq_task *tasks, size_t count,
                                   taskseal_asynq_result *results, taskseal_error *error)
{
    batch b = {.redis = redis, .tasks = tasks, .count = count, .results = results, .error = error};
    taskseal_error why;
    if ((tasks == NULL || results == NULL) && count != 0)
        (void)taskseal__fail(&why, TASKSEAL_ERR_BAD_ARGUMENT, "there are no %s",
                             tasks == NULL ? "tasks" : "results");
    else if (check_connection(redis, &why) == TASKSEAL_OK && (count == 0 || get_slots(&b, &why)))
        return run(&b);
    return give_up(&b, &why);
}

taskseal_err taskseal_asynq_enqueue_batch(redisContext *redis, const taskseal_asynq_task *tasks, size_t count,
                                          taskseal_asynq_result *results, taskseal_error *error)
{
    if (results != NULL)
        memset(results, 0, count * sizeof *results);
    return taskseal_asynq_resume(redis, tasks, count, results, error);
}

taskseal_err taskseal_asynq_enqueue(redisContext *redis, const taskseal_asynq_task *task,
                                    taskseal_asynq_result *result, taskseal_error *error)
{
    taskseal_asynq_result own;
    return taskseal_asynq_enqueue_batch(redis, task, 1, result != NULL ? result : &own, error);
}
