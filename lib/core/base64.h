/* SPDX-License-Identifier: MIT
 * Strict decoding of unpadded base64url (RFC 4648, section 5), in constant time but for where it fails. */
#ifndef TASKSEAL_CORE_BASE64_H
#define TASKSEAL_CORE_BASE64_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* *len = length of what `text_len` characters decode to; false if nothing encodes so. */
bool taskseal__base64_decoded_len(size_t text_len, size_t *len);

/* Decodes to exactly `len` bytes; false unless the text is their one encoding: no white space, no padding,
 * unused bits zero. `out` may have been written to all the same. */
bool taskseal__base64_decode(const char *text, size_t text_len, uint8_t *out, size_t len);

#endif
