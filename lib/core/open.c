/* SPDX-License-Identifier: MIT */
#include "clock.h"
#include "context.h"
#include "keyring.h"
#include "padding.h"
#include "wire.h"

/* An open in progress: what was asked, what was parsed, and what was found. */
typedef struct {
    const taskseal_open_options *options;
    unsigned given;  /* TASKSEAL_BOUND_... of the fields that the caller gave */
    unsigned insist; /* those that must be bound */
    taskseal__header header;
    taskseal__match match;
    taskseal__message_keys keys;
} opening;

/* ---- Arguments ---- */

static taskseal_err check_options(opening *o, const taskseal_open_options *options)
{
    const unsigned all_bits =
        TASKSEAL_BOUND_QUEUE | TASKSEAL_BOUND_TYPE | TASKSEAL_BOUND_ID | TASKSEAL_BOUND_EXTRA;
    const unsigned all_suites = 1U << TASKSEAL_SUITE_CHACHA20POLY1305 | 1U << TASKSEAL_SUITE_AES256GCM |
                                1U << TASKSEAL_SUITE_AEGIS256;
    if (options == NULL || options->keyring == NULL || (unsigned)options->purpose > TASKSEAL_REFERENCE ||
        options->now > TASKSEAL_TIME_MAX || (options->allowed_suites & ~all_suites) != 0 ||
        !taskseal__context_given(&options->context, &o->given))
        return TASKSEAL_ERR_BAD_ARGUMENT;
    o->options = options;
    if (options->insist == 0)
        o->insist = o->given;
    else if (options->insist == TASKSEAL_INSIST_NONE)
        o->insist = 0;
    else
        o->insist = options->insist;
    /* Insisting on what can't be checked, or on no known field, is a mistake. */
    return (o->insist & ~(o->given & all_bits)) == 0 ? TASKSEAL_OK : TASKSEAL_ERR_BAD_ARGUMENT;
}

/* ---- The steps of F 9, in its order ---- */

/* F 9.3, F 9.4. The first key of the keyring that fits is final: no key is ever tried after another. */
static taskseal_err find_key(opening *o)
{
    const taskseal_keyring *ring = o->options->keyring;
    bool retired = false;
    bool wrong_queue = false;
    for (size_t i = 0; i < ring->count; i++) {
        const taskseal__key *key = &ring->keys[i];
        const taskseal__stanza *stanza = taskseal__header_find(&o->header, key->id, key->id_len, key->type);
        if (stanza == NULL)
            continue;
        if (taskseal__key_may_open(key) != TASKSEAL_OK) {
            retired = true; /* compromised ones were refused before */
        } else if (!taskseal__key_serves_queue(key, o->options->context.queue)) {
            wrong_queue = true;
        } else {
            o->match = (taskseal__match){key, stanza};
            return TASKSEAL_OK;
        }
    }
    if (retired)
        return TASKSEAL_ERR_KEY_RETIRED;
    return wrong_queue ? TASKSEAL_ERR_KEY_WRONG_QUEUE : TASKSEAL_ERR_UNKNOWN_KEY;
}

/* F 9.6: what the header, now authentic, must say. */
static taskseal_err check_policy(const opening *o)
{
    const taskseal__header *header = &o->header;
    unsigned allowed = o->options->allowed_suites;
    if (!taskseal__key_window_holds(o->match.key, header->sealed_at))
        return TASKSEAL_ERR_KEY_OUTSIDE_WINDOW;
    if (allowed != 0 && (allowed & 1U << header->suite) == 0)
        return TASKSEAL_ERR_SUITE_DENIED;
    if (!taskseal_suite_available(header->suite))
        return TASKSEAL_ERR_SUITE_UNAVAILABLE;
    if (header->purpose != o->options->purpose)
        return TASKSEAL_ERR_WRONG_PURPOSE;
    if ((o->insist & ~(unsigned)header->bound) != 0)
        return TASKSEAL_ERR_CONTEXT_MISMATCH;
    if (((unsigned)header->bound & ~o->given) != 0)
        return TASKSEAL_ERR_CONTEXT_REQUIRED;
    return TASKSEAL_OK;
}

/* F 9.7: with the caller's context, never the message's word. */
static taskseal_err check_commitment(opening *o, const uint8_t dek[TASKSEAL__DEK_BYTES])
{
    taskseal__derive_message_keys(&o->keys, dek, o->header.preamble, o->header.bound, &o->options->context);
    return crypto_verify_32(o->keys.commitment, o->header.commitment) == 0 ? TASKSEAL_OK
                                                                           : TASKSEAL_ERR_CONTEXT_MISMATCH;
}

/* F 9.8 */
static taskseal_err check_clock(const opening *o)
{
    uint64_t now;
    taskseal_err err = taskseal__now(o->options->now, &now);
    if (err != TASKSEAL_OK)
        return err;
    return taskseal__check_times(o->header.sealed_at, o->header.expires_at, o->options->max_age, now);
}

/* All that comes before the chunks. On success o->keys hold the payload key; the caller wipes them always. */
static taskseal_err verify_header(opening *o)
{
    uint8_t dek[TASKSEAL__DEK_BYTES];
    taskseal_err err = taskseal__keyring_admits(o->options->keyring, &o->header);
    if (err == TASKSEAL_OK)
        err = find_key(o);
    if (err != TASKSEAL_OK)
        return err;
    err = taskseal__unlock(dek, &o->header, &o->match);
    if (err == TASKSEAL_OK)
        err = check_policy(o);
    if (err == TASKSEAL_OK)
        err = check_commitment(o, dek);
    if (err == TASKSEAL_OK)
        err = check_clock(o);
    if (err != TASKSEAL_OK)
        taskseal__derive_forget(); /* else the chunks' decryption overwrites it */
    sodium_memzero(dek, sizeof dek);
    return err;
}

/* F 9.9: everything or nothing. `out` equals the chunks, or overlaps nothing of them. */
static taskseal_err decrypt(const opening *o, uint8_t *out, size_t *out_len)
{
    const size_t written = out == o->header.chunks ? o->header.chunks_len : o->header.payload_len;
    size_t len = o->header.payload_len;
    bool intact = taskseal__chunks_open(o->header.suite, o->keys.payload_key, o->header.chunks,
                                        o->header.chunks_len, out) &&
                  (!o->header.padded || taskseal__unpad(out, o->header.payload_len, &len));
    if (!intact)
        len = 0;
    if (len < written) /* wiping 0 bytes is slow where out + len is a page that nobody touched yet */
        sodium_memzero(out + len, written - len);
    *out_len = len;
    return intact ? TASKSEAL_OK : TASKSEAL_ERR_DAMAGED;
}

static void report(const opening *o, taskseal_opened *opened)
{
    if (opened == NULL)
        return;
    memcpy(opened->message_id, o->header.commitment, sizeof opened->message_id);
    opened->key_id = o->match.key->id;
    opened->suite = o->header.suite;
    opened->sealed_at = o->header.sealed_at;
    opened->expires_at = o->header.expires_at;
    opened->replay_until =
        taskseal__replay_until(o->header.sealed_at, o->header.expires_at, o->options->max_age);
}

/* ---- Public ---- */

taskseal_err taskseal_open_size(const void *sealed, size_t sealed_len, size_t *payload_cap)
{
    taskseal__header header;
    if (payload_cap == NULL)
        return TASKSEAL_ERR_BAD_ARGUMENT;
    *payload_cap = 0;
    if (sealed == NULL && sealed_len != 0)
        return TASKSEAL_ERR_BAD_ARGUMENT;
    taskseal_err err = taskseal__header_parse(&header, sealed, sealed_len);
    if (err == TASKSEAL_OK)
        *payload_cap = header.payload_len;
    return err;
}

taskseal_err taskseal_open(const taskseal_open_options *options, const void *sealed, size_t sealed_len,
                           void *out, size_t out_cap, size_t *out_len, taskseal_opened *opened)
{
    opening o;
    uint8_t nothing; /* for an empty payload without a buffer: `out` is then NULL, or must not be written */
    if (out_len == NULL)
        return TASKSEAL_ERR_BAD_ARGUMENT;
    *out_len = 0;
    if ((sealed == NULL && sealed_len != 0) || (out == NULL && out_cap != 0) ||
        taskseal__overlap(sealed, sealed_len, out, out_cap))
        return TASKSEAL_ERR_BAD_ARGUMENT;
    taskseal_err err = check_options(&o, options);
    if (err != TASKSEAL_OK)
        return err;
    err = taskseal__header_parse(&o.header, sealed, sealed_len);
    if (err != TASKSEAL_OK)
        return err;
    if (out_cap < o.header.payload_len)
        return TASKSEAL_ERR_BUFFER_TOO_SMALL;
    err = verify_header(&o);
    if (err == TASKSEAL_OK)
        err = decrypt(&o, out_cap != 0 ? out : &nothing, out_len);
    if (err == TASKSEAL_OK)
        report(&o, opened);
    sodium_memzero(&o.keys, sizeof o.keys);
    return err;
}

taskseal_err taskseal_open_in_place(const taskseal_open_options *options, void *buffer, size_t sealed_len,
                                    void **payload, size_t *payload_len, taskseal_opened *opened)
{
    opening o;
    if (payload == NULL || payload_len == NULL)
        return TASKSEAL_ERR_BAD_ARGUMENT;
    *payload = NULL;
    *payload_len = 0;
    if (buffer == NULL && sealed_len != 0)
        return TASKSEAL_ERR_BAD_ARGUMENT;
    taskseal_err err = check_options(&o, options);
    if (err != TASKSEAL_OK)
        return err;
    err = taskseal__header_parse(&o.header, buffer, sealed_len);
    if (err != TASKSEAL_OK)
        return err;
    uint8_t *chunks = (uint8_t *)buffer + taskseal__header_len(&o.header);
    err = verify_header(&o);
    if (err == TASKSEAL_OK)
        err = decrypt(&o, chunks, payload_len);
    if (err == TASKSEAL_OK) {
        *payload = chunks;
        report(&o, opened);
    }
    sodium_memzero(&o.keys, sizeof o.keys);
    return err;
}
