/* SPDX-License-Identifier: MIT
 *
 * What the benches with a server share: their options, and how they begin.
 */
#ifndef TASKSEAL_BENCH_COMMAND_H
#define TASKSEAL_BENCH_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include <hiredis/hiredis.h>

#include <taskseal/redis.h>

#include "server.h"

enum { ROUNDS_MIN = 10, ROUNDS_MAX = 1000 };

typedef struct choices {
    bool check;
    bool json;
    size_t rounds;
    const char *program; /* the server's */
    const char *peer;    /* a program */
} choices;

/* Prints help, or what is wrong, and exits, unless all is well. `rounds` is what there are by default. `peer` says
 * what --peer names, which then must be given; NULL: there is no such option. */
choices command_choices(int argc, char **argv, const char *name, size_t rounds, const char *peer);

/* Prints `what` behind the program's name and exits with 2. */
_Noreturn void command_fail(const char *what);

/* Starts the server on the first processor, and leaves the last to this process. The server ends with the process. */
bench_server *command_server(const choices *chosen);

/* Connects as soon as the server answers. Exits after ten seconds, or when the server has ended. */
redisContext *command_connect(bench_server *server, taskseal_redis_endpoint *endpoint);

#endif
