/* SPDX-License-Identifier: MIT
 * A server of the tests' own (lab.h) in a process of its own, so that what it holds is not counted with the client's. */
#ifndef TASKSEAL_TESTS_REDIS_APART_H
#define TASKSEAL_TESTS_REDIS_APART_H

#include "lab.h"

typedef struct apart {
    pid_t process;
    int pipe;      /* the process ends when this is closed */
    char uri[600]; /* for its clients */
} apart;

/* Call it before the process has threads. Ends the test if it can't. */
apart apart_start(const scenario *s);

void apart_stop(apart *a);

#endif
