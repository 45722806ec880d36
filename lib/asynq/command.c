/* SPDX-License-Identifier: MIT
 * EVALSHA sha1 KEYS... ARGV... as enqueue.lua wants them. */
#include "command.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>

#include "../core/error.h"
#include "../core/wire.h"
#include "script.h"

enum { FIRST_KEY = 3, NUMBER_SIZE = 21 };

/* Counts, and writes if `out` is not NULL, as the message does. */
typedef struct text {
    char *out;
    size_t len;
} text;

static void put(text *t, const void *bytes, size_t len)
{
    if (t->out != NULL && len != 0)
        memcpy(t->out + t->len, bytes, len);
    t->len += len;
}

static void put_bytes(text *t, taskseal_bytes bytes)
{
    put(t, bytes.data, bytes.len);
}

/* What was put since `begin`. */
static taskseal_bytes since(const text *t, size_t begin)
{
    return (taskseal_bytes){t->out != NULL ? t->out + begin : NULL, t->len - begin};
}

/* asynq:{QUEUE}:MIDDLE TAIL */
static taskseal_bytes put_key(text *t, const taskseal__asynq_plan *p, const char *middle, taskseal_bytes tail)
{
    const size_t begin = t->len;
    put(t, "asynq:{", 7);
    put_bytes(t, p->message.queue);
    put(t, "}:", 2);
    put(t, middle, strlen(middle));
    put_bytes(t, tail);
    return since(t, begin);
}

static taskseal_bytes put_lock(text *t, const taskseal__asynq_plan *p)
{
    taskseal_bytes key = put_key(t, p, "unique:", p->message.type);
    put(t, ":", 1);
    put(t, p->tag, sizeof p->tag - 1);
    key.len += sizeof p->tag;
    return key;
}

static taskseal_bytes put_number(text *t, uint64_t value)
{
    char digits[NUMBER_SIZE];
    const size_t begin = t->len;
    int len = snprintf(digits, sizeof digits, "%" PRIu64, value);
    put(t, digits, (size_t)len);
    return since(t, begin);
}

static void add(taskseal_asynq_command *c, taskseal_bytes argument)
{
    c->argv[c->argc] = argument.data;
    c->argv_len[c->argc++] = argument.len;
}

/* The keys; *lock is the unique one. */
static void lay_out_keys(const taskseal__asynq_plan *p, text *t, taskseal_asynq_command *c,
                         taskseal_bytes *lock)
{
    static const char *const counts[] = {"2", "3", "4"};
    const taskseal_bytes nothing = {NULL, 0};
    add(c, taskseal_str("EVALSHA"));
    add(c, (taskseal_bytes){taskseal__asynq_script_sha1, strlen(taskseal__asynq_script_sha1)});
    c->argc = FIRST_KEY;
    add(c, put_key(t, p, "t:", p->message.id));
    if (p->state == TASKSEAL__ASYNQ_AGGREGATING) {
        add(c, put_key(t, p, "g:", p->message.group));
        add(c, put_key(t, p, "groups", nothing));
    } else {
        add(c, put_key(t, p, taskseal__asynq_state_word(p->state), nothing));
    }
    *lock = nothing;
    if (p->lock_ttl != 0) {
        *lock = put_lock(t, p);
        add(c, *lock);
    }
    c->argv[2] = counts[c->argc - FIRST_KEY - 2];
    c->argv_len[2] = 1;
}

static taskseal_bytes put_message(text *t, const taskseal__asynq_plan *p, taskseal_bytes lock,
                                  uint8_t **payload)
{
    const size_t begin = t->len;
    taskseal__asynq_message message = p->message;
    message.unique_key = lock;
    t->len +=
        taskseal__asynq_message_put(&message, t->out != NULL ? (uint8_t *)t->out + begin : NULL, payload);
    return since(t, begin);
}

/* The tail of a key that ends with `name`. */
static taskseal_bytes tail(const taskseal_asynq_command *c, size_t key, taskseal_bytes name)
{
    const char *at = c->argv[key];
    return (taskseal_bytes){at != NULL ? at + c->argv_len[key] - name.len : NULL, name.len};
}

/* All but the payload. *group_word is what an envelope of a group is bound to. */
static size_t lay_out(const taskseal__asynq_plan *p, char *out, taskseal_asynq_command *c, uint8_t **payload,
                      taskseal_bytes *group_word)
{
    text t = {out, 0};
    taskseal_bytes lock;
    const bool in_group = p->state == TASKSEAL__ASYNQ_AGGREGATING;
    const bool pending = p->state == TASKSEAL__ASYNQ_PENDING;
    memset(c, 0, sizeof *c);
    lay_out_keys(p, &t, c, &lock);
    add(c, tail(c, FIRST_KEY, p->message.id));
    add(c, put_message(&t, p, lock, payload));
    add(c, taskseal_str(taskseal__asynq_state_word(p->state)));
    add(c, put_number(&t, pending ? p->now_ns : p->due));
    add(c, put_number(&t, p->lock_ttl));
    if (in_group)
        add(c, tail(c, FIRST_KEY + 1, p->message.group));
    const size_t begin = t.len;
    if (in_group && p->sealed) {
        put(&t, TASKSEAL__ASYNQ_GROUP_WORD, sizeof TASKSEAL__ASYNQ_GROUP_WORD - 1);
        put_bytes(&t, p->message.group);
    }
    *group_word = since(&t, begin);
    return t.len;
}

size_t taskseal__asynq_command_size(const taskseal__asynq_plan *plan)
{
    taskseal_asynq_command command;
    taskseal_bytes group_word;
    uint8_t *payload;
    return lay_out(plan, NULL, &command, &payload, &group_word);
}

taskseal_err taskseal__asynq_command_write(const taskseal__asynq_plan *plan, void *buffer,
                                           taskseal_asynq_command *command, taskseal_error *error)
{
    taskseal_bytes group_word;
    uint8_t *payload;
    size_t sealed_len;
    (void)lay_out(plan, buffer, command, &payload, &group_word);
    if (!plan->sealed) {
        if (plan->payload.len != 0)
            memcpy(payload, plan->payload.data, plan->payload.len);
        return TASKSEAL_OK;
    }
    taskseal_seal_options seal = plan->seal;
    if (group_word.len != 0)
        seal.context.extra = group_word;
    taskseal_err err = taskseal_seal(&seal, plan->payload.data, plan->payload.len, payload,
                                     plan->message.payload_len, &sealed_len);
    if (err == TASKSEAL_OK)
        return err;
    memset(command, 0, sizeof *command);
    return taskseal__fail(error, err, "not sealed: %s", taskseal_err_text(err));
}

/* ---- Public ---- */

taskseal_err taskseal_asynq_size(const taskseal_asynq_task *task, size_t *size, taskseal_error *error)
{
    taskseal__asynq_plan plan;
    if (size == NULL)
        return taskseal__fail(error, TASKSEAL_ERR_BAD_ARGUMENT, "there is nowhere to write the size");
    *size = 0;
    taskseal_err err = taskseal__asynq_plan_task(task, &plan, error);
    if (err != TASKSEAL_OK)
        return err;
    if (plan.state == TASKSEAL__ASYNQ_SCHEDULED) /* its time may have come by then, and that takes more */
        plan.state = plan.message.group.len == 0 ? TASKSEAL__ASYNQ_PENDING : TASKSEAL__ASYNQ_AGGREGATING;
    *size = taskseal__asynq_command_size(&plan);
    return TASKSEAL_OK;
}

static bool overlaps(const taskseal_asynq_task *task, const void *buffer, size_t cap)
{
    const taskseal_bytes parts[] = {task->queue, task->type, task->id, task->group, task->payload};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (taskseal__overlap(parts[i].data, parts[i].len, buffer, cap))
            return true;
    return false;
}

taskseal_err taskseal_asynq_prepare(const taskseal_asynq_task *task, void *buffer, size_t buffer_cap,
                                    taskseal_asynq_command *command, taskseal_error *error)
{
    taskseal__asynq_plan plan;
    if (command == NULL || buffer == NULL)
        return taskseal__fail(error, TASKSEAL_ERR_BAD_ARGUMENT, "there is nowhere to write the command");
    memset(command, 0, sizeof *command);
    taskseal_err err = taskseal__asynq_plan_task(task, &plan, error);
    if (err != TASKSEAL_OK)
        return err;
    if (overlaps(task, buffer, buffer_cap))
        return taskseal__fail(error, TASKSEAL_ERR_BAD_ARGUMENT, "the buffer overlaps the task");
    const size_t size = taskseal__asynq_command_size(&plan);
    if (size > buffer_cap)
        return taskseal__fail(error, TASKSEAL_ERR_BUFFER_TOO_SMALL,
                              "the command needs %zu bytes, and the buffer has %zu", size, buffer_cap);
    return taskseal__asynq_command_write(&plan, buffer, command, error);
}

void taskseal_asynq_with_script(taskseal_asynq_command *command)
{
    command->argv[0] = "EVAL";
    command->argv_len[0] = 4;
    command->argv[1] = taskseal__asynq_script;
    command->argv_len[1] = taskseal__asynq_script_len;
}

taskseal_bytes taskseal_asynq_command_id(const taskseal_asynq_command *command)
{
    const size_t at = command->argc == 0 ? 0 : FIRST_KEY + (size_t)(command->argv[2][0] - '0');
    return (taskseal_bytes){command->argv[at], command->argv_len[at]};
}

taskseal_asynq_outcome taskseal_asynq_answer(long long answer)
{
    switch (answer) {
    case 1:
        return TASKSEAL_ASYNQ_QUEUED;
    case 0:
        return TASKSEAL_ASYNQ_EXISTS;
    case -1:
        return TASKSEAL_ASYNQ_DUPLICATE;
    default:
        return TASKSEAL_ASYNQ_IN_DOUBT;
    }
}
