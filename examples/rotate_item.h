/* SPDX-License-Identifier: MIT
 *
 * rotate_item.h: where envelopes stand in the hashes of tasks, in those of the examples and in Asynq's, and how one is
 * moved to another key.
 */
#ifndef ROTATE_ITEM_H
#define ROTATE_ITEM_H

#include <stdlib.h>
#include <string.h>

#include <taskseal/asynq.h>
#include <taskseal/redis.h>

/* A field of a task's hash that holds an envelope, or Asynq's message with one in it. */
struct field {
    const char *name;
    bool message;
};

struct layout {
    const char *name, *before; /* what stands before {queue} in keys */
    struct field fields[2];
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

/* The envelope in a field's value. */
static inline taskseal_err envelope_in(const struct field *field, const void *value, size_t len,
                                       taskseal_bytes *sealed)
{
    *sealed = (taskseal_bytes){value, len};
    return field->message ? taskseal_asynq_payload(value, len, sealed) : TASKSEAL_OK;
}

/* How much of a value comes before the chunks of its envelope. */
static inline taskseal_err measure(const struct field *field, const void *value, size_t len,
                                   taskseal_info *info, size_t *head)
{
    taskseal_bytes sealed;
    taskseal_err err = envelope_in(field, value, len, &sealed);
    if (err == TASKSEAL_OK)
        err = taskseal_inspect(sealed.data, sealed.len, info);
    if (err == TASKSEAL_OK)
        *head = (size_t)((const char *)sealed.data - (const char *)value) + info->header_len;
    return err;
}

/* asynqseal's bundle of a group's members: envelopes in an envelope's place. */
static inline bool is_bundle(const struct field *field, const void *value, size_t len)
{
    static const char begin[] = "tskbundle1\n";
    taskseal_bytes payload;
    return field->message && envelope_in(field, value, len, &payload) == TASKSEAL_OK &&
           payload.len >= sizeof begin - 1 && memcmp(payload.data, begin, sizeof begin - 1) == 0;
}

static inline bool names_key(const taskseal_info *info, const char *key_id)
{
    for (size_t i = 0; key_id != NULL && i < info->stanza_count; i++)
        if (strcmp(info->stanzas[i].key_id, key_id) == 0)
            return true;
    return false;
}

/* One envelope on its way: from HGET to SWAP. */
struct item {
    redisReply *key;    /* belongs to the SCAN reply */
    redisReply *sealed; /* of HGET */
    unsigned char *rewrapped;
    size_t rewrapped_len;
    size_t old_head,
        new_head; /* the lengths of what differs, from the beginning to the header's end; 0: nothing to do */
    bool active;  /* a worker has it, and writes it back as it was */
    taskseal_err err; /* why it stays */
};

static inline taskseal_err rewrap(const struct field *field, const taskseal_rewrap_options *options,
                                  struct item *item)
{
    const char *value = item->sealed->str;
    size_t len = item->sealed->len, old_head, new_head, cap = taskseal_asynq_rewrap_size(len);
    taskseal_info old, new;
    taskseal_err err = measure(field, value, len, &old, &old_head);
    if (err != TASKSEAL_OK || (options->from_key_id != NULL ? !names_key(&old, options->from_key_id)
                                                            : names_key(&old, options->to_key_id)))
        return err;
    item->rewrapped = malloc(cap);
    if (item->rewrapped == NULL)
        return TASKSEAL_ERR_NO_MEMORY;
    if (field->message)
        err = taskseal_asynq_rewrap(options, value, len, item->rewrapped, cap, &item->rewrapped_len);
    else
        err = taskseal_rewrap(options, value, len, item->rewrapped, cap, &item->rewrapped_len);
    if (err == TASKSEAL_OK)
        err = measure(field, item->rewrapped, item->rewrapped_len, &new, &new_head);
    if (err != TASKSEAL_OK)
        return err;
    item->old_head = old_head;
    item->new_head = new_head;
    return TASKSEAL_OK;
}

/* No key opens these, now or later, so they need not keep anybody from retiring one. */
static inline bool hopeless(taskseal_err err)
{
    return err == TASKSEAL_ERR_NOT_SEALED || err == TASKSEAL_ERR_MALFORMED || err == TASKSEAL_ERR_EXPIRED;
}

#endif
