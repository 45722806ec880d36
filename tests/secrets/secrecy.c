/* SPDX-License-Identifier: MIT */
#include "secrecy.h"

#include <string.h>
#include <valgrind/memcheck.h>

secrecy_state secrecy;

static const char *const verdict_names[VERDICTS] = {
    [VERDICT_WRAP_TAG] = "wrap tag",     /* a stanza unwraps or not: AUTHENTICATION_FAILED */
    [VERDICT_CHUNK_TAG] = "chunk tag",   /* a chunk is intact or not: DAMAGED */
    [VERDICT_HEADER_MAC] = "header MAC", /* the header is intact or not: AUTHENTICATION_FAILED */
    [VERDICT_COMMITMENT] = "commitment", /* the context fits or not: CONTEXT_MISMATCH */
    [VERDICT_SAME_DEK] = "same DEK",     /* a rewrapped envelope has the same DEK or not */
    [VERDICT_PADDING] = "padding",       /* the padding is right or not: DAMAGED; and the payload's length */
    [VERDICT_PASSPHRASE] = "passphrase", /* a key file's passphrase is right or not: KEYFILE_PASSPHRASE */
    [VERDICT_FILE_TAG] = "file tag",     /* a protected key file is intact or not: KEYFILE_MALFORMED */
    [VERDICT_FILE_TEXT] = "file text",   /* all of a protected file's text but the digits of its secrets */
    [VERDICT_ARGON2ID] =
        "argon2id", /* from its middle on, its addresses depend on the passphrase (RFC 9106) */
    [VERDICT_ZERO_KEY] = "zero key",         /* a KEK is all zero or not: refused */
    [VERDICT_LOOKS_SEALED] = "looks sealed", /* a payload begins as an envelope or not: LOOKS_SEALED */
    [VERDICT_LINES] = "lines", /* how many lines and commas a key file's text has: digits are neither */
    [VERDICT_DIGIT_IS_LETTER] =
        "digit is a letter", /* and so no separator; bits 6 and 7 of a key text's byte */
};

static const char *const place_names[PLACES] = {
    [PLACE_KEK] = "KEK",
    [PLACE_DEDUPE_KEY] = "dedupe key",
    [PLACE_DEK] = "DEK",
    [PLACE_WRAP_KEY] = "wrap key",
    [PLACE_WRAPPED_DEK] = "DEK to wrap",
    [PLACE_UNWRAPPED_DEK] = "unwrapped DEK",
    [PLACE_PAYLOAD_KEY] = "payload key",
    [PLACE_PAYLOAD] = "payload",
    [PLACE_OPENED_PAYLOAD] = "opened payload",
    [PLACE_KEY_TEXT] = "key text",
    [PLACE_PASSPHRASE] = "passphrase",
    [PLACE_STRETCHED] = "stretched passphrase",
    [PLACE_FILE_KEY] = "key file's key",
    [PLACE_FILE_TEXT] = "key file's text",
};

const char *verdict_name(verdict which)
{
    return verdict_names[which];
}

const char *place_name(place which)
{
    return place_names[which];
}

/* ---- Marks ---- */

void keep_secret(const void *bytes, size_t len)
{
    (void)VALGRIND_MAKE_MEM_UNDEFINED(bytes, len);
}

void make_public(const void *bytes, size_t len)
{
    (void)VALGRIND_MAKE_MEM_DEFINED(bytes, len);
}

bool known_to_be(const void *bytes, const void *expected, size_t len)
{
    static uint8_t copy[65536];
    if (len > sizeof copy)
        return false;
    memcpy(copy, bytes, len);
    make_public(copy, len);
    return memcmp(copy, expected, len) == 0;
}

size_t count_secret(const uint8_t *bytes, size_t len, size_t *first)
{
    uint8_t unknown[LOOKED_AT];
    size_t count = 0;
    const size_t looked_at = len < LOOKED_AT ? len : LOOKED_AT;
    *first = 0;
    if (VALGRIND_GET_VBITS(bytes, unknown, looked_at) != 1)
        return 0;
    for (size_t i = 0; i < looked_at; i++)
        if (unknown[i] != 0 && count++ == 0)
            *first = i;
    return count;
}

bool is_secret(const void *bytes, size_t len)
{
    size_t first;
    return count_secret(bytes, len, &first) > 0;
}

void mark_letters(const char *digits, size_t len)
{
    uint8_t unknown[64];
    char copy[64];
    if (len > sizeof unknown)
        return;
    memcpy(copy, digits, len);
    make_public(copy, len);
    for (size_t i = 0; i < len; i++)
        unknown[i] = (copy[i] & 0xC0) == 0x40 ? 0x3F : 0xFF; /* not a letter: then nothing of it is known */
    (void)VALGRIND_SET_VBITS(digits, unknown, len);
    secrecy.verdicts[VERDICT_DIGIT_IS_LETTER]++;
}

void keep_key_text_secret(const char *text, size_t len)
{
    const size_t prefix = 7;
    const size_t digits = 43;
    for (size_t i = 0; i + prefix + digits <= len; i++)
        if (memcmp(text + i, "tskek1_", prefix) == 0 || memcmp(text + i, "tsdup1_", prefix) == 0) {
            mark_letters(text + i + prefix, digits);
            i += prefix + digits - 1;
        }
}
