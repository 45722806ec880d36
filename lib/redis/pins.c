/* SPDX-License-Identifier: MIT */
#include "pins.h"

#include <sodium.h>
#include <string.h>

#define PREFIX     "sha256:"
#define PREFIX_LEN (sizeof PREFIX - 1)

static const char shape[] =
    "must be one or more of sha256:BASE64 with commas between, each 44 characters of Base64 behind the colon";

const char *taskseal__pins_parse(taskseal__pins *pins, const char *text)
{
    *pins = (taskseal__pins){0};
    for (const char *at = text;; at++) {
        size_t len = strcspn(at, ",");
        size_t decoded = 0;
        if (pins->count == TASKSEAL__PINS_MAX)
            return "holds more than 8 pins";
        if (len <= PREFIX_LEN || strncmp(at, PREFIX, PREFIX_LEN) != 0 ||
            sodium_base642bin(pins->sha256[pins->count], TASKSEAL__PIN_BYTES, at + PREFIX_LEN,
                              len - PREFIX_LEN, NULL, &decoded, NULL, sodium_base64_VARIANT_ORIGINAL) != 0 ||
            decoded != TASKSEAL__PIN_BYTES)
            return shape;
        pins->count++;
        at += len;
        if (*at == '\0')
            return NULL;
    }
}

bool taskseal__pin_of(X509 *certificate, uint8_t sha256[TASKSEAL__PIN_BYTES])
{
    unsigned char *der = NULL;
    int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
    if (len <= 0)
        return false;
    (void)crypto_hash_sha256(sha256, der, (unsigned long long)len);
    OPENSSL_free(der);
    return true;
}

void taskseal__pin_text(X509 *certificate, char text[TASKSEAL__PIN_TEXT_SIZE])
{
    uint8_t sha256[TASKSEAL__PIN_BYTES];
    text[0] = '\0';
    if (!taskseal__pin_of(certificate, sha256))
        return;
    memcpy(text, PREFIX, PREFIX_LEN);
    (void)sodium_bin2base64(text + PREFIX_LEN, TASKSEAL__PIN_TEXT_SIZE - PREFIX_LEN, sha256, sizeof sha256,
                            sodium_base64_VARIANT_ORIGINAL);
}

bool taskseal__pins_match(const taskseal__pins *pins, const STACK_OF(X509) * chain)
{
    uint8_t sha256[TASKSEAL__PIN_BYTES];
    if (pins == NULL || pins->count == 0)
        return true;
    for (int i = 0; i < sk_X509_num(chain); i++) {
        if (!taskseal__pin_of(sk_X509_value(chain, i), sha256))
            return false;
        for (size_t j = 0; j < pins->count; j++) {
            if (sodium_memcmp(sha256, pins->sha256[j], sizeof sha256) == 0)
                return true;
        }
    }
    return false;
}
