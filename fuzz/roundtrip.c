/* SPDX-License-Identifier: MIT
 * Input: any bytes, taken in three ways. As an envelope: what parses, written by the library's own writer from what was
 * parsed, is the same bytes. As choices for the fields of a header: what the writer makes of them parses to the same
 * fields, with chunks of any length that the format allows. As a payload: what is padded unpads to the same. */
#include "fuzz.h"

#include "core/header.h"
#include "core/padding.h"
#include "core/suite.h"
#include "core/wire.h"

/* ---- An envelope, parsed and written ---- */

static uint8_t *put_stanza(uint8_t *at, const taskseal__stanza *stanza)
{
    at = taskseal__put_stanza_head(at, stanza->type, stanza->key_id, stanza->key_id_len, stanza->body_len);
    return taskseal__put(at, stanza->body, stanza->body_len);
}

static uint8_t *put_header(uint8_t *at, const taskseal__header *h)
{
    const taskseal__preamble preamble = {h->suite, h->purpose,   h->padded,
                                         h->bound, h->sealed_at, h->expires_at};
    at = taskseal__put_preamble(at, &preamble);
    at = taskseal__put(at, h->commitment, TASKSEAL__COMMITMENT_BYTES);
    at = taskseal__put_u8(at, h->stanza_count);
    for (size_t i = 0; i < h->stanza_count; i++)
        at = put_stanza(at, &h->stanzas[i]);
    return taskseal__put(at, h->mac, TASKSEAL__MAC_BYTES);
}

/* Who reads a header bit by bit is asked for no more than it holds, and for all of it. Each beginning stands in memory
 * of exactly its length. */
static void check_asks(const uint8_t *data, size_t header_len)
{
    size_t len = 0;
    for (;;) {
        uint8_t *beginning = malloc(len > 0 ? len : 1);
        HOLDS(beginning != NULL);
        memcpy(beginning, data, len);
        size_t asks = taskseal__header_asks(beginning, len);
        free(beginning);
        HOLDS(asks <= header_len && asks >= len);
        if (asks == len)
            break;
        len = asks;
    }
    HOLDS(len == header_len);
}

static void check_parsed(const uint8_t *data, size_t size)
{
    taskseal__header header;
    uint8_t again[TASKSEAL_HEADER_MAX];
    size_t chunks_len;
    size_t asks = taskseal__header_asks(data, size);
    HOLDS(asks >= size || asks <= TASKSEAL_HEADER_MAX);
    if (taskseal__header_parse(&header, data, size) != TASKSEAL_OK)
        return;
    reached_depth();
    size_t len = taskseal__header_len(&header);
    HOLDS(len <= sizeof again && len + header.chunks_len == size);
    HOLDS((size_t)(put_header(again, &header) - again) == len && memcmp(again, data, len) == 0);
    HOLDS(taskseal__chunks_len(header.suite, header.payload_len, &chunks_len));
    HOLDS(chunks_len == header.chunks_len);
    check_asks(data, len);
}

/* ---- Choices, written and parsed ---- */

typedef struct {
    const uint8_t *next;
    size_t left;
} choices;

static unsigned choose(choices *c, unsigned count)
{
    unsigned value = 0;
    for (unsigned i = 0; i < 2 && c->left > 0; i++, c->left--)
        value = value << 8 | *c->next++;
    return value % count;
}

static uint64_t choose_u64(choices *c, uint64_t count)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < 4; i++)
        value = value << 16 | choose(c, 65536);
    return value % count;
}

/* Ids ascend: each is the one before and more, or that one with a last character that is greater. */
static void choose_id(choices *c, char *id, const char *previous)
{
    static const char alphabet[] = "+-./0123456789:@ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";
    static const char first[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    size_t len = strlen(previous);
    memcpy(id, previous, len + 1);
    if (len == 0) {
        id[len++] = first[choose(c, sizeof first - 1)];
    } else if (id[len - 1] < 'z' && (choose(c, 2) == 0 || len == TASKSEAL_KEY_ID_MAX)) {
        id[len - 1] = 'z';
    } else {
        HOLDS(len < TASKSEAL_KEY_ID_MAX);
        id[len++] = alphabet[choose(c, sizeof alphabet - 1)];
    }
    for (unsigned more = choose(c, 24); more > 0 && len < 200; more--)
        id[len++] = alphabet[choose(c, sizeof alphabet - 1)];
    id[len] = '\0';
}

typedef struct {
    taskseal__header header;
    char ids[TASKSEAL_STANZAS_MAX][TASKSEAL_KEY_ID_MAX + 1];
    uint8_t body[2048]; /* all bodies, from their beginning */
    uint8_t bytes[TASKSEAL__COMMITMENT_BYTES + TASKSEAL__MAC_BYTES];
} chosen;

static void choose_stanzas(choices *c, chosen *made)
{
    taskseal__header *h = &made->header;
    h->stanza_count = 1 + choose(c, TASKSEAL_STANZAS_MAX);
    h->anonymous = choose(c, 8) == 0;
    for (size_t i = 0; i < h->stanza_count; i++) {
        unsigned type = choose(c, 4) == 0 ? choose(c, 128) : 1 + choose(c, 2);
        size_t fixed = h->anonymous ? 0 : taskseal__body_len(type);
        choose_id(c, made->ids[i], i > 0 ? made->ids[i - 1] : "");
        h->stanzas[i].type = (uint8_t)(type | (h->anonymous ? 0x80 : 0));
        h->stanzas[i].key_id = (const uint8_t *)made->ids[i];
        h->stanzas[i].key_id_len = strlen(made->ids[i]);
        h->stanzas[i].body = made->body;
        h->stanzas[i].body_len = fixed != 0 ? fixed : 1 + choose(c, choose(c, 4) == 0 ? 2048 : 64);
    }
}

static void choose_header(choices *c, chosen *made)
{
    taskseal__header *h = &made->header;
    h->suite = (taskseal_suite)(1 + choose(c, 3));
    h->purpose = (taskseal_purpose)choose(c, 4);
    h->padded = choose(c, 2) != 0;
    h->bound = (uint8_t)choose(c, 16);
    h->sealed_at = 1 + choose_u64(c, TASKSEAL_TIME_MAX);
    if (choose(c, 2) != 0 && h->sealed_at < TASKSEAL_TIME_MAX)
        h->expires_at = h->sealed_at + 1 + choose_u64(c, TASKSEAL_TIME_MAX - h->sealed_at);
    for (size_t i = 0; i < sizeof made->bytes; i++)
        made->bytes[i] = (uint8_t)(i * 7 + c->left);
    for (size_t i = 0; i < sizeof made->body; i++)
        made->body[i] = (uint8_t)(i * 13 + c->left);
    h->commitment = made->bytes;
    h->mac = made->bytes + TASKSEAL__COMMITMENT_BYTES;
    choose_stanzas(c, made);
}

static void check_same(const taskseal__header *a, const taskseal__header *b)
{
    HOLDS(a->suite == b->suite && a->purpose == b->purpose && a->padded == b->padded);
    HOLDS(a->bound == b->bound && a->sealed_at == b->sealed_at && a->expires_at == b->expires_at);
    HOLDS(a->anonymous == b->anonymous && a->stanza_count == b->stanza_count);
    HOLDS(memcmp(a->commitment, b->commitment, TASKSEAL__COMMITMENT_BYTES) == 0);
    HOLDS(memcmp(a->mac, b->mac, TASKSEAL__MAC_BYTES) == 0);
    for (size_t i = 0; i < a->stanza_count; i++) {
        const taskseal__stanza *s = &a->stanzas[i];
        const taskseal__stanza *t = &b->stanzas[i];
        HOLDS(s->type == t->type && s->key_id_len == t->key_id_len && s->body_len == t->body_len);
        HOLDS(memcmp(s->key_id, t->key_id, s->key_id_len) == 0);
        HOLDS(memcmp(s->body, t->body, s->body_len) == 0);
        HOLDS(taskseal__header_find(a, (const char *)t->key_id, t->key_id_len, t->type) == s);
    }
}

/* F 6.3: no other length of the chunks means this payload, and one that cuts the last tag means none. */
static void check_lengths(const taskseal__header *h, const uint8_t *bytes, size_t len, unsigned cut)
{
    taskseal__header other;
    size_t tag = h->suite == TASKSEAL_SUITE_AEGIS256 ? 32 : 16;
    size_t full = h->chunks_len / (TASKSEAL_CHUNK_BYTES + tag) * (TASKSEAL_CHUNK_BYTES + tag);
    HOLDS(h->chunks_len - h->payload_len == (h->payload_len / TASKSEAL_CHUNK_BYTES + 1) * tag);
    HOLDS(taskseal__header_parse(&other, bytes, len + full + cut % tag) == TASKSEAL_ERR_MALFORMED);
    if (taskseal__header_parse(&other, bytes, len + h->chunks_len + 1) == TASKSEAL_OK)
        HOLDS(other.payload_len == h->payload_len + 1);
}

/* The memory ends with the header: what follows it decides by its length alone, which may be any. */
static void check_chosen(choices c)
{
    chosen made = {.header = {.stanza_count = 0}};
    taskseal__header parsed;
    size_t payload_len;
    size_t chunks_len;
    choose_header(&c, &made);
    size_t len = TASKSEAL__STANZAS_AT + TASKSEAL__MAC_BYTES;
    for (size_t i = 0; i < made.header.stanza_count; i++)
        len += 4 + made.header.stanzas[i].key_id_len + made.header.stanzas[i].body_len;
    payload_len = (size_t)(choose_u64(&c, UINT64_MAX) >> choose(&c, 64));
    if (made.header.padded && !taskseal__padded_len(payload_len, &payload_len))
        return;
    if (!taskseal__chunks_len(made.header.suite, payload_len, &chunks_len) || chunks_len > SIZE_MAX / 2) {
        HOLDS(payload_len / TASKSEAL_CHUNK_BYTES >= (uint64_t)1 << 38 || payload_len > SIZE_MAX / 4);
        return;
    }
    uint8_t *bytes = malloc(len);
    HOLDS(bytes != NULL && put_header(bytes, &made.header) == bytes + len);
    taskseal_err err = taskseal__header_parse(&parsed, bytes, len + chunks_len);
    HOLDS(err == (len <= TASKSEAL_HEADER_MAX ? TASKSEAL_OK : TASKSEAL_ERR_MALFORMED));
    if (err == TASKSEAL_OK) {
        HOLDS(parsed.payload_len == payload_len && parsed.chunks_len == chunks_len);
        check_same(&parsed, &made.header);
        check_lengths(&parsed, bytes, len, choose(&c, 32));
    }
    free(bytes);
}

/* ---- A payload, padded and unpadded ---- */

static void check_padding(const uint8_t *data, size_t size)
{
    size_t padded;
    size_t len = size + 1;
    HOLDS(taskseal__padded_len(size, &padded) && padded > size && taskseal__padded_len_valid(padded));
    uint8_t *bytes = calloc(1, padded);
    HOLDS(bytes != NULL);
    memcpy(bytes, size > 0 ? data : bytes, size);
    bytes[size] = 0x80;
    HOLDS(taskseal__unpad(bytes, padded, &len) && len == size);
    free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_parsed(data, size);
    check_chosen((choices){data, size});
    check_padding(data, size);
    return 0;
}
