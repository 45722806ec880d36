/* SPDX-License-Identifier: MIT */
#include <getopt.h>
#include <stdio.h>

#include <sodium.h>
#include <taskseal/taskseal.h>

#include "commands.h"
#include "common/names.h"
#include "common/report.h"

static const command_option options[] = {{NULL, 0, NULL, NULL}};

static void print_suites(void)
{
    printf("suites:");
    for (const named_value *at = suite_names; at->name != NULL; at++) {
        const bool available = taskseal_suite_available((taskseal_suite)at->value);
        printf("%s %s%s", at == suite_names ? "" : ",", at->name, available ? "" : " (not available here)");
    }
    printf("\n");
}

static int run(const command *self, int argc, char **argv)
{
    bool stop;
    const int status = command_parse(self, argc, argv, NULL, NULL, &stop);

    if (status != STATUS_OK || stop)
        return status;
    if (optind < argc)
        return report_usage("no operand can be given");
    printf("taskseal %s\nlibsodium %s\n", taskseal_version(), sodium_version_string());
    print_suites();
    printf("connections: %s\n", WITH_REDIS ? "Redis and Valkey over TLS" : "none (core-only build)");
    return STATUS_OK;
}

const command command_version = {
    .name = "version",
    .operands = "",
    .summary = "print the version and what this build can do",
    .description =
        "Prints the version of taskseal and libsodium, and which suites and connections this build\n"
        "and this CPU can do.\n",
    .options = options,
    .run = run,
};
