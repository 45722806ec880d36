/* SPDX-License-Identifier: MIT */
#include "glue_fast.h"

#include <sodium.h>
#include <stdlib.h>

#if SODIUM_LIBRARY_VERSION_MAJOR < 10 ||                                                                     \
    (SODIUM_LIBRARY_VERSION_MAJOR == 10 && SODIUM_LIBRARY_VERSION_MINOR < 3)
#error "taskseal needs libsodium 1.0.18 or newer"
#endif

/* ---- Sealing and opening in place ---- */

taskseal_err taskseal_go_seal_in_place(const taskseal_keyring *ring, taskseal_go_call *call,
                                       const char *queue, const char *type, const char *id, const char *extra,
                                       const char *key_ids, uint8_t *buffer)
{
    const char *ids[IDS_MAX];
    taskseal_context context = context_of(call, queue, type, id, extra);
    taskseal_seal_options options = seal_options(ring, call, &context, key_ids, ids);
    return taskseal_seal_in_place(&options, buffer, call->out_cap, call->in_len, &call->out_len);
}

taskseal_err taskseal_go_open_in_place(const taskseal_keyring *ring, taskseal_go_call *call,
                                       const char *queue, const char *type, const char *id, const char *extra,
                                       uint8_t *buffer)
{
    taskseal_opened opened;
    void *payload;
    taskseal_context context = context_of(call, queue, type, id, extra);
    taskseal_open_options options = open_options(ring, call, &context);
    taskseal_err err =
        taskseal_open_in_place(&options, buffer, call->in_len, &payload, &call->out_len, &opened);
    if (err == TASKSEAL_OK) {
        call->offset = (size_t)((uint8_t *)payload - buffer);
        tell_opened(call, &opened);
    }
    return err;
}

/* ---- Batches ---- */

static taskseal_context item_context(const taskseal_go_item *item, const uint8_t *in)
{
    const uint8_t *type = in + item->queue_len, *id = type + item->type_len, *extra = id + item->id_len;
    return (taskseal_context){field(in, item->queue_len), field(type, item->type_len),
                              field(id, item->id_len), field(extra, item->extra_len)};
}

static size_t context_len(const taskseal_go_item *item)
{
    return item->queue_len + item->type_len + item->id_len + item->extra_len;
}

taskseal_err taskseal_go_batch_sizes(const taskseal_keyring *ring, const taskseal_go_call *call,
                                     const char *key_ids, taskseal_go_item *items, size_t count,
                                     const uint8_t *in, size_t *failed)
{
    const char *ids[IDS_MAX];
    for (size_t i = 0; i < count; i++) {
        taskseal_context context = item_context(&items[i], in);
        taskseal_seal_options options = seal_options(ring, call, &context, key_ids, ids);
        taskseal_err err = taskseal_seal_size(&options, items[i].in_len, &items[i].out_len, NULL);
        if (err != TASKSEAL_OK) {
            *failed = i;
            return err;
        }
        in += context_len(&items[i]) + items[i].in_len;
    }
    return TASKSEAL_OK;
}

/* As many as the library draws random bytes for at a time. */
enum { GROUP = 32 };

/* Seals a group; *in and *out are moved behind it. */
static taskseal_err seal_group(const taskseal_seal_options *options, taskseal_go_item *items, size_t count,
                               const uint8_t **in, uint8_t **out, size_t *failed)
{
    taskseal_seal_item group[GROUP];
    for (size_t i = 0; i < count; i++) {
        const uint8_t *payload = *in + context_len(&items[i]);
        group[i] = (taskseal_seal_item){.context = item_context(&items[i], *in),
                                        .payload = payload,
                                        .payload_len = items[i].in_len,
                                        .out = *out,
                                        .out_cap = items[i].out_len};
        *in = payload + items[i].in_len;
        *out += items[i].out_len;
    }
    taskseal_err err = taskseal_seal_batch(options, group, count, failed);
    for (size_t i = 0; i < count; i++)
        items[i].out_len = group[i].out_len;
    return err;
}

taskseal_err taskseal_go_batch_seal(const taskseal_keyring *ring, const taskseal_go_call *call,
                                    const char *key_ids, taskseal_go_item *items, size_t count,
                                    const uint8_t *in, uint8_t *out, size_t *failed)
{
    const char *ids[IDS_MAX];
    const taskseal_context none = {0};
    taskseal_seal_options options = seal_options(ring, call, &none, key_ids, ids);
    for (size_t at = 0; at < count; at += GROUP) {
        size_t len = count - at < GROUP ? count - at : GROUP;
        taskseal_err err = seal_group(&options, items + at, len, &in, &out, failed);
        if (err != TASKSEAL_OK) {
            *failed = *failed < len ? at + *failed : count;
            return err;
        }
    }
    return TASKSEAL_OK;
}

/* ---- The others ---- */

taskseal_err taskseal_go_rewrap(const taskseal_keyring *ring, const char *from, const char *to, uint64_t now,
                                const uint8_t *sealed, size_t sealed_len, uint8_t *out, size_t out_cap,
                                size_t *out_len)
{
    taskseal_rewrap_options options = {.keyring = ring, .from_key_id = from, .to_key_id = to, .now = now};
    return taskseal_rewrap(&options, sealed, sealed_len, out, out_cap, out_len);
}

taskseal_err taskseal_go_reseal(const taskseal_keyring *ring, taskseal_go_call *call, const char *queue,
                                const char *type, const char *id, const char *extra, const char *key_ids,
                                const uint8_t *sealed, uint8_t *out)
{
    const char *ids[IDS_MAX];
    taskseal_opened opened;
    taskseal_context context = context_of(call, queue, type, id, extra);
    taskseal_reseal_options options = {.open = open_options(ring, call, &context),
                                       .suite = (taskseal_suite)call->suite};
    options.key_count = split_ids(ids, key_ids, call->key_ids_len);
    options.key_ids = options.key_count != 0 ? ids : NULL;
    if (out == NULL)
        return taskseal_reseal_size(&options, sealed, call->in_len, &call->out_len);
    taskseal_err err =
        taskseal_reseal(&options, sealed, call->in_len, out, call->out_cap, &call->out_len, &opened);
    if (err == TASKSEAL_OK)
        tell_opened(call, &opened);
    return err;
}

taskseal_err taskseal_go_dedupe(const taskseal_keyring *ring, const taskseal_go_call *call, const char *queue,
                                const char *type, const char *key_id, const uint8_t *in,
                                const size_t *field_lens, size_t field_count,
                                uint8_t tag[TASKSEAL_DEDUPE_TAG_BYTES])
{
    taskseal_bytes *fields = NULL;
    if (field_count != 0) {
        fields = calloc(field_count, sizeof *fields);
        if (fields == NULL)
            return TASKSEAL_ERR_NO_MEMORY;
    }
    for (size_t i = 0, at = 0; i < field_count; at += field_lens[i], i++)
        fields[i] = (taskseal_bytes){in + at, field_lens[i]};
    taskseal_dedupe_options options = {.keyring = ring,
                                       .key_id = key_id,
                                       .queue = field(queue, call->queue_len),
                                       .type = field(type, call->type_len),
                                       .fields = fields,
                                       .field_count = field_count,
                                       .now = call->now};
    taskseal_err err = taskseal_dedupe_tag(&options, in, call->in_len, tag);
    free(fields);
    return err;
}

/* ---- Streams ---- */

taskseal_err taskseal_go_stream_seal(taskseal_stream **stream, const taskseal_keyring *ring,
                                     const taskseal_go_call *call, const char *queue, const char *type,
                                     const char *id, const char *extra, const char *key_ids)
{
    const char *ids[IDS_MAX];
    taskseal_context context = context_of(call, queue, type, id, extra);
    taskseal_seal_options options = seal_options(ring, call, &context, key_ids, ids);
    return taskseal_stream_seal(stream, &options);
}

taskseal_err taskseal_go_stream_open(taskseal_stream **stream, const taskseal_keyring *ring,
                                     const taskseal_go_call *call, const char *queue, const char *type,
                                     const char *id, const char *extra)
{
    taskseal_context context = context_of(call, queue, type, id, extra);
    taskseal_open_options options = open_options(ring, call, &context);
    return taskseal_stream_open(stream, &options);
}

taskseal_err taskseal_go_stream_update(taskseal_stream *stream, const uint8_t *in, size_t len, uint8_t *out,
                                       size_t out_cap, size_t *out_len)
{
    return taskseal_stream_update(stream, in, len, out, out_cap, out_len);
}

taskseal_err taskseal_go_stream_finish(taskseal_stream *stream, taskseal_go_call *call, uint8_t *out)
{
    taskseal_opened opened;
    taskseal_err err = taskseal_stream_finish(stream, out, call->out_cap, &call->out_len, &opened);
    if (err == TASKSEAL_OK)
        tell_opened(call, &opened);
    return err;
}

const char *taskseal_go_key_id(uintptr_t address)
{
    return (const char *)address;
}

void taskseal_go_wipe(void *memory, size_t len)
{
    if (memory != NULL)
        sodium_memzero(memory, len);
    free(memory);
}
