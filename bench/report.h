/* SPDX-License-Identifier: MIT
 *
 * What bench-core found, as a table for people or as JSON for machines.
 */
#ifndef TASKSEAL_BENCH_REPORT_H
#define TASKSEAL_BENCH_REPORT_H

#include <stdio.h>

#include <taskseal/taskseal.h>

#include "measure.h"

typedef struct report_row {
    taskseal_suite suite;
    taskseal_key_type key_type;
    const char *operation; /* "seal" or "open" */
    size_t payload_len;
    comparison time; /* a is the library, b the floor; both 0 if time was not measured */
    double bound;    /* on the median ratio */
    unsigned long allocations;
    unsigned long random_requests;
    size_t overhead; /* of the real envelope, in bytes */
} report_row;

/* Floor against floor: what the ratios would be if library and floor were the same code. */
typedef struct report_noise {
    taskseal_suite suite;
    taskseal_key_type key_type;
    const char *operation;
    size_t payload_len;
    spread ratio;
} report_noise;

typedef struct bench_report {
    report_row rows[64];
    size_t row_count;
    report_noise noise[16];
    size_t noise_count;
    size_t rounds; /* 0: time was not measured */
    unsigned cpus;
    int pinned_cpu; /* -1: not pinned */
} bench_report;

void report_table(const bench_report *report, FILE *out);
void report_json(const bench_report *report, FILE *out);

/* Writes a line to `out` for each bound that is broken, and returns how many there are. */
size_t report_check(const bench_report *report, FILE *out);

#endif
