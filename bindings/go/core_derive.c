/* SPDX-License-Identifier: MIT
 * Made by bundle.py of lib/core/derive.c; do not edit. */
/* SPDX-License-Identifier: MIT */
#include "core.h"


/* Labels are 16 ASCII bytes without a NUL, which keep the uses of a key apart (F 5). */
enum { LABEL_BYTES = 16 };

/* libsodium's BLAKE2b leaves its result on the stack, within so many bytes. */
enum { HASH_STACK_BYTES = 2048 };

static const char label_chunks[] = "taskseal1-chunks";
static const char label_header[] = "taskseal1-header";

static void hash_init(crypto_generichash_state *hash, const uint8_t *key, size_t out_len, const char *label)
{
    (void)crypto_generichash_init(hash, key, 32, out_len);
    (void)crypto_generichash_update(hash, (const uint8_t *)label, LABEL_BYTES);
}

static void hash_final(crypto_generichash_state *hash, uint8_t *out, size_t out_len)
{
    (void)crypto_generichash_final(hash, out, out_len);
    sodium_memzero(hash, sizeof *hash);
}

/* Input of a hash, gathered: a call of libsodium's for every few bytes would cost more than their hashing. None of
 * it is secret. */
typedef struct {
    crypto_generichash_state *hash;
    size_t len;
    uint8_t bytes[256];
} gathered;

static void hash_gathered(gathered *input)
{
    (void)crypto_generichash_update(input->hash, input->bytes, input->len);
    input->len = 0;
}

static void gather(gathered *input, const void *bytes, size_t len)
{
    if (len > sizeof input->bytes - input->len)
        hash_gathered(input);
    if (len > sizeof input->bytes) {
        (void)crypto_generichash_update(input->hash, bytes, len);
        return;
    }
    memcpy(input->bytes + input->len, bytes, len);
    input->len += len;
}

void taskseal__derive_message_keys(taskseal__message_keys *keys, const uint8_t dek[TASKSEAL__DEK_BYTES],
                                   const uint8_t preamble[TASKSEAL__PREAMBLE_BYTES], unsigned bound,
                                   const taskseal_context *context)
{
    crypto_generichash_state hash;
    gathered input;
    _Static_assert(sizeof *keys == 64, "payload_key | commitment are the hash's one output");
    (void)crypto_generichash_init(&hash, dek, TASKSEAL__DEK_BYTES, sizeof *keys);
    input.hash = &hash;
    input.len = 0;
    gather(&input, label_chunks, LABEL_BYTES);
    gather(&input, preamble, TASKSEAL__PREAMBLE_BYTES);
    for (unsigned i = 0; i < TASKSEAL__CONTEXT_FIELDS; i++) {
        if ((bound & 1U << i) == 0)
            continue;
        taskseal_bytes field = taskseal__context_field(context, i);
        uint8_t len[4];
        taskseal__put_u32(len, field.len);
        gather(&input, len, sizeof len);
        gather(&input, field.data, field.len);
    }
    hash_gathered(&input);
    hash_final(&hash, (uint8_t *)keys, sizeof *keys);
}

void taskseal__derive_wrap_key(uint8_t wrap_key[TASKSEAL__WRAP_KEY_BYTES],
                               const uint8_t kek[TASKSEAL_KEY_BYTES], unsigned type, const char *key_id,
                               size_t key_id_len)
{
    static const char digits[] = "0123456789abcdef";
    char label[LABEL_BYTES + 1] = "taskseal1-wrapXX";
    crypto_generichash_state hash;
    label[LABEL_BYTES - 2] = digits[type >> 4 & 0xF];
    label[LABEL_BYTES - 1] = digits[type & 0xF];
    hash_init(&hash, kek, TASKSEAL__WRAP_KEY_BYTES, label);
    (void)crypto_generichash_update(&hash, (const uint8_t *)key_id, key_id_len);
    hash_final(&hash, wrap_key, TASKSEAL__WRAP_KEY_BYTES);
    taskseal__derive_forget();
}

void taskseal__derive_forget(void)
{
    sodium_stackzero(HASH_STACK_BYTES);
}

void taskseal__derive_header_mac(uint8_t mac[TASKSEAL__MAC_BYTES], const uint8_t dek[TASKSEAL__DEK_BYTES],
                                 const uint8_t *header, size_t len)
{
    crypto_generichash_state hash;
    hash_init(&hash, dek, TASKSEAL__MAC_BYTES, label_header);
    (void)crypto_generichash_update(&hash, header, len);
    hash_final(&hash, mac, TASKSEAL__MAC_BYTES);
}

/* ---- The wrap ---- */

enum { WRAP_AD_MAX = TASKSEAL__STANZA_COUNT_AT + 2 + TASKSEAL_KEY_ID_MAX };

/* preamble | commitment | type | key_id_len | key_id; returns the length. */
static size_t put_wrap_ad(uint8_t ad[WRAP_AD_MAX], const taskseal__wrap_binding *binding)
{
    uint8_t *end = taskseal__put(ad, binding->preamble, TASKSEAL__STANZA_COUNT_AT);
    end = taskseal__put_u8(end, binding->type);
    end = taskseal__put_u8(end, binding->key_id_len);
    end = taskseal__put(end, binding->key_id, binding->key_id_len);
    return (size_t)(end - ad);
}

size_t taskseal__wrap_nonce_len(taskseal_key_type type)
{
    return type == TASKSEAL_KEY_AEGIS256 ? 32 : crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
}

void taskseal__wrap(uint8_t *body, const taskseal__wrap_binding *binding,
                    const uint8_t wrap_key[TASKSEAL__WRAP_KEY_BYTES], const uint8_t *nonce,
                    const uint8_t dek[TASKSEAL__DEK_BYTES])
{
    uint8_t ad[WRAP_AD_MAX];
    size_t ad_len = put_wrap_ad(ad, binding);
    uint8_t *wrapped = taskseal__put(body, nonce, taskseal__wrap_nonce_len(binding->type));
    switch (binding->type) {
    case TASKSEAL_KEY_XCHACHA20POLY1305:
        (void)crypto_aead_xchacha20poly1305_ietf_encrypt(wrapped, NULL, dek, TASKSEAL__DEK_BYTES, ad, ad_len,
                                                         NULL, nonce, wrap_key);
        break;
    case TASKSEAL_KEY_AEGIS256:
#if TASKSEAL__HAVE_AEGIS256
        (void)crypto_aead_aegis256_encrypt(wrapped, NULL, dek, TASKSEAL__DEK_BYTES, ad, ad_len, NULL, nonce,
                                           wrap_key);
#endif
        break;
    case TASKSEAL_KEY_DEDUPE: /* wraps nothing */
        break;
    }
}

bool taskseal__unwrap(uint8_t dek[TASKSEAL__DEK_BYTES], const taskseal__wrap_binding *binding,
                      const uint8_t wrap_key[TASKSEAL__WRAP_KEY_BYTES], const uint8_t *body)
{
    uint8_t ad[WRAP_AD_MAX];
    size_t ad_len = put_wrap_ad(ad, binding);
    size_t nonce_len = taskseal__wrap_nonce_len(binding->type);
    const uint8_t *wrapped = body + nonce_len;
    size_t wrapped_len = taskseal__body_len(binding->type) - nonce_len;
    int failed = -1;
    switch (binding->type) {
    case TASKSEAL_KEY_XCHACHA20POLY1305:
        failed = crypto_aead_xchacha20poly1305_ietf_decrypt(dek, NULL, NULL, wrapped, wrapped_len, ad, ad_len,
                                                            body, wrap_key);
        break;
    case TASKSEAL_KEY_AEGIS256:
#if TASKSEAL__HAVE_AEGIS256
        failed =
            crypto_aead_aegis256_decrypt(dek, NULL, NULL, wrapped, wrapped_len, ad, ad_len, body, wrap_key);
#endif
        break;
    case TASKSEAL_KEY_DEDUPE: /* wraps nothing */
        break;
    }
    if (TASKSEAL__PORTABLE_CHACHA20) /* which leaves the DEK on the stack that it unwraps */
        taskseal__derive_forget();
    if (failed != 0)
        sodium_memzero(dek, TASKSEAL__DEK_BYTES);
    return failed == 0;
}
