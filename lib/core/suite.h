/* SPDX-License-Identifier: MIT
 * The suites: which AEAD encrypts the chunks, and how a payload is cut into them (F 6). */
#ifndef TASKSEAL_CORE_SUITE_H
#define TASKSEAL_CORE_SUITE_H

#include <taskseal/taskseal.h>

enum { TASKSEAL__PAYLOAD_KEY_BYTES = 32 };

#define TASKSEAL__PIECES_MAX (UINT64_C(1) << 38) /* F 6.5 */

/* True for the suite numbers that this version knows, available here or not. */
bool taskseal__suite_known(unsigned suite);

/* *chunks_len = length of the chunks of a payload; false if the format or a size_t can't hold it. */
bool taskseal__chunks_len(taskseal_suite suite, size_t payload_len, size_t *chunks_len);

/* *payload_len = the one payload length that makes chunks of this length; false if none does. */
bool taskseal__payload_len(taskseal_suite suite, size_t chunks_len, size_t *payload_len);

/* Encrypts a payload to chunks. `payload` may equal `out` (in place), else the two must not overlap. If
 * `padded_len` exceeds `len`, padding is added up to it. The suite is available. */
void taskseal__chunks_seal(taskseal_suite suite, const uint8_t key[TASKSEAL__PAYLOAD_KEY_BYTES],
                           const uint8_t *payload, size_t len, size_t padded_len, uint8_t *out);

/* Decrypts chunks, whose framing was checked, to their payload at `out`, which may equal `chunks` (in place;
 * then plaintext may be left behind the payload, up to chunks_len). False if a tag does not verify: the
 * caller wipes what was written. */
TASKSEAL_MUST_USE bool taskseal__chunks_open(taskseal_suite suite,
                                             const uint8_t key[TASKSEAL__PAYLOAD_KEY_BYTES],
                                             const uint8_t *chunks, size_t chunks_len, uint8_t *out);

#endif
