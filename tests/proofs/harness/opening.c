/* SPDX-License-Identifier: MIT */
#include "proof.h"

#include <opening.c>

static taskseal__opening g_opening;
static uint8_t *g_out;
static size_t g_from, g_to, g_real;
static bool g_opened, g_unpadded, g_wiped;

bool any_chunks(taskseal_suite suite, const uint8_t *key, const uint8_t *chunks, size_t chunks_len,
                uint8_t *out)
{
    const taskseal__header *h = &g_opening.header;
    CHECK(suite == h->suite && key == g_opening.keys.payload_key, "with the message's key");
    CHECK(chunks == h->chunks && chunks_len == h->chunks_len && __CPROVER_r_ok(chunks, chunks_len),
          "all chunks");
    CHECK(out == g_out && (h->payload_len == 0 || __CPROVER_w_ok(out, h->payload_len)), "there is room");
    g_opened = nondet_bool();
    return g_opened;
}

bool any_unpad(const uint8_t *bytes, size_t padded_len, size_t *len)
{
    CHECK(g_opened && bytes == g_out && padded_len == g_opening.header.payload_len, "an authentic payload");
    *len = g_real = nondet_size();
    g_unpadded = nondet_bool();
    ASSUME(!g_unpadded || g_real < padded_len, "proved by the proofs unpad_...");
    return g_unpadded;
}

void known_wipe(void *const at, const size_t len)
{
    CHECK(len == 0 || __CPROVER_w_ok(at, len), "what is wiped is there");
    CHECK(!g_wiped, "once");
    g_wiped = true;
    g_from = (size_t)((uint8_t *)at - g_out);
    g_to = g_from + len;
}

/* All that was written but the payload is wiped, all of it if anything is wrong; nothing behind it is touched. */
void proof_opening_decrypt(void)
{
    taskseal__header *h = &g_opening.header;
    size_t len = nondet_size(), written;
    bool in_place = nondet_bool();
    h->suite = TASKSEAL_SUITE_CHACHA20POLY1305;
    h->padded = nondet_bool();
    h->payload_len = nondet_size();
    h->chunks_len = nondet_size();
    ASSUME(
        h->chunks_len <= 65536 && h->payload_len < h->chunks_len,
        "the bound of this proof: the code has no loop; a payload is shorter, by the proof round_trip_64mib");
    uint8_t *chunks = any_bytes(h->chunks_len);
    h->chunks = chunks;
    written = in_place ? h->chunks_len : h->payload_len;
    g_out = in_place ? chunks : any_bytes(written);
    taskseal_err err = taskseal__opening_decrypt(&g_opening, g_out, &len);
    CHECK((err == TASKSEAL_OK) == (g_opened && (!h->padded || g_unpadded)),
          "authentic, and padded as it says");
    CHECK(len == (err != TASKSEAL_OK ? 0 : h->padded ? g_real : h->payload_len), "the payload, or nothing");
    CHECK(g_wiped || len == written, "what is not the payload is wiped");
    CHECK(!g_wiped || (g_from == len && g_to == written), "from its end to the end of what was written");
    REACHED_IF(err == TASKSEAL_OK && in_place && h->padded, "in place, padded");
    REACHED_IF(err == TASKSEAL_OK && !g_wiped && len > 0, "nothing to wipe");
    REACHED_IF(err != TASKSEAL_OK && g_opened, "wrongly padded");
    REACHED_IF(err != TASKSEAL_OK && written == 0, "nothing written");
}
