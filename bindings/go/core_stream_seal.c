/* SPDX-License-Identifier: MIT
 * Made by bundle.py of lib/core/stream_seal.c; do not edit. */
/* SPDX-License-Identifier: MIT
 * Sealing in pieces. Nothing is given out before the first piece is complete, so that a payload that looks sealed
 * leaves no half of an envelope behind. */
#include "core.h"

static taskseal_err begin(taskseal_stream *s, const taskseal__plan *p, const taskseal_context *context)
{
    uint8_t random[TASKSEAL__RANDOM_MAX];
    taskseal__message_keys keys;
    taskseal_err err = taskseal__random(random, taskseal__plan_random_len(p));
    if (err != TASKSEAL_OK)
        return err;
    taskseal__plan_header(p, context, random, &keys, s->header);
    s->header_len = p->header_len;
    memcpy(s->payload_key, keys.payload_key, sizeof s->payload_key);
    taskseal__cipher_init(&s->cipher, p->preamble.suite, s->payload_key);
    memcpy(s->opened.message_id, keys.commitment, sizeof s->opened.message_id);
    sodium_memzero(&keys, sizeof keys);
    sodium_memzero(random, sizeof random);
    taskseal__derive_forget(); /* no chunk follows at once whose encryption would overwrite it */
    return TASKSEAL_OK;
}

taskseal_err taskseal_stream_seal(taskseal_stream **out, const taskseal_seal_options *options)
{
    taskseal__plan p;
    if (out == NULL)
        return TASKSEAL_ERR_BAD_ARGUMENT;
    *out = NULL;
    taskseal_err err = taskseal__plan_make(&p, options, 0);
    if (err != TASKSEAL_OK)
        return err;
    if (p.preamble.padded)
        return TASKSEAL_ERR_BAD_ARGUMENT;
    taskseal_stream *s = taskseal__stream_new(TASKSEAL__STREAM_SEALS, options->keyring, 0);
    if (s == NULL)
        return TASKSEAL_ERR_NO_MEMORY;
    err = begin(s, &p, &options->context);
    if (err != TASKSEAL_OK) {
        taskseal_stream_free(s);
        return err;
    }
    s->sealed_allowed = (options->flags & TASKSEAL_SEAL_ALLOW_SEALED) != 0;
    s->opened.key_id = p.keys[0]->id;
    s->opened.suite = p.preamble.suite;
    s->opened.sealed_at = p.preamble.sealed_at;
    s->opened.expires_at = p.preamble.expires_at;
    s->opened.replay_until = taskseal__replay_until(p.preamble.sealed_at, p.preamble.expires_at, 0);
    *out = s;
    return TASKSEAL_OK;
}

/* Seals one piece; the header goes before the first. */
static taskseal_err put_piece(taskseal_stream *s, const uint8_t *piece, size_t len, uint8_t *out,
                              size_t *out_len)
{
    if (s->index == 0 && !s->sealed_allowed && taskseal__begins_sealed(piece, len))
        return TASKSEAL_ERR_LOOKS_SEALED;
    if (s->index == TASKSEAL__PIECES_MAX)
        return TASKSEAL_ERR_BAD_ARGUMENT;
    uint8_t *at = taskseal__put(out + *out_len, s->header, s->header_len);
    *out_len += s->header_len + len + taskseal__tag_len(s->cipher.suite);
    s->header_len = 0;
    taskseal__chunk_seal(&s->cipher, s->index++, piece, len, at);
    return TASKSEAL_OK;
}

/* Whole pieces are sealed where they stand; only what is left of the input is kept. */
taskseal_err taskseal__stream_seal_update(taskseal_stream *s, const uint8_t *in, size_t len, uint8_t *out,
                                          size_t *out_len)
{
    taskseal_err err = TASKSEAL_OK;
    while (len > 0 && err == TASKSEAL_OK) {
        size_t wanted = TASKSEAL_CHUNK_BYTES - s->piece_len;
        size_t taken = len < wanted ? len : wanted;
        if (taken == TASKSEAL_CHUNK_BYTES) {
            err = put_piece(s, in, taken, out, out_len);
        } else {
            memcpy(s->piece + s->piece_len, in, taken);
            s->piece_len += taken;
            if (s->piece_len == TASKSEAL_CHUNK_BYTES) {
                err = put_piece(s, s->piece, s->piece_len, out, out_len);
                s->piece_len = 0;
            }
        }
        in += taken;
        len -= taken;
    }
    return err;
}

taskseal_err taskseal__stream_seal_finish(taskseal_stream *s, uint8_t *out, size_t *out_len)
{
    return put_piece(s, s->piece, s->piece_len, out, out_len);
}
