/* SPDX-License-Identifier: MIT */
#include "leaks.h"

static volatile unsigned sink;
static const uint8_t table[256] = {1, 2, 3};

void planted_compare(const uint8_t *a, const uint8_t *b, size_t len)
{
    size_t same = 0;
    while (same < len && a[same] == b[same])
        same++;
    sink = (unsigned)same;
}

void planted_branch(const uint8_t *secret)
{
    if ((secret[0] & 1) != 0)
        sink++;
}

void planted_index(const uint8_t *secret)
{
    sink = table[secret[0]];
}
