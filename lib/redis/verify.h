/* SPDX-License-Identifier: MIT
 * Whether a server's certificates prove what they must: the chain, by OpenSSL, and then the rules that OpenSSL's
 * defaults leave open. */
#ifndef TASKSEAL_REDIS_VERIFY_H
#define TASKSEAL_REDIS_VERIFY_H

#include <openssl/x509.h>
#include <stdbool.h>

#include <taskseal/taskseal.h>

#include "names.h"

typedef struct taskseal__verdict {
    bool passed;       /* only set when every check has run and passed: nothing else makes a peer verified */
    taskseal_err code; /* TASKSEAL_OK while nothing was judged */
    char message[320]; /* why not, and what to do; without the place */
} taskseal__verdict;

/* Verifies the chain that `context` holds and the name. Returns 1 and sets verdict->passed, or 0 with the
 * reason and with the error of `context` set, of which OpenSSL makes the alert. */
int taskseal__verify(X509_STORE_CTX *context, const taskseal__expected *expected, taskseal__verdict *verdict);

#endif
