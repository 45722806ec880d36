/* SPDX-License-Identifier: MIT */
#include "proof.h"

#include <header.c>
#include <plan.c>

static taskseal__plan g_plan;
static taskseal__key g_keys[TASKSEAL_STANZAS_MAX];
static const taskseal_context g_context;
static taskseal__message_keys g_message_keys;
static const uint8_t *g_random;
static uint8_t *g_out, *g_at;
static size_t g_stanzas, g_nonces;

/* A position in the output alone: the bytes have their own proofs (put_preamble, put_stanza_head, put). */
uint8_t *known_preamble(uint8_t *at, const taskseal__preamble *fields)
{
    CHECK(at == g_out && fields == &g_plan.preamble, "the preamble first");
    return g_at = at + TASKSEAL__PREAMBLE_BYTES;
}

void known_keys(taskseal__message_keys *keys, const uint8_t *dek, const uint8_t *preamble, unsigned bound,
                const taskseal_context *context)
{
    CHECK(keys == &g_message_keys && dek == g_random && preamble == g_out, "from this DEK and preamble");
    CHECK(bound == g_plan.preamble.bound && context == &g_context, "bound to this context");
}

void *known_commitment(void *to, const void *from, size_t len)
{
    CHECK(to == g_at && from == g_message_keys.commitment && len == 32, "the commitment behind it");
    g_at += len + 1; /* and the count */
    return to;
}

uint8_t *known_head(uint8_t *at, unsigned type, const void *key_id, size_t key_id_len, size_t body_len)
{
    const taskseal__key *key = &g_keys[g_stanzas < TASKSEAL_STANZAS_MAX ? g_stanzas : 0];
    CHECK(at == g_at && g_stanzas < g_plan.key_count, "stanzas one behind the other, one for each key");
    CHECK(type == key->type && key_id == key->id && key_id_len == key->id_len, "of this key");
    CHECK(body_len == (type == TASKSEAL_KEY_AEGIS256 ? 96 : 72), "its body's length");
    return g_at = at + 4 + key_id_len;
}

void known_wrap(uint8_t *body, const taskseal__wrap_binding *binding, const uint8_t *wrap_key,
                const uint8_t *nonce, const uint8_t *dek)
{
    const taskseal__key *key = &g_keys[g_stanzas < TASKSEAL_STANZAS_MAX ? g_stanzas : 0];
    CHECK(body == g_at && binding->preamble == g_out && binding->key_id == key->id, "behind its head");
    CHECK(binding->type == key->type && binding->key_id_len == key->id_len && wrap_key == key->wrap_key,
          "under its key");
    CHECK(dek == g_random && nonce == g_random + 32 + g_nonces, "a nonce of its own, behind the others");
    g_nonces += key->type == TASKSEAL_KEY_AEGIS256 ? 32 : 24;
    CHECK(32 + g_nonces <= taskseal__plan_random_len(&g_plan), "as many random bytes as were asked for");
    g_at += key->type == TASKSEAL_KEY_AEGIS256 ? 96 : 72;
    g_stanzas++;
}

void known_mac(uint8_t *mac, const uint8_t *dek, const uint8_t *header, size_t len)
{
    CHECK(mac == g_at && dek == g_random && header == g_out && len == (size_t)(g_at - g_out),
          "the MAC behind all that it covers");
    CHECK(len + 16 == g_plan.header_len, "as long as was planned");
    g_at += 16;
}

size_t any_nonce_len(taskseal_key_type type)
{
    return type == TASKSEAL_KEY_AEGIS256 ? 32 : 24;
}

bool any_chunks_len(taskseal_suite suite, size_t payload_len, size_t *chunks_len)
{
    (void)suite;
    *chunks_len = payload_len;
    return true;
}

/* The header fills exactly the length that plan_lengths has planned, for every choice of keys. */
void proof_plan_header(void)
{
    static char id[TASKSEAL_KEY_ID_MAX];
    static uint8_t wrap_keys[TASKSEAL_STANZAS_MAX], room[TASKSEAL_HEADER_MAX];
    static uint8_t random[TASKSEAL__RANDOM_MAX];
    g_plan.key_count = nondet_u8();
    ASSUME(g_plan.key_count >= 1 && g_plan.key_count <= KEY_BOUND, "the bound of this proof");
    for (size_t i = 0; i < KEY_BOUND; i++) {
        g_keys[i].type = nondet_bool() ? TASKSEAL_KEY_XCHACHA20POLY1305 : TASKSEAL_KEY_AEGIS256;
        g_keys[i].id_len = nondet_u8();
        ASSUME(g_keys[i].id_len >= 1, "keyring_new takes only valid ids (F 4.4)");
        g_keys[i].id = id;
        g_keys[i].wrap_key = &wrap_keys[i];
        g_plan.keys[i] = &g_keys[i];
    }
    CHECK(plan_lengths(&g_plan, 0) == TASKSEAL_OK, "short enough");
    g_random = random;
    g_out = room;
    taskseal__plan_header(&g_plan, &g_context, g_random, &g_message_keys, g_out);
    CHECK(g_stanzas == g_plan.key_count && g_out[56] == g_stanzas, "a stanza for each key, and their count");
    CHECK(g_at == g_out + g_plan.header_len, "the header fills what was planned");
    REACHED_IF(g_stanzas == KEY_BOUND, "as many keys as may be");
}

/* Lifetimes and expiry times: never beyond the year 9999, never before now. */
static uint64_t g_now;

taskseal_err known_now(uint64_t given, uint64_t *now)
{
    (void)given;
    *now = g_now;
    return TASKSEAL_OK;
}

void proof_plan_times(void)
{
    taskseal_seal_options options = {.expires_at = nondet_u64(), .lifetime = nondet_u64()};
    g_now = nondet_u64();
    ASSUME(g_now >= 1 && g_now <= TASKSEAL_TIME_MAX, "proved of taskseal__now by the proof now");
    taskseal_err err = plan_times(&g_plan, &options);
    __int128 end = options.lifetime != 0 ? (__int128)g_now + options.lifetime : options.expires_at;
    bool both = options.lifetime != 0 && options.expires_at != 0;
    bool fine = !both && (end == 0 || (end > g_now && end <= TASKSEAL_TIME_MAX));
    CHECK((err == TASKSEAL_OK) == fine, "one of the two, which lies ahead");
    CHECK(!fine || (g_plan.preamble.sealed_at == g_now && g_plan.preamble.expires_at == end), "that time");
    REACHED_IF(fine && options.lifetime != 0, "a lifetime");
    REACHED_IF(!fine && !both, "out of range");
}
