/* SPDX-License-Identifier: MIT
 *
 * The ciphers up to TLS 1.2 that are less than ECDHE with AEAD.
 */
#ifndef TASKSEAL_TOOLS_DOCTOR_CIPHERS_H
#define TASKSEAL_TOOLS_DOCTOR_CIPHERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct weak_cipher {
    uint16_t id;
    bool
        broken; /* without encryption or authentication, or broken: NULL, anonymous, export, RC4, DES, 3DES, IDEA */
    const char *name;
} weak_cipher;

extern const weak_cipher weak_ciphers[];
extern const size_t weak_cipher_count;

#endif
