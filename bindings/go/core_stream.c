/* SPDX-License-Identifier: MIT
 * Made by bundle.py of lib/core/stream.c; do not edit. */
/* SPDX-License-Identifier: MIT
 * Streams: the public face of sealing and opening in pieces. */
#include "core.h"


/* sodium_malloc puts the end of what it gives at the end of a page: only a size that is a multiple of the
 * alignment makes its beginning aligned. */
enum { ALIGNMENT = 64 };

taskseal_stream *taskseal__stream_new(taskseal__stream_kind kind, const taskseal_keyring *ring,
                                      size_t context_len)
{
    size_t size = (sizeof(taskseal_stream) + context_len + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    taskseal_stream *s = sodium_malloc(size);
    if (s == NULL)
        return NULL;
    memset(s, 0, size);
    s->kind = kind;
    s->ring = taskseal__keyring_hold(ring);
    return s;
}

void taskseal_stream_free(taskseal_stream *stream)
{
    if (stream == NULL)
        return;
    taskseal_keyring_free(stream->ring);
    sodium_free(stream); /* wipes */
}

size_t taskseal_stream_size(size_t len)
{
    size_t more =
        (len / TASKSEAL_CHUNK_BYTES + 2) * TASKSEAL__TAG_MAX + TASKSEAL_HEADER_MAX + TASKSEAL_CHUNK_BYTES;
    return len <= SIZE_MAX - more ? len + more : SIZE_MAX;
}

static void wipe_secrets(taskseal_stream *s)
{
    taskseal__cipher_wipe(&s->cipher);
    sodium_memzero(&s->cipher, sizeof s->cipher);
    sodium_memzero(s->payload_key, sizeof s->payload_key);
    sodium_memzero(s->piece, sizeof s->piece);
}

/* What both calls refuse before they begin: the stream then goes on as if they had not been made. */
static taskseal_err check(const taskseal_stream *s, const void *in, size_t len, const void *out,
                          size_t out_cap)
{
    if (s == NULL || s->finished || (in == NULL && len != 0) || out == NULL ||
        taskseal__overlap(in, len, out, out_cap))
        return TASKSEAL_ERR_BAD_ARGUMENT;
    if (s->failure != TASKSEAL_OK)
        return s->failure;
    return out_cap < taskseal_stream_size(len) ? TASKSEAL_ERR_BUFFER_TOO_SMALL : TASKSEAL_OK;
}

/* After a failure nothing of what this call wrote is given out. */
static void fail(taskseal_stream *s, taskseal_err err, void *out, size_t len)
{
    s->failure = err;
    wipe_secrets(s);
    sodium_memzero(out, taskseal_stream_size(len));
}

taskseal_err taskseal_stream_update(taskseal_stream *stream, const void *in, size_t len, void *out,
                                    size_t out_cap, size_t *out_len)
{
    size_t written = 0;
    if (out_len == NULL)
        return TASKSEAL_ERR_BAD_ARGUMENT;
    *out_len = 0;
    taskseal_err err = check(stream, in, len, out, out_cap);
    if (err != TASKSEAL_OK || len == 0)
        return err;
    err = stream->kind == TASKSEAL__STREAM_SEALS
              ? taskseal__stream_seal_update(stream, in, len, out, &written)
              : taskseal__stream_open_update(stream, in, len, out, &written);
    if (err != TASKSEAL_OK)
        fail(stream, err, out, len);
    else
        *out_len = written;
    taskseal__cipher_forget(&stream->cipher);
    return err;
}

taskseal_err taskseal_stream_finish(taskseal_stream *stream, void *out, size_t out_cap, size_t *out_len,
                                    taskseal_opened *opened)
{
    size_t written = 0;
    if (out_len == NULL)
        return TASKSEAL_ERR_BAD_ARGUMENT;
    *out_len = 0;
    taskseal_err err = check(stream, NULL, 0, out, out_cap);
    if (err != TASKSEAL_OK)
        return err;
    err = stream->kind == TASKSEAL__STREAM_SEALS ? taskseal__stream_seal_finish(stream, out, &written)
                                                 : taskseal__stream_open_finish(stream, out, &written);
    if (err != TASKSEAL_OK) {
        fail(stream, err, out, 0);
        return err;
    }
    wipe_secrets(stream);
    stream->finished = true;
    if (opened != NULL)
        *opened = stream->opened;
    *out_len = written;
    return TASKSEAL_OK;
}
