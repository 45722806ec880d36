/* SPDX-License-Identifier: MIT */
#include <getopt.h>
#include <stdio.h>

#include <sodium.h>
#include <taskseal/taskseal.h>

#include "commands.h"
#include "common/buffer.h"
#include "common/explain.h"
#include "common/input.h"
#include "common/parse.h"
#include "common/report.h"
#include "common/secret.h"
#include "common/shared.h"

enum { KEY_KEY = KEY_OWN, KEY_FIELD, FIELDS_MAX = 64 };

static const command_option options[] = {
    KEYRING_OPTIONS,
    {"key", KEY_KEY, "KEY-ID", "the key, of type dedupe; else the first active one\ngood for the queue"},
    {"queue", KEY_QUEUE, "NAME", "the queue, which must be equal too"},
    {"type", KEY_TYPE, "NAME", "the type of the task, which must be equal too"},
    {"field", KEY_FIELD, "TEXT",
     "what makes the task unique (up to 64 times, in a fixed\norder), instead of its payload"},
    {NULL, 0, NULL, NULL},
};

typedef struct settings {
    keyring_choice keyring;
    taskseal_bytes fields[FIELDS_MAX];
    taskseal_context context;
    taskseal_dedupe_options dedupe;
} settings;

static int take_field(settings *set, const char *value)
{
    if (set->dedupe.field_count == FIELDS_MAX)
        return report_usage("--field can be given at most %d times", FIELDS_MAX);
    set->fields[set->dedupe.field_count++] = taskseal_str(value);
    return STATUS_OK;
}

static int take(void *state, int key, const char *value)
{
    settings *set = state;

    switch (key) {
    case KEY_KEY:
        set->dedupe.key_id = value;
        return secret_check("--key", "a key id", value);
    case KEY_FIELD:
        return take_field(set, value);
    default:
        if (keyring_takes(key))
            return keyring_take(&set->keyring, key, value);
        return context_take(&set->context, key, value);
    }
}

static int print_tag(const settings *set, const char *input, const buffer *payload)
{
    uint8_t tag[TASKSEAL_DEDUPE_TAG_BYTES];
    char text[2 * sizeof tag + 1];

    const taskseal_err err = taskseal_dedupe_tag(&set->dedupe, payload->data, payload->len, tag);
    if (err != TASKSEAL_OK)
        return explain_dedupe(err, input, &set->dedupe);
    printf("%s\n", sodium_bin2hex(text, sizeof text, tag, sizeof tag));
    return STATUS_OK;
}

static int run(const command *self, int argc, char **argv)
{
    settings set = {.keyring = KEYRING_CHOICE_EMPTY};
    taskseal_keyring *ring = NULL;
    buffer payload = BUFFER_EMPTY;
    const char *path = NULL;
    bool stop;

    int status = command_parse(self, argc, argv, take, &set, &stop);
    if (status != STATUS_OK || stop)
        return status;
    status = input_operand(argc, argv, &path);
    if (status == STATUS_OK && path != NULL && set.dedupe.field_count > 0)
        status = report_usage("give a FILE or --field, not both");
    if (status == STATUS_OK)
        status = keyring_open(&set.keyring, &ring);
    set.dedupe.keyring = ring;
    set.dedupe.queue = set.context.queue;
    set.dedupe.type = set.context.type;
    if (set.dedupe.field_count > 0)
        set.dedupe.fields = set.fields;
    if (status == STATUS_OK && set.dedupe.key_id != NULL)
        status = keyring_check(ring, "--key", set.dedupe.key_id);
    if (status == STATUS_OK && set.dedupe.field_count == 0)
        status = input_read(path, &payload);
    if (status == STATUS_OK)
        status = print_tag(&set, set.dedupe.field_count > 0 ? "--field" : input_name(path), &payload);
    buffer_free(&payload);
    taskseal_keyring_free(ring);
    return status;
}

const command command_dedupe = {
    .name = "dedupe",
    .operands = "[FILE]",
    .summary = "print a tag that is the same for equal payloads",
    .description =
        "Prints the dedupe tag of the payload in FILE (or standard input), or of the fields given, in\n"
        "hexadecimal: equal tasks have equal tags, though each envelope differs. It takes a key of its\n"
        "own ('taskseal key add --type dedupe'). The tag tells whoever sees it which tasks are equal, and\n"
        "whoever gets the key later can guess small payloads: replace the key once per longest period in\n"
        "which tasks must be unique. Fields stand in the process list while this runs.\n",
    .examples = "  taskseal dedupe --queue mail --type reset --field ann@example.com\n",
    .options = options,
    .run = run,
};
