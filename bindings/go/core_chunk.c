/* SPDX-License-Identifier: MIT
 * Made by bundle.py of lib/core/chunk.c; do not edit. */
/* SPDX-License-Identifier: MIT */
#include "core.h"

/* AES-256-GCM and AEGIS-256 leave pieces of the key on the stack, and what its derivation left there, within so many
 * bytes. */
enum { CIPHER_STACK_BYTES = 4096 };

void taskseal__cipher_init(taskseal__cipher *cipher, taskseal_suite suite, const uint8_t *key)
{
    cipher->suite = suite;
    cipher->key = key;
    if (suite == TASKSEAL_SUITE_AES256GCM)
        crypto_aead_aes256gcm_beforenm(&cipher->gcm, key);
}

void taskseal__cipher_wipe(taskseal__cipher *cipher)
{
    if (cipher->suite == TASKSEAL_SUITE_AES256GCM)
        sodium_memzero(&cipher->gcm, sizeof cipher->gcm);
    taskseal__cipher_forget(cipher);
}

/* x86's ChaCha20 overwrites what was there before by its own work, and leaves no key itself. The portable one takes
 * too little of the stack for that where the payload is empty. */
void taskseal__cipher_forget(const taskseal__cipher *cipher)
{
    if (TASKSEAL__PORTABLE_CHACHA20 || cipher->suite != TASKSEAL_SUITE_CHACHA20POLY1305)
        sodium_stackzero(CIPHER_STACK_BYTES);
}

/* The index of the chunk, big-endian, right-aligned in the nonce (F 6.4). */
static void put_nonce(uint8_t *nonce, size_t nonce_len, uint64_t index)
{
    memset(nonce, 0, nonce_len);
    for (size_t i = 1; i <= sizeof index; i++, index >>= 8)
        nonce[nonce_len - i] = (uint8_t)index;
}

void taskseal__chunk_seal(const taskseal__cipher *cipher, uint64_t index, const uint8_t *in, size_t len,
                          uint8_t *out)
{
    uint8_t nonce[32];
    switch (cipher->suite) {
    case TASKSEAL_SUITE_CHACHA20POLY1305:
        put_nonce(nonce, crypto_aead_chacha20poly1305_ietf_NPUBBYTES, index);
        (void)crypto_aead_chacha20poly1305_ietf_encrypt(out, NULL, in, len, NULL, 0, NULL, nonce,
                                                        cipher->key);
        break;
    case TASKSEAL_SUITE_AES256GCM:
        put_nonce(nonce, crypto_aead_aes256gcm_NPUBBYTES, index);
        (void)crypto_aead_aes256gcm_encrypt_afternm(out, NULL, in, len, NULL, 0, NULL, nonce, &cipher->gcm);
        break;
    case TASKSEAL_SUITE_AEGIS256:
#if TASKSEAL__HAVE_AEGIS256
        put_nonce(nonce, crypto_aead_aegis256_NPUBBYTES, index);
        (void)crypto_aead_aegis256_encrypt(out, NULL, in, len, NULL, 0, NULL, nonce, cipher->key);
#endif
        break;
    }
}

bool taskseal__chunk_open(const taskseal__cipher *cipher, uint64_t index, const uint8_t *in, size_t len,
                          uint8_t *out)
{
    uint8_t nonce[32];
    switch (cipher->suite) {
    case TASKSEAL_SUITE_CHACHA20POLY1305:
        put_nonce(nonce, crypto_aead_chacha20poly1305_ietf_NPUBBYTES, index);
        return crypto_aead_chacha20poly1305_ietf_decrypt(out, NULL, NULL, in, len, NULL, 0, nonce,
                                                         cipher->key) == 0;
    case TASKSEAL_SUITE_AES256GCM:
        put_nonce(nonce, crypto_aead_aes256gcm_NPUBBYTES, index);
        return crypto_aead_aes256gcm_decrypt_afternm(out, NULL, NULL, in, len, NULL, 0, nonce,
                                                     &cipher->gcm) == 0;
    case TASKSEAL_SUITE_AEGIS256:
#if TASKSEAL__HAVE_AEGIS256
        put_nonce(nonce, crypto_aead_aegis256_NPUBBYTES, index);
        return crypto_aead_aegis256_decrypt(out, NULL, NULL, in, len, NULL, 0, nonce, cipher->key) == 0;
#endif
        break;
    }
    return false;
}
