/* SPDX-License-Identifier: MIT
 * What every fuzz target uses. A target is one file with LLVMFuzzerTestOneInput; README.md says how to run them. */
#ifndef TASKSEAL_FUZZ_H
#define TASKSEAL_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <taskseal/taskseal.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Inputs that came behind the first checks, wherever the target says so: fuzzing that all ends at the magic is none.
 * Both drivers print it. */
extern size_t fuzz_depth;

static inline void reached_depth(void)
{
    fuzz_depth++;
}

/* An invariant that does not hold ends the program: libFuzzer and the replay both notice that. */
#define HOLDS(invariant)                                                                                     \
    do {                                                                                                     \
        if (!(invariant)) {                                                                                  \
            (void)fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #invariant);             \
            abort();                                                                                         \
        }                                                                                                    \
    } while (0)

static inline void *must_allocate(size_t len)
{
    void *memory = malloc(len + 1); /* never of 0 bytes */
    HOLDS(memory != NULL);
    return memory;
}

static inline bool all_are(const uint8_t *bytes, size_t len, uint8_t value)
{
    for (size_t i = 0; i < len; i++)
        if (bytes[i] != value)
            return false;
    return true;
}

/* ---- Output buffers with canaries: inside, to see what was written, and around ---- */

enum { CANARY = 0xA5, CANARY_MARGIN = 32 };

static inline uint8_t *canary_new(size_t cap)
{
    uint8_t *memory = must_allocate(cap + (size_t)2 * CANARY_MARGIN);
    memset(memory, CANARY, cap + (size_t)2 * CANARY_MARGIN);
    return memory + CANARY_MARGIN;
}

/* Behind the `len` bytes of a result (0 after failure) is what was wiped, and then what was never touched. */
static inline void canary_check(const uint8_t *out, size_t cap, size_t len)
{
    HOLDS(len <= cap);
    HOLDS(all_are(out - CANARY_MARGIN, CANARY_MARGIN, CANARY));
    HOLDS(all_are(out + cap, CANARY_MARGIN, CANARY));
    while (len < cap && out[len] == 0)
        len++;
    HOLDS(all_are(out + len, cap - len, CANARY));
}

static inline void canary_free(uint8_t *out)
{
    free(out - CANARY_MARGIN);
}

#endif
