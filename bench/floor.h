/* SPDX-License-Identifier: MIT
 *
 * The floor: what sealing and opening can't do without. The same libsodium primitives as the envelope's
 * design asks for, over the same number of bytes, from and to the same addresses, and nothing else:
 *
 *   seal   one getrandom (32-byte DEK and the wrap nonce), BLAKE2b-512 of label, preamble and context,
 *          the wrap AEAD, BLAKE2b-128 of label and header, the chunk AEAD for each piece
 *   open   the unwrap, both BLAKE2b, the chunk AEAD for each piece
 *
 * It parses nothing, checks no option, reads no clock, looks no key up, compares no MAC or commitment,
 * copies no header and wipes nothing but what libsodium wipes itself. Its inputs stand ready in one piece.
 */
#ifndef TASKSEAL_BENCH_FLOOR_H
#define TASKSEAL_BENCH_FLOOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <taskseal/taskseal.h>

enum {
    FLOOR_HEADER_INPUT_MAX = 512, /* label and header */
    FLOOR_OKM_INPUT_MAX = 512     /* label, preamble and context */
};

/* What one message leaves behind besides its chunks: random holds the DEK and the wrap nonce. */
typedef struct floor_message {
    uint8_t random[64];
    uint8_t okm[64];
    uint8_t wrapped[64];
    uint8_t mac[16];
} floor_message;

typedef struct floor_recipe {
    taskseal_suite suite;
    taskseal_key_type key_type;
    size_t header_len; /* with the header MAC: where the chunks begin */
    size_t tag_len;    /* of each chunk */
    size_t nonce_len;  /* of the wrap */
    size_t okm_input_len;
    size_t ad_len; /* of the wrap */
    uint8_t kek[32];
    uint8_t okm_input[FLOOR_OKM_INPUT_MAX];
    uint8_t header_input[FLOOR_HEADER_INPUT_MAX];
} floor_recipe;

/* Prepares the recipe for messages with one stanza, a key id of `key_id_len` bytes and this context. */
void floor_prepare(floor_recipe *recipe, taskseal_suite suite, taskseal_key_type key_type, size_t key_id_len,
                   const taskseal_context *context);

/* The size of an envelope with a payload of `payload_len` bytes, by the layout alone (F 2, F 6). */
size_t floor_sealed_len(const floor_recipe *recipe, size_t payload_len);

/* Leaves the chunks at out + header_len, where an envelope has them. False if a primitive failed. */
bool floor_seal(const floor_recipe *recipe, floor_message *message, const uint8_t *payload,
                size_t payload_len, uint8_t *out);

/* Opens what floor_seal left with the same message. `sealed_len` counts the header too. */
bool floor_open(const floor_recipe *recipe, floor_message *message, const uint8_t *sealed, size_t sealed_len,
                uint8_t *out);

#endif
