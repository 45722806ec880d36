/* SPDX-License-Identifier: MIT
 * Where the text of a key file comes from. */
#ifndef TASKSEAL_CORE_SOURCE_H
#define TASKSEAL_CORE_SOURCE_H

#include <taskseal/taskseal.h>

#include <sys/stat.h>

/* Reads what `source` names, as for taskseal_keyring_load, to guarded memory: the caller's, for sodium_free.
 * BAD_ARGUMENT, KEYFILE_READ, KEYFILE_PERMISSIONS, NO_MEMORY; *text is NULL then. */
TASKSEAL_MUST_USE taskseal_err taskseal__source_read(const char *source, char **text, size_t *len,
                                                     taskseal_error *error);

/* The same for the regular file `fd`, with messages that call it `name`. *status tells what it is. */
TASKSEAL_MUST_USE taskseal_err taskseal__source_read_file(int fd, const char *name, char **text, size_t *len,
                                                          struct stat *status, taskseal_error *error);

/* A file whose end was cut off, by copying it in place say, could lack limits and be valid all the same. A cut inside
 * of a line shows by its lack of a line feed: KEYFILE_MALFORMED (K 2). */
TASKSEAL_MUST_USE taskseal_err taskseal__source_check_end(const char *text, size_t len,
                                                          taskseal_error *error);

/* Puts the name before a message that knows only the line. */
void taskseal__source_name(taskseal_error *error, const char *name);

#endif
