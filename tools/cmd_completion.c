/* SPDX-License-Identifier: MIT */
#include <getopt.h>
#include <string.h>

#include "commands.h"
#include "common/report.h"
#include "common/secret.h"
#include "completion.h"

static const command_option options[] = {{NULL, 0, NULL, NULL}};

static int run(const command *self, int argc, char **argv)
{
    bool stop;

    int status = command_parse(self, argc, argv, NULL, NULL, &stop);
    if (status != STATUS_OK || stop)
        return status;
    if (argc - optind != 1)
        return report_usage("give one SHELL: bash or zsh");
    status = secret_check("SHELL", "bash or zsh", argv[optind]);
    if (status != STATUS_OK)
        return status;
    if (strcmp(argv[optind], "bash") == 0)
        completion_print_bash();
    else if (strcmp(argv[optind], "zsh") == 0)
        completion_print_zsh();
    else
        return report_usage("SHELL takes bash or zsh, not '%s'", argv[optind]);
    return STATUS_OK;
}

const command command_completion = {
    .name = "completion",
    .operands = "SHELL",
    .summary = "print the completion script for bash or zsh",
    .description =
        "Prints a script that lets SHELL complete subcommands, options, files and key ids. Installed\n"
        "packages bring it along; otherwise the shell is to read it when it starts.\n",
    .examples = "  eval \"$(taskseal completion bash)\"    # in ~/.bashrc\n"
                "  eval \"$(taskseal completion zsh)\"     # in ~/.zshrc, after compinit\n",
    .options = options,
    .run = run,
};
