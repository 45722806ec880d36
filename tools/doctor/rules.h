/* SPDX-License-Identifier: MIT
 *
 * What the server says of a user.
 */
#ifndef TASKSEAL_TOOLS_RULES_H
#define TASKSEAL_TOOLS_RULES_H

#include "doctor.h"

typedef struct rules {
    bool known;   /* false: it may not be asked, or `missing` */
    bool missing; /* there is no such user */
    bool on;
    bool nopass;
    bool everything; /* +@all, without exceptions */
    bool everywhere; /* ... on all keys and channels */
} rules;

rules rules_read(doctor *self, const char *user);

#endif
