/* SPDX-License-Identifier: MIT
 * Envelopes of a message are moved within the room that was counted for them. */
#include "proof.h"

#include <asynq/rewrap.c>

/* ---- Models ---- */

/* One envelope at a time, of which these say what they say throughout. */
static taskseal_sealed g_sealed;
taskseal_sealed taskseal_is_sealed(const void *data, size_t len)
{
    CHECK(len == 0 || __CPROVER_r_ok(data, len), "what is looked at is there");
    return g_sealed;
}

enum { GROWTH = 4 + TASKSEAL_KEY_ID_MAX + 96, LENGTH_MAX = TASKSEAL__ASYNQ_LENGTH_MAX };
size_t taskseal_rewrap_size(size_t sealed_len)
{
    return sealed_len <= SIZE_MAX - GROWTH ? sealed_len + GROWTH : SIZE_MAX;
}

/* Three bytes of four, without the prefix; only what is sealed decodes to an envelope. */
taskseal_err taskseal_text_decode(const char *text, size_t text_len, void *out, size_t out_cap, size_t *out_len)
{
    const size_t digits = text_len >= 5 ? text_len - 5 : 0;
    const size_t len = digits / 4 * 3 + (digits % 4 > 0 ? digits % 4 - 1 : 0);
    CHECK(__CPROVER_r_ok(text, text_len), "the text is there");
    CHECK(__CPROVER_w_ok(out, out_cap), "there is room for what it decodes to");
    CHECK(!taskseal__overlap(text, text_len, out, out_cap), "not over itself");
    CHECK(g_sealed != TASKSEAL_SEALED || out_cap >= len, "room for all of it");
    const bool decoded = g_sealed == TASKSEAL_SEALED && len > 0;
    *out_len = decoded ? len : 0;
    return decoded ? TASKSEAL_OK : TASKSEAL_ERR_MALFORMED;
}

taskseal_err taskseal_text_encode(const void *sealed, size_t sealed_len, char *out, size_t out_cap, size_t *out_len)
{
    const size_t len = 5 + sealed_len / 3 * 4 + (sealed_len % 3 > 0 ? sealed_len % 3 + 1 : 0);
    CHECK(__CPROVER_r_ok(sealed, sealed_len), "what is encoded is there");
    CHECK(__CPROVER_w_ok(out, out_cap), "the room is there");
    CHECK(!taskseal__overlap(sealed, sealed_len, out, out_cap), "not over itself");
    CHECK(out_cap > len, "room for the text and a NUL");
    *out_len = len;
    return TASKSEAL_OK;
}

taskseal_err taskseal_rewrap(const taskseal_rewrap_options *options, const void *sealed, size_t sealed_len, void *out,
                             size_t out_cap, size_t *out_len)
{
    const size_t len = nondet_size();
    CHECK(__CPROVER_r_ok(sealed, sealed_len), "what is moved is there");
    CHECK(__CPROVER_w_ok(out, out_cap), "the room is there");
    CHECK(!taskseal__overlap(sealed, sealed_len, out, out_cap), "not over itself");
    CHECK(g_sealed != TASKSEAL_SEALED || out_cap >= taskseal_rewrap_size(sealed_len), "as much room as it may take");
    ASSUME(len >= 1 && len <= sealed_len + GROWTH, "it grows by a stanza: proof_rewrap_envelope");
    const bool moved = g_sealed == TASKSEAL_SEALED && nondet_bool();
    *out_len = moved ? len : 0;
    return moved ? TASKSEAL_OK : TASKSEAL_ERR_MALFORMED;
}

static unsigned g_stanzas;
taskseal_err taskseal_inspect(const void *sealed, size_t sealed_len, taskseal_info *info)
{
    info->stanza_count = (uint8_t)g_stanzas;
    return g_sealed == TASKSEAL_SEALED ? TASKSEAL_OK : TASKSEAL_ERR_MALFORMED;
}

/* is_meant has its own proof. */
bool any_meant(const taskseal_rewrap_options *options, const uint8_t *sealed, size_t len)
{
    CHECK(options != NULL && __CPROVER_r_ok(sealed, len), "what is asked about is there");
    return g_sealed != TASKSEAL_SEALED || nondet_bool();
}

/* The kinds of envelopes, said here for itself. */
static bool holds_one(taskseal__asynq_kind kind)
{
    return kind != TASKSEAL__ASYNQ_STAYS && kind != TASKSEAL__ASYNQ_LENGTH && kind != TASKSEAL__ASYNQ_END;
}

static size_t g_told;
static void tell(taskseal_bytes sealed, taskseal_err err, void *data)
{
    CHECK(data == &g_told && sealed.len > 0, "an envelope, and the data that were given");
    g_told++;
}

/* What is given of a message: pieces of any kind that end within it; taskseal__asynq_pieces has its own proofs. */
enum { PIECES = 2 };
static taskseal__asynq_kind g_kinds[PIECES];
static size_t g_lens[PIECES];
static taskseal_sealed g_all_sealed[PIECES];

static bool may_be_length(size_t depth, size_t len)
{
    return depth < TASKSEAL__ASYNQ_DEPTH && len >= 1 && len <= LENGTH_MAX;
}

/* In place of move: no more than proof_rewrap_step lets it do, with the room that it wants. */
static uint8_t *g_out;
static void known_step(taskseal__asynq_kind kind, const uint8_t *bytes, size_t len, moving *self)
{
    room need = {0, 0};
    const size_t at = nondet_u16();
    count(kind, bytes, len, &need);
    const size_t old_at = (size_t)(self->at - g_out);
    CHECK((size_t)(self->end - self->at) >= need.all + need.scratch, "the room that was counted");
    ASSUME(at <= old_at + need.all && (at >= old_at || kind == TASKSEAL__ASYNQ_END), "proof_rewrap_step");
    self->at = g_out + at;
    self->envelopes += holds_one(kind);
    g_told += holds_one(kind) && nondet_bool();
}

static void give(taskseal__asynq_take *take, taskseal__asynq_kind kind, const uint8_t *bytes, size_t len, void *data)
{
    if (take == move)
        known_step(kind, bytes, len, data);
    else
        take(kind, bytes, len, data);
}

bool taskseal__asynq_pieces(const uint8_t *message, size_t len, taskseal__asynq_take *take, void *data)
{
    size_t at = 0, depth = 0;
    for (size_t i = 0; i < PIECES; i++) {
        const taskseal__asynq_kind kind = g_kinds[i];
        if (kind == TASKSEAL__ASYNQ_END ? depth == 0 : g_lens[i] > len - at)
            continue;
        if (kind == TASKSEAL__ASYNQ_LENGTH && !may_be_length(depth, g_lens[i]))
            continue;
        if (holds_one(kind) && g_lens[i] == 0)
            continue;
        depth += kind == TASKSEAL__ASYNQ_LENGTH;
        depth -= kind == TASKSEAL__ASYNQ_END;
        g_sealed = kind == TASKSEAL__ASYNQ_DAMAGED ? TASKSEAL_PLAIN : g_all_sealed[i];
        give(take, kind, message + at, kind == TASKSEAL__ASYNQ_END ? 0 : g_lens[i], data);
        at += kind == TASKSEAL__ASYNQ_END ? 0 : g_lens[i];
    }
    for (; depth > 0; depth--)
        give(take, TASKSEAL__ASYNQ_END, NULL, 0, data);
    return true;
}

static void any_pieces(void)
{
    for (size_t i = 0; i < PIECES; i++) {
        const unsigned kind = nondet_unsigned();
        ASSUME(kind <= TASKSEAL__ASYNQ_DAMAGED, "a kind that there is");
        g_kinds[i] = (taskseal__asynq_kind)kind;
        g_lens[i] = nondet_u16();
        g_all_sealed[i] = nondet_bool() ? TASKSEAL_SEALED : TASKSEAL_BROKEN;
    }
}

static bool g_is_message;
static size_t g_payload_at, g_payload_len;
bool taskseal__asynq_message_find(const uint8_t *message, size_t len, taskseal__asynq_place *place)
{
    CHECK(len == 0 || __CPROVER_r_ok(message, len), "the message is there");
    *place = (taskseal__asynq_place){g_payload_at, g_payload_len};
    return g_is_message;
}

size_t taskseal__asynq_put_length(uint8_t *out, size_t len)
{
    const size_t length_len = nondet_size();
    CHECK(__CPROVER_w_ok(out, TASKSEAL__ASYNQ_LENGTH_MAX), "room for the longest length");
    ASSUME(length_len >= 1 && length_len <= TASKSEAL__ASYNQ_LENGTH_MAX, "proof_put_length");
    return length_len;
}

/* ---- Sizes ---- */

void proof_rewrap_add(void)
{
    const size_t begin = nondet_size(), more = nondet_size();
    size_t sum = begin;
    add(&sum, more);
    CHECK(sum >= begin && sum >= more, "never less");
    CHECK(sum == SIZE_MAX || sum - begin == more, "the sum, or more than there can be");
    REACHED_IF(sum == SIZE_MAX && begin == 1 && more == SIZE_MAX, "saturated");
    REACHED_IF(sum == 3 && begin == 1, "a sum");
}

void proof_rewrap_count(void)
{
    const size_t all = nondet_size(), len = nondet_size(), scratch = nondet_size();
    const unsigned kind = nondet_unsigned();
    room self = {all, scratch};
    ASSUME(kind <= TASKSEAL__ASYNQ_DAMAGED, "a kind that there is");
    ASSUME(len <= (SIZE_MAX >> 2), "a length of something in memory");
    g_sealed = nondet_bool() ? TASKSEAL_SEALED : TASKSEAL_BROKEN;
    const bool sealed = g_sealed == TASKSEAL_SEALED && holds_one((taskseal__asynq_kind)kind);
    count((taskseal__asynq_kind)kind, any_bytes(len), len, &self);
    const size_t grown = self.all - all;
    CHECK(self.all >= all && self.scratch >= scratch, "never less");
    CHECK(self.all == SIZE_MAX || grown >= len || kind == TASKSEAL__ASYNQ_LENGTH, "all bytes");
    CHECK(self.all == SIZE_MAX || grown >= 10 || kind != TASKSEAL__ASYNQ_LENGTH, "the longest length");
    CHECK(self.all == SIZE_MAX || !sealed || grown >= len + GROWTH, "what an envelope may grow by");
    CHECK(!sealed || kind != TASKSEAL__ASYNQ_TEXT || self.scratch >= 2 * len + GROWTH, "both of its binary forms");
    REACHED_IF(self.all == SIZE_MAX && all < SIZE_MAX, "more than there can be");
    REACHED_IF(sealed && kind == TASKSEAL__ASYNQ_TEXT && self.scratch == scratch, "a longer one before");
    REACHED_IF(!sealed && kind == TASKSEAL__ASYNQ_TEXT, "no envelope");
}

void proof_rewrap_size_of(void)
{
    const size_t len = nondet_u16(); /* the bound of this proof */
    const uint8_t *message = nondet_bool() ? any_bytes(len) : NULL;
    any_pieces();
    const size_t size = taskseal_asynq_rewrap_size(message, len);
    CHECK(size >= 1, "a buffer of its size can be had");
    REACHED_IF(size == 1, "none");
    REACHED_IF(message != NULL && size == 10 + 100 + GROWTH, "an envelope and its length");
}

/* ---- Moving ---- */

/* A moving that has come to any place: everything counted so far has been used up, or less. */
static const uint8_t g_old[LENGTH_MAX];
static moving any_moving(uint8_t *out, size_t cap, const taskseal_rewrap_options *options)
{
    const size_t at = nondet_u16();
    ASSUME(at <= cap, "move leaves it so: checked below");
    moving self = {.options = options, .done = tell, .data = &g_told, .at = out + at, .end = out + cap};
    self.depth = nondet_u8();
    self.moved = nondet_u32();
    self.envelopes = nondet_u32();
    ASSUME(self.depth <= TASKSEAL__ASYNQ_DEPTH, "move leaves it so: checked below");
    for (size_t i = 0, least = LENGTH_MAX; i < self.depth; i++) {
        const size_t begin = nondet_u16(), old_len = nondet_u8();
        ASSUME(begin >= least && begin <= at, "begin_length: checked below");
        ASSUME(old_len >= 1 && old_len <= LENGTH_MAX, "take_varint");
        self.levels[i] = (level){g_old, old_len, out + begin, nondet_u32()};
        least = begin + LENGTH_MAX;
    }
    return self;
}

/* With as much room as count says, a step takes no more, and leaves what the next ones count on. */
void proof_rewrap_step(void)
{
    const size_t cap = nondet_u16(), len = nondet_u16(); /* the bound of this proof; the code has no loop */
    const unsigned kind = nondet_unsigned();
    ASSUME(kind <= TASKSEAL__ASYNQ_DAMAGED, "a kind that there is");
    uint8_t *out = any_bytes(cap);
    const taskseal_rewrap_options options = {0};
    moving self = any_moving(out, cap, &options);
    room need = {0, 0};
    const uint8_t *bytes = any_bytes(len);
    g_sealed = kind != TASKSEAL__ASYNQ_DAMAGED && nondet_bool() ? TASKSEAL_SEALED : TASKSEAL_BROKEN;
    ASSUME(kind != TASKSEAL__ASYNQ_LENGTH || may_be_length(self.depth, len), "proof_pieces");
    ASSUME(kind != TASKSEAL__ASYNQ_END || (len == 0 && self.depth > 0), "proof_pieces");
    ASSUME(!holds_one((taskseal__asynq_kind)kind) || len > 0, "proof_pieces");
    count((taskseal__asynq_kind)kind, bytes, len, &need);
    const uint8_t *at = self.at;
    ASSUME((size_t)(self.end - at) >= need.all + need.scratch, "the room that was counted");
    const size_t depth = self.depth, moved = self.moved;
    move((taskseal__asynq_kind)kind, bytes, len, &self);
    CHECK(self.at >= out && self.at <= at + need.all, "no more than was counted");
    const size_t more = kind == TASKSEAL__ASYNQ_LENGTH, fewer = kind == TASKSEAL__ASYNQ_END;
    CHECK(self.depth == depth + more - fewer, "as deep as there are lengths");
    for (size_t i = 0, least = LENGTH_MAX; i < self.depth; i++) {
        const size_t begin = (size_t)(self.levels[i].begin - out);
        CHECK(begin >= least && begin <= (size_t)(self.at - out), "a length has its room");
        least = begin + LENGTH_MAX;
    }
    CHECK(self.moved == moved || (self.moved == moved + 1 && g_told == 1), "what is moved is told");
    REACHED_IF(self.moved > moved && kind == TASKSEAL__ASYNQ_TEXT, "a text is moved");
    REACHED_IF(self.moved > moved && kind == TASKSEAL__ASYNQ_ENVELOPE, "an envelope is moved");
    REACHED_IF(kind == TASKSEAL__ASYNQ_END && depth == 2, "an inner length");
    REACHED_IF(kind == TASKSEAL__ASYNQ_TEXT && g_told == 1 && self.moved == moved, "a text stays");
    REACHED_IF(kind == TASKSEAL__ASYNQ_TEXT && g_told == 0, "a text is not meant");
}

/* Several steps in one buffer: each has the room that it wants. */
void proof_asynq_rewrap(void)
{
    const size_t len = nondet_u16() & 0xFFF, cap = nondet_u16(); /* the bound of this proof */
    size_t out_len;
    const uint8_t *message = any_bytes(len);
    uint8_t *out = g_out = any_bytes(cap);
    const taskseal_rewrap_options options = {.keyring = nondet_bool() ? any_bytes(1) : NULL, .now = nondet_u64()};
    any_pieces();
    g_is_message = nondet_bool();
    const taskseal_err err = taskseal_asynq_rewrap(&options, message, len, out, cap, &out_len, tell, &g_told);
    CHECK(out_len <= cap, "within the buffer");
    CHECK(err == TASKSEAL_OK || out_len == 0, "nothing, if it fails");
    CHECK(err == TASKSEAL_OK || g_told == 0, "nothing is told, if it fails");
    CHECK(err != TASKSEAL_OK || (g_is_message && options.keyring != NULL && options.now <= TASKSEAL_TIME_MAX),
          "moved only what is a message, with a keyring and a time");
    REACHED_IF(g_told == 2, "two envelopes");
    REACHED_IF(err == TASKSEAL_ERR_BUFFER_TOO_SMALL, "too small");
    REACHED_IF(err == TASKSEAL_ERR_NOT_SEALED, "no envelope");
}

/* The bytes that are moved back over the room for their length, and the length before them. */
void proof_end_length(void)
{
    enum { MOST = 4 };
    uint8_t buffer[TASKSEAL__ASYNQ_LENGTH_MAX + MOST], body[MOST], old[2] = {nondet_u8(), nondet_u8()};
    const size_t len = nondet_size(), i = nondet_size(), old_len = nondet_bool() ? 1 : 2;
    ASSUME(len <= MOST && i < len, "the bound of this proof");
    moving self = {.at = buffer, .end = buffer + sizeof buffer, .moved = 7};
    begin_length(&self, old, old_len);
    CHECK(self.at == buffer + TASKSEAL__ASYNQ_LENGTH_MAX && self.depth == 1, "room for a length");
    for (size_t k = 0; k < MOST; k++)
        body[k] = self.at[k] = nondet_u8();
    self.at += len;
    self.moved += nondet_bool();
    end_length(&self);
    CHECK(self.depth == 0 && self.at >= buffer + 1 + len, "the length and all bytes");
    CHECK((self.at - len)[i] == body[i], "the bytes, as they were");
    const bool same = self.at == buffer + old_len + len && memcmp(buffer, old, old_len) == 0;
    CHECK(self.moved == 8 || same, "the length as it was, if nothing moved");
    REACHED_IF(self.moved == 8 && self.at == buffer + 3 + len, "a longer length");
    REACHED_IF(self.moved == 7 && len == MOST, "as it was");
}

/* ---- What is meant ---- */

void proof_is_meant(void)
{
    taskseal_rewrap_options options = {0};
    const uint8_t byte = 0;
    options.from_key_id = nondet_bool() ? "a" : NULL;
    options.to_key_id = nondet_bool() ? "b" : NULL;
    g_sealed = nondet_bool() ? TASKSEAL_SEALED : TASKSEAL_BROKEN;
    g_stanzas = nondet_bool() ? TASKSEAL_STANZAS_MAX : 0;
    const bool meant = is_meant(&options, &byte, 1);
    CHECK(g_sealed == TASKSEAL_SEALED || meant, "what can't be read is told");
    CHECK(options.from_key_id != NULL || options.to_key_id != NULL || meant, "without keys each is meant");
    CHECK(g_sealed != TASKSEAL_SEALED || options.from_key_id == NULL || g_stanzas > 0 || !meant, "what names the key");
    REACHED_IF(!meant && options.from_key_id == NULL, "names the new key already");
    REACHED_IF(meant && options.from_key_id != NULL && g_sealed == TASKSEAL_SEALED, "names the old key");
}

/* ---- Finding ---- */

void proof_asynq_payload(void)
{
    const size_t len = nondet_size();
    const uint8_t *message = nondet_bool() ? any_bytes(len) : NULL;
    taskseal_bytes payload;
    g_is_message = nondet_bool();
    g_payload_at = nondet_size();
    g_payload_len = nondet_size();
    ASSUME(len <= 65536, "the bound of this proof; the code has no loop");
    ASSUME(g_payload_at <= len && g_payload_len <= len - g_payload_at, "proof_message_find");
    if (taskseal_asynq_payload(message, len, &payload) != TASKSEAL_OK) {
        CHECK(payload.data == NULL && payload.len == 0, "nothing is given");
        REACHED_IF(message == NULL && len == 1, "a length without bytes");
        REACHED_IF(message != NULL, "no message");
        return;
    }
    CHECK(payload.len == 0 ? payload.data == NULL : __CPROVER_r_ok(payload.data, payload.len), "a part of the message");
    REACHED_IF(payload.len == 300, "found");
    REACHED_IF(payload.len == 0, "absent");
}

static size_t g_found, g_envelopes;
static void found(taskseal_bytes sealed, taskseal_err err, void *data)
{
    CHECK(data == &g_found && __CPROVER_r_ok(sealed.data, sealed.len), "bytes of the message");
    CHECK((err == TASKSEAL_OK) != (g_kinds[g_found] == TASKSEAL__ASYNQ_DAMAGED), "malformed exactly if it is damaged");
    g_found++;
}

void proof_asynq_envelopes(void)
{
    const size_t len = nondet_u16(); /* the bound of this proof */
    const uint8_t *message = any_bytes(len);
    any_pieces();
    for (size_t i = 0; i < PIECES; i++) {
        const bool is = holds_one(g_kinds[i]);
        ASSUME(i == 0 || !is || holds_one(g_kinds[i - 1]), "envelopes come first, so that `found` knows its own");
        ASSUME(!is || (g_lens[i] > 0 && g_lens[i] <= len / PIECES), "each is in the message");
        g_envelopes += is;
    }
    CHECK(taskseal_asynq_envelopes(message, len, found, &g_found) == TASKSEAL_OK, "a message");
    CHECK(g_found == g_envelopes, "each, and nothing else");
    REACHED_IF(g_found == PIECES, "many");
    REACHED_IF(g_found == 0, "none");
}
