/* SPDX-License-Identifier: MIT
 * The text of key files (doc/keyfile.md). */
#ifndef TASKSEAL_CORE_KEYFILE_H
#define TASKSEAL_CORE_KEYFILE_H

#include <taskseal/taskseal.h>

#define TASKSEAL__KEYFILE_FIRST_LINE "taskseal-keyring 1"

enum {
    TASKSEAL__KEYFILE_MAX = 1024 * 1024,
    TASKSEAL__SECRET_DIGITS = 43 /* base64url of TASKSEAL_KEY_BYTES, unpadded */
};

/* "xchacha20poly1305", "aegis256" or "dedupe"; NULL for other types. */
const char *taskseal__key_type_name(taskseal_key_type type);

/* What stands before the digits of a secret of this type: 7 characters, for scanners of repositories and logs. */
const char *taskseal__secret_prefix(taskseal_key_type type);

#endif
