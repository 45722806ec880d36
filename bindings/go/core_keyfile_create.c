/* SPDX-License-Identifier: MIT
 * Made by bundle.py of lib/core/keyfile_create.c; do not edit. */
/* SPDX-License-Identifier: MIT
 * A new key file with one fresh key. */
#include "core.h"

#include <stdio.h>

taskseal_err taskseal__new_secret(char text[TASKSEAL__SECRET_TEXT_BYTES], taskseal_key_type type)
{
    uint8_t secret[TASKSEAL_KEY_BYTES];
    size_t prefix_len = strlen(taskseal__secret_prefix(type));
    taskseal_err err = taskseal__random(secret, sizeof secret);
    if (err != TASKSEAL_OK)
        return err;
    memcpy(text, taskseal__secret_prefix(type), prefix_len);
    (void)sodium_bin2base64(text + prefix_len, TASKSEAL__SECRET_TEXT_BYTES - prefix_len, secret,
                            sizeof secret, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    sodium_memzero(secret, sizeof secret);
    return TASKSEAL_OK;
}

/* Room for the two lines of a new key file. */
enum { NEW_TEXT_MAX = 512 };

static taskseal_err put_new_key(char text[NEW_TEXT_MAX], size_t *len, const char *key_id,
                                taskseal_key_type type)
{
    char secret[TASKSEAL__SECRET_TEXT_BYTES];
    taskseal_err err = taskseal__new_secret(secret, type);
    if (err != TASKSEAL_OK)
        return err;
    int written = snprintf(text, NEW_TEXT_MAX, "%s\nkey %s %s active %s\n", TASKSEAL__KEYFILE_FIRST_LINE,
                           key_id, taskseal__key_type_name(type), secret);
    sodium_memzero(secret, sizeof secret);
    if (written < 0 || written >= NEW_TEXT_MAX)
        return TASKSEAL_ERR_BAD_ARGUMENT;
    *len = (size_t)written;
    return TASKSEAL_OK;
}

static taskseal_err check_new_key(const char *path, const char *key_id, taskseal_key_type type,
                                  taskseal_error *error)
{
    if (path == NULL || path[0] == '\0')
        return taskseal__fail(error, TASKSEAL_ERR_BAD_ARGUMENT, "no path for the key file was given");
    if (key_id == NULL || !taskseal__key_id_valid(key_id, strlen(key_id)))
        return taskseal__fail(error, TASKSEAL_ERR_BAD_ARGUMENT,
                              "a key id must be 1 to 255 of [0-9A-Za-z._:/@+-], the first one a letter or "
                              "digit");
    if (taskseal__key_type_name(type) == NULL)
        return taskseal__fail(error, TASKSEAL_ERR_BAD_ARGUMENT,
                              "the key type is none of xchacha20poly1305, aegis256, dedupe");
    if (!taskseal_key_type_available(type))
        return taskseal__fail(error, TASKSEAL_ERR_SUITE_UNAVAILABLE,
                              "a key of type aegis256 needs a build with libsodium 1.0.19 or newer");
    return TASKSEAL_OK;
}

taskseal_err taskseal_keyfile_create(const char *path, const char *key_id, taskseal_key_type type,
                                     taskseal_error *error)
{
    size_t len;
    taskseal_err err = check_new_key(path, key_id, type, error);
    if (err != TASKSEAL_OK)
        return err;
    err = taskseal__sodium_init();
    if (err != TASKSEAL_OK)
        return taskseal__fail(error, err, "%s", taskseal_err_text(err));
    char *text = sodium_malloc(NEW_TEXT_MAX);
    if (text == NULL)
        return taskseal__fail(error, TASKSEAL_ERR_NO_MEMORY, "%s: no memory to write it", path);
    err = put_new_key(text, &len, key_id, type);
    if (err != TASKSEAL_OK)
        err = taskseal__fail(error, err, "%s: %s", path, taskseal_err_text(err));
    else
        err = taskseal__keyfile_write_new(path, text, len, error);
    sodium_free(text); /* wipes */
    return err;
}
