/* SPDX-License-Identifier: MIT
 * The envelopes of a task's message: found, and moved to another KEK. Every other byte of the message stays. */
#include <taskseal/asynq.h>

#include "../core/wire.h"
#include "message.h"
#include "pieces.h"

taskseal_err taskseal_asynq_payload(const void *message, size_t message_len, taskseal_bytes *payload)
{
    taskseal__asynq_place place;
    if (payload == NULL)
        return TASKSEAL_ERR_BAD_ARGUMENT;
    *payload = (taskseal_bytes){NULL, 0};
    if (message == NULL && message_len != 0)
        return TASKSEAL_ERR_BAD_ARGUMENT;
    if (!taskseal__asynq_message_find(message, message_len, &place))
        return TASKSEAL_ERR_MALFORMED;
    if (place.len != 0)
        *payload = (taskseal_bytes){(const uint8_t *)message + place.data, place.len};
    return TASKSEAL_OK;
}

/* ---- Finding ---- */

typedef struct finding {
    taskseal_asynq_envelope *found;
    void *data;
} finding;

static bool is_envelope(taskseal__asynq_kind kind)
{
    return kind == TASKSEAL__ASYNQ_ENVELOPE || kind == TASKSEAL__ASYNQ_TEXT ||
           kind == TASKSEAL__ASYNQ_DAMAGED;
}

static void find(taskseal__asynq_kind kind, const uint8_t *bytes, size_t len, void *data)
{
    const finding *self = data;
    if (is_envelope(kind))
        self->found((taskseal_bytes){bytes, len},
                    kind == TASKSEAL__ASYNQ_DAMAGED ? TASKSEAL_ERR_MALFORMED : TASKSEAL_OK, self->data);
}

taskseal_err taskseal_asynq_envelopes(const void *message, size_t message_len, taskseal_asynq_envelope *found,
                                      void *data)
{
    finding self = {found, data};
    if (found == NULL || (message == NULL && message_len != 0))
        return TASKSEAL_ERR_BAD_ARGUMENT;
    return taskseal__asynq_pieces(message, message_len, find, &self) ? TASKSEAL_OK : TASKSEAL_ERR_MALFORMED;
}

/* ---- How much room moving takes ---- */

typedef struct room {
    size_t all;
    size_t scratch; /* for a text: what it decodes to, and that moved */
} room;

static void add(size_t *sum, size_t more)
{
    *sum = more <= SIZE_MAX - *sum ? *sum + more : SIZE_MAX;
}

static void count(taskseal__asynq_kind kind, const uint8_t *bytes, size_t len, void *data)
{
    room *self = data;
    add(&self->all, kind == TASKSEAL__ASYNQ_LENGTH ? TASKSEAL__ASYNQ_LENGTH_MAX : len);
    /* What is no envelope after all never grows. */
    if (!is_envelope(kind) || taskseal_is_sealed(bytes, len) != TASKSEAL_SEALED)
        return;
    const size_t growth = taskseal_rewrap_size(0);
    add(&self->all, growth);
    if (kind == TASKSEAL__ASYNQ_TEXT) {
        size_t scratch = len; /* base64url makes 4 bytes of 3 */
        add(&scratch, len);
        add(&scratch, growth);
        self->scratch = self->scratch > scratch ? self->scratch : scratch;
        add(&self->all, growth / 3 + 8);
    }
}

size_t taskseal_asynq_rewrap_size(const void *message, size_t message_len)
{
    room self = {0, 0};
    if (message != NULL && taskseal__asynq_pieces(message, message_len, count, &self))
        add(&self.all, self.scratch);
    return self.all != 0 ? self.all : 1;
}

/* ---- Moving ---- */

typedef struct level {
    const uint8_t *old; /* the length as it was */
    size_t old_len;
    uint8_t *begin; /* of what it is the length of; TASKSEAL__ASYNQ_LENGTH_MAX bytes before it are free */
    size_t moved;   /* envelopes before it */
} level;

typedef struct moving {
    const taskseal_rewrap_options *options;
    taskseal_asynq_envelope *done;
    void *data;
    uint8_t *at, *end; /* of the buffer */
    level levels[TASKSEAL__ASYNQ_DEPTH];
    size_t depth;
    size_t envelopes;
    size_t moved;
} moving;

static bool names(const taskseal_info *info, const char *key_id)
{
    for (size_t i = 0; i < info->stanza_count; i++)
        if (strcmp(info->stanzas[i].key_id, key_id) == 0)
            return true;
    return false;
}

/* Whether an envelope is to be moved. Those that can't be read are: then the reason is told. */
static bool is_meant(const taskseal_rewrap_options *options, const uint8_t *sealed, size_t len)
{
    taskseal_info info;
    if (taskseal_inspect(sealed, len, &info) != TASKSEAL_OK)
        return true;
    if (options->from_key_id != NULL)
        return names(&info, options->from_key_id);
    return options->to_key_id == NULL || !names(&info, options->to_key_id);
}

/* *len is 0 if it is not meant. */
static taskseal_err move_binary(const moving *self, const uint8_t *sealed, size_t sealed_len, uint8_t *out,
                                size_t *len)
{
    *len = 0;
    if (!is_meant(self->options, sealed, sealed_len))
        return TASKSEAL_OK;
    return taskseal_rewrap(self->options, sealed, sealed_len, out, (size_t)(self->end - out), len);
}

/* By way of the buffer's end, which taskseal_asynq_rewrap_size has made long enough. */
static taskseal_err move_text(const moving *self, const uint8_t *text, size_t text_len, size_t *len)
{
    const size_t growth = taskseal_rewrap_size(0);
    size_t old_len, new_len;
    *len = 0;
    if (taskseal_is_sealed(text, text_len) != TASKSEAL_SEALED)
        return taskseal_text_decode((const char *)text, text_len, self->at, (size_t)(self->end - self->at),
                                    &old_len);
    uint8_t *old = self->end - 2 * text_len - growth, *new = old + text_len;
    taskseal_err err = taskseal_text_decode((const char *)text, text_len, old, text_len, &old_len);
    if (err == TASKSEAL_OK)
        err = move_binary(self, old, old_len, new, &new_len);
    if (err == TASKSEAL_OK && new_len != 0)
        err = taskseal_text_encode(new, new_len, (char *)self->at, (size_t)(old - self->at), len);
    return err;
}

static void put(moving *self, const uint8_t *bytes, size_t len)
{
    if (len != 0)
        self->at = taskseal__put(self->at, bytes, len);
}

static void move_envelope(moving *self, taskseal__asynq_kind kind, const uint8_t *bytes, size_t len)
{
    size_t new_len = 0;
    taskseal_err err = TASKSEAL_ERR_MALFORMED;
    if (kind == TASKSEAL__ASYNQ_ENVELOPE)
        err = move_binary(self, bytes, len, self->at, &new_len);
    else if (kind == TASKSEAL__ASYNQ_TEXT)
        err = move_text(self, bytes, len, &new_len);
    self->envelopes++;
    self->moved += new_len != 0;
    self->at += new_len;
    if (new_len == 0)
        put(self, bytes, len);
    if (new_len != 0 || err != TASKSEAL_OK)
        self->done((taskseal_bytes){bytes, len}, err, self->data);
}

static void begin_length(moving *self, const uint8_t *old, size_t old_len)
{
    self->at += TASKSEAL__ASYNQ_LENGTH_MAX;
    self->levels[self->depth++] = (level){old, old_len, self->at, self->moved};
}

/* A length of something that stays is kept as it was written, which need not be how it is written here. */
static void end_length(moving *self)
{
    const level *this = &self->levels[--self->depth];
    const size_t len = (size_t)(self->at - this->begin);
    uint8_t *at = this->begin - TASKSEAL__ASYNQ_LENGTH_MAX;
    at = self->moved == this->moved ? taskseal__put(at, this->old, this->old_len)
                                    : at + taskseal__asynq_put_length(at, len);
    memmove(at, this->begin, len);
    self->at = at + len;
}

static void move(taskseal__asynq_kind kind, const uint8_t *bytes, size_t len, void *data)
{
    moving *self = data;
    if (kind == TASKSEAL__ASYNQ_LENGTH)
        begin_length(self, bytes, len);
    else if (kind == TASKSEAL__ASYNQ_END)
        end_length(self);
    else if (kind == TASKSEAL__ASYNQ_STAYS)
        put(self, bytes, len);
    else
        move_envelope(self, kind, bytes, len);
}

taskseal_err taskseal_asynq_rewrap(const taskseal_rewrap_options *options, const void *message,
                                   size_t message_len, void *out, size_t out_cap, size_t *out_len,
                                   taskseal_asynq_envelope *done, void *data)
{
    taskseal_bytes payload;
    if (out_len == NULL)
        return TASKSEAL_ERR_BAD_ARGUMENT;
    *out_len = 0;
    if (options == NULL || options->keyring == NULL || options->now > TASKSEAL_TIME_MAX || out == NULL ||
        done == NULL || taskseal__overlap(message, message_len, out, out_cap))
        return TASKSEAL_ERR_BAD_ARGUMENT;
    taskseal_err err = taskseal_asynq_payload(message, message_len, &payload);
    if (err != TASKSEAL_OK)
        return err;
    if (out_cap < taskseal_asynq_rewrap_size(message, message_len))
        return TASKSEAL_ERR_BUFFER_TOO_SMALL;
    moving self = {
        .options = options, .done = done, .data = data, .at = out, .end = (uint8_t *)out + out_cap};
    (void)taskseal__asynq_pieces(message, message_len, move, &self);
    if (self.envelopes == 0)
        return TASKSEAL_ERR_NOT_SEALED;
    *out_len = (size_t)(self.at - (uint8_t *)out);
    return TASKSEAL_OK;
}
