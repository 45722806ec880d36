/* SPDX-License-Identifier: MIT
 * A Valkey or Redis of the system, on 127.0.0.1, with certificates of its own. TASKSEAL_TEST_SERVER names the program. */
#ifndef TASKSEAL_TESTS_REDIS_REAL_SERVER_H
#define TASKSEAL_TESTS_REDIS_REAL_SERVER_H

#include "certs.h"

#include <stdbool.h>
#include <sys/types.h>

typedef struct real_server {
    pid_t process;
    char directory[64]; /* ca.pem, server.*, client.*, foreign.*; the tests' crl.pem */
    unsigned port;      /* TLS */
    unsigned plain_port;
} real_server;

/* `settings` are further lines of its configuration file. Returns when the server accepts connections. */
real_server real_server_start(const char *settings);

unsigned real_server_free_port(void);
bool real_server_accepts(unsigned port);

/* Starts it again, on the same port, with the same certificates and settings. */
void real_server_restart(real_server *s);

/* The CA of its certificates; the certificate is the caller's. */
identity real_server_root(const real_server *s);

/* Ends the process; the files stay until real_server_stop. */
void real_server_kill(real_server *s);
void real_server_stop(real_server *s);

/* "rediss://<login><host>:<port><path>?cacert=...<query>" */
void real_server_uri(const real_server *s, char *out, size_t cap, const char *login, const char *host,
                     const char *path, const char *query);

#endif
