/* SPDX-License-Identifier: MIT
 * Faults of OpenSSL's own, which pass, told from those of the peer. */
#ifndef TASKSEAL_REDIS_PASSING_H
#define TASKSEAL_REDIS_PASSING_H

#include <openssl/types.h>
#include <stdbool.h>

/* Empties the thread's error queue and says whether it held a sign that memory ran out. */
bool taskseal__passing_fault(void);

/* Whether the key of a certificate can be decoded now. OpenSSL tries that once, when it parses the certificate, and
 * leaves no trace of why it failed. */
bool taskseal__key_reads_now(X509 *certificate);

#endif
