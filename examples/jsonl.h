/* SPDX-License-Identifier: MIT
 *
 * jsonl.h: tasks from a file of JSON objects, one a line, for producer.c. If your tasks come from
 * elsewhere, this is the file to replace.
 *
 *     {"queue": "mail", "type": "welcome", "payload": {"to": "ann@example.org"}}
 *     {"queue": "mail", "type": "reset", "payload": "...", "id": "r-17", "expires_in": 3600}
 *
 * `payload` is any JSON value, and what is sealed are its exact bytes as they stand in the line: 1.10,
 * 12345678901234567890123 and the order of keys survive. `id` and `expires_in` (whole seconds) are optional;
 * other keys are refused. Lines end with LF or CR LF; a byte order mark before the first and blank lines
 * are skipped. A line is JSON by RFC 8259 in UTF-8: no duplicate keys, no number beyond the range of a
 * double, at most 2048 levels deep and 16 MiB long: jansson's tree of it may take 80 times its bytes.
 */
#ifndef JSONL_H
#define JSONL_H

#include <stdint.h>
#include <stdio.h>

#include <jansson.h>
#include <malloc.h>
#include <sodium.h>

#include "lines.h"

enum { JSONL_NAME_MAX = 255 };

struct jsonl_task {
    unsigned long line; /* from 1 */
    char queue[JSONL_NAME_MAX + 1], type[JSONL_NAME_MAX + 1];
    char id[JSONL_NAME_MAX + 1]; /* empty if the line has none */
    uint64_t lifetime;           /* 0: for ever */
    const char *payload;         /* inside the line: good until the next call */
    size_t payload_len;
};

struct jsonl {
    struct lines lines;
    char reason[160]; /* why a line was refused: never quotes a payload */
};

enum jsonl_result { JSONL_TASK, JSONL_REFUSED, JSONL_END, JSONL_FAILED };

/* ---- JSON ------------------------------------------------------------------------------------- */

/* INT_AS_REAL: an integer beyond 64 bits is no error. Nothing is computed from the payload's numbers. */
#define JSONL_STRICT (JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL | JSON_ALLOW_NUL | JSON_DECODE_ANY)

/* jansson's parse holds copies of the payload: wiped as they are freed. */
static void jsonl_wiping_free(void *memory)
{
    if (memory != NULL)
        explicit_bzero(memory, malloc_usable_size(memory));
    free(memory);
}

/* jansson's own text quotes the input, so it is not shown: its code and position say enough. */
static const char *jsonl_reason(const json_error_t *error)
{
    switch (json_error_code(error)) {
    case json_error_invalid_utf8:
        return "not valid UTF-8";
    case json_error_premature_end_of_input:
        return "ends in the middle of a JSON value";
    case json_error_end_of_input_expected:
        return "more follows after the JSON value";
    case json_error_duplicate_key:
        return "the same key twice in one JSON object";
    case json_error_numeric_overflow:
        return "a number beyond the range of a double";
    case json_error_stack_overflow:
        return "nested deeper than 2048 levels";
    case json_error_null_byte_in_key:
        return "a NUL in a JSON key";
    case json_error_out_of_memory:
        return "out of memory";
    default:
        return "not valid JSON";
    }
}

static const char *jsonl_skip_space(const char *at)
{
    return at + strspn(at, " \t\r\n");
}

/* The JSON value at *at, stepped over: jansson says where it ends. NULL if memory ran out. */
static json_t *jsonl_value(const char **at, const char *end)
{
    json_error_t error;
    json_t *value = json_loadb(*at, (size_t)(end - *at), JSONL_STRICT | JSON_DISABLE_EOF_CHECK, &error);
    *at += value != NULL ? error.position : 0;
    return value;
}

/* Finds the bytes of the payload in a line that jansson has accepted as an object with that key, so that
 * only the punctuation between its tokens is left to step over. */
static bool jsonl_find_payload(const char *line, size_t len, struct jsonl_task *task)
{
    const char *at = jsonl_skip_space(line), *end = line + len;
    while (*at == '{' || *at == ',') {
        at = jsonl_skip_space(at + 1);
        json_t *key = jsonl_value(&at, end);
        bool found = key != NULL && strcmp(json_string_value(key), "payload") == 0;
        at = jsonl_skip_space(jsonl_skip_space(at) + 1); /* past the colon */
        task->payload = at;
        json_t *value = key != NULL ? jsonl_value(&at, end) : NULL;
        task->payload_len = (size_t)(at - task->payload);
        json_decref(key);
        json_decref(value);
        if (found || value == NULL)
            return found && value != NULL;
        at = jsonl_skip_space(at);
    }
    return false;
}

/* ---- Fields ----------------------------------------------------------------------------------- */

/* Queue, type and id become part of keys, ledgers and logs: no control characters in them, and no braces in
 * a queue, which would move the hash tag. */
static const char *jsonl_copy_name(const json_t *value, const char *forbidden, char out[JSONL_NAME_MAX + 1])
{
    const char *text = json_string_value(value);
    size_t len = json_string_length(value);
    if (text == NULL)
        return "is not a string";
    if (len < 1 || len > JSONL_NAME_MAX)
        return "must have 1 to 255 bytes";
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i], next = (unsigned char)text[i + 1];
        if (c < 0x20 || c == 0x7f || (c == 0xc2 && next < 0xa0))
            return "holds a control character";
        if (strchr(forbidden, c) != NULL)
            return "holds a brace, which would change the key's hash tag";
    }
    memcpy(out, text, len + 1);
    return NULL;
}

static const char *jsonl_copy_seconds(const json_t *value, uint64_t *out)
{
    double seconds = json_real_value(value);
    if (!(seconds >= 1 && seconds <= 1e10) || seconds > (double)(uint64_t)seconds)
        return "must be a whole number of seconds from 1 to 10000000000";
    *out = (uint64_t)seconds;
    return NULL;
}

static bool jsonl_take_field(struct jsonl *in, struct jsonl_task *task, const char *key, const json_t *value)
{
    const char *wrong = NULL;
    if (strcmp(key, "queue") == 0) {
        wrong = jsonl_copy_name(value, "{}", task->queue);
    } else if (strcmp(key, "type") == 0) {
        wrong = jsonl_copy_name(value, "", task->type);
    } else if (strcmp(key, "id") == 0) {
        wrong = jsonl_copy_name(value, "", task->id);
    } else if (strcmp(key, "expires_in") == 0) {
        wrong = jsonl_copy_seconds(value, &task->lifetime);
    } else if (strcmp(key, "payload") != 0) {
        int len = snprintf(in->reason, sizeof in->reason, "unknown key \"%.60s\"", key);
        for (int i = 0; i < len; i++)
            in->reason[i] = in->reason[i] >= ' ' && in->reason[i] <= '~' ? in->reason[i] : '?';
        return false;
    }
    if (wrong != NULL)
        snprintf(in->reason, sizeof in->reason, "\"%s\" %s", key, wrong);
    return wrong == NULL;
}

static bool jsonl_parse(struct jsonl *in, const char *line, size_t len, struct jsonl_task *task)
{
    json_error_t error;
    const char *key;
    json_t *value, *root = json_loadb(line, len, JSONL_STRICT, &error);
    bool good = false;

    if (root == NULL) {
        snprintf(in->reason, sizeof in->reason, "%s, near byte %d", jsonl_reason(&error), error.position);
        return false;
    }
    if (!json_is_object(root)) {
        snprintf(in->reason, sizeof in->reason, "not a JSON object");
        goto cleanup;
    }
    json_object_foreach(root, key, value)
    {
        if (!jsonl_take_field(in, task, key, value))
            goto cleanup;
    }
    good = task->queue[0] != '\0' && task->type[0] != '\0' && json_object_get(root, "payload") != NULL;
    if (!good)
        snprintf(in->reason, sizeof in->reason, "\"queue\", \"type\" and \"payload\" are required");

cleanup:
    json_decref(root); /* before the payload is parsed again: a tree may be large */
    if (!good)
        return false;
    good = jsonl_find_payload(line, len, task);
    if (!good)
        snprintf(in->reason, sizeof in->reason, "out of memory");
    return good;
}

/* ---- What the producer calls ------------------------------------------------------------------ */

static bool jsonl_open(struct jsonl *in, int fd)
{
    json_set_alloc_funcs(malloc, jsonl_wiping_free);
    return lines_open(&in->lines, fd);
}

/* The next task, or why there is none. `task->line` is set for refused lines too. */
static enum jsonl_result jsonl_next(struct jsonl *in, struct jsonl_task *task)
{
    struct lines *lines = &in->lines;
    for (;;) {
        enum lines_result got;
        while ((got = lines_next(lines)) == LINES_MORE)
            if (!lines_read(lines))
                return JSONL_FAILED;
        if (got == LINES_END)
            return JSONL_END;
        memset(task, 0, sizeof *task);
        task->line = lines->number;
        if (lines->line_len > LINES_MAX) {
            snprintf(in->reason, sizeof in->reason, "longer than %d bytes", LINES_MAX);
            return JSONL_REFUSED;
        }
        size_t mark = lines->number == 1 && strncmp(lines->line, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
        const char *text = lines->line + mark;
        if (strlen(text) == lines->line_len - mark && *jsonl_skip_space(text) == '\0')
            continue;
        return jsonl_parse(in, text, lines->line_len - mark, task) ? JSONL_TASK : JSONL_REFUSED;
    }
}

static void jsonl_close(struct jsonl *in)
{
    lines_close(&in->lines);
    explicit_bzero(in, sizeof *in);
}

#endif
