/* SPDX-License-Identifier: MIT */
#include "proof.h"

#include <context.h>
#include <wire.h>

/* A take gives what stands next, wholly, or leaves the reader as it was. */
void proof_take(void)
{
    size_t left = nondet_size(), len = nondet_size();
    ASSUME(left <= 65536, "the bound of this proof: an input of 64 KiB; the code has no loop");
    const uint8_t *input = any_bytes(left);
    taskseal__reader reader = {input, left};
    const uint8_t *bytes;
    uint8_t small;
    uint16_t wide;
    if (taskseal__take(&reader, len, &bytes)) {
        CHECK(bytes == input && reader.next == input + len && reader.left == left - len,
              "what is taken is next");
        CHECK(len == 0 || __CPROVER_r_ok(bytes, len), "what is taken can be read");
        REACHED("taken");
    } else {
        CHECK(len > left && reader.next == input && reader.left == left, "refused only if it is too long");
        REACHED("refused");
    }
    reader = (taskseal__reader){input, left};
    bool took = taskseal__take_u8(&reader, &small);
    CHECK(took == (left >= 1), "a byte is taken if there is one");
    CHECK(!took || (small == input[0] && reader.left == left - 1), "the byte is the next one");
    reader = (taskseal__reader){input, left};
    took = taskseal__take_u16(&reader, &wide);
    CHECK(took == (left >= 2), "two bytes are taken if there are two");
    CHECK(!took || wide == input[0] * 256 + input[1], "u16 is big-endian");
    CHECK(took || reader.left == left, "half a u16 is not taken");
}

/* Every put writes its bytes, big-endian, and returns the position behind. */
void proof_put(void)
{
    uint8_t out[8];
    uint64_t value = nondet_u64();
    uint8_t small = nondet_u8();
    uint16_t wide = nondet_u16();
    uint32_t long_ = nondet_unsigned();
    const uint8_t *read;
    uint16_t again;
    CHECK(taskseal__put_u8(out, small) == out + 1 && out[0] == small, "u8");
    CHECK(taskseal__put_u16(out, wide) == out + 2, "u16 is two bytes");
    taskseal__reader reader = {out, 2};
    CHECK(taskseal__take_u16(&reader, &again) && again == wide, "u16 is read as it was written");
    CHECK(taskseal__put_u32(out, long_) == out + 4, "u32 is four bytes");
    CHECK(out[0] == long_ >> 24 && out[3] == long_ % 256 && out[1] * 256 + out[2] == (long_ >> 8) % 65536,
          "u32 is big-endian");
    CHECK(taskseal__put_u64(out, value) == out + 8, "u64 is eight bytes");
    CHECK(taskseal__get_u64(out) == value, "u64 is read as it was written");
    CHECK(out[0] == value >> 56 && out[7] == value % 256, "u64 is big-endian");
    read = out;
    CHECK(taskseal__put(out, read, 0) == out, "nothing put");
    REACHED("all written");
}

void proof_put_bytes(void)
{
    size_t len = nondet_size(), at = nondet_size();
    ASSUME(len <= 255, "the bound of this proof: the longest field with a length of one byte");
    const uint8_t *bytes = any_bytes(len);
    uint8_t *out = any_bytes(len);
    CHECK(taskseal__put(out, bytes, len) == out + len, "the position behind");
    CHECK(at >= len || out[at] == bytes[at], "every byte is copied");
    REACHED("copied");
}

/* Against the definition: some byte of one range is a byte of the other. `shared` is any such byte. */
void proof_overlap(void)
{
    uint8_t memory[64];
    size_t a = nondet_size(), a_len = nondet_size(), b = nondet_size(), b_len = nondet_size();
    size_t shared = nondet_size();
    ASSUME(a <= sizeof memory && a_len <= sizeof memory - a, "a range is part of an object");
    ASSUME(b <= sizeof memory && b_len <= sizeof memory - b, "a range is part of an object");
    bool overlap = taskseal__overlap(memory + a, a_len, memory + b, b_len);
    bool is_shared = shared >= a && shared - a < a_len && shared >= b && shared - b < b_len;
    CHECK(!is_shared || overlap, "ranges with a common byte overlap");
    CHECK(!overlap || (a_len > 0 && b_len > 0 && a < b + b_len && b < a + a_len), "others do not");
    CHECK(taskseal__overlap(memory + b, b_len, memory + a, a_len) == overlap, "it is symmetric");
    CHECK(!taskseal__overlap(NULL, 0, memory, sizeof memory), "nothing overlaps nothing");
    REACHED_IF(overlap, "overlap");
    REACHED_IF(!overlap, "none");
}

/* The bits name exactly the fields that are present, in the order of F 5.11. */
void proof_context(void)
{
    uint8_t byte;
    taskseal_bytes fields[4];
    unsigned given;
    bool fine = true;
    for (unsigned i = 0; i < 4; i++) {
        fields[i].data = nondet_bool() ? &byte : NULL;
        fields[i].len = nondet_size();
        fine = fine &&
               (fields[i].data == NULL ? fields[i].len == 0 : fields[i].len >= 1 && fields[i].len <= 65535);
    }
    const taskseal_context context = {fields[0], fields[1], fields[2], fields[3]};
    bool valid = taskseal__context_given(&context, &given);
    CHECK(valid == fine, "valid exactly if every field is absent or of 1 to 65535 bytes");
    if (!valid) {
        REACHED("refused");
        return;
    }
    CHECK(given < 16, "no other bit");
    for (unsigned i = 0; i < 4; i++) {
        taskseal_bytes field = taskseal__context_field(&context, i);
        CHECK(field.data == fields[i].data && field.len == fields[i].len,
              "fields stand in the order of their bits");
        CHECK(((given >> i & 1) != 0) == (fields[i].data != NULL), "a bit for each field that is present");
    }
    REACHED("valid");
}

void proof_context_overlaps(void)
{
    uint8_t memory[16];
    const taskseal_context context = {{memory, 1}, {memory + 2, 2}, {NULL, 0}, {memory + 8, 4}};
    size_t at = nondet_size(), len = nondet_size();
    ASSUME(at <= sizeof memory && len <= sizeof memory - at, "a buffer is part of an object");
    bool overlap = taskseal__context_overlaps(&context, memory + at, len);
    bool shares = false;
    for (size_t i = 0; i < len; i++) {
        size_t byte = at + i;
        shares = shares || byte == 0 || byte == 2 || byte == 3 || (byte >= 8 && byte < 12);
    }
    CHECK(overlap == shares, "overlaps exactly if a byte of a field is in the buffer");
    REACHED_IF(overlap, "overlap");
    REACHED_IF(!overlap, "none");
}
