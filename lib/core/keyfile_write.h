/* SPDX-License-Identifier: MIT
 * Writing key files: whole or not at all. */
#ifndef TASKSEAL_CORE_KEYFILE_WRITE_H
#define TASKSEAL_CORE_KEYFILE_WRITE_H

#include <taskseal/taskseal.h>

#include <sys/stat.h>

/* Makes a new file, mode 0600. KEYFILE_EXISTS, KEYFILE_WRITE, NO_MEMORY. */
TASKSEAL_MUST_USE taskseal_err taskseal__keyfile_write_new(const char *path, const char *text, size_t len,
                                                           taskseal_error *error);

/* Replaces the file that `status` describes, with its owner and mode; keeps the old one as `path`.old if `keep_old`.
 * KEYFILE_WRITE, NO_MEMORY: the file is as it was. */
TASKSEAL_MUST_USE taskseal_err taskseal__keyfile_replace(const char *path, const struct stat *status,
                                                         bool keep_old, const char *text, size_t len,
                                                         taskseal_error *error);

#endif
