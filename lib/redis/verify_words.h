/* SPDX-License-Identifier: MIT
 * OpenSSL's verdicts on a chain, as errors of ours with words that help. */
#ifndef TASKSEAL_REDIS_VERIFY_WORDS_H
#define TASKSEAL_REDIS_VERIFY_WORDS_H

#include <openssl/x509.h>

#include <taskseal/taskseal.h>

#include "names.h"

/* The certificate's subject in one printable line. */
void taskseal__subject_of(X509 *certificate, char *out, size_t cap);
void taskseal__issuer_of(X509 *certificate, char *out, size_t cap);

/* "... is not for X: it holds ..." */
void taskseal__name_mismatch(X509 *leaf, const taskseal__expected *expected, char *out, size_t cap);

/* What X509_verify_cert, which failed on `context`, means. Never TASKSEAL_OK. */
taskseal_err taskseal__chain_words(X509_STORE_CTX *context, const taskseal__expected *expected, char *out,
                                   size_t cap);

#endif
