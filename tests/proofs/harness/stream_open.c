/* SPDX-License-Identifier: MIT */
#include "proof.h"

#include <stream_open.c>

/* Whatever the skimmer asks for within its contract, the header that is gathered stays in its buffer. */
size_t any_asks(const uint8_t *bytes, size_t len)
{
    CHECK(len <= TASKSEAL_HEADER_MAX && (len == 0 || __CPROVER_r_ok(bytes, len)), "what is skimmed is there");
    size_t asks = nondet_size();
    ASSUME(asks <= TASKSEAL_HEADER_MAX, "proved of header_asks by the proof header_asks");
    return asks;
}

void proof_gather_header(void)
{
    static taskseal_stream stream;
    bool complete;
    size_t len = nondet_size();
    stream.header_len = nondet_size();
    ASSUME(stream.header_len <= TASKSEAL_HEADER_MAX, "it starts at 0, and this proof shows that it stays so");
    ASSUME(len <= 4, "the bound of this proof: the loop takes at least a byte each time");
    size_t before = stream.header_len;
    size_t taken = gather_header(&stream, any_bytes(len), len, &complete);
    CHECK(taken <= len && stream.header_len == before + taken, "what is taken is kept");
    CHECK(stream.header_len <= TASKSEAL_HEADER_MAX, "the header stays in its buffer");
    CHECK(complete || taken == len, "it stops only when complete or out of input");
    REACHED_IF(complete && taken == 3, "complete");
    REACHED_IF(!complete && taken == 4, "asks for more");
}
