/* SPDX-License-Identifier: MIT
 *
 * A Valkey (or Redis) of the bench's own: TLS only, on 127.0.0.1, with a fresh certificate, without
 * persistence, in a directory that is removed at the end.
 */
#ifndef TASKSEAL_BENCH_SERVER_H
#define TASKSEAL_BENCH_SERVER_H

#include <stdbool.h>
#include <sys/types.h>

typedef struct bench_server {
    pid_t pid;
    char directory[64];
    char uri[256]; /* for taskseal_redis_endpoint_new */
} bench_server;

/* Starts `program` (found on PATH if it holds no slash) and returns at once: connect until it answers.
 * False, with a line on stderr, on failure. */
bool server_start(bench_server *server, const char *program);

/* False once the process has ended, with its log on stderr. */
bool server_alive(bench_server *server);

void server_stop(bench_server *server);

#endif
