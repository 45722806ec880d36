/* SPDX-License-Identifier: MIT
 * Input: any bytes, taken as text form, and as what the text form holds (so that the fuzzer need not learn base64url).
 * What decodes encodes to the same text, and no text with the prefix is ever taken for plaintext (F 8.4, F 11.3). */
#include "fuzz.h"

#include <sodium.h>

static const size_t prefix_len = sizeof TASKSEAL_TEXT_PREFIX - 1;

static taskseal_sealed kind_of(taskseal_err err)
{
    if (err == TASKSEAL_ERR_UNSUPPORTED_VERSION || err == TASKSEAL_ERR_UNSUPPORTED_SUITE)
        return TASKSEAL_NEWER;
    return err == TASKSEAL_OK ? TASKSEAL_SEALED : TASKSEAL_BROKEN;
}

static void check_same_text(const char *text, size_t text_len, const uint8_t *sealed, size_t len)
{
    size_t again_len;
    HOLDS(taskseal_text_size(len) == text_len);
    char *again = must_allocate(text_len);
    HOLDS(taskseal_text_encode(sealed, len, again, text_len + 1, &again_len) == TASKSEAL_OK);
    HOLDS(again_len == text_len && memcmp(again, text, text_len + 1) == 0);
    HOLDS(taskseal_text_encode(sealed, len, again, text_len, &again_len) == TASKSEAL_ERR_BUFFER_TOO_SMALL);
    HOLDS(again_len == 0);
    free(again);
}

/* `text` has a NUL behind it. */
static taskseal_err check_text(const char *text, size_t text_len)
{
    size_t len = 1;
    uint8_t *out = canary_new(text_len);
    taskseal_err err = taskseal_text_decode(text, text_len, out, text_len, &len);
    canary_check(out, text_len, len);
    if (text_len >= prefix_len && memcmp(text, TASKSEAL_TEXT_PREFIX, prefix_len) == 0)
        HOLDS(taskseal_is_sealed(text, text_len) == kind_of(err));
    else /* F 8.5 */
        HOLDS(err == (taskseal_is_sealed(text, text_len) == TASKSEAL_PLAIN ? TASKSEAL_ERR_NOT_SEALED
                                                                           : TASKSEAL_ERR_MALFORMED));
    if (err == TASKSEAL_OK) {
        taskseal_info info;
        HOLDS(taskseal_inspect(out, len, &info) == TASKSEAL_OK);
        reached_depth();
        check_same_text(text, text_len, out, len);
        HOLDS(taskseal_text_decode(text, text_len, out, len - 1, &len) == TASKSEAL_ERR_BUFFER_TOO_SMALL);
    }
    canary_free(out);
    return err;
}

/* The text form of any bytes has their fault, but is never `not-sealed`. */
static void check_wrapped(const uint8_t *data, size_t size)
{
    taskseal_info info;
    taskseal_err parsed = taskseal_inspect(data, size, &info);
    size_t text_len = taskseal_text_size(size);
    char *text = must_allocate(text_len);
    memcpy(text, TASKSEAL_TEXT_PREFIX, prefix_len);
    (void)sodium_bin2base64(text + prefix_len, text_len - prefix_len + 1, data, size,
                            sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    HOLDS(check_text(text, text_len) ==
          (parsed == TASKSEAL_ERR_NOT_SEALED ? TASKSEAL_ERR_MALFORMED : parsed));

    size_t encoded_len = 1;
    char *encoded = must_allocate(text_len);
    HOLDS(taskseal_text_encode(data, size, encoded, text_len + 1, &encoded_len) == parsed);
    HOLDS(encoded_len == (parsed == TASKSEAL_OK ? text_len : 0));
    free(encoded);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = must_allocate(size);
    memcpy(text, size > 0 ? (const char *)data : text, size);
    text[size] = '\0';
    (void)check_text(text, size);
    check_wrapped(data, size);
    free(text);
    return 0;
}
