/* SPDX-License-Identifier: MIT
 * The names in a certificate. */
#ifndef TASKSEAL_REDIS_NAMES_H
#define TASKSEAL_REDIS_NAMES_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>

#include "pins.h"

/* Whom the server must prove to be. What it points to belongs to the endpoint. */
typedef struct taskseal__expected {
    const char *name; /* a DNS name without final dot, or an IP address */
    bool is_address;
    const taskseal__pins *pins;
    bool revocation; /* revocation lists are demanded for the whole chain */
} taskseal__expected;

/* Makes verification in `ssl` ask for the name, and SNI send it if it is a DNS name. */
bool taskseal__names_expect(SSL *ssl, const taskseal__expected *expected);

/* Subject alternative names only: a DNS name by dNSName, with wildcards for one whole label; an address by
 * iPAddress. False also when memory fails. */
bool taskseal__names_match(X509 *certificate, const taskseal__expected *expected);

/* Lists the subject alternative names for people: "DNS:a, IP:10.0.0.1", or "no DNS name and no IP address",
 * cut to `cap`, printable. */
void taskseal__names_list(X509 *certificate, char *out, size_t cap);

#endif
