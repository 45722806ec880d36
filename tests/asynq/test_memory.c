/* SPDX-License-Identifier: MIT
 * Each allocation of an enqueue failed once, the library's own and hiredis's: what is said of a task is so. */
#include <stdlib.h>
#include <string.h>

#include "../redis/support/session.h"
#include "support/queue.h"

enum { TASKS = 3 };

static bool counting;
static long counted, fail_at;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);

static bool fails_now(void)
{
    return counting && counted++ == fail_at;
}

void *__wrap_malloc(size_t size)
{
    return fails_now() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails_now() ? NULL : __real_calloc(count, size);
}

static void *more(void *old, size_t size)
{
    return fails_now() ? NULL : realloc(old, size);
}

static char *copy(const char *text)
{
    return fails_now() ? NULL : strdup(text);
}

static void install(void)
{
    hiredisAllocFuncs functions = {.mallocFn = __wrap_malloc,
                                   .callocFn = __wrap_calloc,
                                   .reallocFn = more,
                                   .strdupFn = copy,
                                   .freeFn = free};
    (void)hiredisSetAllocators(&functions);
}

static taskseal_err enqueue_failing(redisContext *redis, long at, const taskseal_asynq_task *tasks,
                                    taskseal_asynq_result *results, taskseal_error *error)
{
    fail_at = at;
    counted = 0;
    counting = true;
    taskseal_err err = taskseal_asynq_enqueue_batch(redis, tasks, TASKS, results, error);
    counting = false;
    return err;
}

START_TEST(memory_that_fails_loses_nothing)
{
    static const char *const ids[TASKS] = {"id-0", "id-1", "id-2"};
    taskseal_asynq_task tasks[TASKS];
    taskseal_asynq_result results[TASKS];
    taskseal_error error;
    taskseal_err err = TASKSEAL_ERR_NO_MEMORY;
    long at = 0;
    for (size_t i = 0; i < TASKS; i++)
        tasks[i] = queue_task(ids[i], "payload");
    for (; err != TASKSEAL_OK; at++) {
        redisContext *look = queue_empty(), *redis = connected(WORKER, "127.0.0.1", "", "");
        freeReplyObject(ASK(look, REDIS_REPLY_STATUS, "SCRIPT FLUSH"));
        err = enqueue_failing(redis, at, tasks, results, &error);
        ck_assert_msg(err == TASKSEAL_OK || err == TASKSEAL_ERR_NO_MEMORY, "%ld: %s", at, error.message);
        redisFree(redis);
        for (size_t i = 0; i < TASKS; i++) {
            const taskseal_asynq_outcome outcome = results[i].outcome;
            const bool queued = is_queued(look, ids[i]);
            ck_assert(outcome == TASKSEAL_ASYNQ_IN_DOUBT || queued == (outcome == TASKSEAL_ASYNQ_QUEUED));
        }
        assert_ok(taskseal_asynq_resume(look, tasks, TASKS, results, &error));
        ck_assert_int_eq(number_of(look, "LLEN asynq:{mail}:pending"), TASKS);
        redisFree(look);
    }
    ck_assert_int_gt(at, 10);
}
END_TEST

typedef struct told {
    unsigned calls;
    taskseal_asynq_outcome outcome;
    taskseal_err err;
} told;

static void on_done(const taskseal_asynq_result *result, const taskseal_error *error, void *data)
{
    told *t = data;
    t->calls++;
    t->outcome = result->outcome;
    t->err = error->code;
}

/* On an event loop, with and without the list of queues; `done` is called once, or an error comes back. */
START_TEST(memory_that_fails_on_a_loop_is_told_once)
{
    const taskseal_err none = TASKSEAL_OK;
    char uri[600];
    told t = {.err = TASKSEAL_ERR_NO_MEMORY};
    long at = 0;
    real_server_uri(&running, uri, sizeof uri, WORKER, "127.0.0.1", "", "");
    for (; t.err != none; at++) {
        redisContext *look = queue_empty();
        session s = session_new();
        taskseal_asynq_task task = queue_task("id-0", "payload");
        task.flags = _i == 0 ? 0 : TASKSEAL_ASYNQ_QUEUE_LISTED;
        freeReplyObject(ASK(look, REDIS_REPLY_STATUS, "SCRIPT FLUSH"));
        session_connect(&s, uri);
        t = (told){.calls = 0};
        fail_at = at;
        counted = 0;
        counting = true;
        taskseal_err err = taskseal_asynq_enqueue_async(s.redis, &task, on_done, &t, NULL);
        if (err == TASKSEAL_OK)
            session_until(&s, &t.calls, 1);
        counting = false;
        session_end(&s);
        ck_assert_uint_eq(t.calls, err == TASKSEAL_OK ? 1 : 0);
        t.err = err == TASKSEAL_OK ? t.err : err;
        ck_assert_msg(t.err == none || t.err == TASKSEAL_ERR_NO_MEMORY, "%ld: %s", at, taskseal_err_name(t.err));
        ck_assert(t.outcome == TASKSEAL_ASYNQ_IN_DOUBT ||
                  is_queued(look, "id-0") == (t.outcome == TASKSEAL_ASYNQ_QUEUED));
        redisFree(look);
    }
    session_wait_for_threads();
    ck_assert_int_gt(at, 10);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("memory");
    TCase *tests = add_case(suite, "memory", queue_start);
    install();
    tcase_add_test(tests, memory_that_fails_loses_nothing);
    tcase_add_loop_test(tests, memory_that_fails_on_a_loop_is_told_once, 0, 2);
    return run_suite(suite);
}
