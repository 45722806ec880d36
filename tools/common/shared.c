/* SPDX-License-Identifier: MIT */
#include "shared.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

bool server_takes(int key)
{
    return key >= KEY_SERVER && key <= KEY_URI_FD;
}

int server_take(server_choice *choice, int key, const char *value)
{
    choice->given = true;
    switch (key) {
    case KEY_URI:
        choice->source.argument = value;
        return STATUS_OK;
    case KEY_URI_FILE:
        choice->source.file = value;
        return STATUS_OK;
    case KEY_URI_FD:
        return parse_descriptor("uri-fd", value, &choice->source.fd);
    default:
        return STATUS_OK;
    }
}

unsigned context_given(const taskseal_context *context)
{
    return (context->queue.data != NULL ? TASKSEAL_BOUND_QUEUE : 0U) |
           (context->type.data != NULL ? TASKSEAL_BOUND_TYPE : 0U) |
           (context->id.data != NULL ? TASKSEAL_BOUND_ID : 0U) |
           (context->extra.data != NULL ? TASKSEAL_BOUND_EXTRA : 0U);
}

int insist_check(unsigned insist, const taskseal_context *context)
{
    const unsigned fields = insist & ~(unsigned)TASKSEAL_INSIST_NONE;

    if ((fields & ~context_given(context)) != 0)
        return report_usage("--insist names a field that is not given: give its value too");
    return STATUS_OK;
}

int recipient_take(const char *key_ids[TASKSEAL_STANZAS_MAX], size_t *count, const char *key_id)
{
    const int status = secret_check("--to", "a key id", key_id);

    if (status != STATUS_OK)
        return status;
    if (*count == TASKSEAL_STANZAS_MAX)
        return report_usage("--to can be given at most %u times", TASKSEAL_STANZAS_MAX);
    for (size_t i = 0; i < *count; i++) {
        if (strcmp(key_ids[i], key_id) == 0)
            return report_usage("--to %s is given twice", key_id);
    }
    key_ids[(*count)++] = key_id;
    return STATUS_OK;
}

bool keyring_takes(int key)
{
    return key == 'k' || key == KEY_PASSPHRASE_FILE || key == KEY_PASSPHRASE_FD;
}

int keyring_take(keyring_choice *choice, int key, const char *value)
{
    if (key == 'k')
        choice->source = value;
    else if (key == KEY_PASSPHRASE_FILE)
        choice->passphrase.file = value;
    else {
        choice->passphrase.has_fd = true;
        return parse_descriptor("passphrase-fd", value, &choice->passphrase.fd);
    }
    return STATUS_OK;
}

int keyring_source(const keyring_choice *choice, const char **source)
{
    const char *what = choice->source != NULL ? "--keyring" : "TASKSEAL_KEYRING";

    *source = choice->source != NULL ? choice->source : getenv("TASKSEAL_KEYRING");
    if (*source == NULL || (*source)[0] == '\0')
        return report_usage("no keyring: give --keyring FILE or set TASKSEAL_KEYRING "
                            "('taskseal keygen' makes one)");
    /* The library's messages name the path. */
    return secret_check(what, "the path of a key file", *source);
}

static bool begins(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool keyring_source_is_special(const char *source)
{
    return begins(source, "fd:") || begins(source, "env:") || begins(source, "credential:");
}

/* A file of another user is refused: he can change it at any time, and what root wrote there he could not read. */
static void note_owner(const char *source)
{
    struct stat meta;

    if (keyring_source_is_special(source) || stat(source, &meta) != 0 || meta.st_uid == 0 ||
        meta.st_uid == geteuid())
        return;
    const struct passwd *owner = getpwuid(meta.st_uid);
    if (owner != NULL)
        report_note("run this as the user that the file belongs to: sudo -u %s taskseal ...", owner->pw_name);
    else
        report_note("run this as the user that the file belongs to: sudo -u '#%ju' taskseal ...",
                    (uintmax_t)meta.st_uid);
}

bool keyring_ask(taskseal_err err, const taskseal_error *error, const char *source, buffer *passphrase,
                 int *status)
{
    /* A descriptor has been read to its end by now. */
    if (err == TASKSEAL_ERR_KEYFILE_PASSPHRASE && passphrase->data == NULL && !begins(source, "fd:") &&
        passphrase_can_ask()) {
        *status = passphrase_ask("Passphrase of the key file: ", false, passphrase);
        return *status == STATUS_OK;
    }
    *status = report_error(err, error->message);
    if (err == TASKSEAL_ERR_KEYFILE_PERMISSIONS)
        note_owner(source);
    if (err == TASKSEAL_ERR_KEYFILE_PASSPHRASE && passphrase->data == NULL)
        report_note("give it with --passphrase-file FILE or --passphrase-fd N");
    return false;
}

int keyring_read(const char *source, buffer *passphrase, taskseal_keyring **ring)
{
    taskseal_error error = {0};
    int status = STATUS_OK;

    *ring = NULL;
    do {
        const taskseal_keyring_source from = {.source = source,
                                              .passphrase = {passphrase->data, passphrase->len}};
        const taskseal_err err = taskseal_keyring_read(ring, &from, &error);
        if (err == TASKSEAL_OK)
            return STATUS_OK;
        if (!keyring_ask(err, &error, source, passphrase, &status))
            return status;
    } while (true);
}

int keyring_open(const keyring_choice *choice, taskseal_keyring **ring)
{
    buffer passphrase = BUFFER_EMPTY;
    const char *source = NULL;

    *ring = NULL;
    int status = keyring_source(choice, &source);
    if (status == STATUS_OK)
        status = passphrase_read(&choice->passphrase, &passphrase);
    if (status == STATUS_OK)
        status = keyring_read(source, &passphrase, ring);
    buffer_free(&passphrase);
    return status;
}

int keyring_check(const taskseal_keyring *ring, const char *option, const char *key_id)
{
    taskseal_key key;

    for (size_t i = 0; taskseal_keyring_key(ring, i, &key); i++) {
        if (strcmp(key.id, key_id) == 0)
            return STATUS_OK;
    }
    report_refusal(taskseal_err_name(TASKSEAL_ERR_UNKNOWN_KEY), "no key '%s' in the keyring (%s)", key_id,
                   option);
    return STATUS_USAGE;
}
