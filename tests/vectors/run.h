/* SPDX-License-Identifier: MIT
 * Runs one record through the public API. */
#ifndef TASKSEAL_VECTORS_RUN_H
#define TASKSEAL_VECTORS_RUN_H

#include "record.h"

#include <stdbool.h>

typedef struct {
    bool passed;
    char reason[300]; /* why not */
} verdict;

verdict record_run(const record_file *file, const record *r);

#endif
