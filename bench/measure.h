/* SPDX-License-Identifier: MIT
 *
 * Comparing two ways of doing the same thing on a machine that is not quiet.
 *
 * Both are run in small batches in the order ABBA or BAAB, at random. Each round of four batches gives one
 * ratio, in which drift (clock frequency, neighbours) cancels. The verdict is the median of all rounds. Time
 * is the CPU time of the thread, which leaves out what other processes took, but not what they did to the
 * caches.
 */
#ifndef TASKSEAL_BENCH_MEASURE_H
#define TASKSEAL_BENCH_MEASURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef void operation(void *subject);

typedef struct spread {
    double min;
    double median;
    double max;
} spread;

typedef struct comparison {
    double a_ns; /* medians, for one call */
    double b_ns;
    spread ratio; /* a / b */
} comparison;

/* Minimum, median and maximum of values[0..count), which it sorts. count > 0. */
spread measure_spread(double *values, size_t count);

/* Compares a(subject) with b(subject) in `rounds` rounds. Exits if memory can't be had. */
comparison measure_compare(operation *a, operation *b, void *subject, size_t rounds);

/* Keeps this thread, and processes that it starts, on one of the CPUs that it could use at first, counted
 * from 0; the last one if cpu < 0. Returns the CPU's number, or -1 if there is none or the system refused. */
int measure_pin(int cpu);

/* Wall-clock time in nanoseconds, monotonic. */
uint64_t measure_wall_ns(void);

/* The name of the CPU and how many this process may use. */
const char *measure_cpu_name(void);
unsigned measure_cpu_count(void);

#endif
