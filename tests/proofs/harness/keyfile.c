/* SPDX-License-Identifier: MIT */
#include "proof.h"

#include <keyfile.c>

/* CBMC has no memchr of its own. */
void *memchr(const void *bytes, int byte, size_t len)
{
    const char *at = bytes;
    for (size_t i = 0; i < len; i++)
        if (at[i] == byte)
            return (void *)(at + i);
    return NULL;
}

static slice any_slice(size_t most)
{
    size_t len = nondet_size();
    ASSUME(len <= most, "the bound of this proof");
    return (slice){any_bytes(len), len};
}

/* The word and what is left tile the text; the separator alone is lost. */
void proof_cut(void)
{
    slice rest = any_slice(TEXT_BOUND), before = rest;
    char separator = (char)(nondet_u8() & 127);
    size_t i = nondet_size();
    bool there = holds(before, separator);
    slice word = cut(&rest, separator);
    CHECK(word.at == before.at && word.len + rest.len + (there ? 1 : 0) == before.len,
          "word and rest tile the text");
    CHECK(rest.at == before.at + (before.len - rest.len), "the rest is the end of the text");
    CHECK(i >= word.len || word.at[i] != separator, "no separator in the word");
    CHECK(!there || before.at[word.len] == separator, "the separator is what is lost");
    REACHED_IF(there && rest.len > 0, "cut");
    REACHED_IF(!there && word.len > 0, "all");
}

void proof_skip_prefix(void)
{
    slice text = any_slice(TEXT_BOUND), before = text;
    bool skipped = skip_prefix(&text, "key ");
    bool begins = before.len >= 4 && before.at[0] == 'k' && before.at[1] == 'e' && before.at[2] == 'y' &&
                  before.at[3] == ' ';
    CHECK(skipped == begins, "true exactly with the prefix");
    CHECK(text.len == before.len - (skipped ? 4 : 0) && text.at == before.at + (skipped ? 4 : 0),
          "the prefix alone is lost");
    CHECK(equals(before, "key ") == (begins && before.len == 4), "equal only as a whole");
    REACHED_IF(skipped, "skipped");
    REACHED_IF(!skipped, "not there");
}

/* Every word: what is decoded fits the storage, which is as long as the text, and has one spelling. */
void proof_read_queue(void)
{
    slice word = any_slice(TEXT_BOUND);
    reading r = {.storage = any_bytes(word.len + 1)};
    taskseal_bytes queue;
    size_t stored = r.stored;
    if (!read_queue(&r, word, &queue)) {
        CHECK(r.stored - stored <= word.len, "no more is stored than the text has");
        REACHED("refused");
        return;
    }
    CHECK(queue.len >= 1 && queue.len <= word.len && r.stored == queue.len, "no longer than its spelling");
    CHECK(queue.data == r.storage, "it stands in the storage");
    size_t i = nondet_size();
    CHECK(i >= word.len || word.at[i] != ',', "no comma stands for itself");
    REACHED_IF(queue.len < word.len, "with an escape");
    REACHED_IF(queue.len == word.len, "plain");
}

/* Every digit: two of them make every byte once, and lower case is refused. */
void proof_hex_digit(void)
{
    char c = nondet_char();
    int digit = hex_digit(c);
    CHECK(digit >= -1 && digit <= 15, "a digit or none");
    CHECK(digit < 0 || c == "0123456789ABCDEF"[digit], "the digit of this value");
    CHECK(digit >= 0 || !((c >= '0' && c <= '9') || (c >= 'A' && c <= 'F')), "no digit is refused");
    REACHED_IF(digit >= 10, "a letter");
    REACHED_IF(digit < 0, "none");
}

void proof_format_number(void)
{
    slice text = any_slice(TEXT_BOUND);
    bool number = is_format_number(text);
    CHECK(!number || (text.len >= 1 && text.len <= 4 && text.at[0] >= '1' && text.at[0] <= '9'),
          "1 to 4 digits, no leading 0");
    CHECK(!number || (text.at[text.len - 1] >= '0' && text.at[text.len - 1] <= '9'), "digits to the end");
    REACHED_IF(number, "a number");
    REACHED_IF(!number, "none");
}

void proof_count_byte(void)
{
    slice text = any_slice(TEXT_BOUND);
    size_t count = count_byte(text, ','), i = nondet_size();
    CHECK(count <= text.len, "no more than there are bytes");
    CHECK(count > 0 || i >= text.len || text.at[i] != ',', "0 only if there is none");
    REACHED_IF(count == TEXT_BOUND, "all");
}

/* By the proof key_id_valid; only two bytes are ever asked for here. */
bool plain_byte(const void *key_id, size_t len)
{
    const unsigned char *id = key_id;
    CHECK(len == 2 && id[0] == 'a', "a first letter, and the byte");
    return (id[1] >= '0' && id[1] <= '9') || (id[1] >= 'A' && id[1] <= 'Z') ||
           (id[1] >= 'a' && id[1] <= 'z') || id[1] == '.' || id[1] == '_' || id[1] == ':' || id[1] == '/' ||
           id[1] == '@' || id[1] == '+' || id[1] == '-';
}
