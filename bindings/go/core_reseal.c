/* SPDX-License-Identifier: MIT
 * Made by bundle.py of lib/core/reseal.c; do not edit. */
/* SPDX-License-Identifier: MIT
 * Sealing the payload of an envelope anew, with a fresh DEK (F 10.10). The payload is decrypted to the place where
 * the new chunks will stand, and encrypted there: it needs no other memory. */
#include "core.h"

/* The context without the fields that the envelope is not bound to. */
static taskseal_context bound_context(const taskseal_context *given, unsigned bound)
{
    taskseal_context context = {{0}, {0}, {0}, {0}};
    if ((bound & TASKSEAL_BOUND_QUEUE) != 0)
        context.queue = given->queue;
    if ((bound & TASKSEAL_BOUND_TYPE) != 0)
        context.type = given->type;
    if ((bound & TASKSEAL_BOUND_ID) != 0)
        context.id = given->id;
    if ((bound & TASKSEAL_BOUND_EXTRA) != 0)
        context.extra = given->extra;
    return context;
}

/* What seals the same message anew: its times, bindings, purpose and padding, as its header says. */
static taskseal_seal_options seal_options(const taskseal_reseal_options *options,
                                          const taskseal__header *header)
{
    return (taskseal_seal_options){
        .keyring = options->open.keyring,
        .key_ids = options->key_ids,
        .key_count = options->key_count,
        .context = bound_context(&options->open.context, header->bound),
        .suite = options->suite != 0 ? options->suite : header->suite,
        .purpose = header->purpose,
        .flags = TASKSEAL_SEAL_ALLOW_SEALED | (header->padded ? TASKSEAL_SEAL_PADDED : 0U),
        .expires_at = header->expires_at,
        .now = header->sealed_at,
    };
}

/* Decrypts to where the new envelope's chunks will stand, and seals there. */
static taskseal_err decrypt_and_seal(const taskseal__opening *o, const taskseal_reseal_options *options,
                                     uint8_t *out, size_t out_cap, size_t *out_len)
{
    taskseal__plan p;
    uint8_t random[TASKSEAL__RANDOM_MAX];
    size_t payload_len;
    const taskseal_seal_options seal = seal_options(options, &o->header);
    /* A padded payload may be shorter than its chunks tell, never longer, and its new chunks are as long. */
    taskseal_err err = taskseal__plan_make(&p, &seal, o->header.padded ? 0 : o->header.payload_len);
    if (err != TASKSEAL_OK)
        return err;
    if (out_cap < p.header_len || out_cap - p.header_len < o->header.payload_len)
        return TASKSEAL_ERR_BUFFER_TOO_SMALL;
    uint8_t *payload = out + p.header_len;
    err = taskseal__opening_decrypt(o, payload, &payload_len);
    if (err == TASKSEAL_OK)
        err = taskseal__plan_make(&p, &seal, payload_len);
    if (err == TASKSEAL_OK && out_cap < p.total_len)
        err = TASKSEAL_ERR_BUFFER_TOO_SMALL;
    if (err == TASKSEAL_OK)
        err = taskseal__random(random, taskseal__plan_random_len(&p));
    if (err == TASKSEAL_OK) {
        taskseal__seal_message(&p, &seal.context, random, payload, payload_len, out);
        sodium_memzero(random, taskseal__plan_random_len(&p));
        *out_len = p.total_len;
    } else {
        sodium_memzero(payload, o->header.payload_len);
    }
    return err;
}

static taskseal_err begin(taskseal__opening *o, const taskseal_reseal_options *options, const void *sealed,
                          size_t sealed_len)
{
    if (options == NULL || (sealed == NULL && sealed_len != 0))
        return TASKSEAL_ERR_BAD_ARGUMENT;
    taskseal_err err = taskseal__opening_begin(o, &options->open);
    return err == TASKSEAL_OK ? taskseal__header_parse(&o->header, sealed, sealed_len) : err;
}

taskseal_err taskseal_reseal_size(const taskseal_reseal_options *options, const void *sealed,
                                  size_t sealed_len, size_t *reseal_cap)
{
    taskseal__opening o;
    size_t chunks_len;
    if (reseal_cap == NULL)
        return TASKSEAL_ERR_BAD_ARGUMENT;
    *reseal_cap = 0;
    taskseal_err err = begin(&o, options, sealed, sealed_len);
    if (err != TASKSEAL_OK)
        return err;
    taskseal_suite suite = options->suite != 0 ? options->suite : o.header.suite;
    if (!taskseal__suite_known(suite) || !taskseal__chunks_len(suite, o.header.payload_len, &chunks_len) ||
        chunks_len > SIZE_MAX - TASKSEAL_HEADER_MAX)
        return TASKSEAL_ERR_BAD_ARGUMENT;
    *reseal_cap = TASKSEAL_HEADER_MAX + chunks_len;
    return TASKSEAL_OK;
}

taskseal_err taskseal_reseal(const taskseal_reseal_options *options, const void *sealed, size_t sealed_len,
                             void *out, size_t out_cap, size_t *out_len, taskseal_opened *opened)
{
    taskseal__opening o;
    if (out_len == NULL)
        return TASKSEAL_ERR_BAD_ARGUMENT;
    *out_len = 0;
    if (out == NULL || taskseal__overlap(sealed, sealed_len, out, out_cap))
        return TASKSEAL_ERR_BAD_ARGUMENT;
    taskseal_err err = begin(&o, options, sealed, sealed_len);
    if (err == TASKSEAL_OK && taskseal__context_overlaps(&options->open.context, out, out_cap))
        err = TASKSEAL_ERR_BAD_ARGUMENT;
    if (err != TASKSEAL_OK)
        return err;
    err = taskseal__opening_verify(&o);
    if (err == TASKSEAL_OK)
        err = decrypt_and_seal(&o, options, out, out_cap, out_len);
    if (err == TASKSEAL_OK)
        taskseal__opening_report(&o, opened);
    else
        taskseal__derive_forget();
    sodium_memzero(&o.keys, sizeof o.keys);
    return err;
}
