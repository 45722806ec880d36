/* SPDX-License-Identifier: MIT */
#include "proof.h"

#include <header.c>
#include <plan.c>

static taskseal__key g_keys[TASKSEAL_STANZAS_MAX];
static char g_ids[TASKSEAL_STANZAS_MAX][ID_BOUND];
static size_t g_wrapped, g_expected;
static uint8_t *g_out;

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

void checked_keys(taskseal__message_keys *keys, const uint8_t dek[TASKSEAL__DEK_BYTES],
                  const uint8_t preamble[TASKSEAL__PREAMBLE_BYTES], unsigned bound,
                  const taskseal_context *context)
{
    (void)keys, (void)bound, (void)context;
    CHECK(__CPROVER_r_ok(dek, 32) && __CPROVER_r_ok(preamble, 24), "keys are derived from what is there");
}

void checked_wrap(uint8_t *body, const taskseal__wrap_binding *binding,
                  const uint8_t wrap_key[TASKSEAL__WRAP_KEY_BYTES], const uint8_t *nonce,
                  const uint8_t dek[TASKSEAL__DEK_BYTES])
{
    (void)wrap_key;
    CHECK(__CPROVER_w_ok(body, taskseal__body_len(binding->type)), "there is room for the body");
    CHECK(__CPROVER_r_ok(nonce, any_nonce_len(binding->type)) && __CPROVER_r_ok(dek, 32),
          "each wrap has its nonce");
    CHECK(binding->preamble == g_out, "bound to this preamble");
    g_wrapped++;
}

void checked_mac(uint8_t mac[TASKSEAL__MAC_BYTES], const uint8_t dek[TASKSEAL__DEK_BYTES],
                 const uint8_t *header, size_t len)
{
    (void)dek;
    CHECK(header == g_out && mac == g_out + len && len + 16 == g_expected,
          "the MAC is the header's last 16 bytes");
    CHECK(__CPROVER_w_ok(mac, 16), "there is room for the MAC");
    g_wrapped += 100;
}

/* The header is written into exactly header_len bytes. */
void proof_plan_header(void)
{
    taskseal__plan p;
    taskseal__message_keys keys;
    const taskseal_context context = {{NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}};
    any_plan(&p, KEY_BOUND);
    p.preamble = (taskseal__preamble){TASKSEAL_SUITE_AEGIS256, TASKSEAL_REFERENCE, true, 15, 1, 2};
    g_expected = 73;
    for (size_t i = 0; i < p.key_count; i++)
        g_expected += 4 + g_keys[i].id_len + taskseal__body_len(g_keys[i].type);
    g_out = any_bytes(g_expected);
    const uint8_t *random = any_bytes(taskseal__plan_random_len(&p));
    taskseal__plan_header(&p, &context, random, &keys, g_out);
    CHECK(g_wrapped == 100 + p.key_count, "a wrap for every key, and the MAC");
    CHECK(g_out[56] == p.key_count && g_out[58] == g_keys[0].id_len, "the count, and the first id's length");
    REACHED("written");
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
