/* SPDX-License-Identifier: MIT
 *
 * The subcommands: each is defined in the file of its name, cmd_*.c.
 */
#ifndef TASKSEAL_TOOLS_COMMANDS_H
#define TASKSEAL_TOOLS_COMMANDS_H

#include "common/command.h"

extern const command command_keygen;
extern const command command_key;
extern const command command_key_add;
extern const command command_key_promote;
extern const command command_key_demote;
extern const command command_key_retire;
extern const command command_key_compromise;
extern const command command_key_limit;
extern const command command_key_protect;
extern const command command_key_list;
extern const command command_key_check;
extern const command command_key_drain_report;
extern const command command_seal;
extern const command command_open;
extern const command command_inspect;
extern const command command_rewrap;
extern const command command_reseal;
extern const command command_dedupe;
extern const command command_connect;
extern const command command_doctor;
extern const command command_completion;
extern const command command_version;
extern const command command_help;

#endif
