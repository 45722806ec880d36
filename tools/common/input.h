/* SPDX-License-Identifier: MIT
 *
 * The one FILE that a subcommand reads: a path, or standard input.
 */
#ifndef TASKSEAL_TOOLS_INPUT_H
#define TASKSEAL_TOOLS_INPUT_H

#include "buffer.h"

/* What messages call the input that `path` names. */
const char *input_name(const char *path);

/* Reads `path` (NULL or "-": standard input) wholly. Reports failures; a status of report.h. */
int input_read(const char *path, buffer *into);

/* Finds the single, optional FILE operand. Reports more than one; a status of report.h. */
int input_operand(int argc, char **argv, const char **path);

#endif
