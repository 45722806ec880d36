/* SPDX-License-Identifier: MIT
 * What the targets that take key files share. */
#ifndef TASKSEAL_FUZZ_KEYFILE_H
#define TASKSEAL_FUZZ_KEYFILE_H

#include "fuzz.h"

/* Changes what stands behind every tskek1_ or tsdup1_. Times 3 modulo 64 is one to one, keeps the low bits of a digit 0
 * where they are (as K 10 asks), and keeps an all-zero secret all zero: a key file stays as right, or as wrong, as it
 * was. */
static inline void change_secrets(char *text, size_t size)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    enum { PREFIX_LEN = 7 };
    for (size_t i = 0; i + PREFIX_LEN <= size; i++) {
        if (memcmp(text + i, "tskek1_", PREFIX_LEN) != 0 && memcmp(text + i, "tsdup1_", PREFIX_LEN) != 0)
            continue;
        for (i += PREFIX_LEN; i < size; i++) {
            const char *digit = text[i] != '\0' ? strchr(digits, text[i]) : NULL;
            if (digit == NULL)
                break;
            text[i] = digits[(size_t)(digit - digits) * 3 % 64];
        }
    }
}

/* A complete sentence of printable ASCII that names a line of the file, or none. */
static inline void check_error(const taskseal_error *error, taskseal_err err, const char *text, size_t size)
{
    unsigned lines = 1;
    for (size_t i = 0; i < size; i++)
        lines += text[i] == '\n';
    HOLDS(error->code == err && error->line <= lines);
    HOLDS(memchr(error->message, '\0', sizeof error->message) != NULL && error->message[0] != '\0');
    for (const char *c = error->message; *c != '\0'; c++)
        HOLDS(*c >= ' ' && *c <= '~');
}

#endif
