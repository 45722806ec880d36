/* SPDX-License-Identifier: MIT
 * Made by bundle.py of lib/core/keyfile.c; do not edit. */
/* SPDX-License-Identifier: MIT */
#include "core.h"


#include <stdlib.h>

/* A piece of the text. Never NUL-terminated. */
typedef struct {
    const char *at;
    size_t len;
} slice;

typedef taskseal__keyfile reading;

static taskseal_err fault(const reading *r, const char *reason)
{
    return taskseal__fail_line(r->error, TASKSEAL_ERR_KEYFILE_MALFORMED, r->line, "line %u: %s", r->line,
                               reason);
}

/* ---- Words ---- */

static bool equals(slice s, const char *word)
{
    return s.len == strlen(word) && memcmp(s.at, word, s.len) == 0;
}

static bool holds(slice s, char byte)
{
    return s.len > 0 && memchr(s.at, byte, s.len) != NULL;
}

/* Cuts off what stands before the first `separator`, or all. */
static slice cut(slice *rest, char separator)
{
    const char *end = rest->len > 0 ? memchr(rest->at, separator, rest->len) : NULL;
    slice word = {rest->at, end != NULL ? (size_t)(end - rest->at) : rest->len};
    size_t skipped = word.len + (end != NULL ? 1 : 0);
    rest->at += skipped;
    rest->len -= skipped;
    return word;
}

/* True and the prefix cut off if `s` begins with it. */
static bool skip_prefix(slice *s, const char *prefix)
{
    size_t len = strlen(prefix);
    if (s->len < len || memcmp(s->at, prefix, len) != 0)
        return false;
    s->at += len;
    s->len -= len;
    return true;
}

/* ---- Fields of a key line ---- */

static taskseal_err read_id(reading *r, taskseal_key *key, slice word)
{
    if (!taskseal__key_id_valid(word.at, word.len))
        return fault(r, "the key id must be 1 to 255 of [0-9A-Za-z._:/@+-], the first one a letter or digit");
    char *id = r->storage + r->stored;
    memcpy(id, word.at, word.len);
    id[word.len] = '\0';
    r->stored += word.len + 1;
    key->id = id;
    for (size_t i = 0; i < r->key_count; i++)
        if (strcmp(r->keys[i].id, id) == 0)
            return fault(r, "this key id stands on an earlier line too");
    return TASKSEAL_OK;
}

const char *taskseal__key_type_name(taskseal_key_type type)
{
    switch (type) {
    case TASKSEAL_KEY_XCHACHA20POLY1305:
        return "xchacha20poly1305";
    case TASKSEAL_KEY_AEGIS256:
        return "aegis256";
    case TASKSEAL_KEY_DEDUPE:
        return "dedupe";
    }
    return NULL;
}

const char *taskseal__secret_prefix(taskseal_key_type type)
{
    return type == TASKSEAL_KEY_DEDUPE ? "tsdup1_" : "tskek1_";
}

static taskseal_err read_type(reading *r, taskseal_key *key, slice word)
{
    static const taskseal_key_type types[] = {TASKSEAL_KEY_XCHACHA20POLY1305, TASKSEAL_KEY_AEGIS256,
                                              TASKSEAL_KEY_DEDUPE};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (equals(word, taskseal__key_type_name(types[i])))
            key->type = types[i];
    if (key->type == 0)
        return fault(r, "the key type must be xchacha20poly1305, aegis256 or dedupe");
    if (!taskseal_key_type_available(key->type))
        return taskseal__fail_line(r->error, TASKSEAL_ERR_SUITE_UNAVAILABLE, r->line,
                                   "line %u: a key of type aegis256 needs a build with libsodium 1.0.19 or "
                                   "newer",
                                   r->line);
    return TASKSEAL_OK;
}

const char *taskseal__key_state_name(taskseal_key_state state)
{
    static const char *const names[] = {"active", "open-only", "retired", "compromised"};
    return state >= TASKSEAL_KEY_ACTIVE && state <= TASKSEAL_KEY_COMPROMISED
               ? names[state - TASKSEAL_KEY_ACTIVE]
               : NULL;
}

static taskseal_err read_state(reading *r, taskseal_key *key, slice word)
{
    for (taskseal_key_state state = TASKSEAL_KEY_ACTIVE; state <= TASKSEAL_KEY_COMPROMISED; state++)
        if (equals(word, taskseal__key_state_name(state)))
            key->state = state;
    return key->state != 0 ? TASKSEAL_OK
                           : fault(r, "the key state must be active, open-only, retired or compromised");
}

static taskseal_err read_secret(reading *r, taskseal_key *key, slice word)
{
    uint8_t *secret = r->secrets + r->key_count * TASKSEAL_KEY_BYTES;
    if (key->state == TASKSEAL_KEY_RETIRED || key->state == TASKSEAL_KEY_COMPROMISED)
        return equals(word, "-") ? TASKSEAL_OK
                                 : fault(r, "a retired or compromised key has `-` in place of its secret");
    bool dedupe = key->type == TASKSEAL_KEY_DEDUPE;
    if (!skip_prefix(&word, taskseal__secret_prefix(key->type)) || word.len != TASKSEAL__SECRET_DIGITS ||
        !taskseal__base64_decode(word.at, word.len, secret, TASKSEAL_KEY_BYTES))
        return fault(r, dedupe ? "the secret of a dedupe key must be tsdup1_ and 43 characters of unpadded "
                                 "base64url, as `taskseal key add` makes it"
                               : "the secret must be tskek1_ and 43 characters of unpadded base64url, as "
                                 "`taskseal keygen` makes it");
    if (sodium_is_zero(secret, TASKSEAL_KEY_BYTES))
        return fault(r, "the secret is all zero: make one with `taskseal keygen`");
    key->secret = secret;
    return TASKSEAL_OK;
}

/* ---- Attributes ---- */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* True for the bytes that stand for themselves: those that the first character of a key id, or a later one,
 * may be. */
static bool is_plain(char c)
{
    const char id[2] = {'a', c};
    return taskseal__key_id_valid(id, sizeof id);
}

/* Decodes one queue name into the storage. There is one valid spelling of every name. */
static bool read_queue(reading *r, slice word, taskseal_bytes *queue)
{
    char *start = r->storage + r->stored;
    char *out = start;
    for (size_t i = 0; i < word.len; i++) {
        char c = word.at[i];
        if (c == '%') {
            int high = word.len - i > 2 ? hex_digit(word.at[i + 1]) : -1;
            int low = word.len - i > 2 ? hex_digit(word.at[i + 2]) : -1;
            if (high < 0 || low < 0 || is_plain((char)(high << 4 | low)))
                return false;
            c = (char)(high << 4 | low);
            i += 2;
        } else if (!is_plain(c)) {
            return false;
        }
        *out++ = c;
    }
    *queue = (taskseal_bytes){start, (size_t)(out - start)};
    r->stored += queue->len;
    return queue->len >= 1 && queue->len <= TASKSEAL_CONTEXT_MAX;
}

static bool queue_is_listed(const taskseal_key *key, taskseal_bytes queue)
{
    for (size_t i = 0; i < key->queue_count; i++)
        if (key->queues[i].len == queue.len && memcmp(key->queues[i].data, queue.data, queue.len) == 0)
            return true;
    return false;
}

static taskseal_err read_queues(reading *r, taskseal_key *key, slice list)
{
    bool more = true;
    key->queues = r->queues + r->queue_count;
    while (more) {
        taskseal_bytes queue;
        more = holds(list, ',');
        if (key->queue_count == TASKSEAL_QUEUES_MAX)
            return fault(r, "a key has at most 64 queues");
        if (!read_queue(r, cut(&list, ','), &queue))
            return fault(r, "a queue name is 1 to 65535 bytes; only those of [0-9A-Za-z._:/@+-] stand for "
                            "themselves, all others are written as %XX in upper case");
        if (queue_is_listed(key, queue))
            return fault(r, "a queue is twice in the list");
        r->queues[r->queue_count++] = queue;
        key->queue_count++;
    }
    return TASKSEAL_OK;
}

static taskseal_err read_time(reading *r, slice word, uint64_t *time)
{
    return taskseal__parse_timestamp(word.at, word.len, time)
               ? TASKSEAL_OK
               : fault(r, "a time is written as 2026-11-21T00:00:00Z, and is after 1970");
}

/* queues, not-before, not-after: in this order, each at most once. */
static taskseal_err read_attributes(reading *r, taskseal_key *key, slice rest)
{
    enum { QUEUES = 1, NOT_BEFORE, NOT_AFTER } last = 0;
    while (rest.len > 0) {
        slice word = cut(&rest, ' ');
        taskseal_err err;
        if (last < QUEUES && skip_prefix(&word, "queues=")) {
            last = QUEUES;
            err = read_queues(r, key, word);
        } else if (last < NOT_BEFORE && skip_prefix(&word, "not-before=")) {
            last = NOT_BEFORE;
            err = read_time(r, word, &key->not_before);
        } else if (last < NOT_AFTER && skip_prefix(&word, "not-after=")) {
            last = NOT_AFTER;
            err = read_time(r, word, &key->not_after);
        } else {
            err = fault(r, "behind the secret only queues=, not-before= and not-after= may stand, in this "
                           "order, each once");
        }
        if (err != TASKSEAL_OK)
            return err;
    }
    if (key->not_after != 0 && key->not_before > key->not_after)
        return fault(r, "not-after lies before not-before");
    return TASKSEAL_OK;
}

/* ---- Lines ---- */

static taskseal_err read_key(reading *r, slice line)
{
    taskseal_key *key = &r->keys[r->key_count];
    if (r->key_count == TASKSEAL_KEYS_MAX)
        return fault(r, "a keyring holds at most 1024 keys");
    if (line.at[line.len - 1] == ' ')
        return fault(r, "a space at the end of the line");
    if (!equals(cut(&line, ' '), "key"))
        return fault(r, "a line is empty, a comment that begins with #, or begins with `key `");
    taskseal_err err = read_id(r, key, cut(&line, ' '));
    if (err == TASKSEAL_OK)
        err = read_type(r, key, cut(&line, ' '));
    if (err == TASKSEAL_OK)
        err = read_state(r, key, cut(&line, ' '));
    if (err == TASKSEAL_OK)
        err = read_secret(r, key, cut(&line, ' '));
    if (err == TASKSEAL_OK)
        err = read_attributes(r, key, line);
    if (err == TASKSEAL_OK)
        r->lines[r->key_count++] = r->line;
    return err;
}

static taskseal_err read_line(reading *r, slice line)
{
    if (holds(line, '\r') || holds(line, '\t') || holds(line, '\0'))
        return fault(
            r, "it holds a CR, a tab or a NUL: lines end with LF alone, and one space separates fields");
    return line.len == 0 || line.at[0] == '#' ? TASKSEAL_OK : read_key(r, line);
}

/* True for what follows the name of a format: a number without leading zeros, short enough to be told. */
static bool is_format_number(slice s)
{
    bool digits = s.len >= 1 && s.len <= 4 && s.at[0] != '0';
    for (size_t i = 0; i < s.len && digits; i++)
        digits = s.at[i] >= '0' && s.at[i] <= '9';
    return digits;
}

/* A file that says that it is one of another format is not called malformed. */
static taskseal_err read_first_line(const reading *r, slice first)
{
    slice number = first;
    if (equals(first, TASKSEAL__KEYFILE_FIRST_LINE))
        return TASKSEAL_OK;
    if (equals(first, TASKSEAL__PROTECTED_FIRST_LINE))
        return taskseal__fail_line(r->error, TASKSEAL_ERR_KEYFILE_PASSPHRASE, 1,
                                   "line 1: this key file is protected: give its passphrase");
    bool named =
        skip_prefix(&number, TASKSEAL__KEYFILE_NAME) || skip_prefix(&number, TASKSEAL__PROTECTED_NAME);
    if (named && is_format_number(number))
        return taskseal__fail_line(r->error, TASKSEAL_ERR_KEYFILE_UNSUPPORTED, 1,
                                   "line 1: this is a key file of the format `%.*s`, which this version of "
                                   "the library does not know: upgrade it",
                                   (int)first.len, first.at);
    if (holds(first, '\r') || skip_prefix(&first, "\xef\xbb\xbf"))
        return fault(r, "it holds a CR or a byte order mark: save the file as plain text with LF line ends");
    return fault(r, "the first line must be `" TASKSEAL__KEYFILE_FIRST_LINE "`: this is no key file");
}

static taskseal_err read_lines(reading *r, slice text)
{
    r->line = 1;
    taskseal_err err = read_first_line(r, cut(&text, '\n'));
    while (text.len > 0 && err == TASKSEAL_OK) {
        r->line++;
        err = read_line(r, cut(&text, '\n'));
    }
    if (err != TASKSEAL_OK)
        return err;
    return r->key_count > 0 ? TASKSEAL_OK : fault(r, "the file ends without a key");
}

/* ---- Memory and the public function ---- */

static size_t count_byte(slice text, char byte)
{
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++)
        count += text.at[i] == byte;
    return count;
}

/* Every key has a line and every queue but a list's first a comma: so much suffices. */
static bool allocate(reading *r, slice text)
{
    size_t lines = count_byte(text, '\n') + 1;
    size_t keys = lines < TASKSEAL_KEYS_MAX ? lines : TASKSEAL_KEYS_MAX;
    r->keys = calloc(keys + 1, sizeof *r->keys);
    r->lines = calloc(keys + 1, sizeof *r->lines);
    r->queues = calloc(lines + count_byte(text, ','), sizeof *r->queues);
    r->secrets = sodium_allocarray(keys + 1, TASKSEAL_KEY_BYTES);
    r->storage = malloc(text.len + 1);
    return r->keys != NULL && r->lines != NULL && r->queues != NULL && r->secrets != NULL &&
           r->storage != NULL;
}

taskseal_err taskseal__keyfile_read(taskseal__keyfile *file, const char *text, size_t text_len,
                                    taskseal_error *error)
{
    const slice all = {text_len != 0 ? text : "", text_len};
    *file = (taskseal__keyfile){.error = error};
    if (text_len > TASKSEAL__KEYFILE_MAX)
        return taskseal__fail_line(error, TASKSEAL_ERR_KEYFILE_MALFORMED, 1,
                                   "line 1: a key file holds at most 1 MiB");
    if (!allocate(file, all))
        return taskseal__fail(error, TASKSEAL_ERR_NO_MEMORY, "no memory to read a key file");
    return read_lines(file, all);
}

void taskseal__keyfile_forget(taskseal__keyfile *file)
{
    sodium_free(file->secrets); /* wipes */
    free(file->storage);
    free(file->queues);
    free(file->lines);
    free(file->keys);
}

taskseal_err taskseal_keyring_parse(taskseal_keyring **out, const char *text, size_t text_len,
                                    taskseal_error *error)
{
    taskseal__keyfile file;
    if (out == NULL)
        return taskseal__fail(error, TASKSEAL_ERR_BAD_ARGUMENT, "no place for the keyring was given");
    *out = NULL;
    if (text == NULL && text_len != 0)
        return taskseal__fail(error, TASKSEAL_ERR_BAD_ARGUMENT, "no text of a key file was given");
    taskseal_err err = taskseal__sodium_init();
    if (err != TASKSEAL_OK)
        return taskseal__fail(error, err, "%s", taskseal_err_text(err));
    err = taskseal__keyfile_read(&file, text, text_len, error);
    if (err == TASKSEAL_OK)
        err = taskseal_keyring_new(out, file.keys, file.key_count, error);
    taskseal__keyfile_forget(&file);
    return err;
}
