/* SPDX-License-Identifier: MIT */
#include "verdict.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { GUARD = 32 /* bytes behind an output that must stay as they are */ };

/* ---- Verdicts ---- */

void fail(verdict *v, const char *format, ...)
{
    va_list arguments;
    if (!v->passed)
        return; /* the first reason is the one to see */
    v->passed = false;
    va_start(arguments, format);
    (void)vsnprintf(v->reason, sizeof v->reason, format, arguments);
    va_end(arguments);
}

bool expect_error(verdict *v, const char *what, taskseal_err err, const char *expected)
{
    if (strcmp(taskseal_err_name(err), expected) != 0)
        fail(v, "%s: expected %s, got %s", what, expected, taskseal_err_name(err));
    return v->passed && err == TASKSEAL_OK;
}

void expect_bytes(verdict *v, const char *what, const void *got, size_t len, const bytes *expected)
{
    if (len != expected->len)
        fail(v, "%s: expected %zu bytes, got %zu", what, expected->len, len);
    else if (memcmp(got, expected->data, len) != 0)
        fail(v, "%s: other bytes than expected", what);
}

void expect_field(verdict *v, const record *r, const char *name, const char *got)
{
    const char *expected = record_get(r, name);
    if (expected != NULL && strcmp(got, expected) != 0)
        fail(v, "%s: expected %s, got %s", name, expected, got);
}

void expect_number(verdict *v, const record *r, const char *name, uint64_t got)
{
    char text[24];
    (void)snprintf(text, sizeof text, "%" PRIu64, got);
    expect_field(v, r, name, text);
}

void expect_hex(verdict *v, const record *r, const char *name, const uint8_t *got, size_t len)
{
    char hex[2 * 64 + 1] = "";
    for (size_t i = 0; i < len && i < 64; i++)
        (void)snprintf(hex + 2 * i, 3, "%02x", got[i]);
    expect_field(v, r, name, hex);
}

static const char *bound_names(unsigned bound, char out[32])
{
    static const char *const names[] = {"queue", "type", "id", "extra"};
    char *at = out;
    for (unsigned bit = 0; bit < 4; bit++)
        if ((bound & 1U << bit) != 0)
            at += snprintf(at, 8, "%s%s", at == out ? "" : " ", names[bit]);
    return at == out ? "none" : out;
}

void expect_stanzas(verdict *v, const record *r, const taskseal_info *info)
{
    size_t position = 0;
    const char *expected;
    for (size_t i = 0; i < info->stanza_count; i++) {
        char line[sizeof info->stanzas[i].key_id + 4];
        (void)snprintf(line, sizeof line, "%02x %s", info->stanzas[i].type, info->stanzas[i].key_id);
        expected = record_next(r, "stanza", &position);
        if (expected == NULL || strcmp(line, expected) != 0)
            fail(v, "stanza %zu: expected %s, got %s", i + 1, expected != NULL ? expected : "none", line);
    }
    expected = record_next(r, "stanza", &position);
    if (expected != NULL)
        fail(v, "stanza expected and not there: %s", expected);
}

void expect_info(verdict *v, const record *r, const taskseal_info *info)
{
    static const char *const purposes[] = {"payload", "result", "error-text", "reference"};
    char bound[32];
    expect_number(v, r, "version", info->version);
    expect_number(v, r, "suite", info->suite);
    expect_field(v, r, "purpose", info->purpose < 4 ? purposes[info->purpose] : "none");
    expect_field(v, r, "padded", info->padded ? "yes" : "no");
    expect_field(v, r, "bound", bound_names(info->bound, bound));
    expect_number(v, r, "sealed_at", info->sealed_at);
    expect_number(v, r, "expires_at", info->expires_at);
    expect_number(v, r, "header_length", info->header_len);
    expect_number(v, r, "payload_length", info->payload_len);
    expect_hex(v, r, "message_id", info->message_id, sizeof info->message_id);
    expect_stanzas(v, r, info);
}

/* ---- Outputs ---- */

bytes canary_buffer(size_t capacity)
{
    bytes buffer = {malloc(capacity + GUARD), capacity};
    if (buffer.data == NULL)
        give_up("no memory", "making an output buffer");
    memset(buffer.data, CANARY, capacity + GUARD);
    return buffer;
}

void expect_guard(verdict *v, const bytes *buffer)
{
    for (size_t i = 0; i < GUARD; i++)
        if (buffer->data[buffer->len + i] != CANARY)
            fail(v, "wrote behind the output buffer");
}

void expect_wiped(verdict *v, const bytes *buffer, size_t from)
{
    for (size_t i = from; i < buffer->len; i++)
        if (buffer->data[i] != CANARY && buffer->data[i] != 0)
            fail(v, "byte %zu of the output is neither untouched nor wiped", i);
}
