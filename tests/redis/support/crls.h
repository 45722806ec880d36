/* SPDX-License-Identifier: MIT
 * Revocation lists made to order, good ones and ones with any single fault. As in certs.h, failures end the process. */
#ifndef TASKSEAL_TESTS_REDIS_CRLS_H
#define TASKSEAL_TESTS_REDIS_CRLS_H

#include "certs.h"

typedef struct crl_spec {
    identity issuer;
    EVP_PKEY *signer;      /* NULL: the issuer's key */
    X509 *revoked;         /* NULL: none */
    long valid_from;       /* seconds from now; 0 for both: from an hour ago to a day from now */
    long valid_to;
    bool no_end;           /* without nextUpdate */
    bool critical_unknown; /* a critical extension that nobody knows */
    const char *digest;    /* NULL: SHA-256 */
    bool pss;              /* by RSA-PSS */
} crl_spec;

/* Writes `count` lists, each made as it says, into one PEM file. */
void write_crls(const char *path, const crl_spec *specs, size_t count);

#endif
