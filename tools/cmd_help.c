/* SPDX-License-Identifier: MIT */
#include <getopt.h>

#include "commands.h"
#include "common/report.h"

static const command_option options[] = {{NULL, 0, NULL, NULL}};

static int run(const command *self, int argc, char **argv)
{
    bool stop;
    const int status = command_parse(self, argc, argv, NULL, NULL, &stop);

    if (status != STATUS_OK || stop)
        return status;
    if (argc - optind > 1)
        return report_usage("give at most one SUBCOMMAND");
    if (optind == argc) {
        command_print_overview();
        return STATUS_OK;
    }
    const command *about = command_find(argv[optind]);
    if (about == NULL)
        return report_usage("there is no such subcommand; see 'taskseal help'");
    command_print_help(about);
    return STATUS_OK;
}

const command command_help = {
    .name = "help",
    .operands = "[SUBCOMMAND]",
    .summary = "print help, on all or on one subcommand",
    .description = "Prints the overview, or what 'taskseal SUBCOMMAND --help' prints.\n",
    .options = options,
    .run = run,
};
