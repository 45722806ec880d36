/* SPDX-License-Identifier: MIT */
#include "print.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

/* The length of the well-formed UTF-8 sequence at `at` (Unicode 3.9, table 3-7), 0 if there is none. The
 * final NUL ends every comparison early, so nothing past it is read. */
static size_t utf8_sequence(const unsigned char *at)
{
    const unsigned char lead = at[0];
    unsigned char low = 0x80;
    unsigned char high = 0xBF;
    size_t length = 0;

    if (lead < 0x80)
        return 1;
    if (lead >= 0xC2 && lead <= 0xDF)
        length = 2;
    else if (lead >= 0xE0 && lead <= 0xEF)
        length = 3;
    else if (lead >= 0xF0 && lead <= 0xF4)
        length = 4;
    else
        return 0;
    if (lead == 0xE0)
        low = 0xA0; /* shorter forms exist */
    if (lead == 0xED)
        high = 0x9F; /* surrogates */
    if (lead == 0xF0)
        low = 0x90;
    if (lead == 0xF4)
        high = 0x8F; /* past U+10FFFF */
    if (at[1] < low || at[1] > high)
        return 0;
    for (size_t i = 2; i < length; i++) {
        if ((at[i] & 0xC0) != 0x80)
            return 0;
    }
    return length;
}

/* C0, DEL and C1, as UTF-8 has them: what can drive a terminal. `at` begins a sequence of `length` bytes. */
static bool is_control(const unsigned char *at, size_t length)
{
    return length == 1 ? *at < 0x20 || *at == 0x7F : length == 2 && at[0] == 0xC2 && at[1] <= 0x9F;
}

void print_safe(FILE *to, const char *text)
{
    const unsigned char *at = (const unsigned char *)text;

    while (*at != '\0') {
        const size_t length = utf8_sequence(at);
        if (length == 0)
            fprintf(to, "\\x%02X", *at); /* a terminal that is not in UTF-8 takes 0x9B for a control */
        else if (is_control(at, length))
            fprintf(to, "\\x%02X", at[length - 1]); /* the last byte is the control's own number */
        else
            fwrite(at, 1, length, to);
        at += length == 0 ? 1 : length;
    }
}

void print_json_string(FILE *to, const char *text)
{
    const unsigned char *at = (const unsigned char *)text;

    fputc('"', to);
    while (*at != '\0') {
        const size_t length = utf8_sequence(at);
        if (length == 0)
            fputs("\\ufffd", to);
        else if (*at == '"' || *at == '\\')
            fprintf(to, "\\%c", *at);
        else if (is_control(at, length))
            fprintf(to, "\\u%04x", at[length - 1]);
        else
            fwrite(at, 1, length, to);
        at += length == 0 ? 1 : length;
    }
    fputc('"', to);
}

void format_time(uint64_t seconds, char text[TIME_TEXT_MAX])
{
    const time_t when = (time_t)seconds;
    struct tm utc;

    if (gmtime_r(&when, &utc) == NULL || strftime(text, TIME_TEXT_MAX, "%Y-%m-%dT%H:%M:%SZ", &utc) == 0)
        snprintf(text, TIME_TEXT_MAX, "@%" PRIu64, seconds);
}

void format_count(uint64_t count, char text[COUNT_TEXT_MAX])
{
    char digits[COUNT_TEXT_MAX];
    const size_t length = (size_t)snprintf(digits, sizeof digits, "%" PRIu64, count);
    size_t out = 0;

    for (size_t i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            text[out++] = ',';
        text[out++] = digits[i];
    }
    text[out] = '\0';
}
