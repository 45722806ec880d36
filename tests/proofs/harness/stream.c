/* SPDX-License-Identifier: MIT */
#include "proof.h"

#include <stream.c>

/* Enough for the rest of a piece, the header, and every whole piece of the input with its tag. */
void proof_stream_size(void)
{
    size_t len = nondet_size(), size = taskseal_stream_size(len);
    CHECK(size >= len, "never less than the input");
    CHECK(size == SIZE_MAX || size - len >= (len / 16384 + 2) * 32 + 4096 + 16384,
          "tags, a header and a kept piece fit");
    CHECK(size != SIZE_MAX || len > SIZE_MAX / 16 * 15, "SIZE_MAX only at the end of size_t");
    REACHED_IF(size == SIZE_MAX, "none");
    REACHED_IF(size != SIZE_MAX, "a size");
}
