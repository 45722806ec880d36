/* SPDX-License-Identifier: MIT
 *
 * queue.h: an at-least-once queue in Valkey or Redis, for worker.c and worker_uv.c: the keys, the scripts, and
 * calling them.
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
#include <stdlib.h>

#include "server.h"

struct queue {
    const char *name;
    char keys[6][272]; /* in the order of LUA_KEYS */
};

/* Set by SIGTERM and SIGINT: cuts pauses between attempts short. */
static volatile sig_atomic_t queue_stopping;

static inline void queue_stop(int signal_number)
{
    (void)signal_number;
    queue_stopping = 1;
}

static inline void queue_stop_on_signals(void)
{
    sigaction(SIGTERM, &(struct sigaction){.sa_handler = queue_stop}, NULL);
    sigaction(SIGINT, &(struct sigaction){.sa_handler = queue_stop}, NULL);
}

/* False for a name that would move or empty the hash tag. */
static inline bool queue_init(struct queue *queue, const char *name)
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

/* Each step is one script, so that a task is always in one place; and because an error ends a script but
 * undoes nothing, each adds to the new place before it removes from the old one. They get the queue's six
 * keys, and build the task's key from the id, which only the server knows when a task is taken: in a cluster
 * this is sound because the hash tag keeps all of them in one slot.
 * A lease is ours while the task's hash names it and the task is active. Every script but TAKE does nothing
 * without one. */
/* clang-format off: laid out as Lua */
#define LUA_KEYS "local pending, active, delayed, dead, task, message = unpack(KEYS) "
#define LUA_NOW  "local t = redis.call('TIME'); local now = t[1] * 1000 + math.floor(t[2] / 1000) "
#define LUA_MINE                                                                                             \
    LUA_KEYS                                                                                                 \
    "local id, lease = ARGV[1], ARGV[2]; task = task .. id "                                                 \
    "if redis.call('HGET', task, 'lease') ~= lease or not redis.call('ZSCORE', active, id) then "            \
    "  return 'lost' "                                                                                       \
    "end "
#define LUA_LET_GO                                                                                           \
    "redis.call('ZREM', active, id); redis.call('HDEL', task, 'lease') "                                     \
    "if redis.call('GET', message .. ARGV[3]) == lease then redis.call('DEL', message .. ARGV[3]) end "

/* lease, lease ms, most attempts. Brings back what outstayed its lease or its delay, then takes the oldest
 * id: {id, attempts, waits, type, sealed}; or {id, error} of a task that went to the dead-letter list without
 * being looked at, because its record is unusable or because workers died of it; or how many are active or
 * delayed. Dropped are ids without a task, which are finished, and those that are active already: whoever may
 * add to the list may add them twice. */
static const char TAKE[] = LUA_KEYS LUA_NOW
    "local function count(text) "
    "  text = text or '0'; return #text < 10 and string.match(text, '^%d+$') and tonumber(text) "
    "end "
    "for _, id in ipairs(redis.call('ZRANGEBYSCORE', active, '-inf', '(' .. now, 'LIMIT', 0, 100)) do "
    "  redis.call('RPUSH', pending, id); redis.call('ZREM', active, id) "
    "end "
    "for _, id in ipairs(redis.call('ZRANGEBYSCORE', delayed, '-inf', now, 'LIMIT', 0, 100)) do "
    "  redis.call('LPUSH', pending, id); redis.call('ZREM', delayed, id) "
    "end "
    "for _ = 1, 1000 do "
    "  local id = redis.call('LINDEX', pending, -1) "
    "  if not id then return redis.call('ZCARD', active) + redis.call('ZCARD', delayed) end "
    "  local key = task .. id; local kind = redis.call('TYPE', key).ok "
    "  if kind == 'none' or redis.call('ZSCORE', active, id) then "
    "    redis.call('RPOP', pending) "
    "  else "
    "    local hash = kind == 'hash' "
    "    local f = hash and redis.call('HMGET', key, 'attempts', 'waits', 'type', 'sealed') or {} "
    "    local attempts, waits = count(f[1]), count(f[2]) "
    "    if hash and attempts and waits and attempts < tonumber(ARGV[3]) then "
    "      redis.call('ZADD', active, now + ARGV[2], id) "
    "      redis.call('HSET', key, 'lease', ARGV[1], 'attempts', attempts + 1) "
    "      redis.call('RPOP', pending) "
    "      return {id, attempts + 1, waits, f[3] or '', f[4] or ''} "
    "    end "
    "    local err = hash and attempts and waits and 'too-many-attempts' or 'unusable-task' "
    "    redis.call('LPUSH', dead, id) "
    "    if hash then "
    "      redis.call('HSET', key, 'error', err, 'failed_at', math.floor(now / 1000)) "
    "      redis.call('HDEL', key, 'lease') "
    "    end "
    "    redis.call('RPOP', pending) "
    "    return {id, err} "
    "  end "
    "end "
    "return 1";

/* id, lease, message id. The message is ours to work on until the lease ends, unless it is done. Then the
 * task is dropped: it is the very one that was finished, for the envelope is bound to queue, type and id, and
 * all that it could do is block its id. Replayed, or sent again by a producer that lost the reply. */
static const char CLAIM[] =
    LUA_MINE "local holder = redis.call('GET', message .. ARGV[3]) "
             "if holder == 'done' then "
             "  redis.call('DEL', task); redis.call('ZREM', active, id) "
             "  return 'done' "
             "end "
             "if holder and holder ~= lease then return 'busy' end "
             "redis.call('SET', message .. ARGV[3], lease, 'PXAT', redis.call('ZSCORE', active, id)) "
             "return 'ok'";

/* id, lease, message id, lease ms. */
static const char KEEP[] =
    LUA_MINE LUA_NOW "redis.call('ZADD', active, now + ARGV[4], id) "
                     "redis.call('SET', message .. ARGV[3], lease, 'PXAT', now + ARGV[4]) "
                     "return 'ok'";

/* id, lease, message id, replay_until (0: for ever). What has succeeded is recorded if any trace of the lease is
 * left: the claim, which producers can't write, or the hash, whose task may be waiting again but is nobody
 * else's yet. 'done' answers a call that is sent again because its reply was lost. */
static const char FINISH[] =
    LUA_KEYS "local id, lease, m = ARGV[1], ARGV[2], message .. ARGV[3] "
             "local holder = redis.call('GET', m) "
             "if redis.call('HGET', task .. id, 'lease') ~= lease and holder ~= lease then "
             "  return holder == 'done' and 'ok' or 'lost' "
             "end "
             "if ARGV[4] == '0' then redis.call('SET', m, 'done') "
             "else redis.call('SET', m, 'done', 'EXAT', ARGV[4]) end "
             "redis.call('DEL', task .. id); redis.call('ZREM', active, id) "
             "return 'ok'";

/* id, lease, message id or nothing, error, delay ms, 1 if this attempt is not to count. */
static const char RETRY[] = LUA_MINE LUA_NOW
    "if ARGV[6] == '1' then "
    "  redis.call('HINCRBY', task, 'attempts', -1); redis.call('HINCRBY', task, 'waits', 1) "
    "end "
    "redis.call('HSET', task, 'error', ARGV[4]); redis.call('ZADD', delayed, now + ARGV[5], id) " LUA_LET_GO
    "return 'ok'";

/* id, lease, message id or nothing, error. The sealed task stays, for people to look at. */
static const char BURY[] =
    LUA_MINE LUA_NOW "redis.call('HSET', task, 'error', ARGV[4], 'failed_at', math.floor(now / 1000)) "
                     "redis.call('LPUSH', dead, id) " LUA_LET_GO "return 'ok'";
/* clang-format on */

/* ---- Talking to the server -------------------------------------------------------------------- */

enum { QUEUE_ARGS_MAX = 15 };

/* The command that runs a script on a queue's keys; its number of arguments. */
static inline int queue_command(const char *argv[QUEUE_ARGS_MAX], size_t lens[QUEUE_ARGS_MAX],
                                const struct queue *queue, const char *script, const taskseal_bytes *args,
                                size_t count)
{
    const char *const head[] = {"EVAL", script, "6"};
    for (size_t i = 0; i < 9; i++) {
        argv[i] = i < 3 ? head[i] : queue->keys[i - 3];
        lens[i] = strlen(argv[i]);
    }
    for (size_t i = 0; i < count; i++) {
        argv[9 + i] = args[i].data;
        lens[9 + i] = args[i].len;
    }
    return (int)(9 + count);
}

/* True once the connection is there again; false if it can't be, or if the worker is to stop and one more try
 * has failed. */
static inline bool queue_reconnect(redisContext *redis)
{
    taskseal_error error;
    taskseal_redis_backoff backoff = {.first_ms = 250, .max_ms = 15000};
    unsigned delay;
    for (;;) {
        if (taskseal_redis_reconnect(redis, &error) == TASKSEAL_OK)
            return true;
        fprintf(stderr, "worker: %s: %s\n", taskseal_err_name(error.code), error.message);
        if (queue_stopping || !taskseal_redis_backoff_next(&backoff, error.code, &delay))
            return false; /* a wrong certificate or password does not become right by asking again */
        pause_ms((long)delay);
    }
}

/* Runs a script on a queue's keys; every script may be sent twice. NULL: give up, the reason has been
 * printed. An error reply that concerns this queue only is returned, for the caller to step over. */
static inline redisReply *queue_run(redisContext *redis, const struct queue *queue, const char *script,
                                    const taskseal_bytes *args, size_t count)
{
    const char *argv[QUEUE_ARGS_MAX];
    size_t lens[QUEUE_ARGS_MAX];
    int argc = queue_command(argv, lens, queue, script, args, count);
    bool last = false; /* a worker that is to stop has one more try, to settle the task in hand */
    for (long attempt = 0;; attempt++) {
        char text[SERVER_TEXT];
        redisReply *reply = redisCommandArgv(redis, argc, argv, lens);
        taskseal_err err = taskseal_redis_reply_error(reply);
        if (err == TASKSEAL_OK)
            return reply;
        if (reply == NULL)
            fprintf(stderr, "worker: connection lost: %s\n", redis->errstr);
        else
            fprintf(stderr, "worker: %s: the server says: %s\n", queue->name,
                    server_text(text, reply->str, reply->len));
        if (err == TASKSEAL_ERR_SERVER_ERROR)
            return reply;
        bool anew = reply == NULL || server_demoted(reply);
        freeReplyObject(reply);
        if (last || (!anew && taskseal_err_permanent(err)))
            return NULL;
        last = queue_stopping;
        if (!last)
            pause_ms(back_off_ms(250, 15000, attempt));
        if (anew && !queue_reconnect(redis))
            return NULL;
    }
}

#endif
