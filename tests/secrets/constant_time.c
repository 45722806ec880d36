/* SPDX-License-Identifier: MIT
 * Every operation of the core with every secret marked (secrecy.h), to be run under Valgrind's memcheck by
 * constant_time.py. Usage: constant_time [--planted]. Prints what was decided from secrets, and where they passed;
 * fails if an operation does not end as it should. */
#include "operations.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <valgrind/valgrind.h>

unsigned failures;

void expect(taskseal_err expected, taskseal_err got, const char *what, int line)
{
    if (got == expected)
        return;
    printf("failed line %d: %s: got %s, expected %s\n", line, what, taskseal_err_name(got),
           taskseal_err_name(expected));
    failures++;
}

void expect_true(bool holds, const char *what, int line)
{
    if (holds)
        return;
    printf("failed line %d: %s\n", line, what);
    failures++;
}

/* ---- Keys ---- */

/* A random secret that is marked. */
static const uint8_t *fresh_secret(void)
{
    static uint8_t secrets[64][TASKSEAL_KEY_BYTES];
    static unsigned used;
    uint8_t *secret = secrets[used++ % 64];
    randombytes_buf(secret, TASKSEAL_KEY_BYTES);
    keep_secret(secret, TASKSEAL_KEY_BYTES);
    return secret;
}

taskseal_keyring *ring_with_fresh_keys(taskseal_key_type type, const char *first, const char *second)
{
    taskseal_keyring *ring = NULL;
    const taskseal_key keys[] = {
        {.id = first, .type = type, .state = TASKSEAL_KEY_ACTIVE, .secret = fresh_secret()},
        {.id = second, .type = type, .state = TASKSEAL_KEY_ACTIVE, .secret = fresh_secret()},
    };
    EXPECT(TASKSEAL_OK, taskseal_keyring_new(&ring, keys, second != NULL ? 2 : 1, NULL));
    return ring;
}

/* ---- Report ---- */

static void report(void)
{
    printf("sodium %s\n", sodium_version_string());
    for (verdict v = 0; v < VERDICTS; v++)
        printf("verdict %u %u %s\n", secrecy.verdicts[v], secrecy.verdict_leaks[v], verdict_name(v));
    for (place p = 0; p < PLACES; p++)
        printf("place %u %u %u %s\n", secrecy.seen[p], secrecy.unmarked[p], secrecy.place_leaks[p],
               place_name(p));
}

static void run_kinds(void)
{
    for (unsigned i = 0; i < 12; i++) {
        const kind k = {(taskseal_suite)(1 + i % 3), (taskseal_key_type)(1 + i / 3 % 2), i / 6 != 0};
        if (!taskseal_suite_available(k.suite) || !taskseal_key_type_available(k.key_type)) {
            printf("skipped suite %d with key type %d\n", (int)k.suite, (int)k.key_type);
            continue;
        }
        run_envelopes(k);
        run_pieces(k);
        printf("ran suite %d, key type %d%s\n", (int)k.suite, (int)k.key_type, k.padded ? ", padded" : "");
    }
}

int main(int argc, char **argv)
{
    secrecy.planted = argc == 2 && strcmp(argv[1], "--planted") == 0;
    if (RUNNING_ON_VALGRIND == 0 || sodium_init() < 0 || argc > 2 || (argc == 2 && !secrecy.planted)) {
        fputs("run this under valgrind, as constant_time.py does\n", stderr);
        return 2;
    }
    run_keys();
    run_dedupe();
    run_files();
    run_kinds();
    report();
    return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
