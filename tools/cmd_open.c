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
#include "common/stream.h"

enum { KEY_SUITE = KEY_OWN, KEY_PURPOSE, KEY_MAX_AGE, KEY_INSIST, KEY_STREAM };

static const command_option options[] = {
    KEYRING_OPTIONS,
    OUTPUT_OPTION,
    CONTEXT_OPTIONS,
    {"insist", KEY_INSIST, "FIELDS",
     "which of queue,type,id,extra the envelope must be bound\nto, or none (else: all that are given)"},
    {"max-age", KEY_MAX_AGE, "DURATION", "refuse what was sealed longer ago: 90s, 15m, 12h, 7d, 2w"},
    {"purpose", KEY_PURPOSE, "PURPOSE",
     "the only purpose accepted: payload (the default),\nresult, error or reference"},
    {"suite", KEY_SUITE, "SUITE", "accept only this suite (repeat it for others);\nelse every suite"},
    {"stream", KEY_STREAM, NULL,
     "write to standard output piece by piece, before it is\nknown whether the rest verifies: whoever reads "
     "it must\n"
     "undo everything if the exit status is not 0"},
    {"verbose", 'v', NULL, "tell on standard error what was verified"},
    {NULL, 0, NULL, NULL},
};

typedef struct settings {
    keyring_choice keyring;
    const char *output;
    taskseal_open_options open;
    bool verbose;
    bool stream;
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
    case 'o':
        set->output = value;
        return STATUS_OK;
    case 'v':
        set->verbose = true;
        return STATUS_OK;
    case KEY_STREAM:
        set->stream = true;
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
        if (keyring_takes(key))
            return keyring_take(&set->keyring, key, value);
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

/* The rest is read behind what `sealed` holds. */
static int open_rest(const settings *set, input *from, buffer *sealed)
{
    const int status = from->ended ? STATUS_OK : input_rest(from, sealed);

    return status == STATUS_OK ? open_buffer(set, from->name, sealed) : status;
}

/* `first` is not changed, so that messages can tell what its header says. */
static int open_stream(const settings *set, input *from, buffer *first)
{
    stream_job job = {.from = from, .piece = first, .to = set->output, .kind = OUTPUT_PLAINTEXT};
    const buffer nothing = BUFFER_EMPTY;

    taskseal_err err = taskseal_stream_open(&job.stream, &set->open);
    if (err != TASKSEAL_OK)
        return report_error_at(err, from->name, NULL);
    const int status = stream_run(&job);
    if (status == STATUS_OK && set->verbose)
        tell(&job.opened);
    taskseal_stream_free(job.stream);
    /* A padded envelope is no error: it can't be opened in pieces. */
    if (job.err == TASKSEAL_ERR_BAD_ARGUMENT && job.at_first)
        return open_rest(set, from, first);
    return job.err == TASKSEAL_OK
               ? status
               : explain_open(job.err, from->name, job.at_first ? first : &nothing, &set->open);
}

static int open_input(const settings *set, input *from)
{
    const bool in_pieces = set->stream || !output_is_standard(set->output);
    buffer sealed = BUFFER_EMPTY;
    int status = STATUS_OK;

    if (in_pieces) {
        status = buffer_reserve(&sealed, STREAM_PIECE)
                     ? input_piece(from, &sealed)
                     : report_error_at(TASKSEAL_ERR_NO_MEMORY, from->name, NULL);
    }
    if (status == STATUS_OK && in_pieces && !from->ended && !envelope_is_text(sealed.data, sealed.len))
        status = open_stream(set, from, &sealed);
    else if (status == STATUS_OK)
        status = open_rest(set, from, &sealed);
    buffer_free(&sealed);
    return status;
}

static int open_file(settings *set, const char *path)
{
    taskseal_keyring *ring = NULL;
    input from;

    int status = output_check(set->output, OUTPUT_PLAINTEXT);
    if (status == STATUS_OK)
        status = keyring_open(&set->keyring, &ring);
    set->open.keyring = ring;
    if (status == STATUS_OK)
        status = input_open(&from, path);
    if (status == STATUS_OK) {
        status = open_input(set, &from);
        input_close(&from);
    }
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
    status = insist_check(set.open.insist, &set.open.context);
    if (status == STATUS_OK)
        status = input_operand(argc, argv, &path);
    return status == STATUS_OK ? open_file(&set, path) : status;
}

const command command_open = {
    .name = "open",
    .operands = "[FILE]",
    .summary = "verify an envelope and write its payload",
    .description =
        "Verifies the envelope in FILE (or standard input; binary or text form) wholly, then\n"
        "writes its payload: nothing is written before the end verifies. Give every one of\n"
        "--queue, --type, --id and --extra that you know, from your own knowledge.\n"
        "With -o an envelope of any size goes through in pieces, and the file appears at its end;\n"
        "otherwise, in text form or padded, it must fit into memory.\n",
    .examples =
        "  taskseal open --queue mail --type reset --id 42 task.sealed\n"
        "  redis-cli -D '' HGET '{mail}:t:42' sealed | taskseal open --queue mail --type reset --id 42\n",
    .options = options,
    .run = run,
};
