/* SPDX-License-Identifier: MIT */
#include "streams.h"

#include <stdlib.h>
#include <string.h>

taskseal_stream *sealing_stream(const taskseal_seal_options *options)
{
    taskseal_stream *stream;
    assert_ok(taskseal_stream_seal(&stream, options));
    ck_assert_ptr_nonnull(stream);
    return stream;
}

taskseal_stream *opening_stream(const taskseal_open_options *options)
{
    taskseal_stream *stream;
    assert_ok(taskseal_stream_open(&stream, options));
    ck_assert_ptr_nonnull(stream);
    return stream;
}

/* Appends to what was given out so far. */
static void append(blob *all, const uint8_t *data, size_t len)
{
    if (len == 0)
        return;
    memcpy(all->data + all->len, data, len);
    all->len += len;
}

pumped pump(taskseal_stream *stream, blob in, size_t step)
{
    pumped p = {.err = TASKSEAL_OK, .out = blob_new(in.len + in.len / 64 + 65536)};
    blob piece = blob_new(taskseal_stream_size(step));
    size_t len = 1;
    p.out.len = 0;
    for (size_t at = 0; at < in.len && p.err == TASKSEAL_OK; at += step) {
        const size_t taken = in.len - at < step ? in.len - at : step;
        blob exact = blob_copy(in.data + at, taken);
        p.err = taskseal_stream_update(stream, exact.data, taken, piece.data, piece.len, &len);
        ck_assert(p.err == TASKSEAL_OK || len == 0);
        append(&p.out, piece.data, len);
    }
    if (p.err == TASKSEAL_OK) {
        len = 1;
        p.err = taskseal_stream_finish(stream, piece.data, piece.len, &len, &p.opened);
        ck_assert(p.err == TASKSEAL_OK || len == 0);
        append(&p.out, piece.data, len);
    }
    taskseal_stream_free(stream);
    return p;
}

pumped stream_seal(const taskseal_seal_options *options, blob payload, size_t step)
{
    return pump(sealing_stream(options), payload, step);
}

pumped stream_open(const taskseal_open_options *options, blob sealed, size_t step)
{
    return pump(opening_stream(options), sealed, step);
}
