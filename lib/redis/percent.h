/* SPDX-License-Identifier: MIT
 * Stretches of a URI, and percent-decoding (RFC 3986, 2.1). */
#ifndef TASKSEAL_REDIS_PERCENT_H
#define TASKSEAL_REDIS_PERCENT_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Not NUL-terminated. */
typedef struct taskseal__span {
    const char *at;
    size_t len;
} taskseal__span;

static inline const char *taskseal__span_find(taskseal__span span, char byte)
{
    return span.len > 0 ? memchr(span.at, byte, span.len) : NULL;
}

/* Cuts `span` at the first `byte` into what is before and, in *rest, what is behind it. Without one, all is
 * before and rest->at is NULL. */
taskseal__span taskseal__span_cut(taskseal__span span, char byte, taskseal__span *rest);

/* Reads 1..9 decimal digits without leading zeros (but "0") into *value; false for anything else. */
bool taskseal__span_number(taskseal__span span, unsigned *value);

/* Decodes into `out`, which has room for span.len bytes; *len says how many it became. Returns NULL, or the
 * rule that is broken, as words to go behind the name of the part. */
const char *taskseal__percent_decode(taskseal__span span, char *out, size_t *len);

#endif
