/* SPDX-License-Identifier: MIT
 * Streams from the inside: what sealing and opening in pieces have in common. */
#ifndef TASKSEAL_CORE_STREAM_H
#define TASKSEAL_CORE_STREAM_H

#include "opening.h"
#include "plan.h"

typedef enum taskseal__stream_kind {
    TASKSEAL__STREAM_SEALS = 1,
    TASKSEAL__STREAM_OPENS = 2
} taskseal__stream_kind;

/* All of it stands in guarded memory. */
struct taskseal_stream {
    taskseal__stream_kind kind;
    bool finished;
    taskseal_err failure; /* the first one; the keys are wiped then */
    taskseal_keyring *ring;
    taskseal_opened opened; /* what finish reports */

    uint8_t payload_key[TASKSEAL__PAYLOAD_KEY_BYTES];
    taskseal__cipher cipher;
    uint64_t index;   /* of the next piece */
    size_t piece_len; /* what is there of it; opening: with its tag */
    uint8_t piece[TASKSEAL_CHUNK_BYTES + TASKSEAL__TAG_MAX];

    size_t header_len; /* sealing: what is still to be given out. opening: what has come so far */
    uint8_t header[TASKSEAL_HEADER_MAX];
    bool header_done; /* opening: verified; the cipher is ready */

    bool sealed_allowed;                /* sealing */
    taskseal_open_options open_options; /* opening: with its context in `context` */
    uint8_t context[];
};

/* A zeroed stream with `context_len` bytes behind it, that holds `ring`; NULL if there is no memory. */
taskseal_stream *taskseal__stream_new(taskseal__stream_kind kind, const taskseal_keyring *ring,
                                      size_t context_len);

/* Each takes or gives some bytes; `out` is large enough (taskseal_stream_size). Errors are final. */
TASKSEAL_MUST_USE taskseal_err taskseal__stream_seal_update(taskseal_stream *s, const uint8_t *in, size_t len,
                                                            uint8_t *out, size_t *out_len);
TASKSEAL_MUST_USE taskseal_err taskseal__stream_seal_finish(taskseal_stream *s, uint8_t *out,
                                                            size_t *out_len);
TASKSEAL_MUST_USE taskseal_err taskseal__stream_open_update(taskseal_stream *s, const uint8_t *in, size_t len,
                                                            uint8_t *out, size_t *out_len);
TASKSEAL_MUST_USE taskseal_err taskseal__stream_open_finish(taskseal_stream *s, uint8_t *out,
                                                            size_t *out_len);

#endif
