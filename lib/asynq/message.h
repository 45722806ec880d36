/* SPDX-License-Identifier: MIT
 * Asynq's TaskMessage, a Protocol Buffers message (asynq/internal/proto/asynq.proto). */
#ifndef TASKSEAL_ASYNQ_MESSAGE_H
#define TASKSEAL_ASYNQ_MESSAGE_H

#include <taskseal/taskseal.h>

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

/* Where the payload of a message stands: its tag, and its bytes. */
typedef struct taskseal__asynq_place {
    size_t tag;
    size_t data;
    size_t len;
} taskseal__asynq_place;

/* Reads a message that anyone may have written, with any fields. False if it is none, or has two payloads. Without a
 * payload, place->len is 0. */
bool taskseal__asynq_message_find(const uint8_t *message, size_t len, taskseal__asynq_place *place);

/* Writes the tag and the length of a payload, at most TASKSEAL__ASYNQ_TAG_MAX bytes, and returns how many. */
size_t taskseal__asynq_message_put_tag(uint8_t *out, size_t payload_len);

enum { TASKSEAL__ASYNQ_TAG_MAX = 11 };

#endif
