/* SPDX-License-Identifier: MIT
 *
 * Envelopes as they come and go: in binary, or in text form, which is known by its prefix.
 */
#ifndef TASKSEAL_TOOLS_ENVELOPE_H
#define TASKSEAL_TOOLS_ENVELOPE_H

#include <taskseal/taskseal.h>

#include "buffer.h"

/* True if `data` begins as the text form does. */
bool envelope_is_text(const void *data, size_t len);

/* Turns what was read into binary form; *was_text tells whether it was in text form. One newline after
 * the text form is let pass: shells and editors put it there. Reports failures, naming `input`, where it
 * came from; a status of report.h. */
int envelope_to_binary(buffer *envelope, const char *input, bool *was_text);

/* Turns an envelope into text form (for output_write: without a NUL). Reports failures, naming `input`, what
 * it was made of. */
int envelope_to_text(buffer *envelope, const char *input);

#endif
