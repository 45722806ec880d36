/* SPDX-License-Identifier: MIT
 * Made by bundle.py of lib/core/seal.c; do not edit. */
/* SPDX-License-Identifier: MIT */
#include "core.h"

/* `payload` either stands where its ciphertext will, or overlaps nothing of `out`. */
static taskseal_err write_envelope(const taskseal__plan *p, const taskseal_context *context,
                                   const uint8_t *payload, size_t payload_len, uint8_t *out)
{
    uint8_t random[TASKSEAL__RANDOM_MAX];
    size_t random_len = taskseal__plan_random_len(p);
    taskseal_err err = taskseal__random(random, random_len);
    if (err != TASKSEAL_OK)
        return err;
    taskseal__seal_message(p, context, random, payload, payload_len, out);
    sodium_memzero(random, random_len);
    return TASKSEAL_OK;
}

/* ---- Public ---- */

taskseal_err taskseal_seal_size(const taskseal_seal_options *options, size_t payload_len, size_t *sealed_len,
                                size_t *payload_offset)
{
    taskseal__plan p;
    taskseal_err err = taskseal__plan_make(&p, options, payload_len);
    if (sealed_len != NULL)
        *sealed_len = err == TASKSEAL_OK ? p.total_len : 0;
    if (payload_offset != NULL)
        *payload_offset = err == TASKSEAL_OK ? p.header_len : 0;
    return err;
}

taskseal_err taskseal_seal(const taskseal_seal_options *options, const void *payload, size_t payload_len,
                           void *out, size_t out_cap, size_t *out_len)
{
    taskseal__plan p;
    if (out_len == NULL)
        return TASKSEAL_ERR_BAD_ARGUMENT;
    *out_len = 0;
    if ((payload == NULL && payload_len != 0) || out == NULL ||
        taskseal__overlap(payload, payload_len, out, out_cap))
        return TASKSEAL_ERR_BAD_ARGUMENT;
    taskseal_err err = taskseal__plan_make(&p, options, payload_len);
    if (err == TASKSEAL_OK && taskseal__context_overlaps(&options->context, out, out_cap))
        err = TASKSEAL_ERR_BAD_ARGUMENT;
    if (err != TASKSEAL_OK)
        return err;
    if (out_cap < p.total_len)
        return TASKSEAL_ERR_BUFFER_TOO_SMALL;
    err = taskseal__plan_payload(options, payload, payload_len);
    if (err == TASKSEAL_OK)
        err = write_envelope(&p, &options->context, payload, payload_len, out);
    *out_len = err == TASKSEAL_OK ? p.total_len : 0;
    return err;
}

taskseal_err taskseal_seal_in_place(const taskseal_seal_options *options, void *buffer, size_t buffer_cap,
                                    size_t payload_len, size_t *out_len)
{
    taskseal__plan p;
    if (out_len == NULL)
        return TASKSEAL_ERR_BAD_ARGUMENT;
    *out_len = 0;
    if (buffer == NULL)
        return TASKSEAL_ERR_BAD_ARGUMENT;
    taskseal_err err = taskseal__plan_make(&p, options, payload_len);
    if (err == TASKSEAL_OK && taskseal__context_overlaps(&options->context, buffer, buffer_cap))
        err = TASKSEAL_ERR_BAD_ARGUMENT;
    if (err != TASKSEAL_OK)
        return err;
    if (buffer_cap < p.total_len)
        return TASKSEAL_ERR_BUFFER_TOO_SMALL;
    uint8_t *payload = (uint8_t *)buffer + p.header_len;
    err = taskseal__plan_payload(options, payload, payload_len);
    if (err == TASKSEAL_OK)
        err = write_envelope(&p, &options->context, payload, payload_len, buffer);
    *out_len = err == TASKSEAL_OK ? p.total_len : 0;
    return err;
}
