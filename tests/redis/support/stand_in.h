/* SPDX-License-Identifier: MIT
 * Valkey, Redis or `openssl s_server` in the place of the labs' own server, as far as each can be configured to be as bad.
 * s_server knows no Redis: where all is verified, the login fails. */
#ifndef TASKSEAL_TESTS_REDIS_STAND_IN_H
#define TASKSEAL_TESTS_REDIS_STAND_IN_H

#include "lab.h"

/* From now on labs are served by `program`, or by the tests' own server again. */
void stand_in_use(const char *program);
void stand_in_leave(void);

/* Ends what runs. */
void stand_in_stop(void);

/* "valkey-server", "redis-server", "openssl" */
const char *stand_in_name(const char *program);
bool stand_in_knows_no_redis(void);

/* Why it can't be this bad; NULL: it can. */
const char *stand_in_cannot(const scenario *s);

#endif
