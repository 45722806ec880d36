/* SPDX-License-Identifier: MIT
 * Code that leaks, compiled as the library is: the control of the constant-time test. */
#ifndef TASKSEAL_TESTS_SECRETS_LEAKS_H
#define TASKSEAL_TESTS_SECRETS_LEAKS_H

#include <stddef.h>
#include <stdint.h>

/* Each leaks in a way of its own: a comparison that ends at the first difference, a branch on a bit, an address. */
void planted_compare(const uint8_t *a, const uint8_t *b, size_t len);
void planted_branch(const uint8_t *secret);
void planted_index(const uint8_t *secret);

#endif
