/* SPDX-License-Identifier: MIT
 * Made by bundle.py of lib/core/load.c; do not edit. */
/* SPDX-License-Identifier: MIT
 * Keyrings from key files, protected ones too. */
#include "core.h"

#include <sodium.h>
#include <string.h>

static taskseal_err parse(taskseal_keyring **out, const char *text, size_t len, taskseal_bytes passphrase,
                          taskseal_error *error)
{
    char *plain;
    size_t plain_len;
    if (passphrase.data == NULL)
        return taskseal_keyring_parse(out, text, len, error);
    if (!taskseal__is_protected(text, len))
        return taskseal__not_protected(error);
    taskseal_err err = taskseal__unprotect(text, len, passphrase, &plain, &plain_len, error);
    if (err != TASKSEAL_OK)
        return err;
    err = taskseal_keyring_parse(out, plain, plain_len, error);
    sodium_free(plain); /* wipes */
    return err;
}

static taskseal_err load(taskseal_keyring **out, const taskseal_keyring_source *from, taskseal_error *error)
{
    char *text;
    size_t len;
    taskseal_err err = taskseal__source_read(from->source, &text, &len, error);
    if (err != TASKSEAL_OK)
        return err;
    if (strncmp(from->source, "env:", 4) != 0) /* shells take the last line feed away */
        err = taskseal__source_check_end(text, len, error);
    if (err == TASKSEAL_OK)
        err = parse(out, text, len, from->passphrase, error);
    sodium_free(text); /* wipes */
    if (err != TASKSEAL_OK)
        taskseal__source_name(error, from->source);
    return err;
}

taskseal_err taskseal_keyring_read(taskseal_keyring **out, const taskseal_keyring_source *from,
                                   taskseal_error *error)
{
    if (out == NULL)
        return taskseal__fail(error, TASKSEAL_ERR_BAD_ARGUMENT, "no place for the keyring was given");
    *out = NULL;
    if (from == NULL || (from->source != NULL && from->text.data != NULL) ||
        (from->text.data == NULL && from->text.len != 0))
        return taskseal__fail(error, TASKSEAL_ERR_BAD_ARGUMENT,
                              "give either a source or a text of a key file");
    taskseal_err err = taskseal__passphrase_check(from->passphrase, error);
    if (err != TASKSEAL_OK)
        return err;
    err = taskseal__sodium_init();
    if (err != TASKSEAL_OK)
        return taskseal__fail(error, err, "%s", taskseal_err_text(err));
    return from->text.data != NULL ? parse(out, from->text.data, from->text.len, from->passphrase, error)
                                   : load(out, from, error);
}

taskseal_err taskseal_keyring_load(taskseal_keyring **out, const char *source, taskseal_error *error)
{
    const taskseal_keyring_source from = {.source = source};
    return taskseal_keyring_read(out, &from, error);
}
