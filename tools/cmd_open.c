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
#include "common/print.h"
#include "common/report.h"
#include "common/shared.h"

enum { KEY_SUITE = KEY_OWN, KEY_PURPOSE, KEY_MAX_AGE, KEY_INSIST };

static const command_option options[] = {
    KEYRING_OPTION,
    OUTPUT_OPTION,
    CONTEXT_OPTIONS,
    {"insist", KEY_INSIST, "FIELDS",
     "which of queue,type,id,extra the envelope must be bound\nto, or none (else: all that are given)"},
    {"max-age", KEY_MAX_AGE, "DURATION", "refuse what was sealed longer ago: 90s, 15m, 12h, 7d, 2w"},
    {"purpose", KEY_PURPOSE, "NAME",
     "the only purpose accepted: payload (the default),\nresult, error or reference"},
    {"suite", KEY_SUITE, "NAME", "accept only this suite (repeat it for others);\nelse every suite"},
    {"verbose", 'v', NULL, "tell on standard error what was verified"},
    {NULL, 0, NULL, NULL},
};

typedef struct settings {
    const char *keyring;
    const char *output;
    taskseal_open_options open;
    bool verbose;
} settings;

static int take_suite(settings *set, const char *value)
{
    taskseal_suite suite = TASKSEAL_SUITE_CHACHA20POLY1305;
    const int status = parse_suite("suite", value, &suite);

    if (status == STATUS_OK)
        set->open.allowed_suites |= 1U << (unsigned)suite;
    return status;
}

static int take(void *state, int key, const char *value)
{
    settings *set = state;

    switch (key) {
    case 'k':
        set->keyring = value;
        return STATUS_OK;
    case 'o':
        set->output = value;
        return STATUS_OK;
    case 'v':
        set->verbose = true;
        return STATUS_OK;
    case KEY_SUITE:
        return take_suite(set, value);
    case KEY_PURPOSE:
        return parse_purpose("purpose", value, &set->open.purpose);
    case KEY_MAX_AGE:
        return parse_duration("max-age", value, &set->open.max_age);
    case KEY_INSIST:
        return parse_insist("insist", value, &set->open.insist);
    default:
        return context_take(&set->open.context, key, value);
    }
}

static void tell(const taskseal_opened *opened)
{
    char sealed_at[TIME_TEXT_MAX];
    char id[2 * TASKSEAL_MESSAGE_ID_BYTES + 1];

    format_time(opened->sealed_at, sealed_at);
    sodium_bin2hex(id, sizeof id, opened->message_id, sizeof opened->message_id);
    report_note("verified: key %s, sealed %s, message id %s", opened->key_id, sealed_at, id);
}

/* Decrypts inside `sealed`; nothing leaves it before the end is verified. */
static int open_buffer(const settings *set, const char *input, buffer *sealed)
{
    taskseal_opened opened;
    void *payload = NULL;
    size_t payload_len = 0;
    bool was_text = false;

    const int status = envelope_to_binary(sealed, input, &was_text);
    if (status != STATUS_OK)
        return status;
    const taskseal_err err =
        taskseal_open_in_place(&set->open, sealed->data, sealed->len, &payload, &payload_len, &opened);
    if (err != TASKSEAL_OK)
        return explain_open(err, input, sealed, &set->open);
    if (set->verbose)
        tell(&opened);
    return output_write(set->output, OUTPUT_PLAINTEXT, payload, payload_len);
}

static int open_file(settings *set, const char *path)
{
    buffer sealed = BUFFER_EMPTY;
    taskseal_keyring *ring = NULL;

    int status = output_check(set->output, OUTPUT_PLAINTEXT);
    if (status == STATUS_OK)
        status = keyring_open(set->keyring, &ring);
    set->open.keyring = ring;
    if (status == STATUS_OK)
        status = input_read(path, &sealed);
    if (status == STATUS_OK)
        status = open_buffer(set, input_name(path), &sealed);
    buffer_free(&sealed);
    taskseal_keyring_free(ring);
    return status;
}

static int check_insist(const taskseal_open_options *open)
{
    const unsigned fields = open->insist & ~(unsigned)TASKSEAL_INSIST_NONE;

    if ((fields & ~context_given(&open->context)) != 0)
        return report_usage("--insist names a field that is not given: give its value too");
    return STATUS_OK;
}

static int run(const command *self, int argc, char **argv)
{
    settings set = {0};
    const char *path = NULL;
    bool stop;

    int status = command_parse(self, argc, argv, take, &set, &stop);
    if (status != STATUS_OK || stop)
        return status;
    status = check_insist(&set.open);
    if (status == STATUS_OK)
        status = input_operand(argc, argv, &path);
    return status == STATUS_OK ? open_file(&set, path) : status;
}

const command command_open = {
    .name = "open",
    .operands = "[FILE]",
    .summary = "verify an envelope and write its payload",
    .description = "Verifies the envelope in FILE (or standard input; binary or text form) wholly, then\n"
                   "writes its payload: nothing is written before the end verifies. Give every one of\n"
                   "--queue, --type, --id and --extra that you know, from your own knowledge.\n",
    .examples =
        "  taskseal open --queue mail --type reset --id 42 task.sealed\n"
        "  redis-cli -D '' HGET '{mail}:t:42' sealed | taskseal open --queue mail --type reset --id 42\n",
    .options = options,
    .run = run,
};
