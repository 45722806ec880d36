/* SPDX-License-Identifier: MIT */
#include <getopt.h>
#include <stdio.h>

#include <sodium.h>
#include <taskseal/taskseal.h>

#include "commands.h"
#include "common/names.h"
#include "common/report.h"

enum { KEY_JSON = 256 };

static const command_option options[] = {
    {"json", KEY_JSON, NULL, "print one JSON object; taskseal(1) tells its keys"},
    {NULL, 0, NULL, NULL},
};

static int take(void *state, int key, const char *value)
{
    bool *json = state;

    (void)key;
    (void)value;
    *json = true;
    return STATUS_OK;
}

static void print_suites(void)
{
    printf("suites:");
    for (const named_value *at = suite_names; at->name != NULL; at++) {
        const bool available = taskseal_suite_available((taskseal_suite)at->value);
        printf("%s %s%s", at == suite_names ? "" : ",", at->name, available ? "" : " (not available here)");
    }
    printf("\n");
}

static void print_json(void)
{
    printf("{\"taskseal\":\"%s\",\"libsodium\":\"%s\",\"suites\":[", taskseal_version(),
           sodium_version_string());
    for (const named_value *at = suite_names; at->name != NULL; at++)
        printf("%s{\"name\":\"%s\",\"available\":%s}", at == suite_names ? "" : ",", at->name,
               taskseal_suite_available((taskseal_suite)at->value) ? "true" : "false");
    fputs("],\"key_types\":[", stdout);
    for (const named_value *at = key_type_names; at->name != NULL; at++)
        printf("%s{\"name\":\"%s\",\"available\":%s}", at == key_type_names ? "" : ",", at->name,
               taskseal_key_type_available((taskseal_key_type)at->value) ? "true" : "false");
    printf("],\"connections\":%s}\n", WITH_REDIS ? "true" : "false");
}

static int run(const command *self, int argc, char **argv)
{
    bool json = false;
    bool stop;
    const int status = command_parse(self, argc, argv, take, &json, &stop);

    if (status != STATUS_OK || stop)
        return status;
    if (optind < argc)
        return report_usage("no operand can be given");
    if (json) {
        print_json();
        return STATUS_OK;
    }
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
