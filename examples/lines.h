/* SPDX-License-Identifier: MIT
 *
 * lines.h: the lines of a descriptor, for programs that also wait for other things: only lines_read() waits.
 *
 * Not stdio: its buffers could not be wiped, and getline has no limit.
 */
#ifndef LINES_H
#define LINES_H

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINES_MAX = 16 << 20 };

struct lines {
    int fd;
    bool ended, begun; /* the input; the line, which its newline has not ended yet */
    unsigned long number;
    size_t at, len;  /* of the block */
    size_t line_len; /* LINES_MAX + 1 if the line is longer */
    char *line;      /* LINES_MAX + 1 bytes of address space, touched as needed; NUL-terminated */
    char block[65536];
};

enum lines_result { LINES_LINE, LINES_MORE, LINES_END };

static inline bool lines_open(struct lines *in, int fd)
{
    in->fd = fd;
    in->line = malloc(LINES_MAX + 1);
    return in->line != NULL;
}

static inline void lines_wipe(struct lines *in)
{
    explicit_bzero(in->line, in->line_len <= LINES_MAX ? in->line_len : LINES_MAX);
}

/* Waits for input. False if reading failed; errno says why. */
static inline bool lines_read(struct lines *in)
{
    ssize_t got;
    do
        got = read(in->fd, in->block, sizeof in->block);
    while (got < 0 && errno == EINTR);
    in->at = 0;
    in->len = got > 0 ? (size_t)got : 0;
    in->ended = got == 0;
    return got >= 0;
}

static inline void lines_append(struct lines *in, const char *from, size_t len)
{
    if (in->line_len + len > LINES_MAX) {
        in->line_len = LINES_MAX + 1;
    } else {
        memcpy(in->line + in->line_len, from, len);
        in->line_len += len;
    }
}

/* The next line, without its end. LINES_MORE: call lines_read first. The last line needs no newline. */
static inline enum lines_result lines_next(struct lines *in)
{
    if (!in->begun) {
        lines_wipe(in);
        in->line_len = 0;
    }
    if (in->at == in->len && !in->ended)
        return LINES_MORE;
    const char *from = in->block + in->at, *newline = memchr(from, '\n', in->len - in->at);
    const size_t part = newline != NULL ? (size_t)(newline - from) : in->len - in->at;
    in->begun = in->begun || in->at < in->len;
    in->at += part + (newline != NULL);
    lines_append(in, from, part);
    if (newline == NULL && !in->ended)
        return LINES_MORE;
    if (!in->begun)
        return LINES_END;
    in->begun = false;
    in->line[in->line_len <= LINES_MAX ? in->line_len : 0] = '\0';
    in->number++;
    return LINES_LINE;
}

static inline void lines_close(struct lines *in)
{
    if (in->line != NULL)
        lines_wipe(in);
    free(in->line);
    explicit_bzero(in, sizeof *in);
}

#endif
