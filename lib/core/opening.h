/* SPDX-License-Identifier: MIT
 * An opening in progress: the steps of F 9 that come before the payload, in their order. */
#ifndef TASKSEAL_CORE_OPENING_H
#define TASKSEAL_CORE_OPENING_H

#include "keyring.h"

/* What was asked, what was parsed, and what was found. */
typedef struct taskseal__opening {
    const taskseal_open_options *options;
    unsigned given;  /* TASKSEAL_BOUND_... of the fields that the caller gave */
    unsigned insist; /* those that must be bound */
    taskseal__header header;
    taskseal__match match;
    taskseal__message_keys keys;
} taskseal__opening;

/* Checks the options, which must outlive the opening: BAD_ARGUMENT. */
TASKSEAL_MUST_USE taskseal_err taskseal__opening_begin(taskseal__opening *o,
                                                       const taskseal_open_options *options);

/* F 9.2 to F 9.8, of o->header, which was parsed. On success o->keys holds the payload key; the caller wipes
 * o->keys always. */
TASKSEAL_MUST_USE taskseal_err taskseal__opening_verify(taskseal__opening *o);

/* F 9.9: everything or nothing of the payload. `out` equals the chunks, or overlaps nothing of them and holds
 * o->header.payload_len bytes. */
TASKSEAL_MUST_USE taskseal_err taskseal__opening_decrypt(const taskseal__opening *o, uint8_t *out,
                                                         size_t *out_len);

/* Fills in `opened`; NULL is fine. */
void taskseal__opening_report(const taskseal__opening *o, taskseal_opened *opened);

#endif
