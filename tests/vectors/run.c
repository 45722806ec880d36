/* SPDX-License-Identifier: MIT */
#include "run.h"

#include "options.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum {
    CANARY = 0xA5,
    GUARD = 32 /* bytes behind an output that must stay as they are */
};

/* ---- Verdicts ---- */

__attribute__((format(printf, 2, 3))) static void fail(verdict *v, const char *format, ...)
{
    va_list arguments;
    if (!v->passed)
        return; /* the first reason is the one to see */
    v->passed = false;
    va_start(arguments, format);
    (void)vsnprintf(v->reason, sizeof v->reason, format, arguments);
    va_end(arguments);
}

/* Fails unless `err` has the expected name; true if it is the expected success. */
static bool expect_error(verdict *v, const char *what, taskseal_err err, const char *expected)
{
    if (strcmp(taskseal_err_name(err), expected) != 0)
        fail(v, "%s: expected %s, got %s", what, expected, taskseal_err_name(err));
    return v->passed && err == TASKSEAL_OK;
}

static void expect_bytes(verdict *v, const char *what, const void *got, size_t len, const bytes *expected)
{
    if (len != expected->len)
        fail(v, "%s: expected %zu bytes, got %zu", what, expected->len, len);
    else if (memcmp(got, expected->data, len) != 0)
        fail(v, "%s: other bytes than expected", what);
}

static void expect_field(verdict *v, const record *r, const char *name, const char *got)
{
    const char *expected = record_get(r, name);
    if (expected != NULL && strcmp(got, expected) != 0)
        fail(v, "%s: expected %s, got %s", name, expected, got);
}

static void expect_number(verdict *v, const record *r, const char *name, uint64_t got)
{
    char text[24];
    (void)snprintf(text, sizeof text, "%" PRIu64, got);
    expect_field(v, r, name, text);
}

static void expect_message_id(verdict *v, const record *r, const uint8_t id[TASKSEAL_MESSAGE_ID_BYTES])
{
    char hex[2 * TASKSEAL_MESSAGE_ID_BYTES + 1];
    for (size_t i = 0; i < TASKSEAL_MESSAGE_ID_BYTES; i++)
        (void)snprintf(hex + 2 * i, 3, "%02x", id[i]);
    expect_field(v, r, "message_id", hex);
}

/* ---- Outputs ---- */

static bytes canary_buffer(size_t capacity)
{
    bytes buffer = {malloc(capacity + GUARD), capacity};
    if (buffer.data == NULL)
        give_up("no memory", "making an output buffer");
    memset(buffer.data, CANARY, capacity + GUARD);
    return buffer;
}

static void expect_guard(verdict *v, const bytes *buffer)
{
    for (size_t i = 0; i < GUARD; i++)
        if (buffer->data[buffer->len + i] != CANARY)
            fail(v, "wrote behind the output buffer");
}

/* From `from` on, the output is as it was or wiped: no plaintext stays there. */
static void expect_wiped(verdict *v, const bytes *buffer, size_t from)
{
    for (size_t i = from; i < buffer->len; i++)
        if (buffer->data[i] != CANARY && buffer->data[i] != 0)
            fail(v, "byte %zu of the output is neither untouched nor wiped", i);
}

/* ---- Opening ---- */

static void expect_opened(verdict *v, const record *r, const taskseal_opened *opened)
{
    expect_message_id(v, r, opened->message_id);
    expect_field(v, r, "opened_by", opened->key_id);
    expect_number(v, r, "replay_until", opened->replay_until);
}

static void run_open_into(verdict *v, const opening *o, const bytes *sealed, const char *expected)
{
    size_t needed;
    size_t len = 1;
    taskseal_opened opened;
    taskseal_opened untouched;
    if (taskseal_open_size(sealed->data, sealed->len, &needed) != TASKSEAL_OK)
        needed = 64;
    memset(&untouched, CANARY, sizeof untouched);
    memcpy(&opened, &untouched, sizeof opened);
    bytes out = canary_buffer((size_t)record_number(o->record, "capacity", needed));
    taskseal_err err =
        taskseal_open(&o->options, sealed->data, sealed->len, out.data, out.len, &len, &opened);
    if (expect_error(v, "open", err, expected)) {
        expect_bytes(v, "payload", out.data, len, &o->payload);
        expect_opened(v, o->record, &opened);
    } else if (err != TASKSEAL_OK && (len != 0 || memcmp(&opened, &untouched, sizeof opened) != 0)) {
        fail(v, "open failed and yet gave a length or a result");
    }
    expect_wiped(v, &out, len);
    expect_guard(v, &out);
    free(out.data);
}

static void run_open_in_place(verdict *v, const opening *o, const bytes *sealed, const char *expected)
{
    void *payload = &payload;
    size_t len = 1;
    taskseal_opened opened;
    bytes buffer = canary_buffer(sealed->len);
    memcpy(buffer.data, sealed->data, sealed->len);
    taskseal_err err = taskseal_open_in_place(&o->options, buffer.data, buffer.len, &payload, &len, &opened);
    if (expect_error(v, "open in place", err, expected)) {
        expect_bytes(v, "payload in place", payload, len, &o->payload);
        expect_opened(v, o->record, &opened);
    } else if (err != TASKSEAL_OK && (payload != NULL || len != 0)) {
        fail(v, "open in place failed and yet gave a payload");
    } else if (err != TASKSEAL_OK && err != TASKSEAL_ERR_DAMAGED &&
               memcmp(buffer.data, sealed->data, sealed->len) != 0) {
        fail(v, "open in place failed before decryption and yet changed the buffer");
    }
    expect_guard(v, &buffer);
    free(buffer.data);
}

static void run_open(verdict *v, const opening *o, const bytes *sealed, const char *expected)
{
    run_open_into(v, o, sealed, expected);
    if (record_get(o->record, "capacity") == NULL)
        run_open_in_place(v, o, sealed, expected);
}

/* ---- Rewrapping ---- */

static void expect_stanzas(verdict *v, const record *r, const taskseal_info *info)
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

/* The result has the expected stanzas and, if `reopened`, opens as the original would. */
static void expect_rewrapped(verdict *v, const opening *o, const bytes *rewrapped, bool reopened)
{
    taskseal_info info;
    if (!expect_error(v, "inspect the result", taskseal_inspect(rewrapped->data, rewrapped->len, &info),
                      "ok"))
        return;
    expect_stanzas(v, o->record, &info);
    if (!reopened)
        return;
    bool available = taskseal_suite_available((taskseal_suite)info.suite);
    run_open(v, o, rewrapped, available ? "ok" : "suite-unavailable");
}

static void run_rewrap(verdict *v, const opening *o, const bytes *sealed, const char *expected, bool reopened)
{
    const taskseal_rewrap_options options = {.keyring = o->options.keyring,
                                             .from_key_id = record_get(o->record, "from_key"),
                                             .to_key_id = record_get(o->record, "to_key"),
                                             .now = o->options.now};
    bytes out = canary_buffer(taskseal_rewrap_size(sealed->len));
    size_t len = 1;
    taskseal_err err = taskseal_rewrap(&options, sealed->data, sealed->len, out.data, out.len, &len);
    expect_guard(v, &out);
    if (expect_error(v, "rewrap", err, expected))
        expect_rewrapped(v, o, &(bytes){out.data, len}, reopened);
    else if (err != TASKSEAL_OK && len != 0)
        fail(v, "rewrap failed and yet gave a length");
    free(out.data);
}

/* Opens or rewraps with the record's keyring. A keyring that can't be made is a result too: a key type may
 * be unavailable. */
static void run_with_keys(verdict *v, const record_file *file, const record *r, const bytes *sealed,
                          const char *expected)
{
    opening o;
    const char *operation = record_need(r, "operation");
    taskseal_err err = opening_make(&o, file, r);
    if (err != TASKSEAL_OK)
        (void)expect_error(v, "make the keyring", err, expected);
    else if (strcmp(operation, "open") == 0)
        run_open(v, &o, sealed, expected);
    else
        run_rewrap(v, &o, sealed, expected, strcmp(operation, "rewrap") == 0);
    opening_free(&o);
}

/* ---- Without keys ---- */

static const char *bound_names(unsigned bound, char out[32])
{
    static const char *const names[] = {"queue", "type", "id", "extra"};
    char *at = out;
    for (unsigned bit = 0; bit < 4; bit++)
        if ((bound & 1U << bit) != 0)
            at += snprintf(at, 8, "%s%s", at == out ? "" : " ", names[bit]);
    return at == out ? "none" : out;
}

static void run_inspect(verdict *v, const record *r, const bytes *sealed, const char *expected)
{
    static const char *const purposes[] = {"payload", "result", "error-text", "reference"};
    taskseal_info info;
    uint8_t id[TASKSEAL_MESSAGE_ID_BYTES];
    char bound[32];
    if (!expect_error(v, "message id", taskseal_message_id(sealed->data, sealed->len, id), expected)) {
        (void)expect_error(v, "inspect", taskseal_inspect(sealed->data, sealed->len, &info), expected);
        return;
    }
    expect_message_id(v, r, id);
    if (!expect_error(v, "inspect", taskseal_inspect(sealed->data, sealed->len, &info), expected))
        return;
    expect_number(v, r, "version", info.version);
    expect_number(v, r, "suite", info.suite);
    expect_field(v, r, "purpose", info.purpose < 4 ? purposes[info.purpose] : "none");
    expect_field(v, r, "padded", info.padded ? "yes" : "no");
    expect_field(v, r, "bound", bound_names(info.bound, bound));
    expect_number(v, r, "sealed_at", info.sealed_at);
    expect_number(v, r, "expires_at", info.expires_at);
    expect_number(v, r, "header_length", info.header_len);
    expect_number(v, r, "payload_length", info.payload_len);
    expect_message_id(v, r, info.message_id);
    expect_stanzas(v, r, &info);
}

static void run_is_sealed(verdict *v, const bytes *data, const char *expected)
{
    static const char *const names[] = {"plain", "sealed", "newer", "broken"};
    taskseal_sealed kind = taskseal_is_sealed(data->data, data->len);
    const char *got = (unsigned)kind < 4 ? names[kind] : "none of them";
    if (strcmp(got, expected) != 0)
        fail(v, "is_sealed: expected %s, got %s", expected, got);
}

/* What decodes must also encode to the same text. */
static void expect_encodes(verdict *v, const bytes *sealed, const bytes *text)
{
    bytes out = canary_buffer(taskseal_text_size(sealed->len) + 1);
    size_t len;
    taskseal_err err = taskseal_text_encode(sealed->data, sealed->len, (char *)out.data, out.len, &len);
    if (expect_error(v, "encode again", err, "ok"))
        expect_bytes(v, "encoded again", out.data, len, text);
    expect_guard(v, &out);
    free(out.data);
}

static void run_text_decode(verdict *v, const record_file *file, const record *r, const bytes *text,
                            const char *expected)
{
    bytes out = canary_buffer(text->len);
    size_t len = 1;
    taskseal_err err = taskseal_text_decode((const char *)text->data, text->len, out.data, out.len, &len);
    if (expect_error(v, "decode", err, expected)) {
        bytes payload = bytes_evaluate(file, record_need(r, "payload"));
        expect_bytes(v, "decoded", out.data, len, &payload);
        expect_encodes(v, &payload, text);
        free(payload.data);
    } else if (err != TASKSEAL_OK && len != 0) {
        fail(v, "decode failed and yet gave a length");
    }
    expect_guard(v, &out);
    free(out.data);
}

/* ---- All ---- */

/* Builds and CPUs may lack AEGIS-256 or AES-256-GCM; the record says what they must answer. */
static const char *expected_of(const record *r)
{
    const char *expected = NULL;
    if (!taskseal_suite_available(TASKSEAL_SUITE_AEGIS256))
        expected = record_get(r, "expect_without_aegis256");
    if (expected == NULL && !taskseal_suite_available(TASKSEAL_SUITE_AES256GCM))
        expected = record_get(r, "expect_without_aes256gcm");
    return expected != NULL ? expected : record_need(r, "expect");
}

verdict record_run(const record_file *file, const record *r)
{
    verdict v = {true, ""};
    const char *operation = record_need(r, "operation");
    const char *expected = expected_of(r);
    bytes sealed = bytes_evaluate(file, record_need(r, "sealed"));
    if (strcmp(operation, "open") == 0 || strncmp(operation, "rewrap", 6) == 0)
        run_with_keys(&v, file, r, &sealed, expected);
    else if (strcmp(operation, "inspect") == 0)
        run_inspect(&v, r, &sealed, expected);
    else if (strcmp(operation, "is-sealed") == 0)
        run_is_sealed(&v, &sealed, expected);
    else if (strcmp(operation, "text-decode") == 0)
        run_text_decode(&v, file, r, &sealed, expected);
    else
        give_up("unknown operation", operation);
    free(sealed.data);
    return v;
}
