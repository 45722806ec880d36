/* SPDX-License-Identifier: MIT
 * Keyrings from the inside: entries, and who may do what. */
#ifndef TASKSEAL_CORE_KEYRING_H
#define TASKSEAL_CORE_KEYRING_H

#include "derive.h"

#include <stdatomic.h>

typedef struct taskseal__key {
    char *id; /* with a NUL */
    size_t id_len;
    taskseal_key_type type;
    taskseal_key_state state;
    taskseal_bytes *queues; /* NULL: every queue */
    size_t queue_count;
    uint64_t not_before; /* 0: no bound */
    uint64_t not_after;
    const uint8_t *wrap_key; /* in guarded memory; zeros if retired or compromised; a dedupe key as it is */
} taskseal__key;

struct taskseal_keyring {
    atomic_uint holders; /* freed when it reaches 0 */
    taskseal__key *keys;
    size_t count;
    uint8_t *wrap_keys; /* guarded, read-only: TASKSEAL__WRAP_KEY_BYTES for each key */
    bool locked;
};

/* NULL if the keyring has no such id. */
const taskseal__key *taskseal__keyring_find(const taskseal_keyring *ring, const char *key_id,
                                            size_t key_id_len);

/* True if the key is good for the queue. No queue ({NULL, 0}): only keys without a list are. */
bool taskseal__key_serves_queue(const taskseal__key *key, taskseal_bytes queue);

/* True if every queue that `key` is good for is one that `other` is good for. */
bool taskseal__key_queues_within(const taskseal__key *key, const taskseal__key *other);

bool taskseal__key_window_holds(const taskseal__key *key, uint64_t sealed_at);

/* Retired and compromised keys do nothing; each has an error of its own. A dedupe key never seals. */
TASKSEAL_MUST_USE taskseal_err taskseal__key_may_open(const taskseal__key *key);
TASKSEAL_MUST_USE taskseal_err taskseal__key_may_seal(const taskseal__key *key);

/* What keeps an active or named key from working for this queue at this time, if anything: its list or its
 * window. */
TASKSEAL_MUST_USE taskseal_err taskseal__key_serves(const taskseal__key *key, taskseal_bytes queue,
                                                    uint64_t time);

/* One more holder; taskseal_keyring_free is the way back. */
taskseal_keyring *taskseal__keyring_hold(const taskseal_keyring *ring);

/* A key that unlocks an envelope, and its stanza there. */
typedef struct taskseal__match {
    const taskseal__key *key;
    const taskseal__stanza *stanza;
} taskseal__match;

/* CLASS_DENIED or KEY_COMPROMISED for envelopes that no key may touch (F 9.2). */
TASKSEAL_MUST_USE taskseal_err taskseal__keyring_admits(const taskseal_keyring *ring,
                                                        const taskseal__header *header);

/* Unwraps the DEK and verifies the header's MAC (F 9.5). AUTHENTICATION_FAILED wipes `dek`. */
TASKSEAL_MUST_USE taskseal_err taskseal__unlock(uint8_t dek[TASKSEAL__DEK_BYTES],
                                                const taskseal__header *header, const taskseal__match *match);

#endif
