/* SPDX-License-Identifier: MIT */
#include "proof.h"

#include <redis/pins.c>

/* Without loops, for texts long enough: what they answer is any of what they may. */
size_t strcspn(const char *text, const char *stops)
{
    size_t len = nondet_size();
    CHECK(stops[0] == ',' && stops[1] == '\0', "commas");
    ASSUME(len <= 81 && __CPROVER_r_ok(text, len + 1), "within the text");
    ASSUME(text[len] == ',' || text[len] == '\0', "at a comma, or the end; maybe not the first");
    return len;
}

int strncmp(const char *text, const char *prefix, size_t len)
{
    CHECK(__CPROVER_r_ok(text, len) && __CPROVER_r_ok(prefix, len), "as long as the prefix");
    return nondet_bool() ? 0 : 1;
}

int sodium_base642bin(unsigned char *const bin, const size_t bin_maxlen, const char *const b64,
                      const size_t b64_len, const char *const ignore, size_t *const bin_len,
                      const char **const b64_end, const int variant)
{
    CHECK(b64_len > 0 && __CPROVER_r_ok(b64, b64_len), "libsodium reads what it was given");
    CHECK(__CPROVER_w_ok(bin, bin_maxlen), "libsodium writes where it may");
    CHECK(ignore == NULL && b64_end == NULL && variant == sodium_base64_VARIANT_ORIGINAL, "strict, padded");
    *bin_len = nondet_size();
    ASSUME(*bin_len <= bin_maxlen, "libsodium's contract");
    return nondet_bool() ? 0 : -1;
}

/* Pins as short as can be, so that nine of them fit. */
void proof_pins_parse(void)
{
    taskseal__pins *pins = any_bytes(sizeof *pins);
    size_t len = nondet_size();
    ASSUME(len <= 81, "the bound of this proof");
    char *text = any_bytes(len + 1);
    text[len] = '\0';
    const char *rule = taskseal__pins_parse(pins, text);
    CHECK(pins->count <= TASKSEAL__PINS_MAX, "no more than there is room for");
    CHECK(rule != NULL || pins->count >= 1, "one at least");
    REACHED_IF(rule == NULL && pins->count == TASKSEAL__PINS_MAX, "eight");
    REACHED_IF(rule != NULL && pins->count == TASKSEAL__PINS_MAX, "nine");
    REACHED_IF(rule != NULL && pins->count == 0, "none");
}
