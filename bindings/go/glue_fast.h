/* SPDX-License-Identifier: MIT
 * What is called for every message, inline: a call less on the way back from the system call for random bytes, after
 * which no return is predicted. And how numbers and pointers become options, for glue.c too. */
#ifndef TASKSEAL_GO_GLUE_FAST_H
#define TASKSEAL_GO_GLUE_FAST_H

#include <string.h>

#include "glue.h"

static inline taskseal_bytes field(const void *data, size_t len)
{
    return (taskseal_bytes){len != 0 ? data : NULL, len};
}

static inline taskseal_context context_of(const taskseal_go_call *call, const char *queue, const char *type,
                                          const char *id, const char *extra)
{
    return (taskseal_context){field(queue, call->queue_len), field(type, call->type_len),
                              field(id, call->id_len), field(extra, call->extra_len)};
}

/* One more than an envelope takes, so that the library sees that it is too many. */
enum { IDS_MAX = TASKSEAL_STANZAS_MAX + 1 };

static inline size_t split_ids(const char *ids[IDS_MAX], const char *text, size_t len)
{
    size_t count = 0;
    for (size_t at = 0; at < len && count < IDS_MAX; at += strlen(text + at) + 1)
        ids[count++] = text + at;
    return count;
}

static inline taskseal_seal_options seal_options(const taskseal_keyring *ring, const taskseal_go_call *call,
                                                 const taskseal_context *context, const char *key_ids,
                                                 const char *ids[IDS_MAX])
{
    size_t count = split_ids(ids, key_ids, call->key_ids_len);
    return (taskseal_seal_options){.keyring = ring,
                                   .key_ids = count != 0 ? ids : NULL,
                                   .key_count = count,
                                   .context = *context,
                                   .suite = (taskseal_suite)call->suite,
                                   .purpose = (taskseal_purpose)call->purpose,
                                   .flags = call->flags,
                                   .expires_at = call->expires_at,
                                   .lifetime = call->lifetime,
                                   .now = call->now};
}

static inline taskseal_open_options open_options(const taskseal_keyring *ring, const taskseal_go_call *call,
                                                 const taskseal_context *context)
{
    return (taskseal_open_options){.keyring = ring,
                                   .context = *context,
                                   .insist = call->insist,
                                   .purpose = (taskseal_purpose)call->purpose,
                                   .allowed_suites = call->allowed_suites,
                                   .max_age = call->max_age,
                                   .now = call->now};
}

static inline void tell_opened(taskseal_go_call *call, const taskseal_opened *opened)
{
    memcpy(call->message_id, opened->message_id, sizeof call->message_id);
    call->key_id = (uintptr_t)opened->key_id;
    call->opened_suite = (unsigned)opened->suite;
    call->sealed_at = opened->sealed_at;
    call->opened_expires_at = opened->expires_at;
    call->replay_until = opened->replay_until;
}

/* The keyring, which is memory of C, is a number to Go: a pointer to what Go can't see into is checked at each call. */
static inline taskseal_err taskseal_go_seal(uintptr_t ring, taskseal_go_call *call, const char *queue,
                                            const char *type, const char *id, const char *extra,
                                            const char *key_ids, const uint8_t *payload, uint8_t *out)
{
    const char *ids[IDS_MAX];
    taskseal_context context = context_of(call, queue, type, id, extra);
    taskseal_seal_options options =
        seal_options((const taskseal_keyring *)ring, call, &context, key_ids, ids);
    if (out == NULL)
        return taskseal_seal_size(&options, call->in_len, &call->out_len, &call->offset);
    taskseal_err err = taskseal_seal(&options, payload, call->in_len, out, call->out_cap, &call->out_len);
    if (err == TASKSEAL_ERR_BUFFER_TOO_SMALL &&
        taskseal_seal_size(&options, call->in_len, &call->out_len, NULL) != TASKSEAL_OK)
        call->out_len = 0;
    return err;
}

static inline taskseal_err taskseal_go_open(uintptr_t ring, taskseal_go_call *call, const char *queue,
                                            const char *type, const char *id, const char *extra,
                                            const uint8_t *sealed, uint8_t *out)
{
    taskseal_opened opened;
    taskseal_context context = context_of(call, queue, type, id, extra);
    taskseal_open_options options = open_options((const taskseal_keyring *)ring, call, &context);
    if (out == NULL)
        return taskseal_open_size(sealed, call->in_len, &call->out_len);
    taskseal_err err =
        taskseal_open(&options, sealed, call->in_len, out, call->out_cap, &call->out_len, &opened);
    if (err == TASKSEAL_OK)
        tell_opened(call, &opened);
    else if (err == TASKSEAL_ERR_BUFFER_TOO_SMALL &&
             taskseal_open_size(sealed, call->in_len, &call->out_len) != TASKSEAL_OK)
        call->out_len = 0;
    return err;
}

#endif
