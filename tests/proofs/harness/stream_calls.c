/* SPDX-License-Identifier: MIT
 * Streams from outside: the memory for one, and what each call may write. */
#include "stream.c"

static taskseal_stream g_stream;
static const uint8_t *g_in;
static uint8_t *g_out;
static size_t g_len, g_cap, g_size, g_written, g_calls, g_wiped;
static bool g_seals;

void *sized(size_t size)
{
    g_size = size;
    return nondet_bool() ? malloc(size) : NULL;
}

taskseal_keyring *known_hold(const taskseal_keyring *ring)
{
    g_calls++;
    return (taskseal_keyring *)(uintptr_t)ring;
}

void *all_zero(void *at, int byte, size_t len)
{
    CHECK(byte == 0 && len == g_size && __CPROVER_w_ok(at, len), "all of it becomes zero");
    g_written++;
    return at;
}

/* A stream and its context have room, in as much memory as keeps it aligned. */
void proof_stream_new(void)
{
    size_t context_len = nondet_size();
    ASSUME(context_len <= (size_t)4 * 65535, "four fields, which context_given has checked");
    taskseal_stream *s = taskseal__stream_new(TASKSEAL__STREAM_OPENS, NULL, context_len);
    CHECK(g_size % 64 == 0 && g_size >= sizeof *s && g_size - sizeof *s >= context_len, "room, aligned");
    CHECK(g_size - sizeof *s - context_len < 64, "and no more");
    CHECK(s == NULL || (g_written == 1 && g_calls == 1), "zero, holding its keyring");
    REACHED_IF(s == NULL, "no memory");
    REACHED_IF(s != NULL && context_len == (size_t)4 * 65535, "the longest");
}

static taskseal_err taken(taskseal_stream *s, const uint8_t *in, size_t len, uint8_t *out, size_t *out_len)
{
    CHECK(s == &g_stream && in == g_in && len == g_len && out == g_out && *out_len == 0, "as it was given");
    CHECK(g_cap >= taskseal_stream_size(len), "there is as much room as stream_size says");
    CHECK(!g_stream.finished && g_stream.failure == TASKSEAL_OK, "a stream that goes on");
    g_calls++;
    *out_len = g_written = nondet_size();
    ASSUME(g_written <= taskseal_stream_size(len), "by the proofs stream_size and stream_update");
    return nondet_bool() ? TASKSEAL_OK : TASKSEAL_ERR_DAMAGED;
}

taskseal_err seal_update(taskseal_stream *s, const uint8_t *in, size_t len, uint8_t *out, size_t *out_len)
{
    CHECK(g_seals, "a stream that seals");
    return taken(s, in, len, out, out_len);
}

taskseal_err open_update(taskseal_stream *s, const uint8_t *in, size_t len, uint8_t *out, size_t *out_len)
{
    CHECK(!g_seals, "a stream that opens");
    return taken(s, in, len, out, out_len);
}

taskseal_err seal_finish(taskseal_stream *s, uint8_t *out, size_t *out_len)
{
    CHECK(g_seals, "a stream that seals");
    return taken(s, NULL, 0, out, out_len);
}

taskseal_err open_finish(taskseal_stream *s, uint8_t *out, size_t *out_len)
{
    CHECK(!g_seals, "a stream that opens");
    return taken(s, NULL, 0, out, out_len);
}

void known_cipher(taskseal__cipher *cipher)
{
    CHECK(cipher == &g_stream.cipher, "the stream's cipher");
}

void wiped(void *const at, const size_t len)
{
    CHECK(len > 0 && __CPROVER_w_ok(at, len), "what is wiped is there");
    if (at == g_out) {
        CHECK(len == taskseal_stream_size(g_len) && len <= g_cap,
              "all that may have been written, and no more");
        g_wiped++;
    } else {
        CHECK(__CPROVER_same_object(at, &g_stream), "or a secret of the stream");
    }
}

static void any_stream(void)
{
    g_seals = nondet_bool();
    g_stream.kind = g_seals ? TASKSEAL__STREAM_SEALS : TASKSEAL__STREAM_OPENS;
    g_stream.finished = nondet_bool();
    g_stream.failure = nondet_bool() ? TASKSEAL_OK : TASKSEAL_ERR_MALFORMED;
    g_cap = nondet_size();
    ASSUME(g_cap <= 131072, "the bound of this proof: buffers to 128 KiB; the code has no loop");
    g_out = any_bytes(g_cap);
}

static void check_call(taskseal_err err, size_t out_len)
{
    CHECK(out_len == (err == TASKSEAL_OK && g_calls == 1 ? g_written : 0) && out_len <= g_cap,
          "what was written");
    CHECK(g_wiped == (g_calls == 1 && err != TASKSEAL_OK), "nothing is left of what failed");
    CHECK(g_calls == 0 || err == TASKSEAL_OK || g_stream.failure == err, "and it stays so");
    REACHED_IF(err == TASKSEAL_OK && g_calls == 1 && out_len > 0, "written");
    REACHED_IF(g_wiped == 1, "failed");
    REACHED_IF(err == TASKSEAL_ERR_BUFFER_TOO_SMALL, "too small");
    REACHED_IF(err == TASKSEAL_ERR_MALFORMED, "failed before");
}

void proof_stream_call(void)
{
    size_t out_len = 1;
    any_stream();
    g_len = nondet_size();
    g_in = g_len == 0 && nondet_bool() ? NULL : any_bytes(g_len <= 65536 ? g_len : 0);
    ASSUME(g_len <= 65536, "the bound of this proof: inputs to 64 KiB; the code has no loop");
    taskseal_err err = taskseal_stream_update(&g_stream, g_in, g_len, g_out, g_cap, &out_len);
    check_call(err, out_len);
    CHECK(err != TASKSEAL_OK || g_calls == (g_len > 0), "every byte is given on");
}

void proof_stream_end(void)
{
    size_t out_len = 1;
    taskseal_opened opened;
    any_stream();
    taskseal_err err =
        taskseal_stream_finish(&g_stream, g_out, g_cap, &out_len, nondet_bool() ? &opened : NULL);
    check_call(err, out_len);
    CHECK(err != TASKSEAL_OK || (g_calls == 1 && g_stream.finished), "finished, once");
}
