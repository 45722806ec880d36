/* SPDX-License-Identifier: MIT */
#include <taskseal/taskseal.h>

#include "commands.h"
#include "common/buffer.h"
#include "common/envelope.h"
#include "common/explain.h"
#include "common/input.h"
#include "common/output.h"
#include "common/report.h"
#include "common/secret.h"
#include "common/shared.h"

enum { KEY_FROM = KEY_OWN, KEY_TO, KEY_TEXT };

static const command_option options[] = {
    KEYRING_OPTIONS,
    OUTPUT_OPTION,
    {"from", KEY_FROM, "KEY-ID",
     "the key to replace; else the first in the keyring that\nthe envelope names"},
    {"to", KEY_TO, "KEY-ID", "the key to put in its place; else the first active key\nthat may succeed it"},
    {"text", KEY_TEXT, NULL, "write the text form; else the form that came in"},
    {NULL, 0, NULL, NULL},
};

typedef struct settings {
    keyring_choice keyring;
    const char *output;
    taskseal_rewrap_options rewrap;
    bool text;
} settings;

static int take(void *state, int key, const char *value)
{
    settings *set = state;

    switch (key) {
    case 'o':
        set->output = value;
        break;
    case KEY_FROM:
        set->rewrap.from_key_id = value;
        return secret_check("--from", "a key id", value);
    case KEY_TO:
        set->rewrap.to_key_id = value;
        return secret_check("--to", "a key id", value);
    case KEY_TEXT:
        set->text = true;
        break;
    default:
        return keyring_take(&set->keyring, key, value);
    }
    return STATUS_OK;
}

static int check_keys(const taskseal_rewrap_options *rewrap)
{
    int status = STATUS_OK;

    if (rewrap->from_key_id != NULL)
        status = keyring_check(rewrap->keyring, "--from", rewrap->from_key_id);
    if (status == STATUS_OK && rewrap->to_key_id != NULL)
        status = keyring_check(rewrap->keyring, "--to", rewrap->to_key_id);
    return status;
}

static int rewrap_buffer(const settings *set, const char *input, const buffer *sealed, buffer *rewrapped,
                         bool text)
{
    if (!buffer_reserve(rewrapped, taskseal_rewrap_size(sealed->len)))
        return report_error_at(TASKSEAL_ERR_NO_MEMORY, input, NULL);
    const taskseal_err err = taskseal_rewrap(&set->rewrap, sealed->data, sealed->len, rewrapped->data,
                                             rewrapped->cap, &rewrapped->len);
    if (err != TASKSEAL_OK)
        return explain_rewrap(err, input, sealed, &set->rewrap);
    return text ? envelope_to_text(rewrapped, input) : STATUS_OK;
}

/* The output's kind is known only once the input is: it keeps its form. */
static int rewrap_file(settings *set, const char *path)
{
    buffer sealed = BUFFER_EMPTY;
    buffer rewrapped = BUFFER_EMPTY;
    taskseal_keyring *ring = NULL;
    const char *input = input_name(path);
    bool text = false;

    int status = keyring_open(&set->keyring, &ring);
    set->rewrap.keyring = ring;
    if (status == STATUS_OK)
        status = check_keys(&set->rewrap);
    if (status == STATUS_OK)
        status = input_read(path, &sealed);
    if (status == STATUS_OK)
        status = envelope_to_binary(&sealed, input, &text);
    text = text || set->text;
    const output_kind kind = text ? OUTPUT_TEXT : OUTPUT_BINARY;
    if (status == STATUS_OK)
        status = output_check(set->output, kind);
    if (status == STATUS_OK)
        status = rewrap_buffer(set, input, &sealed, &rewrapped, text);
    if (status == STATUS_OK)
        status = output_write(set->output, kind, rewrapped.data, rewrapped.len);
    buffer_free(&sealed);
    buffer_free(&rewrapped);
    taskseal_keyring_free(ring);
    return status;
}

static int run(const command *self, int argc, char **argv)
{
    settings set = {.keyring = KEYRING_CHOICE_EMPTY};
    const char *path = NULL;
    bool stop;

    int status = command_parse(self, argc, argv, take, &set, &stop);
    if (status != STATUS_OK || stop)
        return status;
    status = input_operand(argc, argv, &path);
    return status == STATUS_OK ? rewrap_file(&set, path) : status;
}

const command command_rewrap = {
    .name = "rewrap",
    .operands = "[FILE]",
    .summary = "move an envelope to another key, its payload untouched",
    .description =
        "Reads the envelope in FILE (or standard input; binary or text form), replaces one of its\n"
        "keys by another, and writes the result. The payload is not decrypted, the context is not\n"
        "needed; message id, times and bindings stay. This is hygiene, not a cure for a leaked key:\n"
        "whoever holds an old copy of the envelope and the old key can still read it.\n",
    .examples = "  taskseal rewrap --from mail-k01 --to mail-k02 task.sealed -o task.sealed\n",
    .options = options,
    .run = run,
};
