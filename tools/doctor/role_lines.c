/* SPDX-License-Identifier: MIT */
#include "role_lines.h"

#define EXAMPLES_READ "%R~{*}:t:*"
#define ASYNQ_READ    "%R~asynq:{*}:t:*"
#define REKEY         "info scan eval hstrlen hget hset"
#define OPERATE       "info config|get acl|getuser acl|dryrun acl|whoami scan dbsize hstrlen hget"

/* What both who enqueue need. */
#define ASYNQ_ENQUEUE_KEYS                                                                                   \
    "~asynq:queues ~asynq:{*}:t:* ~asynq:{*}:pending ~asynq:{*}:scheduled ~asynq:{*}:unique:* "              \
    "~asynq:{*}:groups ~asynq:{*}:g:*"
#define ASYNQ_ENQUEUE "eval evalsha exists hset lpush sadd set zadd"

#define ASYNQ_QUEUE_KEYS                                                                                     \
    "~asynq:queues ~asynq:{*}:t:* ~asynq:{*}:pending ~asynq:{*}:active ~asynq:{*}:lease "                    \
    "~asynq:{*}:scheduled ~asynq:{*}:retry ~asynq:{*}:archived ~asynq:{*}:completed ~asynq:{*}:paused "      \
    "~asynq:{*}:unique:* ~asynq:{*}:processed* ~asynq:{*}:failed* ~asynq:{*}:groups ~asynq:{*}:g:* "         \
    "~asynq:{*}:aggregation_sets ~asynq:servers ~asynq:servers:* ~asynq:workers ~asynq:workers:*"

/* Those of the examples are in examples/README.md, and a test compares them. Asynq's are what its v0.26 calls: a test
 * of bindings/go/asynqseal runs it with these lines. TYPE is for producers with the script of lib/asynq. */
const role_line role_lines[] = {
    {LAYOUT_EXAMPLES, ROLE_PRODUCER, "~{*}:t:* ~{*}:pending", NULL, "eval exists hget hset lpush"},
    {LAYOUT_EXAMPLES, ROLE_WORKER, "~{*}:t:* ~{*}:pending ~{*}:active ~{*}:delayed ~{*}:dead ~{*}:m:*", NULL,
     "eval time zrangebyscore zadd zrem zcard zscore lpush rpush rpop lindex type hget hmget hset hdel "
     "hincrby get set "
     "del"},
    {LAYOUT_EXAMPLES, ROLE_OPERATOR, EXAMPLES_READ, NULL, OPERATE},
    {LAYOUT_EXAMPLES, ROLE_ROTATE, "~{*}:t:*", NULL, REKEY},
    {LAYOUT_ASYNQ, ROLE_PRODUCER, ASYNQ_ENQUEUE_KEYS, NULL, ASYNQ_ENQUEUE " type"},
    {LAYOUT_ASYNQ, ROLE_WORKER, ASYNQ_QUEUE_KEYS, "&asynq:cancel",
     "eval evalsha subscribe exists del expire expireat get set setex incr hget hset hdel lpush rpush lrem "
     "rpoplpush sadd "
     "srem smembers zadd zrem zcard zscore zrange zrangebyscore zrevrange zremrangebyrank zremrangebyscore"},
    {LAYOUT_ASYNQ, ROLE_OPERATOR, ASYNQ_READ, NULL, OPERATE},
    {LAYOUT_ASYNQ, ROLE_ROTATE, "~asynq:{*}:t:*", NULL, REKEY},
    {LAYOUT_ASYNQ, ROLE_SCHEDULER,
     ASYNQ_ENQUEUE_KEYS " ~asynq:schedulers ~asynq:schedulers:* ~asynq:scheduler_history:*", NULL,
     ASYNQ_ENQUEUE " del expire zrem zremrangebyrank"},
    {LAYOUT_ASYNQ, ROLE_INSPECTOR,
     ASYNQ_QUEUE_KEYS " ~asynq:schedulers ~asynq:schedulers:* ~asynq:scheduler_history:*", "&asynq:cancel",
     "eval evalsha publish exists del get setnx hget hmget hset hvals llen lpush lrange lrem sismember "
     "smembers srem zadd zcard zrange zrangebyscore zrem zremrangebyrank zremrangebyscore zrevrange zscore "
     "memory|usage"},
};

const size_t role_line_count = sizeof role_lines / sizeof role_lines[0];

const role_command role_commands[] = {
    {"exists", {"EXISTS", "K"}},
    {"del", {"DEL", "K"}},
    {"type", {"TYPE", "K"}},
    {"expire", {"EXPIRE", "K", "1"}},
    {"expireat", {"EXPIREAT", "K", "1"}},
    {"get", {"GET", "K"}},
    {"set", {"SET", "K", "1"}},
    {"setex", {"SETEX", "K", "1", "1"}},
    {"setnx", {"SETNX", "K", "1"}},
    {"incr", {"INCR", "K"}},
    {"hget", {"HGET", "K", "f"}},
    {"hmget", {"HMGET", "K", "f"}},
    {"hset", {"HSET", "K", "f", "1"}},
    {"hdel", {"HDEL", "K", "f"}},
    {"hincrby", {"HINCRBY", "K", "f", "1"}},
    {"hstrlen", {"HSTRLEN", "K", "f"}},
    {"hgetall", {"HGETALL", "K"}},
    {"hvals", {"HVALS", "K"}},
    {"llen", {"LLEN", "K"}},
    {"lpush", {"LPUSH", "K", "1"}},
    {"rpush", {"RPUSH", "K", "1"}},
    {"rpop", {"RPOP", "K"}},
    {"lindex", {"LINDEX", "K", "0"}},
    {"lrange", {"LRANGE", "K", "0", "1"}},
    {"lrem", {"LREM", "K", "0", "1"}},
    {"rpoplpush", {"RPOPLPUSH", "K", "K"}},
    {"sadd", {"SADD", "K", "1"}},
    {"srem", {"SREM", "K", "1"}},
    {"sismember", {"SISMEMBER", "K", "1"}},
    {"smembers", {"SMEMBERS", "K"}},
    {"zadd", {"ZADD", "K", "1", "1"}},
    {"zrem", {"ZREM", "K", "1"}},
    {"zcard", {"ZCARD", "K"}},
    {"zscore", {"ZSCORE", "K", "1"}},
    {"zrange", {"ZRANGE", "K", "0", "1"}},
    {"zrangebyscore", {"ZRANGEBYSCORE", "K", "0", "1"}},
    {"zrevrange", {"ZREVRANGE", "K", "0", "1"}},
    {"zremrangebyrank", {"ZREMRANGEBYRANK", "K", "0", "1"}},
    {"zremrangebyscore", {"ZREMRANGEBYSCORE", "K", "0", "1"}},
    /* What no role needs, and reads, writes or moves what is in queues too. */
    {"append", {"APPEND", "K", "1"}},
    {"blpop", {"BLPOP", "K", "1"}},
    {"brpop", {"BRPOP", "K", "1"}},
    {"copy", {"COPY", "K", "K"}},
    {"dump", {"DUMP", "K"}},
    {"getdel", {"GETDEL", "K"}},
    {"getrange", {"GETRANGE", "K", "0", "1"}},
    {"hkeys", {"HKEYS", "K"}},
    {"hscan", {"HSCAN", "K", "0"}},
    {"hsetnx", {"HSETNX", "K", "f", "1"}},
    {"lmove", {"LMOVE", "K", "K", "LEFT", "RIGHT"}},
    {"lpop", {"LPOP", "K"}},
    {"lset", {"LSET", "K", "0", "1"}},
    {"ltrim", {"LTRIM", "K", "0", "1"}},
    {"mget", {"MGET", "K"}},
    {"migrate", {"MIGRATE", "taskseal-doctor", "1", "K", "0", "1"}},
    {"mset", {"MSET", "K", "1"}},
    {"persist", {"PERSIST", "K"}},
    {"pexpire", {"PEXPIRE", "K", "1"}},
    {"rename", {"RENAME", "K", "K"}},
    {"restore", {"RESTORE", "K", "0", "1"}},
    {"setrange", {"SETRANGE", "K", "0", "1"}},
    {"sort", {"SORT", "K"}},
    {"spop", {"SPOP", "K"}},
    {"unlink", {"UNLINK", "K"}},
    {"zincrby", {"ZINCRBY", "K", "1", "1"}},
    {"zpopmin", {"ZPOPMIN", "K"}},
    {"zscan", {"ZSCAN", "K", "0"}},
    {"eval", {"EVAL", "return 1", "1", "K"}},
    {"evalsha", {"EVALSHA", "e0e1f9fabfc9d4800c877a703b823ac0578ff8db", "1", "K"}},
    {"memory|usage", {"MEMORY", "USAGE", "K"}},
    {"time", {"TIME"}},
    {"scan", {"SCAN", "0"}},
    {"dbsize", {"DBSIZE"}},
    {"info", {"INFO"}},
    {"config|get", {"CONFIG", "GET", "port"}},
    {"acl|getuser", {"ACL", "GETUSER", "default"}},
    {"acl|dryrun", {"ACL", "DRYRUN", "default", "PING"}},
    {"acl|whoami", {"ACL", "WHOAMI"}},
    {"publish", {"PUBLISH", "asynq:cancel", "1"}},
    {"subscribe", {"SUBSCRIBE", "asynq:cancel"}},
};

const size_t role_command_count = sizeof role_commands / sizeof role_commands[0];
