/* SPDX-License-Identifier: MIT
 * The servers that other clients are measured on. They are those of tests/redis: certificates and faults come from
 * its support. */
#ifndef TASKSEAL_TESTS_CLIENTS_ROWS_H
#define TASKSEAL_TESTS_CLIENTS_ROWS_H

#include "../../redis/support/lab.h"

typedef enum revocation { NO_LIST, LIST_OF_NOTHING, LIST_OF_LEAF } revocation;

typedef struct row {
    const char *name;
    const char *title;
    const char *twin; /* the name of a good row that differs in the fault alone; NULL: it is a good one */
    void (*arrange)(scenario *s); /* as the twin is; NULL: as scenario_good */
    void (*spoil)(scenario *s);   /* NULL: nothing is wrong */
    revocation revocation;
    bool again; /* the client first has a connection to the twin, which then goes away */
} row;

/* NULL: no row has that name. */
const row *row_find(const char *name);

/* All of them, as one line of JSON. */
void rows_list(void);

scenario row_scenario(const row *r);

#endif
