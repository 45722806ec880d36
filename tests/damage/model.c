/* SPDX-License-Identifier: MIT
 * What the rules of doc/format.md say of damage, written down without the library's code. */
#include "damage.h"

static const uint8_t magic[] = {0xC1, 0x54, 0x53, 0x4C};

enum {
    VERSION_AT = 4,
    SUITE_AT = 5,
    FLAGS_AT = 6,
    BOUND_AT = 7,
    SEALED_AT = 8,
    EXPIRES_AT = 16,
    COMMITMENT_AT = 24,
    COUNT_AT = 56,
    STANZA_AT = 57
};

static const verdict any = {TASKSEAL_OK};
static const verdict authentication_failed = {TASKSEAL_ERR_AUTHENTICATION_FAILED};
static const verdict malformed = {TASKSEAL_ERR_MALFORMED};
static const verdict damaged_payload = {TASKSEAL_ERR_DAMAGED};
static const verdict unknown_key = {TASKSEAL_ERR_UNKNOWN_KEY};

static verdict forged_or(bool is_malformed)
{
    return is_malformed ? malformed : authentication_failed;
}

/* ---- Lengths: all payloads here are of one chunk, the short last one (F 6.3) ---- */

static bool chunks_fit(taskseal_suite suite, size_t chunks_len)
{
    return chunks_len >= tag_bytes(suite);
}

/* F 7.3: a padded length is at least 256 and its own Padme. */
static bool could_be_padded(size_t len)
{
    unsigned bits = 0;
    unsigned bits_of_bits = 0;
    if (len < 256)
        return false;
    for (size_t rest = len; rest > 1; rest >>= 1)
        bits++;
    for (unsigned rest = bits; rest > 0; rest >>= 1)
        bits_of_bits++;
    return (len & (((size_t)1 << (bits - bits_of_bits)) - 1)) == 0;
}

/* ---- The preamble (F 3) ---- */

static uint64_t number_at(const uint8_t *at)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < 8; i++)
        value = value << 8 | at[i];
    return value;
}

static verdict suite_flipped(const envelope *e, unsigned suite)
{
    if (suite < 1 || suite > SUITES)
        return (verdict){TASKSEAL_ERR_UNSUPPORTED_SUITE};
    return forged_or(!chunks_fit((taskseal_suite)suite, e->sealed_len - e->header_len));
}

static verdict flags_flipped(const envelope *e, unsigned flags)
{
    const bool reserved = (flags & 0x0E) != 0 || flags >> 4 > TASKSEAL_REFERENCE;
    return forged_or(reserved || ((flags & 1) != 0 && !could_be_padded(e->payload_len)));
}

static verdict time_flipped(const envelope *e, size_t bit)
{
    uint8_t times[16];
    memcpy(times, e->sealed + SEALED_AT, sizeof times);
    times[bit / 8 - SEALED_AT] ^= (uint8_t)(1U << bit % 8);
    const uint64_t sealed_at = number_at(times);
    const uint64_t expires_at = number_at(times + 8);
    return forged_or(sealed_at == 0 || sealed_at > TASKSEAL_TIME_MAX || expires_at > TASKSEAL_TIME_MAX ||
                     (expires_at != 0 && expires_at <= sealed_at));
}

/* ---- Stanzas (F 4); their ids are "a", which is the opener's, and "b" ---- */

enum { TYPE, ID_LEN, ID, BODY_LEN, BODY = BODY_LEN + 2 };

static size_t stanza_len(unsigned type)
{
    return BODY + (type == TASKSEAL_KEY_AEGIS256 ? 96 : 72);
}

static verdict type_flipped(const envelope *e, unsigned type, bool openers)
{
    if (type >= 0x80) /* the anonymous class; both classes together are malformed */
        return e->of->stanzas == 1 ? (verdict){TASKSEAL_ERR_CLASS_DENIED} : malformed;
    if (type == TASKSEAL_KEY_XCHACHA20POLY1305 || type == TASKSEAL_KEY_AEGIS256)
        return malformed; /* their bodies differ in length */
    return openers ? unknown_key : authentication_failed;
}

static verdict id_flipped(const envelope *e, uint8_t id, bool openers)
{
    const bool alphanumeric =
        (id >= '0' && id <= '9') || (id >= 'A' && id <= 'Z') || (id >= 'a' && id <= 'z');
    const bool ascending = e->of->stanzas == 1 || (openers ? id < 'b' : id > 'a');
    if (!alphanumeric || !ascending)
        return malformed;
    return openers ? unknown_key : authentication_failed;
}

static verdict stanza_flipped(const envelope *e, size_t bit)
{
    const size_t at = bit / 8;
    const uint8_t flipped = (uint8_t)(e->sealed[at] ^ 1U << bit % 8);
    const size_t first_len = stanza_len(e->sealed[STANZA_AT]);
    const bool openers = at < STANZA_AT + first_len;
    const size_t inside = at - STANZA_AT - (openers ? 0 : first_len);
    switch (inside) {
    case TYPE:
        return type_flipped(e, flipped, openers);
    case ID_LEN: /* 0, or the id would go on with the body's length, whose first byte is 0 */
    case BODY_LEN:
    case BODY_LEN + 1:
        return malformed;
    case ID:
        return id_flipped(e, flipped, openers);
    default:
        return authentication_failed;
    }
}

/* ---- Damage ---- */

verdict verdict_of_flip(const envelope *e, size_t bit)
{
    const size_t at = bit / 8;
    const uint8_t flipped = (uint8_t)(e->sealed[at] ^ 1U << bit % 8);
    if (at < VERSION_AT)
        return (verdict){TASKSEAL_ERR_NOT_SEALED};
    if (at == VERSION_AT)
        return (verdict){TASKSEAL_ERR_UNSUPPORTED_VERSION};
    if (at == SUITE_AT)
        return suite_flipped(e, flipped);
    if (at == FLAGS_AT)
        return flags_flipped(e, flipped);
    if (at == BOUND_AT)
        return forged_or(flipped > 0x0F);
    if (at < COMMITMENT_AT)
        return time_flipped(e, bit);
    if (at < COUNT_AT)
        return authentication_failed;
    if (at == COUNT_AT)
        return flipped == 0 || flipped > TASKSEAL_STANZAS_MAX ? malformed : any;
    if (at < e->header_len - MAC_BYTES)
        return stanza_flipped(e, bit);
    return at < e->header_len ? authentication_failed : damaged_payload;
}

verdict verdict_of_truncation(const envelope *e, size_t len)
{
    if (len == 0)
        return (verdict){TASKSEAL_ERR_NOT_SEALED};
    if (len < e->header_len || !chunks_fit(e->of->suite, len - e->header_len))
        return malformed;
    return damaged_payload;
}

/* A byte more or less: everything behind it has moved. */
verdict verdict_of_shift(const envelope *e, const uint8_t *damaged, size_t len)
{
    if (memcmp(damaged, magic, sizeof magic) != 0)
        return (verdict){TASKSEAL_ERR_NOT_SEALED};
    if (damaged[VERSION_AT] != 1)
        return (verdict){TASKSEAL_ERR_UNSUPPORTED_VERSION};
    if (damaged[SUITE_AT] < 1 || damaged[SUITE_AT] > SUITES)
        return (verdict){TASKSEAL_ERR_UNSUPPORTED_SUITE};
    if (len >= e->header_len && memcmp(damaged, e->sealed, e->header_len) == 0)
        return chunks_fit(e->of->suite, len - e->header_len) ? damaged_payload : malformed;
    return any;
}

bool verdict_holds(verdict expected, taskseal_err err)
{
    if (expected.exact != TASKSEAL_OK)
        return err == expected.exact;
    return err == TASKSEAL_ERR_MALFORMED || err == TASKSEAL_ERR_AUTHENTICATION_FAILED ||
           err == TASKSEAL_ERR_UNKNOWN_KEY || err == TASKSEAL_ERR_CLASS_DENIED;
}

/* ---- Damage to streams: their end is reached after all else, and they take no padded envelopes ---- */

verdict stream_verdict_of_flip(const envelope *e, size_t bit)
{
    if (bit / 8 == SUITE_AT && e->sealed[SUITE_AT] != (1U << bit % 8)) {
        const unsigned suite = e->sealed[SUITE_AT] ^ 1U << bit % 8;
        return suite <= SUITES ? authentication_failed : (verdict){TASKSEAL_ERR_UNSUPPORTED_SUITE};
    }
    if (bit == FLAGS_AT * 8)
        return (verdict){TASKSEAL_ERR_BAD_ARGUMENT};
    return verdict_of_flip(e, bit);
}

static verdict of_last_chunk(const envelope *e, size_t len)
{
    const size_t tag = tag_bytes(e->of->suite);
    return (len - e->header_len) % (TASKSEAL_CHUNK_BYTES + tag) < tag ? malformed : damaged_payload;
}

verdict stream_verdict_of_truncation(const envelope *e, size_t len)
{
    if (len == 0)
        return (verdict){TASKSEAL_ERR_NOT_SEALED};
    return len < e->header_len ? malformed : of_last_chunk(e, len);
}

verdict stream_verdict_of_shift(const envelope *e, const uint8_t *damaged, size_t len, size_t at)
{
    const size_t stride = TASKSEAL_CHUNK_BYTES + tag_bytes(e->of->suite);
    if (at < e->header_len)
        return verdict_of_shift(e, damaged, 0);
    const bool in_whole_chunk = (at - e->header_len) / stride < (len - e->header_len) / stride;
    return in_whole_chunk ? damaged_payload : of_last_chunk(e, len);
}
