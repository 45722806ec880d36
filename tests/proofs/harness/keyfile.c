/* SPDX-License-Identifier: MIT */
#include "proof.h"

#include <keyfile.c>

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

/* ---- Fields of a line: storage and secrets have exactly the room that the text asks for ---- */

bool any_id_valid(const void *key_id, size_t len)
{
    CHECK(len == 0 || __CPROVER_r_ok(key_id, len), "the key id is there");
    return len >= 1 && nondet_bool(); /* by the proof key_id_valid */
}

/* An id is stored with its NUL, in as many bytes as it has with what separates it from the next field. */
void proof_read_id(void)
{
    static taskseal_key keys[1];
    slice word = any_slice(TEXT_BOUND);
    reading r = {.storage = any_bytes(word.len + 1), .keys = keys};
    taskseal_key key = {0};
    size_t i = nondet_size();
    ASSUME(memchr(word.at, '\0', word.len) == NULL, "read_line has refused lines with a NUL");
    keys[0].id = "a";
    r.key_count = nondet_bool();
    taskseal_err err = read_id(&r, &key, word);
    CHECK(r.stored == (key.id == NULL ? 0 : word.len + 1), "no more is stored than the text has");
    CHECK(key.id == NULL || (key.id[word.len] == '\0' && (i >= word.len || key.id[i] == word.at[i])),
          "the id, with a NUL");
    CHECK(err != TASKSEAL_OK || r.key_count == 0 || word.len != 1 || word.at[0] != 'a', "no id is twice");
    REACHED_IF(err == TASKSEAL_OK && word.len == TEXT_BOUND, "the longest");
    REACHED_IF(err != TASKSEAL_OK && key.id != NULL, "twice");
}

static size_t g_places, g_left;

/* By the proof cut: of a list with so many commas left. */
bool comma_left(slice s, char byte)
{
    CHECK(byte == ',' && (s.len == 0 || __CPROVER_r_ok(s.at, s.len)), "commas separate queues");
    return g_left > 0;
}

slice comma_cut(slice *rest, char separator)
{
    slice word = {rest->at, nondet_size()};
    CHECK(separator == ',', "commas separate queues");
    ASSUME(word.len <= rest->len && (g_left == 0 ? word.len == rest->len : word.len < rest->len),
           "by the proof cut");
    size_t skipped = g_left > 0 ? word.len + 1 : word.len;
    g_left -= g_left > 0;
    rest->at += skipped;
    rest->len -= skipped;
    return word;
}

bool any_queue(reading *r, slice word, taskseal_bytes *queue)
{
    CHECK(r->queue_count < g_places, "there is a place for it");
    CHECK(word.len == 0 || __CPROVER_r_ok(word.at, word.len), "the word is there");
    size_t len = nondet_size();
    ASSUME(len <= word.len, "proved by the proof read_queue");
    *queue = (taskseal_bytes){r->storage + r->stored, len};
    r->stored += len;
    return nondet_bool();
}

bool any_listed(const taskseal_key *key, taskseal_bytes queue)
{
    (void)key, (void)queue;
    return nondet_bool();
}

/* A list takes one place more than it has commas, and no more storage than text; so allocate's room suffices. */
void proof_read_queues(void)
{
    slice list = any_slice(TEXT_BOUND);
    static taskseal_bytes queues[8];
    g_left = nondet_u8();
    ASSUME(g_left <= 6, "the bound of this proof");
    const size_t places = g_left + 1;
    reading r = {.storage = any_bytes(list.len + 1), .queues = queues};
    g_places = places;
    taskseal_key key = {.queue_count = nondet_size()};
    ASSUME(key.queue_count <= TASKSEAL_QUEUES_MAX, "it starts at 0, and this proof shows that it stays so");
    size_t before = key.queue_count;
    taskseal_err err = read_queues(&r, &key, list);
    CHECK(r.queue_count <= places && key.queue_count <= TASKSEAL_QUEUES_MAX, "no more than there is room");
    CHECK(r.stored <= list.len, "no more is stored than the text has");
    CHECK(key.queue_count - before == r.queue_count, "each is the key's");
    CHECK(err != TASKSEAL_OK || r.queue_count == places, "all of them");
    REACHED_IF(err == TASKSEAL_OK && places == 3, "three");
    REACHED_IF(err != TASKSEAL_OK && key.queue_count == 64, "too many");
}

static const uint8_t *g_secret;

bool known_secret(const char *text, size_t text_len, uint8_t *out, size_t len)
{
    CHECK(text_len == 43 && __CPROVER_r_ok(text, text_len), "43 digits are there");
    CHECK(len == 32 && __CPROVER_w_ok(out, len), "there is room for the secret");
    g_secret = out;
    return nondet_bool();
}

int any_zero(const unsigned char *bytes, const size_t len)
{
    CHECK(bytes == g_secret && len == 32, "the secret is looked at, wholly");
    return nondet_bool();
}

/* A secret is decoded to the key's own place, or there is none. */
void proof_read_secret(void)
{
    slice word = any_slice(56);
    reading r = {.key_count = nondet_size()};
    taskseal_key key = {0};
    key.type = (taskseal_key_type)(1 + nondet_u8() % 3);
    key.state = (taskseal_key_state)(1 + nondet_u8() % 4);
    ASSUME(r.key_count <= 3, "the bound of this proof");
    r.secrets = any_bytes((r.key_count + 1) * TASKSEAL_KEY_BYTES);
    taskseal_err err = read_secret(&r, &key, word);
    bool buried = key.state >= TASKSEAL_KEY_RETIRED;
    CHECK(err != TASKSEAL_OK || (key.secret != NULL) == !buried,
          "exactly active and open-only keys have one");
    CHECK(key.secret == NULL || key.secret == (uint8_t *)r.secrets + 32 * r.key_count, "in its own place");
    CHECK(err != TASKSEAL_OK || word.len == (buried ? 1 : 50), "as long as it must be");
    REACHED_IF(err == TASKSEAL_OK && !buried && r.key_count == 3, "a secret");
    REACHED_IF(err == TASKSEAL_OK && buried, "none");
}

/* ---- Attributes, lines, the text ---- */

static unsigned g_last;
static taskseal_key g_attributes;
static slice g_all;
static size_t g_used, g_lines;

bool any_prefix(slice *s, const char *prefix)
{
    size_t len = prefix[0] == 'q' ? 7 : prefix[4] == 'b' ? 11 : 10;
    if (s->len < len || nondet_bool())
        return false;
    s->at += len;
    s->len -= len;
    return true;
}

/* By the proof cut. */
slice any_cut(slice *rest, char separator)
{
    slice word = {rest->at, nondet_size()};
    CHECK(separator == ' ' && rest->len > 0, "words stand between spaces");
    ASSUME(word.len <= rest->len, "proved by the proof cut");
    size_t skipped = word.len < rest->len ? word.len + 1 : word.len;
    rest->at += skipped;
    rest->len -= skipped;
    return word;
}

static taskseal_err attribute(unsigned number)
{
    CHECK(number > g_last, "in their order, each once");
    g_last = number;
    return nondet_bool() ? TASKSEAL_OK : TASKSEAL_ERR_KEYFILE_MALFORMED;
}

taskseal_err known_queues(reading *r, taskseal_key *key, slice list)
{
    (void)r, (void)key, (void)list;
    return attribute(1);
}

taskseal_err known_time(reading *r, slice word, uint64_t *time)
{
    (void)r, (void)word;
    *time = nondet_u64();
    return attribute(time == &g_attributes.not_before ? 2 : 3);
}

void proof_read_attributes(void)
{
    reading r = {0};
    slice rest = any_slice(TEXT_BOUND);
    const taskseal_key *key = &g_attributes;
    taskseal_err err = read_attributes(&r, &g_attributes, rest);
    CHECK(err != TASKSEAL_OK || key->not_after == 0 || key->not_before <= key->not_after, "a window");
    REACHED_IF(err == TASKSEAL_OK && g_last == 3, "the last one");
    REACHED_IF(err == TASKSEAL_OK && g_last == 0, "none");
}

taskseal_err known_key(reading *r, slice line)
{
    (void)r;
    CHECK(line.at == g_all.at && line.len == g_all.len && line.len > 0, "the line, whole");
    g_lines++;
    return TASKSEAL_OK;
}

/* Lines with a CR, a tab or a NUL are refused; empty ones and comments are passed over. */
void proof_read_line(void)
{
    reading r = {0};
    slice line = any_slice(TEXT_BOUND);
    g_all = line;
    size_t i = nondet_size();
    taskseal_err err = read_line(&r, line);
    CHECK(err != TASKSEAL_OK || i >= line.len ||
              (line.at[i] != '\r' && line.at[i] != '\t' && line.at[i] != '\0'),
          "no CR, tab or NUL");
    CHECK(err != TASKSEAL_OK || (g_lines == 1) == (line.len > 0 && line.at[0] != '#'),
          "every other is a key's");
    REACHED_IF(g_lines == 1, "a key");
    REACHED_IF(err != TASKSEAL_OK, "refused");
}
