/* SPDX-License-Identifier: MIT
 *
 * A CA and a server certificate for 127.0.0.1, made anew for each run of the bench.
 */
#ifndef TASKSEAL_BENCH_CERTS_H
#define TASKSEAL_BENCH_CERTS_H

#include <stdbool.h>

/* Writes ca.pem, server.pem and server.key into `directory`. False, with a line on stderr, on failure. */
bool certs_make(const char *directory);

#endif
