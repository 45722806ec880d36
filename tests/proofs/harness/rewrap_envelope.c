/* SPDX-License-Identifier: MIT
 * Where the new header and the old chunks go: rewrap.c. */
#include "proof.h"

#include <rewrap.c>

static rewrapping g_rewrapping;
static uint8_t *g_out;
static const uint8_t *g_dek;
static size_t g_cap, g_header_len, g_steps;

size_t any_header_len(const rewrapping *r)
{
    CHECK(r == &g_rewrapping, "of this message");
    g_header_len = nondet_size(); /* of any length: what is too long is refused */
    return g_header_len;
}

size_t any_nonce_len(taskseal_key_type type)
{
    return type == TASKSEAL_KEY_AEGIS256 ? 32 : 24; /* by the proof wrap */
}

taskseal_err any_random(uint8_t *out, size_t len)
{
    CHECK(len >= 24 && __CPROVER_w_ok(out, len), "there is room for the nonce");
    return nondet_bool() ? TASKSEAL_OK : TASKSEAL_ERR_NO_RANDOM;
}

void known_header(const rewrapping *r, const uint8_t *nonce, const uint8_t *dek, uint8_t *out)
{
    CHECK(r == &g_rewrapping && dek == g_dek && __CPROVER_r_ok(nonce, 32), "with the same DEK");
    CHECK(out == g_out && __CPROVER_w_ok(out, g_header_len) && g_header_len <= 4096,
          "there is room for the header");
    CHECK(g_steps == 0, "first");
    g_steps = 1;
}

void *known_chunks(void *to, const void *from, size_t len)
{
    CHECK(from == g_rewrapping.header.chunks && len == g_rewrapping.header.chunks_len,
          "the chunks, all of them");
    CHECK(to == g_out + g_header_len && __CPROVER_w_ok(to, len), "behind the header, where there is room");
    CHECK(g_steps == 1, "then");
    g_steps = 2;
    return to;
}

taskseal_err any_reopened(const rewrapping *r, const uint8_t *dek, const uint8_t *out, size_t out_len)
{
    CHECK(r == &g_rewrapping && dek == g_dek, "with the same DEK");
    CHECK(out == g_out && out_len == g_header_len + r->header.chunks_len && out_len <= g_cap,
          "the whole envelope");
    CHECK(g_steps == 2, "when all of it is written");
    g_steps = 3;
    return nondet_bool() ? TASKSEAL_OK : TASKSEAL_ERR_AUTHENTICATION_FAILED;
}

/* Header and chunks stand one behind the other inside the buffer, or nothing is said to be there. */
void proof_rewrap_envelope(void)
{
    static const taskseal__key to = {.type = TASKSEAL_KEY_AEGIS256};
    static const uint8_t dek[TASKSEAL__DEK_BYTES];
    size_t out_len = 0;
    g_dek = dek;
    g_rewrapping.to = &to;
    g_rewrapping.header.chunks_len = nondet_size();
    g_cap = nondet_size();
    ASSUME(g_cap <= 65536, "the bound of this proof: buffers to 64 KiB; the code has no loop");
    g_out = any_bytes(g_cap);
    g_rewrapping.header.chunks =
        any_bytes(g_rewrapping.header.chunks_len <= g_cap ? g_rewrapping.header.chunks_len : 0);
    taskseal_err err = write_envelope(&g_rewrapping, dek, g_out, g_cap, &out_len);
    CHECK(err != TASKSEAL_OK || g_steps == 3, "written, and opened again");
    CHECK(out_len == (err == TASKSEAL_OK ? g_header_len + g_rewrapping.header.chunks_len : 0),
          "its length, or 0");
    REACHED_IF(err == TASKSEAL_OK && out_len == g_cap, "just enough");
    REACHED_IF(err == TASKSEAL_ERR_BUFFER_TOO_SMALL && g_header_len == 4097, "header too long");
    REACHED_IF(err == TASKSEAL_ERR_AUTHENTICATION_FAILED, "does not open");
}
