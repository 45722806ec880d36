/* SPDX-License-Identifier: MIT
 * Our own instance of OpenSSL, which no configuration file or environment variable reaches. */
#ifndef TASKSEAL_REDIS_LIBRARY_H
#define TASKSEAL_REDIS_LIBRARY_H

#include <openssl/bio.h>
#include <openssl/types.h>
#include <stdbool.h>

typedef struct taskseal__library {
    OSSL_LIB_CTX *context; /* with the built-in default provider, and without OPENSSL_CONF */
    BIO_METHOD *socket;    /* see bio.h */
} taskseal__library;

/* Makes it at the first call, once for the process; NULL if memory can't be had, and then the next call tries
 * again. It is never freed: OpenSSL leaves state of a library context in every thread that used it, which
 * freeing the context would turn into dangling pointers. */
const taskseal__library *taskseal__library_get(void);

/* Has OpenSSL allocate what it keeps for each thread, its error queue and random generators, before a session does:
 * there a failure would look like the peer's. False if memory can't be had. */
bool taskseal__library_enter_thread(void);

/* Frees that, before anybody hears that the thread is done: a process that ends at once must not look as if it leaked.
 * OpenSSL would do it when the thread ends, and be it after exit has begun. */
void taskseal__library_leave_thread(void);

#endif
