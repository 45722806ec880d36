/* SPDX-License-Identifier: MIT */
#include "queue.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void queue_start_with(const char *settings)
{
    char all[2048];
    (void)snprintf(all, sizeof all,
                   "tls-auth-clients no\n"
                   "user default off ~* &* +@all\n"
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

static int by_text(const void *a, const void *b)
{
    return strcmp((*(redisReply *const *)a)->str, (*(redisReply *const *)b)->str);
}

static void add_reply(crypto_generichash_state *hash, redisReply *reply)
{
    const uint64_t number = reply->type == REDIS_REPLY_INTEGER ? (uint64_t)reply->integer : reply->len;
    (void)crypto_generichash_update(hash, (const uint8_t *)&number, sizeof number);
    if (reply->str != NULL)
        (void)crypto_generichash_update(hash, (const uint8_t *)reply->str, reply->len);
    freeReplyObject(reply);
}

held held_by(redisContext *redis)
{
    held all;
    crypto_generichash_state hash;
    redisReply *keys = ASK(redis, REDIS_REPLY_ARRAY, "KEYS *");
    if (keys->elements > 1)
        qsort(keys->element, keys->elements, sizeof *keys->element, by_text);
    (void)crypto_generichash_init(&hash, NULL, 0, sizeof all.hash);
    for (size_t i = 0; i < keys->elements; i++) {
        const char *key = keys->element[i]->str;
        (void)crypto_generichash_update(&hash, (const uint8_t *)key, strlen(key) + 1);
        add_reply(&hash, ASK(redis, REDIS_REPLY_STRING, "DUMP %s", key));
        add_reply(&hash, ASK(redis, REDIS_REPLY_INTEGER, "PEXPIRETIME %s", key));
    }
    (void)crypto_generichash_final(&hash, all.hash, sizeof all.hash);
    freeReplyObject(keys);
    return all;
}

void assert_holds(redisContext *redis, held before)
{
    const held now = held_by(redis);
    ck_assert_msg(memcmp(now.hash, before.hash, sizeof now.hash) == 0, "something was written");
}

void assert_enqueued(redisContext *redis, const taskseal_asynq_task *task, taskseal_asynq_outcome expected)
{
    taskseal_asynq_result result;
    taskseal_error error = {.code = TASKSEAL_OK};
    held before = {{0}};
    if (expected != TASKSEAL_ASYNQ_QUEUED)
        before = held_by(redis);
    taskseal_err err = taskseal_asynq_enqueue(redis, task, &result, &error);
    ck_assert_msg(err == TASKSEAL_OK, "%s", error.message);
    ck_assert_int_eq(result.outcome, expected);
    assert_ok(result.err);
    if (expected != TASKSEAL_ASYNQ_QUEUED)
        assert_holds(redis, before);
}

void assert_refused_by_server(redisContext *redis, const taskseal_asynq_task *task, taskseal_err expected,
                              const char *words)
{
    taskseal_asynq_result result;
    taskseal_error error = {.code = TASKSEAL_OK};
    const held before = held_by(redis);
    assert_err(expected, taskseal_asynq_enqueue(redis, task, &result, &error));
    ck_assert_int_eq(result.outcome, TASKSEAL_ASYNQ_REFUSED);
    assert_err(expected, result.err);
    assert_err(expected, error.code);
    ck_assert_msg(strstr(error.message, words) != NULL, "`%s` is not in `%s`", words, error.message);
    assert_holds(redis, before);
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
