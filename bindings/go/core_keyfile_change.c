/* SPDX-License-Identifier: MIT
 * Made by bundle.py of lib/core/keyfile_change.c; do not edit. */
/* SPDX-License-Identifier: MIT */
#include "core.h"


#include <sodium.h>

enum { GRACE = 24 * 60 * 60 }; /* how long a demoted key's last envelopes may be on their way, if not given */

/* ---- What a change may hold ---- */

static taskseal_err bad(taskseal_error *error, const char *reason)
{
    return taskseal__fail(error, TASKSEAL_ERR_BAD_ARGUMENT, "%s", reason);
}

static bool is_action(const taskseal_keyfile_change *change, taskseal_keyfile_action a,
                      taskseal_keyfile_action b)
{
    return change->action == a || change->action == b;
}

/* Limits that can be written down; whether they make sense is found when the changed text is read. */
static bool limits_valid(const taskseal_keyfile_change *change)
{
    if ((change->queues == NULL) != (change->queue_count == 0) || change->queue_count > TASKSEAL_QUEUES_MAX ||
        change->not_before > TASKSEAL_TIME_MAX || change->not_after > TASKSEAL_TIME_MAX)
        return false;
    for (size_t i = 0; i < change->queue_count; i++)
        if (change->queues[i].data == NULL || change->queues[i].len < 1 ||
            change->queues[i].len > TASKSEAL_CONTEXT_MAX)
            return false;
    return true;
}

taskseal_err taskseal__change_check(const taskseal_keyfile_change *change, taskseal_error *error)
{
    const unsigned flags = TASKSEAL_KEYFILE_ANY_QUEUE | TASKSEAL_KEYFILE_ANY_TIME;
    if (change == NULL || change->action < TASKSEAL_KEYFILE_ADD || change->action > TASKSEAL_KEYFILE_PROTECT)
        return bad(error, "a change needs an action");
    bool limits = is_action(change, TASKSEAL_KEYFILE_ADD, TASKSEAL_KEYFILE_LIMIT);
    bool protects = change->action == TASKSEAL_KEYFILE_PROTECT;
    if (protects != (change->key_id == NULL))
        return bad(error, protects ? "a passphrase is the file's, not a key's" : "a change needs a key id");
    if (!protects && !taskseal__key_id_valid(change->key_id, strlen(change->key_id)))
        return bad(error, "a key id must be 1 to 255 of [0-9A-Za-z._:/@+-], the first one a letter or digit");
    if (change->type != 0 &&
        (change->action != TASKSEAL_KEYFILE_ADD || taskseal__key_type_name(change->type) == NULL))
        return bad(error, "only a key that is added takes a type: xchacha20poly1305, aegis256 or dedupe");
    if (!limits_valid(change))
        return bad(error, "queues are 1 to 64 of 1 to 65535 bytes, and times end with the year 9999");
    if ((!limits && (change->queue_count != 0 || change->not_before != 0)) ||
        (!limits && change->action != TASKSEAL_KEYFILE_DEMOTE && change->not_after != 0))
        return bad(error, "this action does not take these queues or times");
    if (change->flags != 0 && (change->action != TASKSEAL_KEYFILE_LIMIT || (change->flags & ~flags) != 0))
        return bad(error, "only LIMIT takes flags, and only those that lift a limit");
    if (!protects && change->new_passphrase.data != NULL)
        return bad(error, "only PROTECT takes a new passphrase");
    if (change->action == TASKSEAL_KEYFILE_LIMIT && change->queue_count == 0 && change->not_before == 0 &&
        change->not_after == 0 && change->flags == 0)
        return bad(error, "nothing to limit the key to was given");
    return TASKSEAL_OK;
}

/* ---- What happens to the key ---- */

static taskseal_err refused(const taskseal_key *key, const char *reason, taskseal_error *error)
{
    return taskseal__fail(error, TASKSEAL_ERR_KEYFILE_CHANGE, "key %s: %s", key->id, reason);
}

static taskseal_err promote(taskseal_key *key, uint64_t now, taskseal_error *error)
{
    if (key->secret == NULL)
        return refused(key, "it has no secret any more: add a new key", error);
    if (key->not_after != 0 && key->not_after < now)
        return refused(key, "its not-after has passed, so it could seal nothing: lift it, or add a new key",
                       error);
    key->state = TASKSEAL_KEY_ACTIVE;
    return TASKSEAL_OK;
}

static taskseal_err demote(taskseal_key *key, uint64_t not_after, uint64_t now, taskseal_error *error)
{
    uint64_t end = not_after != 0 ? not_after : now + GRACE;
    if (key->secret == NULL)
        return refused(key, "it has no secret any more, and so seals nothing already", error);
    if (end > TASKSEAL_TIME_MAX || end < key->not_before)
        return refused(key, "this not-after lies before its not-before, or beyond the year 9999", error);
    if (key->not_after == 0 || key->not_after > end)
        key->not_after = end;
    key->state = TASKSEAL_KEY_OPEN_ONLY;
    return TASKSEAL_OK;
}

static taskseal_err bury(taskseal_key *key, taskseal_key_state state, uint64_t now, taskseal_error *error)
{
    if (key->state == state)
        return refused(key, "it is that already", error);
    if (state == TASKSEAL_KEY_RETIRED && key->state == TASKSEAL_KEY_COMPROMISED)
        return refused(key, "it is compromised, and stays so: a retired key would be trusted more", error);
    if (state == TASKSEAL_KEY_RETIRED && key->state == TASKSEAL_KEY_ACTIVE)
        return refused(key,
                       "it still seals: promote another key, demote this one, and retire it when no message "
                       "names it any more",
                       error);
    if (state == TASKSEAL_KEY_RETIRED && key->not_after > now)
        return refused(key,
                       "until its not-after, copies of the file that lag may still seal with it: wait, or "
                       "limit it to an earlier not-after first",
                       error);
    key->state = state;
    key->secret = NULL;
    return TASKSEAL_OK;
}

static taskseal_err limit(taskseal_key *key, const taskseal_keyfile_change *change, taskseal_error *error)
{
    if (key->secret == NULL)
        return refused(key, "it has no secret any more, and so does nothing that could be limited", error);
    if ((change->flags & TASKSEAL_KEYFILE_ANY_QUEUE) != 0 || change->queue_count != 0) {
        key->queues = change->queues;
        key->queue_count = change->queue_count;
    }
    if ((change->flags & TASKSEAL_KEYFILE_ANY_TIME) != 0)
        key->not_before = key->not_after = 0;
    if (change->not_before != 0)
        key->not_before = change->not_before;
    if (change->not_after != 0)
        key->not_after = change->not_after;
    return TASKSEAL_OK;
}

static taskseal_err change_key(const taskseal_keyfile_change *change, taskseal_key *key,
                               taskseal_error *error)
{
    uint64_t now;
    taskseal_err err = taskseal__now(0, &now);
    if (err != TASKSEAL_OK)
        return taskseal__fail(error, err, "%s", taskseal_err_text(err));
    switch (change->action) {
    case TASKSEAL_KEYFILE_PROMOTE:
        return promote(key, now, error);
    case TASKSEAL_KEYFILE_DEMOTE:
        return demote(key, change->not_after, now, error);
    case TASKSEAL_KEYFILE_RETIRE:
        return bury(key, TASKSEAL_KEY_RETIRED, now, error);
    case TASKSEAL_KEYFILE_COMPROMISE:
        return bury(key, TASKSEAL_KEY_COMPROMISED, now, error);
    case TASKSEAL_KEYFILE_LIMIT:
        return limit(key, change, error);
    case TASKSEAL_KEYFILE_ADD:
    case TASKSEAL_KEYFILE_PROTECT:
        break;
    }
    return bad(error, "this action changes no key");
}

/* ---- The text ---- */

static taskseal_err write_added(const taskseal_keyfile_change *change, const char *text, size_t len,
                                taskseal__writer *writer, taskseal_error *error)
{
    char secret[TASKSEAL__SECRET_TEXT_BYTES];
    const taskseal_key key = {.id = change->key_id,
                              .type = change->type != 0 ? change->type : TASKSEAL_KEY_XCHACHA20POLY1305,
                              .state = TASKSEAL_KEY_OPEN_ONLY,
                              .queues = change->queues,
                              .queue_count = change->queue_count,
                              .not_before = change->not_before,
                              .not_after = change->not_after};
    if (!taskseal_key_type_available(key.type))
        return taskseal__fail(error, TASKSEAL_ERR_SUITE_UNAVAILABLE,
                              "a key of type aegis256 needs a build with libsodium 1.0.19 or newer");
    taskseal_err err = taskseal__new_secret(secret, key.type);
    if (err != TASKSEAL_OK)
        return taskseal__fail(error, err, "%s", taskseal_err_text(err));
    taskseal__write_bytes(writer, text, len);
    if (text[len - 1] != '\n')
        taskseal__write_bytes(writer, "\n", 1);
    taskseal__write_key(writer, &key, secret);
    sodium_memzero(secret, sizeof secret);
    return TASKSEAL_OK;
}

/* All lines but the key's own as they are. Its new line stands where the old one did, or before the line
 * `before`. */
static void write_changed(const char *text, size_t len, unsigned own, unsigned before,
                          const taskseal_key *key, taskseal__writer *writer)
{
    const char *end = text + len;
    for (unsigned line = 1; text < end; line++) {
        const char *feed = memchr(text, '\n', (size_t)(end - text));
        const char *next = feed != NULL ? feed + 1 : end;
        if (line == before)
            taskseal__write_key(writer, key, "-");
        if (line != own)
            taskseal__write_bytes(writer, text, (size_t)(next - text));
        if (line != own && feed == NULL)
            taskseal__write_bytes(writer, "\n", 1);
        text = next;
    }
}

static size_t find_key(const taskseal__keyfile *file, const char *key_id)
{
    size_t i = 0;
    while (i < file->key_count && strcmp(file->keys[i].id, key_id) != 0)
        i++;
    return i;
}

/* Before which line a promoted key goes: before the first of its type. Others stay where they are. */
static unsigned line_for(const taskseal__keyfile *file, size_t at, taskseal_keyfile_action action)
{
    size_t first = 0;
    if (action != TASKSEAL_KEYFILE_PROMOTE)
        return file->lines[at];
    while (file->keys[first].type != file->keys[at].type)
        first++;
    return file->lines[first];
}

static taskseal_err write_text(const taskseal_keyfile_change *change, taskseal__keyfile *file,
                               const char *text, size_t len, taskseal__writer *writer, taskseal_error *error)
{
    size_t at = find_key(file, change->key_id);
    bool found = at < file->key_count;
    if (change->action == TASKSEAL_KEYFILE_ADD)
        return found ? refused(&file->keys[at], "the file has a key of this id: choose another id", error)
                     : write_added(change, text, len, writer, error);
    if (!found)
        return taskseal__fail(error, TASKSEAL_ERR_UNKNOWN_KEY, "the file has no key %s", change->key_id);
    taskseal_err err = change_key(change, &file->keys[at], error);
    if (err == TASKSEAL_OK)
        write_changed(text, len, file->lines[at], line_for(file, at, change->action), &file->keys[at],
                      writer);
    return err;
}

/* What was written is read again: limits that make no sense, or too many keys, are found there. */
static taskseal_err check_text(const char *text, size_t len, taskseal_error *error)
{
    taskseal__keyfile file;
    taskseal_error detail = {.code = TASKSEAL_OK};
    taskseal_err err = taskseal__keyfile_read(&file, text, len, &detail);
    taskseal__keyfile_forget(&file);
    if (err == TASKSEAL_ERR_KEYFILE_MALFORMED)
        return taskseal__fail(error, TASKSEAL_ERR_KEYFILE_CHANGE, "the changed file would not be valid: %s",
                              detail.message);
    if (err != TASKSEAL_OK && error != NULL)
        *error = detail;
    return err;
}

taskseal_err taskseal__change_text(const taskseal_keyfile_change *change, const char *text, size_t len,
                                   char **new_text, size_t *new_len, taskseal_error *error)
{
    taskseal__keyfile file;
    *new_text = NULL;
    *new_len = 0;
    char *out = sodium_malloc(TASKSEAL__KEYFILE_MAX);
    if (out == NULL)
        return taskseal__fail(error, TASKSEAL_ERR_NO_MEMORY, "no memory to change a key file");
    taskseal__writer writer = {out, TASKSEAL__KEYFILE_MAX, false};
    taskseal_err err = taskseal__keyfile_read(&file, text, len, error);
    if (err == TASKSEAL_OK)
        err = write_text(change, &file, text, len, &writer, error);
    taskseal__keyfile_forget(&file);
    size_t written = TASKSEAL__KEYFILE_MAX - writer.left;
    if (err == TASKSEAL_OK && writer.full)
        err = taskseal__fail(error, TASKSEAL_ERR_KEYFILE_CHANGE, "the changed file would exceed 1 MiB");
    if (err == TASKSEAL_OK)
        err = check_text(out, written, error);
    if (err != TASKSEAL_OK) {
        sodium_free(out); /* wipes */
        return err;
    }
    *new_text = out;
    *new_len = written;
    return TASKSEAL_OK;
}
