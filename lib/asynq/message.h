/* SPDX-License-Identifier: MIT
 * Asynq's TaskMessage, a Protocol Buffers message (asynq/internal/proto/asynq.proto). */
#ifndef TASKSEAL_ASYNQ_MESSAGE_H
#define TASKSEAL_ASYNQ_MESSAGE_H

#include <taskseal/taskseal.h>

#include "../core/wire.h"

/* What a task that nobody has tried yet has. Fields that are 0 or empty are left out of the message. */
typedef struct taskseal__asynq_message {
    taskseal_bytes type;
    size_t payload_len;
    taskseal_bytes id;
    taskseal_bytes queue;
    uint64_t retry;
    uint64_t timeout;
    uint64_t deadline;
    taskseal_bytes unique_key;
    uint64_t retention;
    taskseal_bytes group;
} taskseal__asynq_message;

/* Writes the message to `out`, but for its payload, and returns its length; *payload is where the payload_len bytes of
 * the payload belong. With `out` NULL nothing is written, and of the fields only their lengths are looked at. */
size_t taskseal__asynq_message_put(const taskseal__asynq_message *message, uint8_t *out, uint8_t **payload);

/* ---- Reading messages that anyone may have written, with any fields ---- */

/* A length, and as many bytes. False if it is cut, or the length is none. */
bool taskseal__asynq_take_string(taskseal__reader *reader, const uint8_t **bytes, size_t *len);

enum { TASKSEAL__ASYNQ_LENGTH_MAX = 10 };

/* Writes the length of what follows, at most TASKSEAL__ASYNQ_LENGTH_MAX bytes, and returns how many. */
size_t taskseal__asynq_put_length(uint8_t *out, size_t len);

typedef struct taskseal__asynq_field {
    enum { TASKSEAL__ASYNQ_OTHER, TASKSEAL__ASYNQ_IS_PAYLOAD, TASKSEAL__ASYNQ_IS_ERROR } kind;
    const uint8_t *length; /* where that of the bytes stands, if it has one */
    const uint8_t *bytes;
    size_t len;
} taskseal__asynq_field;

/* False if what is left begins with no field. */
bool taskseal__asynq_take_field(taskseal__reader *reader, taskseal__asynq_field *field);

/* Where the bytes of the payload stand. */
typedef struct taskseal__asynq_place {
    size_t data;
    size_t len;
} taskseal__asynq_place;

/* False if it is no message, or has two payloads. Without a payload, place->len is 0. */
bool taskseal__asynq_message_find(const uint8_t *message, size_t len, taskseal__asynq_place *place);

#endif
