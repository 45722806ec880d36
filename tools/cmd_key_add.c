/* SPDX-License-Identifier: MIT */
#include "commands.h"
#include "common/parse.h"
#include "common/report.h"
#include "key_change.h"

enum { KEY_KEY_TYPE = KEY_OWN, KEY_NOT_BEFORE, KEY_NOT_AFTER };

static const command_option options[] = {
    KEYFILE_OPTIONS,
    {"type", KEY_KEY_TYPE, "TYPE",
     "xchacha20poly1305 (the default), aegis256 (faster; needs\nlibsodium 1.0.19), or dedupe (makes tags, "
     "seals nothing)"},
    {"queue", KEY_QUEUE, "NAME", "a queue that it is good for (up to 64 times);\nelse every queue"},
    {"not-before", KEY_NOT_BEFORE, "TIME", "it opens nothing sealed before: 2026-11-21T20:00:00Z"},
    {"not-after", KEY_NOT_AFTER, "TIME", "it opens nothing sealed after, and seals nothing then"},
    {NULL, 0, NULL, NULL},
};

typedef struct settings {
    keyring_choice keyring;
    queue_list queues;
    taskseal_keyfile_change change;
} settings;

static int take(void *state, int key, const char *value)
{
    settings *set = state;

    switch (key) {
    case KEY_KEY_TYPE:
        return parse_key_type("type", value, &set->change.type);
    case KEY_QUEUE:
        return queue_list_take(&set->queues, value);
    case KEY_NOT_BEFORE:
        return parse_time("not-before", value, &set->change.not_before);
    case KEY_NOT_AFTER:
        return parse_time("not-after", value, &set->change.not_after);
    default:
        return keyring_take(&set->keyring, key, value);
    }
}

static int run(const command *self, int argc, char **argv)
{
    settings set = {.keyring = KEYRING_CHOICE_EMPTY, .change = {.action = TASKSEAL_KEYFILE_ADD}};
    bool stop;

    int status = command_parse(self, argc, argv, take, &set, &stop);
    if (status != STATUS_OK || stop)
        return status;
    status = queue_list_check(&set.queues, "leave it out to make the key good for every queue");
    if (status == STATUS_OK)
        status = key_id_operand(argc, argv, &set.change.key_id);
    if (status == STATUS_OK)
        status = window_check(set.change.not_before, set.change.not_after);
    if (status != STATUS_OK)
        return status;
    set.change.queues = set.queues.count > 0 ? set.queues.queues : NULL;
    set.change.queue_count = set.queues.count;
    return keyfile_change_one(
        &set.keyring, &set.change,
        set.change.type == TASKSEAL_KEY_DEDUPE
            ? "%s stands in %s now, as a fresh key that makes tags only where it is named.\n"
              "Bring every copy of the file up to date; then 'taskseal key promote' has it make all tags.\n"
            : "%s stands in %s now, as a fresh key that only opens.\n"
              "Bring every copy of the file up to date; then 'taskseal key promote' lets it seal.\n");
}

const command command_key_add = {
    .name = "key add",
    .operands = "NEW-ID",
    .summary = "add a fresh key, which only opens until it is promoted",
    .description =
        "Makes a fresh key named NEW-ID at the end of the key file. It only opens: so every copy of\n"
        "the file can learn it before anything is sealed with it. NEW-ID is 1 to 255 of the characters\n"
        "0-9 A-Z a-z . _ : / @ + - and begins with a letter or digit. It stands readable in every\n"
        "envelope: put no secret into it.\n",
    .examples = "  taskseal key add mail-k02 --queue mail --queue invoices -k /etc/app/keyring\n",
    .options = options,
    .run = run,
};
