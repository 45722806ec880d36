/* SPDX-License-Identifier: MIT */
#include "command.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "report.h"
#include "secret.h"

enum { OPTIONS_MAX = 24, HELP_COLUMN = 29, HELP_KEY = 'h', WORD_MAX = 32, NEAR = 2 };

const char *command_word(const command *self)
{
    const char *space = strrchr(self->name, ' ');

    return space != NULL ? space + 1 : self->name;
}

const command *command_find(const command *const *list, const char *word)
{
    for (; *list != NULL; list++) {
        if (strcmp(command_word(*list), word) == 0)
            return *list;
    }
    return NULL;
}

/* How many letters must be changed, left out or put in between to make one word of the other; no less than
 * WORD_MAX for long words. */
static size_t distance(const char *one, const char *other)
{
    const size_t width = strlen(other);
    size_t row[WORD_MAX + 1];

    if (strlen(one) > WORD_MAX || width > WORD_MAX)
        return WORD_MAX;
    for (size_t i = 0; i <= width; i++)
        row[i] = i;
    for (size_t line = 1; one[line - 1] != '\0'; line++) {
        size_t diagonal = row[0];
        row[0] = line;
        for (size_t i = 1; i <= width; i++) {
            const size_t changed = diagonal + (one[line - 1] != other[i - 1]);
            diagonal = row[i];
            row[i] = (row[i] < row[i - 1] ? row[i] : row[i - 1]) + 1;
            row[i] = changed < row[i] ? changed : row[i];
        }
    }
    return row[width];
}

/* The one with the nearest word, at most NEAR letters away, of `list` and below. */
static const command *nearest(const command *const *list, const char *word, size_t *least)
{
    const command *found = NULL;

    for (; *list != NULL; list++) {
        const size_t apart = distance(word, command_word(*list));
        if (apart < *least) {
            *least = apart;
            found = *list;
        }
        const command *below =
            (*list)->subcommands != NULL ? nearest((*list)->subcommands, word, least) : NULL;
        found = below != NULL ? below : found;
    }
    return found;
}

int command_report_unknown(const command *const *list, const char *word, const char *help)
{
    size_t least = NEAR + 1;
    const command *near = nearest(list, word, &least);

    if (near == NULL)
        near = nearest(commands, word, &least);
    if (near == NULL)
        return report_usage("there is no such subcommand; see 'taskseal %s'", help);
    return report_usage("there is no such subcommand; did you mean 'taskseal %s'? See 'taskseal %s'",
                        near->name, help);
}

int command_run_nested(const command *self, int argc, char **argv)
{
    if (argc < 2)
        return report_usage("no subcommand; see 'taskseal %s --help'", self->name);
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        command_print_help(self);
        return STATUS_OK;
    }
    const command *found = command_find(self->subcommands, argv[1]);
    if (found == NULL) {
        char help[64];
        snprintf(help, sizeof help, "%s --help", self->name);
        return command_report_unknown(self->subcommands, argv[1], help);
    }
    report_begin(found->name);
    return found->run(found, argc - 1, argv + 1);
}

static bool is_letter(int key)
{
    return key < 256;
}

/* The two tables that getopt_long wants. The leading ':' makes it tell a missing value from an unknown
 * option, and print nothing itself. */
static void make_tables(const command *self, struct option longs[OPTIONS_MAX + 2],
                        char shorts[2 * OPTIONS_MAX + 3])
{
    size_t count = 0;
    size_t letters = 0;

    shorts[letters++] = ':';
    for (const command_option *at = self->options; at->name != NULL && count < OPTIONS_MAX; at++) {
        const bool valued = at->argument != NULL;
        longs[count++] = (struct option){at->name, valued ? required_argument : no_argument, NULL, at->key};
        if (!is_letter(at->key))
            continue;
        shorts[letters++] = (char)at->key;
        if (valued)
            shorts[letters++] = ':';
    }
    shorts[letters++] = HELP_KEY;
    shorts[letters] = '\0';
    longs[count++] = (struct option){"help", no_argument, NULL, HELP_KEY};
    longs[count] = (struct option){NULL, 0, NULL, 0};
}

/* True if getopt_long has stopped at a letter that is no option. It may stand in a word with others, and
 * optind then does not tell which word. For a long option optopt is 0, or, if that has a value too many, its
 * key. */
static bool at_unknown_letter(const command *self, int result)
{
    if (result != '?' || optopt == 0 || optopt == HELP_KEY)
        return false;
    for (const command_option *at = self->options; at->name != NULL; at++) {
        if (at->key == optopt)
            return false;
    }
    return true;
}

/* Says what is wrong with the option that getopt_long has stopped at. What follows its '=' is left out: it
 * may be secret. */
static int bad_option(const command *self, int result, char **argv)
{
    const char *word = argv[optind - 1];
    const int len = (int)strcspn(word, "=");
    const bool is_long = !at_unknown_letter(self, result) && strncmp(word, "--", 2) == 0;
    const int status =
        is_long ? secret_check(self->name, "the options that its --help lists", word) : STATUS_OK;

    if (status != STATUS_OK)
        return status;
    if (result == ':' && is_long)
        return report_usage("%.*s needs a value; see 'taskseal %s --help'", len, word, self->name);
    if (result == ':')
        return report_usage("-%c needs a value; see 'taskseal %s --help'", optopt, self->name);
    if (is_long)
        return report_usage("%.*s is not an option that can stand here, or not spelled out; see 'taskseal %s "
                            "--help'",
                            len, word, self->name);
    return report_usage("-%c is not an option; see 'taskseal %s --help'", optopt, self->name);
}

int command_parse(const command *self, int argc, char **argv, option_taker *take, void *state, bool *stop)
{
    struct option longs[OPTIONS_MAX + 2];
    char shorts[2 * OPTIONS_MAX + 3];
    int status = STATUS_OK;

    make_tables(self, longs, shorts);
    *stop = false;
    opterr = 0;
    while (status == STATUS_OK) {
        const int key = getopt_long(argc, argv, shorts, longs, NULL);
        if (key == -1)
            break;
        if (key == '?' || key == ':')
            return bad_option(self, key, argv);
        if (key == HELP_KEY) {
            command_print_help(self);
            *stop = true;
            return STATUS_OK;
        }
        status = take(state, key, optarg);
    }
    return status;
}

/* Prints the lines of `text`, the first one at the cursor, the others at HELP_COLUMN. */
static void print_option_help(const char *text)
{
    for (;;) {
        const size_t len = strcspn(text, "\n");
        printf("%.*s\n", (int)len, text);
        if (text[len] == '\0')
            return;
        text += len + 1;
        printf("%*s", HELP_COLUMN, "");
    }
}

static void print_option(int key, const char *name, const char *argument, const char *help)
{
    char shown[64];
    char letter[8] = "    ";

    if (is_letter(key))
        snprintf(letter, sizeof letter, "-%c, ", key);
    const int width = snprintf(shown, sizeof shown, "  %s--%s%s%s", letter, name, argument != NULL ? " " : "",
                               argument != NULL ? argument : "");
    if (width + 2 > HELP_COLUMN)
        printf("%s\n%*s", shown, HELP_COLUMN, "");
    else
        printf("%-*s", HELP_COLUMN, shown);
    print_option_help(help);
}

static void print_list(const command *const *list)
{
    for (; *list != NULL; list++)
        printf("  %-13s %s\n", command_word(*list), (*list)->summary);
}

void command_print_help(const command *self)
{
    if (self->subcommands != NULL) {
        printf("Usage: taskseal %s SUBCOMMAND [OPTION]... [OPERAND]...\n\n%s\n"
               "Subcommands ('taskseal %s SUBCOMMAND --help' tells more):\n",
               self->name, self->description, self->name);
        print_list(self->subcommands);
        if (self->examples != NULL)
            printf("\nExamples:\n%s", self->examples);
        return;
    }
    printf("Usage: taskseal %s%s%s%s\n\n%s\nOptions:\n", self->name,
           self->options->name != NULL ? " [OPTION]..." : "", self->operands[0] != '\0' ? " " : "",
           self->operands, self->description);
    for (const command_option *at = self->options; at->name != NULL; at++)
        print_option(at->key, at->name, at->argument, at->help);
    print_option(HELP_KEY, "help", NULL, "print this help");
    if (self->examples != NULL)
        printf("\nExamples:\n%s", self->examples);
}

void command_print_overview(void)
{
    fputs("Usage: taskseal SUBCOMMAND [OPTION]... [OPERAND]...\n"
          "\n"
          "Seals the payloads of background jobs, so that the Redis or Valkey between producer\n"
          "and worker holds nothing readable, and nothing that can be changed or moved unnoticed.\n"
          "\n"
          "Subcommands ('taskseal SUBCOMMAND --help' tells more):\n",
          stdout);
    print_list(commands);
    fputs("\n"
          "Try it (in an empty directory):\n"
          "  taskseal keygen demo-k01 demo.keyring\n"
          "  export TASKSEAL_KEYRING=demo.keyring\n"
          "  echo 'reset token 91f3' | taskseal seal --queue mail --id 42 --expires-in 1h -o task.sealed\n"
          "  taskseal inspect task.sealed\n"
          "  taskseal open --queue mail --id 42 task.sealed\n"
          "  taskseal open --queue payments --id 42 task.sealed   # refused: context-mismatch\n"
          "\n"
          "Environment:\n"
          "  TASKSEAL_KEYRING  the key file (or other source of a keyring), where --keyring is not given\n"
          "  TASKSEAL_URI      the rediss:// URI of 'connect' and 'doctor', where none is given, and of\n"
          "                    'key drain-report --server'\n"
          "\n"
          "Exit status:\n"
          "  0  done\n"
          "  1  refused: the same input fails again (expired, damaged, wrong context, ...)\n"
          "  2  the command line is wrong\n"
          "  3  failed, but may succeed later (unknown key, timeout, out of memory, ...)\n"
          "  4  a local file, pipe or descriptor could not be read or written\n"
          "  5  doctor found something to warn of, and nothing worse\n"
          "Errors read 'taskseal: SUBCOMMAND: ERROR-NAME: text' on standard error.\n",
          stdout);
}
