/* SPDX-License-Identifier: MIT
 * What is said of an input without a key. */
#include "run.h"

#include <stdlib.h>
#include <string.h>

void run_inspect(verdict *v, const record *r, const bytes *sealed, const char *expected)
{
    taskseal_info info;
    uint8_t id[TASKSEAL_MESSAGE_ID_BYTES];
    if (!expect_error(v, "message id", taskseal_message_id(sealed->data, sealed->len, id), expected)) {
        (void)expect_error(v, "inspect", taskseal_inspect(sealed->data, sealed->len, &info), expected);
        return;
    }
    expect_hex(v, r, "message_id", id, sizeof id);
    if (expect_error(v, "inspect", taskseal_inspect(sealed->data, sealed->len, &info), expected))
        expect_info(v, r, &info);
}

void run_is_sealed(verdict *v, const bytes *data, const char *expected)
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

void run_text_decode(verdict *v, const record_file *file, const record *r, const bytes *text,
                     const char *expected)
{
    bytes out = canary_buffer((size_t)record_number(r, "capacity", text->len));
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
