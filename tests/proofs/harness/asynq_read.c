/* SPDX-License-Identifier: MIT */
#include "asynq_message.h"

/* What is counted is written, in as much room, and read again. */
void proof_varint(void)
{
    uint64_t value = nondet_u64(), again;
    writer counted = {NULL, 0};
    put_varint(&counted, value);
    CHECK(counted.len >= 1 && counted.len <= 10, "64 bits are ten groups of seven at most");
    writer written = {any_bytes(counted.len), 0};
    put_varint(&written, value);
    CHECK(written.len == counted.len, "what is counted is written");
    taskseal__reader reader = {written.out, written.len};
    CHECK(take_varint(&reader, &again) && again == value && reader.left == 0, "read as it was written");
    REACHED_IF(written.len == 10, "the longest");
    REACHED_IF(written.len == 1, "the shortest");
}

/* Whatever stands there. */
void proof_take_varint(void)
{
    size_t len = nondet_size();
    uint64_t value;
    ASSUME(len <= 12, "the bound of this proof: the longest number, and two bytes more");
    const uint8_t *bytes = any_bytes(len);
    taskseal__reader reader = {bytes, len};
    if (!take_varint(&reader, &value)) {
        REACHED_IF(len == 12, "refused");
        REACHED_IF(len == 0, "nothing there");
        return;
    }
    const size_t taken = len - reader.left;
    CHECK(reader.next == bytes + taken && taken >= 1 && taken <= 10, "what is taken is next");
    CHECK(bytes[taken - 1] <= 0x7F, "up to the byte that says it is the last");
    CHECK((value & 0x7F) == (bytes[0] & 0x7F), "its lowest bits come first");
    CHECK(taken < 10 || bytes[9] <= 1, "no bit is lost");
    REACHED_IF(taken == 10, "taken");
}

/* Any number, of one to ten bytes; take_varint has its own proofs. */
static uint64_t g_value;
bool any_varint(taskseal__reader *reader, uint64_t *value)
{
    const uint8_t *bytes;
    size_t len = nondet_size();
    ASSUME(len >= 1 && len <= 10, "take_varint");
    *value = g_value = nondet_u64();
    return taskseal__take(reader, len, &bytes);
}

void proof_take_value(void)
{
    size_t left = nondet_size(), len = nondet_size();
    const uint64_t type = nondet_u64();
    ASSUME(left <= 65536, "the bound of this proof: an input of 64 KiB; the code has no loop");
    taskseal__reader reader = {any_bytes(left), left};
    const uint8_t *begin = reader.next;
    if (!take_value(&reader, type, &len)) {
        REACHED_IF(type == BYTES && g_value > left, "longer than what is left");
        REACHED_IF(type == 3, "a group");
        return;
    }
    CHECK(reader.next >= begin + len && reader.left + len <= left, "a value is a part of the message");
    CHECK(type != FIXED64 || (len == 8 && reader.left == left - 8), "eight bytes");
    CHECK(type != FIXED32 || (len == 4 && reader.left == left - 4), "four bytes");
    CHECK(type != VARINT || len == 0, "a number has no bytes of its own");
    CHECK(type != BYTES || len == g_value, "as many as are announced");
    CHECK(type == VARINT || type == FIXED64 || type == BYTES || type == FIXED32, "of a type that there is");
    REACHED_IF(type == BYTES && len == 300, "bytes");
    REACHED_IF(type == FIXED32, "a fixed number");
}

/* Any value within the message; take_value has its own proof. */
static unsigned g_payloads;
bool any_value(taskseal__reader *reader, uint64_t type, size_t *len)
{
    const uint8_t *bytes;
    size_t all = nondet_size();
    *len = nondet_size();
    ASSUME(*len <= all, "take_value: a value is a part of what is taken");
    const bool taken = taskseal__take(reader, all, &bytes);
    g_payloads += taken && type == BYTES && g_value == (PAYLOAD << 3 | BYTES);
    return taken;
}

void proof_message_find(void)
{
    taskseal__asynq_place place;
    size_t len = nondet_size();
    ASSUME(len <= 6, "the bound of this proof: as many fields, since each has a byte");
    const uint8_t *message = any_bytes(len);
    if (!taskseal__asynq_message_find(message, len, &place)) {
        REACHED_IF(g_payloads == 2, "two payloads");
        return;
    }
    CHECK(g_payloads <= 1, "one payload at most");
    CHECK(place.data <= len && place.len <= len - place.data, "the payload is a part of the message");
    CHECK(g_payloads == 0 ? place.data == 0 && place.len == 0 : place.data > 0, "behind its tag");
    REACHED_IF(g_payloads == 1 && place.data == 3 && place.len == 2, "found");
    REACHED_IF(g_payloads == 0 && len == 5, "no payload");
}

void proof_take_string(void)
{
    size_t left = nondet_size(), len;
    const uint8_t *bytes, *begin = any_bytes(left);
    ASSUME(left <= 65536, "the bound of this proof: an input of 64 KiB; the code has no loop");
    taskseal__reader reader = {begin, left};
    if (!taskseal__asynq_take_string(&reader, &bytes, &len)) {
        CHECK(bytes == NULL, "nothing is given");
        REACHED_IF(left == 2, "refused");
        return;
    }
    CHECK(len <= left && bytes >= begin && (size_t)(bytes - begin) <= left - len, "within what was there");
    REACHED_IF(len == 300, "taken");
}

void proof_put_length(void)
{
    uint8_t out[TASKSEAL__ASYNQ_LENGTH_MAX];
    const size_t value = nondet_size();
    const size_t len = taskseal__asynq_put_length(out, value);
    CHECK(len <= sizeof out, "at most as long as it may be");
    taskseal__reader reader = {out, len};
    uint64_t again;
    CHECK(take_varint(&reader, &again) && again == value && reader.left == 0, "read as it was written");
    REACHED_IF(len == sizeof out, "the longest");
}
