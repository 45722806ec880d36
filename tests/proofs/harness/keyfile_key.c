/* SPDX-License-Identifier: MIT
 * The lines of a key file as wholes: their words in order, the first line, and what bounds the text. */
#include "keyfile.c"

#include <stdarg.h>

static unsigned g_field;
static size_t g_words;
static slice g_word, g_rest;
static reading *g_reading;

/* By the proof cut, for spaces. */
slice space_cut(slice *rest, char separator)
{
    slice word = {rest->at, nondet_size()};
    CHECK(separator == ' ', "spaces separate words");
    CHECK(rest->at == g_rest.at && rest->len == g_rest.len, "each word behind the one before");
    ASSUME(word.len <= rest->len && (word.len == rest->len || rest->at[word.len] == ' '), "by the proof cut");
    size_t skipped = word.len < rest->len ? word.len + 1 : word.len;
    rest->at += skipped;
    rest->len -= skipped;
    g_rest = *rest;
    g_word = word;
    g_words++;
    return word;
}

static taskseal_err field(unsigned number, reading *r, const taskseal_key *key, slice word)
{
    CHECK(g_field == number - 1 && g_words == number + 1, "id, type, state, secret: each in its turn");
    CHECK(word.at == g_word.at && word.len == g_word.len, "the word that stands there");
    CHECK(word.len == 0 || __CPROVER_r_ok(word.at, word.len), "it is there");
    CHECK(r == g_reading && key == &r->keys[r->key_count], "of the next key");
    g_field = number;
    return nondet_bool() ? TASKSEAL_OK : TASKSEAL_ERR_KEYFILE_MALFORMED;
}

taskseal_err id_field(reading *r, taskseal_key *key, slice word)
{
    return field(1, r, key, word);
}

taskseal_err type_field(reading *r, taskseal_key *key, slice word)
{
    return field(2, r, key, word);
}

taskseal_err state_field(reading *r, taskseal_key *key, slice word)
{
    return field(3, r, key, word);
}

taskseal_err secret_field(reading *r, taskseal_key *key, slice word)
{
    return field(4, r, key, word);
}

taskseal_err attribute_fields(reading *r, taskseal_key *key, slice rest)
{
    CHECK(g_field == 4 && key == &r->keys[r->key_count], "attributes stand behind the secret");
    CHECK(rest.at == g_rest.at && rest.len == g_rest.len, "all that is left");
    g_field = 5;
    return nondet_bool() ? TASKSEAL_OK : TASKSEAL_ERR_KEYFILE_MALFORMED;
}

/* A line gives one key, of five parts in their order, or none. */
void proof_read_key(void)
{
    static taskseal_key keys[TASKSEAL_KEYS_MAX + 1];
    static unsigned lines[TASKSEAL_KEYS_MAX + 1];
    reading r = {.keys = keys, .lines = lines, .key_count = nondet_size(), .line = nondet_unsigned()};
    slice line = any_slice(TEXT_BOUND);
    size_t before = r.key_count;
    ASSUME(before <= TASKSEAL_KEYS_MAX, "it starts at 0, and this proof shows that it stays so");
    ASSUME(line.len > 0, "read_line passes over empty lines");
    g_rest = line;
    g_reading = &r;
    taskseal_err err = read_key(&r, line);
    if (err != TASKSEAL_OK) {
        CHECK(r.key_count == before, "no key");
        REACHED_IF(before == 1024, "too many");
        REACHED_IF(g_field == 5, "refused at last");
        return;
    }
    CHECK(g_field == 5 && r.key_count == before + 1 && r.key_count <= 1024, "one key more, of 1024 at most");
    CHECK(r.lines[before] == r.line, "its line is kept");
    CHECK(line.at[0] == 'k' && line.at[1] == 'e' && line.at[2] == 'y', "it begins with `key`");
    CHECK(line.at[line.len - 1] != ' ', "no space at the end");
    REACHED_IF(r.key_count == 1024, "the last one");
}

/* ---- Words of fixed tables ---- */

taskseal_err only_code(taskseal_error *error, taskseal_err code, unsigned line, const char *format, ...)
{
    (void)error, (void)line, (void)format;
    return code;
}

bool taskseal_key_type_available(taskseal_key_type type)
{
    CHECK(type == TASKSEAL_KEY_XCHACHA20POLY1305 || type == TASKSEAL_KEY_AEGIS256 ||
              type == TASKSEAL_KEY_DEDUPE,
          "one of the three types");
    return nondet_bool();
}

static bool is(slice word, const char *text, size_t len)
{
    return word.len == len && memcmp(word.at, text, len) == 0;
}

/* Every word: a type or a state is set exactly by its own name. */
void proof_read_names(void)
{
    reading r = {0};
    taskseal_key key = {0};
    slice word = any_slice(TEXT_BOUND);
    taskseal_err err = read_type(&r, &key, word);
    taskseal_key_type type = is(word, "xchacha20poly1305", 17) ? TASKSEAL_KEY_XCHACHA20POLY1305
                             : is(word, "aegis256", 8)         ? TASKSEAL_KEY_AEGIS256
                             : is(word, "dedupe", 6)           ? TASKSEAL_KEY_DEDUPE
                                                               : 0;
    CHECK(key.type == type && (type != 0 || err != TASKSEAL_OK), "the type of this name, or none");
    REACHED_IF(err == TASKSEAL_OK && type == TASKSEAL_KEY_XCHACHA20POLY1305, "the longest name");
    err = read_state(&r, &key, word);
    taskseal_key_state state = is(word, "active", 6)         ? TASKSEAL_KEY_ACTIVE
                               : is(word, "open-only", 9)    ? TASKSEAL_KEY_OPEN_ONLY
                               : is(word, "retired", 7)      ? TASKSEAL_KEY_RETIRED
                               : is(word, "compromised", 11) ? TASKSEAL_KEY_COMPROMISED
                                                             : 0;
    CHECK(key.state == state && (state != 0) == (err == TASKSEAL_OK), "the state of this name, or none");
    REACHED_IF(state == TASKSEAL_KEY_COMPROMISED, "the last state");
    REACHED_IF(type == 0 && state == 0 && word.len == TEXT_BOUND, "neither");
}

bool word_is_time(const char *text, size_t len, uint64_t *time)
{
    CHECK(text == g_word.at && len == g_word.len, "the word, whole");
    *time = nondet_u64();
    return nondet_bool();
}

void proof_read_time(void)
{
    reading r = {0};
    uint64_t time;
    g_word = any_slice(TEXT_BOUND);
    taskseal_err err = read_time(&r, g_word, &time);
    REACHED_IF(err == TASKSEAL_OK, "a time");
    CHECK(err == TASKSEAL_OK || err == TASKSEAL_ERR_KEYFILE_MALFORMED, "a time, or a fault");
    REACHED_IF(err != TASKSEAL_OK, "none");
}

/* ---- The first line ---- */

/* A format that is not known is named in the message: as long as it may be, and where it stands. */
taskseal_err named_format(taskseal_error *error, taskseal_err code, unsigned line, const char *format, ...)
{
    (void)error;
    CHECK(line == 1, "the first line");
    if (code == TASKSEAL_ERR_KEYFILE_UNSUPPORTED) {
        va_list arguments;
        va_start(arguments, format);
        int len = va_arg(arguments, int);
        const char *at = va_arg(arguments, const char *);
        va_end(arguments);
        CHECK(at == g_all.at && len == (int)g_all.len && len <= 31, "the whole line, which is short");
        CHECK(at[0] == 't' && at[len - 1] >= '0' && at[len - 1] <= '9', "a name and a number");
    }
    return code;
}

/* Every line: of this format, of another one, or of none. */
void proof_read_first_line(void)
{
    reading r = {.line = 1};
    g_all = any_slice(TEXT_BOUND);
    taskseal_err err = read_first_line(&r, g_all);
    CHECK((err == TASKSEAL_OK) == is(g_all, "taskseal-keyring 1", 18), "exactly the line of this format");
    CHECK((err == TASKSEAL_ERR_KEYFILE_PASSPHRASE) == is(g_all, "taskseal-keyring-protected 1", 28),
          "exactly the line of a protected file");
    CHECK(err != TASKSEAL_ERR_KEYFILE_UNSUPPORTED || g_all.len >= 18, "no shorter than a name and a number");
    REACHED_IF(err == TASKSEAL_OK, "ours");
    REACHED_IF(err == TASKSEAL_ERR_KEYFILE_UNSUPPORTED && g_all.len == 31, "another format");
    REACHED_IF(err == TASKSEAL_ERR_KEYFILE_MALFORMED && g_all.len == TEXT_BOUND, "none");
}

/* ---- Lists of queues, and the text as a whole ---- */

/* Queues are the same if they are as long and hold the same bytes. */
void proof_queue_is_listed(void)
{
    taskseal_bytes queues[3];
    const taskseal_key key = {.queues = queues, .queue_count = nondet_size()};
    slice queue = any_slice(TEXT_BOUND);
    bool there = false;
    ASSUME(key.queue_count <= 3, "the bound of this proof");
    for (size_t i = 0; i < 3; i++) {
        slice other = any_slice(TEXT_BOUND);
        queues[i] = (taskseal_bytes){other.at, other.len};
        there = there || (i < key.queue_count && is(queue, other.at, other.len));
    }
    CHECK(queue_is_listed(&key, (taskseal_bytes){queue.at, queue.len}) == there,
          "true exactly if it is there");
    REACHED_IF(there && queue.len == TEXT_BOUND, "there");
    REACHED_IF(!there && key.queue_count == 3, "not there");
}

bool any_room(reading *r, slice text)
{
    CHECK(text.at != NULL && text.len == g_all.len, "room for all of the text");
    CHECK(text.len <= 1048576, "no more than 1 MiB");
    r->line = 7;
    return nondet_bool();
}

taskseal_err any_lines(reading *r, slice text)
{
    CHECK(r->line == 7, "there is room");
    CHECK(text.len == g_all.len && (text.len == 0 || text.at == g_all.at), "all of the text");
    g_lines++;
    return nondet_bool() ? TASKSEAL_OK : TASKSEAL_ERR_KEYFILE_MALFORMED;
}

void proof_keyfile_read(void)
{
    taskseal__keyfile file;
    static const char bytes[1];
    g_all = (slice){nondet_bool() ? bytes : NULL, nondet_size()};
    ASSUME(g_all.at != NULL || g_all.len == 0, "taskseal_keyring_parse refuses others");
    taskseal_err err = taskseal__keyfile_read(&file, g_all.at, g_all.len, NULL);
    CHECK((g_lines == 1) == (file.line == 7 && err != TASKSEAL_ERR_NO_MEMORY), "read, if there is room");
    CHECK(g_all.len <= 1048576 || err == TASKSEAL_ERR_KEYFILE_MALFORMED, "no longer than 1 MiB");
    CHECK(g_all.len <= 1048576 || (file.keys == NULL && file.storage == NULL), "nothing to forget");
    REACHED_IF(err == TASKSEAL_OK && g_all.len == 1048576, "the longest");
    REACHED_IF(g_all.len > 1048576, "too long");
    REACHED_IF(err == TASKSEAL_OK && g_all.at == NULL, "no text");
}
