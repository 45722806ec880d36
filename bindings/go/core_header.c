/* SPDX-License-Identifier: MIT
 * Made by bundle.py of lib/core/header.c; do not edit. */
/* SPDX-License-Identifier: MIT */
#include "core.h"


static const uint8_t magic[4] = {0xC1, 'T', 'S', 'L'};

enum {
    VERSION = 1,
    FLAG_PADDED = 0x01,
    FLAGS_RESERVED = 0x0E,
    PURPOSE_SHIFT = 4,
    BOUND_RESERVED = 0xF0,
    FOREIGN_BODY_MAX = 2048
};

/* ---- Telling envelopes from plaintext (F 11) ---- */

enum { TEXT_PREFIX_BYTES = sizeof TASKSEAL_TEXT_PREFIX - 1 };

static bool begins_as_text(const void *data, size_t len)
{
    return len >= TEXT_PREFIX_BYTES && memcmp(data, TASKSEAL_TEXT_PREFIX, TEXT_PREFIX_BYTES) == 0;
}

/* More of it could make it the text form, which is never plaintext. */
static bool may_become_text(const void *data, size_t len)
{
    return len < TEXT_PREFIX_BYTES && memcmp(data, TASKSEAL_TEXT_PREFIX, len) == 0;
}

/* A non-empty proper prefix of the magic counts: a cut envelope is not plaintext. */
static bool begins_with_magic(const void *data, size_t len)
{
    size_t compared = len < sizeof magic ? len : sizeof magic;
    return compared > 0 && memcmp(data, magic, compared) == 0;
}

bool taskseal__begins_sealed(const void *data, size_t len)
{
    return begins_with_magic(data, len) || begins_as_text(data, len);
}

/* ---- Key ids and stanza bodies ---- */

static bool is_alphanumeric(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

bool taskseal__key_id_valid(const void *key_id, size_t len)
{
    const uint8_t *bytes = key_id;
    if (len < 1 || len > TASKSEAL_KEY_ID_MAX || !is_alphanumeric(bytes[0]))
        return false;
    for (size_t i = 1; i < len; i++)
        if (!is_alphanumeric(bytes[i]) && (bytes[i] == 0 || strchr("._:/@+-", bytes[i]) == NULL))
            return false;
    return true;
}

int taskseal__key_id_compare(const void *a, size_t a_len, const void *b, size_t b_len)
{
    int order = memcmp(a, b, a_len < b_len ? a_len : b_len);
    if (order != 0)
        return order;
    return (a_len > b_len) - (a_len < b_len);
}

size_t taskseal__body_len(unsigned type)
{
    switch (type) {
    case TASKSEAL_KEY_XCHACHA20POLY1305:
        return 24 + TASKSEAL__DEK_BYTES + 16;
    case TASKSEAL_KEY_AEGIS256:
        return 32 + TASKSEAL__DEK_BYTES + 32;
    default:
        return 0;
    }
}

static bool body_len_valid(unsigned type, size_t len)
{
    size_t expected = taskseal__body_len(type);
    return expected != 0 ? len == expected : len >= 1 && len <= FOREIGN_BODY_MAX;
}

/* ---- Reading ---- */

static bool parse_flags(taskseal__header *header, uint8_t flags, uint8_t bound)
{
    unsigned purpose = flags >> PURPOSE_SHIFT;
    if ((flags & FLAGS_RESERVED) != 0 || purpose > TASKSEAL_REFERENCE || (bound & BOUND_RESERVED) != 0)
        return false;
    header->padded = (flags & FLAG_PADDED) != 0;
    header->purpose = (taskseal_purpose)purpose;
    header->bound = bound;
    return true;
}

static bool parse_times(taskseal__header *header, const uint8_t *bytes)
{
    header->sealed_at = taskseal__get_u64(bytes);
    header->expires_at = taskseal__get_u64(bytes + 8);
    if (header->sealed_at < 1 || header->sealed_at > TASKSEAL_TIME_MAX)
        return false;
    return header->expires_at == 0 ||
           (header->expires_at > header->sealed_at && header->expires_at <= TASKSEAL_TIME_MAX);
}

/* Magic, version and suite have errors of their own, in this order (F 2.5 to F 2.13); the rest is MALFORMED. */
static taskseal_err parse_preamble(taskseal__header *header, taskseal__reader *reader)
{
    const uint8_t *bytes = reader->next;
    size_t len = reader->left;
    if (!taskseal__begins_sealed(bytes, len))
        return TASKSEAL_ERR_NOT_SEALED;
    if (len <= sizeof magic || memcmp(bytes, magic, sizeof magic) != 0)
        return TASKSEAL_ERR_MALFORMED;
    if (bytes[4] != VERSION)
        return TASKSEAL_ERR_UNSUPPORTED_VERSION;
    if (len <= 5)
        return TASKSEAL_ERR_MALFORMED;
    if (!taskseal__suite_known(bytes[5]))
        return TASKSEAL_ERR_UNSUPPORTED_SUITE;
    header->suite = (taskseal_suite)bytes[5];
    if (!taskseal__take(reader, TASKSEAL__PREAMBLE_BYTES, &header->preamble) ||
        !parse_flags(header, bytes[6], bytes[7]) || !parse_times(header, bytes + 8))
        return TASKSEAL_ERR_MALFORMED;
    return TASKSEAL_OK;
}

static bool parse_stanza(taskseal__stanza *stanza, taskseal__reader *reader)
{
    uint8_t key_id_len;
    uint16_t body_len;
    if (!taskseal__take_u8(reader, &stanza->type) || !taskseal__take_u8(reader, &key_id_len) ||
        !taskseal__take(reader, key_id_len, &stanza->key_id) || !taskseal__take_u16(reader, &body_len) ||
        !taskseal__take(reader, body_len, &stanza->body))
        return false;
    stanza->key_id_len = key_id_len;
    stanza->body_len = body_len;
    return taskseal__key_id_valid(stanza->key_id, stanza->key_id_len) &&
           body_len_valid(stanza->type, stanza->body_len);
}

/* Strictly ascending ids, so each occurs once; one class for all of them (F 4.1, F 4.2). */
static bool stanza_fits(const taskseal__stanza *previous, const taskseal__stanza *stanza)
{
    bool anonymous = stanza->type >= TASKSEAL__FIRST_ANONYMOUS_TYPE;
    bool previous_anonymous = previous->type >= TASKSEAL__FIRST_ANONYMOUS_TYPE;
    return anonymous == previous_anonymous &&
           taskseal__key_id_compare(previous->key_id, previous->key_id_len, stanza->key_id,
                                    stanza->key_id_len) < 0;
}

static bool parse_stanzas(taskseal__header *header, taskseal__reader *reader)
{
    uint8_t count;
    if (!taskseal__take_u8(reader, &count) || count < 1 || count > TASKSEAL_STANZAS_MAX)
        return false;
    for (size_t i = 0; i < count; i++)
        if (!parse_stanza(&header->stanzas[i], reader) ||
            (i > 0 && !stanza_fits(&header->stanzas[i - 1], &header->stanzas[i])))
            return false;
    header->stanza_count = count;
    header->anonymous = header->stanzas[0].type >= TASKSEAL__FIRST_ANONYMOUS_TYPE;
    return true;
}

taskseal_err taskseal__header_parse_head(taskseal__header *header, const void *sealed, size_t len)
{
    taskseal__reader reader = {sealed, len < TASKSEAL_HEADER_MAX ? len : TASKSEAL_HEADER_MAX};
    taskseal_err err = parse_preamble(header, &reader);
    if (err != TASKSEAL_OK)
        return err;
    if (!taskseal__take(&reader, TASKSEAL__COMMITMENT_BYTES, &header->commitment) ||
        !parse_stanzas(header, &reader) || !taskseal__take(&reader, TASKSEAL__MAC_BYTES, &header->mac))
        return TASKSEAL_ERR_MALFORMED;
    header->chunks = reader.next;
    header->chunks_len = 0;
    header->payload_len = 0;
    return TASKSEAL_OK;
}

taskseal_err taskseal__header_parse(taskseal__header *header, const void *sealed, size_t len)
{
    taskseal_err err = taskseal__header_parse_head(header, sealed, len);
    if (err != TASKSEAL_OK)
        return err;
    header->chunks_len = len - taskseal__header_len(header);
    if (!taskseal__payload_len(header->suite, header->chunks_len, &header->payload_len))
        return TASKSEAL_ERR_MALFORMED;
    if (header->padded && !taskseal__padded_len_valid(header->payload_len))
        return TASKSEAL_ERR_MALFORMED;
    return TASKSEAL_OK;
}

/* Only lengths are looked at: what they hold is for the parser to judge. */
size_t taskseal__header_asks(const uint8_t *bytes, size_t len)
{
    size_t at = TASKSEAL__STANZAS_AT;
    if (len > 0 && !begins_with_magic(bytes, len))
        return may_become_text(bytes, len) ? TEXT_PREFIX_BYTES : len;
    if (len < at)
        return at;
    for (unsigned left = bytes[TASKSEAL__STANZA_COUNT_AT]; left > 0; left--) {
        size_t id_end = at + 2; /* as long as the id's length is not known */
        if (len >= id_end)
            id_end += bytes[at + 1];
        if (len < id_end + 2)
            return id_end + 2 <= TASKSEAL_HEADER_MAX ? id_end + 2 : len;
        at = id_end + 2 + ((size_t)bytes[id_end] << 8 | bytes[id_end + 1]);
        if (at > TASKSEAL_HEADER_MAX)
            return len;
    }
    return at + TASKSEAL__MAC_BYTES <= TASKSEAL_HEADER_MAX ? at + TASKSEAL__MAC_BYTES : len;
}

size_t taskseal__header_len(const taskseal__header *header)
{
    return (size_t)(header->chunks - header->preamble);
}

const taskseal__stanza *taskseal__header_find(const taskseal__header *header, const char *key_id,
                                              size_t key_id_len, unsigned type)
{
    for (size_t i = 0; i < header->stanza_count; i++) {
        const taskseal__stanza *stanza = &header->stanzas[i];
        if (stanza->key_id_len == key_id_len && memcmp(stanza->key_id, key_id, key_id_len) == 0)
            return type == 0 || stanza->type == type ? stanza : NULL;
    }
    return NULL;
}

/* ---- Writing ---- */

uint8_t *taskseal__put_preamble(uint8_t *at, const taskseal__preamble *fields)
{
    at = taskseal__put(at, magic, sizeof magic);
    at = taskseal__put_u8(at, VERSION);
    at = taskseal__put_u8(at, fields->suite);
    at =
        taskseal__put_u8(at, (unsigned)fields->purpose << PURPOSE_SHIFT | (fields->padded ? FLAG_PADDED : 0));
    at = taskseal__put_u8(at, fields->bound);
    at = taskseal__put_u64(at, fields->sealed_at);
    return taskseal__put_u64(at, fields->expires_at);
}

uint8_t *taskseal__put_stanza_head(uint8_t *at, unsigned type, const void *key_id, size_t key_id_len,
                                   size_t body_len)
{
    at = taskseal__put_u8(at, type);
    at = taskseal__put_u8(at, key_id_len);
    at = taskseal__put(at, key_id, key_id_len);
    return taskseal__put_u16(at, body_len);
}
