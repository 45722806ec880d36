/* SPDX-License-Identifier: MIT
 * One chunk of a payload, and the AEAD that encrypts it (F 6). */
#ifndef TASKSEAL_CORE_CHUNK_H
#define TASKSEAL_CORE_CHUNK_H

#include <sodium.h>
#include <taskseal/taskseal.h>

/* libsodium has a ChaCha20 of its own for x86 only. */
#if defined(__x86_64__)
enum { TASKSEAL__PORTABLE_CHACHA20 = false };
#else
enum { TASKSEAL__PORTABLE_CHACHA20 = true };
#endif

#ifdef crypto_aead_aegis256_KEYBYTES
#define TASKSEAL__HAVE_AEGIS256 1
#else
#define TASKSEAL__HAVE_AEGIS256 0
#endif

enum { TASKSEAL__TAG_MAX = 32 };

/* A message's key, made ready once for all its chunks. The key must outlive it. */
typedef struct taskseal__cipher {
    taskseal_suite suite;
    const uint8_t *key;
    crypto_aead_aes256gcm_state gcm;
} taskseal__cipher;

/* Length of the tag behind every chunk. */
static inline size_t taskseal__tag_len(taskseal_suite suite)
{
    return suite == TASKSEAL_SUITE_AEGIS256 ? 32 : 16;
}

/* The suite is available. */
void taskseal__cipher_init(taskseal__cipher *cipher, taskseal_suite suite, const uint8_t *key);
void taskseal__cipher_wipe(taskseal__cipher *cipher);

/* Wipes what the last chunks left on the stack, and goes on; taskseal__cipher_wipe does that too. */
void taskseal__cipher_forget(const taskseal__cipher *cipher);

/* Encrypts `len` bytes to `len` bytes and a tag. `in` may equal `out`, else the two must not overlap. */
void taskseal__chunk_seal(const taskseal__cipher *cipher, uint64_t index, const uint8_t *in, size_t len,
                          uint8_t *out);

/* Decrypts a chunk of `len` bytes, which counts the tag. False if the tag does not verify; what was written is
 * then the caller's to wipe. */
TASKSEAL_MUST_USE bool taskseal__chunk_open(const taskseal__cipher *cipher, uint64_t index, const uint8_t *in,
                                            size_t len, uint8_t *out);

#endif
