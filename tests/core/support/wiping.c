/* SPDX-License-Identifier: MIT */
#include "wiping.h"

#include <stdlib.h>
#include <string.h>

enum { KEPT = 512, SEEN_MAX = 256 };

typedef struct {
    size_t len;
    uint8_t bytes[KEPT]; /* the first ones, as they were */
} wipe;

static wipe seen[SEEN_MAX];
static size_t seen_count;
static size_t stack_count;
static size_t stack_longest;

void wiping_begin(void)
{
    memset(seen, 0, sizeof seen);
    seen_count = 0;
    stack_count = 0;
    stack_longest = 0;
}

size_t wipes_of_secret(size_t len, const void *secret, size_t secret_len)
{
    size_t count = 0;
    for (size_t i = 0; i < seen_count; i++) {
        const size_t kept = seen[i].len < KEPT ? seen[i].len : KEPT;
        count += seen[i].len == len && memmem(seen[i].bytes, kept, secret, secret_len) != NULL;
    }
    return count;
}

size_t wipes_of(size_t len)
{
    return wipes_of_secret(len, "", 0);
}

size_t stack_wipes(void)
{
    return stack_count;
}

size_t longest_stack_wipe(void)
{
    return stack_longest;
}

void __real_sodium_memzero(void *memory, size_t len);
void __wrap_sodium_memzero(void *memory, size_t len);
void __wrap_sodium_memzero(void *memory, size_t len)
{
    if (seen_count < SEEN_MAX) {
        seen[seen_count].len = len;
        memcpy(seen[seen_count].bytes, memory, len < KEPT ? len : KEPT);
        seen_count++;
    }
    __real_sodium_memzero(memory, len);
}

void __real_sodium_stackzero(size_t len);
void __wrap_sodium_stackzero(size_t len);
void __wrap_sodium_stackzero(size_t len)
{
    stack_count += len >= 2048;
    stack_longest = len > stack_longest ? len : stack_longest;
    __real_sodium_stackzero(len);
}
