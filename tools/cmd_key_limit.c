/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "commands.h"
#include "common/parse.h"
#include "common/print.h"
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

    const int status =
        queue_list_check(&set->queues, "give --any-queue to make the key good for every queue");
    if (status != STATUS_OK)
        return status;
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

/* Whether sealing for the queue finds a key now. */
static bool can_seal(const taskseal_keyring *ring, taskseal_bytes queue)
{
    const taskseal_seal_options probe = {.keyring = ring, .context = {.queue = queue}};
    const taskseal_err err = taskseal_seal_size(&probe, 0, NULL, NULL);

    return err == TASKSEAL_OK || err == TASKSEAL_ERR_SUITE_UNAVAILABLE;
}

/* Whether the key was to seal for a queue for which nothing can be sealed now. */
static bool leaves_gap(const taskseal_keyring *ring, const taskseal_key *key)
{
    if (key->state != TASKSEAL_KEY_ACTIVE || key->type == TASKSEAL_KEY_DEDUPE)
        return false;
    if (key->queue_count == 0)
        return !can_seal(ring, (taskseal_bytes){NULL, 0});
    for (size_t i = 0; i < key->queue_count; i++) {
        if (!can_seal(ring, key->queues[i]))
            return true;
    }
    return false;
}

static void warn_of_gap(const taskseal_keyring *ring, const char *key_id)
{
    char when[TIME_TEXT_MAX];
    taskseal_key key;

    for (size_t i = 0; taskseal_keyring_key(ring, i, &key); i++) {
        if (strcmp(key.id, key_id) != 0 || !leaves_gap(ring, &key))
            continue;
        format_time(key.not_before, when);
        if (key.not_before > (uint64_t)time(NULL))
            printf(
                "warning: until %s nothing can be sealed for its queues: no other active key serves now.\n",
                when);
        else
            printf("warning: nothing can be sealed for its queues now: no active key serves.\n");
    }
}

static int change_limits(settings *set)
{
    taskseal_keyring *ring = NULL;
    keyfile file;

    int status = keyfile_choose(&file, &set->keyring);
    if (status == STATUS_OK)
        status = keyfile_apply(&file, &set->change);
    if (status == STATUS_OK) {
        printf("The limits of %s in ", set->change.key_id);
        print_safe(stdout, file.path);
        printf(" are changed.\n");
        status = keyfile_load(&file, &ring);
    }
    if (status == STATUS_OK) {
        warn_of_gap(ring, set->change.key_id);
        keyfile_tell_old(&file);
    }
    taskseal_keyring_free(ring);
    keyfile_free(&file);
    return status;
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
    return change_limits(&set);
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
