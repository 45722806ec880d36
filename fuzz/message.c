/* SPDX-License-Identifier: MIT
 * Input: any bytes, taken as a task's message of Asynq's, whose envelopes are moved to another key of a fixed keyring (that
 * of open's seeds). Whatever comes of it, all bytes but those of their headers and of lengths stay, the ciphertexts too;
 * what can't be moved stays wholly; and what was no message is none afterwards. */
#include "fuzz.h"

#include <taskseal/asynq.h>

static const taskseal_keyring *keyring(void)
{
    static const char text[] = "taskseal-keyring 1\n"
                               "key mail-k01 xchacha20poly1305 active "
                               "tskek1_ouzlX3qtOtzg9FsNt5C7SJxUuOvhO7NUBqxPzbbGduw\n"
                               "key another-and-longer-key-id-k02 xchacha20poly1305 active "
                               "tskek1__aBRtphvj9iAOJ7fbztT1hXAd6jmL6pwbnq2SqWMaYU\n";
    static taskseal_keyring *ring;
    if (ring == NULL)
        HOLDS(taskseal_keyring_parse(&ring, text, sizeof text - 1, NULL) == TASKSEAL_OK);
    return ring;
}

/* ---- What stays: the message without its envelopes, and without the lengths around them ---- */

typedef struct rest {
    uint8_t *bytes;
    size_t len;
} rest;

static void keep(rest *to, const uint8_t *from, const uint8_t *end)
{
    if (from != end)
        memcpy(to->bytes + to->len, from, (size_t)(end - from));
    to->len += (size_t)(end - from);
}

/* False if there is none. */
static bool varint(const uint8_t **at, const uint8_t *end, uint64_t *value)
{
    *value = 0;
    for (unsigned shift = 0; *at < end && shift < 64; shift += 7) {
        const uint8_t byte = *(*at)++;
        *value |= (uint64_t)(byte & 0x7F) << shift;
        if (byte < 0x80)
            return shift < 63 || byte < 2;
    }
    return false;
}

/* Moves *at behind a length and as many bytes, and *begin to these. */
static bool string(const uint8_t **at, const uint8_t *end, const uint8_t **begin)
{
    uint64_t len;
    if (!varint(at, end, &len) || len > (size_t)(end - *at))
        return false;
    *begin = *at;
    *at += len;
    return true;
}

static void keep_value(rest *to, const uint8_t *from, const uint8_t *end)
{
    if (taskseal_is_sealed(from, (size_t)(end - from)) == TASKSEAL_PLAIN)
        keep(to, from, end);
}

static void keep_payload(rest *to, const uint8_t *from, const uint8_t *end)
{
    static const char begins[] = "tskbundle1\n";
    const size_t before = to->len, begins_len = sizeof begins - 1;
    const uint8_t *at = from + begins_len, *begin;
    if ((size_t)(end - from) < begins_len || memcmp(from, begins, begins_len) != 0) {
        keep_value(to, from, end);
        return;
    }
    bool whole = string(&at, end, &begin);
    keep(to, from, at);
    while (whole && at < end) {
        const uint8_t *type = at;
        whole = string(&at, end, &begin);
        keep(to, type, at);
        whole = whole && string(&at, end, &begin);
        if (whole)
            keep_value(to, begin, at);
    }
    if (!whole) {
        to->len = before;
        keep(to, from, end);
    }
}

static void keep_error(rest *to, const uint8_t *from, const uint8_t *end)
{
    const uint8_t *text = memmem(from, (size_t)(end - from), TASKSEAL_TEXT_PREFIX, strlen(TASKSEAL_TEXT_PREFIX));
    keep(to, from, text != NULL ? text : end);
}

static rest rest_of(const uint8_t *message, size_t len)
{
    static const unsigned fixed[8] = {[1] = 8, [5] = 4};
    rest all = {must_allocate(2 * len), 0};
    const uint8_t *at = message, *end = message + len, *begin = NULL;
    while (at < end) {
        const uint8_t *field = at;
        uint64_t tag, value;
        HOLDS(varint(&at, end, &tag));
        keep(&all, field, at);
        field = at;
        if ((tag & 7) == 2)
            HOLDS(string(&at, end, &begin));
        else if ((tag & 7) == 0)
            HOLDS(varint(&at, end, &value));
        else
            at += fixed[tag & 7];
        if (tag == 0x12)
            keep_payload(&all, begin, at);
        else if (tag == 0x3A)
            keep_error(&all, begin, at);
        else
            keep(&all, field, at);
    }
    return all;
}

/* ---- What moves ---- */

typedef struct envelopes {
    taskseal_bytes *all;
    size_t count, told, moved;
} envelopes;

static void find(taskseal_bytes sealed, taskseal_err err, void *data)
{
    envelopes *to = data;
    HOLDS(sealed.len > 0 && (err == TASKSEAL_OK || err == TASKSEAL_ERR_MALFORMED));
    to->all[to->count++] = sealed;
}

static void note(taskseal_bytes sealed, taskseal_err err, void *data)
{
    envelopes *to = data;
    while (to->told < to->count && to->all[to->told].data != sealed.data)
        to->told++; /* what is not told of stays */
    HOLDS(to->told < to->count && to->all[to->told].len == sealed.len);
    to->told++;
    to->moved += err == TASKSEAL_OK;
}

static envelopes envelopes_of(const uint8_t *message, size_t len)
{
    envelopes found = {.all = must_allocate((len + 1) * sizeof *found.all)};
    HOLDS(taskseal_asynq_envelopes(message, len, find, &found) == TASKSEAL_OK);
    return found;
}

/* The chunks of one in binary form; 0: it is none. */
static size_t chunks_of(taskseal_bytes sealed, const uint8_t **chunks)
{
    taskseal_info info;
    if (taskseal_inspect(sealed.data, sealed.len, &info) != TASKSEAL_OK)
        return 0;
    *chunks = (const uint8_t *)sealed.data + info.header_len;
    return sealed.len - info.header_len;
}

static taskseal_bytes binary_of(taskseal_bytes sealed, uint8_t *room)
{
    size_t len;
    if (taskseal_text_decode(sealed.data, sealed.len, room, sealed.len, &len) != TASKSEAL_OK)
        return sealed;
    return (taskseal_bytes){room, len};
}

static bool moved(taskseal_bytes old, taskseal_bytes new)
{
    if (old.len == new.len && memcmp(old.data, new.data, old.len) == 0)
        return false;
    uint8_t *rooms[] = {must_allocate(old.len), must_allocate(new.len)};
    const uint8_t *a = NULL, *b = NULL;
    const size_t len = chunks_of(binary_of(old, rooms[0]), &a);
    HOLDS(len > 0 && chunks_of(binary_of(new, rooms[1]), &b) == len && memcmp(a, b, len) == 0);
    free(rooms[0]);
    free(rooms[1]);
    return true;
}

static void compare(const uint8_t *before, size_t before_len, const envelopes *old, const uint8_t *after, size_t after_len)
{
    rest a = rest_of(before, before_len), b = rest_of(after, after_len);
    HOLDS(a.len == b.len && memcmp(a.bytes, b.bytes, a.len) == 0);
    free(a.bytes);
    free(b.bytes);
    envelopes new = envelopes_of(after, after_len);
    size_t count = 0;
    HOLDS(new.count == old->count);
    for (size_t i = 0; i < new.count; i++)
        count += moved(old->all[i], new.all[i]);
    HOLDS(count == old->moved);
    HOLDS(count > 0 || (before_len == after_len && memcmp(before, after, after_len) == 0));
    free(new.all);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const taskseal_rewrap_options options = {
        .keyring = keyring(), .to_key_id = "another-and-longer-key-id-k02", .now = UINT64_C(1800000060)};
    const size_t cap = taskseal_asynq_rewrap_size(data, size);
    taskseal_bytes payload;
    size_t len = 1;
    taskseal_err found = taskseal_asynq_payload(data, size, &payload);
    HOLDS(found == TASKSEAL_OK || (found == TASKSEAL_ERR_MALFORMED && payload.data == NULL));
    if (payload.data != NULL)
        HOLDS((const uint8_t *)payload.data > data &&
              payload.len <= (size_t)(data + size - (const uint8_t *)payload.data));
    envelopes old = {0};
    if (found == TASKSEAL_OK)
        old = envelopes_of(data, size);
    uint8_t *out = must_allocate(cap);
    taskseal_err err = taskseal_asynq_rewrap(&options, data, size, out, cap, &len, note, &old);
    HOLDS((err == TASKSEAL_OK) == (len != 0));
    HOLDS(err == (found != TASKSEAL_OK ? found : old.count == 0 ? TASKSEAL_ERR_NOT_SEALED : TASKSEAL_OK));
    if (err == TASKSEAL_OK) {
        if (old.moved > 0)
            reached_depth();
        compare(data, size, &old, out, len);
        HOLDS(taskseal_asynq_rewrap(&options, data, size, out, cap - 1, &len, note, &old) == TASKSEAL_ERR_BUFFER_TOO_SMALL);
    }
    free(old.all);
    free(out);
    return 0;
}
