/* SPDX-License-Identifier: MIT
 *
 * rotate_item.h: where envelopes stand in the hashes of tasks, in those of the examples and in Asynq's, and how
 * those of one value are moved to another key.
 */
#ifndef ROTATE_ITEM_H
#define ROTATE_ITEM_H

#include <stdlib.h>
#include <string.h>

#include <taskseal/asynq.h>
#include <taskseal/redis.h>

#include "tally.h"

enum { FIELDS = 2 };

/* A field of a task's hash that holds an envelope, or Asynq's message with any number in it. */
struct field {
    const char *name;
    bool message;
};

struct layout {
    const char *name, *before; /* what stands before {queue} in keys */
    struct field fields[FIELDS];
};

static const struct layout layouts[] = {
    {"examples", "", {{"sealed", false}}},
    {"asynq", "asynq:", {{"msg", true}, {"result", false}}}, /* results as asynqseal writes them */
};

static inline const struct layout *layout_named(const char *name)
{
    for (size_t i = 0; i < sizeof layouts / sizeof layouts[0]; i++)
        if (strcmp(layouts[i].name, name) == 0)
            return &layouts[i];
    return NULL;
}

/* ---- What there is to check ---- */

enum { REKEY_NAME = 2 * 255 + 24 }; /* a key's, as a pattern */

/* {queue}:t:, and as a pattern; a queue's name may hold characters that mean something in one. */
static inline bool rekey_name(const char *before, const char *queue, bool pattern, char out[REKEY_NAME])
{
    size_t at = strlen(before);
    if (queue[0] == '\0' || strlen(queue) > 255 || strpbrk(queue, "{}") != NULL)
        return false;
    memcpy(out, before, at);
    out[at++] = '{';
    for (; *queue != '\0'; queue++) {
        if (pattern && strchr("*?[]^-\\", *queue) != NULL)
            out[at++] = '\\';
        out[at++] = *queue;
    }
    snprintf(out + at, sizeof "}:t:*", "}:t:%s", pattern ? "*" : "");
    return true;
}

static inline bool rekey_queue_is_fine(const char *queue)
{
    char name[REKEY_NAME];
    return rekey_name("", queue, false, name);
}

/* A mistyped key would look like work that is done: the keyring is asked, by planning to seal, what it holds.
 * NULL, or what is wrong with the key: "in", "active in" the keyring it is not. */
static inline const char *rekey_key_lacks(const taskseal_keyring *ring, const char *id, bool must_seal)
{
    taskseal_seal_options options = {.keyring = ring, .key_ids = &id, .key_count = 1};
    taskseal_err err = taskseal_seal_size(&options, 0, NULL, NULL);
    bool barred = err == TASKSEAL_ERR_KEY_NOT_ACTIVE || err == TASKSEAL_ERR_KEY_RETIRED ||
                  err == TASKSEAL_ERR_KEY_COMPROMISED;
    if (err != TASKSEAL_ERR_UNKNOWN_KEY && !(must_seal && barred))
        return NULL;
    return barred ? "active in" : "in";
}

/* Whether the key opens what waits in the queue: what is moved to one that does not is lost. */
static inline bool rekey_key_serves(const taskseal_keyring *ring, const char *id, const char *queue)
{
    const taskseal_seal_options options = {.keyring = ring,
                                           .key_ids = &id,
                                           .key_count = 1,
                                           .context.queue = {(const uint8_t *)queue, strlen(queue)}};
    return taskseal_seal_size(&options, 0, NULL, NULL) != TASKSEAL_ERR_KEY_WRONG_QUEUE;
}

/* ---- One value ---- */

/* One value on its way: from FETCH to SWAP. */
struct item {
    const redisReply *key; /* belongs to the SCAN reply */
    const struct field *field;
    redisReply *value; /* of FETCH */
    unsigned char *rewrapped;
    size_t rewrapped_len;
    size_t old_head, new_head; /* what differs, from the beginning; all behind it is equal */
    size_t moves;              /* envelopes in it that move */
    struct tally *errors;      /* why others stay */
    unsigned long left;        /* how many of these some key may open yet */
    enum { ITEM_READ, ITEM_SWAPPED, ITEM_CHANGED, ITEM_ACTIVE } became;
    taskseal_err err; /* of all of it */
    bool large;       /* not fetched: it is to be moved by itself */
};

/* No key opens these, now or later, so they need not keep anybody from retiring one. */
static inline bool hopeless(taskseal_err err)
{
    return err == TASKSEAL_ERR_NOT_SEALED || err == TASKSEAL_ERR_MALFORMED || err == TASKSEAL_ERR_EXPIRED;
}

/* What can't be read as a whole may hold envelopes that can, by others or in parts. */
static inline bool holds_envelope(const void *bytes, size_t len)
{
    for (const unsigned char *at = bytes; len > 0; at++, len--) {
        const taskseal_sealed sealed = taskseal_is_sealed(at, len);
        if (sealed == TASKSEAL_SEALED || sealed == TASKSEAL_NEWER)
            return true;
    }
    return false;
}

static inline void item_note(taskseal_bytes sealed, taskseal_err err, void *data)
{
    struct item *item = data;
    const bool bundle = taskseal_is_sealed(sealed.data, sealed.len) == TASKSEAL_PLAIN;
    if (err == TASKSEAL_OK) {
        item->moves++;
        return;
    }
    count(item->errors, taskseal_err_name(err));
    item->left += !hopeless(err) || (bundle && holds_envelope(sealed.data, sealed.len));
}

static inline bool names_key(const taskseal_info *info, const char *key_id)
{
    for (size_t i = 0; i < info->stanza_count; i++)
        if (strcmp(info->stanzas[i].key_id, key_id) == 0)
            return true;
    return false;
}

/* *len is 0 if it does not move. Not OK if it can't be read. */
static inline taskseal_err rewrap_binary(const taskseal_rewrap_options *options, struct item *item,
                                         taskseal_bytes sealed, void *out, size_t cap, size_t *len)
{
    taskseal_info info;
    taskseal_err err = taskseal_inspect(sealed.data, sealed.len, &info);
    *len = 0;
    if (err != TASKSEAL_OK || (options->from_key_id != NULL ? !names_key(&info, options->from_key_id)
                                                            : names_key(&info, options->to_key_id)))
        return err;
    item_note(sealed, taskseal_rewrap(options, sealed.data, sealed.len, out, cap, len), item);
    return TASKSEAL_OK;
}

static inline taskseal_err rewrap_text(const taskseal_rewrap_options *options, struct item *item, size_t cap)
{
    const redisReply *value = item->value;
    unsigned char *old = malloc(value->len), *new = malloc(cap);
    size_t old_len, new_len = 0;
    taskseal_err err = old == NULL || new == NULL
                           ? TASKSEAL_ERR_NO_MEMORY
                           : taskseal_text_decode(value->str, value->len, old, value->len, &old_len);
    if (err == TASKSEAL_OK)
        err = rewrap_binary(options, item, (taskseal_bytes){old, old_len}, new, cap, &new_len);
    if (new_len != 0)
        err = taskseal_text_encode(new, new_len, (char *)item->rewrapped, cap, &item->rewrapped_len);
    free(old);
    free(new);
    return err;
}

/* What taskseal_asynq_rewrap does, for a value that is an envelope, in either form. */
static inline taskseal_err rewrap_envelope(const taskseal_rewrap_options *options, struct item *item,
                                           size_t cap)
{
    const redisReply *value = item->value;
    if (strncmp(value->str, TASKSEAL_TEXT_PREFIX, strlen(TASKSEAL_TEXT_PREFIX)) == 0)
        return rewrap_text(options, item, cap);
    return rewrap_binary(options, item, (taskseal_bytes){(const uint8_t *)value->str, value->len},
                         item->rewrapped, cap, &item->rewrapped_len);
}

/* Puts the value with its envelopes moved beside it, if there are any to move. */
static inline taskseal_err item_rewrap(const taskseal_rewrap_options *options, struct item *item)
{
    const redisReply *value = item->value;
    const bool message = item->field->message;
    const size_t cap = message ? taskseal_asynq_rewrap_size(value->str, value->len)
                               : taskseal_text_size(taskseal_rewrap_size(value->len)) + 1;
    item->rewrapped = malloc(cap);
    if (item->rewrapped == NULL)
        return TASKSEAL_ERR_NO_MEMORY;
    taskseal_err err = message ? taskseal_asynq_rewrap(options, value->str, value->len, item->rewrapped, cap,
                                                       &item->rewrapped_len, item_note, item)
                               : rewrap_envelope(options, item, cap);
    if (err != TASKSEAL_OK || item->moves == 0)
        return err;
    item->old_head = value->len;
    item->new_head = item->rewrapped_len;
    while (item->old_head > 0 && item->new_head > 0 &&
           (unsigned char)value->str[item->old_head - 1] == item->rewrapped[item->new_head - 1]) {
        item->old_head--;
        item->new_head--;
    }
    return TASKSEAL_OK;
}

/* Counts the keys that an envelope names, in binary or text form. */
struct seen {
    unsigned long envelopes, unseen; /* unseen: for want of memory */
    struct tally *keys;
};

static inline void seen_envelope(taskseal_bytes sealed, taskseal_err err, void *data)
{
    struct seen *seen = data;
    taskseal_info info;
    size_t len = sealed.len;
    void *binary = NULL;
    seen->envelopes++;
    if (err == TASKSEAL_OK && taskseal_inspect(sealed.data, len, &info) != TASKSEAL_OK) {
        binary = malloc(len);
        seen->unseen += binary == NULL;
        if (binary == NULL || taskseal_text_decode(sealed.data, len, binary, len, &len) != TASKSEAL_OK ||
            taskseal_inspect(binary, len, &info) != TASKSEAL_OK)
            err = TASKSEAL_ERR_MALFORMED; /* which is counted where it could not be moved */
    }
    free(binary);
    for (size_t i = 0; err == TASKSEAL_OK && i < info.stanza_count; i++)
        count(seen->keys, info.stanzas[i].key_id);
}

/* Of the value as it stands in the server by now. */
static inline void item_see(const struct item *item, struct seen *seen)
{
    const bool swapped = item->became == ITEM_SWAPPED;
    const void *value = swapped ? (const void *)item->rewrapped : item->value->str;
    const size_t len = swapped ? item->rewrapped_len : item->value->len;
    if (!item->field->message)
        seen_envelope((taskseal_bytes){value, len}, TASKSEAL_OK, seen);
    else if (taskseal_asynq_envelopes(value, len, seen_envelope, seen) != TASKSEAL_OK)
        seen->envelopes++; /* it was read before: never */
}

#endif
