/* SPDX-License-Identifier: MIT
 * Reads vector records. README.md describes them. A test program's reader: on any fault in a file it prints
 * what is wrong and exits with 2. */
#ifndef TASKSEAL_VECTORS_RECORD_H
#define TASKSEAL_VECTORS_RECORD_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef struct {
    const char *name;
    const char *value;
} field;

typedef struct {
    field *fields;
    size_t count;
} record;

typedef struct {
    char *text; /* what the records point into */
    record *records;
    size_t count;
} record_file;

/* Bytes of their own, freed with free(data); data is never NULL. */
typedef struct {
    uint8_t *data;
    size_t len;
} bytes;

void records_read(record_file *file, const char *path, FILE *stream);
void records_free(record_file *file);

/* The value of the first field of that name; NULL if there is none. */
const char *record_get(const record *r, const char *name);

/* As record_get, of a field that must be there. */
const char *record_need(const record *r, const char *name);

/* The value as a number; `otherwise` if there is no such field. */
uint64_t record_number(const record *r, const char *name, uint64_t otherwise);

/* The value of the next field of that name, from *position on; NULL after the last. Begin with 0. */
const char *record_next(const record *r, const char *name, size_t *position);

/* The bytes that an expression says: hex, COUNT*hex, NAME[from:to]. */
bytes bytes_evaluate(const record_file *file, const char *expression);

/* Prints why the program can't go on, and ends it. */
_Noreturn void give_up(const char *what, const char *detail);

#endif
