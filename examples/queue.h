/* SPDX-License-Identifier: MIT
 *
 * queue.h: an at-least-once queue in Valkey or Redis, for worker.c: the keys, the scripts, and calling them.
 *
 *     {queue}:pending   list of ids, newest first
 *     {queue}:active    zset, id by the end of its lease (ms): taken by a worker that may yet die
 *     {queue}:delayed   zset, id by the time of its retry (ms)
 *     {queue}:dead      list of ids that were given up
 *     {queue}:t:<id>    hash: type, sealed; then attempts, waits, lease, error, failed_at
 *     {queue}:m:<hex>   a message id: the lease that has claimed it, or "done"
 */
#ifndef QUEUE_H
#define QUEUE_H

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <sodium.h>
#include <taskseal/redis.h>

struct queue {
    const char *name;
    char keys[6][272]; /* in the order of LUA_KEYS */
};

/* Set by a signal handler: cuts pauses between attempts short. */
static volatile sig_atomic_t queue_stopping;

/* False for a name that would move or empty the hash tag. */
static bool queue_init(struct queue *queue, const char *name)
{
    static const char *const parts[6] = {"pending", "active", "delayed", "dead", "t:", "m:"};
    if (name[0] == '\0' || strlen(name) > 255 || strpbrk(name, "{}") != NULL)
        return false;
    queue->name = name;
    for (size_t i = 0; i < 6; i++)
        snprintf(queue->keys[i], sizeof queue->keys[i], "{%s}:%s", name, parts[i]);
    return true;
}

/* ---- Scripts ---------------------------------------------------------------------------------- */

/* Each step is one script, so that a task is always in exactly one place. They get the queue's six keys,
 * and build the task's key from the id, which only the server knows when a task is taken: in a cluster this
 * is sound because the hash tag keeps all of them in one slot. Every script but TAKE does nothing
 * if the lease is no longer this one. */
/* clang-format off: laid out as Lua */
#define LUA_KEYS "local pending, active, delayed, dead, task, message = unpack(KEYS) "
#define LUA_NOW  "local t = redis.call('TIME'); local now = t[1] * 1000 + math.floor(t[2] / 1000) "
#define LUA_MINE                                                                                             \
    LUA_KEYS                                                                                                 \
    "local id, lease = ARGV[1], ARGV[2]; task = task .. id "                                                 \
    "if redis.call('HGET', task, 'lease') ~= lease then return 'lost' end "
#define LUA_LET_GO                                                                                           \
    "redis.call('ZREM', active, id); redis.call('HDEL', task, 'lease') "                                     \
    "if redis.call('GET', message .. ARGV[3]) == lease then redis.call('DEL', message .. ARGV[3]) end "

/* lease, lease ms. Brings back what outstayed its lease or its delay, then takes the oldest id: a task, or
 * how many are active or delayed. Ids without a task were finished already. */
static const char TAKE[] = LUA_KEYS LUA_NOW
    "for _, id in ipairs(redis.call('ZRANGEBYSCORE', active, '-inf', '(' .. now, 'LIMIT', 0, 100)) do "
    "  redis.call('ZREM', active, id); redis.call('RPUSH', pending, id) "
    "end "
    "for _, id in ipairs(redis.call('ZRANGEBYSCORE', delayed, '-inf', now, 'LIMIT', 0, 100)) do "
    "  redis.call('ZREM', delayed, id); redis.call('LPUSH', pending, id) "
    "end "
    "for _ = 1, 1000 do "
    "  local id = redis.call('RPOP', pending) "
    "  if not id then return redis.call('ZCARD', active) + redis.call('ZCARD', delayed) end "
    "  if redis.call('EXISTS', task .. id) == 1 then "
    "    redis.call('ZADD', active, now + ARGV[2], id) "
    "    redis.call('HSET', task .. id, 'lease', ARGV[1]) "
    "    local attempts = redis.call('HINCRBY', task .. id, 'attempts', 1) "
    "    local f = redis.call('HMGET', task .. id, 'type', 'sealed', 'waits') "
    "    return {id, f[1] or '', f[2] or '', attempts, tonumber(f[3] or 0)} "
    "  end "
    "end "
    "return 1";

/* id, lease, message id. The message is ours to work on until the lease ends, unless it is done. */
static const char CLAIM[] =
    LUA_MINE "local holder = redis.call('GET', message .. ARGV[3]) "
             "if holder == 'done' then return 'done' end "
             "if holder and holder ~= lease then return 'busy' end "
             "redis.call('SET', message .. ARGV[3], lease, 'PXAT', redis.call('ZSCORE', active, id)) "
             "return 'ok'";

/* id, lease, message id, lease ms. */
static const char KEEP[] =
    LUA_MINE LUA_NOW "redis.call('ZADD', active, now + ARGV[4], id) "
                     "redis.call('SET', message .. ARGV[3], lease, 'PXAT', now + ARGV[4]) "
                     "return 'ok'";

/* id, lease, message id, replay_until (0: for ever). 'done' answers a call that is sent again because its
 * reply was lost. */
static const char FINISH[] = LUA_KEYS "local id, lease, m = ARGV[1], ARGV[2], message .. ARGV[3] "
                                      "if redis.call('HGET', task .. id, 'lease') ~= lease then "
                                      "  return redis.call('GET', m) == 'done' and 'ok' or 'lost' "
                                      "end "
                                      "if ARGV[4] == '0' then redis.call('SET', m, 'done') "
                                      "else redis.call('SET', m, 'done', 'EXAT', ARGV[4]) end "
                                      "redis.call('ZREM', active, id); redis.call('DEL', task .. id) "
                                      "return 'ok'";

/* id, lease, message id or nothing, error, delay ms, 1 if this attempt is not to count. */
static const char RETRY[] = LUA_MINE LUA_NOW LUA_LET_GO
    "redis.call('HSET', task, 'error', ARGV[4]); redis.call('ZADD', delayed, now + ARGV[5], id) "
    "if ARGV[6] == '1' then "
    "  redis.call('HINCRBY', task, 'attempts', -1); redis.call('HINCRBY', task, 'waits', 1) "
    "end "
    "return 'ok'";

/* id, lease, message id or nothing, error. The sealed task stays, for people to look at. */
static const char BURY[] = LUA_MINE LUA_NOW LUA_LET_GO
    "redis.call('HSET', task, 'error', ARGV[4], 'failed_at', math.floor(now / 1000)) "
    "redis.call('LPUSH', dead, id) "
    "return 'ok'";
/* clang-format on */

/* ---- Talking to the server -------------------------------------------------------------------- */

static void queue_pause_ms(long ms)
{
    nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L}, NULL);
}

/* first, 2 * first, 4 * first ... up to cap, less up to half of it: workers that failed together must not
 * come back together. */
static long queue_back_off_ms(long first, long cap, long attempt)
{
    long ms = first;
    for (long i = 0; i < attempt && ms < cap; i++)
        ms *= 2;
    ms = ms < cap ? ms : cap;
    return ms - (long)randombytes_uniform((uint32_t)ms / 2 + 1);
}

/* True once the connection is there again; false if it can't be, or if the worker is to stop. */
static bool queue_reconnect(redisContext *redis)
{
    taskseal_error error;
    for (long attempt = 0; !queue_stopping; attempt++) {
        if (taskseal_redis_reconnect(redis, &error) == TASKSEAL_OK)
            return true;
        fprintf(stderr, "worker: %s: %s\n", taskseal_err_name(error.code), error.message);
        if (taskseal_err_permanent(error.code))
            return false; /* a wrong certificate or password does not become right by asking again */
        queue_pause_ms(queue_back_off_ms(250, 15000, attempt));
    }
    return false;
}

/* Runs a script on a queue's keys; every script may be sent twice. NULL: give up, the reason has been
 * printed. An error reply that concerns this queue only is returned, for the caller to step over. */
static redisReply *queue_run(redisContext *redis, const struct queue *queue, const char *script,
                             const taskseal_bytes *args, size_t count)
{
    const char *argv[15] = {"EVAL", script, "6"};
    size_t lens[15] = {4, strlen(script), 1};
    for (size_t i = 0; i < 6; i++) {
        argv[3 + i] = queue->keys[i];
        lens[3 + i] = strlen(queue->keys[i]);
    }
    for (size_t i = 0; i < count; i++) {
        argv[9 + i] = args[i].data;
        lens[9 + i] = args[i].len;
    }
    for (long attempt = 0;; attempt++) {
        redisReply *reply = redisCommandArgv(redis, (int)(9 + count), argv, lens);
        if (reply == NULL) {
            fprintf(stderr, "worker: connection lost: %s\n", redis->errstr);
            if (!queue_reconnect(redis))
                return NULL;
            continue;
        }
        taskseal_err err = taskseal_redis_reply_error(reply);
        if (err == TASKSEAL_OK)
            return reply;
        fprintf(stderr, "worker: %s: the server says: %s\n", queue->name, reply->str);
        if (err == TASKSEAL_ERR_SERVER_ERROR)
            return reply;
        freeReplyObject(reply);
        if (taskseal_err_permanent(err) || queue_stopping)
            return NULL;
        queue_pause_ms(queue_back_off_ms(250, 15000, attempt));
    }
}

#endif
