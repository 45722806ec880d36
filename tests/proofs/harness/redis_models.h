/* SPDX-License-Identifier: MIT
 * Functions of the C library that CBMC has no model of, as the parsers of lib/redis use them, and the errors' words. */
#ifndef TASKSEAL_PROOF_REDIS_MODELS_H
#define TASKSEAL_PROOF_REDIS_MODELS_H

#include "proof.h"

#include <taskseal/taskseal.h>

void *memchr(const void *bytes, int byte, size_t len)
{
    const char *at = bytes;
    for (size_t i = 0; i < len; i++)
        if (at[i] == (char)byte)
            return (void *)(at + i);
    return NULL;
}

char *strstr(const char *text, const char *wanted)
{
    for (;; text++) {
        size_t i = 0;
        while (wanted[i] != '\0' && text[i] == wanted[i])
            i++;
        if (wanted[i] == '\0')
            return (char *)text;
        if (*text == '\0')
            return NULL;
    }
}

size_t strcspn(const char *text, const char *stops)
{
    size_t len = 0;
    while (text[len] != '\0' && strchr(stops, text[len]) == NULL)
        len++;
    return len;
}

taskseal_err taskseal__fail(taskseal_error *error, taskseal_err code, const char *format, ...)
{
    CHECK(code != TASKSEAL_OK && format != NULL, "a failure is one");
    if (error != NULL)
        error->code = code;
    return code;
}

/* A text of up to `most` bytes and its NUL, in an object of exactly that size. */
static char *any_text(size_t most)
{
    size_t len = nondet_size();
    ASSUME(len <= most, "the bound of this proof");
    char *text = any_bytes(len + 1);
    ASSUME(memchr(text, '\0', len) == NULL, "a C string of this length");
    text[len] = '\0';
    return text;
}

#endif
