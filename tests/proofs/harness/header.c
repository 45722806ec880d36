/* SPDX-License-Identifier: MIT */
#include "proof.h"

#include <header.c>

/* ---- Key ids ---- */

static bool may_be_in_id(uint8_t c, bool first)
{
    bool alphanumeric = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    return alphanumeric ||
           (!first && (c == '.' || c == '_' || c == ':' || c == '/' || c == '@' || c == '+' || c == '-'));
}

/* F 4.4, for every length: of an id that is too long no byte is read, and none is there. */
void proof_key_id_valid(void)
{
    size_t len = nondet_size();
    const uint8_t *id = any_bytes(len <= ID_BOUND ? len : 0);
    bool fine = len >= 1 && len <= ID_BOUND;
    ASSUME(len <= ID_BOUND || len > 255, "the bound of this proof; what is between them runs the same loop");
    for (size_t i = 0; fine && i < len; i++)
        fine = may_be_in_id(id[i], i == 0);
    CHECK(taskseal__key_id_valid(id, len) == fine, "valid exactly by F 4.4");
    REACHED_IF(fine && len == ID_BOUND, "the longest");
    REACHED_IF(!fine && len <= ID_BOUND, "invalid");
    REACHED_IF(len > 255, "too long");
}

/* F 4.1: bytes over the shorter length, then the shorter first. */
void proof_key_id_compare(void)
{
    size_t a_len = nondet_size(), b_len = nondet_size(), at = 0;
    ASSUME(a_len <= ID_BOUND && b_len <= ID_BOUND, "the bound of this proof");
    const uint8_t *a = any_bytes(a_len), *b = any_bytes(b_len);
    while (at < a_len && at < b_len && a[at] == b[at])
        at++;
    bool ended = at == a_len || at == b_len;
    int wanted = ended ? (a_len > b_len) - (a_len < b_len) : a[at] < b[at] ? -1 : 1;
    int order = taskseal__key_id_compare(a, a_len, b, b_len);
    CHECK((order > 0) - (order < 0) == wanted, "the order of F 4.1");
    CHECK((order == 0) == (a_len == b_len && at == a_len), "equal only if the same bytes");
    REACHED_IF(wanted < 0 && ended, "a prefix");
    REACHED_IF(wanted > 0 && !ended, "behind");
    REACHED_IF(wanted == 0, "equal");
}

void proof_body_len(void)
{
    unsigned type = nondet_u8();
    size_t len = nondet_size();
    bool fine = type == 1 ? len == 72 : type == 2 ? len == 96 : len >= 1 && len <= 2048;
    CHECK(body_len_valid(type, len) == fine, "the lengths of F 4.5");
    CHECK(taskseal__body_len(type) <= TASKSEAL__BODY_MAX, "BODY_MAX is the longest of ours");
    REACHED_IF(fine, "valid");
}

/* ---- The preamble ---- */

static bool begins(const uint8_t *bytes, size_t len, const char *with, size_t with_len)
{
    size_t compared = len < with_len ? len : with_len;
    for (size_t i = 0; i < compared; i++)
        if (bytes[i] != (with[i] & 0xFF))
            return false;
    return compared > 0;
}

/* F 11.1, F 2.6, F 2.7 for every input. */
void proof_begins_sealed(void)
{
    size_t len = nondet_size();
    ASSUME(len <= 64, "the bound of this proof; nothing behind byte 5 is read");
    const uint8_t *bytes = any_bytes(len);
    bool magical = begins(bytes, len, "\xC1TSL", 4), textual = len >= 5 && begins(bytes, len, "tsl1.", 5);
    CHECK(taskseal__begins_sealed(bytes, len) == (magical || textual),
          "the magic, a part of it, or the text prefix");
    REACHED_IF(magical && len < 4, "a stump");
    REACHED_IF(textual, "text");
}

/* The errors of F 2.5 to F 2.13, in their order. */
static taskseal_err wanted_error(const uint8_t *bytes, size_t len)
{
    if (!begins(bytes, len, "\xC1TSL", 4))
        return len >= 5 && begins(bytes, len, "tsl1.", 5) ? TASKSEAL_ERR_MALFORMED : TASKSEAL_ERR_NOT_SEALED;
    if (len <= 4)
        return TASKSEAL_ERR_MALFORMED;
    if (bytes[4] != 1)
        return TASKSEAL_ERR_UNSUPPORTED_VERSION;
    if (len == 5)
        return TASKSEAL_ERR_MALFORMED;
    return bytes[5] >= 1 && bytes[5] <= 3 ? TASKSEAL_OK : TASKSEAL_ERR_UNSUPPORTED_SUITE;
}

static uint64_t big_endian(const uint8_t *bytes)
{
    uint64_t value = 0;
    for (size_t i = 0; i < 8; i++)
        value = value * 256 + bytes[i];
    return value;
}

/* Every input of every length: the errors in their order, the rules of section 3, and what is accepted is written back
 * byte for byte. */
void proof_parse_preamble(void)
{
    size_t len = nondet_size(), i = nondet_size();
    ASSUME(len <= 64, "the bound of this proof; nothing behind byte 24 is read");
    const uint8_t *bytes = any_bytes(len);
    taskseal__reader reader = {bytes, len};
    taskseal__header header;
    taskseal_err err = parse_preamble(&header, &reader), wanted = wanted_error(bytes, len);
    if (wanted == TASKSEAL_OK && len >= 24) {
        uint64_t sealed_at = big_endian(bytes + 8), expires_at = big_endian(bytes + 16);
        bool fine = (bytes[6] & 0x0E) == 0 && bytes[6] >> 4 <= 3 && bytes[7] <= 15 && sealed_at >= 1 &&
                    sealed_at <= TASKSEAL_TIME_MAX &&
                    (expires_at == 0 || (expires_at > sealed_at && expires_at <= TASKSEAL_TIME_MAX));
        wanted = fine ? TASKSEAL_OK : TASKSEAL_ERR_MALFORMED;
    } else if (wanted == TASKSEAL_OK) {
        wanted = TASKSEAL_ERR_MALFORMED;
    }
    CHECK(err == wanted, "the rules of sections 2 and 3, in their order");
    REACHED_IF(err == TASKSEAL_ERR_MALFORMED, "malformed");
    if (err != TASKSEAL_OK)
        return;
    uint8_t again[24];
    const taskseal__preamble fields = {header.suite, header.purpose,   header.padded,
                                       header.bound, header.sealed_at, header.expires_at};
    CHECK(reader.next == bytes + 24 && header.preamble == bytes, "24 bytes are taken");
    CHECK(taskseal__put_preamble(again, &fields) == again + 24, "24 bytes are written");
    CHECK(i >= 24 || again[i] == bytes[i], "what is accepted is written back byte for byte");
    REACHED("accepted");
}

/* ---- Stanzas: key ids are judged by functions that have their own proofs, and may answer anything here ---- */

bool any_valid(const void *key_id, size_t len)
{
    CHECK(len == 0 || __CPROVER_r_ok(key_id, len), "the key id is there");
    bool valid = nondet_bool();
    ASSUME(!valid || (len >= 1 && len <= 255), "proved of key_id_valid by the proof key_id_valid");
    return valid;
}

void proof_parse_stanza(void)
{
    size_t len = nondet_size();
    ASSUME(len <= TASKSEAL_HEADER_MAX, "the parser looks at so many bytes at most (F 2.3)");
    const uint8_t *bytes = any_bytes(len);
    taskseal__reader reader = {bytes, len};
    taskseal__stanza stanza;
    if (!parse_stanza(&stanza, &reader)) {
        REACHED("refused");
        return;
    }
    CHECK(stanza.key_id_len >= 1 && stanza.key_id_len <= 255, "the key id's length");
    CHECK(stanza.body_len >= 1 && stanza.body_len <= 2048, "the body's length");
    CHECK(stanza.key_id == bytes + 2 && stanza.body == bytes + 4 + stanza.key_id_len,
          "its fields stand in their order");
    CHECK(reader.next == stanza.body + stanza.body_len, "the next stanza stands behind the body");
    CHECK(__CPROVER_r_ok(stanza.body, stanza.body_len), "the body is there");
    CHECK(stanza.type == bytes[0] && stanza.key_id_len == bytes[1], "type and id length are the bytes");
    CHECK(stanza.body_len == bytes[2 + stanza.key_id_len] * 256 + bytes[3 + stanza.key_id_len],
          "body_len is its u16");
    REACHED("accepted");
}

/* What is written is what would be parsed to these fields. */
void proof_put_stanza_head(void)
{
    unsigned type = nondet_u8();
    size_t id_len = nondet_u8(), body_len = nondet_u16(), i = nondet_size();
    const uint8_t *id = any_bytes(id_len);
    uint8_t *out = any_bytes(4 + id_len);
    CHECK(taskseal__put_stanza_head(out, type, id, id_len, body_len) == out + 4 + id_len,
          "4 bytes and the id");
    CHECK(out[0] == type && out[1] == id_len, "type and id length");
    CHECK(i >= id_len || out[2 + i] == id[i], "the id");
    CHECK(out[2 + id_len] * 256 + out[3 + id_len] == body_len, "the body's length");
    REACHED("written");
}

bool any_suite_known(unsigned suite)
{
    return suite >= 1 && suite <= 3; /* exactly, by the proof suite_known */
}

/* ---- All stanzas: each is parsed by parse_stanza, which has its own proof, and stands for itself here ---- */

static taskseal__header g_header;
static uint8_t g_ids[TASKSEAL_STANZAS_MAX];
static size_t g_parsed, g_compared;
static bool g_ordered = true;

bool any_stanza(taskseal__stanza *stanza, taskseal__reader *reader)
{
    (void)reader;
    CHECK(g_parsed < TASKSEAL_STANZAS_MAX && stanza == &g_header.stanzas[g_parsed], "into the next place");
    stanza->type = nondet_u8();
    stanza->key_id = &g_ids[g_parsed];
    stanza->key_id_len = g_parsed;
    g_parsed++;
    return nondet_bool();
}

int any_order(const void *a, size_t a_len, const void *b, size_t b_len)
{
    CHECK(g_parsed >= 2 && a == &g_ids[g_parsed - 2] && b == &g_ids[g_parsed - 1], "neighbours");
    CHECK(a_len == g_parsed - 2 && b_len == g_parsed - 1, "their lengths");
    int order = nondet_int();
    g_ordered = g_ordered && order < 0;
    g_compared++;
    return order;
}

/* F 4.1, F 4.2: every stanza once, each behind the one before, all of one class. */
void proof_parse_stanzas(void)
{
    uint8_t count = nondet_u8();
    size_t left = nondet_bool(), i = nondet_size();
    taskseal__reader reader = {&count, left};
    if (!parse_stanzas(&g_header, &reader)) {
        REACHED_IF(g_parsed == 8, "refused at the last");
        REACHED_IF(left == 0, "no count");
        REACHED_IF(count == 9 && left == 1, "too many");
        return;
    }
    CHECK(count >= 1 && count <= 8, "1 to 8 stanzas");
    CHECK(g_header.stanza_count == count && g_parsed == count, "as many as the count says");
    CHECK(g_ordered && g_compared == count - 1U, "each id was found to stand before the next");
    CHECK(i >= count || (g_header.stanzas[i].type >= 0x80) == g_header.anonymous, "one class (F 4.2)");
    REACHED_IF(count == 8, "eight stanzas");
    REACHED_IF(count == 1, "one stanza");
}

static const uint8_t *g_input;
static size_t g_seen, g_end;

/* Any number of bytes of what is left; by the proofs parse_stanzas and parse_stanza it takes no more. */
bool any_stanzas(taskseal__header *header, taskseal__reader *reader)
{
    (void)header;
    size_t taken = nondet_size();
    CHECK(reader->next == g_input + 56 && reader->left == g_seen - 56, "stanzas stand behind the commitment");
    ASSUME(taken <= reader->left, "proved by the proof parse_stanza");
    reader->next += taken;
    reader->left -= taken;
    g_end = 56 + taken;
    return nondet_bool();
}

/* Preamble, commitment, stanzas, MAC: one behind the other, in the first 4096 bytes. */
void proof_header_head(void)
{
    size_t len = nondet_size();
    /* Only the first 4096 bytes are there: reading behind them would be a fault. */
    g_seen = len < TASKSEAL_HEADER_MAX ? len : TASKSEAL_HEADER_MAX;
    g_input = any_bytes(g_seen);
    taskseal__header header;
    taskseal_err err = taskseal__header_parse_head(&header, g_input, len);
    REACHED_IF(err == TASKSEAL_ERR_MALFORMED && len > 1000, "malformed");
    if (err != TASKSEAL_OK) {
        CHECK(err == TASKSEAL_ERR_NOT_SEALED || err == TASKSEAL_ERR_MALFORMED ||
                  err == TASKSEAL_ERR_UNSUPPORTED_VERSION || err == TASKSEAL_ERR_UNSUPPORTED_SUITE,
              "no other error");
        return;
    }
    CHECK(header.preamble == g_input && header.commitment == g_input + 24, "preamble and commitment");
    CHECK(header.mac == g_input + g_end && header.chunks == header.mac + 16, "the MAC, then the chunks");
    CHECK(taskseal__header_len(&header) == g_end + 16, "the header's length");
    CHECK(g_end + 16 <= 4096 && g_end + 16 <= len, "at most 4096 bytes (F 2.3)");
    REACHED_IF(g_end + 16 == 4096 && len > 5000, "the longest");
    REACHED_IF(g_end + 16 == len, "no chunks");
}

/* A head that was parsed, of any length, by the proof header_head. */
taskseal_err any_head(taskseal__header *header, const void *sealed, size_t len)
{
    unsigned err = nondet_unsigned();
    CHECK(sealed == g_input, "the whole input");
    g_end = nondet_size();
    ASSUME(g_end <= TASKSEAL_HEADER_MAX && g_end <= len, "proved by the proof header_head");
    header->preamble = g_input;
    header->chunks = g_input + g_end;
    header->padded = nondet_bool();
    return (taskseal_err)err;
}

static size_t g_payload_len;
static bool g_framed, g_padme;

bool known_payload_len(taskseal_suite suite, size_t chunks_len, size_t *payload_len)
{
    (void)suite, (void)chunks_len;
    *payload_len = g_payload_len;
    return g_framed;
}

bool known_padded_len(size_t padded)
{
    CHECK(padded == g_payload_len, "the padded payload's length");
    return g_padme;
}

/* The framing of the chunks (F 6.6) and the padded length (F 7.3) decide, by the length alone: no byte behind the
 * header is there. */
void proof_header_parse(void)
{
    size_t len = nondet_size();
    taskseal__header header;
    g_input = any_bytes(TASKSEAL_HEADER_MAX);
    g_payload_len = nondet_size();
    g_framed = nondet_bool();
    g_padme = nondet_bool();
    taskseal_err err = taskseal__header_parse(&header, g_input, len);
    REACHED_IF(err == TASKSEAL_ERR_NOT_SEALED, "the head's error");
    if (err != TASKSEAL_OK)
        return;
    CHECK(header.chunks_len == len - g_end, "chunks are all that is left");
    CHECK(header.payload_len == g_payload_len && g_framed, "framed as chunks are");
    CHECK(!header.padded || g_padme, "padded only to a length that padding has");
    REACHED_IF(header.padded, "padded");
    REACHED_IF(!header.padded && !g_padme && len > 5000, "not padded");
}

/* What is asked for grows only while the header is not known, and is never beyond 4096. */
void proof_header_asks(void)
{
    size_t len = nondet_size();
    ASSUME(len <= 80, "the bound of this proof: some stanzas; lengths that they claim are not bound");
    const uint8_t *bytes = any_bytes(len);
    size_t asks = taskseal__header_asks(bytes, len);
    CHECK(asks <= TASKSEAL_HEADER_MAX, "never more than a header");
    CHECK(asks >= 57 || asks >= len || (len == 0 || bytes[0] == 0xC1 || bytes[0] == 't'),
          "never less than what is there");
    REACHED_IF(asks > len && len > 60, "asks for more");
    REACHED_IF(asks <= len && len > 75, "has all");
}

void proof_header_find(void)
{
    uint8_t ids[12];
    taskseal__header header;
    size_t count = nondet_size(), len = nondet_size();
    unsigned type = nondet_unsigned();
    ASSUME(count >= 1 && count <= 3 && len <= 4, "the bound of this proof: 3 stanzas, ids of 4 bytes");
    const char *wanted = any_bytes(len);
    header.stanza_count = count;
    for (size_t i = 0; i < count; i++) {
        header.stanzas[i].key_id = ids + 4 * i;
        header.stanzas[i].key_id_len = nondet_size();
        header.stanzas[i].type = nondet_u8();
        ASSUME(header.stanzas[i].key_id_len >= 1 && header.stanzas[i].key_id_len <= 4,
               "the bound of this proof");
    }
    const taskseal__stanza *found = taskseal__header_find(&header, wanted, len, type);
    if (found != NULL) {
        CHECK(found >= header.stanzas && found < header.stanzas + count, "one of the header's");
        CHECK(found->key_id_len == len && memcmp(found->key_id, wanted, len) == 0, "of exactly this id");
        CHECK(type == 0 || found->type == type, "of this type");
        REACHED("found");
    } else {
        size_t i = nondet_size();
        CHECK(i >= count || header.stanzas[i].key_id_len != len ||
                  memcmp(header.stanzas[i].key_id, wanted, len) != 0 ||
                  (type != 0 && (header.stanzas[i].type != type || count > 1)),
              "none is overlooked");
        REACHED("not found");
    }
}
