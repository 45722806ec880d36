/* SPDX-License-Identifier: MIT
 * Tasks enqueued from event loops. */
#include <string.h>

#include "../redis/support/session.h"
#include "support/queue.h"

static const char *uri_of_worker(void)
{
    static char uri[600];
    real_server_uri(&running, uri, sizeof uri, WORKER, "127.0.0.1", "", "");
    return uri;
}

/* What `done` was told. */
typedef struct told {
    unsigned calls;
    taskseal_asynq_result last;
    taskseal_error error;
    session *ends; /* its connection, if it is set: freed in `done` */
    session *more; /* if it is set, `done` enqueues another task on it, until there were three */
    taskseal_err refused; /* what came back of that */
} told;

static void on_done(const taskseal_asynq_result *result, const taskseal_error *error, void *data)
{
    told *t = data;
    t->calls++;
    t->last = *result;
    t->error = *error;
    assert_err(result->err, error->code);
    if (t->more != NULL && t->calls < 3) {
        const taskseal_asynq_task task = queue_task(NULL, "payload");
        t->refused = taskseal_asynq_enqueue_async(t->more->redis, &task, on_done, t, NULL);
    }
    if (t->ends != NULL && t->ends->redis != NULL)
        redisAsyncFree(t->ends->redis);
}

static void enqueue(session *s, const taskseal_asynq_task *task, told *t)
{
    taskseal_error error;
    taskseal_err err = taskseal_asynq_enqueue_async(s->redis, task, on_done, t, &error);
    ck_assert_msg(err == TASKSEAL_OK, "%s", error.message);
}

static void finish(session *s)
{
    session_end(s);
    session_wait_for_threads();
}

START_TEST(outcomes_come_back)
{
    redisContext *redis = queue_empty();
    session s = session_new();
    told t = {.calls = 0};
    taskseal_asynq_task task = queue_task(NULL, "payload"), again = queue_task("two", "payload");
    task.unique_ttl = again.unique_ttl = 60;
    freeReplyObject(ASK(redis, REDIS_REPLY_STATUS, "SCRIPT FLUSH"));
    session_connect(&s, uri_of_worker());
    enqueue(&s, &task, &t);
    ck_assert_uint_eq(t.calls, 0);
    session_until(&s, &t.calls, 1);
    ck_assert_int_eq(t.last.outcome, TASKSEAL_ASYNQ_QUEUED);
    ck_assert(is_queued(redis, t.last.id));
    ck_assert_int_eq(number_of(redis, "SISMEMBER asynq:queues mail"), 1);
    task.id = taskseal_str(t.last.id);
    enqueue(&s, &task, &t);
    session_until(&s, &t.calls, 2);
    ck_assert_int_eq(t.last.outcome, TASKSEAL_ASYNQ_EXISTS);
    enqueue(&s, &again, &t);
    session_until(&s, &t.calls, 3);
    ck_assert_int_eq(t.last.outcome, TASKSEAL_ASYNQ_DUPLICATE);
    finish(&s);
    redisFree(redis);
}
END_TEST

START_TEST(many_may_be_under_way)
{
    enum { TASKS = 500 };
    redisContext *redis = queue_empty();
    session s = session_new();
    told t = {.calls = 0};
    taskseal_asynq_task task = queue_task(NULL, "payload");
    freeReplyObject(ASK(redis, REDIS_REPLY_STATUS, "SCRIPT FLUSH")); /* each of them is sent twice */
    session_connect(&s, uri_of_worker());
    for (int i = 0; i < TASKS; i++) {
        task.flags = i % 2 == 0 ? 0 : TASKSEAL_ASYNQ_QUEUE_LISTED;
        enqueue(&s, &task, &t);
    }
    session_until(&s, &t.calls, TASKS);
    ck_assert_int_eq(number_of(redis, "LLEN asynq:{mail}:pending"), TASKS);
    finish(&s);
    redisFree(redis);
}
END_TEST

/* On the list of queues, and in the script. */
START_TEST(what_a_server_refuses_is_told)
{
    redisContext *redis = queue_empty();
    session s = session_new();
    told t = {.calls = 0};
    taskseal_asynq_task task = queue_task("one", "payload");
    task.flags = _i == 0 ? 0 : TASKSEAL_ASYNQ_QUEUE_LISTED;
    freeReplyObject(ASK(redis, REDIS_REPLY_STATUS, "SET %s x", _i == 0 ? "asynq:queues" : "asynq:{mail}:pending"));
    session_connect(&s, uri_of_worker());
    enqueue(&s, &task, &t);
    session_until(&s, &t.calls, 1);
    ck_assert_int_eq(t.last.outcome, TASKSEAL_ASYNQ_REFUSED);
    assert_err(TASKSEAL_ERR_SERVER_ERROR, t.last.err);
    ck_assert_ptr_nonnull(strstr(t.error.message, "(WRONGTYPE)"));
    ck_assert_int_eq(number_of(redis, "DBSIZE"), 1);
    finish(&s);
    redisFree(redis);
}
END_TEST

START_TEST(what_can_not_be_sealed_is_told_at_once)
{
    session s = session_new();
    told t = {.calls = 0};
    taskseal_asynq_task task = queue_task("one", "payload");
    task.type = taskseal_str("\xff");
    session_connect(&s, uri_of_worker());
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_asynq_enqueue_async(s.redis, &task, on_done, &t, NULL));
    task = queue_task("one", "payload");
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_asynq_enqueue_async(s.redis, &task, NULL, &t, NULL));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_asynq_enqueue_async(NULL, &task, on_done, &t, NULL));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_asynq_enqueue(&s.redis->c, &task, NULL, NULL));
    session_turn(&s);
    ck_assert_uint_eq(t.calls, 0);
    finish(&s);
}
END_TEST

/* Before the list of queues has its answer the task is not sent; without that, it is in doubt. */
START_TEST(a_connection_that_ends_tells_each_task)
{
    redisContext *redis = queue_empty();
    session s = session_new();
    told t = {.calls = 0};
    taskseal_asynq_task task = queue_task("one", "payload");
    task.flags = _i == 0 ? 0 : TASKSEAL_ASYNQ_QUEUE_LISTED;
    session_connect(&s, uri_of_worker());
    enqueue(&s, &task, &t);
    enqueue(&s, &task, &t);
    redisAsyncFree(s.redis);
    ck_assert_uint_eq(t.calls, 2);
    ck_assert_int_eq(t.last.outcome, _i == 0 ? TASKSEAL_ASYNQ_NOT_SENT : TASKSEAL_ASYNQ_IN_DOUBT);
    ck_assert_int_ne(t.last.err, TASKSEAL_OK);
    finish(&s);
    redisFree(redis);
}
END_TEST

START_TEST(a_server_that_goes_leaves_tasks_in_doubt)
{
    redisContext *redis = queue_empty();
    session s = session_new();
    told t = {.calls = 0};
    taskseal_asynq_task task = queue_task("one", "payload");
    task.flags = TASKSEAL_ASYNQ_QUEUE_LISTED;
    session_connect(&s, uri_of_worker());
    freeReplyObject(ASK(redis, REDIS_REPLY_STATUS, "CLIENT PAUSE 60000 ALL"));
    enqueue(&s, &task, &t);
    session_turn(&s);
    real_server_kill(&running);
    session_until(&s, &t.calls, 1);
    ck_assert_int_eq(t.last.outcome, TASKSEAL_ASYNQ_IN_DOUBT);
    ck_assert(!taskseal_err_permanent(t.last.err));
    finish(&s);
    redisFree(redis);
}
END_TEST

START_TEST(the_connection_may_be_freed_by_who_is_told)
{
    redisContext *redis = queue_empty();
    session s = session_new();
    told t = {.ends = &s};
    const taskseal_asynq_task task = queue_task(NULL, "payload");
    session_connect(&s, uri_of_worker());
    for (int i = 0; i < 3; i++)
        enqueue(&s, &task, &t);
    session_until(&s, &t.calls, 3);
    finish(&s);
    redisFree(redis);
}
END_TEST

START_TEST(who_is_told_may_enqueue_another)
{
    redisContext *redis = queue_empty();
    session s = session_new();
    told t = {.more = &s};
    const taskseal_asynq_task task = queue_task(NULL, "payload");
    freeReplyObject(ASK(redis, REDIS_REPLY_STATUS, "SCRIPT FLUSH"));
    session_connect(&s, uri_of_worker());
    enqueue(&s, &task, &t);
    session_until(&s, &t.calls, 3);
    assert_ok(t.refused);
    ck_assert_int_eq(number_of(redis, "LLEN asynq:{mail}:pending"), 3);
    finish(&s);
    redisFree(redis);
}
END_TEST

START_TEST(a_connection_that_is_being_freed_takes_no_other)
{
    redisContext *redis = queue_empty();
    session s = session_new();
    told t = {.more = &s};
    const taskseal_asynq_task task = queue_task(NULL, "payload");
    session_connect(&s, uri_of_worker());
    enqueue(&s, &task, &t);
    redisAsyncFree(s.redis);
    ck_assert_uint_eq(t.calls, 1);
    ck_assert(t.refused != TASKSEAL_OK && !taskseal_err_permanent(t.refused));
    finish(&s);
    redisFree(redis);
}
END_TEST

/* It waits for the answers to what was sent. What was to be sent next is not. */
START_TEST(a_connection_that_is_being_ended_tells_each_task)
{
    redisContext *redis = queue_empty();
    session s = session_new();
    told unlisted = {.calls = 0}, listed = {.calls = 0};
    taskseal_asynq_task task = queue_task("one", "payload");
    session_connect(&s, uri_of_worker());
    enqueue(&s, &task, &unlisted);
    task = queue_task("two", "payload");
    task.flags = TASKSEAL_ASYNQ_QUEUE_LISTED;
    assert_enqueued(redis, &task, TASKSEAL_ASYNQ_QUEUED); /* the server knows the script */
    enqueue(&s, &task, &listed);
    redisAsyncDisconnect(s.redis);
    session_until(&s, &unlisted.calls, 1);
    session_until(&s, &listed.calls, 1);
    ck_assert_int_eq(unlisted.last.outcome, TASKSEAL_ASYNQ_NOT_SENT);
    ck_assert(!taskseal_err_permanent(unlisted.last.err));
    ck_assert_int_eq(listed.last.outcome, TASKSEAL_ASYNQ_EXISTS);
    ck_assert(!is_queued(redis, "one"));
    finish(&s);
    redisFree(redis);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("async");
    TCase *tests = add_case(suite, "async", queue_start);
    tcase_add_test(tests, outcomes_come_back);
    tcase_add_test(tests, many_may_be_under_way);
    tcase_add_loop_test(tests, what_a_server_refuses_is_told, 0, 2);
    tcase_add_test(tests, what_can_not_be_sealed_is_told_at_once);
    tcase_add_loop_test(tests, a_connection_that_ends_tells_each_task, 0, 2);
    tcase_add_test(tests, the_connection_may_be_freed_by_who_is_told);
    tcase_add_test(tests, who_is_told_may_enqueue_another);
    tcase_add_test(tests, a_connection_that_is_being_freed_takes_no_other);
    tcase_add_test(tests, a_connection_that_is_being_ended_tells_each_task);
    tcase_add_test(tests, a_server_that_goes_leaves_tasks_in_doubt);
    return run_suite(suite);
}
