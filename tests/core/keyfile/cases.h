/* SPDX-License-Identifier: MIT
 * Key files, one fault each, beside a twin without it. */
#ifndef TASKSEAL_TESTS_CORE_KEYFILE_CASES_H
#define TASKSEAL_TESTS_CORE_KEYFILE_CASES_H

#include <stddef.h>

/* A secret that is easy to search for: base64url of "CANARY-canary-CANARY-canary-CANA". */
#define CANARY_RAW    "CANARY-canary-CANARY-canary-CANA"
#define CANARY_DIGITS "Q0FOQVJZLWNhbmFyeS1DQU5BUlktY2FuYXJ5LUNBTkE"
#define CANARY        "tskek1_" CANARY_DIGITS

#define FIRST  "taskseal-keyring 1\n"
#define ACTIVE "xchacha20poly1305 active " CANARY
/* A whole file of one key, with attributes. */
#define WITH(attributes) FIRST "key k " ACTIVE attributes "\n"

typedef struct keyfile_text {
    const char *at;
    size_t len; /* may hold NULs */
} keyfile_text;

typedef struct keyfile_case {
    const char *rule; /* of doc/keyfile.md */
    keyfile_text bad;
    unsigned line;
    const char *fragment; /* of the message */
    keyfile_text good;
} keyfile_case;

extern const keyfile_case keyfile_cases[];
extern const size_t keyfile_case_count;

#endif
