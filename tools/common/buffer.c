/* SPDX-License-Identifier: MIT */
#include "buffer.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

enum { FIRST_CAP = 65536 };

bool buffer_reserve(buffer *self, size_t cap)
{
    self->data = sodium_malloc(cap);
    self->cap = self->data != NULL ? cap : 0;
    self->len = 0;
    return self->data != NULL;
}

void buffer_free(buffer *self)
{
    sodium_free(self->data);
    *self = BUFFER_EMPTY;
}

/* Doubles. There is no realloc: it would leave plaintext behind in the memory that it gives back. */
static bool grow(buffer *self)
{
    buffer larger = BUFFER_EMPTY;

    if (self->cap > SIZE_MAX / 2 || !buffer_reserve(&larger, self->cap * 2))
        return false;
    memcpy(larger.data, self->data, self->len);
    larger.len = self->len;
    buffer_free(self);
    *self = larger;
    return true;
}

static int read_to_end(buffer *self, int fd, size_t limit)
{
    for (;;) {
        if (self->len == self->cap && !grow(self))
            return ENOMEM;
        size_t room = self->cap - self->len;
        if (room > SSIZE_MAX)
            room = SSIZE_MAX;
        const ssize_t got = read(fd, self->data + self->len, room);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return errno;
        if (got == 0)
            return 0;
        self->len += (size_t)got;
        if (limit != 0 && self->len > limit)
            return EFBIG;
    }
}

int buffer_read(buffer *self, int fd, size_t size_hint, size_t limit)
{
    /* One byte more than the file holds, so that its end is seen without growing. */
    const size_t first = size_hint > 0 && size_hint < SIZE_MAX ? size_hint + 1 : FIRST_CAP;

    if (self->data == NULL && !buffer_reserve(self, first))
        return ENOMEM;
    const int failed = read_to_end(self, fd, limit);
    if (failed != 0)
        buffer_free(self);
    return failed;
}
