/* SPDX-License-Identifier: MIT
 * Input: a choice, and what waits in a queue: a payload, or a message of Asynq. It is counted once, under one of sealed, plaintext
 * and unreadable; what may be an envelope is never called plaintext; what is sealed has keys, and only plaintext has kinds of
 * secrets. A payload counts the same within a message. What stands before a secret, with a space between, hides none. */
#include "fuzz.h"

#include <sodium.h>

#include "../tools/doctor/payloads.h"

enum { MESSAGE = 1, CONTROL = 1 };

/* What goes through a server is not fuzzed. */
void payload_scan(doctor *self, payloads *to)
{
    (void)self;
    (void)to;
    abort();
}

static void check_counts(const payloads *all)
{
    uint64_t stanzas = all->other_keys;
    HOLDS(all->seen <= 1 && all->seen == all->sealed + all->plain + all->unreadable);
    for (size_t i = 0; i < all->key_count; i++) {
        HOLDS(all->keys[i].count == 1 && all->keys[i].oldest == all->keys[i].newest);
        HOLDS(memchr(all->keys[i].id, '\0', sizeof all->keys[i].id) != NULL && all->keys[i].id[0] != '\0');
        stanzas++;
    }
    HOLDS(stanzas == 0 ? all->sealed == 0 : all->sealed == 1 && stanzas <= TASKSEAL_STANZAS_MAX);
    for (int kind = 0; kind < SHAPES; kind++)
        HOLDS(all->shapes[kind] <= all->plain);
}

static bool has(const uint8_t *data, size_t len, const char *word, size_t word_len)
{
    return len >= word_len && memmem(data, len, word, word_len) != NULL;
}

static void check_plain(const uint8_t *data, size_t size)
{
    char *behind = must_allocate(size + 1);
    behind[0] = ' ';
    memcpy(behind + 1, data, size);
    HOLDS(shapes_in(data, size) == shapes_in(behind, size + 1));
    free(behind);
    HOLDS(taskseal_is_sealed(data, size) == TASKSEAL_PLAIN);
    HOLDS(!has(data, size, "\xC1TSL", 4) && !has(data, size, TASKSEAL_TEXT_PREFIX, strlen(TASKSEAL_TEXT_PREFIX)));
}

static uint8_t *put_varint(uint8_t *at, size_t value)
{
    for (; value > 0x7F; value >>= 7)
        *at++ = (uint8_t)(value | 0x80);
    *at++ = (uint8_t)value;
    return at;
}

/* A type, the payload, a timeout and something of 64 bits. */
static void check_within_message(const uint8_t *data, size_t size, const payloads *alone)
{
    payloads within = {.limit = 0};
    uint8_t *message = must_allocate(size + 64);
    uint8_t *at = message;
    memcpy(at, "\x0a\4mail\x12", 7);
    at = put_varint(at + 7, size);
    memcpy(at, data, size);
    memcpy(at + size, "\x40\x88\x0e\x49--------", 12);
    payload_take_asynq(&within, (char *)message, (size_t)(at - message) + size + 12);
    HOLDS(within.seen == (size > 0) && (size == 0 || (within.sealed == alone->sealed && within.plain == alone->plain &&
                                                      memcmp(within.shapes, alone->shapes, sizeof within.shapes) == 0)));
    free(message);
    payloads_end(&within);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static payloads all; /* large */
    const bool is_message = size > 0 && (data[0] & MESSAGE) != 0;

    HOLDS(sodium_init() >= 0);
    all = (payloads){.limit = 0};
    if (size >= CONTROL) {
        data += CONTROL;
        size -= CONTROL;
    }
    if (is_message) {
        payload_take_asynq(&all, (const char *)data, size);
        check_counts(&all);
    } else {
        payload_take(&all, (const char *)data, size);
        check_counts(&all);
        HOLDS(all.seen == 1);
        if (all.plain == 1)
            check_plain(data, size);
        check_within_message(data, size, &all);
    }
    if (all.sealed + all.plain > 0)
        reached_depth();
    payloads_end(&all);
    return 0;
}
