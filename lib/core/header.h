/* SPDX-License-Identifier: MIT
 * The header of an envelope: all before its chunks (F 2 to F 4). Reader and writer stand side by side in
 * header.c, so that a change to one is seen beside the other. */
#ifndef TASKSEAL_CORE_HEADER_H
#define TASKSEAL_CORE_HEADER_H

#include <taskseal/taskseal.h>

enum {
    TASKSEAL__PREAMBLE_BYTES = 24,
    TASKSEAL__COMMITMENT_BYTES = 32,
    TASKSEAL__MAC_BYTES = 16,
    TASKSEAL__DEK_BYTES = 32,
    TASKSEAL__STANZA_COUNT_AT = TASKSEAL__PREAMBLE_BYTES + TASKSEAL__COMMITMENT_BYTES,
    TASKSEAL__STANZAS_AT = TASKSEAL__STANZA_COUNT_AT + 1,
    TASKSEAL__FIRST_ANONYMOUS_TYPE = 0x80,
    TASKSEAL__BODY_MAX = 96 /* of the stanza types that we write */
};

typedef struct taskseal__stanza {
    uint8_t type;
    const uint8_t *key_id;
    size_t key_id_len;
    const uint8_t *body;
    size_t body_len;
} taskseal__stanza;

/* A parsed envelope: views into the input, which must outlive it. */
typedef struct taskseal__header {
    const uint8_t *preamble; /* also the start of the envelope */
    const uint8_t *commitment;
    const uint8_t *mac; /* behind all that it covers */
    const uint8_t *chunks;
    size_t chunks_len;
    size_t payload_len; /* with its padding, if padded */
    taskseal_suite suite;
    taskseal_purpose purpose;
    bool padded;
    bool anonymous; /* the stanzas are of the anonymous class (F 4.2) */
    uint8_t bound;
    uint64_t sealed_at;
    uint64_t expires_at;
    size_t stanza_count;
    taskseal__stanza stanzas[TASKSEAL_STANZAS_MAX];
} taskseal__header;

/* The fields of a preamble that is to be written. */
typedef struct taskseal__preamble {
    taskseal_suite suite;
    taskseal_purpose purpose;
    bool padded;
    uint8_t bound;
    uint64_t sealed_at;
    uint64_t expires_at;
} taskseal__preamble;

/* True if `data` begins as an envelope does, in either form: then it is never plaintext (F 11). */
bool taskseal__begins_sealed(const void *data, size_t len);

/* Parses strictly, and reads no byte of `sealed` behind its first TASKSEAL_HEADER_MAX: `len` alone decides
 * whether the chunks are framed rightly. NOT_SEALED, MALFORMED, UNSUPPORTED_VERSION, UNSUPPORTED_SUITE. */
TASKSEAL_MUST_USE taskseal_err taskseal__header_parse(taskseal__header *header, const void *sealed,
                                                      size_t len);

/* The same for the header alone: what is behind its MAC is not looked at, and chunks_len and payload_len are 0. */
TASKSEAL_MUST_USE taskseal_err taskseal__header_parse_head(taskseal__header *header, const void *sealed,
                                                           size_t len);

/* How many bytes the header has at least, as far as its first `len` bytes tell. More than `len`: at most
 * TASKSEAL_HEADER_MAX, and so many are needed to go on. Else the header is complete, or what is there is none. */
size_t taskseal__header_asks(const uint8_t *bytes, size_t len);

/* Bytes before the chunks. */
size_t taskseal__header_len(const taskseal__header *header);

/* The stanza of this id and, if `type` is not 0, of this type; NULL if there is none. */
const taskseal__stanza *taskseal__header_find(const taskseal__header *header, const char *key_id,
                                              size_t key_id_len, unsigned type);

/* The order of stanzas (F 4.1): negative, 0 or positive as a stands before, at or behind b. */
int taskseal__key_id_compare(const void *a, size_t a_len, const void *b, size_t b_len);

/* True for 1..255 of [0-9A-Za-z._:/@+-], the first one alphanumeric (F 4.4). */
bool taskseal__key_id_valid(const void *key_id, size_t len);

/* Length of a stanza's body for the types that we read and write (F 4.5), 0 for others. */
size_t taskseal__body_len(unsigned type);

/* Writes a preamble of TASKSEAL__PREAMBLE_BYTES, or what stands before a stanza's body: type, id length, id
 * and body length. Both return the position behind. */
uint8_t *taskseal__put_preamble(uint8_t *at, const taskseal__preamble *fields);
uint8_t *taskseal__put_stanza_head(uint8_t *at, unsigned type, const void *key_id, size_t key_id_len,
                                   size_t body_len);

#endif
