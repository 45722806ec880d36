/* SPDX-License-Identifier: MIT
 * One absolute point in time that everything must be done by. */
#ifndef TASKSEAL_REDIS_DEADLINE_H
#define TASKSEAL_REDIS_DEADLINE_H

#include <poll.h>
#include <stdint.h>
#include <time.h>

/* Monotonic microseconds; setting the wall clock changes nothing. */
typedef int64_t taskseal__deadline;

#define TASKSEAL__NO_DEADLINE INT64_MAX

int64_t taskseal__monotonic_us(void);

/* `us` >= 0; what lies beyond the clock's range is no deadline. */
taskseal__deadline taskseal__deadline_in_us(int64_t us);

/* For functions that wait until an absolute CLOCK_MONOTONIC time. */
struct timespec taskseal__deadline_timespec(taskseal__deadline deadline);

typedef enum taskseal__waited {
    TASKSEAL__READY, /* also with an error or hang-up pending: the next call on the descriptor tells */
    TASKSEAL__TIMED_OUT,
    TASKSEAL__WAIT_FAILED /* errno says why */
} taskseal__waited;

/* Waits until `fd` is ready for `events` (POLLIN, POLLOUT). A signal does not end it. After the deadline it is
 * TIMED_OUT, even where `fd` is ready. */
taskseal__waited taskseal__wait(int fd, short events, taskseal__deadline deadline);

#endif
