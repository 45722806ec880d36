/* SPDX-License-Identifier: MIT
 * A model of snprintf that writes what the C standard says, for texts of %s, %.NNNs and %u. It fails where the target
 * has no room, where a text is not there, and where the texts overlap. */
#ifndef TASKSEAL_PROOF_FORMAT_H
#define TASKSEAL_PROOF_FORMAT_H

#include "proof.h"

#include <stdarg.h>

static char *g_to;
static size_t g_cap, g_written;

static void put_char(char c)
{
    if (g_written + 1 < g_cap)
        g_to[g_written] = c;
    g_written++;
}

static void put_text(const char *text, size_t most)
{
    CHECK(!__CPROVER_same_object(text, g_to), "no text is written over itself");
    for (size_t i = 0; i < most && text[i] != '\0'; i++)
        put_char(text[i]);
}

/* The digits are those whose sum the value is: a solver finds them sooner than it divides. */
static void put_unsigned(unsigned value)
{
    uint8_t digits[10];
    uint64_t sum = 0;
    bool begun = false;
    for (size_t i = 0; i < sizeof digits; i++) {
        digits[i] = nondet_u8();
        ASSUME(digits[i] <= 9, "a decimal digit");
        sum = sum * 10 + digits[i];
    }
    ASSUME(sum == value, "the digits of this value, of which there is one way to choose them");
    for (size_t i = 0; i < sizeof digits; i++) {
        begun = begun || digits[i] != 0 || i + 1 == sizeof digits;
        if (begun)
            put_char((char)('0' + digits[i]));
    }
}

int snprintf(char *to, size_t cap, const char *format, ...)
{
    va_list arguments;
    CHECK(cap > 0 && __CPROVER_w_ok(to, cap), "there is room for what snprintf may write");
    g_to = to;
    g_cap = cap;
    g_written = 0;
    va_start(arguments, format);
    for (const char *at = format; *at != '\0'; at++) {
        if (*at != '%') {
            put_char(*at);
            continue;
        }
        size_t most = SIZE_MAX;
        at++;
        if (*at == '.')
            for (at++, most = 0; *at >= '0' && *at <= '9'; at++)
                most = most * 10 + (size_t)(*at - '0');
        CHECK(*at == 's' || (*at == 'u' && most == SIZE_MAX), "what this model knows");
        if (*at == 's')
            put_text(va_arg(arguments, const char *), most);
        else
            put_unsigned(va_arg(arguments, unsigned));
    }
    va_end(arguments);
    to[g_written < cap ? g_written : cap - 1] = '\0';
    return (int)g_written;
}

#endif
