/* SPDX-License-Identifier: MIT
 * How each point may fail, and what a public call may then say. */
#ifndef TASKSEAL_FAILURES_FAULTS_H
#define TASKSEAL_FAILURES_FAULTS_H

#include "points.h"

#include <taskseal/taskseal.h>

/* What is right after a fault, as bits. */
enum {
    STAYS_OK = 1, /* the call succeeds all the same */
    NO_MEMORY = 2,
    NO_RANDOM = 4,
    BAD_CLOCK = 8,
    KEYFILE_READ = 16,
    KEYFILE_WRITE = 32,
    KEYFILE_EXISTS = 64, /* only of calls that create */
    TRIES_AGAIN = 128,   /* STAYS_OK, of calls that change a file: they look again which one it is */
    LEAVES_FILES = 256   /* what could not be removed may be there */
};

typedef struct fault {
    point at;
    effect effect;
    int error;
    bool sticky;
    unsigned right;
    unsigned row; /* of the evidence: 6 memory, 7 system calls */
} fault;

extern const fault faults[];
extern const size_t fault_count;

/* True if `err` is among what is right. */
bool fault_allows(const fault *f, taskseal_err err, bool creates, bool changes);

#endif
