/* SPDX-License-Identifier: MIT */
#include "redis_models.h"

#include <asynq/plan.c>

/* ---- Models ---- */

int any_clock(clockid_t clock, struct timespec *now)
{
    now->tv_sec = nondet_i64();
    now->tv_nsec = nondet_i64();
    ASSUME(now->tv_nsec >= 0 && now->tv_nsec < 1000000000, "POSIX: nanoseconds of a second");
    return nondet_bool() ? 0 : -1;
}

taskseal_err any_random(uint8_t *out, size_t len)
{
    CHECK(__CPROVER_w_ok(out, len), "there is room for the random bytes");
    return nondet_bool() ? TASKSEAL_OK : TASKSEAL_ERR_NO_RANDOM;
}

static size_t g_digits;
char *known_hex(char *out, size_t cap, const unsigned char *bytes, size_t len)
{
    CHECK(cap > 2 * len && __CPROVER_w_ok(out, cap), "there is room for the digits and a NUL");
    CHECK(__CPROVER_r_ok(bytes, len), "the bytes are there");
    g_digits += 2 * len;
    out[2 * len] = '\0';
    return out;
}

taskseal_err any_tag(const taskseal_asynq_task *task, const taskseal__asynq_message *m,
                            uint8_t tag[TASKSEAL_DEDUPE_TAG_BYTES], taskseal_error *error)
{
    return nondet_bool() ? TASKSEAL_OK : TASKSEAL_ERR_BAD_ARGUMENT;
}

const char *taskseal_err_text(taskseal_err err)
{
    return "text";
}

static taskseal__asynq_plan g_plan;
static taskseal_asynq_task g_task;
static taskseal_error g_error;

/* ---- Ids ---- */

void proof_make_id(void)
{
    char *out = any_bytes(TASKSEAL_ASYNQ_ID_SIZE);
    if (make_id(out, &g_error) == TASKSEAL_OK) {
        CHECK(out[TASKSEAL_ASYNQ_ID_SIZE - 1] == '\0' && g_digits == 32, "36 characters and a NUL");
        CHECK(out[8] == '-' && out[13] == '-' && out[18] == '-' && out[23] == '-', "a UUID's dashes");
        REACHED("made");
    } else {
        REACHED("no random bytes");
    }
}

/* ---- Times and numbers ---- */

void proof_asynq_times(void)
{
    g_task.process_at = nondet_u64();
    g_task.process_in = nondet_u64();
    g_task.group.len = nondet_size();
    if (plan_times(&g_plan, &g_task, &g_error) != TASKSEAL_OK) {
        REACHED("refused");
        return;
    }
    CHECK(g_plan.now >= 1 && g_plan.now < TASKSEAL_ASYNQ_SECONDS_MAX, "a time that Go can count");
    CHECK(g_plan.due >= g_plan.now && g_plan.due <= TASKSEAL_TIME_MAX, "due now or later");
    CHECK((g_plan.state == TASKSEAL__ASYNQ_SCHEDULED) == (g_plan.due > g_plan.now), "scheduled exactly if later");
    CHECK(g_plan.state != TASKSEAL__ASYNQ_AGGREGATING || g_task.group.len != 0, "in a group only if there is one");
    CHECK(g_plan.due == g_plan.now || g_plan.due == g_task.process_at || g_plan.due - g_plan.now == g_task.process_in,
          "when the task says");
    REACHED_IF(g_plan.due == TASKSEAL_TIME_MAX, "the latest");
    REACHED_IF(g_plan.state == TASKSEAL__ASYNQ_AGGREGATING, "in a group");
}

void proof_asynq_numbers(void)
{
    g_task.retries = nondet_int();
    g_task.timeout = nondet_u64();
    g_task.deadline = nondet_u64();
    g_task.retention = nondet_u64();
    const taskseal__asynq_message *m = &g_plan.message;
    if (plan_numbers(&g_plan, &g_task, &g_error) != TASKSEAL_OK) {
        REACHED_IF(g_task.retries == -2, "refused");
        return;
    }
    CHECK(g_task.retries >= TASKSEAL_ASYNQ_NO_RETRIES, "none, or more");
    CHECK(m->retry <= INT32_MAX, "an int32 of the message");
    CHECK(m->timeout <= TASKSEAL_ASYNQ_SECONDS_MAX && m->retention <= TASKSEAL_ASYNQ_SECONDS_MAX, "Go can count them");
    CHECK(m->deadline <= TASKSEAL_TIME_MAX, "an int64 of the message");
    CHECK(m->timeout != 0 || m->deadline != 0, "Asynq wants one of them");
    REACHED_IF(m->retry == INT32_MAX && m->deadline == 0, "the most retries");
}

void proof_asynq_lock(void)
{
    const uint8_t tag[TASKSEAL_DEDUPE_TAG_BYTES];
    g_task.unique_ttl = nondet_u64();
    g_task.unique_tag = nondet_bool() ? tag : NULL;
    g_plan.now = nondet_u64();
    g_plan.due = nondet_u64();
    ASSUME(g_plan.now <= g_plan.due && g_plan.due <= TASKSEAL_TIME_MAX, "proof_asynq_times");
    if (plan_lock(&g_plan, &g_task, &g_error) != TASKSEAL_OK) {
        REACHED_IF(g_task.unique_ttl == 0, "a tag without a time");
        return;
    }
    CHECK((g_plan.lock_ttl != 0) == (g_task.unique_ttl != 0), "a lock exactly if it is unique");
    CHECK(g_plan.lock_ttl <= TASKSEAL_TIME_MAX + TASKSEAL_ASYNQ_SECONDS_MAX, "no overflow");
    CHECK(g_plan.lock_ttl == 0 || g_digits == sizeof g_plan.tag - 1, "all digits of the tag");
    REACHED_IF(g_plan.lock_ttl > TASKSEAL_TIME_MAX, "the longest");
}

/* Counted from when it is due. */
void proof_asynq_expiry(void)
{
    g_plan.due = nondet_u64();
    const uint64_t lifetime = g_plan.seal.lifetime = nondet_u64();
    g_plan.seal.expires_at = nondet_u64();
    ASSUME(g_plan.due <= TASKSEAL_TIME_MAX, "proof_asynq_times");
    if (plan_expiry(&g_plan, &g_error) != TASKSEAL_OK) {
        REACHED_IF(lifetime == 0, "expired before it is due");
        REACHED_IF(lifetime == UINT64_MAX, "too long a life");
        return;
    }
    CHECK(g_plan.seal.expires_at == 0 || g_plan.seal.expires_at > g_plan.due, "after it is due");
    CHECK(lifetime == 0 || g_plan.seal.lifetime != 0 || g_plan.seal.expires_at - lifetime == g_plan.due, "no overflow");
    REACHED_IF(lifetime == 3600 && g_plan.seal.expires_at == TASKSEAL_TIME_MAX, "the latest");
}
