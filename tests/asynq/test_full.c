/* SPDX-License-Identifier: MIT
 * A server whose memory is full, or fills up with the task. */
#include <stdlib.h>
#include <string.h>

#include "support/queue.h"

START_TEST(a_server_whose_memory_is_full_refuses_all_of_it)
{
    redisContext *redis = queue_empty();
    taskseal_asynq_task task = queue_task("one", "payload");
    task.unique_ttl = 60;
    task.flags = _i == 0 ? 0 : TASKSEAL_ASYNQ_QUEUE_LISTED;
    freeReplyObject(ASK(redis, REDIS_REPLY_STATUS, "CONFIG SET maxmemory 1"));
    assert_refused_by_server(redis, &task, TASKSEAL_ERR_SERVER_BUSY, "(OOM): its memory is full");
    freeReplyObject(ASK(redis, REDIS_REPLY_STATUS, "CONFIG SET maxmemory 0"));
    assert_enqueued(redis, &task, TASKSEAL_ASYNQ_QUEUED);
    redisFree(redis);
}
END_TEST

/* Memory, and the limit beyond which the server refuses to write, as it says itself. */
static long long used_memory(const char *info)
{
    const char *at = strstr(info, "used_memory:");
    ck_assert_ptr_nonnull(at);
    return atoll(at + strlen("used_memory:"));
}

static long long used_now(redisContext *redis)
{
    redisReply *info = ASK(redis, REDIS_REPLY_STRING, "INFO memory");
    const long long used = used_memory(info->str);
    freeReplyObject(info);
    return used;
}

static void limit_memory(redisContext *redis, long long limit)
{
    freeReplyObject(ASK(redis, REDIS_REPLY_STATUS, "CONFIG SET maxmemory %lld", limit));
}

/* True if the task is queued under this limit; asserts that all of it is there, or nothing. */
static bool is_queued_within(redisContext *redis, const taskseal_asynq_task *task, long long limit)
{
    taskseal_asynq_result result;
    freeReplyObject(ASK(redis, REDIS_REPLY_STATUS, "FLUSHALL"));
    limit_memory(redis, limit);
    taskseal_err err = taskseal_asynq_enqueue(redis, task, &result, NULL);
    limit_memory(redis, 0);
    if (err == TASKSEAL_OK) {
        ck_assert_int_eq(result.outcome, TASKSEAL_ASYNQ_QUEUED);
        ck_assert(is_queued(redis, "one"));
        ck_assert_int_eq(number_of(redis, "DBSIZE"), 3); /* and the lock */
        return true;
    }
    assert_err(TASKSEAL_ERR_SERVER_BUSY, err);
    ck_assert_int_eq(result.outcome, TASKSEAL_ASYNQ_REFUSED);
    ck_assert_int_eq(number_of(redis, "DBSIZE"), 0);
    return false;
}

enum { LARGE = 1 << 20 };

/* What the server says of its memory in the middle of a script that writes as much as the task's, at about the least
 * limit at which it begins. */
static redisReply *write_beyond(redisContext *redis, const char *payload, long long *limit)
{
    static const char script[] = "redis.call('SET', KEYS[1], 'x') redis.call('HSET', KEYS[2], 'msg', ARGV[1]) "
                                 "local info = redis.call('INFO', 'memory') redis.call('LPUSH', KEYS[3], 'x') return info";
    for (int tries = 0; tries < 64; tries++, *limit += LARGE / 4) {
        limit_memory(redis, *limit);
        redisReply *reply = redisCommand(redis, "EVAL %s 3 a b c %b", script, payload, (size_t)LARGE);
        ck_assert_ptr_nonnull(reply);
        if (reply->type == REDIS_REPLY_STRING)
            return reply;
        ck_assert_msg(strncmp(reply->str, "OOM", 3) == 0, "%s", reply->str);
        freeReplyObject(reply);
    }
    ck_abort_msg("it never begins");
    return NULL;
}

/* A script that has begun to write is not stopped: the server looks at the limit before a script's first write only.
 * At the least limit that lets the task in it is the task itself that breaks it, between its lock and its place in the
 * list. The server's own words show that, of a script that writes as much. */
START_TEST(memory_that_fills_up_on_the_way_leaves_no_half)
{
    enum { STEP = 1 << 10 };
    static char payload[LARGE];
    redisContext *redis = queue_empty();
    taskseal_asynq_task task = queue_task("one", "");
    task.payload = (taskseal_bytes){payload, LARGE};
    task.unique_ttl = 60;
    task.flags = TASKSEAL_ASYNQ_QUEUE_LISTED;
    long long full = used_now(redis), enough = full + 16 * LARGE;
    ck_assert(is_queued_within(redis, &task, enough)); /* and the server knows the script from now on */
    ck_assert(!is_queued_within(redis, &task, full));
    while (enough - full > STEP)
        *(is_queued_within(redis, &task, (full + enough) / 2) ? &enough : &full) = (full + enough) / 2;
    freeReplyObject(ASK(redis, REDIS_REPLY_STATUS, "FLUSHALL"));
    redisReply *info = write_beyond(redis, payload, &full);
    ck_assert_int_gt(used_memory(info->str), full);
    ck_assert_int_eq(number_of(redis, "LLEN c"), 1);
    limit_memory(redis, 0);
    freeReplyObject(info);
    redisFree(redis);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("full");
    TCase *full = add_case(suite, "full", queue_start);
    tcase_add_loop_test(full, a_server_whose_memory_is_full_refuses_all_of_it, 0, 2);
    tcase_add_test(full, memory_that_fills_up_on_the_way_leaves_no_half);
    return run_suite(suite);
}
