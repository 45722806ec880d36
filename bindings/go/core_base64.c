/* SPDX-License-Identifier: MIT
 * Made by bundle.py of lib/core/base64.c; do not edit. */
/* SPDX-License-Identifier: MIT */
#include "core.h"

#include <sodium.h>

bool taskseal__base64_decoded_len(size_t text_len, size_t *len)
{
    const size_t rest = text_len % 4;
    *len = text_len / 4 * 3 + (rest != 0 ? rest - 1 : 0);
    return rest != 1;
}

/* libsodium 1.0.18 takes bytes from 0x80 on for characters of the alphabet. */
static bool is_ascii(const char *text, size_t len)
{
    unsigned char seen = 0;
    for (size_t i = 0; i < len; i++)
        seen |= (unsigned char)text[i];
    return seen < 0x80;
}

bool taskseal__base64_decode(const char *text, size_t text_len, uint8_t *out, size_t len)
{
    size_t got;
    const char *end;
    return is_ascii(text, text_len) &&
           sodium_base642bin(out, len, text, text_len, NULL, &got, &end,
                             sodium_base64_VARIANT_URLSAFE_NO_PADDING) == 0 &&
           got == len && end == text + text_len;
}
