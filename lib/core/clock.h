/* SPDX-License-Identifier: MIT
 * Time, and the rules of the times in an envelope (F 9.8). */
#ifndef TASKSEAL_CORE_CLOCK_H
#define TASKSEAL_CORE_CLOCK_H

#include <taskseal/taskseal.h>

/* *now = `given`, or the system clock floored to seconds if that is 0. BAD_ARGUMENT if `given` exceeds
 * TASKSEAL_TIME_MAX, BAD_CLOCK if the clock can't be read or shows no time of 1 .. TASKSEAL_TIME_MAX. */
TASKSEAL_MUST_USE taskseal_err taskseal__now(uint64_t given, uint64_t *now);

/* NOT_YET_VALID, EXPIRED or OK. All times are at most TASKSEAL_TIME_MAX, except max_age, which is any. */
TASKSEAL_MUST_USE taskseal_err taskseal__check_times(uint64_t sealed_at, uint64_t expires_at,
                                                     uint64_t max_age, uint64_t now);

/* Until when a message id must be remembered (0: for ever), without the spread of the clocks. */
uint64_t taskseal__replay_until(uint64_t sealed_at, uint64_t expires_at, uint64_t max_age);

#endif
