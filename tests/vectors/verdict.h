/* SPDX-License-Identifier: MIT
 * What a run of a record found, and the comparisons that lead to it. The first reason is the one that is kept. */
#ifndef TASKSEAL_VECTORS_VERDICT_H
#define TASKSEAL_VECTORS_VERDICT_H

#include "record.h"

#include <stdbool.h>
#include <taskseal/taskseal.h>

enum { CANARY = 0xA5 /* what outputs are filled with before */ };

typedef struct {
    bool passed;
    char reason[300]; /* why not */
} verdict;

__attribute__((format(printf, 2, 3))) void fail(verdict *v, const char *format, ...);

/* Fails unless `err` has the expected name; true if it is the expected success. */
bool expect_error(verdict *v, const char *what, taskseal_err err, const char *expected);

void expect_bytes(verdict *v, const char *what, const void *got, size_t len, const bytes *expected);

/* These compare only what the record says. */
void expect_field(verdict *v, const record *r, const char *name, const char *got);
void expect_number(verdict *v, const record *r, const char *name, uint64_t got);
void expect_hex(verdict *v, const record *r, const char *name, const uint8_t *got, size_t len);
void expect_stanzas(verdict *v, const record *r, const taskseal_info *info);
void expect_info(verdict *v, const record *r, const taskseal_info *info);

/* An output of `capacity` bytes, and a guard behind it. */
bytes canary_buffer(size_t capacity);
void expect_guard(verdict *v, const bytes *buffer);

/* From `from` on, the output is as it was or wiped: no plaintext stays there. */
void expect_wiped(verdict *v, const bytes *buffer, size_t from);

#endif
