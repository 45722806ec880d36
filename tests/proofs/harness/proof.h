/* SPDX-License-Identifier: MIT
 * What every harness shares. A harness is a function `proof_...` that CBMC takes for the program's start: it makes
 * inputs of every value, calls the code, and checks what must hold of the result. All memory and arithmetic
 * checks of CBMC apply to the code besides. */
#ifndef TASKSEAL_PROOF_H
#define TASKSEAL_PROOF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Must hold always. Mutants name the text of the check that has to find them. */
#define CHECK(condition, text) __CPROVER_assert(condition, "check: " text)

/* Must be reached by at least one input: shows that no assumption has emptied the proof. */
#define REACHED(text)               __CPROVER_assert(0, "reached: " text)
#define REACHED_IF(condition, text) __CPROVER_assert(!(condition), "reached: " text)

/* What a harness takes for granted, and why it may: a rule of the interface, a check that the caller makes, or the
 * bound of the proof. `run --assumptions` lists them. */
#define ASSUME(condition, reason) __CPROVER_assume(condition)

/* Arbitrary values. Declared and not defined: CBMC gives each call any value of the type. */
bool nondet_bool(void);
char nondet_char(void);
int nondet_int(void);
unsigned nondet_unsigned(void);
uint8_t nondet_u8(void);
uint16_t nondet_u16(void);
uint32_t nondet_u32(void);
int64_t nondet_i64(void);
uint64_t nondet_u64(void);
size_t nondet_size(void);

/* `len` bytes of any content, in an object of exactly that size: one byte beyond is a fault. The proofs of
 * failing allocations are where the code allocates, so this one does not fail. */
static inline void *any_bytes(size_t len)
{
    void *bytes = malloc(len);
    ASSUME(bytes != NULL, "the caller of the code under proof has its buffer");
    return bytes;
}

/* A string of 0 to `most` bytes, in exactly as much memory, and its length. */
static inline char *any_string(size_t most, size_t *len)
{
    *len = nondet_size();
    ASSUME(*len <= most, "the bound of this proof");
    char *text = any_bytes(*len + 1);
    for (size_t i = 0; i < most; i++)
        ASSUME(i >= *len || text[i] != '\0', "a text ends with its first NUL");
    text[*len] = '\0';
    return text;
}

/* In place of memcpy, memmove and sodium_memzero where the bytes do not matter to the proof, only where they go. */
void *checked_copy(void *to, const void *from, size_t len)
{
    CHECK(len == 0 || __CPROVER_r_ok(from, len), "what is copied is there");
    CHECK(len == 0 || __CPROVER_w_ok(to, len), "there is room for what is copied");
    return to;
}

void checked_zero(void *at, size_t len)
{
    CHECK(len == 0 || __CPROVER_w_ok(at, len), "what is wiped is there");
}

#endif
