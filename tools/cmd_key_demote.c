/* SPDX-License-Identifier: MIT */
#include "commands.h"
#include "common/parse.h"
#include "common/report.h"
#include "key_change.h"

enum { KEY_GRACE = KEY_OWN, KEY_NOT_AFTER };

static const command_option options[] = {
    KEYFILE_OPTIONS,
    {"grace", KEY_GRACE, "DURATION",
     "for how long copies of the file may still seal with it:\n24h (the default), 90m, 7d"},
    {"not-after", KEY_NOT_AFTER, "TIME", "until when, instead: 2026-11-21T20:00:00Z"},
    {NULL, 0, NULL, NULL},
};

typedef struct settings {
    keyring_choice keyring;
    uint64_t grace;
    taskseal_keyfile_change change;
} settings;

static int take(void *state, int key, const char *value)
{
    settings *set = state;

    switch (key) {
    case KEY_GRACE:
        return parse_duration("grace", value, &set->grace);
    case KEY_NOT_AFTER:
        return parse_time("not-after", value, &set->change.not_after);
    default:
        return keyring_take(&set->keyring, key, value);
    }
}

static int run(const command *self, int argc, char **argv)
{
    settings set = {.keyring = KEYRING_CHOICE_EMPTY, .change = {.action = TASKSEAL_KEYFILE_DEMOTE}};
    keyfile file = KEYFILE_EMPTY;
    taskseal_key key = {0};
    bool stop;

    int status = command_parse(self, argc, argv, take, &set, &stop);
    if (status != STATUS_OK || stop)
        return status;
    if (set.grace != 0 && set.change.not_after != 0)
        return report_usage("give --grace or --not-after, not both");
    status = key_id_operand(argc, argv, &set.change.key_id);
    if (status == STATUS_OK && set.change.not_after == 0)
        status = grace_end(set.grace, &set.change.not_after);
    if (status != STATUS_OK)
        return status;
    status = keyfile_choose(&file, &set.keyring);
    if (status == STATUS_OK)
        status = keyfile_find(&file, "KEY-ID", set.change.key_id, &key);
    if (status == STATUS_OK)
        status = keyfile_demote(&file, &set.change, &key);
    if (status == STATUS_OK)
        keyfile_tell_old(&file);
    keyfile_free(&file);
    return status;
}

const command command_key_demote = {
    .name = "key demote",
    .operands = "KEY-ID",
    .summary = "let a key only open, and nothing sealed after a grace period",
    .description =
        "KEY-ID no longer seals, and only opens what was sealed until now plus the grace period: that\n"
        "long, producers whose copy of the file lags may still seal with it. What they seal later is\n"
        "refused as key-outside-window, so choose it longer than copies take to spread.\n"
        "'key promote NEW --demote OLD' does it together with the promotion of the new key.\n",
    .examples = "  taskseal key demote mail-k01 --grace 2h -k /etc/app/keyring\n",
    .options = options,
    .run = run,
};
