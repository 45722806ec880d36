/* SPDX-License-Identifier: MIT
 * Made by bundle.py of lib/core/open.c; do not edit. */
/* SPDX-License-Identifier: MIT */
#include "core.h"

taskseal_err taskseal_open_size(const void *sealed, size_t sealed_len, size_t *payload_cap)
{
    taskseal__header header;
    if (payload_cap == NULL)
        return TASKSEAL_ERR_BAD_ARGUMENT;
    *payload_cap = 0;
    if (sealed == NULL && sealed_len != 0)
        return TASKSEAL_ERR_BAD_ARGUMENT;
    taskseal_err err = taskseal__header_parse(&header, sealed, sealed_len);
    if (err == TASKSEAL_OK)
        *payload_cap = header.payload_len;
    return err;
}

taskseal_err taskseal_open(const taskseal_open_options *options, const void *sealed, size_t sealed_len,
                           void *out, size_t out_cap, size_t *out_len, taskseal_opened *opened)
{
    taskseal__opening o;
    uint8_t nothing; /* for an empty payload without a buffer: `out` is then NULL, or must not be written */
    if (out_len == NULL)
        return TASKSEAL_ERR_BAD_ARGUMENT;
    *out_len = 0;
    if ((sealed == NULL && sealed_len != 0) || (out == NULL && out_cap != 0) ||
        taskseal__overlap(sealed, sealed_len, out, out_cap))
        return TASKSEAL_ERR_BAD_ARGUMENT;
    taskseal_err err = taskseal__opening_begin(&o, options);
    if (err != TASKSEAL_OK)
        return err;
    err = taskseal__header_parse(&o.header, sealed, sealed_len);
    if (err != TASKSEAL_OK)
        return err;
    if (out_cap < o.header.payload_len)
        return TASKSEAL_ERR_BUFFER_TOO_SMALL;
    err = taskseal__opening_verify(&o);
    if (err == TASKSEAL_OK)
        err = taskseal__opening_decrypt(&o, out_cap != 0 ? out : &nothing, out_len);
    if (err == TASKSEAL_OK)
        taskseal__opening_report(&o, opened);
    sodium_memzero(&o.keys, sizeof o.keys);
    return err;
}

taskseal_err taskseal_open_in_place(const taskseal_open_options *options, void *buffer, size_t sealed_len,
                                    void **payload, size_t *payload_len, taskseal_opened *opened)
{
    taskseal__opening o;
    if (payload == NULL || payload_len == NULL)
        return TASKSEAL_ERR_BAD_ARGUMENT;
    *payload = NULL;
    *payload_len = 0;
    if (buffer == NULL && sealed_len != 0)
        return TASKSEAL_ERR_BAD_ARGUMENT;
    taskseal_err err = taskseal__opening_begin(&o, options);
    if (err != TASKSEAL_OK)
        return err;
    err = taskseal__header_parse(&o.header, buffer, sealed_len);
    if (err != TASKSEAL_OK)
        return err;
    uint8_t *chunks = (uint8_t *)buffer + taskseal__header_len(&o.header);
    err = taskseal__opening_verify(&o);
    if (err == TASKSEAL_OK)
        err = taskseal__opening_decrypt(&o, chunks, payload_len);
    if (err == TASKSEAL_OK) {
        *payload = chunks;
        taskseal__opening_report(&o, opened);
    }
    sodium_memzero(&o.keys, sizeof o.keys);
    return err;
}
