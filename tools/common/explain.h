/* SPDX-License-Identifier: MIT
 *
 * Why an envelope was refused, in the terms of the command line: which input it was, which of its fields and
 * keys the error is about, and what was given. What an envelope says of itself is unverified (most errors are
 * found before anything is), and the messages say so. Of the context they name fields, never values.
 */
#ifndef TASKSEAL_TOOLS_EXPLAIN_H
#define TASKSEAL_TOOLS_EXPLAIN_H

#include <taskseal/taskseal.h>

#include "buffer.h"

/* Each reports `err`, by which the library refused what came from `input`, and returns a status of
 * report.h. The options are those of the call, `sealed` is the envelope in binary form. */
int explain_seal(taskseal_err err, const char *input, const taskseal_seal_options *options);
int explain_open(taskseal_err err, const char *input, const buffer *sealed,
                 const taskseal_open_options *options);
int explain_rewrap(taskseal_err err, const char *input, const buffer *sealed,
                   const taskseal_rewrap_options *options);
int explain_reseal(taskseal_err err, const char *input, const buffer *sealed,
                   const taskseal_reseal_options *options);
int explain_dedupe(taskseal_err err, const char *input, const taskseal_dedupe_options *options);

#endif
