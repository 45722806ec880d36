/* SPDX-License-Identifier: MIT
 * Many tasks in few round trips, and connections that break on the way. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../redis/support/proxy.h"
#include "support/queue.h"

enum { MANY = 300 /* more than two windows */ };

typedef struct batch {
    taskseal_asynq_task tasks[MANY];
    taskseal_asynq_result results[MANY];
    char ids[MANY][16];
    taskseal_error error;
} batch;

static batch *batch_of(size_t count)
{
    static batch b;
    memset(&b, 0, sizeof b);
    for (size_t i = 0; i < count; i++) {
        (void)snprintf(b.ids[i], sizeof b.ids[i], "id-%zu", i);
        b.tasks[i] = queue_task(b.ids[i], "payload");
    }
    return &b;
}

static taskseal_err send(redisContext *redis, batch *b, size_t count)
{
    return taskseal_asynq_enqueue_batch(redis, b->tasks, count, b->results, &b->error);
}

static size_t count_of(const batch *b, size_t count, taskseal_asynq_outcome outcome)
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++)
        found += b->results[i].outcome == outcome;
    return found;
}

/* ---- A connection that holds ---- */

START_TEST(a_batch_is_queued_in_its_order)
{
    redisContext *redis = queue_empty();
    batch *b = batch_of(MANY);
    freeReplyObject(ASK(redis, REDIS_REPLY_STATUS, "SCRIPT FLUSH"));
    assert_ok(send(redis, b, MANY));
    ck_assert_uint_eq(count_of(b, MANY, TASKSEAL_ASYNQ_QUEUED), MANY);
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
    assert_ok(send(redis, b, 0));
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
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, send(redis, b, 6));
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
    assert_ok(send(redis, b, MANY));
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
    assert_ok(send(redis, b, 5));
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
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, send(redis, b, 3));
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
    assert_err(TASKSEAL_ERR_SERVER_BUSY, send(redis, b, MANY));
    ck_assert_uint_eq(count_of(b, MANY, TASKSEAL_ASYNQ_REFUSED), MANY);
    freeReplyObject(ASK(redis, REDIS_REPLY_STATUS, "CONFIG SET maxmemory 0"));
    assert_ok(taskseal_asynq_resume(redis, b->tasks, MANY, b->results, &b->error));
    ck_assert_uint_eq(count_of(b, MANY, TASKSEAL_ASYNQ_QUEUED), MANY);
    redisFree(redis);
}
END_TEST

START_TEST(an_id_that_was_made_stays_as_it_is)
{
    redisContext *redis = queue_empty();
    batch *b = batch_of(1);
    b->tasks[0].id = (taskseal_bytes){NULL, 0};
    freeReplyObject(ASK(redis, REDIS_REPLY_STATUS, "CONFIG SET maxmemory 1"));
    assert_err(TASKSEAL_ERR_SERVER_BUSY, send(redis, b, 1));
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
    assert_err(TASKSEAL_ERR_PEER_CLOSED, send(redis, b, 3));
    ck_assert_uint_eq(count_of(b, 3, TASKSEAL_ASYNQ_NOT_SENT), 3);
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

/* ---- A connection that breaks ---- */

enum { CUTS = 12, SLACK = 32 /* bytes by which handshakes differ, and more */ };

static redisContext *connect_through(proxy *p)
{
    char uri[600];
    taskseal_redis_endpoint *endpoint = NULL;
    redisContext *redis = NULL;
    taskseal_error error;
    real_server behind = running;
    behind.port = proxy_port(p);
    real_server_uri(&behind, uri, sizeof uri, WORKER, "127.0.0.1", "", "&timeout_ms=5000");
    assert_ok(taskseal_redis_endpoint_new(&endpoint, uri, &error));
    assert_ok(taskseal_redis_connect(endpoint, &redis, &error));
    taskseal_redis_endpoint_free(endpoint);
    return redis;
}

/* The bytes of each direction until the connection is there, and of the batch after it. */
static void measure(proxy *p, batch *b, direction where, size_t *before, size_t *in_all)
{
    proxy_seen *seen = malloc(sizeof *seen);
    redisContext *whole;
    proxy_arm(p, (proxy_plan){.fault = NO_FAULT});
    whole = connect_through(p);
    proxy_look(p, seen);
    *before = seen->sent[where].bytes;
    assert_ok(send(whole, b, MANY));
    proxy_look(p, seen);
    *in_all = seen->sent[where].bytes;
    redisFree(whole);
    (void)proxy_settle(p, seen);
    free(seen);
}

static void mark(redisContext *redis, const char *command, const char *prefix, bool marks[MANY])
{
    redisReply *reply = ASK(redis, REDIS_REPLY_ARRAY, command);
    memset(marks, 0, MANY);
    for (size_t i = 0; i < reply->elements; i++) {
        ck_assert_int_eq(strncmp(reply->element[i]->str, prefix, strlen(prefix)), 0);
        const int at = atoi(reply->element[i]->str + strlen(prefix));
        ck_assert(at >= 0 && at < MANY && !marks[at]);
        marks[at] = true;
    }
    freeReplyObject(reply);
}

/* Which tasks are in the queue; asserts that each is so wholly and once, or not at all. */
static void look(redisContext *redis, bool queued[MANY])
{
    bool hashes[MANY];
    mark(redis, "LRANGE asynq:{mail}:pending 0 -1", "id-", queued);
    mark(redis, "KEYS asynq:{mail}:t:*", "asynq:{mail}:t:id-", hashes);
    ck_assert_mem_eq(queued, hashes, sizeof hashes);
}

/* What is said of each task is so. */
static void assert_true(redisContext *redis, const batch *b)
{
    bool queued[MANY];
    look(redis, queued);
    for (size_t i = 0; i < MANY; i++) {
        const taskseal_asynq_outcome outcome = b->results[i].outcome;
        ck_assert_msg(outcome != TASKSEAL_ASYNQ_QUEUED || queued[i], "task %zu is lost", i);
        ck_assert_msg(outcome != TASKSEAL_ASYNQ_EXISTS || queued[i], "task %zu is not there", i);
        ck_assert_msg(outcome != TASKSEAL_ASYNQ_NOT_SENT || !queued[i], "task %zu was sent", i);
        ck_assert_int_ne(outcome, TASKSEAL_ASYNQ_REFUSED);
        ck_assert((b->results[i].err == TASKSEAL_OK) ==
                  (outcome != TASKSEAL_ASYNQ_NOT_SENT && outcome != TASKSEAL_ASYNQ_IN_DOUBT));
    }
}

/* Both directions in turn, by any of three faults, at as many places of the batch. */
START_TEST(a_connection_that_breaks_loses_nothing)
{
    static const network_fault faults[] = {CLOSES, RESETS, FLIPS};
    const direction where = _i % 2 == 0 ? TO_SERVER : TO_CLIENT;
    size_t before, in_all, in_doubt = 0, not_sent = 0;
    redisContext *redis = queue_empty();
    proxy *p = proxy_start(running.port);
    measure(p, batch_of(MANY), where, &before, &in_all);
    for (size_t cut = 0; cut < CUTS; cut++) {
        batch *b = batch_of(MANY);
        freeReplyObject(ASK(redis, REDIS_REPLY_STATUS, "FLUSHALL"));
        proxy_arm(p, (proxy_plan){faults[_i / 2], where, before + SLACK + (in_all - before - 2 * SLACK) * cut / CUTS});
        redisContext *breaking = connect_through(p);
        taskseal_err err = send(breaking, b, MANY);
        ck_assert_msg(err != TASKSEAL_OK && !taskseal_err_permanent(err), "%s", taskseal_err_name(err));
        ck_assert_ptr_nonnull(strstr(b->error.message, "of 300 tasks"));
        redisFree(breaking);
        proxy_seen *seen = malloc(sizeof *seen);
        ck_assert(proxy_settle(p, seen)); /* the server has had all that it will get */
        free(seen);
        freeReplyObject(ASK(redis, REDIS_REPLY_STATUS, "PING"));
        assert_true(redis, b);
        in_doubt += count_of(b, MANY, TASKSEAL_ASYNQ_IN_DOUBT);
        not_sent += count_of(b, MANY, TASKSEAL_ASYNQ_NOT_SENT);
        assert_ok(taskseal_asynq_resume(redis, b->tasks, MANY, b->results, &b->error));
        ck_assert_int_eq(number_of(redis, "LLEN asynq:{mail}:pending"), MANY);
        assert_true(redis, b);
    }
    ck_assert(in_doubt > 0 && not_sent > 0);
    proxy_stop(p);
    redisFree(redis);
}
END_TEST

/* ---- A server that is killed ---- */

enum { KILLS = 3 };

static void start_durable(void)
{
    queue_start_with("appendonly yes\nappendfsync always\n");
}

/* As soon as the proxy holds the rest of the batch back. */
static void *kill_server(void *data)
{
    proxy_seen *seen = malloc(sizeof *seen);
    do {
        (void)nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
        proxy_look(data, seen);
    } while (!seen->fired);
    free(seen);
    real_server_kill(&running);
    return NULL;
}

/* Its file is read by the next one. */
START_TEST(a_server_that_is_killed_keeps_each_task_wholly_or_not_at_all)
{
    size_t before, in_all, in_doubt = 0;
    proxy *p = proxy_start(running.port);
    redisFree(queue_empty());
    measure(p, batch_of(MANY), TO_SERVER, &before, &in_all);
    for (size_t cut = 1; cut <= KILLS; cut++) {
        batch *b = batch_of(MANY);
        pthread_t killer;
        redisContext *redis = queue_empty();
        freeReplyObject(ASK(redis, REDIS_REPLY_STATUS, "SCRIPT FLUSH")); /* as when it was measured */
        redisFree(redis);
        proxy_arm(p, (proxy_plan){STALLS, TO_SERVER, before + (in_all - before) * cut / (KILLS + 1)});
        redisContext *breaking = connect_through(p);
        ck_assert_int_eq(pthread_create(&killer, NULL, kill_server, p), 0);
        assert_err(TASKSEAL_ERR_PEER_CLOSED, send(breaking, b, MANY));
        ck_assert_int_eq(pthread_join(killer, NULL), 0);
        redisFree(breaking);
        real_server_restart(&running);
        redis = connected(WORKER, "127.0.0.1", "", "");
        assert_true(redis, b);
        in_doubt += count_of(b, MANY, TASKSEAL_ASYNQ_IN_DOUBT);
        assert_ok(taskseal_asynq_resume(redis, b->tasks, MANY, b->results, &b->error));
        ck_assert_int_eq(number_of(redis, "LLEN asynq:{mail}:pending"), MANY);
        assert_true(redis, b);
        redisFree(redis);
    }
    ck_assert_uint_gt(in_doubt, 0);
    proxy_stop(p);
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
    tcase_add_loop_test(tests, a_connection_that_breaks_loses_nothing, 0, 6);
    tcase_add_test(add_case(suite, "durable", start_durable),
                   a_server_that_is_killed_keeps_each_task_wholly_or_not_at_all);
    return run_suite(suite);
}
