/* SPDX-License-Identifier: MIT
 *
 * The script for bash: a function that prints the tables, a line for each subcommand ("sub"), option ("opt") and class
 * of operands ("arg"), and one that completes by them. It needs nothing of the package bash-completion.
 */
#include <stdio.h>

#include "completion.h"

/* Laid out as bash. */
static const char engine[] =
    "# The ids in the keyring that the line names, or the environment. A descriptor is not the shell's to "
    "read.\n"
    "__taskseal_key_ids() {\n"
    "    local -a source=()\n"
    "    local i\n"
    "    for ((i = 1; i < ${#words[@]} - 1; i++)); do\n"
    "        case ${words[i]} in\n"
    "            -k | --keyring) source=(-k \"${words[i + 1]/#\\~\\//$HOME/}\") ;;\n"
    "            --keyring=*) source=(-k \"${words[i]#--keyring=}\") ;;\n"
    "        esac\n"
    "    done\n"
    "    [[ ${source[1]-${TASKSEAL_KEYRING-}} == fd:* ]] && return\n"
    "    command \"${words[0]/#\\~\\//$HOME/}\" key list --ids \"${source[@]}\" </dev/null 2>/dev/null\n"
    "}\n"
    "\n"
    "# Completes $1 as a value of the class $2, with the class's words behind it.\n"
    "# (compgen -W expands its words; there is nothing to expand in ids, which the command has checked.)\n"
    "__taskseal_value() {\n"
    "    local value=$1 class=$2 candidate word=${COMP_WORDS[COMP_CWORD]} cut\n"
    "    local -a found=()\n"
    "    shift 2\n"
    "    case $class in\n"
    "        file) compopt -o filenames; mapfile -t found < <(compgen -f -- \"$value\") ;;\n"
    "        source)\n"
    "            compopt -o filenames\n"
    "            mapfile -t found < <(compgen -f -- \"$value\"; compgen -W 'fd: env: credential:' -- "
    "\"$value\")\n"
    "            [[ ${found[*]} == *: ]] && compopt -o nospace\n"
    "            ;;\n"
    "        key-id) mapfile -t found < <(compgen -W \"$(__taskseal_key_ids)\" -- \"$value\") ;;\n"
    "        words) mapfile -t found < <(compgen -W \"$*\" -- \"$value\") ;;\n"
    "    esac\n"
    "    # readline's word begins behind the last ':' or '=' of ours.\n"
    "    [[ $word == [:=] ]] && word=''\n"
    "    cut=$((${#value} - ${#word}))\n"
    "    ((cut > 0)) || cut=0\n"
    "    COMPREPLY=()\n"
    "    for candidate in \"${found[@]}\"; do\n"
    "        COMPREPLY+=(\"${candidate:cut}\")\n"
    "    done\n"
    "}\n"
    "\n"
    "_taskseal() {\n"
    "    local path='' previous='' option='' operand=any kind name class rest i\n"
    "    local -a words subs=() options=()\n"
    "    local -A values=()\n"
    "    COMPREPLY=()\n"
    "    read -ra words <<<\"${COMP_LINE:0:COMP_POINT}\"\n"
    "    [[ ${COMP_LINE:0:COMP_POINT} == *[[:space:]] ]] && words+=('')\n"
    "    local current=${words[${#words[@]} - 1]}\n"
    "    # Down to the subcommand, of which each word stands first.\n"
    "    for ((i = 1; i < ${#words[@]} - 1; i++)); do\n"
    "        __taskseal_table \"$path\" | grep -qx -- \"sub ${words[i]}\" || break\n"
    "        path+=${path:+ }${words[i]}\n"
    "    done\n"
    "    while read -r kind name class rest; do\n"
    "        case $kind in\n"
    "            sub) subs+=(\"$name\") ;;\n"
    "            opt) values[$name]=\"$class $rest\"; [[ $name == --* ]] && options+=(\"$name\") ;;\n"
    "            arg) operand=\"$name $class $rest\" ;;\n"
    "        esac\n"
    "    done < <(__taskseal_table \"$path\")\n"
    "    ((${#words[@]} > 2)) && previous=${words[${#words[@]} - 2]}\n"
    "    if [[ $current == --*=* ]]; then\n"
    "        option=${current%%=*} current=${current#*=}\n"
    "    elif [[ $previous == -* && $previous != *=* && ${values[$previous]-none } != none* ]]; then\n"
    "        option=$previous\n"
    "    fi\n"
    "    if [[ $option ]]; then\n"
    "        # shellcheck disable=SC2086 # classes and their words are plain\n"
    "        __taskseal_value \"$current\" ${values[$option]-any}\n"
    "    elif [[ $current == -* ]]; then\n"
    "        __taskseal_value \"$current\" words \"${options[@]}\"\n"
    "    elif ((${#subs[@]})); then\n"
    "        __taskseal_value \"$current\" words \"${subs[@]}\"\n"
    "    else\n"
    "        # shellcheck disable=SC2086 # as above\n"
    "        __taskseal_value \"$current\" $operand\n"
    "    fi\n"
    "}\n"
    "\n"
    "complete -F _taskseal taskseal\n";

static void print_class(const value_class *class)
{
    static const char *const names[] = {
        [VALUE_ANY] = "any",       [VALUE_FILE] = "file",   [VALUE_SOURCE] = "source",
        [VALUE_KEY_ID] = "key-id", [VALUE_WORDS] = "words",
    };

    fputs(names[class->kind], stdout);
    if (class->words != NULL)
        printf(" %s", class->words);
}

static void print_subcommand_words(const command *const *list)
{
    for (; *list != NULL; list++)
        printf(" %s", command_word(*list));
}

static void print_options(const command *self)
{
    for (const command_option *at = self->options; at->name != NULL; at++) {
        for (int letter = at->key < 256 ? 1 : 0; letter >= 0; letter--) {
            if (letter == 1)
                printf("opt -%c ", at->key);
            else
                printf("opt --%s ", at->name);
            if (at->argument != NULL)
                print_class(value_class_of(at->argument));
            else
                fputs("none", stdout);
            fputc('\n', stdout);
        }
    }
    puts("opt --help none");
}

static void print_command(const command *self)
{
    const value_class *operands = value_class_of_operands(self);

    printf("        '%s') cat <<'END'\n", self->name);
    print_options(self);
    for (const command *const *at = self->subcommands; at != NULL && *at != NULL; at++)
        printf("sub %s\n", command_word(*at));
    if (self->subcommands == NULL) {
        fputs("arg ", stdout);
        print_class(operands);
        if (operands == value_class_of("SUBCOMMAND"))
            print_subcommand_words(commands);
        fputc('\n', stdout);
    }
    puts("END\n            ;;");
    for (const command *const *at = self->subcommands; at != NULL && *at != NULL; at++)
        print_command(*at);
}

void completion_print_bash(void)
{
    puts("# Completion of taskseal for bash, made by 'taskseal completion bash'.\n"
         "\n"
         "# The subcommands, options and operands of the subcommand $1.\n"
         "__taskseal_table() {\n"
         "    case $1 in");
    puts("        '') cat <<'END'\nopt --help none\nopt --version none");
    for (const command *const *at = commands; *at != NULL; at++)
        printf("sub %s\n", command_word(*at));
    puts("END\n            ;;");
    for (const command *const *at = commands; *at != NULL; at++)
        print_command(*at);
    puts("    esac\n}\n");
    fputs(engine, stdout);
}
