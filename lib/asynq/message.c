/* SPDX-License-Identifier: MIT */
#include "message.h"

#include "../core/wire.h"

/* Numbers of asynq.proto. */
enum field {
    TYPE = 1,
    PAYLOAD = 2,
    ID = 3,
    QUEUE = 4,
    RETRY = 5,
    ERROR_TEXT = 7,
    TIMEOUT = 8,
    DEADLINE = 9,
    UNIQUE_KEY = 10,
    RETENTION = 12,
    GROUP_KEY = 14
};

enum wire_type { VARINT = 0, FIXED64 = 1, BYTES = 2, FIXED32 = 5 };

/* Counts, and writes if `out` is not NULL: one code for both, so that they can't differ. */
typedef struct writer {
    uint8_t *out;
    size_t len;
} writer;

static void put_varint(writer *w, uint64_t value)
{
    do {
        uint8_t more = value > 0x7F ? 0x80 : 0;
        if (w->out != NULL)
            w->out[w->len] = (uint8_t)((value & 0x7F) | more);
        w->len++;
        value >>= 7;
    } while (value != 0);
}

static void put_tag(writer *w, enum field field, enum wire_type type)
{
    put_varint(w, (uint64_t)field << 3 | (uint64_t)type);
}

static void put_number(writer *w, enum field field, uint64_t value)
{
    if (value == 0)
        return;
    put_tag(w, field, VARINT);
    put_varint(w, value);
}

/* The length of a field and room for its bytes. */
static uint8_t *put_room(writer *w, enum field field, size_t len)
{
    if (len == 0)
        return NULL;
    put_tag(w, field, BYTES);
    put_varint(w, len);
    w->len += len;
    return w->out != NULL ? w->out + w->len - len : NULL;
}

static void put_text(writer *w, enum field field, taskseal_bytes text)
{
    uint8_t *room = put_room(w, field, text.len);
    if (room != NULL)
        memcpy(room, text.data, text.len);
}

size_t taskseal__asynq_message_put(const taskseal__asynq_message *message, uint8_t *out, uint8_t **payload)
{
    writer w = {out, 0};
    put_text(&w, TYPE, message->type);
    *payload = put_room(&w, PAYLOAD, message->payload_len);
    put_text(&w, ID, message->id);
    put_text(&w, QUEUE, message->queue);
    put_number(&w, RETRY, message->retry);
    put_number(&w, TIMEOUT, message->timeout);
    put_number(&w, DEADLINE, message->deadline);
    put_text(&w, UNIQUE_KEY, message->unique_key);
    put_number(&w, RETENTION, message->retention);
    put_text(&w, GROUP_KEY, message->group);
    return w.len;
}

/* ---- Reading ---- */

static bool take_varint(taskseal__reader *reader, uint64_t *value)
{
    uint8_t byte;
    *value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        if (!taskseal__take_u8(reader, &byte))
            return false;
        *value |= (uint64_t)(byte & 0x7F) << shift;
        if (byte <= 0x7F)
            return shift < 63 || byte <= 1;
    }
    return false;
}

/* Steps over a value, of which *len bytes are its own. */
static bool take_value(taskseal__reader *reader, uint64_t type, size_t *len)
{
    const uint8_t *bytes;
    uint64_t value;
    switch (type) {
    case VARINT:
        *len = 0;
        return take_varint(reader, &value);
    case FIXED64:
        *len = 8;
        break;
    case FIXED32:
        *len = 4;
        break;
    case BYTES:
        if (!take_varint(reader, &value) || value > reader->left)
            return false;
        *len = (size_t)value;
        break;
    default:
        return false;
    }
    return taskseal__take(reader, *len, &bytes);
}

bool taskseal__asynq_take_string(taskseal__reader *reader, const uint8_t **bytes, size_t *len)
{
    const bool taken = take_value(reader, BYTES, len);
    *bytes = taken ? reader->next - *len : NULL;
    return taken;
}

bool taskseal__asynq_take_field(taskseal__reader *reader, taskseal__asynq_field *field)
{
    uint64_t tag;
    if (!take_varint(reader, &tag) || tag >> 3 == 0 || tag >> 3 > UINT32_MAX >> 3)
        return false;
    field->length = reader->next;
    if (!take_value(reader, tag & 7, &field->len))
        return false;
    field->bytes = reader->next - field->len;
    field->kind = tag == ((uint64_t)PAYLOAD << 3 | BYTES)      ? TASKSEAL__ASYNQ_IS_PAYLOAD
                  : tag == ((uint64_t)ERROR_TEXT << 3 | BYTES) ? TASKSEAL__ASYNQ_IS_ERROR
                                                               : TASKSEAL__ASYNQ_OTHER;
    return true;
}

bool taskseal__asynq_message_find(const uint8_t *message, size_t len, taskseal__asynq_place *place)
{
    taskseal__reader reader = {message, len};
    taskseal__asynq_field field;
    bool found = false;
    *place = (taskseal__asynq_place){0, 0};
    while (reader.left > 0) {
        if (!taskseal__asynq_take_field(&reader, &field))
            return false;
        if (field.kind != TASKSEAL__ASYNQ_IS_PAYLOAD)
            continue;
        if (found)
            return false;
        found = true;
        *place = (taskseal__asynq_place){len - reader.left - field.len, field.len};
    }
    return true;
}

size_t taskseal__asynq_put_length(uint8_t *out, size_t len)
{
    writer w = {out, 0};
    put_varint(&w, len);
    return w.len;
}
