/* SPDX-License-Identifier: MIT
 * Envelopes that taskseal_seal would not make, authentic all the same: their wraps, MAC, commitment and
 * tags are right. So a test reaches the rule it means, and no check before it. */
#ifndef TASKSEAL_TESTS_CORE_FORGE_H
#define TASKSEAL_TESTS_CORE_FORGE_H

#include "support.h"

typedef struct forged_stanza {
    unsigned type;
    const char *id;
    const uint8_t *secret; /* NULL: a body of `body_len` bytes that no key made */
    size_t body_len;       /* only without a secret */
} forged_stanza;

typedef struct forging {
    taskseal_suite suite;
    taskseal_purpose purpose;
    bool padded;              /* the flag alone: the payload is taken as it is */
    taskseal_context context; /* bound */
    uint64_t sealed_at;
    uint64_t expires_at;
    forged_stanza stanzas[TASKSEAL_STANZAS_MAX + 1];
    size_t stanza_count;
    const void *payload;
    size_t payload_len;
    uint8_t commitment_flaw[32]; /* is XORed to the commitment, before anything is made of it */
} forging;

/* Suite 01, one stanza of key "k", bound to what sealing() binds, at NOW, with a payload of 40 bytes. */
forging forging_new(void);

blob forge(const forging *f);

#endif
