/* SPDX-License-Identifier: MIT
 * Certificates made to order, good ones and ones with any single fault. Failures end the process: a test can't go on
 * without them. Keys are made once per kind and number; nothing is freed before the process ends. */
#ifndef TASKSEAL_TESTS_REDIS_CERTS_H
#define TASKSEAL_TESTS_REDIS_CERTS_H

#include <openssl/ssl.h>
#include <stdbool.h>

typedef enum key_kind {
    KEY_P256,
    KEY_P384,
    KEY_P224,
    KEY_RSA2048,
    KEY_RSA1024,
    KEY_ED25519,
    KEY_KINDS
} key_kind;

/* What a certificate says. NULL leaves an extension out; texts are as in openssl's x509v3_config(5). */
typedef struct cert_spec {
    const char *common_name;
    key_kind key;
    unsigned key_number;      /* another number, another key of the same kind; below KEYS_OF_KIND */
    const char *alternatives; /* "DNS:localhost,IP:127.0.0.1" */
    const char *constraints;  /* basicConstraints: "critical,CA:FALSE" */
    const char *usage;        /* keyUsage */
    const char *extended_usage;
    const char *name_constraints;
    bool nul_in_name; /* subjectAltName is "localhost" NUL ".example.com", whatever `alternatives` says */
    bool critical_unknown; /* a critical extension that nobody knows */
    bool version_1;        /* says that it is X.509 v1 */
    bool no_identifiers;   /* neither subject nor authority key identifier */
    const char *digest;    /* of the issuer's signature; NULL: SHA-256 (Ed25519: none) */
    long valid_from;       /* seconds from now; 0 for both: from an hour ago to a month from now */
    long valid_to;
} cert_spec;

enum { KEYS_OF_KIND = 8 };

typedef struct identity {
    X509 *certificate;
    EVP_PKEY *key;
} identity;

/* Ordinary specifications to start from. */
cert_spec spec_ca(const char *common_name);
cert_spec spec_server(const char *alternatives);
cert_spec spec_client(const char *common_name);

/* Issues a certificate, self-signed if `issuer` is NULL. */
identity issue(const cert_spec *spec, const identity *issuer);

/* Write PEM files, the key's with mode 0600. `chain` may be NULL. */
void write_certificates(const char *path, X509 *first, X509 *chain);
void write_key(const char *path, EVP_PKEY *key);

#endif
