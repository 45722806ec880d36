/* SPDX-License-Identifier: MIT
 * A record's keys, context and policy as the options of an opening. */
#ifndef TASKSEAL_VECTORS_OPTIONS_H
#define TASKSEAL_VECTORS_OPTIONS_H

#include "record.h"

#include <taskseal/taskseal.h>

typedef struct {
    const record *record;
    taskseal_keyring *ring;
    taskseal_open_options options;
    bytes context[4]; /* what options.context points to */
    bytes payload;    /* what opening is expected to give */
} opening;

/* Whatever it returns, opening_free is due. Errors: those of taskseal_keyring_parse. */
taskseal_err opening_make(opening *o, const record_file *file, const record *r);
void opening_free(opening *o);

#endif
