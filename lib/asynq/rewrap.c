/* SPDX-License-Identifier: MIT
 * A task's payload moved to another KEK; every other byte of its message stays. */
#include <taskseal/asynq.h>

#include "../core/wire.h"
#include "message.h"

static taskseal_err find(const void *message, size_t len, taskseal__asynq_place *place)
{
    if (message == NULL && len != 0)
        return TASKSEAL_ERR_BAD_ARGUMENT;
    return taskseal__asynq_message_find(message, len, place) ? TASKSEAL_OK : TASKSEAL_ERR_MALFORMED;
}

taskseal_err taskseal_asynq_payload(const void *message, size_t message_len, taskseal_bytes *payload)
{
    taskseal__asynq_place place;
    if (payload == NULL)
        return TASKSEAL_ERR_BAD_ARGUMENT;
    *payload = (taskseal_bytes){NULL, 0};
    taskseal_err err = find(message, message_len, &place);
    if (err == TASKSEAL_OK && place.len != 0)
        *payload = (taskseal_bytes){(const uint8_t *)message + place.data, place.len};
    return err;
}

size_t taskseal_asynq_rewrap_size(size_t message_len)
{
    return message_len <= SIZE_MAX - TASKSEAL__ASYNQ_TAG_MAX
               ? taskseal_rewrap_size(message_len + TASKSEAL__ASYNQ_TAG_MAX)
               : SIZE_MAX;
}

/* The new payload is written behind the longest tag that it may get, and then moved to the one that it has. */
static taskseal_err rewrap(const taskseal_rewrap_options *options, const uint8_t *message, size_t message_len,
                           const taskseal__asynq_place *place, uint8_t *out, size_t out_cap, size_t *out_len)
{
    const size_t behind = place->data + place->len, rest = message_len - behind;
    const size_t room = place->tag + TASKSEAL__ASYNQ_TAG_MAX;
    size_t len;
    if (out_cap < room + rest)
        return TASKSEAL_ERR_BUFFER_TOO_SMALL;
    taskseal_err err =
        taskseal_rewrap(options, message + place->data, place->len, out + room, out_cap - room - rest, &len);
    if (err != TASKSEAL_OK)
        return err;
    uint8_t *at = taskseal__put(out, message, place->tag);
    at += taskseal__asynq_message_put_tag(at, len);
    memmove(at, out + room, len);
    at = taskseal__put(at + len, message + behind, rest);
    *out_len = (size_t)(at - out);
    return TASKSEAL_OK;
}

taskseal_err taskseal_asynq_rewrap(const taskseal_rewrap_options *options, const void *message,
                                   size_t message_len, void *out, size_t out_cap, size_t *out_len)
{
    taskseal__asynq_place place;
    if (out_len == NULL)
        return TASKSEAL_ERR_BAD_ARGUMENT;
    *out_len = 0;
    if (options == NULL || out == NULL || taskseal__overlap(message, message_len, out, out_cap))
        return TASKSEAL_ERR_BAD_ARGUMENT;
    taskseal_err err = find(message, message_len, &place);
    if (err != TASKSEAL_OK)
        return err;
    if (place.len == 0)
        return TASKSEAL_ERR_NOT_SEALED;
    return rewrap(options, message, message_len, &place, out, out_cap, out_len);
}
