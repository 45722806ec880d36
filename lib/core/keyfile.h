/* SPDX-License-Identifier: MIT
 * The text of key files (doc/keyfile.md). */
#ifndef TASKSEAL_CORE_KEYFILE_H
#define TASKSEAL_CORE_KEYFILE_H

#include <taskseal/taskseal.h>

#define TASKSEAL__KEYFILE_NAME         "taskseal-keyring "
#define TASKSEAL__KEYFILE_FIRST_LINE   TASKSEAL__KEYFILE_NAME "1"
#define TASKSEAL__PROTECTED_NAME       "taskseal-keyring-protected "
#define TASKSEAL__PROTECTED_FIRST_LINE TASKSEAL__PROTECTED_NAME "1"

enum {
    TASKSEAL__KEYFILE_MAX = 1024 * 1024,
    TASKSEAL__SECRET_DIGITS = 43, /* base64url of TASKSEAL_KEY_BYTES, unpadded */
    TASKSEAL__SECRET_TEXT_BYTES = 7 + TASKSEAL__SECRET_DIGITS + 1 /* prefix, digits, NUL */
};

/* A key file that was read. Secrets stand in guarded memory; ids and queues in `storage`, which is as long as the
 * text and so never runs out. */
typedef struct taskseal__keyfile {
    taskseal_key *keys;
    unsigned *lines; /* where each key stands, from 1 */
    size_t key_count;
    taskseal_bytes *queues; /* of all keys, one list behind the other */
    size_t queue_count;
    uint8_t *secrets;
    char *storage;
    size_t stored;
    unsigned line; /* the one that is being read */
    taskseal_error *error;
} taskseal__keyfile;

/* Reads the text of a key file (K 1 to K 15). KEYFILE_MALFORMED, KEYFILE_UNSUPPORTED, KEYFILE_PASSPHRASE,
 * SUITE_UNAVAILABLE, NO_MEMORY. Whatever it returns, taskseal__keyfile_forget has to follow. */
TASKSEAL_MUST_USE taskseal_err taskseal__keyfile_read(taskseal__keyfile *file, const char *text,
                                                      size_t text_len, taskseal_error *error);
void taskseal__keyfile_forget(taskseal__keyfile *file);

/* "xchacha20poly1305", "aegis256" or "dedupe"; NULL for other types. */
const char *taskseal__key_type_name(taskseal_key_type type);

/* "active" and so on; NULL for other states. */
const char *taskseal__key_state_name(taskseal_key_state state);

/* A fresh random secret as a key file has it, with a NUL. NO_RANDOM. The caller wipes it. */
TASKSEAL_MUST_USE taskseal_err taskseal__new_secret(char text[TASKSEAL__SECRET_TEXT_BYTES],
                                                    taskseal_key_type type);

/* What stands before the digits of a secret of this type: 7 characters, for scanners of repositories and logs. */
const char *taskseal__secret_prefix(taskseal_key_type type);

#endif
