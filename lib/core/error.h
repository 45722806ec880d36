/* SPDX-License-Identifier: MIT
 * Errors with words. */
#ifndef TASKSEAL_CORE_ERROR_H
#define TASKSEAL_CORE_ERROR_H

#include <taskseal/taskseal.h>

#if defined(__GNUC__) || defined(__clang__)
#define TASKSEAL__PRINTF(format_at, first_at) __attribute__((format(printf, format_at, first_at)))
#else
#define TASKSEAL__PRINTF(format_at, first_at)
#endif

/* Fills in `error` (NULL is fine; line becomes 0) and returns `code`, so that a caller can say
 * `return taskseal__fail(...)`. The arguments must not hold secrets. */
taskseal_err taskseal__fail(taskseal_error *error, taskseal_err code, const char *format, ...)
    TASKSEAL__PRINTF(3, 4);

/* As taskseal__fail, naming a line of a key file. */
taskseal_err taskseal__fail_line(taskseal_error *error, taskseal_err code, unsigned line, const char *format,
                                 ...) TASKSEAL__PRINTF(4, 5);

#endif
