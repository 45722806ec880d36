/* SPDX-License-Identifier: MIT
 *
 * The subcommands: each is defined in the file of its name, cmd_*.c.
 */
#ifndef TASKSEAL_TOOLS_COMMANDS_H
#define TASKSEAL_TOOLS_COMMANDS_H

#include "common/command.h"

extern const command command_keygen;
extern const command command_seal;
extern const command command_open;
extern const command command_inspect;
extern const command command_rewrap;
extern const command command_connect;
extern const command command_version;
extern const command command_help;

#endif
