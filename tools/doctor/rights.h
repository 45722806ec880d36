/* SPDX-License-Identifier: MIT
 *
 * What a user may do, found out without doing it.
 */
#ifndef TASKSEAL_TOOLS_DOCTOR_RIGHTS_H
#define TASKSEAL_TOOLS_DOCTOR_RIGHTS_H

#include "ask.h"

typedef enum right { RIGHT_NO, RIGHT_YES, RIGHT_UNKNOWN, RIGHT_ABSENT /* no such command */ } right;

enum { RIGHT_WORDS_MAX = 8 };

/* How it may be asked: what must never be near execution is asked by ACL DRYRUN only. */
typedef enum right_care { CARE_QUEUE, CARE_DRYRUN } right_care;

/* Whether `user` (NULL: the one that the connection is) may run the command, by ACL DRYRUN; else, for itself only, by
 * MULTI, the command, DISCARD: a server queues what may be run, says NOPERM to what may not, and then forgets it. The
 * words are of a kind that fails, or does nothing, if they are run after all. */
right right_ask(doctor *self, const char *user, const char *const words[RIGHT_WORDS_MAX], right_care care);

/* In words, which of the two ways worked. */
const char *right_way(const doctor *self);

#endif
