/* SPDX-License-Identifier: MIT */
#include "plan.h"

#include <inttypes.h>
#include <sodium.h>
#include <time.h>

#include "../core/error.h"
#include "../core/secret.h"
#include "name.h"

enum {
    RETRIES = 25,   /* what Asynq takes if nothing is said */
    TIMEOUT = 1800, /* seconds */
    GROUP_MAX = TASKSEAL_CONTEXT_MAX - (sizeof TASKSEAL__ASYNQ_GROUP_WORD - 1)
};

#define NS_PER_SECOND UINT64_C(1000000000)

const char *taskseal__asynq_state_word(taskseal__asynq_state state)
{
    static const char *const words[] = {"pending", "scheduled", "aggregating"};
    return words[state];
}

static bool is_absent(taskseal_bytes bytes)
{
    return bytes.data == NULL && bytes.len == 0;
}

/* ---- Names ---- */

/* A UUID of version 4, as Asynq's client makes them. */
static taskseal_err make_id(char *out, taskseal_error *error)
{
    static const size_t parts[] = {4, 2, 2, 2, 6};
    uint8_t random[16], *next = random;
    taskseal_err err = taskseal__random(random, sizeof random);
    if (err != TASKSEAL_OK)
        return taskseal__fail(error, err, "no id could be made: %s", taskseal_err_text(err));
    random[6] = (uint8_t)((random[6] & 0x0F) | 0x40);
    random[8] = (uint8_t)((random[8] & 0x3F) | 0x80);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (i > 0)
            *out++ = '-';
        (void)sodium_bin2hex(out, 2 * parts[i] + 1, next, parts[i]);
        out += 2 * parts[i];
        next += parts[i];
    }
    return TASKSEAL_OK;
}

static taskseal_err plan_names(taskseal__asynq_plan *p, const taskseal_asynq_task *task,
                               taskseal_error *error)
{
    taskseal__asynq_message *m = &p->message;
    m->queue = is_absent(task->queue) ? taskseal_str("default") : task->queue;
    m->type = task->type;
    m->group = task->group;
    m->id = task->id;
    taskseal_err err = taskseal__asynq_queue(m->queue, error);
    if (err == TASKSEAL_OK)
        err = taskseal__asynq_name(m->type, "type", TASKSEAL_CONTEXT_MAX, error);
    if (err == TASKSEAL_OK && !is_absent(m->group))
        err = taskseal__asynq_name(m->group, "group", GROUP_MAX, error);
    if (err != TASKSEAL_OK)
        return err;
    if (!is_absent(m->id))
        return taskseal__asynq_name(m->id, "id", TASKSEAL_CONTEXT_MAX, error);
    m->id = (taskseal_bytes){p->made_id, sizeof p->made_id - 1};
    return make_id(p->made_id, error);
}

/* ---- Times and numbers ---- */

static taskseal_err in_range(const char *what, uint64_t value, uint64_t max, taskseal_error *error)
{
    if (value <= max)
        return TASKSEAL_OK;
    return taskseal__fail(error, TASKSEAL_ERR_BAD_ARGUMENT, "%s is %" PRIu64 ": at most %" PRIu64, what,
                          value, max);
}

/* Go counts nanoseconds in 64 bits: until 2262, so nobody's clock shows a later time. */
static taskseal_err read_clock(taskseal__asynq_plan *p, taskseal_error *error)
{
    struct timespec now;
    if (clock_gettime(CLOCK_REALTIME, &now) != 0 || now.tv_sec < 1 ||
        (uint64_t)now.tv_sec >= TASKSEAL_ASYNQ_SECONDS_MAX)
        return taskseal__fail(error, TASKSEAL_ERR_BAD_CLOCK, "%s", taskseal_err_text(TASKSEAL_ERR_BAD_CLOCK));
    p->now = (uint64_t)now.tv_sec;
    p->now_ns = p->now * NS_PER_SECOND + (uint64_t)now.tv_nsec;
    return TASKSEAL_OK;
}

static taskseal_err plan_times(taskseal__asynq_plan *p, const taskseal_asynq_task *task,
                               taskseal_error *error)
{
    taskseal_err err = in_range("process_at", task->process_at, TASKSEAL_TIME_MAX, error);
    if (err == TASKSEAL_OK)
        err = in_range("process_in", task->process_in, TASKSEAL_ASYNQ_SECONDS_MAX, error);
    if (err == TASKSEAL_OK && task->process_at != 0 && task->process_in != 0)
        err = taskseal__fail(error, TASKSEAL_ERR_BAD_ARGUMENT, "process_at and process_in: give one of them");
    if (err == TASKSEAL_OK)
        err = read_clock(p, error);
    if (err != TASKSEAL_OK)
        return err;
    p->due = task->process_in != 0 ? p->now + task->process_in : task->process_at;
    if (p->due > p->now)
        p->state = TASKSEAL__ASYNQ_SCHEDULED;
    else
        p->state = is_absent(task->group) ? TASKSEAL__ASYNQ_PENDING : TASKSEAL__ASYNQ_AGGREGATING;
    if (p->state != TASKSEAL__ASYNQ_SCHEDULED)
        p->due = p->now;
    return TASKSEAL_OK;
}

static taskseal_err plan_numbers(taskseal__asynq_plan *p, const taskseal_asynq_task *task,
                                 taskseal_error *error)
{
    taskseal__asynq_message *m = &p->message;
    if (task->retries < TASKSEAL_ASYNQ_NO_RETRIES || task->retries > INT32_MAX)
        return taskseal__fail(error, TASKSEAL_ERR_BAD_ARGUMENT,
                              "retries is %d: -1 for none, 0 for %d, or more", task->retries, RETRIES);
    m->retry = task->retries == 0 ? RETRIES : task->retries > 0 ? (uint64_t)task->retries : 0;
    m->deadline = task->deadline;
    m->timeout = task->timeout == 0 && task->deadline == 0 ? TIMEOUT : task->timeout;
    m->retention = task->retention;
    taskseal_err err = in_range("timeout", m->timeout, TASKSEAL_ASYNQ_SECONDS_MAX, error);
    if (err == TASKSEAL_OK)
        err = in_range("deadline", m->deadline, TASKSEAL_TIME_MAX, error);
    return err == TASKSEAL_OK ? in_range("retention", m->retention, TASKSEAL_ASYNQ_SECONDS_MAX, error) : err;
}

/* ---- Uniqueness ---- */

static taskseal_err make_tag(const taskseal_asynq_task *task, const taskseal__asynq_message *m,
                             uint8_t tag[TASKSEAL_DEDUPE_TAG_BYTES], taskseal_error *error)
{
    if (task->unique_tag != NULL) {
        memcpy(tag, task->unique_tag, TASKSEAL_DEDUPE_TAG_BYTES);
        return TASKSEAL_OK;
    }
    if (task->seal == NULL)
        return taskseal__fail(
            error, TASKSEAL_ERR_BAD_ARGUMENT,
            "unique_ttl without `seal` needs a unique_tag: there is no key to make one with");
    taskseal_dedupe_options options = {.keyring = task->seal->keyring, .queue = m->queue, .type = m->type};
    taskseal_err err = taskseal_dedupe_tag(&options, task->payload.data, task->payload.len, tag);
    if (err == TASKSEAL_OK)
        return err;
    return taskseal__fail(error, err, "the unique tag needs a dedupe key that is active: %s",
                          taskseal_err_text(err));
}

static taskseal_err plan_lock(taskseal__asynq_plan *p, const taskseal_asynq_task *task, taskseal_error *error)
{
    uint8_t tag[TASKSEAL_DEDUPE_TAG_BYTES];
    if (task->unique_ttl == 0 && task->unique_tag != NULL)
        return taskseal__fail(error, TASKSEAL_ERR_BAD_ARGUMENT, "unique_tag is given and unique_ttl is 0");
    if (task->unique_ttl == 0)
        return TASKSEAL_OK;
    taskseal_err err = in_range("unique_ttl", task->unique_ttl, TASKSEAL_ASYNQ_SECONDS_MAX, error);
    if (err == TASKSEAL_OK)
        err = make_tag(task, &p->message, tag, error);
    if (err != TASKSEAL_OK)
        return err;
    (void)sodium_bin2hex(p->tag, sizeof p->tag, tag, sizeof tag);
    p->lock_ttl = p->due - p->now + task->unique_ttl;
    return TASKSEAL_OK;
}

/* ---- The envelope ---- */

static bool has_context(const taskseal_context *context)
{
    return !is_absent(context->queue) || !is_absent(context->type) || !is_absent(context->id) ||
           !is_absent(context->extra);
}

/* What a worker of asynqseal knows when it opens: of an aggregated task the group, and no id. */
static void bind(taskseal__asynq_plan *p)
{
    taskseal_context *context = &p->seal.context;
    context->queue = p->message.queue;
    context->type = p->message.type;
    if (p->state == TASKSEAL__ASYNQ_AGGREGATING)
        context->extra = p->message.group;
    else
        context->id = p->message.id;
}

static taskseal_err plan_expiry(taskseal__asynq_plan *p, taskseal_error *error)
{
    taskseal_seal_options *seal = &p->seal;
    if (seal->expires_at != 0 && seal->expires_at <= p->due)
        return taskseal__fail(
            error, TASKSEAL_ERR_BAD_ARGUMENT,
            "expires_at is not after the time when the task is due: it could never be opened");
    if (seal->lifetime == 0 || seal->expires_at != 0) /* both: taskseal_seal_size says so */
        return TASKSEAL_OK;
    taskseal_err err = in_range("lifetime", seal->lifetime, TASKSEAL_TIME_MAX - p->due, error);
    if (err != TASKSEAL_OK)
        return err;
    seal->expires_at = p->due + seal->lifetime;
    seal->lifetime = 0;
    return TASKSEAL_OK;
}

static taskseal_err plan_envelope(taskseal__asynq_plan *p, const taskseal_asynq_task *task,
                                  taskseal_error *error)
{
    p->seal = *task->seal;
    p->sealed = true;
    if (has_context(&p->seal.context) || p->seal.purpose != TASKSEAL_PAYLOAD)
        return taskseal__fail(
            error, TASKSEAL_ERR_BAD_ARGUMENT,
            "seal->context and seal->purpose are not to be given: the task says what they are");
    bind(p);
    taskseal_err err = plan_expiry(p, error);
    if (err != TASKSEAL_OK)
        return err;
    if (p->seal.now == 0)
        p->seal.now = p->now; /* so that the size stays as it is */
    err = taskseal_seal_size(&p->seal, task->payload.len, &p->message.payload_len, NULL);
    return err == TASKSEAL_OK ? err : taskseal__fail(error, err, "not sealed: %s", taskseal_err_text(err));
}

static taskseal_err plan_payload(taskseal__asynq_plan *p, const taskseal_asynq_task *task,
                                 taskseal_error *error)
{
    const bool plain = (task->flags & TASKSEAL_ASYNQ_PLAIN) != 0;
    if (plain == (task->seal != NULL))
        return taskseal__fail(error, TASKSEAL_ERR_BAD_ARGUMENT, "%s",
                              plain ? "`seal` and TASKSEAL_ASYNQ_PLAIN exclude each other"
                                    : "`seal` is NULL: say how to seal, or TASKSEAL_ASYNQ_PLAIN");
    if (task->payload.data == NULL && task->payload.len != 0)
        return taskseal__fail(error, TASKSEAL_ERR_BAD_ARGUMENT, "the payload has a length and no bytes");
    p->payload = task->payload;
    p->message.payload_len = task->payload.len;
    taskseal_err err = plain ? TASKSEAL_OK : plan_envelope(p, task, error);
    if (err != TASKSEAL_OK)
        return err;
    return in_range("the payload's length", p->message.payload_len, TASKSEAL_ASYNQ_PAYLOAD_MAX, error);
}

taskseal_err taskseal__asynq_plan_task(const taskseal_asynq_task *task, taskseal__asynq_plan *plan,
                                       taskseal_error *error)
{
    const unsigned known = TASKSEAL_ASYNQ_PLAIN | TASKSEAL_ASYNQ_QUEUE_LISTED;
    memset(plan, 0, sizeof *plan);
    if (task == NULL || (task->flags & ~known) != 0)
        return taskseal__fail(error, TASKSEAL_ERR_BAD_ARGUMENT,
                              task == NULL ? "there is no task" : "flags has a bit that means nothing");
    taskseal_err err = plan_names(plan, task, error);
    if (err == TASKSEAL_OK)
        err = plan_times(plan, task, error);
    if (err == TASKSEAL_OK)
        err = plan_numbers(plan, task, error);
    if (err == TASKSEAL_OK)
        err = plan_payload(plan, task, error);
    if (err == TASKSEAL_OK)
        err = plan_lock(plan, task, error);
    return err;
}
