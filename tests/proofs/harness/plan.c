/* SPDX-License-Identifier: MIT */
#include "proof.h"

#include <header.c>
#include <plan.c>

static taskseal__key g_keys[TASKSEAL_STANZAS_MAX];
static char g_ids[TASKSEAL_STANZAS_MAX][ID_BOUND];
static size_t g_expected;

static void any_plan(taskseal__plan *p, size_t most)
{
    p->key_count = nondet_size();
    ASSUME(p->key_count >= 1 && p->key_count <= most, "plan_named_keys and plan_primary choose 1 to 8 keys");
    for (size_t i = 0; i < most; i++) {
        g_keys[i].type = nondet_bool() ? TASKSEAL_KEY_XCHACHA20POLY1305 : TASKSEAL_KEY_AEGIS256;
        g_keys[i].id_len = nondet_u8();
        ASSUME(g_keys[i].id_len >= 1 && g_keys[i].id_len <= ID_BOUND,
               "keyring_new takes only valid ids (F 4.4)");
        g_keys[i].id = g_ids[i];
        p->keys[i] = &g_keys[i];
    }
}

/* By the proofs chunks_len and padded_len. */
bool any_chunks_len(taskseal_suite suite, size_t payload_len, size_t *chunks_len)
{
    (void)suite;
    *chunks_len = nondet_size();
    ASSUME(*chunks_len > payload_len, "proved of chunks_len by the proof chunks_len");
    g_expected = *chunks_len;
    return nondet_bool();
}

bool any_padded_len(size_t len, size_t *padded)
{
    *padded = nondet_size();
    ASSUME(*padded > len, "proved of padded_len by the proof padded_len");
    return nondet_bool();
}

/* Every choice of keys, every payload length. */
void proof_plan_lengths(void)
{
    taskseal__plan p;
    size_t payload_len = nondet_size(), header_len = 24 + 32 + 1 + 16, random_len = 32;
    any_plan(&p, TASKSEAL_STANZAS_MAX);
    p.preamble.padded = nondet_bool();
    p.preamble.suite = TASKSEAL_SUITE_AEGIS256;
    for (size_t i = 0; i < p.key_count; i++) {
        header_len += 4 + g_keys[i].id_len + (g_keys[i].type == 1 ? 72 : 96);
        random_len += g_keys[i].type == 1 ? 24 : 32;
    }
    CHECK(taskseal__plan_random_len(&p) == random_len && random_len <= TASKSEAL__RANDOM_MAX,
          "DEK and nonces (F 5.7)");
    if (plan_lengths(&p, payload_len) != TASKSEAL_OK) {
        REACHED("too long");
        return;
    }
    CHECK(p.header_len == header_len && header_len <= TASKSEAL_HEADER_MAX,
          "the header's length, at most 4096");
    CHECK(p.total_len == header_len + g_expected && p.total_len > payload_len, "header and chunks");
    CHECK(p.preamble.padded ? p.padded_len > payload_len : p.padded_len == payload_len,
          "padded only if asked for");
    REACHED_IF(p.key_count == 8 && p.preamble.padded, "eight keys, padded");
}

size_t any_nonce_len(taskseal_key_type type)
{
    return type == TASKSEAL_KEY_AEGIS256 ? 32 : 24;
}

/* F 4.1: whatever the order of the keys given, they stand in ascending order of ids, each once. */
void proof_insert_sorted(void)
{
    taskseal__plan p = {.key_count = 0};
    bool all = true;
    size_t i = nondet_size();
    for (size_t at = 0; at < KEY_BOUND; at++) {
        g_keys[at].id = g_ids[at];
        g_keys[at].id_len = nondet_u8();
        for (size_t byte = 0; byte < ID_BOUND; byte++)
            g_ids[at][byte] = (char)(nondet_u8() & 127);
        ASSUME(g_keys[at].id_len >= 1 && g_keys[at].id_len <= ID_BOUND,
               "keyring_new takes only valid ids (F 4.4)");
        all = insert_sorted(&p, &g_keys[at]) && all;
    }
    CHECK(p.key_count >= 1 && p.key_count <= KEY_BOUND, "no more than were given");
    CHECK(i >= p.key_count - 1 || i >= KEY_BOUND - 1 ||
              taskseal__key_id_compare(p.keys[i]->id, p.keys[i]->id_len, p.keys[i + 1]->id,
                                       p.keys[i + 1]->id_len) < 0,
          "in strictly ascending order");
    CHECK(all == (p.key_count == KEY_BOUND), "only a repeated id is refused");
    REACHED_IF(all, "all");
    REACHED_IF(!all, "one twice");
}
