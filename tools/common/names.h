/* SPDX-License-Identifier: MIT
 *
 * The words for the numbers of the format: what options take is what inspection shows.
 */
#ifndef TASKSEAL_TOOLS_NAMES_H
#define TASKSEAL_TOOLS_NAMES_H

#include <stddef.h>

typedef struct named_value {
    const char *name;
    unsigned value;
} named_value;

/* Each ends with a NULL name. */
extern const named_value suite_names[];
extern const named_value key_type_names[];
extern const named_value key_state_names[];
extern const named_value purpose_names[];
extern const named_value bound_names[];

/* The name of `value`, or "unknown". */
const char *name_of(const named_value *names, unsigned value);

/* The entry with that name, of `len` bytes; NULL if there is none. */
const named_value *value_named(const named_value *names, const char *name, size_t len);

#endif
