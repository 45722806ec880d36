/* SPDX-License-Identifier: MIT
 * Runs one record through the public API. */
#ifndef TASKSEAL_VECTORS_RUN_H
#define TASKSEAL_VECTORS_RUN_H

#include "options.h"
#include "verdict.h"

/* The whole record, whatever its operation is. */
verdict record_run(const record_file *file, const record *r);

/* What a record says of the result of an opening. */
void expect_opened(verdict *v, const record *r, const taskseal_opened *opened);

/* The operations. Each runs every way in which the API offers it. */
void run_open(verdict *v, const opening *o, const bytes *sealed, const char *expected);
void run_open_in_pieces(verdict *v, const opening *o, const record_file *file, const bytes *sealed);
void run_seal(verdict *v, const opening *o, const bytes *payload, const char *expected);
void run_reseal(verdict *v, const opening *o, const bytes *sealed, const char *expected);
void run_dedupe(verdict *v, const opening *o, const record_file *file, const bytes *payload,
                const char *expected);
void run_inspect(verdict *v, const record *r, const bytes *sealed, const char *expected);
void run_is_sealed(verdict *v, const bytes *data, const char *expected);
void run_text_decode(verdict *v, const record_file *file, const record *r, const bytes *text,
                     const char *expected);

/* How many openings in pieces there were so far, each vector in several sizes of piece. */
size_t openings_in_pieces(void);

/* Seals in pieces of `step` bytes; *sealed is then the caller's to free. */
taskseal_err seal_in_pieces(verdict *v, const taskseal_seal_options *options, const bytes *payload,
                            size_t step, bytes *sealed);

#endif
