/* SPDX-License-Identifier: MIT
 * Made by bundle.py of lib/core/dedupe.c; do not edit. */
/* SPDX-License-Identifier: MIT
 * Dedupe tags (F 14): equal for equal tasks, whatever their envelopes. */
#include "core.h"

enum { LABEL_BYTES = 16, WHOLE_PAYLOAD = 0, FIELDS = 1 };

/* ---- Which key ---- */

static taskseal_err key_fault(const taskseal_dedupe_options *options, const taskseal__key *key, uint64_t now)
{
    taskseal_err err = taskseal__key_may_open(key);
    if (err != TASKSEAL_OK)
        return err;
    if (key->type != TASKSEAL_KEY_DEDUPE)
        return TASKSEAL_ERR_KEY_WRONG_USE;
    return taskseal__key_serves(key, options->queue, now);
}

/* The first active dedupe key that serves. If none does, the fault of the first active one says the most. */
static taskseal_err find_primary(const taskseal_dedupe_options *options, uint64_t now,
                                 const taskseal__key **key)
{
    taskseal_err fault = TASKSEAL_ERR_KEY_NOT_ACTIVE;
    for (size_t i = 0; i < options->keyring->count; i++) {
        *key = &options->keyring->keys[i];
        if ((*key)->type != TASKSEAL_KEY_DEDUPE || (*key)->state != TASKSEAL_KEY_ACTIVE)
            continue;
        taskseal_err err = key_fault(options, *key, now);
        if (err == TASKSEAL_OK)
            return TASKSEAL_OK;
        if (fault == TASKSEAL_ERR_KEY_NOT_ACTIVE)
            fault = err;
    }
    return fault;
}

static taskseal_err find_key(const taskseal_dedupe_options *options, const taskseal__key **key)
{
    uint64_t now;
    taskseal_err err = taskseal__now(options->now, &now);
    if (err != TASKSEAL_OK)
        return err;
    if (options->key_id == NULL)
        return find_primary(options, now, key);
    *key = taskseal__keyring_find(options->keyring, options->key_id, strlen(options->key_id));
    return *key != NULL ? key_fault(options, *key, now) : TASKSEAL_ERR_UNKNOWN_KEY;
}

/* ---- What is hashed ---- */

static bool context_valid(taskseal_bytes field)
{
    return (field.data == NULL) == (field.len == 0) && field.len <= TASKSEAL_CONTEXT_MAX;
}

static bool fields_valid(const taskseal_dedupe_options *options)
{
    if ((options->fields == NULL) != (options->field_count == 0))
        return false;
    for (size_t i = 0; i < options->field_count; i++)
        if ((options->fields[i].data == NULL && options->fields[i].len != 0) ||
            options->fields[i].len > UINT32_MAX)
            return false;
    return true;
}

/* u32 length | bytes; nothing but the length if the field is absent or empty. */
static void add_field(crypto_generichash_state *hash, taskseal_bytes field)
{
    uint8_t len[4];
    taskseal__put_u32(len, field.len);
    (void)crypto_generichash_update(hash, len, sizeof len);
    if (field.len != 0)
        (void)crypto_generichash_update(hash, field.data, field.len);
}

static void compute(const taskseal_dedupe_options *options, const uint8_t *key, const void *payload,
                    size_t payload_len, uint8_t *tag)
{
    static const char label[] = "taskseal1-dedupe";
    const uint8_t kind = options->fields != NULL ? FIELDS : WHOLE_PAYLOAD;
    crypto_generichash_state hash;
    (void)crypto_generichash_init(&hash, key, TASKSEAL_KEY_BYTES, TASKSEAL_DEDUPE_TAG_BYTES);
    (void)crypto_generichash_update(&hash, (const uint8_t *)label, LABEL_BYTES);
    add_field(&hash, options->queue);
    add_field(&hash, options->type);
    (void)crypto_generichash_update(&hash, &kind, 1);
    if (kind == FIELDS)
        for (size_t i = 0; i < options->field_count; i++)
            add_field(&hash, options->fields[i]);
    else if (payload_len != 0)
        (void)crypto_generichash_update(&hash, payload, payload_len);
    (void)crypto_generichash_final(&hash, tag, TASKSEAL_DEDUPE_TAG_BYTES);
    sodium_memzero(&hash, sizeof hash);
}

taskseal_err taskseal_dedupe_tag(const taskseal_dedupe_options *options, const void *payload,
                                 size_t payload_len, uint8_t tag[TASKSEAL_DEDUPE_TAG_BYTES])
{
    const taskseal__key *key;
    if (tag == NULL)
        return TASKSEAL_ERR_BAD_ARGUMENT;
    memset(tag, 0, TASKSEAL_DEDUPE_TAG_BYTES);
    if (options == NULL || options->keyring == NULL || !context_valid(options->queue) ||
        !context_valid(options->type) || !fields_valid(options) ||
        (payload == NULL && payload_len != 0 && options->fields == NULL))
        return TASKSEAL_ERR_BAD_ARGUMENT;
    taskseal_err err = find_key(options, &key);
    if (err == TASKSEAL_OK)
        compute(options, key->wrap_key, payload, payload_len, tag);
    return err;
}
