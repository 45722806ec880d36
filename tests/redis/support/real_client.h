/* SPDX-License-Identifier: MIT
 * Connections to the real server that is running. */
#ifndef TASKSEAL_TESTS_REDIS_REAL_CLIENT_H
#define TASKSEAL_TESTS_REDIS_REAL_CLIENT_H

#include "lab.h"
#include "real_server.h"

/* One for each program; fixtures start and stop it. */
extern real_server running;

redisContext *connected(const char *login, const char *host, const char *path, const char *query);

/* At 127.0.0.1; also asserts that no password is in the message. */
void assert_refused(taskseal_err expected, const char *login, const char *path, const char *query);

/* Asserts that there is a reply and that it is of this type. */
redisReply *answered(const redisContext *redis, int type, redisReply *reply);

#define ASK(redis, type, ...) answered(redis, type, redisCommand(redis, __VA_ARGS__))

/* Adds tests that share a server with these settings, started and stopped by the fixtures. */
TCase *add_case(Suite *suite, const char *name, void (*start)(void));

#endif
