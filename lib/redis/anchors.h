/* SPDX-License-Identifier: MIT
 * The CAs that a connection trusts. */
#ifndef TASKSEAL_REDIS_ANCHORS_H
#define TASKSEAL_REDIS_ANCHORS_H

#include <openssl/x509.h>

#include <taskseal/taskseal.h>

#include "library.h"

/* A new store with what `cacert` names and nothing else: a PEM file, a hashed directory, or `system`. SSL_CERT_FILE
 * and SSL_CERT_DIR are not looked at. TRUST_CONFIG, NO_MEMORY. */
TASKSEAL_MUST_USE taskseal_err taskseal__anchors_load(X509_STORE **out, const taskseal__library *library,
                                                      const char *cacert, taskseal_error *error);

#endif
