/* SPDX-License-Identifier: MIT */
#include "redis_models.h"

#include <asynq/answer.c>

/* ---- Models: the reply of any server, and lib/redis, which has its own proofs ---- */

/* In place of strstr: anywhere where there is room for it, or nowhere. */
char *any_place(const char *text, const char *wanted)
{
    const size_t at = nondet_size(), len = strlen(text), least = strlen(wanted);
    return least <= len && at <= len - least ? (char *)(text + at) : NULL;
}

static redisReply g_reply;
static const redisReply *any_reply(void)
{
    g_reply.type = nondet_int();
    g_reply.integer = nondet_i64();
    g_reply.str = g_reply.type == REDIS_REPLY_ERROR ? any_text(32) : NULL;
    return &g_reply;
}

taskseal_err taskseal_redis_reply_error(const redisReply *reply)
{
    CHECK(reply != NULL && reply->type == REDIS_REPLY_ERROR, "asked of errors only");
    const taskseal_err err = nondet_int();
    ASSUME(err != TASKSEAL_OK, "redis.h: an error reply is an error");
    return err;
}

void taskseal_redis_reply_word(const redisReply *reply, char *out, size_t cap)
{
    const size_t len = nondet_size();
    CHECK(cap >= 2 && __CPROVER_w_ok(out, cap), "there is room for a word");
    ASSUME(len < cap, "redis.h: a word and its NUL");
    for (size_t i = 0; i < 10; i++)
        if (i < cap)
            out[i] = nondet_char();
    out[len] = '\0';
}

const char *taskseal_err_text(taskseal_err err)
{
    return "text";
}

taskseal_err taskseal_redis_error(const redisContext *redis)
{
    return nondet_int();
}

taskseal_asynq_outcome taskseal_asynq_answer(long long answer)
{
    return answer == 1    ? TASKSEAL_ASYNQ_QUEUED
           : answer == 0  ? TASKSEAL_ASYNQ_EXISTS
           : answer == -1 ? TASKSEAL_ASYNQ_DUPLICATE
                          : TASKSEAL_ASYNQ_IN_DOUBT;
}

/* ---- What the outcome says is so ---- */

void proof_asynq_read(void)
{
    taskseal_asynq_outcome outcome;
    taskseal_error error;
    const redisReply *reply = any_reply();
    taskseal_err err = taskseal__asynq_read(reply, &outcome, &error);
    CHECK((outcome == TASKSEAL_ASYNQ_REFUSED) == (reply->type == REDIS_REPLY_ERROR), "refused by an error only");
    CHECK((err == TASKSEAL_OK) == (reply->type == REDIS_REPLY_INTEGER && reply->integer >= -1 && reply->integer <= 1),
          "fine only if the script has said one of its three numbers");
    CHECK(err == TASKSEAL_OK || outcome == TASKSEAL_ASYNQ_REFUSED || outcome == TASKSEAL_ASYNQ_IN_DOUBT,
          "an error is refused or in doubt");
    CHECK(err != TASKSEAL_OK || (outcome != TASKSEAL_ASYNQ_REFUSED && outcome != TASKSEAL_ASYNQ_IN_DOUBT),
          "and nothing else is");
    REACHED_IF(outcome == TASKSEAL_ASYNQ_QUEUED, "queued");
    REACHED_IF(outcome == TASKSEAL_ASYNQ_IN_DOUBT, "in doubt");
    REACHED_IF(outcome == TASKSEAL_ASYNQ_REFUSED, "refused");
}

void proof_asynq_read_listed(void)
{
    taskseal_error error;
    const redisReply *reply = any_reply();
    taskseal_err err = taskseal__asynq_read_listed(reply, &error);
    CHECK((err == TASKSEAL_OK) == (reply->type == REDIS_REPLY_INTEGER), "listed only if SADD says a number");
    REACHED_IF(err == TASKSEAL_OK, "listed");
    REACHED_IF(err != TASKSEAL_OK, "not listed");
}

void proof_wants_script(void)
{
    (void)taskseal__asynq_wants_script(any_reply());
    REACHED_IF(taskseal__asynq_wants_script(any_reply()), "wanted");
    REACHED_IF(!taskseal__asynq_wants_script(any_reply()), "known");
}

void proof_asynq_lost(void)
{
    static redisContext redis;
    taskseal_error error;
    CHECK(taskseal__asynq_lost(&redis, &error) != TASKSEAL_OK, "never OK");
    REACHED("lost");
}
