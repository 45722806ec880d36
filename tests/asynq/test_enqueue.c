/* SPDX-License-Identifier: MIT
 * One task on a real server: what becomes of it, and what a server refuses. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../lib/asynq/answer.h"
#include "support/queue.h"

/* ---- Outcomes ---- */

START_TEST(a_task_is_queued_once)
{
    redisContext *redis = queue_empty();
    const taskseal_asynq_task task = queue_task("one", "payload");
    assert_enqueued(redis, &task, TASKSEAL_ASYNQ_QUEUED);
    assert_enqueued(redis, &task, TASKSEAL_ASYNQ_EXISTS);
    ck_assert(is_queued(redis, "one"));
    redisFree(redis);
}
END_TEST

START_TEST(an_equal_task_is_a_duplicate)
{
    redisContext *redis = queue_empty();
    taskseal_asynq_task task = queue_task("one", "payload"), equal = queue_task("two", "payload");
    taskseal_asynq_task other = queue_task("three", "another");
    task.unique_ttl = equal.unique_ttl = other.unique_ttl = 60;
    assert_enqueued(redis, &task, TASKSEAL_ASYNQ_QUEUED);
    assert_enqueued(redis, &equal, TASKSEAL_ASYNQ_DUPLICATE);
    ck_assert(!is_queued(redis, "two"));
    assert_enqueued(redis, &other, TASKSEAL_ASYNQ_QUEUED);
    redisFree(redis);
}
END_TEST

/* Asynq's own script takes the lock first: another task would be locked out by one that was never queued. */
START_TEST(a_task_that_exists_takes_no_lock)
{
    redisContext *redis = queue_empty();
    taskseal_asynq_task task = queue_task("one", "payload"), again = queue_task("one", "another");
    again.unique_ttl = 60;
    assert_enqueued(redis, &task, TASKSEAL_ASYNQ_QUEUED);
    assert_enqueued(redis, &again, TASKSEAL_ASYNQ_EXISTS);
    again.id = taskseal_str("two");
    assert_enqueued(redis, &again, TASKSEAL_ASYNQ_QUEUED);
    redisFree(redis);
}
END_TEST

/* So that whoever tries again knows that it was his. */
START_TEST(a_unique_task_that_is_there_exists)
{
    redisContext *redis = queue_empty();
    taskseal_asynq_task task = queue_task("one", "payload");
    task.unique_ttl = 60;
    assert_enqueued(redis, &task, TASKSEAL_ASYNQ_QUEUED);
    assert_enqueued(redis, &task, TASKSEAL_ASYNQ_EXISTS);
    redisFree(redis);
}
END_TEST

START_TEST(an_id_that_is_made_is_told)
{
    redisContext *redis = queue_empty();
    taskseal_asynq_result result;
    const taskseal_asynq_task task = queue_task(NULL, "payload");
    assert_ok(taskseal_asynq_enqueue(redis, &task, &result, NULL));
    ck_assert_uint_eq(strlen(result.id), TASKSEAL_ASYNQ_ID_SIZE - 1);
    ck_assert(is_queued(redis, result.id));
    assert_ok(taskseal_asynq_enqueue(redis, &task, NULL, NULL));
    ck_assert_int_eq(number_of(redis, "LLEN asynq:{mail}:pending"), 2);
    redisFree(redis);
}
END_TEST

START_TEST(the_queue_is_listed_unless_it_is_said_to_be)
{
    redisContext *redis = queue_empty();
    taskseal_asynq_task task = queue_task("one", "payload");
    task.flags = TASKSEAL_ASYNQ_QUEUE_LISTED;
    assert_enqueued(redis, &task, TASKSEAL_ASYNQ_QUEUED);
    ck_assert_int_eq(number_of(redis, "EXISTS asynq:queues"), 0);
    task.flags = 0;
    task.id = taskseal_str("two");
    assert_enqueued(redis, &task, TASKSEAL_ASYNQ_QUEUED);
    ck_assert_int_eq(number_of(redis, "SISMEMBER asynq:queues mail"), 1);
    redisFree(redis);
}
END_TEST

START_TEST(a_server_that_has_forgotten_the_script_is_told_it)
{
    redisContext *redis = queue_empty();
    const taskseal_asynq_task task = queue_task("one", "payload"), other = queue_task("two", "payload");
    freeReplyObject(ASK(redis, REDIS_REPLY_STATUS, "SCRIPT FLUSH"));
    assert_enqueued(redis, &task, TASKSEAL_ASYNQ_QUEUED);
    assert_enqueued(redis, &other, TASKSEAL_ASYNQ_QUEUED);
    redisFree(redis);
}
END_TEST

/* ---- Refused by the server: nothing is written ---- */

static const struct {
    const char *key, *names;
    bool group, later;
} wrong[] = {
    {"asynq:{mail}:pending", ": asynq:{queue}:pending", false, false},
    {"asynq:{mail}:scheduled", ": asynq:{queue}:scheduled", false, true},
    {"asynq:{mail}:g:ann", ": asynq:{queue}:g:group", true, false},
    {"asynq:{mail}:groups", ": asynq:{queue}:groups", true, false},
    {"asynq:queues", ": asynq:queues", false, false},
};

START_TEST(a_key_of_another_type_is_named)
{
    redisContext *redis = queue_empty();
    taskseal_asynq_task task = queue_task("one", "payload");
    task.unique_ttl = 60;
    task.process_in = wrong[_i].later ? 60 : 0;
    if (wrong[_i].group)
        task.group = taskseal_str("ann");
    freeReplyObject(ASK(redis, REDIS_REPLY_INTEGER, "SADD asynq:queues mail"));
    freeReplyObject(ASK(redis, REDIS_REPLY_STATUS, "SET %s x", wrong[_i].key));
    assert_refused_by_server(redis, &task, TASKSEAL_ERR_SERVER_ERROR, wrong[_i].names);
    freeReplyObject(ASK(redis, REDIS_REPLY_INTEGER, "DEL %s", wrong[_i].key));
    assert_enqueued(redis, &task, TASKSEAL_ASYNQ_QUEUED);
    redisFree(redis);
}
END_TEST

START_TEST(a_replica_refuses_all_of_it)
{
    redisContext *redis = queue_empty();
    taskseal_asynq_task task = queue_task("one", "payload");
    task.unique_ttl = 60;
    task.flags = _i == 0 ? 0 : TASKSEAL_ASYNQ_QUEUE_LISTED;
    freeReplyObject(ASK(redis, REDIS_REPLY_STATUS, "REPLICAOF 127.0.0.1 1"));
    assert_refused_by_server(redis, &task, TASKSEAL_ERR_SERVER_BUSY, "(READONLY): it is a replica");
    freeReplyObject(ASK(redis, REDIS_REPLY_STATUS, "REPLICAOF NO ONE"));
    assert_enqueued(redis, &task, TASKSEAL_ASYNQ_QUEUED);
    redisFree(redis);
}
END_TEST

/* A right that only the script's last command wants is looked at before its first. */
static const struct {
    const char *login, *names;
    bool group, later;
} poor[] = {
    {"hasher:hash-pass@", ": HSET", false, false},
    {"pusher:push-pass@", ": LPUSH", false, false},
    {"pusher:push-pass@", ": ZADD", false, true},
    {"lister:list-pass@", ": SADD", true, false},
    {"reader:read-pass@", "(NOPERM)", false, false},
    {"blind:blind-pass@", "(NOPERM)", false, false},
};

START_TEST(a_right_that_lacks_is_named)
{
    redisContext *all = queue_empty(), *redis = connected(poor[_i].login, "127.0.0.1", "", "");
    taskseal_asynq_task task = queue_task("one", "payload");
    task.flags = TASKSEAL_ASYNQ_QUEUE_LISTED;
    task.unique_ttl = 60;
    task.process_in = poor[_i].later ? 60 : 0;
    if (poor[_i].group)
        task.group = taskseal_str("ann");
    assert_refused_by_server(redis, &task, TASKSEAL_ERR_NO_PERMISSION, poor[_i].names);
    ck_assert_int_eq(number_of(all, "DBSIZE"), 0);
    assert_enqueued(all, &task, TASKSEAL_ASYNQ_QUEUED);
    redisFree(redis);
    redisFree(all);
}
END_TEST

/* As Redis 6.0.16 says it, and a node of a cluster that has another. */
static const struct {
    const char *reply, *names;
    taskseal_err err;
} said[] = {
    {"ERR Error running script (call to f_19af): @user_script:46: @user_script: 46: -OOM command not allowed when "
     "used memory > 'maxmemory'.",
     "(OOM): its memory", TASKSEAL_ERR_SERVER_BUSY},
    {"ERR Error running script (call to f_19af): @user_script:46: @user_script: 46: -READONLY You can't write",
     "(READONLY): it is a replica", TASKSEAL_ERR_SERVER_BUSY},
    {"ERR Error running script (call to f_19af): @user_script:46: @user_script: 46: The user executing the script "
     "can't run this command or subcommand",
     "(NOPERM): the user lacks", TASKSEAL_ERR_NO_PERMISSION},
    {"ERR Error running script (call to f_19af): @user_script:46: @user_script: 46: Wrong number of args",
     "(ERR): the server answered", TASKSEAL_ERR_SERVER_ERROR},
    {"MOVED 3999 127.0.0.1:6381", "(MOVED): the key belongs to another node", TASKSEAL_ERR_SERVER_BUSY},
    {"ASK 3999 127.0.0.1:6381", "(ASK): the key is moving", TASKSEAL_ERR_SERVER_BUSY},
    {"ERR unknown command: -OOM", "(ERR): the server answered", TASKSEAL_ERR_SERVER_ERROR},
};

START_TEST(what_stopped_the_script_is_told)
{
    char text[256];
    taskseal_asynq_outcome outcome;
    taskseal_error error;
    (void)snprintf(text, sizeof text, "%s", said[_i].reply);
    const redisReply reply = {.type = REDIS_REPLY_ERROR, .str = text, .len = strlen(text)};
    assert_err(said[_i].err, taskseal__asynq_read(&reply, &outcome, &error));
    ck_assert_int_eq(outcome, TASKSEAL_ASYNQ_REFUSED);
    ck_assert_msg(strstr(error.message, said[_i].names) != NULL, "%s", error.message);
}
END_TEST

START_TEST(the_rights_that_the_header_names_suffice)
{
    redisContext *all = queue_empty(), *redis = connected("least:least-pass@", "127.0.0.1", "", "");
    taskseal_asynq_task task = queue_task(NULL, "payload");
    freeReplyObject(ASK(all, REDIS_REPLY_STATUS, "SCRIPT FLUSH"));
    task.unique_ttl = 60;
    task.process_in = _i == 1 ? 60 : 0;
    if (_i == 2)
        task.group = taskseal_str("ann");
    assert_enqueued(redis, &task, TASKSEAL_ASYNQ_QUEUED);
    redisFree(redis);
    redisFree(all);
}
END_TEST

START_TEST(who_may_not_list_queues_is_told_so)
{
    redisContext *all = queue_empty(), *redis = connected("lister:list-pass@", "127.0.0.1", "", "");
    const taskseal_asynq_task task = queue_task("one", "payload");
    assert_refused_by_server(redis, &task, TASKSEAL_ERR_NO_PERMISSION, ": asynq:queues");
    ck_assert_int_eq(number_of(all, "DBSIZE"), 0);
    redisFree(redis);
    redisFree(all);
}
END_TEST

/* ---- Connections ---- */

START_TEST(what_nothing_has_verified_is_refused)
{
    taskseal_asynq_result result;
    const taskseal_asynq_task task = queue_task("one", "payload");
    redisContext *plain = redisConnect("127.0.0.1", (int)running.plain_port);
    ck_assert_int_eq(plain->err, 0);
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_asynq_enqueue(plain, &task, &result, NULL));
    ck_assert_int_eq(result.outcome, TASKSEAL_ASYNQ_NOT_SENT);
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, result.err);
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_asynq_enqueue(NULL, &task, NULL, NULL));
    redisFree(plain);
}
END_TEST

START_TEST(a_connection_on_which_commands_wait_is_refused)
{
    redisContext *redis = queue_empty();
    taskseal_asynq_result result;
    void *reply = NULL;
    const taskseal_asynq_task task = queue_task("one", "payload");
    ck_assert_int_eq(redisAppendCommand(redis, "PING"), REDIS_OK);
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_asynq_enqueue(redis, &task, &result, NULL));
    ck_assert_int_eq(result.outcome, TASKSEAL_ASYNQ_NOT_SENT);
    ck_assert_int_eq(redisGetReply(redis, &reply), REDIS_OK);
    freeReplyObject(reply);
    assert_enqueued(redis, &task, TASKSEAL_ASYNQ_QUEUED);
    redisFree(redis);
}
END_TEST

START_TEST(a_connection_that_has_failed_sends_nothing)
{
    redisContext *redis = queue_empty(), *other = connected(WORKER, "127.0.0.1", "", "");
    taskseal_asynq_result result;
    taskseal_error error;
    const taskseal_asynq_task task = queue_task("one", "payload");
    freeReplyObject(ASK(other, REDIS_REPLY_INTEGER, "CLIENT KILL TYPE normal"));
    freeReplyObject(redisCommand(redis, "PING"));
    assert_err(TASKSEAL_ERR_PEER_CLOSED, taskseal_asynq_enqueue(redis, &task, &result, &error));
    ck_assert_int_eq(result.outcome, TASKSEAL_ASYNQ_NOT_SENT);
    assert_ok(taskseal_redis_reconnect(redis, &error));
    assert_ok(taskseal_asynq_resume(redis, &task, 1, &result, &error));
    ck_assert_int_eq(result.outcome, TASKSEAL_ASYNQ_QUEUED);
    redisFree(redis);
    redisFree(other);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("enqueue");
    TCase *one = add_case(suite, "one", queue_start);
    tcase_add_test(one, a_task_is_queued_once);
    tcase_add_test(one, an_equal_task_is_a_duplicate);
    tcase_add_test(one, a_task_that_exists_takes_no_lock);
    tcase_add_test(one, a_unique_task_that_is_there_exists);
    tcase_add_test(one, an_id_that_is_made_is_told);
    tcase_add_test(one, the_queue_is_listed_unless_it_is_said_to_be);
    tcase_add_test(one, a_server_that_has_forgotten_the_script_is_told_it);
    tcase_add_loop_test(one, a_key_of_another_type_is_named, 0, COUNT_OF(wrong));
    tcase_add_loop_test(one, a_replica_refuses_all_of_it, 0, 2);
    tcase_add_loop_test(one, a_right_that_lacks_is_named, 0, COUNT_OF(poor));
    tcase_add_loop_test(one, what_stopped_the_script_is_told, 0, COUNT_OF(said));
    tcase_add_loop_test(one, the_rights_that_the_header_names_suffice, 0, 3);
    tcase_add_test(one, who_may_not_list_queues_is_told_so);
    tcase_add_test(one, what_nothing_has_verified_is_refused);
    tcase_add_test(one, a_connection_on_which_commands_wait_is_refused);
    tcase_add_test(one, a_connection_that_has_failed_sends_nothing);
    return run_suite(suite);
}
