/* SPDX-License-Identifier: MIT
 * Sees what is wiped: the linker puts these in the place of sodium_memzero and sodium_stackzero (meson.build). */
#ifndef TASKSEAL_TESTS_CORE_WIPING_H
#define TASKSEAL_TESTS_CORE_WIPING_H

#include "support.h"

/* Forgets what was seen. */
void wiping_begin(void);

/* How many wipes of exactly `len` bytes there were. Those of libsodium itself are seen too where it is linked
 * statically: `len` and content tell ours. */
size_t wipes_of(size_t len);

/* The same, but only those that wiped this secret wholly with them. */
size_t wipes_of_secret(size_t len, const void *secret, size_t secret_len);

size_t stack_wipes(void);
size_t longest_stack_wipe(void);

#endif
