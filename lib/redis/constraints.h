/* SPDX-License-Identifier: MIT
 * Names that the CAs of a chain may not issue for (RFC 5280, 4.2.1.10). */
#ifndef TASKSEAL_REDIS_CONSTRAINTS_H
#define TASKSEAL_REDIS_CONSTRAINTS_H

#include <openssl/x509.h>
#include <stdbool.h>

#include "names.h"

/* True if an issuer in `chain` excludes the name that is expected. OpenSSL asks this of the names as the leaf holds
 * them, so "*.example.com" gets by where "a.example.com" is excluded. Also true when the constraints can't be read. */
bool taskseal__constraints_exclude(const STACK_OF(X509) * chain, const taskseal__expected *expected);

#endif
