/* SPDX-License-Identifier: MIT */
#include "run.h"

#include <stdlib.h>
#include <string.h>

/* ---- Opening ---- */

void expect_opened(verdict *v, const record *r, const taskseal_opened *opened)
{
    expect_hex(v, r, "message_id", opened->message_id, sizeof opened->message_id);
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

void run_open(verdict *v, const opening *o, const bytes *sealed, const char *expected)
{
    run_open_into(v, o, sealed, expected);
    if (record_get(o->record, "capacity") == NULL)
        run_open_in_place(v, o, sealed, expected);
}

/* ---- Rewrapping ---- */

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
    bytes out =
        canary_buffer((size_t)record_number(o->record, "capacity", taskseal_rewrap_size(sealed->len)));
    size_t len = 1;
    taskseal_err err = taskseal_rewrap(&options, sealed->data, sealed->len, out.data, out.len, &len);
    expect_guard(v, &out);
    if (expect_error(v, "rewrap", err, expected))
        expect_rewrapped(v, o, &(bytes){out.data, len}, reopened);
    else if (err != TASKSEAL_OK && len != 0)
        fail(v, "rewrap failed and yet gave a length");
    free(out.data);
}

/* ---- With keys ---- */

/* A keyring that can't be made is a result too: a key type may be unavailable. */
static void run_with_keys(verdict *v, const record_file *file, const record *r, const bytes *input,
                          const char *expected)
{
    opening o;
    const char *operation = record_need(r, "operation");
    taskseal_err err = opening_make(&o, file, r);
    if (err != TASKSEAL_OK) {
        (void)expect_error(v, "make the keyring", err, expected);
    } else if (strcmp(operation, "open") == 0) {
        run_open(v, &o, input, expected);
        run_open_in_pieces(v, &o, file, input);
    } else if (strcmp(operation, "seal") == 0) {
        run_seal(v, &o, input, expected);
    } else if (strcmp(operation, "reseal") == 0) {
        run_reseal(v, &o, input, expected);
    } else if (strcmp(operation, "dedupe-tag") == 0) {
        run_dedupe(v, &o, file, input, expected);
    } else if (strncmp(operation, "rewrap", 6) == 0) {
        run_rewrap(v, &o, input, expected, strcmp(operation, "rewrap") == 0);
    } else {
        give_up("unknown operation", operation);
    }
    opening_free(&o);
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
    if (strcmp(operation, "inspect") == 0)
        run_inspect(&v, r, &sealed, expected);
    else if (strcmp(operation, "is-sealed") == 0)
        run_is_sealed(&v, &sealed, expected);
    else if (strcmp(operation, "text-decode") == 0)
        run_text_decode(&v, file, r, &sealed, expected);
    else
        run_with_keys(&v, file, r, &sealed, expected);
    free(sealed.data);
    return v;
}
