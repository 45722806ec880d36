/* SPDX-License-Identifier: MIT
 * Many tasks in few round trips. */
#include <stdio.h>
#include <string.h>

#include "support/batch.h"

START_TEST(a_batch_is_queued_in_its_order)
{
    redisContext *redis = queue_empty();
    batch *b = batch_of(MANY);
    freeReplyObject(ASK(redis, REDIS_REPLY_STATUS, "SCRIPT FLUSH"));
    assert_ok(batch_send(redis, b, MANY));
    ck_assert_uint_eq(batch_count(b, MANY, TASKSEAL_ASYNQ_QUEUED), MANY);
    for (size_t i = 0; i < MANY; i++) {
        redisReply *reply = ASK(redis, REDIS_REPLY_STRING, "LINDEX asynq:{mail}:pending %d", -1 - (int)i);
        ck_assert_str_eq(reply->str, b->ids[i]);
        freeReplyObject(reply);
    }
    redisFree(redis);
}
END_TEST

START_TEST(a_batch_of_nothing_is_fine)
{
    redisContext *redis = queue_empty();
    batch *b = batch_of(1);
    assert_ok(batch_send(redis, b, 0));
    assert_ok(taskseal_asynq_enqueue_batch(redis, NULL, 0, NULL, NULL));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_asynq_enqueue_batch(redis, NULL, 1, b->results, &b->error));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_asynq_enqueue_batch(redis, b->tasks, 1, NULL, &b->error));
    redisFree(redis);
}
END_TEST

START_TEST(a_task_that_is_refused_keeps_no_other_back)
{
    redisContext *redis = queue_empty();
    batch *b = batch_of(6);
    b->tasks[1].id = b->tasks[0].id;
    b->tasks[2].type = taskseal_str("\xff");
    b->tasks[3].queue = taskseal_str("wrong");
    b->tasks[4].unique_ttl = b->tasks[5].unique_ttl = 60;
    freeReplyObject(ASK(redis, REDIS_REPLY_STATUS, "SET asynq:{wrong}:pending x"));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, batch_send(redis, b, 6));
    ck_assert_msg(strncmp(b->error.message, "task 2: the type is not UTF-8", 29) == 0, "%s", b->error.message);
    const taskseal_asynq_outcome expected[] = {TASKSEAL_ASYNQ_QUEUED,  TASKSEAL_ASYNQ_EXISTS, TASKSEAL_ASYNQ_REFUSED,
                                               TASKSEAL_ASYNQ_REFUSED, TASKSEAL_ASYNQ_QUEUED, TASKSEAL_ASYNQ_DUPLICATE};
    for (size_t i = 0; i < 6; i++)
        ck_assert_msg(b->results[i].outcome == expected[i], "task %zu", i);
    assert_err(TASKSEAL_ERR_SERVER_ERROR, b->results[3].err);
    redisFree(redis);
}
END_TEST

START_TEST(every_queue_of_a_batch_is_listed)
{
    redisContext *redis = queue_empty();
    batch *b = batch_of(MANY);
    static char queues[MANY][16];
    for (size_t i = 0; i < MANY; i++) {
        (void)snprintf(queues[i], sizeof queues[i], "queue-%zu", i / 2);
        b->tasks[i].queue = taskseal_str(queues[i]);
    }
    b->tasks[MANY - 1].queue = taskseal_str("unlisted");
    b->tasks[MANY - 1].flags = TASKSEAL_ASYNQ_QUEUE_LISTED;
    assert_ok(batch_send(redis, b, MANY));
    ck_assert_int_eq(number_of(redis, "SCARD asynq:queues"), MANY / 2);
    redisFree(redis);
}
END_TEST

START_TEST(large_payloads_are_queued)
{
    enum { LARGE = 3 << 20 };
    redisContext *redis = queue_empty();
    batch *b = batch_of(5);
    char *payload = malloc(LARGE);
    memset(payload, 'p', LARGE);
    for (size_t i = 0; i < 5; i++)
        b->tasks[i].payload = (taskseal_bytes){payload, LARGE >> (4 * i)};
    assert_ok(batch_send(redis, b, 5));
    for (size_t i = 0; i < 5; i++)
        ck_assert(is_queued(redis, b->ids[i]));
    free(payload);
    redisFree(redis);
}
END_TEST

START_TEST(what_was_refused_for_good_is_not_tried_again)
{
    redisContext *redis = queue_empty();
    batch *b = batch_of(3);
    b->tasks[1].type = taskseal_str("");
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, batch_send(redis, b, 3));
    b->tasks[1].type = taskseal_str("reset");
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_asynq_resume(redis, b->tasks, 3, b->results, &b->error));
    ck_assert_int_eq(b->results[0].outcome, TASKSEAL_ASYNQ_QUEUED); /* and not EXISTS: it was not sent again */
    ck_assert(!is_queued(redis, "id-1"));
    redisFree(redis);
}
END_TEST

START_TEST(what_was_refused_for_now_is_tried_again)
{
    redisContext *redis = queue_empty();
    batch *b = batch_of(MANY);
    freeReplyObject(ASK(redis, REDIS_REPLY_STATUS, "CONFIG SET maxmemory 1"));
    assert_err(TASKSEAL_ERR_SERVER_BUSY, batch_send(redis, b, MANY));
    ck_assert_uint_eq(batch_count(b, MANY, TASKSEAL_ASYNQ_REFUSED), MANY);
    freeReplyObject(ASK(redis, REDIS_REPLY_STATUS, "CONFIG SET maxmemory 0"));
    assert_ok(taskseal_asynq_resume(redis, b->tasks, MANY, b->results, &b->error));
    ck_assert_uint_eq(batch_count(b, MANY, TASKSEAL_ASYNQ_QUEUED), MANY);
    redisFree(redis);
}
END_TEST

START_TEST(an_id_that_was_made_stays_as_it_is)
{
    redisContext *redis = queue_empty();
    batch *b = batch_of(1);
    b->tasks[0].id = (taskseal_bytes){NULL, 0};
    freeReplyObject(ASK(redis, REDIS_REPLY_STATUS, "CONFIG SET maxmemory 1"));
    assert_err(TASKSEAL_ERR_SERVER_BUSY, batch_send(redis, b, 1));
    freeReplyObject(ASK(redis, REDIS_REPLY_STATUS, "CONFIG SET maxmemory 0"));
    const taskseal_asynq_result before = b->results[0];
    assert_ok(taskseal_asynq_resume(redis, b->tasks, 1, b->results, &b->error));
    ck_assert_str_eq(before.id, b->results[0].id);
    ck_assert(is_queued(redis, before.id));
    redisFree(redis);
}
END_TEST

/* ---- Trying again ---- */

static void close_others(redisContext *redis)
{
    freeReplyObject(ASK(redis, REDIS_REPLY_INTEGER, "CLIENT KILL TYPE normal"));
}

/* The try before may have queued it. One that is not answered by the script tells nothing of that. */
START_TEST(what_is_in_doubt_stays_so_until_the_script_answers)
{
    static const char *const ways[] = {"failed before", "fails now", "server full", "bad task"};
    redisContext *redis = queue_empty(), *other = connected(WORKER, "127.0.0.1", "", "");
    batch *b = batch_of(1);
    b->results[0] = (taskseal_asynq_result){.outcome = TASKSEAL_ASYNQ_IN_DOUBT, .err = TASKSEAL_ERR_IO};
    if (_i <= 1)
        close_others(other);
    if (_i == 0)
        freeReplyObject(redisCommand(redis, "PING"));
    if (_i == 2)
        freeReplyObject(ASK(other, REDIS_REPLY_STATUS, "CONFIG SET maxmemory 1"));
    b->tasks[0].type = taskseal_str(_i == 3 ? "" : "reset");
    taskseal_err err = taskseal_asynq_resume(redis, b->tasks, 1, b->results, &b->error);
    ck_assert_msg(err != TASKSEAL_OK, "%s", ways[_i]);
    ck_assert_msg(b->results[0].outcome == TASKSEAL_ASYNQ_IN_DOUBT, "%s", ways[_i]);
    assert_err(err, b->results[0].err);
    freeReplyObject(ASK(other, REDIS_REPLY_STATUS, "CONFIG SET maxmemory 0"));
    b->tasks[0].type = taskseal_str("reset");
    assert_ok(taskseal_asynq_resume(other, b->tasks, 1, b->results, &b->error));
    ck_assert_int_eq(b->results[0].outcome, TASKSEAL_ASYNQ_QUEUED);
    redisFree(redis);
    redisFree(other);
}
END_TEST

/* Also of what no task was at fault for: who goes by the results alone must not take it for done. */
START_TEST(each_task_that_is_not_sent_says_why)
{
    redisContext *redis = queue_empty(), *other = connected(WORKER, "127.0.0.1", "", "");
    batch *b = batch_of(3);
    close_others(other);
    freeReplyObject(redisCommand(redis, "PING"));
    assert_err(TASKSEAL_ERR_PEER_CLOSED, batch_send(redis, b, 3));
    ck_assert_uint_eq(batch_count(b, 3, TASKSEAL_ASYNQ_NOT_SENT), 3);
    for (size_t i = 0; i < 3; i++)
        assert_err(TASKSEAL_ERR_PEER_CLOSED, b->results[i].err);
    b->results[1].outcome = TASKSEAL_ASYNQ_QUEUED; /* which is nothing to be tried again */
    b->results[1].err = TASKSEAL_OK;
    assert_err(TASKSEAL_ERR_PEER_CLOSED, taskseal_asynq_resume(redis, b->tasks, 3, b->results, &b->error));
    ck_assert_int_eq(b->results[1].outcome, TASKSEAL_ASYNQ_QUEUED);
    assert_ok(b->results[1].err);
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_asynq_enqueue_batch(other, NULL, 1, b->results, &b->error));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, b->results[0].err);
    redisFree(redis);
    redisFree(other);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("batch");
    TCase *tests = add_case(suite, "batch", queue_start);
    tcase_add_test(tests, a_batch_is_queued_in_its_order);
    tcase_add_test(tests, a_batch_of_nothing_is_fine);
    tcase_add_test(tests, a_task_that_is_refused_keeps_no_other_back);
    tcase_add_test(tests, every_queue_of_a_batch_is_listed);
    tcase_add_test(tests, large_payloads_are_queued);
    tcase_add_test(tests, what_was_refused_for_good_is_not_tried_again);
    tcase_add_test(tests, what_was_refused_for_now_is_tried_again);
    tcase_add_test(tests, an_id_that_was_made_stays_as_it_is);
    tcase_add_loop_test(tests, what_is_in_doubt_stays_so_until_the_script_answers, 0, 4);
    tcase_add_test(tests, each_task_that_is_not_sent_says_why);
    return run_suite(suite);
}
