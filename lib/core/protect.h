/* SPDX-License-Identifier: MIT
 * Key files that are protected with a passphrase (doc/keyfile.md, K 16 to K 22). */
#ifndef TASKSEAL_CORE_PROTECT_H
#define TASKSEAL_CORE_PROTECT_H

#include <taskseal/taskseal.h>

/* What a new file asks of whoever tries a passphrase: libsodium's "moderate". */
typedef struct taskseal__protect_cost {
    unsigned passes;
    unsigned kibibytes;
} taskseal__protect_cost;

/* OK also for an absent one. BAD_ARGUMENT if it is empty or too long. */
TASKSEAL_MUST_USE taskseal_err taskseal__passphrase_check(taskseal_bytes passphrase, taskseal_error *error);

/* KEYFILE_PASSPHRASE, for a file without one where one was given. Whoever can replace a protected file can't make
 * another one under its passphrase, but a plain one with keys of his own. */
TASKSEAL_MUST_USE taskseal_err taskseal__not_protected(taskseal_error *error);

/* True if the text begins as a protected key file of the format that we know does. */
bool taskseal__is_protected(const char *text, size_t len);

/* Decrypts to guarded memory: the caller's, for sodium_free; NULL on failure. KEYFILE_PASSPHRASE, KEYFILE_MALFORMED,
 * NO_MEMORY. */
TASKSEAL_MUST_USE taskseal_err taskseal__unprotect(const char *text, size_t len, taskseal_bytes passphrase,
                                                   char **plain, size_t *plain_len, taskseal_error *error);

/* Encrypts the text of a key file, at the usual cost (NULL) or another one. The result is for sodium_free.
 * NO_RANDOM, NO_MEMORY, KEYFILE_CHANGE if it would be longer than a key file may be. */
TASKSEAL_MUST_USE taskseal_err taskseal__protect(const char *plain, size_t plain_len,
                                                 taskseal_bytes passphrase,
                                                 const taskseal__protect_cost *cost, char **text, size_t *len,
                                                 taskseal_error *error);

#endif
