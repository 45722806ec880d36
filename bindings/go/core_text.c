/* SPDX-License-Identifier: MIT
 * Made by bundle.py of lib/core/text.c; do not edit. */
/* SPDX-License-Identifier: MIT
 * The text form (F 8), and telling sealed from plain in either form (F 11). */
#include "core.h"

#include <sodium.h>

enum {
    PREFIX_LEN = sizeof TASKSEAL_TEXT_PREFIX - 1,
    /* A piece that decodes to whole bytes and holds a longest header. */
    PIECE_TEXT = (TASKSEAL_HEADER_MAX / 3 + 1) * 4,
    PIECE_BYTES = (TASKSEAL_HEADER_MAX / 3 + 1) * 3
};

static bool has_prefix(const char *text, size_t len)
{
    return len >= PREFIX_LEN && memcmp(text, TASKSEAL_TEXT_PREFIX, PREFIX_LEN) == 0;
}

/* ---- Encoding and decoding ---- */

size_t taskseal_text_size(size_t sealed_len)
{
    const size_t rest = sealed_len % 3;
    const size_t groups = sealed_len / 3;
    if (groups > (SIZE_MAX - PREFIX_LEN - 4) / 4)
        return 0;
    return PREFIX_LEN + groups * 4 + (rest != 0 ? rest + 1 : 0);
}

taskseal_err taskseal_text_encode(const void *sealed, size_t sealed_len, char *out, size_t out_cap,
                                  size_t *out_len)
{
    taskseal__header header;
    if (out_len == NULL)
        return TASKSEAL_ERR_BAD_ARGUMENT;
    *out_len = 0;
    if ((sealed == NULL && sealed_len != 0) || out == NULL ||
        taskseal__overlap(sealed, sealed_len, out, out_cap))
        return TASKSEAL_ERR_BAD_ARGUMENT;
    taskseal_err err = taskseal__header_parse(&header, sealed, sealed_len);
    if (err != TASKSEAL_OK)
        return err;
    size_t text_len = taskseal_text_size(sealed_len);
    if (text_len == 0 || out_cap <= text_len)
        return TASKSEAL_ERR_BUFFER_TOO_SMALL;
    memcpy(out, TASKSEAL_TEXT_PREFIX, PREFIX_LEN);
    (void)sodium_bin2base64(out + PREFIX_LEN, out_cap - PREFIX_LEN, sealed, sealed_len,
                            sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    *out_len = text_len;
    return TASKSEAL_OK;
}

/* What decodes but is no envelope is malformed, never plaintext: it was marked as sealed (F 11). */
static taskseal_err check_decoded(const uint8_t *sealed, size_t len)
{
    taskseal__header header;
    taskseal_err err = taskseal__header_parse(&header, sealed, len);
    return err == TASKSEAL_ERR_NOT_SEALED ? TASKSEAL_ERR_MALFORMED : err;
}

taskseal_err taskseal_text_decode(const char *text, size_t text_len, void *out, size_t out_cap,
                                  size_t *out_len)
{
    size_t len;
    if (out_len == NULL)
        return TASKSEAL_ERR_BAD_ARGUMENT;
    *out_len = 0;
    if ((text == NULL && text_len != 0) || (out == NULL && out_cap != 0) ||
        taskseal__overlap(text, text_len, out, out_cap))
        return TASKSEAL_ERR_BAD_ARGUMENT;
    if (!has_prefix(text, text_len))
        return taskseal__begins_sealed(text, text_len) ? TASKSEAL_ERR_MALFORMED : TASKSEAL_ERR_NOT_SEALED;
    if (!taskseal__base64_decoded_len(text_len - PREFIX_LEN, &len))
        return TASKSEAL_ERR_MALFORMED;
    if (len == 0)
        return TASKSEAL_ERR_MALFORMED;
    if (out_cap < len)
        return TASKSEAL_ERR_BUFFER_TOO_SMALL;
    taskseal_err err = taskseal__base64_decode(text + PREFIX_LEN, text_len - PREFIX_LEN, out, len)
                           ? check_decoded(out, len)
                           : TASKSEAL_ERR_MALFORMED;
    if (err != TASKSEAL_OK)
        sodium_memzero(out, len);
    *out_len = err == TASKSEAL_OK ? len : 0;
    return err;
}

/* ---- Telling sealed from plain ---- */

/* Judges the whole text without memory for it: the first piece holds the header, the others need only be
 * valid. */
static taskseal_err parse_text(const char *text, size_t text_len)
{
    uint8_t first[PIECE_BYTES];
    uint8_t other[PIECE_BYTES];
    taskseal__header header;
    size_t len;
    if (!taskseal__base64_decoded_len(text_len, &len))
        return TASKSEAL_ERR_MALFORMED;
    for (size_t at = 0; at < text_len; at += PIECE_TEXT) {
        size_t piece_len;
        size_t piece_text = text_len - at < PIECE_TEXT ? text_len - at : PIECE_TEXT;
        if (!taskseal__base64_decoded_len(piece_text, &piece_len) ||
            !taskseal__base64_decode(text + at, piece_text, at == 0 ? first : other, piece_len))
            return TASKSEAL_ERR_MALFORMED;
    }
    return taskseal__header_parse(&header, first, len);
}

taskseal_sealed taskseal_is_sealed(const void *data, size_t len)
{
    taskseal__header header;
    if (data == NULL || !taskseal__begins_sealed(data, len))
        return TASKSEAL_PLAIN;
    taskseal_err err = has_prefix(data, len) ? parse_text((const char *)data + PREFIX_LEN, len - PREFIX_LEN)
                                             : taskseal__header_parse(&header, data, len);
    switch (err) {
    case TASKSEAL_OK:
        return TASKSEAL_SEALED;
    case TASKSEAL_ERR_UNSUPPORTED_VERSION:
    case TASKSEAL_ERR_UNSUPPORTED_SUITE:
        return TASKSEAL_NEWER;
    default:
        return TASKSEAL_BROKEN;
    }
}
