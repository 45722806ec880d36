/* SPDX-License-Identifier: MIT
 * What makes something new: seal, reseal and dedupe tags. What was sealed is opened again. */
#include "run.h"

#include <stdlib.h>
#include <string.h>

enum { BATCH = 3 };

/* ---- Options ---- */

static bool says_yes(const record *r, const char *name)
{
    const char *value = record_get(r, name);
    return value != NULL && strcmp(value, "yes") == 0;
}

/* The key ids that a record names, NULL if none; at most one more than a writer takes. */
static const char *const *named_keys(const record *r, const char *ids[TASKSEAL_STANZAS_MAX + 1],
                                     size_t *count)
{
    size_t position = 0;
    const char *id;
    *count = 0;
    while ((id = record_next(r, "seal_to", &position)) != NULL) {
        if (*count > TASKSEAL_STANZAS_MAX)
            give_up("too many keys are named", id);
        ids[(*count)++] = id;
    }
    return *count > 0 ? ids : NULL;
}

static taskseal_seal_options seal_options(const opening *o, const char *ids[TASKSEAL_STANZAS_MAX + 1])
{
    const record *r = o->record;
    taskseal_seal_options options = {
        .keyring = o->options.keyring,
        .context = o->options.context,
        .suite = (taskseal_suite)record_number(r, "suite", 0),
        .purpose = o->options.purpose,
        .flags = (says_yes(r, "padded") ? TASKSEAL_SEAL_PADDED : 0U) |
                 (says_yes(r, "allow_sealed") ? TASKSEAL_SEAL_ALLOW_SEALED : 0U),
        .expires_at = record_number(r, "expires_at", 0),
        .lifetime = record_number(r, "lifetime", 0),
        .now = o->options.now,
    };
    options.key_ids = named_keys(r, ids, &options.key_count);
    return options;
}

/* ---- Sealing ---- */

/* The envelope looks as the record says, and gives the payload back. */
static void expect_sealed(verdict *v, const opening *o, const bytes *payload, const bytes *sealed)
{
    taskseal_info info;
    size_t len;
    bytes opened = canary_buffer(payload->len + 1024 + payload->len / 8);
    expect_number(v, o->record, "sealed_length", sealed->len);
    if (expect_error(v, "inspect what was sealed", taskseal_inspect(sealed->data, sealed->len, &info), "ok"))
        expect_info(v, o->record, &info);
    taskseal_err err =
        taskseal_open(&o->options, sealed->data, sealed->len, opened.data, opened.len, &len, NULL);
    if (expect_error(v, "open what was sealed", err, "ok"))
        expect_bytes(v, "payload of what was sealed", opened.data, len, payload);
    expect_guard(v, &opened);
    free(opened.data);
}

static void seal_whole(verdict *v, const opening *o, const taskseal_seal_options *options,
                       const bytes *payload, const char *expected, bool in_place)
{
    size_t size = 0;
    size_t offset = 0;
    size_t len = 1;
    taskseal_err err = taskseal_seal_size(options, payload->len, &size, &offset);
    if (err != TASKSEAL_OK)
        (void)expect_error(v, "seal_size", err, expected);
    bytes out = canary_buffer(err == TASKSEAL_OK ? size : payload->len + TASKSEAL_HEADER_MAX);
    if (in_place) {
        memcpy(out.data + offset, payload->data, payload->len);
        err = taskseal_seal_in_place(options, out.data, out.len, payload->len, &len);
    } else {
        err = taskseal_seal(options, payload->data, payload->len, out.data, out.len, &len);
    }
    if (expect_error(v, in_place ? "seal in place" : "seal", err, expected))
        expect_sealed(v, o, payload, &(bytes){out.data, len});
    else if (err != TASKSEAL_OK && len != 0)
        fail(v, "sealing failed and yet gave a length");
    expect_guard(v, &out);
    free(out.data);
}

/* Padding is not for pieces, which is told after the faults of keys and before those of the payload (F 15.7). */
static void seal_pieces(verdict *v, const opening *o, const taskseal_seal_options *options,
                        const bytes *payload, const char *expected, size_t step)
{
    bytes sealed;
    bool padded = (options->flags & TASKSEAL_SEAL_PADDED) != 0;
    bool refused = padded && (strcmp(expected, "ok") == 0 || strcmp(expected, "looks-sealed") == 0);
    taskseal_err err = seal_in_pieces(v, options, payload, step, &sealed);
    if (expect_error(v, "seal in pieces", err, refused ? "bad-argument" : expected))
        expect_sealed(v, o, payload, &sealed);
    if (err != TASKSEAL_OK && sealed.len != 0)
        fail(v, "sealing in pieces gave %zu bytes before it failed", sealed.len);
    free(sealed.data);
}

static void seal_batch(verdict *v, const opening *o, const taskseal_seal_options *options,
                       const bytes *payload, const char *expected)
{
    taskseal_seal_options shared = *options;
    taskseal_seal_item items[BATCH];
    bytes outputs[BATCH];
    size_t failed;
    memset(&shared.context, 0, sizeof shared.context);
    for (size_t i = 0; i < BATCH; i++) {
        outputs[i] = canary_buffer(payload->len + TASKSEAL_HEADER_MAX + payload->len / 8 + 1024);
        items[i] = (taskseal_seal_item){options->context, payload->data,  payload->len,
                                        outputs[i].data,  outputs[i].len, 1};
    }
    taskseal_err err = taskseal_seal_batch(&shared, items, BATCH, &failed);
    bool sealed = expect_error(v, "seal a batch", err, expected);
    for (size_t i = 0; i < BATCH; i++) {
        if (sealed)
            expect_sealed(v, o, payload, &(bytes){items[i].out, items[i].out_len});
        else if (err != TASKSEAL_OK && items[i].out_len != 0)
            fail(v, "a batch failed and yet gave a length");
        /* Another DEK each time, so another message id (F 5.8). */
        if (sealed && i > 0 &&
            memcmp((uint8_t *)items[i].out + 24, (uint8_t *)items[i - 1].out + 24, 32) == 0)
            fail(v, "two messages of a batch have one message id");
        expect_guard(v, &outputs[i]);
    }
    for (size_t i = 0; i < BATCH; i++)
        free(outputs[i].data);
}

void run_seal(verdict *v, const opening *o, const bytes *payload, const char *expected)
{
    const char *ids[TASKSEAL_STANZAS_MAX + 1];
    const taskseal_seal_options options = seal_options(o, ids);
    const size_t steps[] = {payload->len + 1, 5, 16383, 16384, 16385};
    seal_whole(v, o, &options, payload, expected, false);
    seal_whole(v, o, &options, payload, expected, true);
    seal_batch(v, o, &options, payload, expected);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        seal_pieces(v, o, &options, payload, expected, steps[i]);
}

/* ---- Sealing anew ---- */

static void expect_resealed(verdict *v, const opening *o, const bytes *resealed, const taskseal_opened *old)
{
    taskseal_info info;
    taskseal_opened opened;
    size_t len;
    expect_hex(v, o->record, "old_message_id", old->message_id, sizeof old->message_id);
    if (expect_error(v, "inspect the result", taskseal_inspect(resealed->data, resealed->len, &info), "ok"))
        expect_info(v, o->record, &info);
    bytes out = canary_buffer(resealed->len);
    taskseal_err err =
        taskseal_open(&o->options, resealed->data, resealed->len, out.data, out.len, &len, &opened);
    if (expect_error(v, "open the result", err, "ok")) {
        expect_bytes(v, "payload of the result", out.data, len, &o->payload);
        if (memcmp(opened.message_id, old->message_id, sizeof opened.message_id) == 0)
            fail(v, "the message id is the old one");
    }
    free(out.data);
}

void run_reseal(verdict *v, const opening *o, const bytes *sealed, const char *expected)
{
    const char *ids[TASKSEAL_STANZAS_MAX + 1];
    taskseal_reseal_options options = {.open = o->options,
                                       .suite = (taskseal_suite)record_number(o->record, "suite_wanted", 0)};
    taskseal_opened old;
    size_t capacity;
    size_t len = 1;
    options.key_ids = named_keys(o->record, ids, &options.key_count);
    if (taskseal_reseal_size(&options, sealed->data, sealed->len, &capacity) != TASKSEAL_OK)
        capacity = TASKSEAL_HEADER_MAX + sealed->len;
    bytes out = canary_buffer(capacity);
    taskseal_err err = taskseal_reseal(&options, sealed->data, sealed->len, out.data, out.len, &len, &old);
    expect_guard(v, &out);
    if (expect_error(v, "reseal", err, expected)) {
        expect_resealed(v, o, &(bytes){out.data, len}, &old);
    } else if (err != TASKSEAL_OK) {
        expect_wiped(v, &out, 0);
        if (len != 0)
            fail(v, "reseal failed and yet gave a length");
    }
    free(out.data);
}

/* ---- Dedupe tags ---- */

enum { FIELDS_MAX = 32 };

static size_t unique_fields(const record_file *file, const record *r, bytes owned[FIELDS_MAX],
                            taskseal_bytes fields[FIELDS_MAX])
{
    size_t count = 0;
    size_t position = 0;
    const char *expression;
    while ((expression = record_next(r, "unique", &position)) != NULL) {
        if (count == FIELDS_MAX)
            give_up("too many fields", expression);
        owned[count] = bytes_evaluate(file, expression);
        fields[count] = (taskseal_bytes){owned[count].data, owned[count].len};
        count++;
    }
    return count;
}

void run_dedupe(verdict *v, const opening *o, const record_file *file, const bytes *payload,
                const char *expected)
{
    bytes owned[FIELDS_MAX];
    taskseal_bytes fields[FIELDS_MAX];
    uint8_t tag[TASKSEAL_DEDUPE_TAG_BYTES];
    size_t count = unique_fields(file, o->record, owned, fields);
    const taskseal_dedupe_options options = {.keyring = o->options.keyring,
                                             .key_id = record_get(o->record, "dedupe_key"),
                                             .queue = o->options.context.queue,
                                             .type = o->options.context.type,
                                             .fields = count > 0 ? fields : NULL,
                                             .field_count = count,
                                             .now = o->options.now};
    taskseal_err err = taskseal_dedupe_tag(&options, payload->data, payload->len, tag);
    if (expect_error(v, "dedupe tag", err, expected))
        expect_hex(v, o->record, "tag", tag, sizeof tag);
    for (size_t i = 0; i < count; i++)
        free(owned[i].data);
}
