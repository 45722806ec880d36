/* SPDX-License-Identifier: MIT */
#include "proof.h"

#include <chunk.c>

static taskseal__cipher g_cipher;
static const uint8_t g_key[32], *g_in;
static uint8_t *g_out;
static size_t g_len, g_nonce_len, g_tag_len;
static uint64_t g_index;
static bool g_opens;

/* F 6.4: zeros, then the index in eight bytes, big-endian. */
void proof_put_nonce(void)
{
    uint8_t nonce[32];
    size_t len = nondet_bool() ? 12 : 32, i = nondet_size();
    uint64_t index = nondet_u64();
    put_nonce(nonce, len, index);
    ASSUME(i < len, "any byte of the nonce");
    CHECK(nonce[i] == (i < len - 8 ? 0 : (index >> (8 * (len - 1 - i))) % 256), "zeros, then the index");
    REACHED_IF(len == 12 && nonce[0] == 0, "short");
    REACHED_IF(len == 32, "long");
}

void known_nonce(uint8_t *nonce, size_t nonce_len, uint64_t index)
{
    CHECK(nonce_len == g_nonce_len && __CPROVER_w_ok(nonce, nonce_len), "a nonce of this cipher");
    CHECK(index == g_index, "of this piece");
}

static int aead(const uint8_t *out, unsigned long long out_len, const uint8_t *in, unsigned long long in_len,
                const void *key)
{
    CHECK(out == g_out && in == g_in && in_len == g_len, "the piece, whole");
    CHECK(out_len == 0 || __CPROVER_w_ok(out, out_len), "there is room for the result");
    CHECK(key == (g_cipher.suite == TASKSEAL_SUITE_AES256GCM ? (const void *)&g_cipher.gcm : g_key),
          "its key");
    return g_opens ? 0 : -1;
}

#define AEAD(name, state, nonces, tag)                                                                       \
    int crypto_aead_##name(unsigned char *c, unsigned long long *clen, const unsigned char *m,               \
                           unsigned long long mlen, const unsigned char *ad, unsigned long long adlen,       \
                           const unsigned char *nsec, const unsigned char *npub, state k)                    \
    {                                                                                                        \
        (void)npub;                                                                                          \
        CHECK(clen == NULL && nsec == NULL && ad == NULL && adlen == 0, "nothing else");                     \
        CHECK(g_nonce_len == (nonces) && g_tag_len == (tag), "this cipher");                                 \
        return aead(c, mlen + (tag), m, mlen, k);                                                            \
    }
#define AEAD_OPEN(name, state, nonces, tag)                                                                  \
    int crypto_aead_##name(unsigned char *m, unsigned long long *mlen, unsigned char *nsec,                  \
                           const unsigned char *c, unsigned long long clen, const unsigned char *ad,         \
                           unsigned long long adlen, const unsigned char *npub, state k)                     \
    {                                                                                                        \
        (void)npub;                                                                                          \
        CHECK(mlen == NULL && nsec == NULL && ad == NULL && adlen == 0, "nothing else");                     \
        CHECK(g_nonce_len == (nonces) && g_tag_len == (tag), "this cipher");                                 \
        return aead(m, clen - (tag), c, clen, k);                                                            \
    }
#define KEY   const unsigned char *
#define STATE const crypto_aead_aes256gcm_state *

AEAD(chacha20poly1305_ietf_encrypt, KEY, 12, 16)
AEAD_OPEN(chacha20poly1305_ietf_decrypt, KEY, 12, 16)
AEAD(aes256gcm_encrypt_afternm, STATE, 12, 16)
AEAD_OPEN(aes256gcm_decrypt_afternm, STATE, 12, 16)
#if TASKSEAL__HAVE_AEGIS256
AEAD(aegis256_encrypt, KEY, 32, 32)
AEAD_OPEN(aegis256_decrypt, KEY, 32, 32)
#endif

static void any_cipher(void)
{
    unsigned suite = nondet_unsigned();
    ASSUME(suite >= 1 && suite <= (TASKSEAL__HAVE_AEGIS256 ? 3 : 2), "the suite is available");
    g_cipher.suite = (taskseal_suite)suite;
    g_cipher.key = g_key;
    g_tag_len = taskseal__tag_len(g_cipher.suite);
    g_nonce_len = suite == 3 ? 32 : 12;
    g_index = nondet_u64();
}

void proof_chunk_seal(void)
{
    any_cipher();
    g_len = nondet_size();
    ASSUME(g_len <= TASKSEAL_CHUNK_BYTES, "a piece is never longer (F 6.2)");
    g_in = any_bytes(g_len);
    g_out = any_bytes(g_len + g_tag_len);
    taskseal__chunk_seal(&g_cipher, g_index, g_in, g_len, g_out);
    REACHED_IF(g_cipher.suite == 1, "ChaCha20-Poly1305");
    REACHED_IF(g_cipher.suite == 2, "AES-256-GCM");
}

void proof_chunk_open(void)
{
    any_cipher();
    g_len = nondet_size();
    ASSUME(g_len >= g_tag_len && g_len <= TASKSEAL_CHUNK_BYTES + g_tag_len,
           "a chunk, by the proofs of suite.c");
    g_in = any_bytes(g_len);
    g_out = any_bytes(g_len - g_tag_len);
    g_opens = nondet_bool();
    CHECK(taskseal__chunk_open(&g_cipher, g_index, g_in, g_len, g_out) == g_opens, "true only if it opens");
    REACHED_IF(g_opens, "opened");
    REACHED_IF(!g_opens, "not opened");
}
