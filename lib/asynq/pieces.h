/* SPDX-License-Identifier: MIT
 * A task's message cut into pieces: what stays as it is, and the envelopes in it. */
#ifndef TASKSEAL_ASYNQ_PIECES_H
#define TASKSEAL_ASYNQ_PIECES_H

#include <taskseal/taskseal.h>

typedef enum taskseal__asynq_kind {
    TASKSEAL__ASYNQ_STAYS,
    TASKSEAL__ASYNQ_LENGTH, /* of all up to the END that goes with it */
    TASKSEAL__ASYNQ_END,    /* no bytes */
    TASKSEAL__ASYNQ_ENVELOPE,
    TASKSEAL__ASYNQ_TEXT,   /* an envelope in text form */
    TASKSEAL__ASYNQ_DAMAGED /* a bundle of envelopes that can't be read */
} taskseal__asynq_kind;

typedef void taskseal__asynq_take(taskseal__asynq_kind kind, const uint8_t *bytes, size_t len, void *data);

enum { TASKSEAL__ASYNQ_DEPTH = 2 }; /* of lengths in lengths */

/* Gives all bytes of the message to `take`, in their order. Envelopes are looked for in the payload, in the
 * members of a bundle of asynqseal's there, and in the text of the last error. What only begins as an
 * envelope does is one, too. False, and nothing was given, if it is no message. */
bool taskseal__asynq_pieces(const uint8_t *message, size_t len, taskseal__asynq_take *take, void *data);

#endif
