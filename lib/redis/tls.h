/* SPDX-License-Identifier: MIT
 * One TLS session over one socket: the handshake that verifies, then bytes. */
#ifndef TASKSEAL_REDIS_TLS_H
#define TASKSEAL_REDIS_TLS_H

#include <openssl/ssl.h>
#include <sys/types.h>

#include <taskseal/taskseal.h>

#include "bio.h"
#include "deadline.h"
#include "names.h"
#include "verify.h"

typedef struct taskseal__tls {
    SSL *ssl;      /* NULL: closed */
    pid_t process; /* that shook hands: two must never write under the same keys and sequence numbers */
    taskseal__wire wire;
    taskseal__expected expected;
    taskseal__verdict verdict;
    const char *where;           /* "host:port" for messages; the endpoint's */
    const char *phase;           /* what is going on, for messages: "the TLS handshake" */
    taskseal__deadline deadline; /* 0: begins, `patience_us` long, with the next operation that may wait */
    int64_t patience_us;         /* 0: without end */
    bool certificate_asked;      /* the server asked for a client certificate */
    bool certificate_given;      /* and there is one */
    bool verified;               /* only then may anything of the caller's be written or read */
    unsigned handshake_us;
} taskseal__tls;

/* Makes `context` call the verification of this file; part of taskseal__trust_new. */
void taskseal__tls_install(SSL_CTX *context);

/* Shakes hands over `fd` (then tls's, also on failure) by `deadline` and verifies the peer. What `expected` and
 * `where` point to must outlive the session, which keeps a reference to `context` itself. Errors as
 * taskseal_redis_connect. On failure the session is closed. */
TASKSEAL_MUST_USE taskseal_err taskseal__tls_open(taskseal__tls *tls, SSL_CTX *context, int fd,
                                                  const taskseal__expected *expected, const char *where,
                                                  taskseal__deadline deadline, taskseal_error *error);

/* Reads or writes 1..len bytes, waiting as tls->deadline says. Returns how many, or -1 with *error filled in, or 0
 * if `wait` is false and there is nothing to do now. Writing waits `patience_us` for each progress. Both refuse
 * with NOT_VERIFIED on a session that is not verified, or that came through fork. `error` must not be NULL. */
ssize_t taskseal__tls_read(taskseal__tls *tls, void *data, size_t cap, bool wait, taskseal_error *error);
ssize_t taskseal__tls_write(taskseal__tls *tls, const void *data, size_t len, bool wait,
                            taskseal_error *error);

/* Lets go of the socket, which another has closed or taken: nothing is written to or closed under its number. */
void taskseal__tls_disown(taskseal__tls *tls);

/* Says goodbye if it may and can without waiting, frees the session and closes the socket. Fine on a closed one. */
void taskseal__tls_close(taskseal__tls *tls);

#endif
