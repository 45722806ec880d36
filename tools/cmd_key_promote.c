/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "common/parse.h"
#include "common/report.h"
#include "common/secret.h"
#include "key_change.h"

enum { KEY_DEMOTE = KEY_OWN, KEY_GRACE };

static const command_option options[] = {
    KEYFILE_OPTIONS,
    {"demote", KEY_DEMOTE, "KEY-ID", "then let this key, which was the primary, only open"},
    {"grace", KEY_GRACE, "DURATION",
     "for how long copies of the file may still seal with that\nkey: 24h (the default), 90m, 7d"},
    {NULL, 0, NULL, NULL},
};

typedef struct settings {
    keyring_choice keyring;
    const char *key_id;
    const char *demote;
    uint64_t grace;
} settings;

static int take(void *state, int key, const char *value)
{
    settings *set = state;

    switch (key) {
    case KEY_DEMOTE:
        set->demote = value;
        return secret_check("--demote", "a key id", value);
    case KEY_GRACE:
        return parse_duration("grace", value, &set->grace);
    default:
        return keyring_take(&set->keyring, key, value);
    }
}

static int promote(const settings *set, keyfile *file, taskseal_key_type type)
{
    taskseal_keyfile_change change = {.action = TASKSEAL_KEYFILE_PROMOTE, .key_id = set->key_id};

    const int status = keyfile_apply(file, &change);
    if (status == STATUS_OK && type == TASKSEAL_KEY_DEDUPE)
        printf("%s is active now and the first dedupe key: it makes the tags where no key is named.\n",
               set->key_id);
    else if (status == STATUS_OK)
        printf("%s is active now and the first of its type, which makes it the primary.\n", set->key_id);
    return status;
}

static int demote(const settings *set, keyfile *file, const taskseal_key *before)
{
    taskseal_keyfile_change change = {.action = TASKSEAL_KEYFILE_DEMOTE, .key_id = set->demote};

    int status = grace_end(set->grace, &change.not_after);
    if (status == STATUS_OK)
        status = keyfile_demote(file, &change, before);
    if (status != STATUS_OK)
        report_note("%s was promoted and is the primary; %s was not demoted and is as it was: when this is "
                    "mended, give 'taskseal key demote %s'",
                    set->key_id, set->demote, set->demote);
    return status;
}

/* Finds both keys before anything is changed. */
static int find_keys(const settings *set, keyfile *file, taskseal_key *promoted, taskseal_key *demoted)
{
    taskseal_keyring *ring = NULL;

    int status = keyfile_load(file, &ring);
    if (status == STATUS_OK)
        status = key_find(ring, "KEY-ID", set->key_id, promoted);
    if (status == STATUS_OK && set->demote != NULL)
        status = key_find(ring, "--demote", set->demote, demoted);
    if (status == STATUS_OK && set->demote != NULL && demoted->state != TASKSEAL_KEY_ACTIVE)
        status = report_refusal(taskseal_err_name(TASKSEAL_ERR_KEYFILE_CHANGE),
                                "%s is not active (--demote); nothing was changed", set->demote);
    taskseal_keyring_free(ring);
    return status;
}

static int change_file(const settings *set)
{
    taskseal_key promoted = {0};
    taskseal_key demoted = {0};
    keyfile file;

    int status = keyfile_choose(&file, &set->keyring);
    if (status == STATUS_OK)
        status = find_keys(set, &file, &promoted, &demoted);
    if (status == STATUS_OK)
        status = promote(set, &file, promoted.type);
    if (status == STATUS_OK && set->demote != NULL)
        status = demote(set, &file, &demoted);
    if (status == STATUS_OK)
        keyfile_tell_old(&file);
    keyfile_free(&file);
    return status;
}

static int run(const command *self, int argc, char **argv)
{
    settings set = {.keyring = KEYRING_CHOICE_EMPTY};
    bool stop;

    int status = command_parse(self, argc, argv, take, &set, &stop);
    if (status != STATUS_OK || stop)
        return status;
    if (set.grace != 0 && set.demote == NULL)
        return report_usage("--grace is about the key of --demote: give that too");
    status = key_id_operand(argc, argv, &set.key_id);
    if (status != STATUS_OK)
        return status;
    if (set.demote != NULL && strcmp(set.demote, set.key_id) == 0)
        return report_usage("--demote names the key that is to be promoted");
    return change_file(&set);
}

const command command_key_promote = {
    .name = "key promote",
    .operands = "KEY-ID",
    .summary = "make a key the primary, which seals",
    .description =
        "KEY-ID becomes active and moves up, so that it seals where no key is named. First bring every\n"
        "copy of the file up to date, so that whoever gets an envelope of the new key can open it.\n"
        "With --demote the key before it then only opens, and only what was sealed until now plus the\n"
        "grace period: that long, producers whose copy of the file lags may still seal with it. These\n"
        "are two changes of the file; FILE.old is the file before the last one.\n",
    .examples = "  taskseal key promote mail-k02 --demote mail-k01 --grace 2h -k /etc/app/keyring\n",
    .options = options,
    .run = run,
};
