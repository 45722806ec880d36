/* SPDX-License-Identifier: MIT
 * The operations that constant_time.c runs. */
#ifndef TASKSEAL_TESTS_SECRETS_OPERATIONS_H
#define TASKSEAL_TESTS_SECRETS_OPERATIONS_H

#include "secrecy.h"

#include <taskseal/taskseal.h>

typedef struct kind {
    taskseal_suite suite;
    taskseal_key_type key_type;
    bool padded;
} kind;

extern unsigned failures;

void expect(taskseal_err expected, taskseal_err got, const char *what, int line);
void expect_true(bool holds, const char *what, int line);
#define EXPECT(expected, call) expect(expected, call, #call, __LINE__)
#define EXPECT_TRUE(condition) expect_true(condition, #condition, __LINE__)

/* Active keys of these ids with random, marked secrets; `second` may be NULL. */
taskseal_keyring *ring_with_fresh_keys(taskseal_key_type type, const char *first, const char *second);

/* Keyrings, of keys and of texts. */
void run_keys(void);

/* Key files: making, reading, changing and protecting them. */
void run_files(void);

/* Sealing, opening and rewrapping, with every way to fail that depends on a secret. */
void run_envelopes(kind k);

/* Streams, batches and resealing (not for padded kinds but the last two). */
void run_pieces(kind k);

/* Dedupe tags. */
void run_dedupe(void);

#endif
