/* SPDX-License-Identifier: MIT
 *
 * `taskseal key`: the subcommands that change, show and check the keys of a key file.
 */
#include <stddef.h>

#include "commands.h"

static const command_option options[] = {{NULL, 0, NULL, NULL}};

static const command *const subcommands[] = {
    &command_key_add,
    &command_key_promote,
    &command_key_demote,
    &command_key_retire,
    &command_key_compromise,
    &command_key_limit,
    &command_key_protect,
    &command_key_list,
    &command_key_check,
    &command_key_drain_report,
    NULL,
};

const command command_key = {
    .name = "key",
    .operands = "SUBCOMMAND",
    .summary = "add, change, list and check the keys of a key file",
    .description =
        "Each change makes a whole new file or none, while other changers wait, and keeps the old\n"
        "one, with its secrets, as FILE.old. A rotation takes these steps, with every copy of the file\n"
        "brought up to date between them:\n"
        "  1. key add NEW                       everything can open what NEW will seal\n"
        "  2. key promote NEW --demote OLD      NEW seals; OLD opens what still waits\n"
        "  3. taskseal rewrap, or wait          until 'key drain-report' says that OLD is done\n"
        "  4. key retire OLD                    its secret goes, its name stays\n",
    .examples = "  taskseal key add mail-k02 --queue mail -k /etc/app/keyring\n"
                "  taskseal key promote mail-k02 --demote mail-k01 -k /etc/app/keyring\n"
                "  taskseal key list -k /etc/app/keyring\n",
    .options = options,
    .subcommands = subcommands,
    .run = command_run_nested,
};
