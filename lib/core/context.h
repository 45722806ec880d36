/* SPDX-License-Identifier: MIT
 * The fields that an envelope is bound to, as an array in bit order (F 5.11). */
#ifndef TASKSEAL_CORE_CONTEXT_H
#define TASKSEAL_CORE_CONTEXT_H

#include "wire.h"

#include <taskseal/taskseal.h>

enum { TASKSEAL__CONTEXT_FIELDS = 4 };

/* Field i is that of bit i of TASKSEAL_BOUND_.... */
static inline taskseal_bytes taskseal__context_field(const taskseal_context *context, unsigned i)
{
    const taskseal_bytes fields[TASKSEAL__CONTEXT_FIELDS] = {context->queue, context->type, context->id,
                                                             context->extra};
    return fields[i];
}

/* *given = the bits of the fields that are present; false if one is empty but present, absent but long, or
 * too long. */
static inline bool taskseal__context_given(const taskseal_context *context, unsigned *given)
{
    *given = 0;
    for (unsigned i = 0; i < TASKSEAL__CONTEXT_FIELDS; i++) {
        taskseal_bytes field = taskseal__context_field(context, i);
        if ((field.data == NULL) != (field.len == 0) || field.len > TASKSEAL_CONTEXT_MAX)
            return false;
        if (field.data != NULL)
            *given |= 1U << i;
    }
    return true;
}

/* True if a field shares a byte with a buffer that is written while the fields are still read. */
static inline bool taskseal__context_overlaps(const taskseal_context *context, const void *buffer, size_t len)
{
    for (unsigned i = 0; i < TASKSEAL__CONTEXT_FIELDS; i++) {
        taskseal_bytes field = taskseal__context_field(context, i);
        if (taskseal__overlap(field.data, field.len, buffer, len))
            return true;
    }
    return false;
}

#endif
