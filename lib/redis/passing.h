/* SPDX-License-Identifier: MIT
 * Faults of OpenSSL's own, which pass, told from those of the peer. */
#ifndef TASKSEAL_REDIS_PASSING_H
#define TASKSEAL_REDIS_PASSING_H

#include <stdbool.h>

/* Empties the thread's error queue and says whether it held a sign that memory ran out. */
bool taskseal__passing_fault(void);

#endif
