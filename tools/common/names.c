/* SPDX-License-Identifier: MIT */
#include "names.h"

#include <string.h>

#include <taskseal/taskseal.h>

const named_value suite_names[] = {
    {"chacha20poly1305", TASKSEAL_SUITE_CHACHA20POLY1305},
    {"aes256gcm", TASKSEAL_SUITE_AES256GCM},
    {"aegis256", TASKSEAL_SUITE_AEGIS256},
    {NULL, 0},
};

const named_value key_type_names[] = {
    {"xchacha20poly1305", TASKSEAL_KEY_XCHACHA20POLY1305},
    {"aegis256", TASKSEAL_KEY_AEGIS256},
    {"dedupe", TASKSEAL_KEY_DEDUPE},
    {NULL, 0},
};

const named_value key_state_names[] = {
    {"active", TASKSEAL_KEY_ACTIVE},
    {"open-only", TASKSEAL_KEY_OPEN_ONLY},
    {"retired", TASKSEAL_KEY_RETIRED},
    {"compromised", TASKSEAL_KEY_COMPROMISED},
    {NULL, 0},
};

const named_value purpose_names[] = {
    {"payload", TASKSEAL_PAYLOAD},
    {"result", TASKSEAL_RESULT},
    {"error", TASKSEAL_ERROR_TEXT},
    {"reference", TASKSEAL_REFERENCE},
    {NULL, 0},
};

const named_value bound_names[] = {
    {"queue", TASKSEAL_BOUND_QUEUE},
    {"type", TASKSEAL_BOUND_TYPE},
    {"id", TASKSEAL_BOUND_ID},
    {"extra", TASKSEAL_BOUND_EXTRA},
    {NULL, 0},
};

const char *name_of(const named_value *names, unsigned value)
{
    for (; names->name != NULL; names++) {
        if (names->value == value)
            return names->name;
    }
    return "unknown";
}

const named_value *value_named(const named_value *names, const char *name, size_t len)
{
    for (; names->name != NULL; names++) {
        if (strlen(names->name) == len && memcmp(names->name, name, len) == 0)
            return names;
    }
    return NULL;
}
