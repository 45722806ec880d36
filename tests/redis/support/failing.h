/* SPDX-License-Identifier: MIT
 * Allocations of OpenSSL and hiredis that fail when they are told to, in any thread but those of the tests' servers. */
#ifndef TASKSEAL_TESTS_REDIS_FAILING_H
#define TASKSEAL_TESTS_REDIS_FAILING_H

#include <stdbool.h>

/* At the very start of a program that wants any to fail. */
bool failing_install(void);

/* The calling thread's allocations neither fail nor count. */
void failing_exempt_thread(void);

/* From here on allocations are counted, and the one of number `at` fails; -1: none. */
void failing_begin(long at);
void failing_end(void);
long failing_count(void);

/* Pieces of memory that are alive, without those of exempt threads. */
long failing_live(void);

#endif
