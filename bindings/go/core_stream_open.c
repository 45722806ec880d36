/* SPDX-License-Identifier: MIT
 * Made by bundle.py of lib/core/stream_open.c; do not edit. */
/* SPDX-License-Identifier: MIT
 * Opening in pieces (F 6.7). A piece is given out when its tag has verified; a whole one at once, because the last
 * one is always shorter. */
#include "core.h"

/* ---- Beginning ---- */

/* Copies the context behind the stream, so that the caller need not keep his. */
static void copy_context(taskseal_stream *s, const taskseal_context *given)
{
    taskseal_bytes *const fields[TASKSEAL__CONTEXT_FIELDS] = {
        &s->open_options.context.queue, &s->open_options.context.type, &s->open_options.context.id,
        &s->open_options.context.extra};
    uint8_t *at = s->context;
    for (unsigned i = 0; i < TASKSEAL__CONTEXT_FIELDS; i++) {
        taskseal_bytes field = taskseal__context_field(given, i);
        if (field.data == NULL)
            continue;
        fields[i]->data = at;
        at = taskseal__put(at, field.data, field.len);
    }
}

taskseal_err taskseal_stream_open(taskseal_stream **out, const taskseal_open_options *options)
{
    taskseal__opening o;
    size_t context_len = 0;
    if (out == NULL)
        return TASKSEAL_ERR_BAD_ARGUMENT;
    *out = NULL;
    taskseal_err err = taskseal__opening_begin(&o, options);
    if (err != TASKSEAL_OK)
        return err;
    for (unsigned i = 0; i < TASKSEAL__CONTEXT_FIELDS; i++)
        context_len += taskseal__context_field(&options->context, i).len;
    taskseal_stream *s = taskseal__stream_new(TASKSEAL__STREAM_OPENS, options->keyring, context_len);
    if (s == NULL)
        return TASKSEAL_ERR_NO_MEMORY;
    s->open_options = *options;
    copy_context(s, &options->context);
    *out = s;
    return TASKSEAL_OK;
}

/* ---- The header ---- */

/* Takes what the header still asks for; *complete says that it asks for no more. */
static size_t gather_header(taskseal_stream *s, const uint8_t *in, size_t len, bool *complete)
{
    size_t taken = 0;
    size_t asks = taskseal__header_asks(s->header, s->header_len);
    while (asks > s->header_len && taken < len) {
        size_t wanted = asks - s->header_len;
        size_t piece = len - taken < wanted ? len - taken : wanted;
        memcpy(s->header + s->header_len, in + taken, piece);
        s->header_len += piece;
        taken += piece;
        asks = taskseal__header_asks(s->header, s->header_len);
    }
    *complete = asks <= s->header_len;
    return taken;
}

static taskseal_err verify_header(taskseal_stream *s)
{
    taskseal__opening o;
    taskseal_err err = taskseal__opening_begin(&o, &s->open_options);
    if (err == TASKSEAL_OK)
        err = taskseal__header_parse_head(&o.header, s->header, s->header_len);
    if (err == TASKSEAL_OK && o.header.padded)
        err = TASKSEAL_ERR_BAD_ARGUMENT; /* its end would have to be known before it is reached (F 7.5) */
    if (err != TASKSEAL_OK)
        return err;
    err = taskseal__opening_verify(&o);
    if (err == TASKSEAL_OK) {
        memcpy(s->payload_key, o.keys.payload_key, sizeof s->payload_key);
        taskseal__cipher_init(&s->cipher, o.header.suite, s->payload_key);
        taskseal__opening_report(&o, &s->opened);
        taskseal__derive_forget();
        s->header_done = true;
    }
    sodium_memzero(&o.keys, sizeof o.keys);
    return err;
}

/* ---- Pieces ---- */

static taskseal_err put_piece(taskseal_stream *s, const uint8_t *chunk, size_t len, uint8_t *out,
                              size_t *out_len)
{
    if (s->index == TASKSEAL__PIECES_MAX)
        return TASKSEAL_ERR_MALFORMED;
    if (!taskseal__chunk_open(&s->cipher, s->index++, chunk, len, out + *out_len))
        return TASKSEAL_ERR_DAMAGED;
    *out_len += len - taskseal__tag_len(s->cipher.suite);
    return TASKSEAL_OK;
}

/* Whole chunks are opened where they stand; only what is left of the input is kept. */
static taskseal_err open_chunks(taskseal_stream *s, const uint8_t *in, size_t len, uint8_t *out,
                                size_t *out_len)
{
    const size_t whole = TASKSEAL_CHUNK_BYTES + taskseal__tag_len(s->cipher.suite);
    taskseal_err err = TASKSEAL_OK;
    while (len > 0 && err == TASKSEAL_OK) {
        size_t wanted = whole - s->piece_len;
        size_t taken = len < wanted ? len : wanted;
        if (taken == whole) {
            err = put_piece(s, in, taken, out, out_len);
        } else {
            memcpy(s->piece + s->piece_len, in, taken);
            s->piece_len += taken;
            if (s->piece_len == whole) {
                err = put_piece(s, s->piece, whole, out, out_len);
                s->piece_len = 0;
            }
        }
        in += taken;
        len -= taken;
    }
    return err;
}

taskseal_err taskseal__stream_open_update(taskseal_stream *s, const uint8_t *in, size_t len, uint8_t *out,
                                          size_t *out_len)
{
    if (!s->header_done) {
        bool complete;
        size_t taken = gather_header(s, in, len, &complete);
        taskseal_err err = complete ? verify_header(s) : TASKSEAL_OK;
        if (err != TASKSEAL_OK || !complete)
            return err;
        in += taken;
        len -= taken;
    }
    return open_chunks(s, in, len, out, out_len);
}

/* An end inside the header, or inside a tag, is told as for an envelope that was cut there (F 2, F 6.6). */
taskseal_err taskseal__stream_open_finish(taskseal_stream *s, uint8_t *out, size_t *out_len)
{
    taskseal__header header;
    if (!s->header_done) {
        taskseal_err err = taskseal__header_parse(&header, s->header, s->header_len);
        return err != TASKSEAL_OK ? err : TASKSEAL_ERR_MALFORMED;
    }
    if (s->piece_len < taskseal__tag_len(s->cipher.suite))
        return TASKSEAL_ERR_MALFORMED;
    return put_piece(s, s->piece, s->piece_len, out, out_len);
}
