/* SPDX-License-Identifier: MIT */
#include "answer.h"

#include "../core/error.h"

enum { WORD_SIZE = 16 };

static const struct {
    const char *word;
    const char *advice;
    taskseal_err err; /* OK: as of any command */
} advices[] = {
    {"OOM", "its memory is full (maxmemory)", TASKSEAL_OK},
    {"READONLY", "it is a replica: connect to its primary", TASKSEAL_OK},
    /* On a connection to the other node the task can be resumed. */
    {"MOVED", "the key belongs to another node of the cluster: connect to that one",
     TASKSEAL_ERR_SERVER_BUSY},
    {"ASK", "the key is moving to another node of the cluster", TASKSEAL_ERR_SERVER_BUSY},
    {"NOPERM", "the user lacks a right: see taskseal doctor --role producer --layout asynq", TASKSEAL_OK},
    {"WRONGTYPE", "a key holds another type than Asynq's", TASKSEAL_OK},
};

/* What the script says after its words, so that the answer's own bytes need not be shown. */
static const struct {
    const char *text;
    const char *place;
} places[] = {
    {" may not HSET ", ": HSET"},
    {" may not LPUSH ", ": LPUSH"},
    {" may not ZADD ", ": ZADD"},
    {" may not SADD ", ": SADD"},
    {":pending is ", ": asynq:{queue}:pending"},
    {":scheduled is ", ": asynq:{queue}:scheduled"},
    {":groups is ", ": asynq:{queue}:groups"},
    {"}:g:", ": asynq:{queue}:g:group"},
};

/* How servers say that a script may not do something, without NOPERM in front: Redis 7.2 and Valkey; older ones. */
static const char *const denials[] = {"ERR ACL failure in script", "The user executing the script can't "};

static bool is_denial(const redisReply *reply)
{
    for (size_t i = 0; i < sizeof denials / sizeof denials[0]; i++)
        if (strstr(reply->str, denials[i]) != NULL)
            return true;
    return false;
}

/* What stopped the script: Redis 6 has words of its own before that, "ERR Error running script (...: -OOM ...". */
static redisReply cause_of(const redisReply *reply)
{
    static char noperm[] = "NOPERM";
    redisReply cause = *reply;
    char *inner =
        strncmp(reply->str, "ERR Error running script (", 26) == 0 ? strstr(reply->str, ": -") : NULL;
    if (inner != NULL)
        cause.str = inner + 3;
    if (is_denial(reply))
        cause.str = noperm;
    cause.len = strlen(cause.str);
    return cause;
}

static taskseal_err refuse(const redisReply *reply, const char *place, taskseal_error *error)
{
    char word[WORD_SIZE];
    const redisReply cause = cause_of(reply);
    taskseal_err err = taskseal_redis_reply_error(&cause);
    const char *advice = taskseal_err_text(err);
    taskseal_redis_reply_word(&cause, word, sizeof word);
    for (size_t i = 0; i < sizeof advices / sizeof advices[0]; i++) {
        if (strcmp(advices[i].word, word) != 0)
            continue;
        advice = advices[i].advice;
        if (advices[i].err != TASKSEAL_OK)
            err = advices[i].err;
    }
    return taskseal__fail(error, err, "the server refused it (%s): %s%s", word, advice, place);
}

static const char *place_of(const redisReply *reply)
{
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
        if (strstr(reply->str, places[i].text) != NULL)
            return places[i].place;
    return "";
}

bool taskseal__asynq_wants_script(const redisReply *reply)
{
    char word[WORD_SIZE];
    taskseal_redis_reply_word(reply, word, sizeof word);
    return strcmp(word, "NOSCRIPT") == 0;
}

taskseal_err taskseal__asynq_read(const redisReply *reply, taskseal_asynq_outcome *outcome,
                                  taskseal_error *error)
{
    *outcome = TASKSEAL_ASYNQ_REFUSED;
    if (reply->type == REDIS_REPLY_ERROR)
        return refuse(reply, place_of(reply), error);
    *outcome =
        reply->type == REDIS_REPLY_INTEGER ? taskseal_asynq_answer(reply->integer) : TASKSEAL_ASYNQ_IN_DOUBT;
    if (*outcome != TASKSEAL_ASYNQ_IN_DOUBT)
        return TASKSEAL_OK;
    return taskseal__fail(error, TASKSEAL_ERR_IO,
                          "the server answered what the script does not say: it is in doubt");
}

taskseal_err taskseal__asynq_read_listed(const redisReply *reply, taskseal_error *error)
{
    if (reply->type == REDIS_REPLY_ERROR)
        return refuse(reply, ": asynq:queues", error);
    if (reply->type == REDIS_REPLY_INTEGER)
        return TASKSEAL_OK;
    return taskseal__fail(error, TASKSEAL_ERR_IO, "the server answered SADD asynq:queues with no number");
}

taskseal_err taskseal__asynq_lost(const redisContext *redis, taskseal_error *error)
{
    taskseal_err err = taskseal_redis_error(redis);
    if (err == TASKSEAL_OK) /* nothing has failed: it was ended here */
        return taskseal__fail(error, TASKSEAL_ERR_IO, "the connection was closed before the answer");
    return taskseal__fail(error, err, "the connection is lost: %s",
                          redis->errstr[0] != '\0' ? redis->errstr : taskseal_err_text(err));
}
