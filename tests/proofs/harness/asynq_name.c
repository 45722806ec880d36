/* SPDX-License-Identifier: MIT */
#include "redis_models.h"

#include <asynq/name.c>

static bool is_scalar(uint32_t code)
{
    return code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF);
}

/* UTF-8 as RFC 3629 defines it, by its encoder. */
static size_t encode(uint32_t code, uint8_t out[4])
{
    static const uint8_t leads[] = {0, 0, 0xC0, 0xE0, 0xF0};
    const size_t len = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (size_t i = len; i-- > 1; code >>= 6)
        out[i] = (uint8_t)(0x80 | (code & 0x3F));
    out[0] = (uint8_t)(leads[len] | code);
    return len;
}

/* Every sequence that is accepted is a scalar value's, and every scalar value's is. */
void proof_sequence(void)
{
    size_t left = nondet_size(), i = nondet_size();
    uint32_t code, wanted = nondet_u32();
    uint8_t bytes[4];
    ASSUME(left >= 1 && left <= 5, "callers have a byte at least; the bound of this proof: one more than the longest");
    const uint8_t *at = any_bytes(left);
    const size_t len = sequence(at, left, &code);
    CHECK(len <= left && len <= 4, "a part of what is there");
    CHECK(len == 0 || is_scalar(code), "no surrogate, and not beyond the last");
    CHECK(len == 0 || encode(code, bytes) == len, "in its shortest form");
    CHECK(i >= len || bytes[i] == at[i], "these are its bytes");
    REACHED_IF(len == 4, "four bytes");
    REACHED_IF(len == 0 && at[0] == 0xED, "a surrogate");

    ASSUME(is_scalar(wanted), "what is looked for in the other direction");
    uint8_t *exact = any_bytes(encode(wanted, bytes));
    memcpy(exact, bytes, encode(wanted, bytes));
    CHECK(sequence(exact, encode(wanted, bytes), &code) == encode(wanted, bytes) && code == wanted,
          "every one is accepted");
    REACHED_IF(wanted == 0x10FFFF, "the last");
}

/* Any answer that sequence may give; it has its own proof. */
size_t any_sequence(const uint8_t *at, size_t left, uint32_t *code)
{
    size_t len = nondet_size();
    ASSUME(len <= 4 && len <= left, "what sequence answers");
    CHECK(left >= 1 && __CPROVER_r_ok(at, left), "asked only where there are bytes");
    *code = nondet_u32();
    return len;
}

void proof_utf8_valid(void)
{
    size_t at, len = nondet_size();
    ASSUME(len <= 12, "the bound of this proof");
    const taskseal_bytes text = {any_bytes(len), len};
    if (taskseal__utf8_valid(text, &at)) {
        CHECK(at == len, "all of it was looked at");
        REACHED_IF(len == 12, "valid");
        REACHED_IF(len == 0, "nothing");
    } else {
        CHECK(at < len, "the place of the fault is in the text");
        REACHED_IF(at == 11, "at its last byte");
    }
}

/* Unicode's White_Space, which is what Go's unicode.IsSpace says. */
void proof_is_space(void)
{
    static const uint32_t spaces[] = {0x09,   0x0A,   0x0B,   0x0C,   0x0D,   0x20,   0x85,   0xA0,   0x1680,
                                      0x2000, 0x2001, 0x2002, 0x2003, 0x2004, 0x2005, 0x2006, 0x2007, 0x2008,
                                      0x2009, 0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000};
    const uint32_t code = nondet_u32();
    bool listed = false;
    for (size_t i = 0; i < sizeof spaces / sizeof spaces[0]; i++)
        listed = listed || spaces[i] == code;
    CHECK(is_space(code) == listed, "a space exactly if Unicode says so");
    REACHED_IF(listed, "a space");
    REACHED_IF(!listed, "none");
}

void proof_is_blank(void)
{
    size_t at, len = nondet_size();
    ASSUME(len <= 6, "the bound of this proof");
    const taskseal_bytes text = {any_bytes(len), len};
    ASSUME(taskseal__utf8_valid(text, &at), "taskseal__asynq_name has looked");
    const bool blank = is_blank(text);
    CHECK(len != 0 || blank, "nothing is blank");
    CHECK(!blank || len == 0 || ((const uint8_t *)text.data)[len - 1] != 'x', "a letter is not");
    REACHED_IF(blank && len == 6, "two spaces of three bytes");
    REACHED_IF(!blank && len == 6, "a name");
}

bool any_valid(taskseal_bytes text, size_t *at)
{
    CHECK(text.len == 0 || __CPROVER_r_ok(text.data, text.len), "what is looked at is there");
    *at = nondet_size();
    return nondet_bool();
}

bool any_blank(taskseal_bytes text)
{
    return text.len == 0 || nondet_bool();
}

void proof_asynq_name(void)
{
    const size_t max = nondet_size(), len = nondet_size();
    ASSUME(max <= TASKSEAL_CONTEXT_MAX, "callers ask for no more");
    const bool absent = nondet_bool();
    const taskseal_bytes name = {absent ? NULL : any_bytes(len <= max ? len : 1), len}; /* unread beyond `max` */
    taskseal_error error;
    if (taskseal__asynq_name(name, "name", max, &error) == TASKSEAL_OK) {
        CHECK(!absent && len >= 1 && len <= max, "1 to max bytes, which are there");
        REACHED_IF(len == TASKSEAL_CONTEXT_MAX, "the longest");
    } else {
        REACHED_IF(len == SIZE_MAX, "too long");
        REACHED_IF(absent && len == 1, "a length without bytes");
    }
}

taskseal_err any_name(taskseal_bytes name, const char *what, size_t max, taskseal_error *error)
{
    CHECK(what != NULL && max == TASKSEAL_CONTEXT_MAX && error != NULL, "as long as a name may be");
    return name.data != NULL && nondet_bool() ? TASKSEAL_OK : TASKSEAL_ERR_BAD_ARGUMENT;
}

void proof_asynq_queue(void)
{
    const size_t len = nondet_size(), i = nondet_size();
    ASSUME(len <= 12, "the bound of this proof");
    const taskseal_bytes queue = {nondet_bool() ? any_bytes(len) : NULL, len};
    const char *bytes = queue.data;
    taskseal_error error;
    if (taskseal__asynq_queue(queue, &error) == TASKSEAL_OK) {
        CHECK(i >= len || bytes[i] != '}', "nothing that ends the hash tag");
        REACHED_IF(len == 12, "accepted");
    } else {
        REACHED_IF(len == 12, "refused");
    }
}
