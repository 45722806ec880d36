/* SPDX-License-Identifier: MIT
 * Revocation lists: which certificates a CA has taken back. */
#ifndef TASKSEAL_REDIS_CRL_H
#define TASKSEAL_REDIS_CRL_H

#include <openssl/x509.h>

#include <taskseal/taskseal.h>

#include "library.h"

/* For every certificate of a chain, the last one too. */
#define TASKSEAL__CRL_FLAGS (X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL)

/* Adds the lists of the PEM file at `path` and makes verification with `store` demand them. Their signatures and dates
 * are judged at each verification. TRUST_CONFIG, NO_MEMORY. */
TASKSEAL_MUST_USE taskseal_err taskseal__crl_load(X509_STORE *store, const taskseal__library *library,
                                                  const char *path, taskseal_error *error);

#endif
