/* SPDX-License-Identifier: MIT
 *
 * Buffers for what must not outlive its use: guarded memory of libsodium, left out of core dumps and wiped
 * when it is freed. (It is locked too, as far as the system's lock limit goes.)
 */
#ifndef TASKSEAL_TOOLS_BUFFER_H
#define TASKSEAL_TOOLS_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct buffer {
    uint8_t *data;
    size_t len;
    size_t cap;
} buffer;

#define BUFFER_EMPTY ((buffer){NULL, 0, 0})

/* Gives an empty buffer room for `cap` bytes (0 is fine). False if memory could not be had. */
bool buffer_reserve(buffer *self, size_t cap);

/* Wipes and frees, and leaves an empty buffer. */
void buffer_free(buffer *self);

/* Appends all that `fd` holds, up to its end; `size_hint` (0: unknown) saves copies where the buffer is empty.
 * 0, or an errno: ENOMEM if it is more than memory holds, EFBIG if it is more than `limit` bytes (0: no
 * limit of ours). */
int buffer_read(buffer *self, int fd, size_t size_hint, size_t limit);

#endif
