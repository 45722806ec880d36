/* SPDX-License-Identifier: MIT
 * Made by bundle.py of lib/core/rewrap.c; do not edit. */
/* SPDX-License-Identifier: MIT */
#include "core.h"

/* A rewrap in progress. */
typedef struct {
    const taskseal_keyring *ring;
    taskseal__header header;
    taskseal__match from;    /* the key that unwraps, and the stanza that goes */
    const taskseal__key *to; /* the key whose stanza comes */
} rewrapping;

/* ---- Choosing the keys (F 10.2 to F 10.4) ---- */

static taskseal_err match_key(const rewrapping *r, const taskseal__key *key, taskseal__match *match)
{
    match->key = key;
    match->stanza = taskseal__header_find(&r->header, key->id, key->id_len, key->type);
    return match->stanza != NULL ? taskseal__key_may_open(key) : TASKSEAL_ERR_UNKNOWN_KEY;
}

static taskseal_err find_named(const rewrapping *r, const char *key_id, const taskseal__key **key)
{
    *key = taskseal__keyring_find(r->ring, key_id, strlen(key_id));
    return *key != NULL ? TASKSEAL_OK : TASKSEAL_ERR_UNKNOWN_KEY;
}

/* The first key that serves, but the new key (NULL: not known yet) only if no other does. */
static taskseal_err find_old(rewrapping *r, const char *to_key_id)
{
    taskseal_err fault = TASKSEAL_ERR_UNKNOWN_KEY;
    taskseal__match itself = {NULL, NULL};
    for (size_t i = 0; i < r->ring->count; i++) {
        const taskseal__key *key = &r->ring->keys[i];
        taskseal__match match;
        taskseal_err err = match_key(r, key, &match);
        bool is_new = to_key_id != NULL && strcmp(key->id, to_key_id) == 0;
        if (err == TASKSEAL_OK && !is_new) {
            r->from = match;
            return TASKSEAL_OK;
        }
        if (err == TASKSEAL_OK)
            itself = match;
        else if (err != TASKSEAL_ERR_UNKNOWN_KEY)
            fault = err;
    }
    r->from = itself;
    return itself.key != NULL ? TASKSEAL_OK : fault;
}

static taskseal_err choose_from(rewrapping *r, const taskseal_rewrap_options *options, const char *to_key_id)
{
    const taskseal__key *key;
    if (options->from_key_id == NULL)
        return find_old(r, to_key_id);
    taskseal_err err = find_named(r, options->from_key_id, &key);
    return err == TASKSEAL_OK ? match_key(r, key, &r->from) : err;
}

/* What keeps `key` from succeeding the old key, if anything. A message outside the new key's window would
 * never open again: refusing keeps it (F 10.4). */
static taskseal_err successor_fault(const rewrapping *r, const taskseal__key *key)
{
    taskseal_err err = taskseal__key_may_seal(key);
    if (err != TASKSEAL_OK)
        return err;
    if (!taskseal__key_queues_within(key, r->from.key))
        return TASKSEAL_ERR_KEY_WRONG_QUEUE;
    return taskseal__key_window_holds(key, r->header.sealed_at) ? TASKSEAL_OK
                                                                : TASKSEAL_ERR_KEY_OUTSIDE_WINDOW;
}

/* Which key may be chosen without being asked for: one for fewer queues than the old key may be the wrong one for
 * this message, whose queue a rewrapper does not know, and then nobody could open it (F 10.3). */
static taskseal_err heir_fault(const rewrapping *r, const taskseal__key *key)
{
    taskseal_err err = successor_fault(r, key);
    if (err != TASKSEAL_OK)
        return err;
    return taskseal__key_queues_within(r->from.key, key) ? TASKSEAL_OK : TASKSEAL_ERR_KEY_WRONG_QUEUE;
}

/* The first active key that may succeed the old one, which depends on it: an envelope that names both is to
 * lose the other. If none may, the fault of the first active key says the most. */
static taskseal_err choose_both(rewrapping *r, const taskseal_rewrap_options *options)
{
    taskseal_err fault = TASKSEAL_ERR_KEY_NOT_ACTIVE;
    taskseal_err err = choose_from(r, options, NULL);
    for (size_t i = 0; i < r->ring->count && err == TASKSEAL_OK; i++) {
        const taskseal__key *key = &r->ring->keys[i];
        if (key->state != TASKSEAL_KEY_ACTIVE || key->type == TASKSEAL_KEY_DEDUPE)
            continue;
        err = choose_from(r, options, key->id);
        taskseal_err unfit = err == TASKSEAL_OK ? heir_fault(r, key) : err;
        if (unfit == TASKSEAL_OK) {
            r->to = key;
            return TASKSEAL_OK;
        }
        if (fault == TASKSEAL_ERR_KEY_NOT_ACTIVE)
            fault = unfit;
    }
    return err == TASKSEAL_OK ? fault : err;
}

static taskseal_err choose_keys(rewrapping *r, const taskseal_rewrap_options *options)
{
    if (options->to_key_id == NULL)
        return choose_both(r, options);
    taskseal_err err = choose_from(r, options, options->to_key_id);
    if (err == TASKSEAL_OK)
        err = find_named(r, options->to_key_id, &r->to);
    return err == TASKSEAL_OK ? successor_fault(r, r->to) : err;
}

/* ---- Writing the new header (F 10.7) ---- */

static bool is_dropped(const rewrapping *r, const taskseal__stanza *stanza)
{
    return stanza == r->from.stanza ||
           taskseal__key_id_compare(stanza->key_id, stanza->key_id_len, r->to->id, r->to->id_len) == 0;
}

static size_t stanza_len(size_t key_id_len, size_t body_len)
{
    return 4 + key_id_len + body_len;
}

static size_t new_header_len(const rewrapping *r)
{
    size_t len = TASKSEAL__STANZAS_AT + TASKSEAL__MAC_BYTES;
    for (size_t i = 0; i < r->header.stanza_count; i++) {
        const taskseal__stanza *stanza = &r->header.stanzas[i];
        if (!is_dropped(r, stanza))
            len += stanza_len(stanza->key_id_len, stanza->body_len);
    }
    return len + stanza_len(r->to->id_len, taskseal__body_len(r->to->type));
}

static uint8_t *put_new_stanza(const rewrapping *r, const uint8_t *nonce, const uint8_t *dek, uint8_t *at)
{
    const taskseal__wrap_binding binding = {r->header.preamble, r->to->type, r->to->id, r->to->id_len};
    size_t body_len = taskseal__body_len(r->to->type);
    at = taskseal__put_stanza_head(at, r->to->type, r->to->id, r->to->id_len, body_len);
    taskseal__wrap(at, &binding, r->to->wrap_key, nonce, dek);
    return at + body_len;
}

/* The kept stanzas verbatim and in order, the new one where its id belongs. The nonce is fresh and never
 * taken from the message: with a nonce of the attacker's choice this would reveal DEKs (F 13). */
static void write_header(const rewrapping *r, const uint8_t *nonce, const uint8_t *dek, uint8_t *out)
{
    uint8_t *count = out + TASKSEAL__STANZA_COUNT_AT;
    uint8_t *at = taskseal__put(out, r->header.preamble, TASKSEAL__STANZA_COUNT_AT) + 1;
    bool placed = false;
    *count = 1;
    for (size_t i = 0; i < r->header.stanza_count; i++) {
        const taskseal__stanza *stanza = &r->header.stanzas[i];
        if (is_dropped(r, stanza))
            continue;
        if (!placed &&
            taskseal__key_id_compare(r->to->id, r->to->id_len, stanza->key_id, stanza->key_id_len) < 0) {
            at = put_new_stanza(r, nonce, dek, at);
            placed = true;
        }
        at =
            taskseal__put_stanza_head(at, stanza->type, stanza->key_id, stanza->key_id_len, stanza->body_len);
        at = taskseal__put(at, stanza->body, stanza->body_len);
        ++*count;
    }
    if (!placed)
        at = put_new_stanza(r, nonce, dek, at);
    taskseal__derive_header_mac(at, dek, out, (size_t)(at - out));
}

/* Success is only said of an envelope that opens with the new key to the same DEK (F 10.8). */
static taskseal_err reopen(const rewrapping *r, const uint8_t *dek, const uint8_t *out, size_t out_len)
{
    taskseal__header header;
    taskseal__match match = {r->to, NULL};
    uint8_t again[TASKSEAL__DEK_BYTES];
    taskseal_err err = taskseal__header_parse(&header, out, out_len);
    if (err != TASKSEAL_OK)
        return err;
    match.stanza = taskseal__header_find(&header, r->to->id, r->to->id_len, r->to->type);
    if (match.stanza == NULL)
        return TASKSEAL_ERR_AUTHENTICATION_FAILED;
    err = taskseal__unlock(again, &header, &match);
    if (err == TASKSEAL_OK && crypto_verify_32(again, dek) != 0)
        err = TASKSEAL_ERR_AUTHENTICATION_FAILED;
    sodium_memzero(again, sizeof again);
    return err;
}

static taskseal_err write_envelope(const rewrapping *r, const uint8_t *dek, uint8_t *out, size_t out_cap,
                                   size_t *out_len)
{
    uint8_t nonce[TASKSEAL__WRAP_NONCE_MAX];
    size_t header_len = new_header_len(r);
    if (header_len > TASKSEAL_HEADER_MAX || out_cap < header_len ||
        out_cap - header_len < r->header.chunks_len)
        return TASKSEAL_ERR_BUFFER_TOO_SMALL;
    taskseal_err err = taskseal__random(nonce, taskseal__wrap_nonce_len(r->to->type));
    if (err != TASKSEAL_OK)
        return err;
    write_header(r, nonce, dek, out);
    memcpy(out + header_len, r->header.chunks, r->header.chunks_len);
    err = reopen(r, dek, out, header_len + r->header.chunks_len);
    *out_len = err == TASKSEAL_OK ? header_len + r->header.chunks_len : 0;
    return err;
}

/* ---- Public ---- */

static taskseal_err check_times(const rewrapping *r, uint64_t now)
{
    taskseal_err err = taskseal__check_times(r->header.sealed_at, r->header.expires_at, 0, now);
    if (err != TASKSEAL_OK)
        return err;
    return taskseal__key_window_holds(r->from.key, r->header.sealed_at) ? TASKSEAL_OK
                                                                        : TASKSEAL_ERR_KEY_OUTSIDE_WINDOW;
}

static taskseal_err rewrap(rewrapping *r, const taskseal_rewrap_options *options, void *out, size_t out_cap,
                           size_t *out_len)
{
    uint8_t dek[TASKSEAL__DEK_BYTES];
    uint64_t now;
    taskseal_err err = taskseal__now(options->now, &now);
    if (err == TASKSEAL_OK)
        err = taskseal__keyring_admits(r->ring, &r->header);
    if (err == TASKSEAL_OK)
        err = choose_keys(r, options);
    if (err != TASKSEAL_OK)
        return err;
    err = taskseal__unlock(dek, &r->header, &r->from);
    if (err == TASKSEAL_OK)
        err = check_times(r, now);
    if (err == TASKSEAL_OK)
        err = write_envelope(r, dek, out, out_cap, out_len);
    sodium_memzero(dek, sizeof dek);
    return err;
}

size_t taskseal_rewrap_size(size_t sealed_len)
{
    const size_t growth = 4 + TASKSEAL_KEY_ID_MAX + TASKSEAL__BODY_MAX;
    return sealed_len <= SIZE_MAX - growth ? sealed_len + growth : SIZE_MAX;
}

taskseal_err taskseal_rewrap(const taskseal_rewrap_options *options, const void *sealed, size_t sealed_len,
                             void *out, size_t out_cap, size_t *out_len)
{
    rewrapping r = {0};
    if (out_len == NULL)
        return TASKSEAL_ERR_BAD_ARGUMENT;
    *out_len = 0;
    if (options == NULL || options->keyring == NULL || options->now > TASKSEAL_TIME_MAX ||
        (sealed == NULL && sealed_len != 0) || out == NULL ||
        taskseal__overlap(sealed, sealed_len, out, out_cap))
        return TASKSEAL_ERR_BAD_ARGUMENT;
    r.ring = options->keyring;
    taskseal_err err = taskseal__header_parse(&r.header, sealed, sealed_len);
    return err == TASKSEAL_OK ? rewrap(&r, options, out, out_cap, out_len) : err;
}
