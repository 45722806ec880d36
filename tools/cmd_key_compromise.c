/* SPDX-License-Identifier: MIT */
#include <stdio.h>

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

static void tell_what_next(const char *key_id)
{
    printf("\n"
           "What to do next:\n"
           "  1. Bring every copy of the file up to date, the workers' first: until then they open what\n"
           "     whoever has the key has forged.\n"
           "  2. Let another key seal: 'taskseal key add', 'taskseal key promote'.\n"
           "  3. To each key that envelopes of %s were rewrapped to, or that they name beside it, give\n"
           "     'taskseal key limit KEY --not-before T', T more than 300 seconds after the last such\n"
           "     rewrap or seal: what carries an earlier seal time may be forged under that key too.\n"
           "  4. Seal what was lost anew, from a trusted source. Neither rewrap nor reseal makes an old\n"
           "     envelope trustworthy again. What the key ever sealed counts as read, in backups too.\n"
           "  5. Delete the .old files and other copies that hold the secret.\n"
           "\n",
           key_id);
}

static int run(const command *self, int argc, char **argv)
{
    keyring_choice choice = KEYRING_CHOICE_EMPTY;
    taskseal_keyfile_change change = {.action = TASKSEAL_KEYFILE_COMPROMISE};
    keyfile file = KEYFILE_EMPTY;
    bool stop;

    int status = command_parse(self, argc, argv, take, &choice, &stop);
    if (status != STATUS_OK || stop)
        return status;
    status = key_id_operand(argc, argv, &change.key_id);
    if (status == STATUS_OK)
        status = keyfile_choose(&file, &choice);
    if (status == STATUS_OK)
        status = keyfile_apply(&file, &change);
    if (status == STATUS_OK) {
        printf("%s is marked compromised: its secret is gone, and envelopes that name it are refused.\n",
               change.key_id);
        tell_what_next(change.key_id);
        keyfile_tell_old(&file);
    }
    keyfile_free(&file);
    return status;
}

const command command_key_compromise = {
    .name = "key compromise",
    .operands = "KEY-ID",
    .summary = "refuse every envelope that names a leaked key",
    .description =
        "Deletes KEY-ID's secret and marks it compromised, at once and in any state: from then on every\n"
        "envelope that so much as names it is refused. Prints what to do next.\n",
    .examples = "  taskseal key compromise mail-k01 -k /etc/app/keyring\n",
    .options = options,
    .run = run,
};
