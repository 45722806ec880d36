/* SPDX-License-Identifier: MIT
 * The text of key files (doc/keyfile.md). */
#ifndef TASKSEAL_CORE_KEYFILE_H
#define TASKSEAL_CORE_KEYFILE_H

#include <taskseal/taskseal.h>

#define TASKSEAL__KEYFILE_FIRST_LINE "taskseal-keyring 1"
#define TASKSEAL__SECRET_PREFIX      "tskek1_"

enum {
    TASKSEAL__KEYFILE_MAX = 1024 * 1024,
    TASKSEAL__SECRET_DIGITS = 43, /* base64url of TASKSEAL_KEY_BYTES, unpadded */
    TASKSEAL__SECRET_TEXT_BYTES = sizeof TASKSEAL__SECRET_PREFIX + TASKSEAL__SECRET_DIGITS
};

/* "xchacha20poly1305" or "aegis256"; NULL for other types. */
const char *taskseal__key_type_name(taskseal_key_type type);

#endif
