/* SPDX-License-Identifier: MIT
 *
 * What a subcommand is: its words and its options in one table, from which the parser, the help and the
 * shells' completion are made, so that they can't differ.
 */
#ifndef TASKSEAL_TOOLS_COMMAND_H
#define TASKSEAL_TOOLS_COMMAND_H

#include <stdbool.h>

typedef struct command_option {
    const char *name;     /* without its dashes; NULL ends the list */
    int key;              /* the letter of its short form, or a number from 256 that is unique in the list */
    const char *argument; /* what --help calls it, by which completion knows what it is; NULL: takes none */
    const char *help;     /* lines for --help, parted by '\n' */
} command_option;

typedef struct command {
    const char *name; /* with the names of those above it: "key add" */
    const char *operands;
    const char *summary;     /* one line for `taskseal --help` */
    const char *description; /* paragraphs of at most 80 columns, ending in '\n' */
    const char *examples;    /* lines, ending in '\n'; NULL: none */
    const command_option *options;
    const struct command *const *subcommands; /* ends with NULL; NULL: none */
    int (*run)(const struct command *self, int argc, char **argv);
} command;

/* All of them, in the order in which the help lists them; ends with NULL. */
extern const command *const commands[];

/* The one of `list` that `word` is the (last part of the) name of; NULL if there is none. */
const command *command_find(const command *const *list, const char *word);

/* Reports that `word` names no subcommand of `list`, with the nearest one, in quotes; `help` is what to read. The word
 * itself is not repeated: it may be a secret. */
int command_report_unknown(const command *const *list, const char *word, const char *help);

/* The last part of its name. */
const char *command_word(const command *self);

/* The run function of a command that only has subcommands: runs the one that argv[1] names. */
int command_run_nested(const command *self, int argc, char **argv);

/* Takes the value of one option (NULL if it takes none); reports what it can't use. A status of report.h. */
typedef int option_taker(void *state, int key, const char *value);

/* Parses `argv` by self->options, calling `take` (NULL if there are none) for each; optind is then the first
 * operand. --help prints the help and sets *stop, which means: return STATUS_OK. A status of report.h. */
int command_parse(const command *self, int argc, char **argv, option_taker *take, void *state, bool *stop);

void command_print_help(const command *self);
void command_print_overview(void);

#endif
