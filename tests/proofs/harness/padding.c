/* SPDX-License-Identifier: MIT */
#include "proof.h"

#include <padding.c>

void proof_bit_length(void)
{
    size_t value = nondet_size();
    unsigned bits = bit_length(value);
    CHECK(bits <= 64, "a size has at most 64 bits");
    CHECK(bits == 64 || value >> bits == 0, "no bit lies above the length");
    CHECK(bits == 0 ? value == 0 : (value >> (bits - 1)) == 1, "the highest bit lies below the length");
    REACHED("a length");
}

/* For every size: valid by the reader's rule, long enough for the mark, at most 12 % more, the least there is. */
void proof_padded_len(void)
{
    size_t len = nondet_size();
    size_t padded;
    if (!taskseal__padded_len(len, &padded)) {
        CHECK(len > SIZE_MAX / 16 * 15, "only lengths at the end of size_t are refused");
        REACHED("refused");
        return;
    }
    CHECK(padded > len, "room for the mark");
    CHECK(len != 256 || padded == 272, "the example of F 7.1: 257 becomes 272");
    CHECK(len != 1000 || padded == 1024, "the example of F 7.1: 1001 becomes 1024");
    CHECK(len != 1048576 || padded == 1081344, "the example of F 7.1: 1048577 becomes 1081344");
    CHECK(taskseal__padded_len_valid(padded), "what a writer pads to, a reader accepts");
    CHECK(len < SHORTEST ? padded == SHORTEST : padded - len - 1 <= len / 8, "at most 12 % more");
    size_t again;
    CHECK(!taskseal__padded_len(padded - 1, &again) ? false : again == padded, "it is its own Padme");
    REACHED_IF(padded == SHORTEST, "short");
    REACHED_IF(padded > SHORTEST, "long");
}

/* The reader's rule F 7.3 the other way round: every length that it accepts, some payload is padded to. */
void proof_padded_len_valid(void)
{
    size_t padded = nondet_size();
    bool valid = taskseal__padded_len_valid(padded);
    size_t made;
    bool can = padded != 0 && taskseal__padded_len(padded - 1, &made) && made == padded;
    CHECK(valid == can, "valid exactly if the longest payload for it is padded to it");
    REACHED_IF(valid, "valid");
    REACHED_IF(!valid, "invalid");
}

/* What unpad finds is exactly what a writer writes: the mark, only zeros behind it, and the length that this payload is
 * padded to. `behind` is any position, so the check holds for each. */
static void check_found(size_t padded)
{
    const uint8_t *bytes = any_bytes(padded);
    size_t len, made, behind = nondet_size();
    if (!taskseal__unpad(bytes, padded, &len)) {
        REACHED("not found");
        return;
    }
    CHECK(len < padded && bytes[len] == 0x80, "the mark stands behind the payload");
    CHECK(behind <= len || behind >= padded || bytes[behind] == 0, "only zeros behind the mark");
    CHECK(taskseal__padded_len(len, &made) && made == padded, "this payload is padded to this length");
    REACHED("found");
}

/* Nothing that a writer writes is refused, whatever the payload's bytes are. */
static void check_complete(size_t padded)
{
    uint8_t *bytes = any_bytes(padded);
    size_t len = nondet_size(), found, made;
    ASSUME(taskseal__padded_len(len, &made) && made == padded, "the lengths that are padded to this one");
    bytes[len] = 0x80;
    memset(bytes + len + 1, 0, padded - len - 1);
    CHECK(taskseal__unpad(bytes, padded, &found) && found == len, "the payload's length is found again");
    REACHED("found again");
}

void proof_unpad_256(void)
{
    check_found(SHORTEST);
    check_complete(SHORTEST);
}

void proof_unpad_272(void)
{
    check_found(272);
    check_complete(272);
}

void proof_unpad_512(void)
{
    check_found(512);
    check_complete(512);
}

void proof_unpad_1088(void)
{
    check_found(1088);
    check_complete(1088);
}

/* Only where it reads, whatever it finds: nothing outside the padded bytes. */
static void check_reach(size_t padded)
{
    size_t len;
    if (taskseal__unpad(any_bytes(padded), padded, &len))
        CHECK(len < padded, "a length inside");
}

void proof_unpad_reach(void)
{
    check_reach(SHORTEST);
    check_reach(257);
    check_reach(512);
    check_reach(1088);
    REACHED("read");
}
