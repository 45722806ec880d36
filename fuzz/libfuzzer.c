/* SPDX-License-Identifier: MIT
 * What libFuzzer's programs have beside their target: at the end the number of inputs that got behind the first checks,
 * and, with ENVELOPE_AT, a mutator. Left alone, most mutations of an envelope would break its magic, version, flags,
 * times or the lengths of its stanzas and end there; it mends these in most inputs. */
#include "fuzz.h"

size_t fuzz_depth;

int LLVMFuzzerInitialize(int *argc, char ***argv);

static void print_depth(void)
{
    (void)fprintf(stderr, "stat::deep_units: %zu\n", fuzz_depth);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    return atexit(print_depth);
}

#ifdef ENVELOPE_AT

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed);

enum { STANZAS_AT = 56, STANZA_LEAST = 4 + 1, BEHIND_STANZAS = 16 + 16 }; /* the MAC, and a tag */

/* None of this is to be watched: it would only slow fuzzing down, and lead it astray. */
#define UNWATCHED __attribute__((no_sanitize("address", "undefined", "coverage")))

UNWATCHED static bool is_id_byte(uint8_t byte, bool first)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') ||
           (!first &&
            ((byte >= '-' && byte <= '/') || byte == '_' || byte == ':' || byte == '@' || byte == '+'));
}

UNWATCHED static void mend_preamble(uint8_t *envelope, unsigned which)
{
    memcpy(envelope, "\xC1TSL\1", 5);
    if (envelope[5] < 1 || envelope[5] > 3)
        envelope[5] = (uint8_t)(1 + envelope[5] % 3);
    envelope[6] &= which % 4 == 0 ? 0x31 : 0x30; /* few lengths are those of a padded payload */
    envelope[7] &= 0x0F;
    memset(envelope + 8, 0, 4);
    memset(envelope + 16, 0, 4);
    if (which % 8 > 1) /* else the expiry is as likely before the seal time as behind it */
        memset(envelope + 20, 0, 4);
}

UNWATCHED static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

UNWATCHED static size_t known_body(unsigned type)
{
    return type == 1 ? 72 : type == 2 ? 96 : 0;
}

/* Makes one stanza valid that has `room` bytes, at least STANZA_LEAST; what it takes. */
UNWATCHED static size_t mend_stanza(uint8_t *stanza, size_t room, unsigned class, unsigned position)
{
    size_t id_len = least(stanza[1] > 0 ? stanza[1] : 1, room - STANZA_LEAST + 1);
    uint8_t *behind = stanza + 2 + id_len;
    stanza[0] = (uint8_t)(class | (stanza[0] & 0x7F));
    stanza[1] = (uint8_t)id_len;
    if (position > 0 && stanza[2] < 'm') /* ids ascend, more often than not */
        stanza[2] = (uint8_t)('m' + position);
    for (size_t i = 0; i < id_len; i++)
        if (!is_id_byte(stanza[2 + i], i == 0))
            stanza[2 + i] = (uint8_t)('a' + stanza[2 + i] % 26);
    room -= 4 + id_len;
    size_t body_len = known_body(stanza[0]);
    if (body_len > room)
        stanza[0] = 3;
    if (body_len == 0 || body_len > room)
        body_len = least(room, (size_t)(behind[0] << 8 | behind[1]) % 2048);
    behind[0] = (uint8_t)(body_len >> 8);
    behind[1] = (uint8_t)body_len;
    return 4 + id_len + body_len;
}

UNWATCHED static void mend_stanzas(uint8_t *envelope, size_t size)
{
    size_t at = STANZAS_AT + 1;
    unsigned count = envelope[STANZAS_AT] % TASKSEAL_STANZAS_MAX;
    unsigned class = envelope[at] & 0x80;
    envelope[STANZAS_AT] = 0;
    for (unsigned i = 0; i <= count && size - at >= STANZA_LEAST + BEHIND_STANZAS; i++) {
        at += mend_stanza(envelope + at, size - at - BEHIND_STANZAS, class, i);
        envelope[STANZAS_AT]++;
    }
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
    size = LLVMFuzzerMutate(data, size, max_size);
    if (seed % 4 != 0 && size >= ENVELOPE_AT + STANZAS_AT + 1 + STANZA_LEAST + BEHIND_STANZAS) {
        mend_preamble(data + ENVELOPE_AT, seed / 4);
        if (seed / 64 % 4 != 0)
            mend_stanzas(data + ENVELOPE_AT, size - ENVELOPE_AT);
    }
    return size;
}

#endif
