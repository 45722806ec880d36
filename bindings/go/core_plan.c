/* SPDX-License-Identifier: MIT
 * Made by bundle.py of lib/core/plan.c; do not edit. */
/* SPDX-License-Identifier: MIT */
#include "core.h"


/* ---- Planning ---- */

static taskseal_err plan_times(taskseal__plan *p, const taskseal_seal_options *options)
{
    uint64_t now;
    taskseal_err err = taskseal__now(options->now, &now);
    if (err != TASKSEAL_OK)
        return err;
    if (options->expires_at != 0 && options->lifetime != 0)
        return TASKSEAL_ERR_BAD_ARGUMENT;
    if (options->lifetime > TASKSEAL_TIME_MAX - now)
        return TASKSEAL_ERR_BAD_ARGUMENT;
    p->preamble.sealed_at = now;
    p->preamble.expires_at = options->lifetime != 0 ? now + options->lifetime : options->expires_at;
    if (p->preamble.expires_at != 0 &&
        (p->preamble.expires_at <= now || p->preamble.expires_at > TASKSEAL_TIME_MAX))
        return TASKSEAL_ERR_BAD_ARGUMENT;
    return TASKSEAL_OK;
}

static taskseal_err plan_preamble(taskseal__plan *p, const taskseal_seal_options *options)
{
    const unsigned known_flags = TASKSEAL_SEAL_PADDED | TASKSEAL_SEAL_ALLOW_SEALED;
    unsigned bound;
    taskseal_suite suite = options->suite != 0 ? options->suite : TASKSEAL_SUITE_CHACHA20POLY1305;
    if (!taskseal__suite_known(suite) || (unsigned)options->purpose > TASKSEAL_REFERENCE ||
        (options->flags & ~known_flags) != 0 || !taskseal__context_given(&options->context, &bound))
        return TASKSEAL_ERR_BAD_ARGUMENT;
    if (!taskseal_suite_available(suite))
        return TASKSEAL_ERR_SUITE_UNAVAILABLE;
    p->preamble.suite = suite;
    p->preamble.purpose = options->purpose;
    p->preamble.padded = (options->flags & TASKSEAL_SEAL_PADDED) != 0;
    p->preamble.bound = (uint8_t)bound;
    return plan_times(p, options);
}

/* What keeps a key from sealing this message, if anything. */
static taskseal_err key_fault(const taskseal__plan *p, const taskseal__key *key, taskseal_bytes queue)
{
    taskseal_err err = taskseal__key_may_seal(key);
    if (err != TASKSEAL_OK)
        return err;
    return taskseal__key_serves(key, queue, p->preamble.sealed_at);
}

/* The first key that may seal. If there is none, the fault of the first active one says the most. */
static taskseal_err plan_primary(taskseal__plan *p, const taskseal_seal_options *options)
{
    taskseal_err fault = TASKSEAL_ERR_KEY_NOT_ACTIVE;
    for (size_t i = 0; i < options->keyring->count; i++) {
        const taskseal__key *key = &options->keyring->keys[i];
        taskseal_err err = key_fault(p, key, options->context.queue);
        if (err == TASKSEAL_OK) {
            p->keys[p->key_count++] = key;
            return TASKSEAL_OK;
        }
        if (fault == TASKSEAL_ERR_KEY_NOT_ACTIVE && key->state == TASKSEAL_KEY_ACTIVE &&
            err != TASKSEAL_ERR_KEY_WRONG_USE)
            fault = err;
    }
    return fault;
}

/* Inserts the key where the order of stanzas wants it; false if it is there already. */
static bool insert_sorted(taskseal__plan *p, const taskseal__key *key)
{
    size_t at = p->key_count;
    for (; at > 0; at--) {
        const taskseal__key *before = p->keys[at - 1];
        int order = taskseal__key_id_compare(before->id, before->id_len, key->id, key->id_len);
        if (order == 0)
            return false;
        if (order < 0)
            break;
        p->keys[at] = before;
    }
    p->keys[at] = key;
    p->key_count++;
    return true;
}

static taskseal_err plan_named_keys(taskseal__plan *p, const taskseal_seal_options *options)
{
    if (options->key_count < 1 || options->key_count > TASKSEAL_STANZAS_MAX)
        return TASKSEAL_ERR_BAD_ARGUMENT;
    for (size_t i = 0; i < options->key_count; i++) {
        const char *id = options->key_ids[i];
        if (id == NULL)
            return TASKSEAL_ERR_BAD_ARGUMENT;
        const taskseal__key *key = taskseal__keyring_find(options->keyring, id, strlen(id));
        if (key == NULL)
            return TASKSEAL_ERR_UNKNOWN_KEY;
        taskseal_err err = key_fault(p, key, options->context.queue);
        if (err != TASKSEAL_OK)
            return err;
        if (!insert_sorted(p, key))
            return TASKSEAL_ERR_BAD_ARGUMENT;
    }
    return TASKSEAL_OK;
}

_Static_assert(TASKSEAL__STANZAS_AT + TASKSEAL__MAC_BYTES +
                       TASKSEAL_STANZAS_MAX * (4 + TASKSEAL_KEY_ID_MAX + TASKSEAL__BODY_MAX) <=
                   TASKSEAL_HEADER_MAX,
               "as many keys as may be, with ids as long as may be, fit into a header");

static taskseal_err plan_lengths(taskseal__plan *p, size_t payload_len)
{
    size_t chunks_len;
    p->header_len = TASKSEAL__STANZAS_AT + TASKSEAL__MAC_BYTES;
    for (size_t i = 0; i < p->key_count; i++)
        p->header_len += 4 + p->keys[i]->id_len + taskseal__body_len(p->keys[i]->type);
    p->padded_len = payload_len;
    if (p->preamble.padded && !taskseal__padded_len(payload_len, &p->padded_len))
        return TASKSEAL_ERR_BAD_ARGUMENT;
    if (!taskseal__chunks_len(p->preamble.suite, p->padded_len, &chunks_len) ||
        chunks_len > SIZE_MAX - p->header_len)
        return TASKSEAL_ERR_BAD_ARGUMENT;
    p->total_len = p->header_len + chunks_len;
    return TASKSEAL_OK;
}

taskseal_err taskseal__plan_make(taskseal__plan *p, const taskseal_seal_options *options, size_t payload_len)
{
    p->key_count = 0;
    if (options == NULL || options->keyring == NULL ||
        (options->key_ids == NULL) != (options->key_count == 0))
        return TASKSEAL_ERR_BAD_ARGUMENT;
    taskseal_err err = plan_preamble(p, options);
    if (err == TASKSEAL_OK)
        err = options->key_ids != NULL ? plan_named_keys(p, options) : plan_primary(p, options);
    return err == TASKSEAL_OK ? plan_lengths(p, payload_len) : err;
}

taskseal_err taskseal__plan_payload(const taskseal_seal_options *options, const void *payload, size_t len)
{
    bool sealed_allowed = (options->flags & TASKSEAL_SEAL_ALLOW_SEALED) != 0;
    return !sealed_allowed && taskseal__begins_sealed(payload, len) ? TASKSEAL_ERR_LOOKS_SEALED : TASKSEAL_OK;
}

/* ---- Writing ---- */

size_t taskseal__plan_random_len(const taskseal__plan *p)
{
    size_t len = TASKSEAL__DEK_BYTES;
    for (size_t i = 0; i < p->key_count; i++)
        len += taskseal__wrap_nonce_len(p->keys[i]->type);
    return len;
}

void taskseal__plan_header(const taskseal__plan *p, const taskseal_context *context, const uint8_t *random,
                           taskseal__message_keys *keys, uint8_t *out)
{
    const uint8_t *dek = random;
    const uint8_t *nonce = random + TASKSEAL__DEK_BYTES;
    uint8_t *at = taskseal__put_preamble(out, &p->preamble);
    taskseal__derive_message_keys(keys, dek, out, p->preamble.bound, context);
    at = taskseal__put(at, keys->commitment, sizeof keys->commitment);
    at = taskseal__put_u8(at, p->key_count);
    for (size_t i = 0; i < p->key_count; i++) {
        const taskseal__key *key = p->keys[i];
        const taskseal__wrap_binding binding = {out, key->type, key->id, key->id_len};
        size_t body_len = taskseal__body_len(key->type);
        at = taskseal__put_stanza_head(at, key->type, key->id, key->id_len, body_len);
        taskseal__wrap(at, &binding, key->wrap_key, nonce, dek);
        at += body_len;
        nonce += taskseal__wrap_nonce_len(key->type);
    }
    taskseal__derive_header_mac(at, dek, out, (size_t)(at - out));
}

void taskseal__seal_message(const taskseal__plan *p, const taskseal_context *context, const uint8_t *random,
                            const uint8_t *payload, size_t payload_len, uint8_t *out)
{
    taskseal__message_keys keys;
    taskseal__plan_header(p, context, random, &keys, out);
    taskseal__chunks_seal(p->preamble.suite, keys.payload_key, payload, payload_len, p->padded_len,
                          out + p->header_len);
    sodium_memzero(&keys, sizeof keys);
}
