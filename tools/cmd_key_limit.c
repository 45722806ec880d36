/* SPDX-License-Identifier: MIT */
#include "commands.h"
#include "common/parse.h"
#include "common/report.h"
#include "key_change.h"

enum { KEY_ANY_QUEUE = KEY_OWN, KEY_NOT_BEFORE, KEY_NOT_AFTER, KEY_ANY_TIME };

static const command_option options[] = {
    KEYFILE_OPTIONS,
    {"queue", KEY_QUEUE, "NAME",
     "a queue that it is good for (up to 64 times), in place of\nthose that it has"},
    {"any-queue", KEY_ANY_QUEUE, NULL, "it is good for every queue"},
    {"not-before", KEY_NOT_BEFORE, "TIME", "it opens nothing sealed before: 2026-11-21T20:00:00Z"},
    {"not-after", KEY_NOT_AFTER, "TIME", "it opens nothing sealed after, and seals nothing then"},
    {"any-time", KEY_ANY_TIME, NULL, "lift both limits of time (then set those given)"},
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
    case KEY_QUEUE:
        return queue_list_take(&set->queues, value);
    case KEY_ANY_QUEUE:
        set->change.flags |= TASKSEAL_KEYFILE_ANY_QUEUE;
        return STATUS_OK;
    case KEY_NOT_BEFORE:
        return parse_time("not-before", value, &set->change.not_before);
    case KEY_NOT_AFTER:
        return parse_time("not-after", value, &set->change.not_after);
    case KEY_ANY_TIME:
        set->change.flags |= TASKSEAL_KEYFILE_ANY_TIME;
        return STATUS_OK;
    default:
        return keyring_take(&set->keyring, key, value);
    }
}

static int check(settings *set)
{
    taskseal_keyfile_change *change = &set->change;

    if (set->queues.count > 0 && (change->flags & TASKSEAL_KEYFILE_ANY_QUEUE) != 0)
        return report_usage("give --queue or --any-queue, not both");
    if (set->queues.count == 0 && change->flags == 0 && change->not_before == 0 && change->not_after == 0)
        return report_usage(
            "nothing to change: give --queue, --any-queue, --not-before, --not-after or --any-time");
    if (set->queues.count > 0)
        change->queues = set->queues.queues;
    change->queue_count = set->queues.count;
    return window_check(change->not_before, change->not_after);
}

static int run(const command *self, int argc, char **argv)
{
    settings set = {.keyring = KEYRING_CHOICE_EMPTY, .change = {.action = TASKSEAL_KEYFILE_LIMIT}};
    bool stop;

    int status = command_parse(self, argc, argv, take, &set, &stop);
    if (status != STATUS_OK || stop)
        return status;
    status = key_id_operand(argc, argv, &set.change.key_id);
    if (status == STATUS_OK)
        status = check(&set);
    if (status != STATUS_OK)
        return status;
    return keyfile_change_one(&set.keyring, &set.change, "The limits of %s in %s are changed.\n");
}

const command command_key_limit = {
    .name = "key limit",
    .operands = "KEY-ID",
    .summary = "change which queues and which times a key is good for",
    .description =
        "Changes the queues that KEY-ID is good for, and the window in which the seal times of its\n"
        "envelopes must lie. What is not given stays.\n",
    .examples = "  taskseal key limit mail-k02 --not-before 2026-11-21T20:00:00Z -k /etc/app/keyring\n"
                "  taskseal key limit mail-k02 --queue mail --queue invoices -k /etc/app/keyring\n",
    .options = options,
    .run = run,
};
