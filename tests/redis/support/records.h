/* SPDX-License-Identifier: MIT
 * Looks at one direction of a connection: TLS records and nothing else, and where they end. */
#ifndef TASKSEAL_TESTS_REDIS_RECORDS_H
#define TASKSEAL_TESTS_REDIS_RECORDS_H

#include <stdbool.h>
#include <stddef.h>

enum { RECORDS_MAX = 64 };

typedef struct records {
    size_t bytes;             /* seen so far */
    size_t count;             /* of records that began */
    size_t begin[RECORDS_MAX]; /* where the first of them began */
    bool strange;             /* something was no TLS record of TLS 1.0 to 1.3 */
    unsigned char type;       /* of the one that is under way */
    size_t at;                /* within it, its header included */
    size_t body;              /* its length */
} records;

/* `r` begins as zeroes. */
void records_feed(records *r, const void *data, size_t len);

#endif
