/* SPDX-License-Identifier: MIT */
#include "queue.h"

#include <stdio.h>
#include <string.h>

void queue_start_with(const char *settings)
{
    char all[2048];
    (void)snprintf(all, sizeof all,
                   "tls-auth-clients no\n"
                   "user default off\n"
                   "user worker on >" PASSWORD " ~* &* +@all\n"
                   "user pusher on >push-pass ~* &* +@all -lpush -zadd -sadd\n"
                   "user lister on >list-pass ~* &* +@all -sadd\n"
                   "user hasher on >hash-pass ~* &* +@all -hset\n"
                   "user reader on >read-pass ~* &* +@all -set\n"
                   "user blind on >blind-pass ~* &* +@all -type\n"
                   "user least on >least-pass ~asynq:{mail}:* ~asynq:queues +ping +evalsha +eval +exists +type +hset +lpush "
                   "+zadd +sadd +set\n%s",
                   settings);
    running = real_server_start(all);
}

void queue_start(void)
{
    queue_start_with("");
}

redisContext *queue_empty(void)
{
    redisContext *redis = connected(WORKER, "127.0.0.1", "", "");
    freeReplyObject(ASK(redis, REDIS_REPLY_STATUS, "FLUSHALL"));
    return redis;
}

static const taskseal_seal_options *sealing(void)
{
    static const uint8_t secret[TASKSEAL_KEY_BYTES] = "thirty-two bytes of a test's KEK";
    static taskseal_keyring *ring;
    static taskseal_seal_options seal;
    taskseal_error error;
    taskseal_key keys[] = {
        {.id = "mail-k01", .type = TASKSEAL_KEY_XCHACHA20POLY1305, .state = TASKSEAL_KEY_ACTIVE, .secret = secret},
        {.id = "dedupe-k01", .type = TASKSEAL_KEY_DEDUPE, .state = TASKSEAL_KEY_ACTIVE, .secret = secret}};
    if (ring == NULL)
        assert_ok(taskseal_keyring_new(&ring, keys, 2, &error));
    seal.keyring = ring;
    return &seal;
}

taskseal_asynq_task queue_task(const char *id, const char *payload)
{
    return (taskseal_asynq_task){.queue = taskseal_str("mail"),
                                 .type = taskseal_str("reset"),
                                 .id = taskseal_str(id),
                                 .payload = taskseal_str(payload),
                                 .seal = sealing()};
}

void assert_enqueued(redisContext *redis, const taskseal_asynq_task *task, taskseal_asynq_outcome expected)
{
    taskseal_asynq_result result;
    taskseal_error error = {.code = TASKSEAL_OK};
    taskseal_err err = taskseal_asynq_enqueue(redis, task, &result, &error);
    ck_assert_msg(err == TASKSEAL_OK, "%s", error.message);
    ck_assert_int_eq(result.outcome, expected);
    assert_ok(result.err);
}

void assert_refused_by_server(redisContext *redis, const taskseal_asynq_task *task, taskseal_err expected,
                              const char *words)
{
    taskseal_asynq_result result;
    taskseal_error error = {.code = TASKSEAL_OK};
    long long before = number_of(redis, "DBSIZE");
    assert_err(expected, taskseal_asynq_enqueue(redis, task, &result, &error));
    ck_assert_int_eq(result.outcome, TASKSEAL_ASYNQ_REFUSED);
    assert_err(expected, result.err);
    assert_err(expected, error.code);
    ck_assert_msg(strstr(error.message, words) != NULL, "`%s` is not in `%s`", words, error.message);
    ck_assert_int_eq(number_of(redis, "DBSIZE"), before);
}

long long number_of(redisContext *redis, const char *command)
{
    redisReply *reply = ASK(redis, REDIS_REPLY_INTEGER, command);
    long long number = reply->integer;
    freeReplyObject(reply);
    return number;
}

bool is_queued(redisContext *redis, const char *id)
{
    redisReply *hash = ASK(redis, REDIS_REPLY_INTEGER, "EXISTS asynq:{mail}:t:%s", id);
    redisReply *named = ASK(redis, REDIS_REPLY_ARRAY, "LPOS asynq:{mail}:pending %s COUNT 0", id);
    const bool queued = hash->integer == 1;
    ck_assert_msg(named->elements == (queued ? 1 : 0), "%s: a hash: %d, named by the list: %zu times", id, queued,
                  named->elements);
    freeReplyObject(hash);
    freeReplyObject(named);
    return queued;
}
