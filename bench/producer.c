/* SPDX-License-Identifier: MIT */
#include "producer.h"

#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure.h"

#define QUEUE     "{mail}"
#define TASK_TYPE "password-reset"

enum { TASK_ID_LEN = 36 };

static const char key_id[] = "mail-k01";

__attribute__((format(printf, 1, 2))) static _Noreturn void fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("bench-e2e: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(2);
}

static void task_id(size_t number, char id[TASK_ID_LEN + 1])
{
    snprintf(id, TASK_ID_LEN + 1, "00000000-0000-4000-8000-%012zu", number % 1000000000000U);
}

static taskseal_context context_of(const char *id)
{
    return (taskseal_context){
        .queue = taskseal_str("mail"), .type = taskseal_str(TASK_TYPE), .id = taskseal_str(id)};
}

void producer_prepare(bench_producer *producer, redisContext *redis)
{
    uint8_t secret[TASKSEAL_KEY_BYTES];
    taskseal_error error;
    char id[TASK_ID_LEN + 1];
    producer->redis = redis;
    memset(producer->payload, 'p', sizeof producer->payload);
    memset(producer->value, 0, sizeof producer->value);
    randombytes_buf(secret, sizeof secret);
    taskseal_key key = {
        .id = key_id, .type = TASKSEAL_KEY_XCHACHA20POLY1305, .state = TASKSEAL_KEY_ACTIVE, .secret = secret};
    taskseal_err err = taskseal_keyring_new(&producer->ring, &key, 1, &error);
    sodium_memzero(secret, sizeof secret);
    if (err != TASKSEAL_OK)
        fail("keyring: %s", error.message);
    task_id(0, id);
    taskseal_context context = context_of(id);
    floor_prepare(&producer->recipe, TASKSEAL_SUITE_CHACHA20POLY1305, key.type, strlen(key_id), &context);
}

void producer_finish(bench_producer *producer)
{
    taskseal_keyring_free(producer->ring);
    producer->ring = NULL;
}

/* ---- One task --------------------------------------------------------------------------------- */

/* Makes the value that is stored for task `id`. */
static taskseal_bytes make_value(bench_producer *producer, producer_mode mode, const char *id)
{
    floor_message message;
    taskseal_bytes value = {producer->value, 0};
    taskseal_seal_options options = {.keyring = producer->ring, .context = context_of(id), .lifetime = 3600};
    taskseal_err err;
    switch (mode) {
    case PRODUCER_UNSEALED:
        return (taskseal_bytes){producer->payload, sizeof producer->payload};
    case PRODUCER_SEALED:
        err = taskseal_seal(&options, producer->payload, sizeof producer->payload, producer->value,
                            sizeof producer->value, &value.len);
        if (err != TASKSEAL_OK)
            fail("seal: %s", taskseal_err_text(err));
        return value;
    case PRODUCER_PRIMITIVES:
        if (!floor_seal(&producer->recipe, &message, producer->payload, sizeof producer->payload,
                        producer->value))
            fail("a primitive of the floor failed");
        value.len = floor_sealed_len(&producer->recipe, sizeof producer->payload);
        return value;
    }
    fail("unknown mode %d", (int)mode);
}

static void append_task(bench_producer *producer, producer_mode mode, size_t number)
{
    char key[sizeof QUEUE ":t:" + TASK_ID_LEN] = QUEUE ":t:";
    char *id = key + sizeof QUEUE ":t:" - 1;
    task_id(number, id);
    taskseal_bytes value = make_value(producer, mode, id);
    const char *hset[] = {"HSET", key, "type", TASK_TYPE, "sealed", value.data};
    const size_t hset_lens[] = {4, strlen(key), 4, strlen(TASK_TYPE), 6, value.len};
    const char *lpush[] = {"LPUSH", QUEUE ":pending", id};
    const size_t lpush_lens[] = {5, strlen(QUEUE ":pending"), TASK_ID_LEN};
    if (redisAppendCommandArgv(producer->redis, 6, hset, hset_lens) != REDIS_OK ||
        redisAppendCommandArgv(producer->redis, 3, lpush, lpush_lens) != REDIS_OK)
        fail("a command could not be queued: %s", producer->redis->errstr);
}

/* Reads `count` replies, each of which must be an integer. */
static void read_replies(redisContext *redis, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        void *reply;
        if (redisGetReply(redis, &reply) != REDIS_OK)
            fail("no reply: %s", redis->errstr);
        redisReply *integer = reply;
        if (integer->type != REDIS_REPLY_INTEGER)
            fail("unexpected reply: %s", integer->str != NULL ? integer->str : "not an integer");
        freeReplyObject(reply);
    }
}

/* ---- A run ------------------------------------------------------------------------------------ */

static redisReply *ask(redisContext *redis, int type, const char *command)
{
    redisReply *reply = redisCommand(redis, command);
    if (reply == NULL)
        fail("%s: %s", command, redis->errstr);
    if (reply->type != type)
        fail("%s: unexpected reply", command);
    return reply;
}

/* The clock has stopped: makes sure that the work was really done. */
static void check_queue(bench_producer *producer, producer_mode mode, size_t tasks)
{
    char command[128];
    char id[TASK_ID_LEN + 1];
    uint8_t opened[PRODUCER_PAYLOAD_BYTES];
    size_t len = 0;
    redisReply *length = ask(producer->redis, REDIS_REPLY_INTEGER, "LLEN " QUEUE ":pending");
    if (length->integer < 0 || (size_t)length->integer != tasks)
        fail("the queue holds %lld tasks, not %zu", length->integer, tasks);
    freeReplyObject(length);
    task_id(tasks - 1, id);
    snprintf(command, sizeof command, "HGET " QUEUE ":t:%s sealed", id);
    redisReply *value = ask(producer->redis, REDIS_REPLY_STRING, command);
    taskseal_open_options options = {.keyring = producer->ring, .context = context_of(id)};
    if (mode == PRODUCER_SEALED) {
        taskseal_err err = taskseal_open(&options, value->str, value->len, opened, sizeof opened, &len, NULL);
        if (err != TASKSEAL_OK)
            fail("open: %s", taskseal_err_text(err));
        if (len != sizeof opened || memcmp(opened, producer->payload, len) != 0)
            fail("the last task opened to another payload");
    } else {
        len = mode == PRODUCER_UNSEALED ? sizeof producer->payload
                                        : floor_sealed_len(&producer->recipe, sizeof producer->payload);
        if (value->len != len)
            fail("the last task has %zu bytes, not %zu", value->len, len);
    }
    freeReplyObject(value);
}

uint64_t producer_run(bench_producer *producer, producer_mode mode, size_t depth, size_t tasks)
{
    uint64_t start = measure_wall_ns();
    for (size_t done = 0; done < tasks;) {
        size_t batch = tasks - done < depth ? tasks - done : depth;
        for (size_t i = 0; i < batch; i++)
            append_task(producer, mode, done + i);
        read_replies(producer->redis, 2 * batch);
        done += batch;
    }
    uint64_t taken = measure_wall_ns() - start;
    check_queue(producer, mode, tasks);
    freeReplyObject(ask(producer->redis, REDIS_REPLY_STATUS, "FLUSHALL"));
    return taken;
}
