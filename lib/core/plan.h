/* SPDX-License-Identifier: MIT
 * Sealing, up to the payload: what is decided before the first byte is written, and the header. */
#ifndef TASKSEAL_CORE_PLAN_H
#define TASKSEAL_CORE_PLAN_H

#include "keyring.h"

enum {
    /* DEK | a nonce for each stanza. */
    TASKSEAL__RANDOM_MAX = TASKSEAL__DEK_BYTES + TASKSEAL_STANZAS_MAX * TASKSEAL__WRAP_NONCE_MAX
};

/* Everything about an envelope that is decided before its first byte is written. */
typedef struct taskseal__plan {
    const taskseal__key *keys[TASKSEAL_STANZAS_MAX]; /* in the order of their stanzas */
    size_t key_count;
    taskseal__preamble preamble;
    size_t header_len;
    size_t padded_len; /* the payload's length, if it is not padded */
    size_t total_len;
} taskseal__plan;

/* Checks the options and chooses the keys (F 5.6). Errors: those of taskseal_seal_size. */
TASKSEAL_MUST_USE taskseal_err taskseal__plan_make(taskseal__plan *p, const taskseal_seal_options *options,
                                                   size_t payload_len);

/* LOOKS_SEALED if the options do not allow this payload, of which the first bytes suffice (F 11.5). */
TASKSEAL_MUST_USE taskseal_err taskseal__plan_payload(const taskseal_seal_options *options,
                                                      const void *payload, size_t len);

/* How many random bytes the message takes, at most TASKSEAL__RANDOM_MAX (F 5.7). */
size_t taskseal__plan_random_len(const taskseal__plan *p);

/* Derives the message's keys, and writes the header of p->header_len bytes to `out`. `random` is DEK | a nonce for
 * each stanza in turn. The caller wipes `random` and `keys`. */
void taskseal__plan_header(const taskseal__plan *p, const taskseal_context *context, const uint8_t *random,
                           taskseal__message_keys *keys, uint8_t *out);

/* Writes the whole envelope of p->total_len bytes. `payload` either stands where its chunks will, or overlaps
 * nothing of `out`. The caller wipes `random`. */
void taskseal__seal_message(const taskseal__plan *p, const taskseal_context *context, const uint8_t *random,
                            const uint8_t *payload, size_t payload_len, uint8_t *out);

#endif
