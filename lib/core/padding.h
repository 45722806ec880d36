/* SPDX-License-Identifier: MIT
 * Length hiding (F 7): payload | 80 | 00 ... up to max(256, Padmé). */
#ifndef TASKSEAL_CORE_PADDING_H
#define TASKSEAL_CORE_PADDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* *padded = the length that a payload of `len` bytes is padded to; false if no size_t holds it. */
bool taskseal__padded_len(size_t len, size_t *padded);

/* True if some payload is padded to this length. */
bool taskseal__padded_len_valid(size_t padded);

/* Finds the payload's length in decrypted, authentic, padded bytes; false unless the padding is exactly what
 * a sealer writes. Takes the same time for every payload of the same padded length. */
bool taskseal__unpad(const uint8_t *bytes, size_t padded, size_t *len);

#endif
