/* SPDX-License-Identifier: MIT */
#include <getopt.h>
#include <stdio.h>

#include <taskseal/taskseal.h>

#include "commands.h"
#include "common/parse.h"
#include "common/report.h"
#include "common/secret.h"

enum { KEY_KEY_TYPE = 256 };

static const command_option options[] = {
    {"type", KEY_KEY_TYPE, "TYPE",
     "xchacha20poly1305 (the default, available everywhere),\naegis256 (faster; needs libsodium 1.0.19), or "
     "dedupe\n(makes the tags of 'taskseal dedupe', seals nothing)"},
    {NULL, 0, NULL, NULL},
};

static int take(void *state, int key, const char *value)
{
    (void)key;
    return parse_key_type("type", value, state);
}

static int create(taskseal_key_type type, const char *key_id, const char *path)
{
    taskseal_error error = {0};

    /* Most secrets would pass for a key id, and stand in every envelope. */
    int status = secret_check("KEY-ID", "a name", key_id);
    if (status == STATUS_OK)
        status = secret_check("FILE", "a path", path);
    if (status != STATUS_OK)
        return status;
    const taskseal_err err = taskseal_keyfile_create(path, key_id, type, &error);
    return err == TASKSEAL_OK ? STATUS_OK : report_error(err, error.message);
}

static int run(const command *self, int argc, char **argv)
{
    taskseal_key_type type = TASKSEAL_KEY_XCHACHA20POLY1305;
    bool stop;

    const int status = command_parse(self, argc, argv, take, &type, &stop);
    if (status != STATUS_OK || stop)
        return status;
    if (argc - optind != 2)
        return report_usage("give a KEY-ID and a FILE; see 'taskseal keygen --help'");
    return create(type, argv[optind], argv[optind + 1]);
}

const command command_keygen = {
    .name = "keygen",
    .operands = "KEY-ID FILE",
    .summary = "make a key file with one fresh key",
    .description = "Creates FILE, with mode 0600, holding one fresh active key named KEY-ID. A file that\n"
                   "exists is never touched. KEY-ID is 1 to 255 of the characters 0-9 A-Z a-z . _ : / @ + -\n"
                   "and begins with a letter or digit. It stands readable in every envelope: put no secret\n"
                   "into it. 'taskseal key' changes the file later.\n",
    .examples = "  taskseal keygen mail-k01 /etc/app/keyring\n",
    .options = options,
    .run = run,
};
