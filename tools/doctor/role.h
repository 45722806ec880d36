/* SPDX-License-Identifier: MIT
 *
 * What a role needs of a server, and not a command or key more.
 */
#ifndef TASKSEAL_TOOLS_DOCTOR_ROLE_H
#define TASKSEAL_TOOLS_DOCTOR_ROLE_H

#include "doctor.h"

extern const char *const role_names[ROLES];

/* Whether self->layout has such a role. */
bool role_known(const doctor *self);

/* Prints the ACL lines of the default user and of self->role for self->layout; for self->queue alone if it is set. */
void role_print(const doctor *self);

/* Adds how `who` gets the rights of self->role, or of a worker where there is none, and no more. */
void role_fix(const doctor *self, finding *one, const char *who);

/* Whether self->acl_user may do what the line of self->role grants, and no more of what queues need: two findings. */
void check_role(doctor *self);

#endif
