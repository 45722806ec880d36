/* SPDX-License-Identifier: MIT
 *
 * What became of the tasks of a server that `rewrap` went through.
 */
#ifndef TASKSEAL_TOOLS_REWRAP_PRINT_H
#define TASKSEAL_TOOLS_REWRAP_PRINT_H

#include "rekey.h"

/* `whole`: it came to its end. */
void rewrap_print(const struct rekey *run, bool whole);
void rewrap_print_json(const struct rekey *run, bool whole, bool resumed);

#endif
