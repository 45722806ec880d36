/* SPDX-License-Identifier: MIT
 * Everything that is derived from a KEK or a DEK, and the wrap that hides one under the other (F 5). */
#ifndef TASKSEAL_CORE_DERIVE_H
#define TASKSEAL_CORE_DERIVE_H

#include "chunk.h"
#include "header.h"
#include "suite.h"

enum { TASKSEAL__WRAP_KEY_BYTES = 32, TASKSEAL__WRAP_NONCE_MAX = 32 };

/* What the DEK, the preamble and the context fix together. The two halves of one hash. */
typedef struct taskseal__message_keys {
    uint8_t payload_key[TASKSEAL__PAYLOAD_KEY_BYTES];
    uint8_t commitment[TASKSEAL__COMMITMENT_BYTES];
} taskseal__message_keys;

/* Derives both from the fields of `context` that `bound` names (F 5.10). */
void taskseal__derive_message_keys(taskseal__message_keys *keys, const uint8_t dek[TASKSEAL__DEK_BYTES],
                                   const uint8_t preamble[TASKSEAL__PREAMBLE_BYTES], unsigned bound,
                                   const taskseal_context *context);

/* The key that wraps DEKs under this KEK, for this type and id only (F 5.9). */
void taskseal__derive_wrap_key(uint8_t wrap_key[TASKSEAL__WRAP_KEY_BYTES],
                               const uint8_t kek[TASKSEAL_KEY_BYTES], unsigned type, const char *key_id,
                               size_t key_id_len);

/* Wipes what the last derivation or unwrapping left on the stack. For when no further call of ours overwrites it: a
 * wrapping key would outlive the guarded memory that it goes to, a payload key an opening that ends early, and a DEK
 * the opening. */
void taskseal__derive_forget(void);

/* The MAC of all header bytes before it (F 5.12). */
void taskseal__derive_header_mac(uint8_t mac[TASKSEAL__MAC_BYTES], const uint8_t dek[TASKSEAL__DEK_BYTES],
                                 const uint8_t *header, size_t len);

/* Length of the nonce of a wrap of this type, which is available. */
size_t taskseal__wrap_nonce_len(taskseal_key_type type);

/* The wrap's associated data: where the envelope's preamble and commitment stand (they are neighbours), and
 * which key wraps. */
typedef struct taskseal__wrap_binding {
    const uint8_t *preamble;
    taskseal_key_type type;
    const char *key_id;
    size_t key_id_len;
} taskseal__wrap_binding;

/* Writes a stanza's body of taskseal__body_len(type) bytes: nonce | wrapped DEK | tag (F 5.9). */
void taskseal__wrap(uint8_t *body, const taskseal__wrap_binding *binding,
                    const uint8_t wrap_key[TASKSEAL__WRAP_KEY_BYTES], const uint8_t *nonce,
                    const uint8_t dek[TASKSEAL__DEK_BYTES]);

/* False if the body was not made with this key for this binding; `dek` is then wiped. */
TASKSEAL_MUST_USE bool taskseal__unwrap(uint8_t dek[TASKSEAL__DEK_BYTES],
                                        const taskseal__wrap_binding *binding,
                                        const uint8_t wrap_key[TASKSEAL__WRAP_KEY_BYTES],
                                        const uint8_t *body);

#endif
