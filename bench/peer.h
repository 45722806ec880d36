/* SPDX-License-Identifier: MIT
 *
 * What an application writes without this library: hiredis over OpenSSL.
 */
#ifndef TASKSEAL_BENCH_PEER_H
#define TASKSEAL_BENCH_PEER_H

#include <hiredis/hiredis.h>

typedef struct bench_peer bench_peer;

/* `ca` is a PEM file. Exits on failure. */
bench_peer *peer_new(const char *ca, int port);
void peer_free(bench_peer *peer);

/* To 127.0.0.1 with bare OpenSSL: the same versions, ciphers, groups and signatures as the library, chain and address
 * verified, then AUTH and PING in one write. Exits on failure. */
redisContext *peer_connect(bench_peer *peer);

/* The same through hiredis's own TLS as it is: no name is verified. */
redisContext *peer_connect_stock(bench_peer *peer);

#endif
