/* SPDX-License-Identifier: MIT */
#include "proof.h"

#include <seal.c>

static const taskseal_seal_options g_options;
static const uint8_t *g_payload, *g_random;
static uint8_t *g_out;
static size_t g_payload_len, g_total, g_header_len, g_random_len, g_steps, g_wiped;

size_t any_random_len(const taskseal__plan *p)
{
    (void)p;
    g_random_len = nondet_size();
    ASSUME(g_random_len <= TASKSEAL__RANDOM_MAX, "proved by the proof plan_lengths");
    return g_random_len;
}

taskseal_err any_random(uint8_t *out, size_t len)
{
    CHECK(len == g_random_len && __CPROVER_w_ok(out, len), "there is room for the random bytes");
    g_random = out;
    return nondet_bool() ? TASKSEAL_OK : TASKSEAL_ERR_NO_RANDOM;
}

void known_message(const taskseal__plan *p, const taskseal_context *context, const uint8_t *random,
                   const uint8_t *payload, size_t payload_len, uint8_t *out)
{
    (void)p;
    CHECK(random == g_random && context == &g_options.context, "with the random bytes");
    CHECK(payload == g_payload && payload_len == g_payload_len && out == g_out,
          "payload and buffer as given");
    g_steps++;
}

void wiped(void *at, size_t len)
{
    CHECK(at == g_random && len == g_random_len && g_steps == 1, "the random bytes are wiped, afterwards");
    g_wiped++;
}

void proof_seal_write(void)
{
    static const taskseal__plan p;
    static uint8_t out[1];
    g_out = out;
    g_payload = out;
    g_payload_len = nondet_size();
    taskseal_err err = write_envelope(&p, &g_options.context, g_payload, g_payload_len, g_out);
    CHECK(err == TASKSEAL_OK ? g_steps == 1 && g_wiped == 1 : g_steps == 0, "sealed, or nothing");
    REACHED_IF(err == TASKSEAL_OK && g_random_len == TASKSEAL__RANDOM_MAX, "as many as may be");
    REACHED_IF(err != TASKSEAL_OK, "no random bytes");
}

/* ---- Arguments and room ---- */

taskseal_err any_plan(taskseal__plan *p, const taskseal_seal_options *options, size_t payload_len)
{
    CHECK(options == &g_options && payload_len == g_payload_len, "as given");
    p->header_len = g_header_len = nondet_size();
    p->total_len = g_total = nondet_size();
    ASSUME(g_header_len >= 73 && g_header_len <= 4096, "by the proof plan_lengths");
    ASSUME(g_total > g_header_len && g_total - g_header_len > payload_len, "by plan_lengths and chunks_len");
    return nondet_bool() ? TASKSEAL_OK : TASKSEAL_ERR_KEY_NOT_ACTIVE;
}

bool any_overlap(const taskseal_context *context, const void *out, size_t cap)
{
    CHECK(context == &g_options.context && out == g_out && __CPROVER_w_ok(out, cap),
          "with all of the buffer");
    return nondet_bool();
}

taskseal_err any_payload(const taskseal_seal_options *options, const void *payload, size_t len)
{
    (void)options;
    CHECK(len == 0 || __CPROVER_r_ok(payload, len), "the payload is there");
    return nondet_bool() ? TASKSEAL_OK : TASKSEAL_ERR_LOOKS_SEALED;
}

taskseal_err known_envelope(const taskseal__plan *p, const taskseal_context *context, const uint8_t *payload,
                            size_t payload_len, uint8_t *out)
{
    (void)context;
    CHECK(out == g_out && p->total_len == g_total && __CPROVER_w_ok(out, g_total),
          "there is room for the envelope");
    CHECK(payload == g_payload || payload == g_out + g_header_len, "the payload, where it is or will be");
    CHECK(payload_len == g_payload_len, "as long as it is");
    g_steps++;
    return nondet_bool() ? TASKSEAL_OK : TASKSEAL_ERR_NO_RANDOM;
}

/* Any buffer to 64 KiB, any length. */
static size_t any_out(void)
{
    size_t cap = nondet_size();
    ASSUME(cap <= 65536, "the bound of this proof: buffers to 64 KiB; the code has no loop");
    g_out = any_bytes(cap);
    return cap;
}

static void check_sealed(taskseal_err err, size_t out_len, size_t cap)
{
    CHECK(err != TASKSEAL_OK || (g_steps == 1 && out_len == g_total && out_len <= cap), "sealed, inside it");
    CHECK(err == TASKSEAL_OK || out_len == 0, "or nothing");
    REACHED_IF(err == TASKSEAL_OK && out_len == cap, "just enough");
    REACHED_IF(err == TASKSEAL_ERR_BUFFER_TOO_SMALL && cap + 1 == g_total, "one byte too small");
    REACHED_IF(err == TASKSEAL_ERR_BAD_ARGUMENT && g_total > 0, "refused");
}

void proof_seal(void)
{
    size_t out_len = 1, cap = any_out();
    g_payload_len = nondet_size();
    ASSUME(g_payload_len <= 65536, "the bound of this proof: the code has no loop");
    g_payload = g_payload_len == 0 && nondet_bool() ? NULL : any_bytes(g_payload_len);
    taskseal_err err = taskseal_seal(&g_options, g_payload, g_payload_len, g_out, cap, &out_len);
    check_sealed(err, out_len, cap);
    REACHED_IF(err == TASKSEAL_OK && g_payload == NULL, "an empty payload");
}

void proof_seal_in_place(void)
{
    size_t out_len = 1, cap = any_out();
    g_payload_len = nondet_size();
    taskseal_err err = taskseal_seal_in_place(&g_options, g_out, cap, g_payload_len, &out_len);
    check_sealed(err, out_len, cap);
}

void proof_seal_size(void)
{
    size_t total = 1, offset = 1;
    bool want_total = nondet_bool(), want_offset = nondet_bool();
    g_payload_len = nondet_size();
    taskseal_err err = taskseal_seal_size(&g_options, g_payload_len, want_total ? &total : NULL,
                                          want_offset ? &offset : NULL);
    CHECK(total == (!want_total ? 1 : err == TASKSEAL_OK ? g_total : 0), "the whole length, or 0");
    CHECK(offset == (!want_offset ? 1 : err == TASKSEAL_OK ? g_header_len : 0), "the header's, or 0");
    REACHED_IF(err == TASKSEAL_OK && want_total && want_offset, "both");
    REACHED_IF(err != TASKSEAL_OK, "refused");
}
