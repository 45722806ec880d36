/* SPDX-License-Identifier: MIT
 * Batches whose connection breaks on the way, or whose server. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../redis/support/proxy.h"
#include "support/batch.h"

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
    assert_ok(batch_send(whole, b, MANY));
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
    assert_ok(batch_send(redis, batch_of(1), 1)); /* so that the server knows the script, each time */
    freeReplyObject(ASK(redis, REDIS_REPLY_STATUS, "FLUSHALL"));
    measure(p, batch_of(MANY), where, &before, &in_all);
    for (size_t cut = 0; cut < CUTS; cut++) {
        batch *b = batch_of(MANY);
        freeReplyObject(ASK(redis, REDIS_REPLY_STATUS, "FLUSHALL"));
        proxy_arm(p, (proxy_plan){faults[_i / 2], where, before + SLACK + (in_all - before - 2 * SLACK) * cut / CUTS});
        redisContext *breaking = connect_through(p);
        taskseal_err err = batch_send(breaking, b, MANY);
        ck_assert_msg(err != TASKSEAL_OK && !taskseal_err_permanent(err), "%s", taskseal_err_name(err));
        ck_assert_ptr_nonnull(strstr(b->error.message, "of 300 tasks"));
        redisFree(breaking);
        proxy_seen *seen = malloc(sizeof *seen);
        ck_assert(proxy_settle(p, seen)); /* the server has had all that it will get */
        free(seen);
        freeReplyObject(ASK(redis, REDIS_REPLY_STATUS, "PING"));
        assert_true(redis, b);
        in_doubt += batch_count(b, MANY, TASKSEAL_ASYNQ_IN_DOUBT);
        not_sent += batch_count(b, MANY, TASKSEAL_ASYNQ_NOT_SENT);
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
        assert_err(TASKSEAL_ERR_PEER_CLOSED, batch_send(breaking, b, MANY));
        ck_assert_int_eq(pthread_join(killer, NULL), 0);
        redisFree(breaking);
        real_server_restart(&running);
        redis = connected(WORKER, "127.0.0.1", "", "");
        assert_true(redis, b);
        in_doubt += batch_count(b, MANY, TASKSEAL_ASYNQ_IN_DOUBT);
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
    Suite *suite = suite_create("broken");
    tcase_add_loop_test(add_case(suite, "broken", queue_start), a_connection_that_breaks_loses_nothing, 0, 6);
    tcase_add_test(add_case(suite, "durable", start_durable),
                   a_server_that_is_killed_keeps_each_task_wholly_or_not_at_all);
    return run_suite(suite);
}
