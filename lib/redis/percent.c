/* SPDX-License-Identifier: MIT */
#include "percent.h"

taskseal__span taskseal__span_cut(taskseal__span span, char byte, taskseal__span *rest)
{
    const char *found = taskseal__span_find(span, byte);
    *rest = (taskseal__span){NULL, 0};
    if (found == NULL)
        return span;
    size_t before = (size_t)(found - span.at);
    *rest = (taskseal__span){found + 1, span.len - before - 1};
    return (taskseal__span){span.at, before};
}

bool taskseal__span_number(taskseal__span span, unsigned *value)
{
    if (span.len == 0 || span.len > 9 || (span.len > 1 && span.at[0] == '0'))
        return false;
    *value = 0;
    for (size_t i = 0; i < span.len; i++) {
        if (span.at[i] < '0' || span.at[i] > '9')
            return false;
        *value = *value * 10 + (unsigned)(span.at[i] - '0');
    }
    return true;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

const char *taskseal__percent_decode(taskseal__span span, char *out, size_t *len)
{
    *len = 0;
    for (size_t i = 0; i < span.len; i++) {
        char byte = span.at[i];
        if (byte == '[' || byte == ']')
            return "holds an unescaped bracket: write %5B and %5D";
        if (byte == '%') {
            int high = span.len - i > 2 ? hex_value(span.at[i + 1]) : -1;
            int low = span.len - i > 2 ? hex_value(span.at[i + 2]) : -1;
            if (high < 0 || low < 0)
                return "holds a '%' without two hexadecimal digits: write a plain '%' as %25";
            byte = (char)(high * 16 + low);
            if (byte == '\0')
                return "holds %00, which is not allowed";
            i += 2;
        }
        out[(*len)++] = byte;
    }
    return NULL;
}
