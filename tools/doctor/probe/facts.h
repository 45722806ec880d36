/* SPDX-License-Identifier: MIT
 *
 * What one certificate says, out of OpenSSL's types. Used by certificate.c only.
 */
#ifndef TASKSEAL_TOOLS_DOCTOR_FACTS_H
#define TASKSEAL_TOOLS_DOCTOR_FACTS_H

#include <openssl/x509.h>

#include "certificate.h"

void certificate_name(const X509_NAME *name, char text[CERTIFICATE_TEXT_MAX]);
void certificate_read(X509 *from, certificate *to);

#endif
