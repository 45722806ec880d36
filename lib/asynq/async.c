/* SPDX-License-Identifier: MIT
 * A task on an event loop: SADD, its answer, the script, its answer. */
#include <stdlib.h>

#include <taskseal/redis_async.h>

#include "../core/error.h"
#include "answer.h"
#include "command.h"

typedef struct job {
    taskseal_asynq_done *done;
    void *data;
    taskseal_asynq_result result;
    taskseal_asynq_command command;
    size_t queue_len;
    char bytes[]; /* the queue's name, then what the command points to */
} job;

/* Nothing is touched after `done`, which may end the connection. */
static void conclude(job *j, taskseal_asynq_outcome outcome, const taskseal_error *error)
{
    taskseal_asynq_done *done = j->done;
    void *data = j->data;
    taskseal_asynq_result result = j->result;
    result.outcome = outcome;
    result.err = error->code;
    free(j);
    done(&result, error, data);
}

/* Why hiredis has not taken a command; never OK. A connection that is ending has no error of its own. */
static taskseal_err not_taken(const redisAsyncContext *redis, taskseal_error *error)
{
    if (redis->c.err != 0 || (redis->c.flags & (REDIS_DISCONNECTING | REDIS_FREEING)) != 0)
        return taskseal__asynq_lost(&redis->c, error);
    return taskseal__fail(error, TASKSEAL_ERR_NO_MEMORY, "no memory to send the command");
}

static void on_answer(redisAsyncContext *redis, void *answer, void *data);

static bool send_command(redisAsyncContext *redis, job *j)
{
    return redisAsyncCommandArgv(redis, on_answer, j, (int)j->command.argc, j->command.argv,
                                 j->command.argv_len) == REDIS_OK;
}

static void on_answer(redisAsyncContext *redis, void *answer, void *data)
{
    job *j = data;
    taskseal_error error = {.code = TASKSEAL_OK};
    taskseal_asynq_outcome outcome = TASKSEAL_ASYNQ_IN_DOUBT;
    if (answer == NULL) {
        (void)taskseal__asynq_lost(&redis->c, &error);
    } else if (j->command.argv_len[0] == sizeof "EVALSHA" - 1 && taskseal__asynq_wants_script(answer)) {
        taskseal_asynq_with_script(&j->command);
        if (send_command(redis, j))
            return;
        outcome = TASKSEAL_ASYNQ_NOT_SENT;
        (void)not_taken(redis, &error);
    } else {
        (void)taskseal__asynq_read(answer, &outcome, &error);
    }
    conclude(j, outcome, &error);
}

static void on_listed(redisAsyncContext *redis, void *answer, void *data)
{
    job *j = data;
    taskseal_error error = {.code = TASKSEAL_OK};
    taskseal_asynq_outcome outcome = TASKSEAL_ASYNQ_NOT_SENT;
    if (answer == NULL)
        (void)taskseal__asynq_lost(&redis->c, &error);
    else if (taskseal__asynq_read_listed(answer, &error) != TASKSEAL_OK)
        outcome = TASKSEAL_ASYNQ_REFUSED;
    else if (send_command(redis, j))
        return;
    else
        (void)not_taken(redis, &error);
    conclude(j, outcome, &error);
}

static bool send_list(redisAsyncContext *redis, job *j)
{
    const char *argv[] = {"SADD", "asynq:queues", j->bytes};
    const size_t argv_len[] = {4, 12, j->queue_len};
    return redisAsyncCommandArgv(redis, on_listed, j, 3, argv, argv_len) == REDIS_OK;
}

static taskseal_err new_job(const taskseal_asynq_task *task, job **out, taskseal_error *error)
{
    taskseal__asynq_plan plan;
    taskseal_err err = taskseal__asynq_plan_task(task, &plan, error);
    if (err != TASKSEAL_OK)
        return err;
    const taskseal_bytes queue = plan.message.queue;
    job *j = calloc(1, sizeof *j + queue.len + taskseal__asynq_command_size(&plan));
    if (j == NULL)
        return taskseal__fail(error, TASKSEAL_ERR_NO_MEMORY, "no memory for the command");
    memcpy(j->bytes, queue.data, queue.len);
    j->queue_len = queue.len;
    memcpy(j->result.id, plan.made_id, sizeof plan.made_id);
    err = taskseal__asynq_command_write(&plan, j->bytes + queue.len, &j->command, error);
    if (err == TASKSEAL_OK)
        *out = j;
    else
        free(j);
    return err;
}

taskseal_err taskseal_asynq_enqueue_async(redisAsyncContext *redis, const taskseal_asynq_task *task,
                                          taskseal_asynq_done *done, void *data, taskseal_error *error)
{
    job *j;
    if (redis == NULL || done == NULL || taskseal_redis_error(&redis->c) == TASKSEAL_ERR_BAD_ARGUMENT)
        return taskseal__fail(error, TASKSEAL_ERR_BAD_ARGUMENT,
                              done == NULL ? "there is no function `done`"
                                           : "the connection is not of taskseal_redis_connect_async: nothing "
                                             "has verified it");
    if (taskseal_redis_error(&redis->c) != TASKSEAL_OK)
        return taskseal__asynq_lost(&redis->c, error);
    taskseal_err err = new_job(task, &j, error);
    if (err != TASKSEAL_OK)
        return err;
    j->done = done;
    j->data = data;
    const bool listed = (task->flags & TASKSEAL_ASYNQ_QUEUE_LISTED) != 0;
    if (listed ? send_command(redis, j) : send_list(redis, j))
        return TASKSEAL_OK;
    free(j);
    return not_taken(redis, error);
}
