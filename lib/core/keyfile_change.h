/* SPDX-License-Identifier: MIT
 * Changing the text of a key file. Does no input or output but reading the clock and random numbers. */
#ifndef TASKSEAL_CORE_KEYFILE_CHANGE_H
#define TASKSEAL_CORE_KEYFILE_CHANGE_H

#include <taskseal/taskseal.h>

/* BAD_ARGUMENT if the change is incomplete, or has what its action does not take. */
TASKSEAL_MUST_USE taskseal_err taskseal__change_check(const taskseal_keyfile_change *change,
                                                      taskseal_error *error);

/* Applies a checked change (not PROTECT) to the text of an unprotected key file. The new text is in guarded memory,
 * for sodium_free; NULL on failure. UNKNOWN_KEY, KEYFILE_CHANGE, NO_RANDOM, NO_MEMORY, BAD_CLOCK, and those of
 * taskseal_keyring_parse. */
TASKSEAL_MUST_USE taskseal_err taskseal__change_text(const taskseal_keyfile_change *change, const char *text,
                                                     size_t len, char **new_text, size_t *new_len,
                                                     taskseal_error *error);

#endif
