/* SPDX-License-Identifier: MIT
 * Where the payload goes when an envelope is opened. */
#include "proof.h"

#include <open.c>

static const uint8_t *g_sealed;
static uint8_t *g_out;
static size_t g_len, g_cap, g_header_len, g_payload_len, g_reported, g_wiped;
static unsigned g_steps;
static const taskseal_open_options g_options;
static const taskseal__opening *g_opening;

taskseal_err any_begin(taskseal__opening *o, const taskseal_open_options *options)
{
    CHECK(options == &g_options && __CPROVER_w_ok(o, sizeof *o), "the options");
    g_opening = o;
    return nondet_bool() ? TASKSEAL_OK : TASKSEAL_ERR_BAD_ARGUMENT;
}

taskseal_err any_header(taskseal__header *header, const void *bytes, size_t len)
{
    CHECK(bytes == g_sealed && len == g_len, "the envelope, whole");
    g_header_len = nondet_size();
    g_payload_len = nondet_size();
    if (nondet_bool() || g_header_len < 73 || g_header_len >= len || g_payload_len >= len - g_header_len)
        return TASKSEAL_ERR_MALFORMED; /* else as the proofs header_parse and round_trip_64mib have it */
    header->chunks = (const uint8_t *)bytes + g_header_len;
    header->chunks_len = len - g_header_len;
    header->payload_len = g_payload_len;
    g_steps = 1;
    return TASKSEAL_OK;
}

size_t known_header_len(const taskseal__header *header)
{
    CHECK(header == &g_opening->header && g_steps == 1, "of this header");
    return g_header_len;
}

taskseal_err any_verify(taskseal__opening *o)
{
    CHECK(o == g_opening && g_steps == 1, "what was parsed");
    g_steps = 2;
    return nondet_bool() ? TASKSEAL_OK : TASKSEAL_ERR_AUTHENTICATION_FAILED;
}

taskseal_err any_decrypt(const taskseal__opening *o, uint8_t *out, size_t *out_len)
{
    CHECK(o == g_opening && g_steps == 2 && *out_len == 0, "what was verified");
    if (g_out == g_sealed) {
        CHECK(out == o->header.chunks, "where the chunks stand");
    } else {
        CHECK(out != o->header.chunks && out != NULL, "not over the chunks");
        CHECK(g_payload_len == 0 || (out == g_out && __CPROVER_w_ok(out, g_payload_len)), "there is room");
        CHECK(__CPROVER_w_ok(out, 1), "somewhere even if it is empty");
    }
    g_steps = nondet_bool() ? 3 : 4;
    *out_len = g_steps == 3 ? g_payload_len : 0;
    return g_steps == 3 ? TASKSEAL_OK : TASKSEAL_ERR_DAMAGED;
}

void known_report(const taskseal__opening *o, taskseal_opened *opened)
{
    CHECK(o == g_opening && opened != NULL && g_steps == 3, "of what was opened");
    g_reported++;
}

void wiped(void *at, size_t len)
{
    CHECK(at == &g_opening->keys && len == sizeof g_opening->keys && g_steps >= 2,
          "the message's keys, at the end");
    g_wiped++;
}

static uint8_t *any_envelope(void)
{
    g_len = nondet_size();
    ASSUME(g_len <= 65536, "the bound of this proof: envelopes to 64 KiB; the code has no loop");
    uint8_t *sealed = any_bytes(g_len);
    g_sealed = sealed;
    return sealed;
}

static void check_opened(taskseal_err err, size_t len)
{
    CHECK((err == TASKSEAL_OK) == (g_steps == 3), "opened, or an error");
    CHECK(len == (err == TASKSEAL_OK ? g_payload_len : 0), "the payload's length, or 0");
    CHECK(g_reported == (err == TASKSEAL_OK) && g_wiped == (g_steps >= 2), "reported, and no keys left");
    REACHED_IF(err == TASKSEAL_ERR_DAMAGED, "damaged");
    REACHED_IF(err == TASKSEAL_ERR_BAD_ARGUMENT, "refused");
}

void proof_open(void)
{
    size_t len = 1;
    taskseal_opened opened;
    any_envelope();
    g_cap = nondet_size();
    ASSUME(g_cap <= 65536, "the bound of this proof: buffers to 64 KiB; the code has no loop");
    g_out = g_cap == 0 && nondet_bool() ? NULL : any_bytes(g_cap);
    taskseal_err err = taskseal_open(&g_options, g_sealed, g_len, g_out, g_cap, &len, &opened);
    check_opened(err, len);
    CHECK(len <= g_cap, "inside the buffer");
    REACHED_IF(err == TASKSEAL_OK && len == g_cap && len > 0, "just enough");
    REACHED_IF(err == TASKSEAL_OK && g_out == NULL, "an empty payload, without a buffer");
    REACHED_IF(err == TASKSEAL_ERR_BUFFER_TOO_SMALL && g_cap + 1 == g_payload_len, "one byte too small");
}

void proof_open_in_place(void)
{
    size_t len = 1;
    void *payload = &len;
    taskseal_opened opened;
    uint8_t *buffer = any_envelope();
    g_out = buffer;
    taskseal_err err = taskseal_open_in_place(&g_options, buffer, g_len, &payload, &len, &opened);
    check_opened(err, len);
    CHECK(payload == (err == TASKSEAL_OK ? buffer + g_header_len : NULL), "where it stands, or nowhere");
    CHECK(err != TASKSEAL_OK || len == 0 || __CPROVER_r_ok(payload, len), "all of it is there");
    REACHED_IF(err == TASKSEAL_OK && len > 1000, "opened");
}

void proof_open_size(void)
{
    size_t cap = 1;
    any_envelope();
    taskseal_err err = taskseal_open_size(g_sealed, g_len, &cap);
    CHECK(cap == (err == TASKSEAL_OK ? g_payload_len : 0), "room for the payload, or 0");
    REACHED_IF(err == TASKSEAL_OK && cap > 0, "a size");
    REACHED_IF(err != TASKSEAL_OK, "malformed");
}
