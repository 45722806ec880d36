/* SPDX-License-Identifier: MIT */
#include <time.h>

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
#include "common/stream.h"

enum {
    KEY_TO = KEY_OWN,
    KEY_SUITE,
    KEY_PURPOSE,
    KEY_EXPIRES_IN,
    KEY_EXPIRES_AT,
    KEY_PAD,
    KEY_TEXT,
    KEY_STREAM,
    KEY_ALLOW_SEALED
};

static const command_option options[] = {
    KEYRING_OPTIONS,
    OUTPUT_OPTION,
    CONTEXT_OPTIONS,
    {"to", KEY_TO, "KEY-ID",
     "seal to this key (up to 8 times); else to the first\nactive key good for the queue"},
    {"suite", KEY_SUITE, "SUITE", "chacha20poly1305 (the default), aes256gcm or aegis256"},
    {"purpose", KEY_PURPOSE, "PURPOSE", "payload (the default), result, error or reference"},
    {"expires-in", KEY_EXPIRES_IN, "DURATION", "for how long it can be opened: 90s, 15m, 12h, 7d, 2w"},
    {"expires-at", KEY_EXPIRES_AT, "TIME", "until when it can be opened: 2026-11-21T20:00:00Z"},
    {"pad", KEY_PAD, NULL, "hide the payload's length"},
    {"text", KEY_TEXT, NULL, "write the text form, for queues that carry text or JSON"},
    {"stream", KEY_STREAM, NULL,
     "insist on sealing piece by piece, whatever the size: fail\nwhere --pad or --text needs the whole "
     "payload"},
    {"allow-sealed", KEY_ALLOW_SEALED, NULL, "seal even what looks sealed already"},
    {NULL, 0, NULL, NULL},
};

typedef struct settings {
    keyring_choice keyring;
    const char *output;
    const char *key_ids[TASKSEAL_STANZAS_MAX];
    taskseal_seal_options seal;
    bool text;
    bool stream;
} settings;

static int take(void *state, int key, const char *value)
{
    settings *set = state;

    switch (key) {
    case 'o':
        set->output = value;
        return STATUS_OK;
    case KEY_TO:
        return recipient_take(set->key_ids, &set->seal.key_count, value);
    case KEY_SUITE:
        return parse_suite("suite", value, &set->seal.suite);
    case KEY_PURPOSE:
        return parse_purpose("purpose", value, &set->seal.purpose);
    case KEY_EXPIRES_IN:
        return parse_duration("expires-in", value, &set->seal.lifetime);
    case KEY_EXPIRES_AT:
        return parse_time("expires-at", value, &set->seal.expires_at);
    case KEY_PAD:
        set->seal.flags |= TASKSEAL_SEAL_PADDED;
        return STATUS_OK;
    case KEY_TEXT:
        set->text = true;
        return STATUS_OK;
    case KEY_STREAM:
        set->stream = true;
        return STATUS_OK;
    case KEY_ALLOW_SEALED:
        set->seal.flags |= TASKSEAL_SEAL_ALLOW_SEALED;
        return STATUS_OK;
    default:
        if (keyring_takes(key))
            return keyring_take(&set->keyring, key, value);
        return context_take(&set->seal.context, key, value);
    }
}

static int check_expiry(const taskseal_seal_options *seal)
{
    if (seal->lifetime != 0 && seal->expires_at != 0)
        return report_usage("give --expires-in or --expires-at, not both");
    if (seal->expires_at != 0 && seal->expires_at <= (uint64_t)time(NULL))
        return report_usage("--expires-at is not in the future: the envelope could never be opened");
    return STATUS_OK;
}

static int check_recipients(const taskseal_seal_options *seal)
{
    int status = STATUS_OK;

    for (size_t i = 0; i < seal->key_count && status == STATUS_OK; i++)
        status = keyring_check(seal->keyring, "--to", seal->key_ids[i]);
    return status;
}

static output_kind kind_of(const settings *set)
{
    return set->text ? OUTPUT_TEXT : OUTPUT_BINARY;
}

static int report_seal(const settings *set, const char *input, taskseal_err err)
{
    /* All else that the library calls a bad argument has been refused before. */
    if (err == TASKSEAL_ERR_BAD_ARGUMENT)
        return report_error(err, "the envelope would expire after the year 9999");
    return explain_seal(err, input, &set->seal);
}

static int seal_buffer(const settings *set, const char *input, const buffer *payload, buffer *sealed)
{
    size_t size = 0;
    taskseal_err err = taskseal_seal_size(&set->seal, payload->len, &size, NULL);

    if (err != TASKSEAL_OK)
        return report_seal(set, input, err);
    if (!buffer_reserve(sealed, size))
        return report_error_at(TASKSEAL_ERR_NO_MEMORY, input, NULL);
    err = taskseal_seal(&set->seal, payload->data, payload->len, sealed->data, sealed->cap, &sealed->len);
    if (err != TASKSEAL_OK)
        return explain_seal(err, input, &set->seal);
    return set->text ? envelope_to_text(sealed, input) : STATUS_OK;
}

static int seal_whole(const settings *set, const char *input, const buffer *payload)
{
    buffer sealed = BUFFER_EMPTY;

    int status = seal_buffer(set, input, payload, &sealed);
    if (status == STATUS_OK)
        status = output_write(set->output, kind_of(set), sealed.data, sealed.len);
    buffer_free(&sealed);
    return status;
}

static int seal_stream(const settings *set, input *from, buffer *first)
{
    stream_job job = {.from = from, .piece = first, .to = set->output, .kind = OUTPUT_BINARY};

    const taskseal_err err = taskseal_stream_seal(&job.stream, &set->seal);
    if (err != TASKSEAL_OK)
        return report_seal(set, from->name, err);
    const int status = stream_run(&job);
    taskseal_stream_free(job.stream);
    return job.err == TASKSEAL_OK ? status : explain_seal(job.err, from->name, &set->seal);
}

/* The text form and padding need the whole payload. For the rest pieces do, also on standard output: should it fail,
 * what went there is a cut envelope, which no opener takes. */
static bool is_for_stream(const settings *set)
{
    return !set->text && (set->seal.flags & TASKSEAL_SEAL_PADDED) == 0;
}

static int seal_input(const settings *set, input *from)
{
    buffer payload = BUFFER_EMPTY;
    int status = STATUS_OK;

    if (!is_for_stream(set)) {
        status = input_rest(from, &payload);
    } else if (buffer_reserve(&payload, STREAM_PIECE)) {
        status = input_piece(from, &payload);
    } else {
        status = report_error_at(TASKSEAL_ERR_NO_MEMORY, from->name, NULL);
    }
    if (status == STATUS_OK && is_for_stream(set) && !from->ended)
        status = seal_stream(set, from, &payload);
    else if (status == STATUS_OK)
        status = seal_whole(set, from->name, &payload);
    buffer_free(&payload);
    return status;
}

static int seal_file(settings *set, const char *path)
{
    taskseal_keyring *ring = NULL;
    input from;

    int status = output_check(set->output, kind_of(set));
    if (status == STATUS_OK)
        status = keyring_open(&set->keyring, &ring);
    set->seal.keyring = ring;
    if (status == STATUS_OK)
        status = check_recipients(&set->seal);
    if (status == STATUS_OK)
        status = input_open(&from, path);
    if (status == STATUS_OK) {
        status = seal_input(set, &from);
        input_close(&from);
    }
    taskseal_keyring_free(ring);
    return status;
}

static int check_stream(const settings *set)
{
    if (set->stream && (set->text || (set->seal.flags & TASKSEAL_SEAL_PADDED) != 0))
        return report_usage("%s needs the whole payload: leave out --stream", set->text ? "--text" : "--pad");
    return STATUS_OK;
}

static int run(const command *self, int argc, char **argv)
{
    settings set = {.keyring = KEYRING_CHOICE_EMPTY};
    const char *path = NULL;
    bool stop;

    int status = command_parse(self, argc, argv, take, &set, &stop);
    if (status != STATUS_OK || stop)
        return status;
    status = check_expiry(&set.seal);
    if (status == STATUS_OK)
        status = check_stream(&set);
    if (status != STATUS_OK)
        return status;
    if (set.seal.key_count > 0)
        set.seal.key_ids = set.key_ids;
    status = input_operand(argc, argv, &path);
    return status == STATUS_OK ? seal_file(&set, path) : status;
}

const command command_seal = {
    .name = "seal",
    .operands = "[FILE]",
    .summary = "seal a payload into an envelope",
    .description =
        "Seals FILE (or standard input) with a key of the keyring, and writes the envelope.\n"
        "What --queue, --type, --id and --extra give is bound: the envelope opens only for the\n"
        "same values, so it can't be moved to another task. They are not stored in it.\n"
        "A payload of any size goes through in pieces; should that fail, standard output got a cut\n"
        "envelope, which never opens. With --text and --pad the payload and its envelope are both\n"
        "held in memory.\n",
    .examples =
        "  taskseal seal --queue mail --type reset --id 42 --expires-in 1h payload.json -o task.sealed\n"
        "  printf %s \"$payload\" | taskseal seal --queue mail --text\n",
    .options = options,
    .run = run,
};
