/* SPDX-License-Identifier: MIT */
#include "redis_models.h"

#include <stdio.h>

/* Before the header: CBMC keeps the size that it sees first. */
extern const char taskseal__asynq_script[9], taskseal__asynq_script_sha1[9];
const char taskseal__asynq_script[] = "return 1";
extern const size_t taskseal__asynq_script_len;
const size_t taskseal__asynq_script_len = sizeof taskseal__asynq_script - 1;
const char taskseal__asynq_script_sha1[] = "7cdac520";

/* What its callers print are numbers of 64 bits, as they are. */
int any_print(char *out, size_t cap, const char *format, uint64_t value);
#define snprintf(out, cap, format, value) any_print(out, cap, format, value)
#include <asynq/command.c>
#undef snprintf

const char *taskseal_err_text(taskseal_err err)
{
    return "text";
}

int any_print(char *out, size_t cap, const char *format, uint64_t value)
{
    int len = 1;
    uint64_t power = 10;
    for (int digits = 2; digits <= 20; digits++) {
        len += value >= power;
        power *= digits < 20 ? 10 : 1;
    }
    CHECK((size_t)len < cap && __CPROVER_w_ok(out, cap), "there is room for the digits and a NUL");
    return len;
}

const char *taskseal__asynq_state_word(taskseal__asynq_state state)
{
    static const char *const words[] = {"pending", "scheduled", "aggregating"};
    return words[state];
}

/* ---- One piece ---- */

void proof_command_put(void)
{
    size_t len = nondet_size(), before = nondet_size(), room = nondet_size();
    ASSUME(before <= room && len <= room - before && room <= TASKSEAL_ASYNQ_PAYLOAD_MAX, "the first pass has counted it");
    text t = {nondet_bool() ? any_bytes(room) : NULL, before};
    put(&t, any_bytes(len), len);
    CHECK(t.len == before + len, "counted, also when it is not written");
    const taskseal_bytes put_last = since(&t, before);
    CHECK(put_last.len == len && put_last.data == (t.out != NULL ? t.out + before : NULL), "and told");
    REACHED_IF(t.out != NULL && len == room, "written");
    REACHED_IF(t.out == NULL, "counted");
}

/* Each piece of the second pass must be where the first one has counted it; put has its own proof. */
enum { PUTS = 40 };
static size_t g_at[PUTS], g_len[PUTS], g_puts;
void known_put(text *t, const void *bytes, size_t len)
{
    const size_t i = g_puts++;
    CHECK(i < PUTS, "as many as there are");
    if (t->out == NULL) {
        g_at[i] = t->len;
        g_len[i] = len;
    }
    CHECK(t->len == g_at[i] && len == g_len[i], "what was counted is written");
    CHECK(len == 0 || __CPROVER_r_ok(bytes, len), "what is copied is there");
    CHECK(t->out == NULL || len == 0 || __CPROVER_w_ok(t->out + g_at[i], len), "there is room for what is copied");
    t->len = g_at[i] + len;
}

/* As long in both passes; message.c has its own proofs. */
static size_t g_message_len, g_payload_at;
static uint8_t *g_payload;
size_t known_message(const taskseal__asynq_message *message, uint8_t *out, uint8_t **payload)
{
    CHECK(out == NULL || __CPROVER_w_ok(out, g_message_len), "there is room for the message");
    CHECK(out == NULL || message->unique_key.len == 0 ||
              __CPROVER_r_ok(message->unique_key.data, message->unique_key.len),
          "the unique key is there when it is to be copied");
    *payload = g_payload = out != NULL && message->payload_len != 0 ? out + g_payload_at : NULL;
    return g_message_len;
}

static taskseal_bytes any_text_of(size_t least, size_t most)
{
    size_t len = nondet_size();
    ASSUME(len >= least && len <= most, "the plan refuses others");
    return (taskseal_bytes){any_bytes(len), len};
}

/* In a group or not, unique or not: a proof each, so that the pieces are the same in both passes. */
#ifndef GROUP
#define GROUP  0
#define UNIQUE 0
#endif

static taskseal__asynq_plan g_plan;
static void any_plan(void)
{
    taskseal__asynq_message *m = &g_plan.message;
    if (!GROUP)
        g_plan.state = nondet_bool() ? TASKSEAL__ASYNQ_PENDING : TASKSEAL__ASYNQ_SCHEDULED;
    else
        g_plan.state = TASKSEAL__ASYNQ_AGGREGATING;
    g_plan.now_ns = nondet_u64();
    g_plan.due = nondet_u64();
    g_plan.lock_ttl = UNIQUE ? nondet_u64() : 0;
    ASSUME(!UNIQUE || g_plan.lock_ttl != 0, "the proof of unique tasks; those of others are beside it");
    m->queue = any_text_of(1, TASKSEAL_CONTEXT_MAX);
    m->type = any_text_of(1, TASKSEAL_CONTEXT_MAX);
    m->id = any_text_of(1, TASKSEAL_CONTEXT_MAX);
    m->group = any_text_of(GROUP ? 1 : 0, TASKSEAL_CONTEXT_MAX - 12);
    g_plan.payload = any_text_of(0, TASKSEAL_ASYNQ_PAYLOAD_MAX);
    g_plan.sealed = nondet_bool();
    m->payload_len = g_plan.sealed ? nondet_size() : g_plan.payload.len;
    ASSUME(m->payload_len <= TASKSEAL_ASYNQ_PAYLOAD_MAX, "the plan refuses longer ones");
    ASSUME(!g_plan.sealed || m->payload_len >= 1, "an envelope has a header");
    g_message_len = nondet_size();
    g_payload_at = nondet_size();
    ASSUME(g_message_len <= (size_t)1 << 40, "message_put: its fields, each within its bounds");
    ASSUME(g_payload_at <= g_message_len && m->payload_len <= g_message_len - g_payload_at, "message_put");
}

static size_t g_room, g_sealed;
taskseal_err known_seal(const taskseal_seal_options *options, const void *payload, size_t payload_len, void *out,
                        size_t out_cap, size_t *out_len)
{
    CHECK(payload == g_plan.payload.data && payload_len == g_plan.payload.len, "the payload, all of it");
    CHECK(out == g_payload && out_cap == g_plan.message.payload_len, "where it belongs in the message");
    CHECK(__CPROVER_w_ok(out, out_cap), "there is room for the envelope");
    const taskseal_bytes extra = options->context.extra;
    CHECK(extra.data == NULL || (__CPROVER_r_ok(extra.data, extra.len) && extra.len == g_plan.message.group.len + 12),
          "bound to the group's name behind its word");
    CHECK((extra.data != NULL) == (g_plan.state == TASKSEAL__ASYNQ_AGGREGATING), "bound to a group if it is in one");
    *out_len = out_cap;
    g_sealed++;
    return nondet_bool() ? TASKSEAL_OK : TASKSEAL_ERR_NO_RANDOM;
}

static bool is_within(const char *at, size_t len, const char *buffer)
{
    return __CPROVER_same_object(at, buffer) && (size_t)(at - buffer) <= g_room &&
           len <= g_room - (size_t)(at - buffer);
}

/* The first pass counts, the second one writes as much; every argument stands in the buffer or is the library's own. */
void proof_command_write(void)
{
    taskseal_asynq_command command;
    taskseal_error error;
    any_plan();
    g_room = taskseal__asynq_command_size(&g_plan);
    g_puts = 0;
    char *buffer = any_bytes(g_room);
    taskseal_err err = taskseal__asynq_command_write(&g_plan, buffer, &command, &error);
    if (err != TASKSEAL_OK) {
        CHECK(command.argc == 0 && command.argv[0] == NULL, "no half of a command");
        REACHED("sealing failed");
        return;
    }
    const bool in_group = g_plan.state == TASKSEAL__ASYNQ_AGGREGATING;
    const size_t keys = 2 + (size_t)in_group + (size_t)(g_plan.lock_ttl != 0);
    CHECK(command.argc == 3 + keys + 5 + (size_t)in_group && command.argc <= TASKSEAL_ASYNQ_ARGUMENTS_MAX,
          "all arguments, and no more than there is room for");
    CHECK(command.argv[2][0] == (char)('0' + keys), "as many keys as it says");
    for (size_t i = 3; i < TASKSEAL_ASYNQ_ARGUMENTS_MAX; i++)
        CHECK(i >= command.argc || i == 3 + keys + 2 || is_within(command.argv[i], command.argv_len[i], buffer),
              "an argument stands in the buffer");
    CHECK(!UNIQUE || command.argv_len[2 + keys] == sizeof "asynq:{}:unique::" - 1 + g_plan.message.queue.len +
                                                       g_plan.message.type.len + 2 * TASKSEAL_DEDUPE_TAG_BYTES,
          "all of the unique key");
    const taskseal_bytes id = taskseal_asynq_command_id(&command);
    CHECK(id.data == command.argv[3 + keys] && id.len == g_plan.message.id.len, "the id is where it is looked for");
    CHECK(g_sealed == (g_plan.sealed ? 1 : 0), "sealed once, if it is to be");
    REACHED_IF(g_plan.sealed && g_plan.message.queue.len == TASKSEAL_CONTEXT_MAX, "sealed");
    REACHED_IF(!g_plan.sealed && g_plan.payload.len == 0, "nothing to seal");
}

/* ---- Public ---- */

taskseal_err any_planned(const taskseal_asynq_task *task, taskseal__asynq_plan *plan, taskseal_error *error)
{
    CHECK(plan != NULL, "there is a plan to be filled in");
    return task != NULL && nondet_bool() ? TASKSEAL_OK : TASKSEAL_ERR_BAD_ARGUMENT;
}

size_t any_size(const taskseal__asynq_plan *plan)
{
    g_room = nondet_size();
    return g_room;
}

static size_t g_cap;
taskseal_err known_write(const taskseal__asynq_plan *plan, void *buffer, taskseal_asynq_command *command,
                                taskseal_error *error)
{
    CHECK(g_room <= g_cap && __CPROVER_w_ok(buffer, g_room), "there is room for the command");
    CHECK(command->argc == 0, "nothing is in it yet");
    return TASKSEAL_OK;
}

static taskseal_bytes part_of(char *memory, size_t size)
{
    const size_t at = nondet_size(), len = nondet_size();
    ASSUME(at <= size && len <= size - at, "a range is part of an object");
    return nondet_bool() ? (taskseal_bytes){memory + at, len} : (taskseal_bytes){NULL, 0};
}

void proof_prepare(void)
{
    static char memory[64];
    taskseal_asynq_command command;
    taskseal_error error;
    size_t size = 1;
    const taskseal_asynq_task task = {.queue = part_of(memory, sizeof memory),
                                      .type = part_of(memory, sizeof memory),
                                      .id = part_of(memory, sizeof memory),
                                      .payload = part_of(memory, sizeof memory),
                                      .group = part_of(memory, sizeof memory)};
    const taskseal_bytes buffer = part_of(memory, sizeof memory);
    g_cap = buffer.len;
    taskseal_err err = taskseal_asynq_prepare(&task, (void *)buffer.data, buffer.len, &command, &error);
    if (err == TASKSEAL_OK) {
        const char *shared = memory + nondet_u8() % sizeof memory, *begin = buffer.data;
        const char *type = task.type.data;
        CHECK(begin != NULL && g_room <= g_cap, "a buffer with room for it");
        CHECK(shared < begin || shared >= begin + buffer.len || type == NULL || shared < type ||
                  shared >= type + task.type.len,
              "that has no byte of the task");
        REACHED_IF(g_room == 30, "prepared");
    } else {
        REACHED_IF(err == TASKSEAL_ERR_BUFFER_TOO_SMALL && g_room == SIZE_MAX, "too small");
    }
    err = taskseal_asynq_size(nondet_bool() ? &task : NULL, &size, &error);
    CHECK(err == TASKSEAL_OK ? size == g_room : size == 0, "the size, or none");
    CHECK(taskseal_asynq_size(&task, NULL, &error) == TASKSEAL_ERR_BAD_ARGUMENT, "somewhere to write it");
    REACHED_IF(err != TASKSEAL_OK, "refused");
}

void proof_asynq_answer(void)
{
    const long long answer = (long long)nondet_i64();
    const taskseal_asynq_outcome outcome = taskseal_asynq_answer(answer);
    CHECK((answer == 1) == (outcome == TASKSEAL_ASYNQ_QUEUED), "queued only if the script says so");
    CHECK((answer == 0) == (outcome == TASKSEAL_ASYNQ_EXISTS), "there already only if the script says so");
    CHECK((answer == -1) == (outcome == TASKSEAL_ASYNQ_DUPLICATE), "a duplicate only if the script says so");
    CHECK((answer >= -1 && answer <= 1) || outcome == TASKSEAL_ASYNQ_IN_DOUBT, "in doubt otherwise");
    REACHED_IF(outcome == TASKSEAL_ASYNQ_IN_DOUBT, "in doubt");
}
