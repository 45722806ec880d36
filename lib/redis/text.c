/* SPDX-License-Identifier: MIT */
#include "text.h"

#include <string.h>

void taskseal__printable(char *out, size_t cap, const char *text, size_t len)
{
    size_t take = len < cap ? len : cap - 1;
    for (size_t i = 0; i < take; i++)
        out[i] = text[i] >= 0x20 && text[i] < 0x7f ? text[i] : '?';
    out[take] = '\0';
    if (take < len)
        memcpy(out + cap - 4, "...", 4);
}

void taskseal__printable_append(char *out, size_t cap, const char *text, size_t len)
{
    size_t used = strlen(out);
    if (cap - used >= 4)
        taskseal__printable(out + used, cap - used, text, len);
    else
        memcpy(out + cap - 4, "...", 4);
}
