/* SPDX-License-Identifier: MIT
 * Made by bundle.py of lib/core/opening.c; do not edit. */
/* SPDX-License-Identifier: MIT */
#include "core.h"


/* ---- Arguments ---- */

taskseal_err taskseal__opening_begin(taskseal__opening *o, const taskseal_open_options *options)
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
static taskseal_err find_key(taskseal__opening *o)
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
static taskseal_err check_policy(const taskseal__opening *o)
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
static taskseal_err check_commitment(taskseal__opening *o, const uint8_t dek[TASKSEAL__DEK_BYTES])
{
    taskseal__derive_message_keys(&o->keys, dek, o->header.preamble, o->header.bound, &o->options->context);
    return crypto_verify_32(o->keys.commitment, o->header.commitment) == 0 ? TASKSEAL_OK
                                                                           : TASKSEAL_ERR_CONTEXT_MISMATCH;
}

/* F 9.8 */
static taskseal_err check_clock(const taskseal__opening *o)
{
    uint64_t now;
    taskseal_err err = taskseal__now(o->options->now, &now);
    if (err != TASKSEAL_OK)
        return err;
    return taskseal__check_times(o->header.sealed_at, o->header.expires_at, o->options->max_age, now);
}

taskseal_err taskseal__opening_verify(taskseal__opening *o)
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

taskseal_err taskseal__opening_decrypt(const taskseal__opening *o, uint8_t *out, size_t *out_len)
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

void taskseal__opening_report(const taskseal__opening *o, taskseal_opened *opened)
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
