/* SPDX-License-Identifier: MIT */
#include "proof.h"

#ifdef SEALS
#include <stream_seal.c>
#else
#include <stream_open.c>
#endif

static taskseal_stream g_stream;
static const uint8_t *g_in;
static uint8_t *g_out;
static size_t g_len, g_kept, g_used, g_copied, g_pieces, g_given, g_whole;
static uint64_t g_index;

/* A stream in any state between two calls. */
static void any_state(void)
{
    unsigned suite = nondet_unsigned();
    ASSUME(suite >= 1 && suite <= 3, "verified or planned before");
    g_stream.cipher.suite = (taskseal_suite)suite;
    g_stream.index = g_index = nondet_u64();
    ASSUME(g_index <= TASKSEAL__PIECES_MAX, "it starts at 0, and put_piece stops there");
    g_stream.piece_len = g_kept = nondet_size();
}

/* ---- One piece ---- */

#ifdef SEALS

void checked_seal(const taskseal__cipher *cipher, uint64_t index, const uint8_t *in, size_t len, uint8_t *out)
{
    CHECK(cipher == &g_stream.cipher && index == g_index && in == g_in && len == g_len, "this piece, whole");
    CHECK(out == g_out + g_used && __CPROVER_w_ok(out, len + taskseal__tag_len(cipher->suite)),
          "behind the header, with room for its tag");
    g_pieces++;
}

bool any_begin(const void *data, size_t len)
{
    CHECK(data == g_in && len == g_len && g_index == 0, "the first piece is looked at");
    return nondet_bool();
}

/* The header goes before the first piece; nothing is written if it is refused. */
void proof_stream_put_piece(void)
{
    any_state();
    size_t before = nondet_size() & 0xFFFF, out_len = before;
    g_stream.header_len = nondet_size();
    ASSUME(g_stream.header_len <= TASKSEAL_HEADER_MAX, "plan_lengths has planned it");
    g_len = nondet_size();
    ASSUME(g_len <= TASKSEAL_CHUNK_BYTES, "a piece is never longer (F 6.2)");
    g_in = any_bytes(g_len);
    g_used = before + g_stream.header_len;
    size_t total = g_used + g_len + taskseal__tag_len(g_stream.cipher.suite);
    g_out = any_bytes(total);
    taskseal_err err = put_piece(&g_stream, g_in, g_len, g_out, &out_len);
    if (err != TASKSEAL_OK) {
        CHECK(g_pieces == 0 && out_len == before, "nothing is given out");
        CHECK(g_index == 0 || g_index == (uint64_t)1 << 38, "at the first, or behind 2^38 pieces");
        REACHED_IF(g_index == 0, "looks sealed");
        REACHED_IF(g_index != 0, "too many");
        return;
    }
    CHECK(g_pieces == 1 && out_len == total && g_stream.header_len == 0, "all of it is given out, once");
    CHECK(g_stream.index == g_index + 1, "the next piece");
    REACHED("sealed");
}

#else

bool checked_open(const taskseal__cipher *cipher, uint64_t index, const uint8_t *in, size_t len, uint8_t *out)
{
    CHECK(cipher == &g_stream.cipher && index == g_index && in == g_in && len == g_len, "this chunk, whole");
    CHECK(out == g_out + g_used, "behind what was given out");
    g_pieces++;
    return nondet_bool();
}

void proof_stream_put_piece(void)
{
    any_state();
    size_t tag = taskseal__tag_len(g_stream.cipher.suite), out_len = nondet_size() & 0xFFFF;
    g_used = out_len;
    g_len = nondet_size();
    ASSUME(g_len >= tag && g_len <= TASKSEAL_CHUNK_BYTES + tag,
           "a chunk, by stream_update and stream_finish");
    g_in = any_bytes(g_len);
    g_out = any_bytes(g_used + g_len - tag);
    taskseal_err err = put_piece(&g_stream, g_in, g_len, g_out, &out_len);
    if (err != TASKSEAL_OK) {
        CHECK(out_len == g_used, "nothing is given out");
        CHECK((err == TASKSEAL_ERR_MALFORMED) == (g_index == (uint64_t)1 << 38), "behind 2^38 pieces");
        REACHED_IF(err == TASKSEAL_ERR_DAMAGED, "damaged");
        REACHED_IF(g_pieces == 0, "too many");
        return;
    }
    CHECK(out_len == g_used + g_len - tag && g_stream.index == g_index + 1, "the piece without its tag");
    REACHED("opened");
}

#endif

/* ---- All input: pieces and what is kept tile it ---- */

void *kept_copy(void *to, const void *from, size_t len)
{
    CHECK(to == g_stream.piece + g_stream.piece_len, "behind what is kept");
    CHECK(len <= sizeof g_stream.piece - g_stream.piece_len, "there is room to keep it");
    CHECK(from == g_in + g_used && len <= g_len - g_used, "what comes next of the input");
    g_used += len;
    g_copied += len;
    return to;
}

taskseal_err any_piece(taskseal_stream *s, const uint8_t *piece, size_t len, uint8_t *out, size_t *out_len)
{
    CHECK(s == &g_stream && out == g_out && len == g_whole, "a whole one");
    if (piece == g_in + g_used) {
        CHECK(s->piece_len == 0 && g_whole <= g_len - g_used, "where it stands, with nothing kept before it");
        g_used += g_whole;
    } else {
        CHECK(piece == s->piece && s->piece_len == g_whole, "what was kept, completed");
    }
    *out_len += len;
    g_pieces++;
    g_given += len;
    return nondet_bool() ? TASKSEAL_OK : TASKSEAL_ERR_DAMAGED;
}

void proof_stream_update(void)
{
    size_t out_len = 0;
    any_state();
#ifdef SEALS
    g_whole = TASKSEAL_CHUNK_BYTES;
#else
    g_whole = TASKSEAL_CHUNK_BYTES + taskseal__tag_len(g_stream.cipher.suite);
#endif
    ASSUME(g_kept < g_whole, "it starts at 0, and this proof shows that it stays so");
    g_len = nondet_size();
    ASSUME(g_len <= 40000, "the bound of this proof: up to three pieces");
    g_in = any_bytes(g_len);
    g_out = any_bytes(1);
#ifdef SEALS
    taskseal_err err = taskseal__stream_seal_update(&g_stream, g_in, g_len, g_out, &out_len);
#else
    taskseal_err err = open_chunks(&g_stream, g_in, g_len, g_out, &out_len);
#endif
    if (err != TASKSEAL_OK) {
        REACHED("failed");
        return;
    }
    CHECK(g_used == g_len, "all input is used");
    CHECK(g_stream.piece_len < g_whole, "a whole piece is never kept");
    CHECK(g_given + g_stream.piece_len == g_kept + g_len, "nothing is lost, nothing twice");
    REACHED_IF(g_pieces == 3, "three pieces");
    REACHED_IF(g_pieces == 0 && g_len > 0, "kept");
    REACHED_IF(g_pieces == 2 && g_copied == 0, "nothing kept");
}
