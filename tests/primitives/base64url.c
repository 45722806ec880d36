/* SPDX-License-Identifier: MIT
 * base64url (RFC 4648, sections 5 and 10), as the library decodes it: strictly. */
#include "vectors.h"

#include "core/base64.h"

#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* The value of a digit by the table of RFC 4648, section 5; -1 if it is none. */
static int digit_value(char c)
{
    const char *at = c != '\0' ? strchr(alphabet, c) : NULL;
    return at != NULL ? (int)(at - alphabet) : -1;
}

static bool decodes_to(const char *text, size_t text_len, const uint8_t *expected, size_t len)
{
    uint8_t out[64];
    size_t got;
    return taskseal__base64_decoded_len(text_len, &got) && got == len && len <= sizeof out &&
           taskseal__base64_decode(text, text_len, out, got) && memcmp(out, expected, len) == 0;
}

static bool refused(const char *text, size_t text_len)
{
    uint8_t out[64];
    size_t len;
    return !taskseal__base64_decoded_len(text_len, &len) ||
           !taskseal__base64_decode(text, text_len, out, len);
}

/* Section 10, without its padding; and bytes that need both digits of section 5. */
const char *check_base64url_samples(void)
{
    static const struct {
        const char *plain;
        const char *text;
    } good[] = {{"", ""},           {"f", "Zg"},          {"fo", "Zm8"},          {"foo", "Zm9v"},
                {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}, {"\xFB\xEF\xFF", "--__"}};
    static const char *const bad[] = {"Zg==",   "Zm8=",  "Zg=",      "Z",      "Zm9vY",   " Zg",    "Zg ",
                                      "Zm9v\n", "Zm 9v", "Zm9v\r\n", "Zm9v=",  "++//",    "Zm+v",   "Zm/v",
                                      "====",   "Zh",    "Zm9",      "Zm9vYh", "Zm9vYmF", "Zm.9vYg"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        if (!decodes_to(good[i].text, strlen(good[i].text), (const uint8_t *)good[i].plain,
                        strlen(good[i].plain)))
            return good[i].text;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (!refused(bad[i], strlen(bad[i])))
            return bad[i];
    return refused("Zg\0", 3) ? NULL : "a NUL is taken";
}

/* All ends of two and of three digits: those with bits beyond the last byte are refused, so that every byte
 * string has one text. */
const char *check_base64url_endings(void)
{
    size_t accepted = 0;
    for (unsigned i = 0; i < 64U * 64 * 64; i++) {
        const char text[] = {alphabet[i >> 12], alphabet[i >> 6 & 63], alphabet[i & 63]};
        const uint8_t expected[] = {(uint8_t)(i >> 10), (uint8_t)(i >> 2)};
        const bool canonical = (i & 3) == 0;
        if (canonical ? !decodes_to(text, 3, expected, 2) : !refused(text, 3))
            return "an end of three digits";
        accepted += canonical;
    }
    for (unsigned i = 0; i < 64U * 64; i++) {
        const char text[] = {alphabet[i >> 6], alphabet[i & 63]};
        const uint8_t expected[] = {(uint8_t)(i >> 4)};
        const bool canonical = (i & 15) == 0;
        if (canonical ? !decodes_to(text, 2, expected, 1) : !refused(text, 2))
            return "an end of two digits";
        accepted += canonical;
    }
    return accepted == 65536 + 256 ? NULL : "other ends than there are bytes";
}

/* Every byte value at every place of 4 and of 8 digits. */
const char *check_base64url_bytes(void)
{
    for (size_t len = 4; len <= 8; len += 4) {
        for (size_t at = 0; at < len; at++) {
            for (unsigned value = 0; value < 256; value++) {
                char text[] = "AAAAAAAA";
                uint8_t expected[6] = {0};
                text[at] = (char)value;
                const int digit = digit_value((char)value);
                const unsigned bits = digit < 0 ? 0 : (unsigned)digit << (18 - 6 * (at % 4));
                for (size_t i = 0; i < 3; i++)
                    expected[at / 4 * 3 + i] = (uint8_t)(bits >> (16 - 8 * i));
                if (digit < 0 ? !refused(text, len) : !decodes_to(text, len, expected, len / 4 * 3))
                    return "a byte is taken for another digit than it is";
            }
        }
    }
    return NULL;
}
