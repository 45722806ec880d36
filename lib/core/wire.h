/* SPDX-License-Identifier: MIT
 * Reading and writing big-endian fields without ever leaving a buffer. */
#ifndef TASKSEAL_CORE_WIRE_H
#define TASKSEAL_CORE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* A view of what is left to read. Every take either succeeds wholly or leaves the reader as it was. */
typedef struct taskseal__reader {
    const uint8_t *next;
    size_t left;
} taskseal__reader;

static inline bool taskseal__take(taskseal__reader *reader, size_t len, const uint8_t **bytes)
{
    if (reader->left < len)
        return false;
    *bytes = reader->next;
    reader->next += len;
    reader->left -= len;
    return true;
}

static inline bool taskseal__take_u8(taskseal__reader *reader, uint8_t *value)
{
    const uint8_t *bytes;
    if (!taskseal__take(reader, 1, &bytes))
        return false;
    *value = bytes[0];
    return true;
}

static inline bool taskseal__take_u16(taskseal__reader *reader, uint16_t *value)
{
    const uint8_t *bytes;
    if (!taskseal__take(reader, 2, &bytes))
        return false;
    *value = (uint16_t)(bytes[0] << 8 | bytes[1]);
    return true;
}

static inline uint64_t taskseal__get_u64(const uint8_t *bytes)
{
    uint64_t value = 0;
    for (size_t i = 0; i < 8; i++)
        value = value << 8 | bytes[i];
    return value;
}

/* Each put returns the position behind what it wrote; callers have checked the room. */
static inline uint8_t *taskseal__put(uint8_t *at, const void *bytes, size_t len)
{
    memcpy(at, bytes, len);
    return at + len;
}

static inline uint8_t *taskseal__put_u8(uint8_t *at, size_t value)
{
    at[0] = (uint8_t)value;
    return at + 1;
}

static inline uint8_t *taskseal__put_u16(uint8_t *at, size_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
    return at + 2;
}

static inline uint8_t *taskseal__put_u32(uint8_t *at, size_t value)
{
    for (size_t i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> (24 - 8 * i));
    return at + 4;
}

static inline uint8_t *taskseal__put_u64(uint8_t *at, uint64_t value)
{
    for (size_t i = 0; i < 8; i++)
        at[i] = (uint8_t)(value >> (56 - 8 * i));
    return at + 8;
}

/* True if the two ranges share a byte. Compared as integers: pointers into different objects may not be. */
static inline bool taskseal__overlap(const void *a, size_t a_len, const void *b, size_t b_len)
{
    uintptr_t a_at = (uintptr_t)a;
    uintptr_t b_at = (uintptr_t)b;
    if (a_len == 0 || b_len == 0)
        return false;
    return a_at < b_at ? b_at - a_at < a_len : a_at - b_at < b_len;
}

#endif
