/* SPDX-License-Identifier: MIT */
#include "proof.h"

#include <reseal.c>

static taskseal__opening g_opening;
static taskseal_reseal_options g_options;
static uint8_t *g_out;
static size_t g_cap, g_planned, g_header_len, g_total, g_payload_len;
static unsigned g_steps;

static uint64_t g_chunks_len;

bool any_chunks_len(taskseal_suite suite, size_t payload_len, size_t *chunks_len)
{
    CHECK(suite >= 1 && suite <= 3, "a known suite");
    *chunks_len = g_chunks_len = nondet_size();
    ASSUME(*chunks_len > payload_len, "proved by the proof chunks_len");
    return nondet_bool();
}

bool any_suite_known(unsigned suite)
{
    return suite >= 1 && suite <= 3; /* exactly, by the proof suite_known */
}

taskseal_err any_begin(taskseal__opening *o, const taskseal_reseal_options *options, const void *sealed,
                       size_t sealed_len)
{
    (void)options, (void)sealed;
    o->header.payload_len = nondet_size();
    o->header.suite = nondet_bool() ? TASKSEAL_SUITE_CHACHA20POLY1305 : TASKSEAL_SUITE_AEGIS256;
    ASSUME(o->header.payload_len < sealed_len, "proved by the proof round_trip_64mib");
    return nondet_bool() ? TASKSEAL_OK : TASKSEAL_ERR_MALFORMED;
}

/* The size holds any header and the chunks, or the arguments are refused. */
void proof_reseal_size(void)
{
    size_t cap = 1, len = nondet_size();
    g_options.suite = (taskseal_suite)(nondet_u8() & 7);
    taskseal_err err = taskseal_reseal_size(&g_options, &g_options, len, &cap);
    CHECK(err == TASKSEAL_OK ? cap == 4096 + g_chunks_len && cap > g_chunks_len : cap == 0,
          "a header and the chunks");
    REACHED_IF(err == TASKSEAL_OK, "a size");
    REACHED_IF(err == TASKSEAL_ERR_BAD_ARGUMENT, "too long");
}

/* plan_make, as the proofs plan_lengths and chunks_len have it. */
taskseal_err any_plan(taskseal__plan *p, const taskseal_seal_options *options, size_t payload_len)
{
    (void)options;
    p->header_len = g_steps == 0 ? g_header_len : nondet_size();
    ASSUME(p->header_len == g_header_len, "the same options plan the same header");
    p->total_len = nondet_size();
    ASSUME(p->total_len > g_header_len && p->total_len - g_header_len > payload_len, "by plan_lengths");
    ASSUME(!g_opening.header.padded || p->total_len - g_header_len > payload_len, "padding never shortens");
    g_planned = payload_len;
    g_total = p->total_len;
    g_steps++;
    return nondet_bool() ? TASKSEAL_OK : TASKSEAL_ERR_KEY_NOT_ACTIVE;
}

taskseal_err any_decrypt(const taskseal__opening *o, uint8_t *out, size_t *out_len)
{
    size_t len = o->header.payload_len;
    CHECK(out == g_out + g_header_len, "where the chunks will stand");
    CHECK(len == 0 || __CPROVER_w_ok(out, len), "there is room for the payload");
    *out_len = g_payload_len;
    return nondet_bool() ? TASKSEAL_OK : TASKSEAL_ERR_DAMAGED;
}

taskseal_err any_random(uint8_t *out, size_t len)
{
    CHECK(__CPROVER_w_ok(out, len), "there is room for the random bytes");
    return nondet_bool() ? TASKSEAL_OK : TASKSEAL_ERR_NO_RANDOM;
}

size_t any_random_len(const taskseal__plan *p)
{
    (void)p;
    size_t len = nondet_size();
    ASSUME(len <= TASKSEAL__RANDOM_MAX, "proved by the proof plan_lengths");
    return len;
}

void known_message(const taskseal__plan *p, const taskseal_context *context, const uint8_t *random,
                   const uint8_t *payload, size_t payload_len, uint8_t *out)
{
    (void)context, (void)random;
    CHECK(out == g_out && p->total_len <= g_cap, "there is room for the envelope");
    CHECK(payload == g_out + g_header_len && payload_len == g_payload_len && g_planned == payload_len,
          "the payload that was decrypted, in place");
    g_steps = 100;
}

void proof_decrypt_and_seal(void)
{
    size_t out_len = 0;
    g_cap = nondet_size();
    ASSUME(g_cap <= 65536, "the bound of this proof: buffers to 64 KiB; the code has no loop");
    g_out = any_bytes(g_cap);
    g_header_len = nondet_size();
    ASSUME(g_header_len >= 73 && g_header_len <= 4096, "by plan_lengths");
    g_opening.header.payload_len = nondet_size();
    g_opening.header.padded = nondet_bool();
    g_payload_len = nondet_size();
    ASSUME(g_payload_len <= g_opening.header.payload_len, "padding is only removed");
    taskseal_err err = decrypt_and_seal(&g_opening, &g_options, g_out, g_cap, &out_len);
    CHECK(err == TASKSEAL_OK ? g_steps == 100 && out_len == g_total : g_steps < 100 && out_len == 0,
          "sealed, or nothing");
    REACHED_IF(err == TASKSEAL_OK, "sealed");
    REACHED_IF(err == TASKSEAL_ERR_BUFFER_TOO_SMALL && g_steps == 2, "too small for the chunks");
    REACHED_IF(err == TASKSEAL_ERR_BUFFER_TOO_SMALL && g_steps == 1, "too small for the payload");
}
