/* SPDX-License-Identifier: MIT
 * What a hash is to be fed, piece by piece, and the check that it is fed exactly this. */
#ifndef TASKSEAL_PROOF_PIECES_H
#define TASKSEAL_PROOF_PIECES_H

#include "proof.h"

enum { PIECES = 16, WHERE = 0, TEXT, NUMBER };

typedef struct {
    int kind;       /* these very bytes, bytes equal to these, or a u32 */
    const char *at; /* WHERE, TEXT */
    size_t len;     /* NUMBER: its value */
} piece;

static piece g_want[PIECES];
static size_t g_wanted, g_taken;

static void want(int kind, const void *at, size_t len)
{
    g_want[g_wanted++] = (piece){kind, at, len};
}

static void take_piece(const void *bytes, size_t len)
{
    const uint8_t *b = bytes;
    CHECK(g_taken < g_wanted, "no more than is to be hashed");
    const piece p = g_want[g_taken < PIECES ? g_taken : 0];
    g_taken++;
    if (p.kind == NUMBER) {
        CHECK(len == 4, "a length has four bytes");
        CHECK(b[0] == p.len >> 24 && b[1] == (p.len >> 16) % 256 && b[2] == (p.len >> 8) % 256 &&
                  b[3] == p.len % 256,
              "the field's length, big-endian");
    } else if (p.kind == TEXT) {
        CHECK(len == p.len && memcmp(bytes, p.at, p.len < 24 ? p.len : 24) == 0, "this text");
    } else {
        CHECK(bytes == p.at && len == p.len, "these bytes, all of them");
    }
}

static void check_taken(void)
{
    CHECK(g_taken == g_wanted, "all that is to be hashed");
}

#endif
