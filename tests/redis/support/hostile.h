/* SPDX-License-Identifier: MIT
 * An environment that weakens OpenSSL as far as variables can. OpenSSL reads its configuration once, so a program runs
 * itself in it. */
#ifndef TASKSEAL_TESTS_REDIS_HOSTILE_H
#define TASKSEAL_TESTS_REDIS_HOSTILE_H

#include <stdbool.h>

/* A configuration with security level 0, TLS 1.0, all ciphers and SHA-1. */
bool hostile_write(const char *path);

/* Runs argv[0] under it, with "--in-hostile" in the place of "--hostile"; returns its exit status. */
int hostile_run(char **argv);

/* SSL_CERT_FILE and SSL_CERT_DIR shall hold the CA of each lab from now on: every bad server's. */
void hostile_trust(void);

#endif
