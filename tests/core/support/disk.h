/* SPDX-License-Identifier: MIT
 * A directory of its own for every test that needs files. */
#ifndef TASKSEAL_TESTS_CORE_DISK_H
#define TASKSEAL_TESTS_CORE_DISK_H

#include "support.h"

#include <sys/types.h>

/* A case whose tests find an empty directory, which is removed with all that they made in it. */
TCase *add_disk_case(Suite *suite, const char *name);

/* The path of `name` in the directory; lives as long as the test. */
const char *path_of(const char *name);

/* Number of entries in the directory. */
size_t entry_count(void);

void write_file(const char *path, const void *data, size_t len, mode_t mode);
blob read_file(const char *path);

#endif
