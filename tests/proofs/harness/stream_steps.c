/* SPDX-License-Identifier: MIT
 * The beginning and the end of streams: keys, headers and last pieces, and where they go. */
#include "proof.h"

#ifdef SEALS
#include <stream_seal.c>
#else
#include <context.h>
#include <stream_open.c>
#endif

static taskseal_stream g_stream;
static uint8_t *g_out;
static size_t g_len, g_steps, g_given;

taskseal_err last_piece(taskseal_stream *s, const uint8_t *piece, size_t len, uint8_t *out, size_t *out_len)
{
    CHECK(s == &g_stream && piece == s->piece && len == s->piece_len, "what was kept");
    CHECK(out == g_out && *out_len == 0, "at the beginning of the output");
#ifndef SEALS
    CHECK(len >= taskseal__tag_len(s->cipher.suite), "with its tag");
    CHECK(s->header_done, "of an envelope whose header was verified");
#endif
    g_given++;
    return nondet_bool() ? TASKSEAL_OK : TASKSEAL_ERR_DAMAGED;
}

void known_init(taskseal__cipher *cipher, taskseal_suite suite, const uint8_t *key)
{
    CHECK(cipher == &g_stream.cipher && key == g_stream.payload_key, "the stream's cipher and key");
    CHECK(g_steps >= 2, "when there is a key");
    cipher->suite = suite;
    g_given++;
}

/* What a derivation leaves on the stack is wiped when the last one is done. */
void taskseal__derive_forget(void)
{
    CHECK(g_steps == 2 && g_given == 1, "when there is a key");
}

#ifdef SEALS

static const taskseal_context g_context;
static const taskseal__plan g_plan;
static const uint8_t *g_random;
static const taskseal__message_keys *g_keys;
static size_t g_wiped;

size_t any_random_len(const taskseal__plan *p)
{
    (void)p;
    g_len = nondet_size();
    ASSUME(g_len <= TASKSEAL__RANDOM_MAX, "proved by the proof plan_lengths");
    return g_len;
}

taskseal_err any_random(uint8_t *out, size_t len)
{
    CHECK(len == g_len && __CPROVER_w_ok(out, len), "there is room for the random bytes");
    g_random = out;
    g_steps = nondet_bool();
    return g_steps == 1 ? TASKSEAL_OK : TASKSEAL_ERR_NO_RANDOM;
}

void known_plan_header(const taskseal__plan *p, const taskseal_context *context, const uint8_t *random,
                       taskseal__message_keys *keys, uint8_t *out)
{
    CHECK(p == &g_plan && context == &g_context && random == g_random, "with the random bytes");
    CHECK(out == g_stream.header && sizeof g_stream.header >= TASKSEAL_HEADER_MAX,
          "there is room for the longest header");
    CHECK(__CPROVER_w_ok(keys, sizeof *keys) && g_steps == 1, "and for the keys");
    g_keys = keys;
    g_steps = 2;
}

void wiped(void *at, size_t len)
{
    CHECK((at == g_keys && len == sizeof *g_keys) || (at == g_random && len >= g_len),
          "the keys, the random bytes");
    CHECK(g_given == 1 && __CPROVER_w_ok(at, len), "when the cipher is ready");
    g_wiped++;
}

void proof_stream_begin(void)
{
    taskseal_err err = begin(&g_stream, &g_plan, &g_context);
    CHECK(err == TASKSEAL_OK ? g_given == 1 && g_wiped == 2 : g_steps == 0,
          "ready, and nothing left; or nothing");
    CHECK(err != TASKSEAL_OK || g_stream.header_len == g_plan.header_len, "the header, whole");
    REACHED_IF(err == TASKSEAL_OK && g_len == TASKSEAL__RANDOM_MAX, "ready");
    REACHED_IF(err != TASKSEAL_OK, "no random bytes");
}

void proof_stream_seal_end(void)
{
    uint8_t out;
    size_t len = 0;
    g_out = &out;
    g_stream.piece_len = nondet_size();
    ASSUME(g_stream.piece_len < TASKSEAL_CHUNK_BYTES, "proved by the proof stream_update");
    taskseal_err err = taskseal__stream_seal_finish(&g_stream, g_out, &len);
    CHECK(g_given == 1, "the last piece, once, even if it is empty");
    REACHED_IF(err == TASKSEAL_OK && g_stream.piece_len == 16383, "the longest");
}

#else

static taskseal_open_options g_options;
static const taskseal__opening *g_opening;
static const uint8_t *g_in;
static size_t g_taken, g_wiped;
static bool g_complete;

taskseal_err any_begin(taskseal__opening *o, const taskseal_open_options *options)
{
    (void)options;
    g_opening = o;
    return nondet_bool() ? TASKSEAL_OK : TASKSEAL_ERR_BAD_ARGUMENT;
}

/* ---- Beginning: room for the context ---- */

taskseal_stream *known_stream(taskseal__stream_kind kind, const taskseal_keyring *ring, size_t context_len)
{
    CHECK(kind == TASKSEAL__STREAM_OPENS && ring == g_options.keyring, "with its keyring");
    CHECK(context_len == g_len, "room for every field that is given");
    g_steps++;
    return nondet_bool() ? &g_stream : NULL;
}

void known_context(taskseal_stream *s, const taskseal_context *given)
{
    CHECK(s == &g_stream && given == &g_options.context && g_steps == 1, "the context, behind the stream");
    g_steps++;
}

void proof_stream_open(void)
{
    static const uint8_t byte;
    taskseal_stream *s;
    taskseal_bytes *const fields[4] = {&g_options.context.queue, &g_options.context.type,
                                       &g_options.context.id, &g_options.context.extra};
    for (unsigned i = 0; i < 4; i++) { /* as context_given lets them pass */
        *fields[i] = nondet_bool() ? (taskseal_bytes){&byte, nondet_u16()} : (taskseal_bytes){NULL, 0};
        g_len += fields[i]->len;
    }
    taskseal_err err = taskseal_stream_open(&s, &g_options);
    CHECK(s == (err == TASKSEAL_OK ? &g_stream : NULL) && (g_steps == 2) == (err == TASKSEAL_OK),
          "a stream, or none");
    REACHED_IF(err == TASKSEAL_OK && g_len == (size_t)4 * 65535, "the longest context");
    REACHED_IF(err == TASKSEAL_OK && g_len == 0, "no context");
    REACHED_IF(err == TASKSEAL_ERR_NO_MEMORY, "no memory");
}

/* ---- The header ---- */

taskseal_err any_head(taskseal__header *header, const void *bytes, size_t len)
{
    CHECK(header == &g_opening->header && bytes == g_stream.header && len == g_stream.header_len,
          "what was gathered");
    CHECK(__CPROVER_r_ok(bytes, len), "it is there");
    header->padded = nondet_bool();
    g_complete = !header->padded && nondet_bool();
    g_steps = 1;
    return g_complete || header->padded ? TASKSEAL_OK : TASKSEAL_ERR_MALFORMED;
}

taskseal_err any_verify(taskseal__opening *o)
{
    CHECK(o == g_opening && g_steps == 1 && g_complete && !o->header.padded,
          "a header that was read, not padded");
    g_steps = nondet_bool() ? 2 : 0;
    return g_steps == 2 ? TASKSEAL_OK : TASKSEAL_ERR_AUTHENTICATION_FAILED;
}

void known_report(const taskseal__opening *o, taskseal_opened *opened)
{
    CHECK(o == g_opening && opened == &g_stream.opened && g_steps == 2, "of what was verified");
}

void wiped_keys(void *at, size_t len)
{
    CHECK(at == &g_opening->keys && len == sizeof g_opening->keys, "the message's keys");
    g_wiped++;
}

void proof_verify_header(void)
{
    g_stream.header_len = nondet_size();
    ASSUME(g_stream.header_len <= TASKSEAL_HEADER_MAX, "proved by the proof gather_header");
    taskseal_err err = verify_header(&g_stream);
    CHECK((err == TASKSEAL_OK) == (g_steps == 2) && g_stream.header_done == (err == TASKSEAL_OK),
          "verified, or not");
    CHECK(err != TASKSEAL_OK || (g_given == 1 && g_wiped == 1), "with its own key");
    REACHED_IF(err == TASKSEAL_OK, "verified");
    REACHED_IF(err == TASKSEAL_ERR_AUTHENTICATION_FAILED && g_wiped == 1, "not authentic");
    REACHED_IF(err == TASKSEAL_ERR_BAD_ARGUMENT && g_steps == 1, "padded");
}

/* ---- Calls ---- */

size_t any_gathered(taskseal_stream *s, const uint8_t *in, size_t len, bool *complete)
{
    CHECK(s == &g_stream && in == g_in && len == g_len && !s->header_done,
          "all input, before the header is done");
    g_taken = nondet_size();
    ASSUME(g_taken <= len, "proved by the proof gather_header");
    *complete = g_complete = nondet_bool() || g_taken < len;
    return g_taken;
}

taskseal_err any_verified(taskseal_stream *s)
{
    CHECK(s == &g_stream && g_complete, "a complete header");
    s->header_done = nondet_bool();
    return s->header_done ? TASKSEAL_OK : TASKSEAL_ERR_AUTHENTICATION_FAILED;
}

taskseal_err rest_of_chunks(taskseal_stream *s, const uint8_t *in, size_t len, uint8_t *out, size_t *out_len)
{
    (void)out_len;
    CHECK(s->header_done && out == g_out, "behind a header that was verified");
    CHECK(in == g_in + g_taken && len == g_len - g_taken, "what the header did not take");
    CHECK(len == 0 || __CPROVER_r_ok(in, len), "it is there");
    g_given++;
    return nondet_bool() ? TASKSEAL_OK : TASKSEAL_ERR_DAMAGED;
}

void proof_stream_open_call(void)
{
    uint8_t out;
    size_t len = 0;
    g_out = &out;
    g_len = nondet_size();
    ASSUME(g_len >= 1 && g_len <= 65536, "the bound of this proof: the code has no loop");
    g_in = any_bytes(g_len);
    bool before = nondet_bool();
    g_stream.header_done = before;
    taskseal_err err = taskseal__stream_open_update(&g_stream, g_in, g_len, g_out, &len);
    CHECK(g_given == g_stream.header_done, "chunks are opened behind the header alone");
    CHECK(err != TASKSEAL_OK || g_stream.header_done || g_taken == g_len, "or all of it was the header's");
    REACHED_IF(err == TASKSEAL_OK && !before && g_given == 1 && g_taken < g_len, "header and chunks");
    REACHED_IF(err == TASKSEAL_OK && !before && g_given == 0, "a part of the header");
    REACHED_IF(before && g_given == 1, "chunks");
}

taskseal_err any_parsed(taskseal__header *header, const void *bytes, size_t len)
{
    (void)header;
    CHECK(bytes == g_stream.header && len == g_stream.header_len && !g_stream.header_done,
          "what was gathered");
    return nondet_bool() ? TASKSEAL_OK : TASKSEAL_ERR_NOT_SEALED;
}

void proof_stream_open_end(void)
{
    uint8_t out;
    size_t len = 0;
    unsigned suite = nondet_unsigned();
    ASSUME(suite >= 1 && suite <= 3, "verified before");
    g_out = &out;
    g_stream.cipher.suite = (taskseal_suite)suite;
    g_stream.header_done = nondet_bool();
    g_stream.piece_len = nondet_size();
    ASSUME(g_stream.piece_len < sizeof g_stream.piece, "proved by the proof stream_chunks");
    taskseal_err err = taskseal__stream_open_finish(&g_stream, g_out, &len);
    CHECK(err != TASKSEAL_OK || g_given == 1, "only with a last piece");
    CHECK(g_given == (g_stream.header_done && g_stream.piece_len >= (suite == 3 ? 32 : 16)),
          "that has its tag");
    REACHED_IF(err == TASKSEAL_OK, "opened");
    REACHED_IF(err == TASKSEAL_ERR_MALFORMED && g_stream.header_done, "cut inside a tag");
    REACHED_IF(err == TASKSEAL_ERR_NOT_SEALED, "cut inside the header");
}

#endif
