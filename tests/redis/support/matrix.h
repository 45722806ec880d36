/* SPDX-License-Identifier: MIT
 * Servers with exactly one fault, each with the error that is expected of it, and each with a twin that differs in that
 * fault alone and is good. */
#ifndef TASKSEAL_TESTS_REDIS_MATRIX_H
#define TASKSEAL_TESTS_REDIS_MATRIX_H

#include "lab.h"

typedef struct bad_row {
    const char *name;
    void (*arrange)(scenario *s); /* what bad and twin have in common; NULL: nothing */
    void (*spoil)(scenario *s);   /* the fault */
    taskseal_err expected;
    const char *says; /* in the message */
    bool verified;    /* the server proves itself, so it gets the credentials */
} bad_row;

/* Servers without a fault. */
typedef struct good_row {
    const char *name;
    void (*arrange)(scenario *s);
    const char *protocol; /* that is spoken */
} good_row;

extern const good_row good_rows[];
extern const size_t good_row_count;

extern const bad_row certificate_rows[], list_rows[], protocol_rows[];
extern const size_t certificate_row_count, list_row_count, protocol_row_count;

#endif
