/* SPDX-License-Identifier: MIT
 *
 * Counts what a call asks of the system: memory and random bytes. The bench programs define malloc, mmap,
 * getrandom and their kin themselves, so every caller in the process is counted, libsodium included.
 */
#ifndef TASKSEAL_BENCH_COUNTERS_H
#define TASKSEAL_BENCH_COUNTERS_H

#include <stdbool.h>

typedef struct counters {
    unsigned long allocations;     /* malloc, calloc, realloc, aligned_alloc, posix_memalign, mmap */
    unsigned long random_requests; /* getrandom and getentropy, as functions or system calls */
} counters;

/* The counts so far. */
counters counters_now(void);

/* False if one of the counters does not see what it should: then a count of 0 would prove nothing. */
bool counters_work(void);

#endif
