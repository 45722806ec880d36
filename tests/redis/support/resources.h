/* SPDX-License-Identifier: MIT
 * What this process holds: descriptors and memory. */
#ifndef TASKSEAL_TESTS_REDIS_RESOURCES_H
#define TASKSEAL_TESTS_REDIS_RESOURCES_H

#include <stdbool.h>
#include <stddef.h>

/* Open descriptors, without the one that counting takes. */
long count_descriptors(void);

/* True as soon as there are no more of them than that, within two seconds: a thread may be about to end. */
bool descriptors_settle(long expected);

/* Bytes of malloc's that are in use, in all its arenas; 0 where the allocator is another one, as under sanitizers. */
size_t heap_bytes(void);

/* Bytes of memory that are resident. */
size_t resident_bytes(void);

#endif
