/* SPDX-License-Identifier: MIT
 * Where secrets come from and where they live. */
#ifndef TASKSEAL_CORE_SECRET_H
#define TASKSEAL_CORE_SECRET_H

#include <taskseal/taskseal.h>

/* Makes libsodium ready; cheap when it is already. NO_RANDOM if the system has no randomness: asked first,
 * because libsodium would abort the process. */
TASKSEAL_MUST_USE taskseal_err taskseal__sodium_init(void);

/* Fills `out` from the system RNG, one request where the kernel answers whole. There is no user-space pool:
 * one would repeat itself after a fork or a VM snapshot. On failure `out` is wiped. */
TASKSEAL_MUST_USE taskseal_err taskseal__random(uint8_t *out, size_t len);

#endif
