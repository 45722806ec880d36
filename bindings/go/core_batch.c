/* SPDX-License-Identifier: MIT
 * Made by bundle.py of lib/core/batch.c; do not edit. */
/* SPDX-License-Identifier: MIT
 * Sealing many messages with few requests to the system's random number generator. */
#include "core.h"

/* So many messages get their random bytes at once, if each is for one key. */
enum { GROUP = 32, GROUP_RANDOM = GROUP * (TASKSEAL__DEK_BYTES + TASKSEAL__WRAP_NONCE_MAX) };

_Static_assert((int)GROUP_RANDOM >= (int)TASKSEAL__RANDOM_MAX, "a group holds at least one message");

static taskseal_seal_options options_for(const taskseal_seal_options *options, const taskseal_seal_item *item)
{
    taskseal_seal_options own = *options;
    own.context = item->context;
    return own;
}

static taskseal_err check_item(const taskseal_seal_options *options, const taskseal_seal_item *item)
{
    taskseal__plan p;
    const taskseal_seal_options own = options_for(options, item);
    if ((item->payload == NULL && item->payload_len != 0) || item->out == NULL ||
        taskseal__overlap(item->payload, item->payload_len, item->out, item->out_cap) ||
        taskseal__context_overlaps(&item->context, item->out, item->out_cap))
        return TASKSEAL_ERR_BAD_ARGUMENT;
    taskseal_err err = taskseal__plan_make(&p, &own, item->payload_len);
    if (err != TASKSEAL_OK)
        return err;
    if (item->out_cap < p.total_len)
        return TASKSEAL_ERR_BUFFER_TOO_SMALL;
    return taskseal__plan_payload(options, item->payload, item->payload_len);
}

static taskseal_err check_items(const taskseal_seal_options *options, const taskseal_seal_item *items,
                                size_t count, size_t *failed)
{
    for (size_t i = 0; i < count; i++) {
        *failed = i;
        taskseal_err err = check_item(options, &items[i]);
        if (err != TASKSEAL_OK)
            return err;
    }
    *failed = count;
    return TASKSEAL_OK;
}

/* Seals as many items as one request's random bytes suffice for; *done counts them. The second planning of an item
 * can't fail: the options are the same, with the time fixed. */
static taskseal_err seal_group(const taskseal_seal_options *options, taskseal_seal_item *items, size_t count,
                               size_t *done)
{
    uint8_t random[GROUP_RANDOM];
    taskseal__plan plans[GROUP];
    size_t random_len = 0;
    *done = 0;
    while (*done < count && *done < GROUP) {
        const taskseal_seal_options own = options_for(options, &items[*done]);
        taskseal_err err = taskseal__plan_make(&plans[*done], &own, items[*done].payload_len);
        if (err != TASKSEAL_OK)
            return err;
        size_t len = taskseal__plan_random_len(&plans[*done]);
        if (len > sizeof random - random_len)
            break;
        random_len += len;
        ++*done;
    }
    taskseal_err err = taskseal__random(random, random_len);
    const uint8_t *next = random;
    for (size_t i = 0; i < *done && err == TASKSEAL_OK; i++) {
        taskseal__seal_message(&plans[i], &items[i].context, next, items[i].payload, items[i].payload_len,
                               items[i].out);
        items[i].out_len = plans[i].total_len;
        next += taskseal__plan_random_len(&plans[i]);
    }
    sodium_memzero(random, random_len);
    return err;
}

static taskseal_err seal_all(const taskseal_seal_options *options, taskseal_seal_item *items, size_t count)
{
    taskseal_err err = TASKSEAL_OK;
    for (size_t at = 0; at < count && err == TASKSEAL_OK;) {
        size_t done;
        err = seal_group(options, items + at, count - at, &done);
        at += done;
    }
    return err;
}

taskseal_err taskseal_seal_batch(const taskseal_seal_options *options, taskseal_seal_item *items,
                                 size_t count, size_t *failed)
{
    size_t position = 0;
    unsigned given;
    if (failed != NULL)
        *failed = count;
    if ((items == NULL && count != 0) || count > SIZE_MAX / sizeof *items)
        return TASKSEAL_ERR_BAD_ARGUMENT;
    for (size_t i = 0; i < count; i++)
        items[i].out_len = 0;
    if (options == NULL || !taskseal__context_given(&options->context, &given) || given != 0)
        return TASKSEAL_ERR_BAD_ARGUMENT;
    taskseal_seal_options fixed = *options;
    taskseal_err err = taskseal__now(options->now, &fixed.now);
    if (err != TASKSEAL_OK)
        return err;
    err = check_items(&fixed, items, count, &position);
    if (err == TASKSEAL_OK)
        err = seal_all(&fixed, items, count);
    for (size_t i = 0; i < count && err != TASKSEAL_OK; i++)
        items[i].out_len = 0;
    if (failed != NULL)
        *failed = position;
    return err;
}
