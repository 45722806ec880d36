/* SPDX-License-Identifier: MIT
 * One message whose lengths are planned: its header and chunks, and the items of a batch. */
#include "proof.h"

#ifdef BATCH
#include <batch.c>
#else
#include <plan.c>
#endif

static uint8_t *g_out;
static const uint8_t *g_payload;
static size_t g_payload_len, g_cap, g_total, g_steps;

#ifdef BATCH

static const taskseal_seal_options g_options;
static taskseal_seal_item g_item;

taskseal_err any_plan(taskseal__plan *p, const taskseal_seal_options *options, size_t payload_len)
{
    CHECK(options->keyring == g_options.keyring && options->context.queue.len == g_item.context.queue.len,
          "the options, with the item's context");
    CHECK(payload_len == g_payload_len, "as long as the item says");
    p->total_len = g_total = nondet_size();
    return nondet_bool() ? TASKSEAL_OK : TASKSEAL_ERR_KEY_NOT_ACTIVE;
}

bool any_overlap(const taskseal_context *context, const void *out, size_t cap)
{
    CHECK(context == &g_item.context && out == g_out && cap == g_cap, "with all of the buffer");
    return nondet_bool();
}

taskseal_err any_payload(const taskseal_seal_options *options, const void *payload, size_t len)
{
    CHECK(options == &g_options && payload == g_payload && len == g_payload_len, "the item's payload");
    g_steps++;
    return nondet_bool() ? TASKSEAL_OK : TASKSEAL_ERR_LOOKS_SEALED;
}

/* What passes has a buffer with room for its envelope, apart from its payload. */
void proof_check_item(void)
{
    g_payload_len = nondet_size();
    g_cap = nondet_size();
    ASSUME(g_payload_len <= 65536 && g_cap <= 65536, "the bound of this proof; the code has no loop");
    g_payload = nondet_bool() ? any_bytes(g_payload_len) : NULL;
    g_out = nondet_bool() ? any_bytes(g_cap) : NULL;
    g_item = (taskseal_seal_item){
        .payload = g_payload, .payload_len = g_payload_len, .out = g_out, .out_cap = g_cap};
    g_item.context.queue = (taskseal_bytes){"q", nondet_size()};
    taskseal_err err = check_item(&g_options, &g_item);
    CHECK(err != TASKSEAL_OK || (g_out != NULL && g_total <= g_cap && g_steps == 1), "there is room for it");
    CHECK(err != TASKSEAL_OK || g_payload != NULL || g_payload_len == 0, "a payload that is there");
    REACHED_IF(err == TASKSEAL_OK && g_total == g_cap, "just enough");
    REACHED_IF(err == TASKSEAL_ERR_BUFFER_TOO_SMALL && g_total == g_cap + 1, "one byte too small");
    REACHED_IF(err == TASKSEAL_ERR_BAD_ARGUMENT, "refused");
}

#else

static taskseal__plan g_plan;
static const taskseal_context g_context;
static const uint8_t g_random[TASKSEAL__RANDOM_MAX];
static const taskseal__message_keys *g_keys;

void known_header(const taskseal__plan *p, const taskseal_context *context, const uint8_t *random,
                  taskseal__message_keys *keys, uint8_t *out)
{
    CHECK(p == &g_plan && context == &g_context && random == g_random, "as it was planned");
    CHECK(out == g_out && __CPROVER_w_ok(out, p->header_len), "there is room for the header");
    g_keys = keys;
    g_steps = 1;
}

void known_chunks(taskseal_suite suite, const uint8_t *key, const uint8_t *payload, size_t len,
                  size_t padded_len, uint8_t *out)
{
    (void)suite;
    CHECK(key == g_keys->payload_key && g_steps == 1, "with the key that the header commits to");
    CHECK(payload == g_payload && len == g_payload_len && padded_len == g_plan.padded_len,
          "the payload, as planned");
    CHECK(out == g_out + g_plan.header_len && __CPROVER_w_ok(out, g_plan.total_len - g_plan.header_len),
          "behind the header, where there is room for the chunks");
    g_steps = 2;
}

void wiped(void *at, size_t len)
{
    CHECK(at == g_keys && len == sizeof *g_keys && g_steps == 2, "the message's keys, afterwards");
    g_steps = 3;
}

void proof_seal_message(void)
{
    g_plan.header_len = nondet_size();
    g_plan.total_len = g_cap = g_total = nondet_size();
    g_plan.padded_len = nondet_size();
    ASSUME(g_total <= 65536, "the bound of this proof; the code has no loop");
    ASSUME(g_plan.header_len >= 73 && g_plan.header_len < g_total, "by the proof plan_lengths");
    g_payload_len = nondet_size();
    g_out = any_bytes(g_total);
    g_payload = nondet_bool() ? g_out + g_plan.header_len : g_random;
    taskseal__seal_message(&g_plan, &g_context, g_random, g_payload, g_payload_len, g_out);
    CHECK(g_steps == 3, "header, chunks, and no keys left");
    REACHED("sealed");
}

#endif
