/* SPDX-License-Identifier: MIT */
#include "measure.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const uint64_t batch_ns = 100000; /* long beside reading the clock, short beside a time slice */

static uint64_t clock_ns(clockid_t clock)
{
    struct timespec time;
    if (clock_gettime(clock, &time) != 0) {
        perror("clock_gettime");
        exit(2);
    }
    return (uint64_t)time.tv_sec * 1000000000U + (uint64_t)time.tv_nsec;
}

uint64_t measure_wall_ns(void)
{
    return clock_ns(CLOCK_MONOTONIC);
}

static uint64_t run_batch(operation *run, void *subject, size_t calls)
{
    uint64_t start = clock_ns(CLOCK_THREAD_CPUTIME_ID);
    for (size_t i = 0; i < calls; i++)
        run(subject);
    return clock_ns(CLOCK_THREAD_CPUTIME_ID) - start;
}

/* How many calls make a batch; warms caches and branch predictors on the way. */
static size_t calls_per_batch(operation *a, operation *b, void *subject)
{
    size_t calls = 1;
    while (calls < (1U << 20)) {
        run_batch(a, subject, calls);
        if (run_batch(b, subject, calls) >= batch_ns)
            break;
        calls *= 2;
    }
    return calls;
}

static int compare_doubles(const void *left, const void *right)
{
    double a = *(const double *)left;
    double b = *(const double *)right;
    return (a > b) - (a < b);
}

spread measure_spread(double *values, size_t count)
{
    qsort(values, count, sizeof *values, compare_doubles);
    double median = (values[(count - 1) / 2] + values[count / 2]) / 2;
    return (spread){.min = values[0], .median = median, .max = values[count - 1]};
}

/* Which order a round takes: decided by a small generator of its own, so that the counted one is not
 * disturbed. */
static bool begin_with_a(void)
{
    static uint32_t state = 2463534242U;
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return (state & 1) != 0;
}

/* Runs one round; adds up the time of each. */
static void run_round(operation *a, operation *b, void *subject, size_t calls, double *a_ns, double *b_ns)
{
    uint64_t a_sum = 0;
    uint64_t b_sum = 0;
    bool a_outside = begin_with_a();
    for (int i = 0; i < 4; i++) {
        bool outside = i == 0 || i == 3;
        if (outside == a_outside)
            a_sum += run_batch(a, subject, calls);
        else
            b_sum += run_batch(b, subject, calls);
    }
    *a_ns = (double)a_sum / (2 * (double)calls);
    *b_ns = (double)b_sum / (2 * (double)calls);
}

comparison measure_compare(operation *a, operation *b, void *subject, size_t rounds)
{
    double *times = calloc(3 * rounds, sizeof *times);
    if (times == NULL) {
        perror("calloc");
        exit(2);
    }
    double *a_ns = times;
    double *b_ns = times + rounds;
    double *ratios = times + 2 * rounds;
    size_t calls = calls_per_batch(a, b, subject);
    for (size_t i = 0; i < rounds; i++) {
        run_round(a, b, subject, calls, &a_ns[i], &b_ns[i]);
        ratios[i] = a_ns[i] / b_ns[i];
    }
    comparison result = {.a_ns = measure_spread(a_ns, rounds).median,
                         .b_ns = measure_spread(b_ns, rounds).median,
                         .ratio = measure_spread(ratios, rounds)};
    free(times);
    return result;
}

/* ---- The machine ------------------------------------------------------------------------------ */

/* The CPUs that this process might use when it started. */
static const cpu_set_t *usable_cpus(void)
{
    static cpu_set_t usable;
    if (CPU_COUNT(&usable) == 0 && sched_getaffinity(0, sizeof usable, &usable) != 0)
        CPU_SET(0, &usable);
    return &usable;
}

int measure_pin(int cpu)
{
    const cpu_set_t *usable = usable_cpus();
    size_t chosen = CPU_SETSIZE;
    int seen = 0;
    for (size_t i = 0; i < CPU_SETSIZE; i++) {
        if (!CPU_ISSET(i, usable))
            continue;
        if (cpu < 0 || seen == cpu)
            chosen = i;
        seen++;
    }
    if (chosen == CPU_SETSIZE)
        return -1;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(chosen, &one);
    return sched_setaffinity(0, sizeof one, &one) == 0 ? (int)chosen : -1;
}

unsigned measure_cpu_count(void)
{
    return (unsigned)CPU_COUNT(usable_cpus());
}

const char *measure_cpu_name(void)
{
    static char name[128] = "unknown CPU";
    char line[256];
    FILE *file = fopen("/proc/cpuinfo", "r");
    if (file == NULL)
        return name;
    while (fgets(line, sizeof line, file) != NULL) {
        char *value = strchr(line, ':');
        if (strncmp(line, "model name", 10) == 0 && value != NULL) {
            value += strspn(value, ": ");
            value[strcspn(value, "\n")] = '\0';
            snprintf(name, sizeof name, "%s", value);
            break;
        }
    }
    fclose(file);
    return name;
}
