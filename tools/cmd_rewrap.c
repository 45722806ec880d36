/* SPDX-License-Identifier: MIT */
#include <getopt.h>

#include <taskseal/taskseal.h>

#include "commands.h"
#include "common/buffer.h"
#include "common/envelope.h"
#include "common/explain.h"
#include "common/input.h"
#include "common/output.h"
#include "common/parse.h"
#include "common/report.h"
#include "common/secret.h"
#include "common/shared.h"
#include "common/uri.h"
#include "rewrap_server.h"

enum { KEY_FROM = KEY_OWN, KEY_TO, KEY_TEXT, KEY_LAYOUT, KEY_DRY_RUN, KEY_RESUME, KEY_RATE, KEY_JSON };

static const command_option options[] = {
    KEYRING_OPTIONS,
    OUTPUT_OPTION,
    {"from", KEY_FROM, "KEY-ID",
     "the key to replace; else the first in the keyring that\nthe envelope names"},
    {"to", KEY_TO, "KEY-ID", "the key to put in its place; else the first active key\nthat may succeed it"},
    {"text", KEY_TEXT, NULL, "write the text form; else the form that came in"},
    SERVER_OPTIONS,
    {"queue", KEY_QUEUE, "NAME", "move the tasks of this queue (up to 64 times)"},
    {"layout", KEY_LAYOUT, "LAYOUT", "where they stand: 'examples' (the default) or 'asynq'"},
    {"dry-run", KEY_DRY_RUN, NULL, "move nothing: tell what would be moved"},
    {"resume", KEY_RESUME, "FILE",
     "keep in FILE how far this is, and go on there if an earlier\nrun was ended; FILE goes at the end"},
    {"rate", KEY_RATE, "N", "at most about N commands a second: 10000 (the default);\n0: no limit"},
    {"json", KEY_JSON, NULL, "print one JSON object; taskseal(1) tells its keys"},
    {NULL, 0, NULL, NULL},
};

typedef struct settings {
    keyring_choice keyring;
    const char *output;
    taskseal_rewrap_options rewrap;
    server_choice server;
    rewrap_queues queues;
    bool text;
    bool has_rate;
} settings;

static int take_queue(settings *set, const char *name)
{
    if (set->queues.count == REWRAP_QUEUES_MAX)
        return report_usage("--queue can be given at most %d times", REWRAP_QUEUES_MAX);
    set->queues.queues[set->queues.count++] = name;
    return secret_check("--queue", "a queue's name", name);
}

/* Options that only a server makes sense of. */
static int take_for_server(settings *set, int key, const char *value)
{
    switch (key) {
    case KEY_QUEUE:
        return take_queue(set, value);
    case KEY_LAYOUT:
        set->queues.layout = value;
        return STATUS_OK;
    case KEY_DRY_RUN:
        set->queues.dry = true;
        return STATUS_OK;
    case KEY_RESUME:
        set->queues.state = value;
        return secret_check("--resume", "the path of a file", value);
    case KEY_RATE:
        set->has_rate = true;
        return parse_count("rate", value, &set->queues.rate);
    case KEY_JSON:
        set->queues.json = true;
        return STATUS_OK;
    default:
        return server_take(&set->server, key, value);
    }
}

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
        return keyring_takes(key) ? keyring_take(&set->keyring, key, value)
                                  : take_for_server(set, key, value);
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

static int rewrap_queued(settings *set)
{
    buffer uri = BUFFER_EMPTY;
    taskseal_keyring *ring = NULL;

    int status = uri_read(&set->server.source, &uri);
    if (status == STATUS_OK)
        status = keyring_open(&set->keyring, &ring);
    set->rewrap.keyring = ring;
    if (status == STATUS_OK)
        status = check_keys(&set->rewrap);
    if (status == STATUS_OK) {
        set->queues.uri = (const char *)uri.data;
        set->queues.from = set->rewrap.from_key_id;
        set->queues.to = set->rewrap.to_key_id;
        status = rewrap_server(&set->queues, ring);
    }
    buffer_free(&uri);
    taskseal_keyring_free(ring);
    return status;
}

static int check_server(const settings *set, int files)
{
    const rewrap_queues *queues = &set->queues;

    if (set->server.given) {
        if (files > 0 || set->output != NULL || set->text)
            return report_usage("give a server or a FILE, --output and --text, not both");
        if (queues->count == 0)
            return report_usage("name the queues whose tasks are to be moved: --queue");
        if (queues->dry && queues->state != NULL)
            return report_usage("--dry-run has nothing to --resume");
    } else if (queues->count > 0 || queues->layout != NULL || queues->dry || queues->state != NULL ||
               set->has_rate || queues->json) {
        return report_usage(
            "--queue, --layout, --dry-run, --resume, --rate and --json are about a server: give --uri-file, "
            "--uri-fd, --uri or --server");
    }
    return STATUS_OK;
}

static int run(const command *self, int argc, char **argv)
{
    settings set = {.keyring = KEYRING_CHOICE_EMPTY, .server = SERVER_CHOICE_EMPTY, .queues.rate = 10000};
    const char *path = NULL;
    bool stop;

    int status = command_parse(self, argc, argv, take, &set, &stop);
    if (status != STATUS_OK || stop)
        return status;
    status = check_server(&set, argc - optind);
    if (status == STATUS_OK && set.server.given)
        return rewrap_queued(&set);
    if (status == STATUS_OK)
        status = input_operand(argc, argv, &path);
    return status == STATUS_OK ? rewrap_file(&set, path) : status;
}

const command command_rewrap = {
    .name = "rewrap",
    .operands = "[FILE]",
    .summary = "move an envelope, or a server's tasks, to another key",
    .description =
        "Reads the envelope in FILE (or standard input; binary or text form), replaces one of its\n"
        "keys by another, and writes the result. The payload is not decrypted, the context is not\n"
        "needed; message id, times and bindings stay. This is hygiene, not a cure for a leaked key:\n"
        "whoever holds an old copy of the envelope and the old key can still read it.\n"
        "\n"
        "With a server, does so for the tasks of its queues, over a verified connection, while producers\n"
        "and workers run: all that does not name --to (or with --from, all that names that key) moves to\n"
        "--to, or to the first key that seals. Of Asynq: payloads, also in bundles of groups, results,\n"
        "and error texts; waiting, scheduled, to be retried, archived, completed, in groups. Active ones\n"
        "are left to their workers. A task that changes meanwhile is left, and nothing is lost wherever\n"
        "it ends. What can't be moved stays as it was, and is counted by the error.\n"
        "\n"
        "The exit status is then 0 only if all was moved that any key can open; 1: something stays, so run\n"
        "it again; 3: the server could not be reached to the end. Give producers the new key before.\n",
    .examples = "  taskseal rewrap --from mail-k01 --to mail-k02 task.sealed -o task.sealed\n"
                "  taskseal rewrap --uri-file /etc/app/rotate.uri --layout asynq --queue mail --dry-run\n"
                "  taskseal rewrap --uri-file /etc/app/rotate.uri --layout asynq --queue mail \\\n"
                "    --to mail-k02 --resume /var/lib/app/rewrap.state\n",
    .options = options,
    .run = run,
};
