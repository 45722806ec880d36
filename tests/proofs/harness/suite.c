/* SPDX-License-Identifier: MIT */
#include "proof.h"

#include <suite.c>

static taskseal_suite any_suite(void)
{
    unsigned suite = nondet_unsigned();
    ASSUME(taskseal__suite_known(suite), "the parser and the planner have checked it");
    return (taskseal_suite)suite;
}

void proof_suite_known(void)
{
    unsigned suite = nondet_unsigned();
    CHECK(taskseal__suite_known(suite) == (suite == 1 || suite == 2 || suite == 3),
          "exactly the suites 01, 02, 03");
    REACHED("any number");
}

static void check_chunks_len(taskseal_suite suite)
{
    const size_t tag = taskseal__tag_len(suite);
    size_t payload = nondet_size(), chunks;
    CHECK(tag == (suite == 3 ? 32 : 16), "the tags of F 6.1");
    if (!taskseal__chunks_len(suite, payload, &chunks)) {
        CHECK(payload >= (uint64_t)1 << 52, "only payloads of 2^38 pieces and more are refused");
        REACHED("refused");
        return;
    }
    size_t pieces = payload / 16384 + 1;
    CHECK(pieces <= (uint64_t)1 << 38, "at most 2^38 pieces");
    CHECK(chunks > payload && chunks - payload == pieces * tag, "a tag for every piece");
    REACHED("cut");
}

void proof_chunks_len(void)
{
    check_chunks_len(TASKSEAL_SUITE_CHACHA20POLY1305);
    check_chunks_len(TASKSEAL_SUITE_AES256GCM);
    check_chunks_len(TASKSEAL_SUITE_AEGIS256);
}

/* The lengths read and written undo each other: every length of ciphertext belongs to one payload length, or to none
 * (F 6.6). */
static void check_round_trip(taskseal_suite suite, size_t length)
{
    const size_t tag = taskseal__tag_len(suite);
    size_t chunks, payload, again;
    if (taskseal__chunks_len(suite, length, &chunks))
        CHECK(taskseal__payload_len(suite, chunks, &again) && again == length,
              "payload_len(chunks_len(x)) is x");
    if (taskseal__payload_len(suite, length, &payload)) {
        CHECK(payload < length, "a payload is shorter than its chunks");
        CHECK(taskseal__chunks_len(suite, payload, &again) && again == length,
              "chunks_len(payload_len(x)) is x");
        REACHED("accepted");
    } else {
        CHECK(length % (16384 + tag) < tag || length > (size_t)1 << 52,
              "only a last piece without its tag is refused");
        REACHED("refused");
    }
}

void proof_round_trip_64mib(void)
{
    check_round_trip(SUITE, nondet_u32() % (1 << 26));
}

/* Around 2^38 pieces, where the format ends. */
void proof_round_trip_limit(void)
{
    check_round_trip(SUITE, ((size_t)1 << 52) - (1 << 20) + nondet_u32() % (1 << 21));
}

void proof_round_trip_chunks_limit(void)
{
    const size_t most = ((size_t)1 << 52) + ((size_t)1 << 38) * taskseal__tag_len(SUITE);
    check_round_trip(SUITE, most - (1 << 20) + nondet_u32() % (1 << 21));
}

/* The bytes of the padded payload, wherever a chunk begins in it. `i` is any of them. */
void proof_put_padded(void)
{
    uint8_t payload[8], out[8];
    size_t len = nondet_size(), offset = nondet_size(), piece = nondet_size(), i = nondet_size();
    ASSUME(len <= sizeof payload && piece <= sizeof out, "the bound of this proof: 8 bytes each");
    ASSUME(i < sizeof out, "any byte of what is written");
    ASSUME(offset <= sizeof payload + sizeof out,
           "a chunk begins in the padded payload, which is as long at most");
    put_padded(out, payload, len, offset, piece);
    uint8_t wanted = offset + i < len    ? payload[offset + i < sizeof payload ? offset + i : 0]
                     : offset + i == len ? 0x80
                                         : 0;
    CHECK(i >= piece || out[i] == wanted, "payload | 80 | 00");
    REACHED_IF(offset < len && offset + piece > len, "the mark");
}

/* ---- Where chunks stand: the cipher is replaced by one that checks what it is given ---- */

static const uint8_t *g_payload;
static uint8_t *g_out;
static size_t g_len, g_padded, g_total, g_sealed;
static bool g_fine = true;

void checked_init(taskseal__cipher *cipher, taskseal_suite suite, const uint8_t *key)
{
    cipher->suite = suite;
    cipher->key = key;
}

void checked_wipe(taskseal__cipher *cipher)
{
    (void)cipher;
}

void checked_seal(const taskseal__cipher *cipher, uint64_t index, const uint8_t *in, size_t len, uint8_t *out)
{
    size_t tag = taskseal__tag_len(cipher->suite);
    CHECK(len == (index < g_padded / 16384 ? 16384 : g_padded % 16384), "only the last piece is short");
    CHECK(out == g_out + index * (16384 + tag), "chunks stand one behind the other");
    CHECK(index * (16384 + tag) + len + tag <= g_total, "no chunk ends behind chunks_len");
    CHECK(__CPROVER_w_ok(out, len + tag), "there is room for the chunk");
    CHECK(in == out || (in == g_payload + index * 16384 && index * 16384 + len <= g_len),
          "it is encrypted where it is");
    g_sealed++;
}

/* Proved by the proof put_padded; what it reads is there, and what it writes has room. */
void checked_padded(uint8_t *at, const uint8_t *payload, size_t payload_len, size_t offset, size_t len)
{
    size_t real = offset >= payload_len ? 0 : payload_len - offset < len ? payload_len - offset : len;
    CHECK(payload == g_payload && payload_len == g_len, "the payload");
    CHECK(real == 0 || __CPROVER_r_ok(payload + offset, real), "the piece of the payload is there");
    CHECK(len == 0 || __CPROVER_w_ok(at, len), "there is room for the piece");
}

/* Any content, for every length up to the bound; in place and not. */
static void check_chunks_seal(bool in_place, size_t most)
{
    taskseal_suite suite = any_suite();
    const uint8_t key[TASKSEAL__PAYLOAD_KEY_BYTES] = {0};
    g_len = nondet_size();
    g_padded = nondet_size();
    ASSUME(g_padded <= most, "the bound of this proof");
    ASSUME(g_len <= g_padded, "padding never shortens");
    CHECK(taskseal__chunks_len(suite, g_padded, &g_total), "short enough");
    g_out = any_bytes(g_total);
    g_payload = in_place ? g_out : any_bytes(g_len);
    taskseal__chunks_seal(suite, key, g_payload, g_len, g_padded, g_out);
    CHECK(g_sealed == g_padded / 16384 + 1, "every piece is sealed");
    REACHED_IF(g_padded > 16384 && g_len < g_padded, "two pieces, padded");
    REACHED_IF(g_len == g_padded, "not padded");
}

void proof_chunks_seal(void)
{
    check_chunks_seal(false, 2 * 16384 + 100);
}

void proof_chunks_seal_in_place(void)
{
    check_chunks_seal(true, 2 * 16384 + 100);
}

bool checked_open(const taskseal__cipher *cipher, uint64_t index, const uint8_t *in, size_t len, uint8_t *out)
{
    size_t tag = taskseal__tag_len(cipher->suite);
    CHECK(len >= tag, "no chunk is shorter than its tag");
    CHECK(in == g_payload + index * (16384 + tag) && __CPROVER_r_ok(in, len),
          "chunks are read one behind the other");
    CHECK(len == tag || __CPROVER_w_ok(out, len - tag), "there is room for the piece");
    CHECK(out == in || out + (len - tag) <= g_out + g_len || g_out == g_payload, "inside the output");
    g_sealed++;
    bool fine = nondet_bool();
    g_fine = g_fine && fine;
    return fine;
}

static void check_chunks_open(bool in_place, size_t most)
{
    taskseal_suite suite = any_suite();
    const uint8_t key[TASKSEAL__PAYLOAD_KEY_BYTES] = {0};
    g_total = nondet_size();
    ASSUME(g_total <= most, "the bound of this proof");
    ASSUME(taskseal__payload_len(suite, g_total, &g_len), "the parser has checked the framing (F 6.6)");
    g_payload = any_bytes(g_total);
    g_out = in_place ? (uint8_t *)g_payload : any_bytes(g_len);
    bool authentic = taskseal__chunks_open(suite, key, g_payload, g_total, g_out);
    CHECK(authentic == (g_fine && g_sealed == g_len / 16384 + 1), "true only if every chunk was opened");
    REACHED_IF(authentic && g_len > 16384, "opened");
    REACHED_IF(!authentic, "not authentic");
}

void proof_chunks_open(void)
{
    check_chunks_open(false, 2 * 16384 + 100);
}

void proof_chunks_open_in_place(void)
{
    check_chunks_open(true, 2 * 16384 + 100);
}
