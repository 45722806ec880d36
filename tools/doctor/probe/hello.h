/* SPDX-License-Identifier: MIT
 *
 * The first message of a TLS handshake, made by hand, and the server's answer to it: which version and cipher it would
 * take. By hand, because OpenSSL has no SSL 3.0, RC4 or export cipher to offer any more, and Debian's no weak one.
 * Nothing follows the answer: the connection is closed.
 */
#ifndef TASKSEAL_TOOLS_DOCTOR_HELLO_H
#define TASKSEAL_TOOLS_DOCTOR_HELLO_H

#include "dial.h"

enum { VERSION_SSL3 = 0x0300, VERSION_TLS10, VERSION_TLS11, VERSION_TLS12, VERSION_TLS13 };
enum { HELLO_CIPHERS_MAX = 160 };

typedef enum hello_answer {
    HELLO_TAKEN,
    HELLO_TOO_OLD, /* refused, and the alert says that the version is why */
    HELLO_REFUSED, /* by another alert, or by closing the connection, whatever the reason */
    HELLO_FAILED   /* no answer, or one that is no TLS: nothing is known */
} hello_answer;

/* Offers `version` as the newest that we speak (TLS 1.3: as the only one), and the ciphers. `version` and
 * `cipher` of the answer, if taken; TLS 1.3 says there that it is TLS 1.2. */
hello_answer hello_ask(const probe_target *target, unsigned version, const uint16_t *ciphers, size_t count,
                       unsigned *taken_version, unsigned *taken_cipher);

#endif
