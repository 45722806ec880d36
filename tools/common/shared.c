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

unsigned context_given(const taskseal_context *context)
{
    return (context->queue.data != NULL ? TASKSEAL_BOUND_QUEUE : 0U) |
           (context->type.data != NULL ? TASKSEAL_BOUND_TYPE : 0U) |
           (context->id.data != NULL ? TASKSEAL_BOUND_ID : 0U) |
           (context->extra.data != NULL ? TASKSEAL_BOUND_EXTRA : 0U);
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

int keyring_check(const taskseal_keyring *ring, const char *option, const char *key_id)
{
    /* Any time does: all errors but this one mean that the key is there. */
    const taskseal_seal_options probe = {.keyring = ring, .key_ids = &key_id, .key_count = 1, .now = 1};

    if (taskseal_seal_size(&probe, 0, NULL, NULL) != TASKSEAL_ERR_UNKNOWN_KEY)
        return STATUS_OK;
    report_refusal(taskseal_err_name(TASKSEAL_ERR_UNKNOWN_KEY), "no key '%s' in the keyring (%s)", key_id,
                   option);
    return STATUS_USAGE;
}
