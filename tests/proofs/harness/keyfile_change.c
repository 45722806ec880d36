/* SPDX-License-Identifier: MIT */
#include "proof.h"

#include <keyfile_change.c>

#include "failing.h"

/* CBMC has no memchr of its own. */
void *memchr(const void *bytes, int byte, size_t len)
{
    const char *at = bytes;
    for (size_t i = 0; i < len; i++)
        if (at[i] == byte)
            return (void *)(at + i);
    return NULL;
}

static const char *g_text;
static size_t g_len, g_used, g_lines, g_keys, g_feeds;
static unsigned g_own;

/* Lines of the text, one behind the other, but for the one of the key. */
void known_bytes(taskseal__writer *writer, const char *bytes, size_t len)
{
    (void)writer;
    if (!__CPROVER_same_object(bytes, g_text)) {
        CHECK(len == 1 && bytes[0] == '\n' && g_used == g_len && g_text[g_len - 1] != '\n',
              "a line feed where the last line has none");
        g_feeds++;
        return;
    }
    CHECK(len <= g_len && __CPROVER_r_ok(bytes, len), "the line is there");
    g_used = (size_t)(bytes - g_text) + len;
    CHECK(g_used == g_len || g_text[g_used - 1] == '\n', "a whole line");
    g_lines++;
}

void known_key(taskseal__writer *writer, const taskseal_key *key, const char *secret)
{
    (void)writer, (void)key, (void)secret;
    g_keys++;
}

void proof_write_changed(void)
{
    static const taskseal_key key;
    taskseal__writer writer = {NULL, 0, false};
    size_t lines = 1;
    g_len = nondet_size();
    ASSUME(g_len >= 1 && g_len <= 5, "the bound of this proof");
    g_text = any_bytes(g_len);
    for (size_t i = 0; i + 1 < g_len; i++)
        lines += g_text[i] == '\n';
    g_own = nondet_u8();
    unsigned before = nondet_u8();
    ASSUME(g_own >= 1 && g_own <= lines && before >= 1 && before <= g_own, "lines of keys, by keyfile_read");
    write_changed(g_text, g_len, g_own, before, &key, &writer);
    CHECK(g_keys == 1, "the key's line, once");
    CHECK(g_lines == lines - 1, "every other line, once");
    REACHED_IF(lines == 4 && before == 2 && g_own == 4, "moved up");
    REACHED_IF(g_feeds == 1, "without a line feed at the end");
}

/* The grace of a key that is demoted never runs beyond the year 9999. */
void proof_demote(void)
{
    static const uint8_t secret;
    taskseal_key key = {.id = "k", .secret = nondet_bool() ? &secret : NULL, .not_before = nondet_u64()};
    key.not_after = nondet_u64();
    uint64_t given = nondet_u64(), now = nondet_u64(), was = key.not_after;
    ASSUME(now >= 1 && now <= TASKSEAL_TIME_MAX, "proved by the proof now");
    ASSUME(key.not_before <= TASKSEAL_TIME_MAX && was <= TASKSEAL_TIME_MAX, "keyfile_read has read them");
    if (demote(&key, given, now, NULL) != TASKSEAL_OK) {
        REACHED("refused");
        return;
    }
    CHECK(key.not_after >= 1 && key.not_after <= TASKSEAL_TIME_MAX, "an end");
    CHECK(was == 0 || key.not_after <= was, "never later than it was");
    REACHED_IF(given == 0 && key.not_after == now + 86400, "a day of grace");
}

taskseal_err known_secret(char *text, taskseal_key_type type)
{
    CHECK(__CPROVER_w_ok(text, TASKSEAL__SECRET_TEXT_BYTES) && type != 0, "there is room for the secret");
    return nondet_bool() ? TASKSEAL_OK : TASKSEAL_ERR_NO_RANDOM;
}

/* All of the text, a line feed if it has none at its end, the new key. */
void proof_write_added(void)
{
    taskseal__writer writer = {NULL, 0, false};
    const taskseal_keyfile_change change = {.action = TASKSEAL_KEYFILE_ADD, .key_id = "k"};
    g_len = nondet_size();
    ASSUME(g_len >= 1 && g_len <= 8,
           "the bound of this proof; an empty text has no key, and is refused before");
    g_text = any_bytes(g_len);
    taskseal_err err = write_added(&change, g_text, g_len, &writer, NULL);
    CHECK(err != TASKSEAL_OK || (g_used == g_len && g_lines == 1 && g_keys == 1), "the text and the key");
    CHECK(err != TASKSEAL_OK || (g_feeds == 1) == (g_text[g_len - 1] != '\n'), "whole lines");
    REACHED_IF(err == TASKSEAL_OK && g_feeds == 1, "with a line feed");
    REACHED_IF(err != TASKSEAL_OK, "no random bytes");
}

bool any_available(taskseal_key_type type)
{
    return type != 0 && nondet_bool();
}
