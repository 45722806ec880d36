/* SPDX-License-Identifier: MIT */
#include "record.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

void give_up(const char *what, const char *detail)
{
    printf("Bail out! %s: %s\n", what, detail);
    exit(2);
}

static void *grow(void *memory, size_t count, size_t size)
{
    void *grown = reallocarray(memory, count, size);
    if (grown == NULL)
        give_up("no memory", "reading records");
    return grown;
}

/* ---- Files ---- */

static char *read_all(FILE *stream, const char *path)
{
    const size_t step = 1U << 16;
    char *text = NULL;
    size_t len = 0;
    size_t got;
    do {
        text = grow(text, len + step + 1, 1);
        got = fread(text + len, 1, step, stream);
        len += got;
    } while (got > 0);
    if (ferror(stream))
        give_up("cannot read", path);
    text[len] = '\0';
    return text;
}

static void add_field(record *r, char *line)
{
    char *colon = strchr(line, ':');
    if (colon == NULL)
        give_up("no colon in this line", line);
    *colon = '\0';
    const char *value = colon + 1 + strspn(colon + 1, " ");
    r->fields = grow(r->fields, r->count + 1, sizeof *r->fields);
    r->fields[r->count++] = (field){line, value};
}

/* Cuts the text into lines, and the lines into records at the blank ones. */
void records_read(record_file *file, const char *path, FILE *stream)
{
    bool between = true;
    *file = (record_file){read_all(stream, path), NULL, 0};
    for (char *line = file->text, *next; line != NULL; line = next) {
        next = strchr(line, '\n');
        if (next != NULL)
            *next++ = '\0';
        if (*line == '#')
            continue;
        if (*line == '\0') {
            between = true;
            continue;
        }
        if (between) {
            file->records = grow(file->records, file->count + 1, sizeof *file->records);
            file->records[file->count++] = (record){NULL, 0};
        }
        between = false;
        add_field(&file->records[file->count - 1], line);
    }
}

void records_free(record_file *file)
{
    for (size_t i = 0; i < file->count; i++)
        free(file->records[i].fields);
    free(file->records);
    free(file->text);
}

/* ---- Fields ---- */

const char *record_next(const record *r, const char *name, size_t *position)
{
    for (; *position < r->count; ++*position)
        if (strcmp(r->fields[*position].name, name) == 0)
            return r->fields[(*position)++].value;
    return NULL;
}

const char *record_get(const record *r, const char *name)
{
    size_t position = 0;
    return record_next(r, name, &position);
}

const char *record_need(const record *r, const char *name)
{
    const char *value = record_get(r, name);
    if (value == NULL)
        give_up("a record lacks the field", name);
    return value;
}

uint64_t record_number(const record *r, const char *name, uint64_t otherwise)
{
    const char *value = record_get(r, name);
    char *end;
    if (value == NULL)
        return otherwise;
    uint64_t number = strtoull(value, &end, 10);
    if (end == value || *end != '\0')
        give_up("not a number", value);
    return number;
}

/* ---- Byte expressions ---- */

static void append(bytes *to, const uint8_t *data, size_t len)
{
    to->data = grow(to->data, to->len + len + 1, 1);
    memcpy(to->data + to->len, data, len);
    to->len += len;
}

static unsigned digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c != '\0' ? strchr(digits, c) : NULL;
    if (at == NULL)
        give_up("not lower-case hex", (const char[]){c, '\0'});
    return (unsigned)(at - digits);
}

static bytes decode_hex(const char *hex, size_t len)
{
    bytes out = {grow(NULL, len / 2 + 1, 1), len / 2};
    if (len % 2 != 0)
        give_up("an odd number of hex digits", hex);
    for (size_t i = 0; i < out.len; i++)
        out.data[i] = (uint8_t)(digit(hex[2 * i]) << 4 | digit(hex[2 * i + 1]));
    return out;
}

static const record *find_record(const record_file *file, const char *name, size_t len)
{
    for (size_t i = 0; i < file->count; i++) {
        const char *candidate = record_need(&file->records[i], "name");
        if (strlen(candidate) == len && memcmp(candidate, name, len) == 0)
            return &file->records[i];
    }
    give_up("no record has the name", name);
}

/* NAME[from:to]: a piece of that record's sealed bytes. */
static void append_piece(bytes *to, const record_file *file, const char *token, const char *bracket)
{
    const record *other = find_record(file, token, (size_t)(bracket - token));
    bytes whole = bytes_evaluate(file, record_need(other, "sealed"));
    char *end;
    size_t from = strtoul(bracket + 1, &end, 10);
    size_t until = *end == ':' ? strtoul(end + 1, &end, 10) : 0;
    if (*end != ']' || from > until || until > whole.len)
        give_up("bad piece", token);
    append(to, whole.data + from, until - from);
    free(whole.data);
}

static void append_token(bytes *to, const record_file *file, const char *token, size_t len)
{
    const char *bracket = memchr(token, '[', len);
    const char *star = memchr(token, '*', len);
    if (bracket != NULL) {
        append_piece(to, file, token, bracket);
        return;
    }
    const char *hex = star != NULL ? star + 1 : token;
    size_t times = star != NULL ? strtoul(token, NULL, 10) : 1;
    bytes unit = decode_hex(hex, len - (size_t)(hex - token));
    for (size_t i = 0; i < times; i++)
        append(to, unit.data, unit.len);
    free(unit.data);
}

bytes bytes_evaluate(const record_file *file, const char *expression)
{
    bytes out = {grow(NULL, 1, 1), 0};
    while (*expression != '\0') {
        size_t len = strcspn(expression, " ");
        append_token(&out, file, expression, len);
        expression += len;
        expression += strspn(expression, " ");
    }
    return out;
}
