/* SPDX-License-Identifier: MIT */
#include "floor.h"

#include <sodium.h>
#include <string.h>
#include <sys/random.h>

enum { DEK_BYTES = 32, LABEL_BYTES = 16, PREAMBLE_BYTES = 24, COMMITMENT_BYTES = 32, MAC_BYTES = 16 };

/* ---- Chunk AEADs ------------------------------------------------------------------------------ */

typedef int encrypt_function(unsigned char *c, unsigned long long *c_len, const unsigned char *m,
                             unsigned long long m_len, const unsigned char *ad, unsigned long long ad_len,
                             const unsigned char *nsec, const unsigned char *nonce, const unsigned char *key);
typedef int decrypt_function(unsigned char *m, unsigned long long *m_len, unsigned char *nsec,
                             const unsigned char *c, unsigned long long c_len, const unsigned char *ad,
                             unsigned long long ad_len, const unsigned char *nonce, const unsigned char *key);

/* AES-256-GCM with its key schedule computed once a message, which is its cheapest use: `key` is the
 * expanded state. */
static int aes_encrypt(unsigned char *c, unsigned long long *c_len, const unsigned char *m,
                       unsigned long long m_len, const unsigned char *ad, unsigned long long ad_len,
                       const unsigned char *nsec, const unsigned char *nonce, const unsigned char *key)
{
    return crypto_aead_aes256gcm_encrypt_afternm(c, c_len, m, m_len, ad, ad_len, nsec, nonce,
                                                 (const crypto_aead_aes256gcm_state *)(const void *)key);
}

static int aes_decrypt(unsigned char *m, unsigned long long *m_len, unsigned char *nsec,
                       const unsigned char *c, unsigned long long c_len, const unsigned char *ad,
                       unsigned long long ad_len, const unsigned char *nonce, const unsigned char *key)
{
    return crypto_aead_aes256gcm_decrypt_afternm(m, m_len, nsec, c, c_len, ad, ad_len, nonce,
                                                 (const crypto_aead_aes256gcm_state *)(const void *)key);
}

typedef struct chunk_aead {
    encrypt_function *encrypt;
    decrypt_function *decrypt;
    size_t nonce_len;
    size_t tag_len;
} chunk_aead;

static const chunk_aead chunk_aeads[] = {
    [TASKSEAL_SUITE_CHACHA20POLY1305] = {crypto_aead_chacha20poly1305_ietf_encrypt,
                                         crypto_aead_chacha20poly1305_ietf_decrypt, 12, 16},
    [TASKSEAL_SUITE_AES256GCM] = {aes_encrypt, aes_decrypt, 12, 16},
#ifdef crypto_aead_aegis256_KEYBYTES
    [TASKSEAL_SUITE_AEGIS256] = {crypto_aead_aegis256_encrypt, crypto_aead_aegis256_decrypt, 32, 32},
#else
    [TASKSEAL_SUITE_AEGIS256] = {NULL, NULL, 32, 32}, /* the bench leaves out what is not available */
#endif
};

static void set_nonce(uint8_t nonce[32], size_t nonce_len, uint64_t piece)
{
    for (size_t i = 0; i < 8; i++)
        nonce[nonce_len - 1 - i] = (uint8_t)(piece >> (8 * i));
}

static bool seal_chunks(const chunk_aead *aead, const uint8_t *key, const uint8_t *payload,
                        size_t payload_len, uint8_t *out)
{
    uint8_t nonce[32] = {0};
    for (uint64_t piece = 0;; piece++) {
        size_t len = payload_len < TASKSEAL_CHUNK_BYTES ? payload_len : TASKSEAL_CHUNK_BYTES;
        set_nonce(nonce, aead->nonce_len, piece);
        if (aead->encrypt(out, NULL, payload, len, NULL, 0, NULL, nonce, key) != 0)
            return false;
        if (len < TASKSEAL_CHUNK_BYTES)
            return true;
        payload += len;
        payload_len -= len;
        out += len + aead->tag_len;
    }
}

static bool open_chunks(const chunk_aead *aead, const uint8_t *key, const uint8_t *sealed, size_t sealed_len,
                        uint8_t *out)
{
    uint8_t nonce[32] = {0};
    size_t full = TASKSEAL_CHUNK_BYTES + aead->tag_len;
    for (uint64_t piece = 0;; piece++) {
        size_t len = sealed_len < full ? sealed_len : full;
        set_nonce(nonce, aead->nonce_len, piece);
        if (aead->decrypt(out, NULL, NULL, sealed, len, NULL, 0, nonce, key) != 0)
            return false;
        if (len < full)
            return true;
        sealed += len;
        sealed_len -= len;
        out += TASKSEAL_CHUNK_BYTES;
    }
}

/* ---- The wrap --------------------------------------------------------------------------------- */

static bool wrap(const floor_recipe *recipe, floor_message *message)
{
    const uint8_t *ad = recipe->header_input + LABEL_BYTES;
    const uint8_t *dek = message->random;
    const uint8_t *nonce = message->random + DEK_BYTES;
#ifdef crypto_aead_aegis256_KEYBYTES
    if (recipe->key_type == TASKSEAL_KEY_AEGIS256)
        return crypto_aead_aegis256_encrypt(message->wrapped, NULL, dek, DEK_BYTES, ad, recipe->ad_len, NULL,
                                            nonce, recipe->kek) == 0;
#endif
    return crypto_aead_xchacha20poly1305_ietf_encrypt(message->wrapped, NULL, dek, DEK_BYTES, ad,
                                                      recipe->ad_len, NULL, nonce, recipe->kek) == 0;
}

static bool unwrap(const floor_recipe *recipe, const floor_message *message, uint8_t dek[DEK_BYTES])
{
    const uint8_t *ad = recipe->header_input + LABEL_BYTES;
    const uint8_t *nonce = message->random + DEK_BYTES;
#ifdef crypto_aead_aegis256_KEYBYTES
    if (recipe->key_type == TASKSEAL_KEY_AEGIS256)
        return crypto_aead_aegis256_decrypt(dek, NULL, NULL, message->wrapped, DEK_BYTES + 32, ad,
                                            recipe->ad_len, nonce, recipe->kek) == 0;
#endif
    return crypto_aead_xchacha20poly1305_ietf_decrypt(dek, NULL, NULL, message->wrapped, DEK_BYTES + 16, ad,
                                                      recipe->ad_len, nonce, recipe->kek) == 0;
}

/* ---- Whole messages --------------------------------------------------------------------------- */

void floor_prepare(floor_recipe *recipe, taskseal_suite suite, taskseal_key_type key_type, size_t key_id_len,
                   const taskseal_context *context)
{
    bool aegis = key_type == TASKSEAL_KEY_AEGIS256;
    memset(recipe, 0, sizeof *recipe);
    recipe->suite = suite;
    recipe->key_type = key_type;
    recipe->tag_len = chunk_aeads[suite].tag_len;
    recipe->nonce_len = aegis ? 32 : 24;
    recipe->ad_len = PREAMBLE_BYTES + COMMITMENT_BYTES + 2 + key_id_len;
    size_t body_len = recipe->nonce_len + DEK_BYTES + (aegis ? 32 : 16);
    recipe->header_len = PREAMBLE_BYTES + COMMITMENT_BYTES + 1 + 4 + key_id_len + body_len + MAC_BYTES;
    recipe->okm_input_len = LABEL_BYTES + PREAMBLE_BYTES;
    const taskseal_bytes *fields[] = {&context->queue, &context->type, &context->id, &context->extra};
    for (size_t i = 0; i < 4; i++)
        if (fields[i]->data != NULL)
            recipe->okm_input_len += 4 + fields[i]->len;
    randombytes_buf(recipe->kek, sizeof recipe->kek);
    randombytes_buf(recipe->okm_input, sizeof recipe->okm_input);
    randombytes_buf(recipe->header_input, sizeof recipe->header_input);
}

size_t floor_sealed_len(const floor_recipe *recipe, size_t payload_len)
{
    size_t pieces = payload_len / TASKSEAL_CHUNK_BYTES + 1;
    return recipe->header_len + payload_len + pieces * recipe->tag_len;
}

static bool derive(const floor_recipe *recipe, const uint8_t dek[DEK_BYTES], uint8_t okm[64])
{
    return crypto_generichash(okm, 64, recipe->okm_input, recipe->okm_input_len, dek, DEK_BYTES) == 0;
}

static bool header_mac(const floor_recipe *recipe, const uint8_t dek[DEK_BYTES], uint8_t mac[MAC_BYTES])
{
    size_t len = LABEL_BYTES + recipe->header_len - MAC_BYTES;
    return crypto_generichash(mac, MAC_BYTES, recipe->header_input, len, dek, DEK_BYTES) == 0;
}

/* The chunk AEAD's key as its functions want it: for AES-256-GCM the expanded one, in `state`. */
static const uint8_t *chunk_key(taskseal_suite suite, const uint8_t *okm, crypto_aead_aes256gcm_state *state)
{
    if (suite != TASKSEAL_SUITE_AES256GCM)
        return okm;
    crypto_aead_aes256gcm_beforenm(state, okm);
    return (const uint8_t *)state;
}

bool floor_seal(const floor_recipe *recipe, floor_message *message, const uint8_t *payload,
                size_t payload_len, uint8_t *out)
{
    crypto_aead_aes256gcm_state state;
    size_t random_len = DEK_BYTES + recipe->nonce_len;
    if (getrandom(message->random, random_len, 0) != (ssize_t)random_len ||
        !derive(recipe, message->random, message->okm) || !wrap(recipe, message) ||
        !header_mac(recipe, message->random, message->mac))
        return false;
    const uint8_t *key = chunk_key(recipe->suite, message->okm, &state);
    return seal_chunks(&chunk_aeads[recipe->suite], key, payload, payload_len, out + recipe->header_len);
}

bool floor_open(const floor_recipe *recipe, floor_message *message, const uint8_t *sealed, size_t sealed_len,
                uint8_t *out)
{
    crypto_aead_aes256gcm_state state;
    uint8_t dek[DEK_BYTES];
    if (!unwrap(recipe, message, dek) || !header_mac(recipe, dek, message->mac) ||
        !derive(recipe, dek, message->okm))
        return false;
    const uint8_t *key = chunk_key(recipe->suite, message->okm, &state);
    return open_chunks(&chunk_aeads[recipe->suite], key, sealed + recipe->header_len,
                       sealed_len - recipe->header_len, out);
}
