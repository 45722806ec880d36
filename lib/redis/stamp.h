/* SPDX-License-Identifier: MIT
 * Whether files are still those that were read, without reading them. */
#ifndef TASKSEAL_REDIS_STAMP_H
#define TASKSEAL_REDIS_STAMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct taskseal__stamp {
    uint8_t hash[32]; /* of what stat says about each file */
    bool
        recent; /* a file was changed so shortly before that it may change again without a trace here: within the
                         resolution of its file system's clock, and to the same size */
} taskseal__stamp;

/* Looks at the files, following links; NULL is none. Of a directory, the entries are looked at too if `entries` is
 * true. A file that is missing has a stamp as well. Take it before reading: what changes meanwhile is then seen as
 * changed. */
void taskseal__stamp_take(taskseal__stamp *stamp, const char *const *paths, size_t count, bool entries);

static inline bool taskseal__stamp_is_current(const taskseal__stamp *read, const taskseal__stamp *now)
{
    bool equal = true;
    for (size_t i = 0; i < sizeof read->hash; i++)
        equal = equal && read->hash[i] == now->hash[i];
    return equal && !read->recent;
}

#endif
