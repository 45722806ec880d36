/* SPDX-License-Identifier: MIT
 *
 * The script for zsh: each subcommand becomes the specification that _arguments takes.
 */
#include <stdio.h>
#include <string.h>

#include "completion.h"

/* Laid out as zsh. */
static const char helpers[] =
    "# The ids in the keyring that the line names, or the environment. A descriptor is not the shell's to "
    "read.\n"
    "__taskseal_key_ids() {\n"
    "    local -a source ids\n"
    "    local at=${words[(I)(-k|--keyring)]}\n"
    "    if ((at)); then\n"
    "        source=(-k \"${words[at + 1]/#\\~\\//$HOME/}\")\n"
    "    elif ((at = ${words[(I)--keyring=*]})); then\n"
    "        source=(-k \"${words[at]#--keyring=}\")\n"
    "    fi\n"
    "    [[ ${source[2]-${TASKSEAL_KEYRING-}} == fd:* ]] && return 1\n"
    "    ids=(${(f)\"$(command $service key list --ids $source </dev/null 2>/dev/null)\"})\n"
    "    ((${#ids})) && compadd -a ids\n"
    "}\n"
    "\n"
    "__taskseal_source() {\n"
    "    _alternative 'files:file:_files' 'kinds:kind:compadd -S \"\" fd\\: env\\: credential\\:'\n"
    "}\n"
    "\n";

/* Text inside the brackets of a specification, in single quotes: a line break becomes a blank. */
static void print_text(const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '\n')
            fputc(' ', stdout);
        else if (*text == '\'')
            fputs("'\\''", stdout);
        else if (strchr("[]:\\", *text) != NULL)
            printf("\\%c", *text);
        else
            fputc(*text, stdout);
    }
}

static void print_action(const value_class *class)
{
    switch (class->kind) {
    case VALUE_FILE:
        fputs("_files", stdout);
        break;
    case VALUE_SOURCE:
        fputs("__taskseal_source", stdout);
        break;
    case VALUE_KEY_ID:
        fputs("__taskseal_key_ids", stdout);
        break;
    case VALUE_WORDS:
        printf("(%s)", class->words != NULL ? class->words : "");
        break;
    default:
        fputc(' ', stdout);
        break;
    }
}

static void print_option(const command_option *option, const char *dashes, const char *name, bool is_long)
{
    printf(" \\\n            '*%s%s%s[", dashes, name, is_long && option->argument != NULL ? "=" : "");
    print_text(option->help);
    fputc(']', stdout);
    if (option->argument != NULL) {
        printf(":%s:", option->argument);
        print_action(value_class_of(option->argument));
    }
    fputc('\'', stdout);
}

static void print_options(const command *self)
{
    for (const command_option *at = self->options; at->name != NULL; at++) {
        const char letter[2] = {(char)at->key, '\0'};
        if (at->key < 256)
            print_option(at, "-", letter, false);
        print_option(at, "--", at->name, true);
    }
    fputs(" \\\n            '(-h --help)'{-h,--help}'[print help]'", stdout);
}

static void print_operands(const command *self)
{
    const value_class *class = value_class_of_operands(self);

    if (self->operands[0] == '\0')
        return;
    fputs(" \\\n            '*:operand:", stdout);
    if (class == value_class_of("SUBCOMMAND")) {
        fputs("(", stdout);
        for (const command *const *at = commands; *at != NULL; at++)
            printf(" %s", command_word(*at));
        fputs(")", stdout);
    } else {
        print_action(class);
    }
    fputc('\'', stdout);
}

/* "_taskseal_key_add" for "key add". */
static void print_function_name(const command *self)
{
    fputs("_taskseal_", stdout);
    for (const char *at = self->name; *at != '\0'; at++)
        fputc(*at == ' ' || *at == '-' ? '_' : *at, stdout);
}

/* A function body that completes one of `list`, and then by its function. */
static void print_choice(const command *const *list)
{
    fputs("    local curcontext=$curcontext state line\n"
          "    local -a subs=(\n",
          stdout);
    for (const command *const *at = list; *at != NULL; at++) {
        printf("        '%s:", command_word(*at));
        print_text((*at)->summary);
        fputs("'\n", stdout);
    }
    fputs("    )\n"
          "    _arguments -C '(-h --help)'{-h,--help}'[print help]' '1: :->sub' '*:: :->rest'\n"
          "    case $state in\n"
          "        sub) _describe subcommand subs ;;\n"
          "        rest)\n"
          "            case $words[1] in\n",
          stdout);
    for (const command *const *at = list; *at != NULL; at++) {
        printf("                %s) ", command_word(*at));
        print_function_name(*at);
        fputs(" ;;\n", stdout);
    }
    fputs("            esac\n            ;;\n    esac\n}\n\n", stdout);
}

static void print_command(const command *self)
{
    for (const command *const *at = self->subcommands; at != NULL && *at != NULL; at++)
        print_command(*at);
    print_function_name(self);
    fputs("() {\n", stdout);
    if (self->subcommands != NULL) {
        print_choice(self->subcommands);
        return;
    }
    fputs("    _arguments -s", stdout);
    print_options(self);
    print_operands(self);
    fputs("\n}\n\n", stdout);
}

void completion_print_zsh(void)
{
    puts("#compdef taskseal\n# Completion of taskseal for zsh, made by 'taskseal completion zsh'.\n");
    fputs(helpers, stdout);
    for (const command *const *at = commands; *at != NULL; at++)
        print_command(*at);
    puts("_taskseal() {");
    print_choice(commands);
    puts("if [[ $funcstack[1] == _taskseal ]]; then\n"
         "    _taskseal \"$@\"\n"
         "else\n"
         "    compdef _taskseal taskseal\n"
         "fi");
}
