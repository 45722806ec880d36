/* SPDX-License-Identifier: MIT */
#include "commands.h"
#include "common/report.h"
#include "key_change.h"

static const command_option options[] = {
    KEYFILE_OPTIONS,
    {NULL, 0, NULL, NULL},
};

static int take(void *state, int key, const char *value)
{
    return keyring_take(state, key, value);
}

static int run(const command *self, int argc, char **argv)
{
    keyring_choice choice = KEYRING_CHOICE_EMPTY;
    taskseal_keyfile_change change = {.action = TASKSEAL_KEYFILE_RETIRE};
    bool stop;

    int status = command_parse(self, argc, argv, take, &choice, &stop);
    if (status != STATUS_OK || stop)
        return status;
    status = key_id_operand(argc, argv, &change.key_id);
    if (status != STATUS_OK)
        return status;
    return keyfile_change_one(
        &choice, &change,
        "%s is retired in %s: its secret is gone, its name stays, so that what it sealed is\n"
        "refused as key-retired.\n");
}

const command command_key_retire = {
    .name = "key retire",
    .operands = "KEY-ID",
    .summary = "delete the secret of a key that is no longer needed",
    .description =
        "Deletes KEY-ID's secret and keeps its name. What it sealed can then never be opened again, so\n"
        "first see 'taskseal key drain-report', and think of dead letters, and of backups that you would\n"
        "restore. An active key can't be retired: demote it first.\n",
    .examples = "  taskseal key drain-report --uri-file /etc/app/redis.uri -k /etc/app/keyring\n"
                "  taskseal key retire mail-k01 -k /etc/app/keyring\n",
    .options = options,
    .run = run,
};
