/* SPDX-License-Identifier: MIT
 *
 * The envelopes that wait in a server.
 */
#ifndef TASKSEAL_TOOLS_DRAIN_SERVER_H
#define TASKSEAL_TOOLS_DRAIN_SERVER_H

#include "drain.h"

typedef struct drain_server {
    const char *uri;
    const char *match; /* the pattern of SCAN */
    uint64_t rate;     /* at most this many commands a second; 0: no limit */
} drain_server;

/* Takes every value of every key of the database that matches. Reports what ends it early; a status of report.h. */
int drain_take_server(drain *self, const drain_server *server);

#endif
