/* SPDX-License-Identifier: MIT
 * Made by bundle.py of lib/core/padding.c; do not edit. */
/* SPDX-License-Identifier: MIT */
#include "core.h"

enum { SHORTEST = 256, MARK = 0x80 };

static unsigned bit_length(size_t value)
{
    unsigned bits = 0;
    for (; value != 0; value >>= 1)
        bits++;
    return bits;
}

/* Padmé leaves the low bits of a length 0: this is their mask, for a length of at least 2.
 * Source: Nikitin et al., "Reducing Metadata Leakage from Encrypted Files and Communication with PURBs",
 * PETS 2019, section 4. */
static size_t low_bits(size_t length)
{
    unsigned exponent = bit_length(length) - 1;
    unsigned kept = bit_length(exponent);
    return ((size_t)1 << (exponent - kept)) - 1;
}

bool taskseal__padded_len(size_t len, size_t *padded)
{
    if (len < SHORTEST) {
        *padded = SHORTEST;
        return true;
    }
    if (len == SIZE_MAX)
        return false;
    size_t marked = len + 1; /* room for the mark */
    size_t mask = low_bits(marked);
    if (marked > SIZE_MAX - mask)
        return false;
    *padded = (marked + mask) & ~mask;
    return true;
}

bool taskseal__padded_len_valid(size_t padded)
{
    return padded >= SHORTEST && (padded & low_bits(padded)) == 0;
}

/* 1 if a == b, else 0, without a branch; both are at most 255. */
static size_t equals(size_t a, size_t b)
{
    return (((a ^ b) - 1) >> (8 * sizeof(size_t) - 1)) & 1;
}

/* Walks backwards over every byte that could be the mark, which the padded length alone decides. `position`
 * collects where the first MARK stands that has only zeros behind it; no branch and no address depends on the
 * bytes, until it is known whether there is one. */
bool taskseal__unpad(const uint8_t *bytes, size_t padded, size_t *len)
{
    size_t window = padded == SHORTEST ? SHORTEST : low_bits(padded - 1) + 1;
    size_t only_zeros = 1;
    size_t found = 0;
    size_t position = 0;
    for (size_t i = 1; i <= window; i++) {
        size_t byte = bytes[padded - i];
        size_t here = only_zeros & equals(byte, MARK);
        position |= (padded - i) & (0 - here);
        found |= here;
        only_zeros &= equals(byte, 0);
    }
    if (found == 0)
        return false;
    *len = position;
    return true;
}
