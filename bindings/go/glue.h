/* SPDX-License-Identifier: MIT
 * What Go calls. Go may not pass memory of its own that holds pointers to more of it, so options travel as numbers
 * in one struct without pointers, and each pointer as an argument: valid during the call, never kept. */
#ifndef TASKSEAL_GO_GLUE_H
#define TASKSEAL_GO_GLUE_H

#include "taskseal.h"

/* The numbers of a call, in and out. */
typedef struct taskseal_go_call {
    size_t queue_len, type_len, id_len, extra_len; /* 0: the field is absent */
    size_t key_ids_len;                            /* of the ids, each with its NUL; 0: none given */
    size_t in_len, out_cap;
    uint64_t expires_at, lifetime, max_age, now;
    unsigned suite, purpose, flags, insist, allowed_suites;

    size_t out_len; /* what was written; what is needed, after BUFFER_TOO_SMALL or where `out` is NULL */
    size_t offset;  /* where the payload stands in place */
    uint64_t sealed_at, opened_expires_at, replay_until;
    uintptr_t key_id; /* the address of opened.key_id */
    unsigned opened_suite;
    uint8_t message_id[TASKSEAL_MESSAGE_ID_BYTES];
} taskseal_go_call;

/* One message of a batch: lengths only, for the bytes stand one behind the other. */
typedef struct taskseal_go_item {
    size_t queue_len, type_len, id_len, extra_len, in_len;
    size_t out_len; /* in: the room for it; out: the envelope's length */
} taskseal_go_item;

taskseal_err taskseal_go_seal_in_place(const taskseal_keyring *ring, taskseal_go_call *call,
                                       const char *queue, const char *type, const char *id,
                                       const char *extra, const char *key_ids, uint8_t *buffer);
taskseal_err taskseal_go_open_in_place(const taskseal_keyring *ring, taskseal_go_call *call,
                                       const char *queue, const char *type, const char *id,
                                       const char *extra, uint8_t *buffer);
taskseal_err taskseal_go_reseal(const taskseal_keyring *ring, taskseal_go_call *call, const char *queue,
                                const char *type, const char *id, const char *extra, const char *key_ids,
                                const uint8_t *sealed, uint8_t *out);

/* Sets out_len of each item to the size of its envelope. *failed: the first that can't be sealed. */
taskseal_err taskseal_go_batch_sizes(const taskseal_keyring *ring, const taskseal_go_call *call,
                                     const char *key_ids, taskseal_go_item *items, size_t count,
                                     const uint8_t *in, size_t *failed);
taskseal_err taskseal_go_batch_seal(const taskseal_keyring *ring, const taskseal_go_call *call,
                                    const char *key_ids, taskseal_go_item *items, size_t count,
                                    const uint8_t *in, uint8_t *out, size_t *failed);

/* `from` and `to` may be NULL. */
taskseal_err taskseal_go_rewrap(const taskseal_keyring *ring, const char *from, const char *to, uint64_t now,
                                const uint8_t *sealed, size_t sealed_len, uint8_t *out, size_t out_cap,
                                size_t *out_len);

/* `fields` stand one behind the other in `in`; without any, `in` is the payload. */
taskseal_err taskseal_go_dedupe(const taskseal_keyring *ring, const taskseal_go_call *call, const char *queue,
                                const char *type, const char *key_id, const uint8_t *in,
                                const size_t *field_lens, size_t field_count,
                                uint8_t tag[TASKSEAL_DEDUPE_TAG_BYTES]);

taskseal_err taskseal_go_stream_seal(taskseal_stream **stream, const taskseal_keyring *ring,
                                     const taskseal_go_call *call, const char *queue, const char *type,
                                     const char *id, const char *extra, const char *key_ids);
taskseal_err taskseal_go_stream_open(taskseal_stream **stream, const taskseal_keyring *ring,
                                     const taskseal_go_call *call, const char *queue, const char *type,
                                     const char *id, const char *extra);
taskseal_err taskseal_go_stream_update(taskseal_stream *stream, const uint8_t *in, size_t len, uint8_t *out,
                                       size_t out_cap, size_t *out_len);
taskseal_err taskseal_go_stream_finish(taskseal_stream *stream, taskseal_go_call *call, uint8_t *out);

/* The library's own, for bytes: of a void pointer cgo looks at the whole of Go's object around it, and ends the program
 * if that holds pointers elsewhere. */
static inline taskseal_err taskseal_go_inspect(const uint8_t *sealed, size_t len, taskseal_info *info)
{
    return taskseal_inspect(sealed, len, info);
}

static inline taskseal_err taskseal_go_message_id(const uint8_t *sealed, size_t len, uint8_t *id)
{
    return taskseal_message_id(sealed, len, id);
}

static inline taskseal_sealed taskseal_go_is_sealed(const uint8_t *data, size_t len)
{
    return taskseal_is_sealed(data, len);
}

static inline taskseal_err taskseal_go_text_encode(const uint8_t *sealed, size_t len, char *text, size_t text_cap,
                                                   size_t *text_len)
{
    return taskseal_text_encode(sealed, len, text, text_cap, text_len);
}

static inline taskseal_err taskseal_go_text_decode(const char *text, size_t len, uint8_t *sealed, size_t sealed_cap,
                                                   size_t *sealed_len)
{
    return taskseal_text_decode(text, len, sealed, sealed_cap, sealed_len);
}

/* The key id that a call has told the address of. */
const char *taskseal_go_key_id(uintptr_t address);

/* Wipes and frees memory that Go had from malloc. */
void taskseal_go_wipe(void *memory, size_t len);

#endif
