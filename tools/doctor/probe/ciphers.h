/* SPDX-License-Identifier: MIT
 *
 * The ciphers up to TLS 1.2 that are less than ECDHE with AEAD, and all of TLS 1.3.
 */
#ifndef TASKSEAL_TOOLS_DOCTOR_CIPHERS_H
#define TASKSEAL_TOOLS_DOCTOR_CIPHERS_H

#include <stddef.h>
#include <stdint.h>

typedef enum cipher_grade {
    CIPHER_GOOD,
    CIPHER_WEAK, /* no forward secrecy, no AEAD, or one with a short tag */
    CIPHER_BROKEN /* no encryption or authentication, or broken: NULL, anonymous, export, RC4, DES, 3DES, IDEA */
} cipher_grade;

typedef struct cipher {
    uint16_t id;
    cipher_grade grade;
    const char *name;
} cipher;

extern const cipher weak_ciphers[];
extern const size_t weak_cipher_count;

extern const cipher tls13_ciphers[];
extern const size_t tls13_cipher_count;

#endif
