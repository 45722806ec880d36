/* SPDX-License-Identifier: MIT */
#include <getopt.h>

#include "commands.h"
#include "common/report.h"

static const command_option options[] = {{NULL, 0, NULL, NULL}};

static int run(const command *self, int argc, char **argv)
{
    const command *about = NULL;
    const command *const *list = commands;
    bool stop;

    const int status = command_parse(self, argc, argv, NULL, NULL, &stop);
    if (status != STATUS_OK || stop)
        return status;
    for (int i = optind; i < argc; i++) {
        if (list == NULL)
            return report_usage("%s has no subcommands", about->name);
        about = command_find(list, argv[i]);
        if (about == NULL)
            return command_report_unknown(list, argv[i], "help");
        list = about->subcommands;
    }
    if (about == NULL)
        command_print_overview();
    else
        command_print_help(about);
    return STATUS_OK;
}

const command command_help = {
    .name = "help",
    .operands = "[SUBCOMMAND]...",
    .summary = "print help, on all or on one subcommand",
    .description = "Prints the overview, or what 'taskseal SUBCOMMAND --help' prints.\n",
    .options = options,
    .run = run,
};
