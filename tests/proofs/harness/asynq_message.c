/* SPDX-License-Identifier: MIT */
#include "asynq_message.h"

/* ---- One field ---- */

/* A number, as long in both passes; put_varint has its own proof. */
enum { NUMBERS = 2 };
static uint64_t g_number[NUMBERS];
static size_t g_number_len[NUMBERS], g_numbers;
void known_varint(writer *w, uint64_t value)
{
    const size_t i = g_numbers++ % NUMBERS;
    if (w->out == NULL) {
        g_number[i] = value;
        g_number_len[i] = nondet_size();
        ASSUME(g_number_len[i] >= 1 && g_number_len[i] <= 10, "what put_varint takes");
    }
    CHECK(value == g_number[i], "the number that was counted");
    CHECK(w->out == NULL || __CPROVER_w_ok(w->out + w->len, g_number_len[i]), "there is room for the number");
    w->len += g_number_len[i];
}

static enum field any_field(void)
{
    const unsigned field = nondet_unsigned();
    ASSUME(field >= TYPE && field <= GROUP_KEY, "the numbers of the fields");
    return (enum field)field;
}

void proof_message_text(void)
{
    const enum field field = any_field();
    const taskseal_bytes text = any_text(TASKSEAL_ASYNQ_PAYLOAD_MAX);
    writer counted = {NULL, 0};
    put_text(&counted, field, (taskseal_bytes){NULL, text.len});
    CHECK(text.len == 0 ? counted.len == 0 : counted.len >= text.len + 2 && counted.len <= text.len + 20,
          "a tag, a length and its bytes, or nothing");
    writer written = {any_bytes(counted.len), 0};
    put_text(&written, field, text);
    CHECK(written.len == counted.len && g_numbers == (text.len == 0 ? 0 : 4), "what is counted is written");
    REACHED_IF(text.len == TASKSEAL_ASYNQ_PAYLOAD_MAX, "the longest");
    REACHED_IF(text.len == 0, "none");
}

void proof_message_number(void)
{
    const enum field field = any_field();
    const uint64_t value = nondet_u64();
    writer counted = {NULL, 0};
    put_number(&counted, field, value);
    CHECK(value == 0 ? counted.len == 0 : counted.len >= 2 && counted.len <= 20, "a tag and the number, or nothing");
    writer written = {any_bytes(counted.len), 0};
    put_number(&written, field, value);
    CHECK(written.len == counted.len && g_numbers == (value == 0 ? 0 : 4), "what is counted is written");
    REACHED_IF(value == UINT64_MAX, "the greatest");
    REACHED_IF(value == 0, "none");
}

/* ---- All fields ---- */

/* Where each field stands and how long it is; in the second pass it must be the same as in the first one. */
static uint64_t g_given[GROUP_KEY + 1];
static size_t g_at[GROUP_KEY + 1], g_len[GROUP_KEY + 1];
static void put_known(writer *w, enum field field, uint64_t given, size_t own)
{
    if (w->out == NULL) {
        g_given[field] = given;
        g_at[field] = w->len;
        g_len[field] = nondet_size();
        ASSUME(given != 0 ? g_len[field] >= own + 2 && g_len[field] <= own + 20 : g_len[field] == 0,
               "proof_message_text and proof_message_number");
    }
    CHECK(given == g_given[field] && w->len == g_at[field], "where it was counted");
    CHECK(w->out == NULL || given == 0 || __CPROVER_w_ok(w->out + g_at[field], g_len[field]),
          "there is room for the field");
    w->len = g_at[field] + g_len[field];
}

void known_number(writer *w, enum field field, uint64_t value)
{
    put_known(w, field, value, 0);
}

uint8_t *known_room(writer *w, enum field field, size_t len)
{
    put_known(w, field, len, len);
    return w->out != NULL && len != 0 ? w->out + w->len - len : NULL;
}

void known_text(writer *w, enum field field, taskseal_bytes text)
{
    put_known(w, field, text.len, text.len);
    CHECK(w->out == NULL || text.len == 0 || __CPROVER_r_ok(text.data, text.len), "what is copied is there");
}

/* The first pass counts, and looks at no text; the second one writes as much, and where it may. */
void proof_message_put(void)
{
    taskseal__asynq_message m = any_message(TASKSEAL_CONTEXT_MAX, TASKSEAL_ASYNQ_PAYLOAD_MAX);
    const taskseal_bytes key = m.unique_key;
    uint8_t *payload;
    m.unique_key.data = NULL;
    const size_t len = taskseal__asynq_message_put(&m, NULL, &payload);
    CHECK(payload == NULL, "there is no room yet");
    m.unique_key = key;
    uint8_t *out = any_bytes(len);
    CHECK(taskseal__asynq_message_put(&m, out, &payload) == len, "what is counted is written");
    CHECK((payload == NULL) == (m.payload_len == 0), "room for the payload if there is one");
    CHECK(m.payload_len == 0 || payload + m.payload_len == out + g_at[PAYLOAD] + g_len[PAYLOAD],
          "all of the payload's room is in the message, behind its length");
    REACHED_IF(m.payload_len == TASKSEAL_ASYNQ_PAYLOAD_MAX && m.deadline > UINT32_MAX, "the longest");
    REACHED_IF(len == 0, "nothing but absent fields");
}
