/* SPDX-License-Identifier: MIT
 * PEM files of certificates or revocation lists, read whole or refused. */
#ifndef TASKSEAL_REDIS_PEM_H
#define TASKSEAL_REDIS_PEM_H

#include <openssl/bio.h>
#include <openssl/x509.h>

#include <taskseal/taskseal.h>

#include "library.h"

typedef enum taskseal__pem_next {
    TASKSEAL__PEM_ADDED,
    TASKSEAL__PEM_END,
    TASKSEAL__PEM_BROKEN,
    TASKSEAL__PEM_UNFIT, /* it could be read, but breaks a rule */
    TASKSEAL__PEM_NO_MEMORY
} taskseal__pem_next;

typedef struct taskseal__pem_kind {
    const char *parameter; /* "cacert", for messages */
    const char *what;      /* "certificate" */
    /* Reads the next object of `file`, skipping PEM blocks of other kinds, and adds it to `store`. If it is UNFIT,
     * *rule says why, as words to go behind "which". */
    taskseal__pem_next (*add_next)(X509_STORE *store, const taskseal__library *library, BIO *file,
                                   const char **rule);
} taskseal__pem_kind;

/* Opens the file at `path`, which must be a regular one: whoever may replace it must not be able to make us wait. NULL
 * with TRUST_CONFIG, or with NO_MEMORY, for want of descriptors too: that says nothing of the file, so it is read
 * again. */
BIO *taskseal__pem_open(const char *parameter, const char *path, taskseal_error *error);

/* Adds all that the file at `path` holds, which must be at least one. TRUST_CONFIG, NO_MEMORY. */
TASKSEAL_MUST_USE taskseal_err taskseal__pem_load(X509_STORE *store, const taskseal__library *library,
                                                  const taskseal__pem_kind *kind, const char *path,
                                                  taskseal_error *error);

/* For add_next, when OpenSSL's function that reads an object has failed: END, BROKEN or NO_MEMORY. */
taskseal__pem_next taskseal__pem_failed(void);

/* Refuses encrypted PEM blocks; without a callback OpenSSL would ask at the terminal. */
int taskseal__pem_no_passphrase(char *out, int cap, int writing, void *argument);

#endif
