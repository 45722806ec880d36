/* SPDX-License-Identifier: MIT
 *
 * server.h: what producer, worker and rotate share about their server: its words, its failovers, and pauses.
 */
#ifndef SERVER_H
#define SERVER_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <sodium.h>
#include <taskseal/redis.h>

enum { SERVER_TEXT = 200 };

/* Text from the server (an id, an error), cut, and kept from driving the terminal that shows it. */
static inline const char *server_text(char out[SERVER_TEXT], const char *text, size_t len)
{
    len = len < SERVER_TEXT - 1 ? len : SERVER_TEXT - 1;
    for (size_t i = 0; i < len; i++)
        out[i] = text[i] < ' ' || text[i] > '~' ? '?' : text[i];
    out[len] = '\0';
    return out;
}

/* The hexadecimal digits behind `name` in what INFO says. */
static inline size_t server_digits(const redisReply *info, const char *name, const char **digits)
{
    const char *at = info->str != NULL ? strstr(info->str, name) : NULL;
    *digits = at != NULL ? at + strlen(name) : "";
    return strspn(*digits, "0123456789abcdef");
}

/* True for the error of a server that has become a replica. It stays one, so the next try is made on a new
 * connection: the name may lead to the new primary by then. */
static inline bool server_demoted(const redisReply *reply)
{
    return reply->type == REDIS_REPLY_ERROR &&
           (strncmp(reply->str, "READONLY ", 9) == 0 || strncmp(reply->str, "MASTERDOWN ", 11) == 0);
}

static inline void pause_ms(long ms)
{
    nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L}, NULL);
}

/* Of a clock that nobody sets. */
static inline long now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* first, 2 * first, 4 * first ... up to cap, less up to half of it: programs that failed together must not
 * come back together. */
static inline long back_off_ms(long first, long cap, long attempt)
{
    long ms = first;
    for (long i = 0; i < attempt && ms < cap; i++)
        ms *= 2;
    ms = ms < cap ? ms : cap;
    return ms - (long)randombytes_uniform((uint32_t)ms / 2 + 1);
}

#endif
