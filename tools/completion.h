/* SPDX-License-Identifier: MIT
 *
 * Completion scripts for shells, made of the tables of the subcommands.
 */
#ifndef TASKSEAL_TOOLS_COMPLETION_H
#define TASKSEAL_TOOLS_COMPLETION_H

#include "common/command.h"

void completion_print_bash(void);
void completion_print_zsh(void);

/* What completes an argument or operand that the help calls by that word. */
typedef enum value_kind {
    VALUE_ANY, /* nothing does */
    VALUE_FILE,
    VALUE_SOURCE, /* of a keyring */
    VALUE_KEY_ID,
    VALUE_WORDS /* one of a list */
} value_kind;

typedef struct value_class {
    const char *argument;
    value_kind kind;
    const char *words; /* with spaces between them; NULL: none */
} value_class;

/* Never NULL: what is unknown is VALUE_ANY. */
const value_class *value_class_of(const char *argument);

/* What completes the operands of a subcommand. */
const value_class *value_class_of_operands(const command *self);

#endif
