/* SPDX-License-Identifier: MIT */
#include "pieces.h"

#include <derive.c>
#include <header.c>

static const uint8_t g_key[32], g_dek[32], *g_nonce;
static uint8_t g_out[64], *g_body;
static const uint8_t *g_hash_key;
static size_t g_hash_out, g_wiped;

/* ---- libsodium, as its documentation has it: what it is given is checked ---- */

int crypto_generichash_init(crypto_generichash_state *hash, const unsigned char *key, const size_t keylen,
                            const size_t outlen)
{
    CHECK(__CPROVER_w_ok(hash, sizeof *hash), "the state is there");
    CHECK(key == g_hash_key && keylen == 32 && outlen == g_hash_out, "this key, so long a result");
    return 0;
}

int crypto_generichash_update(crypto_generichash_state *hash, const unsigned char *in, unsigned long long len)
{
    (void)hash;
    take_piece(in, len);
    return 0;
}

int crypto_generichash_final(crypto_generichash_state *hash, unsigned char *out, const size_t outlen)
{
    CHECK(__CPROVER_w_ok(hash, sizeof *hash) && __CPROVER_w_ok(out, outlen), "there is room for the result");
    CHECK(out == g_out && outlen == g_hash_out, "the result, where it is wanted");
    check_taken();
    return 0;
}

static gathered g_input;
static const uint8_t *g_bytes;
static size_t g_place, g_len;

void *copy_gathered(void *to, const void *from, size_t len)
{
    CHECK(to == g_input.bytes + g_place && from == g_bytes && len == g_len, "behind what was gathered");
    CHECK(len <= sizeof g_input.bytes - g_place, "there is room for what is gathered");
    g_place += len;
    return to;
}

void sodium_stackzero(const size_t len)
{
    CHECK(len <= 2048, "not beyond the stack");
}

/* Whatever is gathered and in whichever pieces, the hash sees the bytes one behind the other: first what was gathered
 * before, if there is no room behind it, then the bytes, now or later. */
void proof_gather(void)
{
    size_t before = nondet_size();
    ASSUME(before <= sizeof g_input.bytes, "gather leaves it so, as this proof shows");
    g_len = nondet_size();
    g_bytes = any_bytes(1); /* never looked at */
    g_input.len = before;
    bool full = g_len > 256 - before;
    if (full)
        want(WHERE, g_input.bytes, before);
    if (g_len > 256)
        want(WHERE, g_bytes, g_len);
    g_place = full ? 0 : before;
    gather(&g_input, g_bytes, g_len);
    check_taken();
    CHECK(g_input.len == (g_len > 256 ? 0 : full ? g_len : before + g_len), "what is still to be hashed");
    CHECK(g_place == g_input.len, "is what was copied");
    REACHED_IF(!full, "only gathered");
    REACHED_IF(full && g_input.len > 0, "hashed in between");
    REACHED_IF(g_len > 256, "passed on");
}

void checked_gather(gathered *input, const void *bytes, size_t len)
{
    take_piece(bytes, len);
    input->len = 1;
}

void checked_gathered(gathered *input)
{
    CHECK(input->len == 1, "what was gathered is hashed");
    input->len = 0;
}

/* F 5.10, for every set of fields. */
void proof_message_keys(void)
{
    static const uint8_t preamble[TASKSEAL__PREAMBLE_BYTES], field[4];
    taskseal_context context;
    taskseal_bytes *const fields[4] = {&context.queue, &context.type, &context.id, &context.extra};
    unsigned bound = nondet_unsigned();
    want(TEXT, "taskseal1-chunks", 16);
    want(WHERE, preamble, 24);
    for (unsigned i = 0; i < 4; i++) {
        *fields[i] = (taskseal_bytes){field + i, nondet_u16()};
        if ((bound >> i & 1) != 0) {
            want(NUMBER, NULL, fields[i]->len);
            want(WHERE, field + i, fields[i]->len);
        }
    }
    g_hash_key = g_dek;
    g_hash_out = 64;
    taskseal__derive_message_keys((taskseal__message_keys *)g_out, g_dek, preamble, bound, &context);
    check_taken();
    REACHED_IF(g_taken == 2, "bound to nothing");
    REACHED_IF(g_taken == 10, "bound to all");
}

/* F 5.9: the label names the type. */
void proof_wrap_key(void)
{
    static char label[17] = "taskseal1-wrapXX";
    unsigned type = nondet_u8();
    size_t len = nondet_u8();
    const char *id = any_bytes(len);
    label[14] = "0123456789abcdef"[type / 16];
    label[15] = "0123456789abcdef"[type % 16];
    want(TEXT, label, 16);
    want(WHERE, id, len);
    g_hash_key = g_key;
    g_hash_out = 32;
    taskseal__derive_wrap_key(g_out, g_key, type, id, len);
    check_taken();
    REACHED("derived");
}

void proof_header_mac(void)
{
    size_t len = nondet_size();
    const uint8_t *header = any_bytes(8);
    want(TEXT, "taskseal1-header", 16);
    want(WHERE, header, len);
    g_hash_key = g_dek;
    g_hash_out = 16;
    taskseal__derive_header_mac(g_out, g_dek, header, len);
    check_taken();
    REACHED("derived");
}

/* ---- The wrap ---- */

static taskseal__wrap_binding g_binding;
static size_t g_ad_at, g_nonce_len, g_tag_len;
static bool g_opens;

static taskseal_key_type any_type(void)
{
    bool aegis = TASKSEAL__HAVE_AEGIS256 && nondet_bool();
    g_nonce_len = aegis ? 32 : 24;
    g_tag_len = aegis ? 32 : 16;
    return aegis ? TASKSEAL_KEY_AEGIS256 : TASKSEAL_KEY_XCHACHA20POLY1305;
}

static void any_binding(void)
{
    g_binding.type = any_type();
    g_binding.key_id_len = nondet_u8();
    ASSUME(g_binding.key_id_len >= 1, "keyring_new takes only valid ids (F 4.4)");
    g_binding.key_id = any_bytes(g_binding.key_id_len);
    g_binding.preamble = any_bytes(TASKSEAL__STANZA_COUNT_AT);
    g_ad_at = nondet_size();
    ASSUME(g_ad_at < 58 + g_binding.key_id_len, "any byte of the associated data");
}

/* F 5.9: preamble | commitment | type | id_len | id, at g_ad_at. */
static uint8_t wanted_ad(void)
{
    return g_ad_at < 56    ? g_binding.preamble[g_ad_at]
           : g_ad_at == 56 ? (uint8_t)g_binding.type
           : g_ad_at == 57 ? (uint8_t)g_binding.key_id_len
                           : g_binding.key_id[g_ad_at - 58] & 0xFF;
}

void proof_put_wrap_ad(void)
{
    any_binding();
    uint8_t *ad = any_bytes(56 + 2 + g_binding.key_id_len);
    CHECK(put_wrap_ad(ad, &g_binding) == 58 + g_binding.key_id_len, "the length");
    CHECK(ad[g_ad_at] == wanted_ad(), "every byte of F 5.9");
    CHECK(58 + g_binding.key_id_len <= WRAP_AD_MAX, "WRAP_AD_MAX is the longest");
    REACHED_IF(g_binding.key_id_len == 255, "the longest");
}

size_t known_ad(uint8_t *ad, const taskseal__wrap_binding *binding)
{
    CHECK(binding == &g_binding && __CPROVER_w_ok(ad, WRAP_AD_MAX), "there is room for it");
    ad[0] = 42;
    return 58 + binding->key_id_len;
}

static int aead(const uint8_t *out, size_t out_len, const uint8_t *in, size_t in_len, const uint8_t *ad,
                size_t ad_len, const uint8_t *nonce, const uint8_t *key)
{
    const uint8_t *wrapped = g_body + g_nonce_len;
    CHECK((out == g_out && in == wrapped) || (out == wrapped && in == g_dek),
          "between the DEK and its place behind the nonce");
    CHECK(__CPROVER_w_ok(out, out_len) && __CPROVER_r_ok(in, in_len), "what is wrapped has its room");
    CHECK(ad[0] == 42 && ad_len == 58 + g_binding.key_id_len, "the associated data");
    CHECK(nonce == g_nonce && __CPROVER_r_ok(nonce, g_nonce_len) && key == g_key, "this nonce, this key");
    return g_opens ? 0 : -1;
}

#define WRAP(name, tag)                                                                                      \
    int crypto_aead_##name##_encrypt(unsigned char *c, unsigned long long *clen, const unsigned char *m,     \
                                     unsigned long long mlen, const unsigned char *ad,                       \
                                     unsigned long long adlen, const unsigned char *nsec,                    \
                                     const unsigned char *npub, const unsigned char *k)                      \
    {                                                                                                        \
        CHECK(clen == NULL && nsec == NULL && mlen == 32 && g_tag_len == (tag), "a DEK, this cipher");       \
        return aead(c, mlen + (tag), m, mlen, ad, adlen, npub, k);                                           \
    }                                                                                                        \
    int crypto_aead_##name##_decrypt(unsigned char *m, unsigned long long *mlen, unsigned char *nsec,        \
                                     const unsigned char *c, unsigned long long clen,                        \
                                     const unsigned char *ad, unsigned long long adlen,                      \
                                     const unsigned char *npub, const unsigned char *k)                      \
    {                                                                                                        \
        CHECK(mlen == NULL && nsec == NULL && clen == 32 + (tag) && g_tag_len == (tag),                      \
              "a wrapped DEK, this cipher");                                                                 \
        return aead(m, 32, c, clen, ad, adlen, npub, k);                                                     \
    }

WRAP(xchacha20poly1305_ietf, 16)
#if TASKSEAL__HAVE_AEGIS256
WRAP(aegis256, 32)
#endif

/* The body is exactly as long as body_len says: nonce | wrapped DEK | tag. */
void proof_wrap(void)
{
    size_t i = nondet_size();
    any_binding();
    g_nonce = any_bytes(g_nonce_len);
    g_body = any_bytes(taskseal__body_len(g_binding.type));
    CHECK(taskseal__wrap_nonce_len(g_binding.type) == g_nonce_len, "the nonce of this type");
    CHECK(taskseal__body_len(g_binding.type) == g_nonce_len + 32 + g_tag_len, "nonce | DEK | tag (F 4.5)");
    g_opens = true;
    taskseal__wrap(g_body, &g_binding, g_key, g_nonce, g_dek);
    CHECK(i >= g_nonce_len || g_body[i] == g_nonce[i], "the nonce stands first");
    REACHED_IF(g_tag_len == 16, "wrapped with XChaCha20-Poly1305");
}

void checked_wipe(void *const at, const size_t len)
{
    CHECK(at == g_out && len == 32 && !g_opens, "only a DEK that did not open is wiped, wholly");
    g_wiped = len;
}

void proof_unwrap(void)
{
    any_binding();
    g_nonce = g_body = any_bytes(taskseal__body_len(g_binding.type));
    g_opens = nondet_bool();
    CHECK(taskseal__unwrap(g_out, &g_binding, g_key, g_body) == g_opens, "true only if it opens");
    CHECK(g_opens || g_wiped == 32, "else the DEK is wiped");
    REACHED_IF(g_opens, "opened");
    REACHED_IF(!g_opens, "not opened");
}
