/* SPDX-License-Identifier: MIT
 *
 * Stands in for the commands that connect, in a core-only build.
 */
#include "commands.h"
#include "common/report.h"

static const command_option options[] = {{NULL, 0, NULL, NULL}};

static int run(const command *self, int argc, char **argv)
{
    bool stop;
    const int status = command_parse(self, argc, argv, NULL, NULL, &stop);

    if (status != STATUS_OK || stop)
        return status;
    return report_usage("this build is core-only and can't connect: build taskseal with -Dredis=enabled");
}

static const char summary[] = "absent: this build is core-only";
static const char description[] = "This build is core-only and can't connect to Redis or Valkey.\n";

const command command_connect = {.name = "connect",
                                 .operands = "",
                                 .summary = summary,
                                 .description = description,
                                 .options = options,
                                 .run = run};

const command command_doctor = {.name = "doctor",
                                .operands = "",
                                .summary = summary,
                                .description = description,
                                .options = options,
                                .run = run};
