/* SPDX-License-Identifier: MIT
 * The bytes under TLS: a BIO over a socket that raises no SIGPIPE and remembers what went wrong. OpenSSL's own
 * socket BIO writes with write(), and a peer that closes early would kill the process. */
#ifndef TASKSEAL_REDIS_BIO_H
#define TASKSEAL_REDIS_BIO_H

#include <openssl/bio.h>
#include <stdbool.h>
#include <stdint.h>

#include "deadline.h"

typedef struct taskseal__wire {
    int fd; /* non-blocking; -1: closed */
    taskseal__deadline
        deadline; /* nothing is received after it: OpenSSL receives again and again in one call */
    bool metered; /* at most `allowance` more bytes are received */
    size_t allowance;
    int system_error; /* errno of the last failed send or recv; 0: none failed */
    uint64_t sent;    /* bytes, ever */
    bool heard;       /* something came from the peer */
    bool closed;      /* the peer will send no more */
    bool not_tls;     /* the peer's first byte began no TLS record; nothing of it was passed on */
    char first[16];   /* what it began with then, printable */
} taskseal__wire;

/* The method is for all BIOs of the process; NULL if memory can't be had. */
BIO_METHOD *taskseal__bio_method_new(void);

/* A BIO over `wire`, which must outlive it and stays the caller's. NULL if memory can't be had. */
BIO *taskseal__bio_new(const BIO_METHOD *method, taskseal__wire *wire);

#endif
