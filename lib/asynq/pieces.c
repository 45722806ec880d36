/* SPDX-License-Identifier: MIT */
#include "pieces.h"

#include "../core/wire.h"
#include "message.h"

/* bundle = "tskbundle1\n" string(group) { string(type) string(envelope) }...     string: length as varint, bytes
 * (bindings/go/asynqseal/group.go) */
static const char bundle_begins[] = "tskbundle1\n";

typedef struct walk {
    taskseal__asynq_take *take;
    void *data;
} walk;

static void give(const walk *w, taskseal__asynq_kind kind, const uint8_t *bytes, size_t len)
{
    w->take(kind, bytes, len, w->data);
}

static bool begins_with(const uint8_t *bytes, size_t len, const char *begin)
{
    const size_t begin_len = strlen(begin);
    return len >= begin_len && memcmp(bytes, begin, begin_len) == 0;
}

static void give_value(const walk *w, const uint8_t *bytes, size_t len)
{
    if (taskseal_is_sealed(bytes, len) == TASKSEAL_PLAIN)
        give(w, TASKSEAL__ASYNQ_STAYS, bytes, len);
    else
        give(w,
             begins_with(bytes, len, TASKSEAL_TEXT_PREFIX) ? TASKSEAL__ASYNQ_TEXT : TASKSEAL__ASYNQ_ENVELOPE,
             bytes, len);
}

/* ---- Bundles ---- */

/* `w` NULL: only tells whether it can be read, before anything of it is given. */
static bool give_bundle(const walk *w, const uint8_t *bundle, size_t len)
{
    taskseal__reader reader = {bundle + strlen(bundle_begins), len - strlen(bundle_begins)};
    const uint8_t *bytes, *stays = bundle;
    size_t bytes_len;
    if (!taskseal__asynq_take_string(&reader, &bytes, &bytes_len))
        return false;
    while (reader.left > 0) {
        if (!taskseal__asynq_take_string(&reader, &bytes, &bytes_len))
            return false;
        const uint8_t *length = reader.next;
        if (!taskseal__asynq_take_string(&reader, &bytes, &bytes_len))
            return false;
        if (w == NULL)
            continue;
        give(w, TASKSEAL__ASYNQ_STAYS, stays, (size_t)(length - stays));
        give(w, TASKSEAL__ASYNQ_LENGTH, length, (size_t)(bytes - length));
        give_value(w, bytes, bytes_len);
        give(w, TASKSEAL__ASYNQ_END, NULL, 0);
        stays = reader.next;
    }
    if (w != NULL)
        give(w, TASKSEAL__ASYNQ_STAYS, stays, (size_t)(bundle + len - stays));
    return true;
}

/* ---- Fields ---- */

static void give_payload(const walk *w, const uint8_t *bytes, size_t len)
{
    if (!begins_with(bytes, len, bundle_begins))
        give_value(w, bytes, len);
    else if (give_bundle(NULL, bytes, len))
        (void)give_bundle(w, bytes, len);
    else
        give(w, TASKSEAL__ASYNQ_DAMAGED, bytes, len);
}

/* Asynq puts the place of a panic in front of its text: the envelope is all from its beginning on. */
static void give_error(const walk *w, const uint8_t *bytes, size_t len)
{
    size_t at = 0;
    while (at < len && !begins_with(bytes + at, len - at, TASKSEAL_TEXT_PREFIX))
        at++;
    give(w, TASKSEAL__ASYNQ_STAYS, bytes, at);
    if (at < len)
        give(w, TASKSEAL__ASYNQ_TEXT, bytes + at, len - at);
}

bool taskseal__asynq_pieces(const uint8_t *message, size_t len, taskseal__asynq_take *take, void *data)
{
    const walk w = {take, data};
    taskseal__asynq_place place;
    if (!taskseal__asynq_message_find(message, len, &place))
        return false;
    taskseal__reader reader = {message, len};
    const uint8_t *stays = message;
    taskseal__asynq_field field;
    while (taskseal__asynq_take_field(&reader, &field)) {
        if (field.kind == TASKSEAL__ASYNQ_OTHER)
            continue;
        give(&w, TASKSEAL__ASYNQ_STAYS, stays, (size_t)(field.length - stays));
        give(&w, TASKSEAL__ASYNQ_LENGTH, field.length, (size_t)(field.bytes - field.length));
        (field.kind == TASKSEAL__ASYNQ_IS_PAYLOAD ? give_payload : give_error)(&w, field.bytes, field.len);
        give(&w, TASKSEAL__ASYNQ_END, NULL, 0);
        stays = reader.next;
    }
    give(&w, TASKSEAL__ASYNQ_STAYS, stays, (size_t)(message + len - stays));
    return true;
}
