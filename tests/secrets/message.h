/* SPDX-License-Identifier: MIT
 * One message, and what becomes of it. */
#ifndef TASKSEAL_TESTS_SECRETS_MESSAGE_H
#define TASKSEAL_TESTS_SECRETS_MESSAGE_H

#include "operations.h"

#define NOW UINT64_C(1700000000)

enum { PAYLOAD_MAX = TASKSEAL_CHUNK_BYTES * 2 + 100, SEALED_MAX = PAYLOAD_MAX + TASKSEAL_CHUNK_BYTES + 8192 };

typedef struct message {
    uint8_t expected[PAYLOAD_MAX]; /* the payload, unmarked */
    uint8_t payload[PAYLOAD_MAX];
    uint8_t sealed[SEALED_MAX];
    size_t sealed_len;
    uint8_t moved[SEALED_MAX];
    size_t moved_len;
    uint8_t out[SEALED_MAX];
    size_t out_len;
    taskseal_opened opened;
} message;

extern message m;

taskseal_context context(void);
taskseal_seal_options sealing(const taskseal_keyring *ring, kind k);
taskseal_open_options opening(const taskseal_keyring *ring);

/* m.payload, marked, and m.expected. */
void make_payload(size_t len);

/* A fresh payload in m.sealed, which is public then. */
void seal(const taskseal_seal_options *options, size_t len);
void seal_in_place(const taskseal_seal_options *options, size_t len);

/* Both ways to open must come to `expected`; if that is success, with m.expected. */
void open_both(const taskseal_open_options *options, const uint8_t *sealed, size_t sealed_len,
               taskseal_err expected, size_t len);

#endif
