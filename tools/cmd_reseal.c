/* SPDX-License-Identifier: MIT */
#include <sodium.h>
#include <taskseal/taskseal.h>

#include "commands.h"
#include "common/buffer.h"
#include "common/envelope.h"
#include "common/explain.h"
#include "common/input.h"
#include "common/output.h"
#include "common/parse.h"
#include "common/report.h"
#include "common/shared.h"

enum { KEY_TO = KEY_OWN, KEY_SUITE, KEY_PURPOSE, KEY_MAX_AGE, KEY_INSIST, KEY_TEXT };

static const command_option options[] = {
    KEYRING_OPTIONS,
    OUTPUT_OPTION,
    CONTEXT_OPTIONS,
    {"insist", KEY_INSIST, "FIELDS",
     "which of queue,type,id,extra the envelope must be bound\nto, or none (else: all that are given)"},
    {"max-age", KEY_MAX_AGE, "DURATION", "refuse what was sealed longer ago: 90s, 15m, 12h, 7d, 2w"},
    {"purpose", KEY_PURPOSE, "PURPOSE",
     "the only purpose accepted: payload (the default),\nresult, error or reference"},
    {"to", KEY_TO, "KEY-ID",
     "seal to this key (up to 8 times); else to the first\nactive key good for the queue and the seal time"},
    {"suite", KEY_SUITE, "SUITE", "the new envelope's suite; else that of the old one"},
    {"text", KEY_TEXT, NULL, "write the text form; else the form that came in"},
    {"verbose", 'v', NULL, "tell on standard error the old and the new message id"},
    {NULL, 0, NULL, NULL},
};

typedef struct settings {
    keyring_choice keyring;
    const char *output;
    const char *key_ids[TASKSEAL_STANZAS_MAX];
    taskseal_reseal_options reseal;
    bool text;
    bool verbose;
} settings;

static int take(void *state, int key, const char *value)
{
    settings *set = state;

    switch (key) {
    case 'o':
        set->output = value;
        return STATUS_OK;
    case 'v':
        set->verbose = true;
        return STATUS_OK;
    case KEY_TEXT:
        set->text = true;
        return STATUS_OK;
    case KEY_TO:
        return recipient_take(set->key_ids, &set->reseal.key_count, value);
    case KEY_SUITE:
        return parse_suite("suite", value, &set->reseal.suite);
    case KEY_PURPOSE:
        return parse_purpose("purpose", value, &set->reseal.open.purpose);
    case KEY_MAX_AGE:
        return parse_duration("max-age", value, &set->reseal.open.max_age);
    case KEY_INSIST:
        return parse_insist("insist", value, &set->reseal.open.insist);
    default:
        if (keyring_takes(key))
            return keyring_take(&set->keyring, key, value);
        return context_take(&set->reseal.open.context, key, value);
    }
}

/* The message ids of both envelopes. */
typedef struct message_ids {
    uint8_t before[TASKSEAL_MESSAGE_ID_BYTES];
    uint8_t after[TASKSEAL_MESSAGE_ID_BYTES];
} message_ids;

static void tell(const message_ids *ids)
{
    char before[2 * TASKSEAL_MESSAGE_ID_BYTES + 1];
    char after[2 * TASKSEAL_MESSAGE_ID_BYTES + 1];

    sodium_bin2hex(before, sizeof before, ids->before, sizeof ids->before);
    sodium_bin2hex(after, sizeof after, ids->after, sizeof ids->after);
    report_note("old message id %s (record it as done), new message id %s", before, after);
}

static int reseal_buffer(const settings *set, const char *input, const buffer *sealed, buffer *resealed,
                         message_ids *ids)
{
    taskseal_opened opened;
    size_t size = 0;

    taskseal_err err = taskseal_reseal_size(&set->reseal, sealed->data, sealed->len, &size);
    if (err != TASKSEAL_OK)
        return explain_reseal(err, input, sealed, &set->reseal);
    if (!buffer_reserve(resealed, size))
        return report_error_at(TASKSEAL_ERR_NO_MEMORY, input, NULL);
    err = taskseal_reseal(&set->reseal, sealed->data, sealed->len, resealed->data, resealed->cap,
                          &resealed->len, &opened);
    if (err == TASKSEAL_OK)
        err = taskseal_message_id(resealed->data, resealed->len, ids->after);
    if (err != TASKSEAL_OK)
        return explain_reseal(err, input, sealed, &set->reseal);
    memcpy(ids->before, opened.message_id, sizeof ids->before);
    return STATUS_OK;
}

/* The output's kind is known only once the input is: it keeps its form. */
static int reseal_input(const settings *set, const char *path)
{
    buffer sealed = BUFFER_EMPTY;
    buffer resealed = BUFFER_EMPTY;
    const char *input = input_name(path);
    message_ids ids;
    bool text = false;

    int status = input_read(path, &sealed);
    if (status == STATUS_OK)
        status = envelope_to_binary(&sealed, input, &text);
    text = text || set->text;
    const output_kind kind = text ? OUTPUT_TEXT : OUTPUT_BINARY;
    if (status == STATUS_OK)
        status = output_check(set->output, kind);
    if (status == STATUS_OK)
        status = reseal_buffer(set, input, &sealed, &resealed, &ids);
    if (status == STATUS_OK && text)
        status = envelope_to_text(&resealed, input);
    if (status == STATUS_OK)
        status = output_write(set->output, kind, resealed.data, resealed.len);
    if (status == STATUS_OK && set->verbose)
        tell(&ids); /* not before the replacement is there: the old id is to be recorded as done with it */
    buffer_free(&sealed);
    buffer_free(&resealed);
    return status;
}

static int run(const command *self, int argc, char **argv)
{
    settings set = {.keyring = KEYRING_CHOICE_EMPTY};
    taskseal_keyring *ring = NULL;
    const char *path = NULL;
    bool stop;

    int status = command_parse(self, argc, argv, take, &set, &stop);
    if (status != STATUS_OK || stop)
        return status;
    if (set.reseal.key_count > 0)
        set.reseal.key_ids = set.key_ids;
    status = insist_check(set.reseal.open.insist, &set.reseal.open.context);
    if (status == STATUS_OK)
        status = input_operand(argc, argv, &path);
    if (status == STATUS_OK)
        status = keyring_open(&set.keyring, &ring);
    set.reseal.open.keyring = ring;
    for (size_t i = 0; i < set.reseal.key_count && status == STATUS_OK; i++)
        status = keyring_check(ring, "--to", set.key_ids[i]);
    if (status == STATUS_OK)
        status = reseal_input(&set, path);
    taskseal_keyring_free(ring);
    return status;
}

const command command_reseal = {
    .name = "reseal",
    .operands = "[FILE]",
    .summary = "open an envelope and seal its payload with a fresh key of its own",
    .description =
        "Verifies the envelope in FILE (or standard input; binary or text form) as 'open' does, seals\n"
        "its payload anew, and writes the result. Seal time, expiry, bindings, purpose and padding stay;\n"
        "the message id changes: record the old one as done when the new envelope takes its place (-v\n"
        "tells both). Unlike after rewrap, whoever knew the old envelope's own key can't read the new one.\n"
        "It never makes trustworthy again what could have been forged.\n",
    .examples = "  taskseal reseal --queue mail --type reset --id 42 task.sealed -o task.sealed\n",
    .options = options,
    .run = run,
};
