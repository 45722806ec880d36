/* SPDX-License-Identifier: MIT
 * Pins: public keys that a server's chain must lead through, beyond being trusted. */
#ifndef TASKSEAL_REDIS_PINS_H
#define TASKSEAL_REDIS_PINS_H

#include <openssl/x509.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TASKSEAL__PINS_MAX      8U
#define TASKSEAL__PIN_BYTES     32U
#define TASKSEAL__PIN_TEXT_SIZE 52U /* "sha256:", 44 characters of Base64 and the NUL */

typedef struct taskseal__pins {
    size_t count; /* 0: any key will do */
    uint8_t sha256[TASKSEAL__PINS_MAX][TASKSEAL__PIN_BYTES];
} taskseal__pins;

/* Parses "sha256:BASE64,sha256:BASE64...". Returns NULL, or the rule that is broken. */
const char *taskseal__pins_parse(taskseal__pins *pins, const char *text);

/* The SHA-256 of the certificate's SubjectPublicKeyInfo in DER. False if memory can't be had. */
bool taskseal__pin_of(X509 *certificate, uint8_t sha256[TASKSEAL__PIN_BYTES]);

/* "sha256:..." of the certificate, or "" if memory can't be had. */
void taskseal__pin_text(X509 *certificate, char text[TASKSEAL__PIN_TEXT_SIZE]);

/* Whether a certificate of `chain`, which must be the verified one, has a pinned key, or there are no pins. False also
 * when memory fails. */
bool taskseal__pins_match(const taskseal__pins *pins, const STACK_OF(X509) * chain);

#endif
