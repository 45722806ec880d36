/* SPDX-License-Identifier: MIT
 * BLAKE2b, keyed, in whole and in pieces; comparisons in constant time. */
#include "vectors.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

/* Begun, fed and ended as the library does, in pieces of `step` bytes. */
static void hash_in_pieces(uint8_t *out, size_t out_len, bytes key, bytes in, size_t step)
{
    crypto_generichash_state state;
    (void)crypto_generichash_init(&state, key.data, key.len, out_len);
    for (size_t at = 0; at < in.len; at += step)
        (void)crypto_generichash_update(&state, in.data + at, in.len - at < step ? in.len - at : step);
    (void)crypto_generichash_final(&state, out, out_len);
}

/* vector ID KEY MESSAGE DIGEST */
const char *check_blake2b(const line *vector, const char *set)
{
    static const size_t steps[] = {1, 16, 64, 128, 1024};
    const char *fault = NULL;
    uint8_t digest[crypto_generichash_BYTES_MAX];
    if (vector->count != 5)
        give_up("a vector needs 5 words", set);
    bytes key = bytes_of(vector->words[2]);
    bytes message = bytes_of(vector->words[3]);
    bytes expected = bytes_of(vector->words[4]);
    if (expected.len < crypto_generichash_BYTES_MIN || expected.len > sizeof digest)
        give_up("a digest of another size", vector->words[1]);
    (void)crypto_generichash(digest, expected.len, message.data, message.len, key.data, key.len);
    if (memcmp(digest, expected.data, expected.len) != 0)
        fault = "hashes to something else";
    for (size_t i = 0; i < sizeof steps / sizeof steps[0] && fault == NULL; i++) {
        hash_in_pieces(digest, expected.len, key, message, steps[i]);
        if (memcmp(digest, expected.data, expected.len) != 0)
            fault = "hashes to something else in pieces";
    }
    free(key.data);
    free(message.data);
    free(expected.data);
    return fault;
}

/* ---- RFC 7693, appendix E ---- */

/* The RFC's deterministic filling. */
static void fill_as_rfc(uint8_t *out, size_t len, uint32_t seed)
{
    uint32_t a = 0xDEAD4BAD * seed;
    uint32_t b = 1;
    for (size_t i = 0; i < len; i++) {
        uint32_t sum = a + b;
        a = b;
        b = sum;
        out[i] = (uint8_t)(sum >> 24);
    }
}

/* One value for 48 digests, half of them keyed: lengths 20, 32, 48, 64 of digest and key. */
const char *check_blake2b_of_rfc7693(void)
{
    static const uint8_t grand[32] = {0xC2, 0x3A, 0x78, 0x00, 0xD9, 0x81, 0x23, 0xBD, 0x10, 0xF5, 0x06,
                                      0xC6, 0x1E, 0x29, 0xDA, 0x56, 0x03, 0xD7, 0x63, 0xB8, 0xBB, 0xAD,
                                      0x2E, 0x73, 0x7F, 0x5E, 0x76, 0x5A, 0x7B, 0xCC, 0xD4, 0x75};
    static const size_t digest_lens[] = {20, 32, 48, 64};
    static const size_t message_lens[] = {0, 3, 128, 129, 255, 1024};
    uint8_t message[1024];
    uint8_t key[64];
    uint8_t digest[64];
    crypto_generichash_state all;
    (void)crypto_generichash_init(&all, NULL, 0, sizeof grand);
    for (size_t i = 0; i < 4; i++) {
        for (size_t j = 0; j < 6; j++) {
            const size_t out_len = digest_lens[i];
            const size_t len = message_lens[j];
            fill_as_rfc(message, len, (uint32_t)len);
            (void)crypto_generichash(digest, out_len, message, len, NULL, 0);
            (void)crypto_generichash_update(&all, digest, out_len);
            fill_as_rfc(key, out_len, (uint32_t)out_len);
            (void)crypto_generichash(digest, out_len, message, len, key, out_len);
            (void)crypto_generichash_update(&all, digest, out_len);
        }
    }
    (void)crypto_generichash_final(&all, digest, sizeof grand);
    return memcmp(digest, grand, sizeof grand) == 0 ? NULL : "the digest of all digests differs";
}

/* ---- Comparisons ---- */

typedef int comparison(const uint8_t *a, const uint8_t *b);

static int compare_16(const uint8_t *a, const uint8_t *b)
{
    return crypto_verify_16(a, b);
}

static int compare_32(const uint8_t *a, const uint8_t *b)
{
    return crypto_verify_32(a, b);
}

/* Every single bit, and every pair of equal differences, which a sum would cancel. */
static bool comparison_holds(comparison *compare, size_t len)
{
    uint8_t a[32];
    uint8_t b[32];
    for (size_t i = 0; i < sizeof a; i++)
        a[i] = b[i] = (uint8_t)(i * 37 + 1);
    if (compare(a, b) != 0)
        return false;
    for (size_t i = 0; i < len; i++) {
        for (size_t j = i; j < len; j++) {
            for (unsigned bit = 0; bit < 8; bit++) {
                b[i] ^= (uint8_t)(1U << bit);
                if (j != i)
                    b[j] ^= (uint8_t)(1U << bit);
                if (compare(a, b) != -1)
                    return false;
                memcpy(b, a, sizeof b);
            }
        }
    }
    return true;
}

const char *check_comparisons(void)
{
    if (!comparison_holds(compare_16, 16))
        return "crypto_verify_16 is wrong";
    return comparison_holds(compare_32, 32) ? NULL : "crypto_verify_32 is wrong";
}
