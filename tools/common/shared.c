/* SPDX-License-Identifier: MIT */
#include "shared.h"

#include <stdlib.h>

#include "parse.h"
#include "report.h"
#include "secret.h"

int context_take(taskseal_context *context, int key, const char *value)
{
    switch (key) {
    case KEY_QUEUE:
        return parse_field("queue", value, &context->queue);
    case KEY_TYPE:
        return parse_field("type", value, &context->type);
    case KEY_ID:
        return parse_field("id", value, &context->id);
    default:
        return parse_field("extra", value, &context->extra);
    }
}

int keyring_open(const char *path, taskseal_keyring **ring)
{
    const char *what = path != NULL ? "--keyring" : "TASKSEAL_KEYRING";
    taskseal_error error = {0};

    *ring = NULL;
    if (path == NULL)
        path = getenv("TASKSEAL_KEYRING");
    if (path == NULL || path[0] == '\0')
        return report_usage("no keyring: give --keyring FILE or set TASKSEAL_KEYRING "
                            "('taskseal keygen' makes one)");
    /* The library's messages name the path. */
    const int status = secret_check(what, "the path of a key file", path);
    if (status != STATUS_OK)
        return status;
    const taskseal_err err = taskseal_keyring_load(ring, path, &error);
    return err == TASKSEAL_OK ? STATUS_OK : report_error(err, error.message);
}
