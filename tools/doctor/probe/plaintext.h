/* SPDX-License-Identifier: MIT
 *
 * Whether a port answers the Redis protocol without TLS. What is sent is `PING`.
 */
#ifndef TASKSEAL_TOOLS_DOCTOR_PLAINTEXT_H
#define TASKSEAL_TOOLS_DOCTOR_PLAINTEXT_H

#include "dial.h"

typedef enum plaintext_answer {
    PLAINTEXT_CLOSED, /* nothing listens there that can be reached from here */
    PLAINTEXT_SILENT, /* something listens, and said nothing in time; or it could not be tried */
    PLAINTEXT_NONE,   /* something listens, and did not answer in the Redis protocol */
    PLAINTEXT_SPOKEN
} plaintext_answer;

enum { PLAINTEXT_WORDS_MAX = 64 };

/* `words`: the beginning of what it answered. */
plaintext_answer plaintext_ask(const probe_target *target, unsigned port, char words[PLAINTEXT_WORDS_MAX]);

#endif
