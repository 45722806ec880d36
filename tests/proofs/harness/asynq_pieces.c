/* SPDX-License-Identifier: MIT
 * A message of any bytes, cut into pieces: these are all of its bytes in their order, and each length has its end. */
#include "proof.h"

#include <asynq/message.c>
#include <asynq/pieces.c>

/* ---- Models ---- */

/* Whatever the bytes are; but nothing is plain. */
static bool g_plain;
taskseal_sealed taskseal_is_sealed(const void *data, size_t len)
{
    CHECK(len == 0 || __CPROVER_r_ok(data, len), "what is looked at is there");
    return g_plain || len == 0 ? TASKSEAL_PLAIN : TASKSEAL_SEALED;
}

/* What is next to be given, how deep, and what came. */
static const uint8_t *g_next;
static size_t g_depth, g_given, g_values, g_damaged;
static taskseal__asynq_kind g_last;

static void take(taskseal__asynq_kind kind, const uint8_t *bytes, size_t len, void *data)
{
    CHECK(data == &g_next, "the data that were given");
    g_given++;
    if (kind == TASKSEAL__ASYNQ_END) {
        CHECK(g_depth > 0, "an end of a length only");
        g_depth--;
        return;
    }
    CHECK(bytes == g_next, "the bytes that are next");
    CHECK(len == 0 || __CPROVER_r_ok(bytes, len), "bytes of the message");
    g_next = bytes + len;
    if (kind == TASKSEAL__ASYNQ_LENGTH) {
        g_depth++;
        CHECK(g_depth <= TASKSEAL__ASYNQ_DEPTH, "no deeper than lengths may be");
        CHECK(len >= 1 && len <= TASKSEAL__ASYNQ_LENGTH_MAX, "as long as a length may be");
    } else if (kind != TASKSEAL__ASYNQ_STAYS) {
        g_values++;
        g_last = kind;
        g_damaged += kind == TASKSEAL__ASYNQ_DAMAGED;
        CHECK(g_depth > 0, "an envelope has a length");
        CHECK(kind == TASKSEAL__ASYNQ_DAMAGED || len > 0, "an envelope has bytes");
    }
}

static const walk the_walk = {take, &g_next};

/* Bytes of the message that have a length, which came before. */
static const uint8_t *begin(size_t len)
{
    g_depth = 1;
    return g_next = any_bytes(len);
}

/* ---- Values ---- */

void proof_pieces_value(void)
{
    const size_t len = nondet_size();
    ASSUME(len >= 1 && len <= 64, "the bound of this proof; only the first bytes are looked at");
    const uint8_t *bytes = begin(len);
    g_plain = nondet_bool();
    const bool text = len >= 5 && memcmp(bytes, "tsl1.", 5) == 0;
    give_value(&the_walk, bytes, len);
    CHECK(g_given == 1 && g_next == bytes + len, "all of it, at once");
    CHECK((g_values == 0) == g_plain, "an envelope exactly if it may be one");
    CHECK(g_plain || g_last == (text ? TASKSEAL__ASYNQ_TEXT : TASKSEAL__ASYNQ_ENVELOPE), "in the form that it has");
    REACHED_IF(g_values == 1 && text, "a text");
    REACHED_IF(g_values == 1 && len == 1, "an envelope");
    REACHED_IF(g_plain, "plain");
}

void proof_pieces_error(void)
{
    const size_t len = nondet_size(), i = nondet_size();
    ASSUME(len <= 9, "the bound of this proof");
    const uint8_t *bytes = begin(len);
    give_error(&the_walk, bytes, len);
    CHECK(g_next == bytes + len, "all bytes");
    const bool here = i <= len && len - i >= 5 && memcmp(bytes + i, "tsl1.", 5) == 0;
    CHECK(!here || g_values == 1, "an envelope wherever it begins");
    REACHED_IF(g_values == 1 && here && i == 4, "at the end");
    REACHED_IF(g_values == 0 && len == 9, "none");
}

/* ---- Bundles ---- */

enum { BUNDLE_HEAD = sizeof bundle_begins - 1 };

/* Its mark, and `more` bytes at most. */
static const uint8_t *any_bundle(size_t more, size_t *len)
{
    *len = nondet_size();
    ASSUME(*len >= BUNDLE_HEAD && *len <= BUNDLE_HEAD + more, "the bound of this proof");
    uint8_t *bytes = (uint8_t *)(uintptr_t)begin(*len);
    for (size_t i = 0; i < BUNDLE_HEAD; i++)
        bytes[i] = (uint8_t)bundle_begins[i];
    return bytes;
}

/* Any string within what is left, and at the same place the same one again; taskseal__asynq_take_string has its own
 * proof. */
enum { MORE = 7 };
static struct {
    size_t length_len, len;
} g_strings[MORE + 1]; /* by how much is left */

static void any_strings(void)
{
    for (size_t i = 0; i <= MORE; i++) {
        g_strings[i].length_len = nondet_size();
        g_strings[i].len = nondet_size();
        ASSUME(g_strings[i].length_len >= 1 && g_strings[i].length_len <= 10, "take_varint");
    }
}

bool known_string(taskseal__reader *reader, const uint8_t **bytes, size_t *len)
{
    CHECK(reader->left <= MORE, "behind the mark");
    const uint8_t *length;
    taskseal__reader whole = *reader;
    *len = g_strings[reader->left].len;
    if (!taskseal__take(&whole, g_strings[reader->left].length_len, &length) || !taskseal__take(&whole, *len, bytes))
        return false;
    *reader = whole;
    return true;
}

void proof_pieces_bundle(void)
{
    size_t len;
    const uint8_t *bytes = any_bundle(MORE, &len);
    any_strings();
    g_plain = nondet_bool();
    if (!give_bundle(&the_walk, bytes, len)) {
        REACHED_IF(len == BUNDLE_HEAD, "no group");
        REACHED_IF(len == BUNDLE_HEAD + MORE && g_given > 0, "cut behind a member");
        return;
    }
    CHECK(g_next == bytes + len && g_depth == 1, "all bytes, and each length has its end");
    REACHED_IF(g_values == 2, "two members");
    REACHED_IF(g_values == 0 && len == BUNDLE_HEAD + 1, "no member");
}

/* A bundle is looked through before anything of it is given. */
void proof_pieces_payload(void)
{
    size_t len;
    const uint8_t *bytes = any_bundle(MORE, &len);
    any_strings();
    g_plain = nondet_bool();
    give_payload(&the_walk, bytes, len);
    CHECK(g_next == bytes + len && g_depth == 1, "all bytes, and each length has its end");
    CHECK(g_damaged == 0 || g_given == 1, "what can't be read is given whole");
    REACHED_IF(g_damaged == 1 && len == BUNDLE_HEAD + MORE, "damaged behind a member");
    REACHED_IF(g_values == 1 && g_damaged == 0 && len == BUNDLE_HEAD + MORE, "a member");
}

/* ---- Messages ---- */

bool no_bundle(const walk *w, const uint8_t *bundle, size_t len)
{
    CHECK(false, "a message of this proof is too short for a bundle");
    return true;
}

/* Numbers of one byte; take_varint has its own proofs. */
bool short_varint(taskseal__reader *reader, uint64_t *value)
{
    uint8_t byte = 0;
    const bool taken = taskseal__take_u8(reader, &byte);
    *value = byte;
    return taken && byte <= 0x7F;
}

void proof_pieces(void)
{
    /* CBMC calls through a choice of functions only what elsewhere, too, has its address taken. */
    void (*const chosen_from[])(const walk *, const uint8_t *, size_t) = {give_payload, give_error};
    (void)chosen_from;
    const size_t len = nondet_u8() & 7;
    ASSUME(len <= 5, "the bound of this proof");
    const uint8_t *message = g_next = any_bytes(len);
    g_plain = nondet_bool();
    if (!taskseal__asynq_pieces(message, len, take, &g_next)) {
        CHECK(g_given == 0, "nothing is given of what is no message");
        REACHED_IF(len == 5, "refused");
        return;
    }
    CHECK(g_next == message + len && g_depth == 0, "all bytes, and each length has its end");
    REACHED_IF(g_values == 1 && g_given == 9, "an envelope, and an error");
    REACHED_IF(g_values == 0 && len == 5, "none");
}
