/* SPDX-License-Identifier: MIT
 *
 * The tasks that wait in a server, moved to another key while their workers run.
 */
#ifndef TASKSEAL_TOOLS_REWRAP_SERVER_H
#define TASKSEAL_TOOLS_REWRAP_SERVER_H

#include <stdbool.h>
#include <stddef.h>

#include <taskseal/taskseal.h>

enum { REWRAP_QUEUES_MAX = 64 };

typedef struct rewrap_queues {
    const char *uri;
    const char *layout; /* NULL: that of the examples */
    const char *queues[REWRAP_QUEUES_MAX];
    size_t count;
    const char *from;  /* NULL: every other key */
    const char *to;    /* NULL: the first key that seals */
    const char *state; /* the file that tells where to go on; NULL: none */
    uint64_t rate;     /* about as many commands a second; 0: no limit */
    bool dry;
    bool json;
} rewrap_queues;

/* Moves them and prints what became of them; a status of report.h, which is STATUS_REFUSED if some stay. Reports what
 * ends it early, and then prints how far it came. */
int rewrap_server(const rewrap_queues *what, const taskseal_keyring *ring);

#endif
