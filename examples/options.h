/* SPDX-License-Identifier: MIT
 *
 * options.h: the command line of worker.c and worker_uv.c.
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <fcntl.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

enum { EXIT_DONE = 0, EXIT_USAGE = 2, EXIT_FAILED = 3 };
enum { LEASE_MS, RETRY_MS, MAX_ATTEMPTS, MAX_WAITS, MAX_AGE, LIMITS };

struct options {
    long limit[LIMITS];
    bool until_empty;
    int ledger; /* -1: none */
};

static const char USAGE[] =
    "usage: worker [options] QUEUE...\n"
    "\n"
    "Takes tasks, opens them, handles them. SIGTERM or SIGINT: finishes the task in hand, then ends.\n"
    "SIGHUP: loads the keys anew before the next task; if they don't load, says so and keeps the old ones.\n"
    "What can't succeed goes to {QUEUE}:dead with the error's name in the task's hash.\n"
    "\n"
    "  --until-empty        exit when no queue has a task pending, active or delayed\n"
    "  --lease-ms N         a task is another worker's if it takes longer (60000)\n"
    "  --max-attempts N     give up after N failures (5)\n"
    "  --max-waits N        give up after N waits for a key or a clock (20)\n"
    "  --retry-ms N         pause before the first retry; it doubles up to five minutes (1000)\n"
    "  --max-age SECONDS    refuse messages sealed longer ago (604800); what is done is remembered as long\n"
    "  --ledger-out LEDGER  append queue, id and SHA-256 of each payload (mode 0600); for tests\n"
    "\n"
    "environment:\n"
    "  TASKSEAL_URI      rediss://user:password@host:port/0?cacert=...&cert=...&key=...\n"
    "  TASKSEAL_KEYRING  the key file; or fd:N, env:NAME (no SIGHUP for these two) or credential:NAME\n"
    "\n"
    "exit status: 0 empty or stopped, 2 usage or configuration, 3 connection failed\n";

static inline bool options_limit(const char *text, long *out)
{
    char *end;
    *out = strtol(text, &end, 10);
    if (end != text && *end == '\0' && *out >= 1 && *out <= 1000000000)
        return true;
    fprintf(stderr, "worker: %s is not a number from 1 to 1000000000\n", text);
    return false;
}

/* -1: go on; else the exit status. */
static inline int options_parse(struct options *set, int argc, char **argv)
{
    *set = (struct options){.limit = {60000, 1000, 5, 20, 604800}, .ledger = -1};
    static const struct option names[] = {{"lease-ms", required_argument, NULL, LEASE_MS},
                                          {"retry-ms", required_argument, NULL, RETRY_MS},
                                          {"max-attempts", required_argument, NULL, MAX_ATTEMPTS},
                                          {"max-waits", required_argument, NULL, MAX_WAITS},
                                          {"max-age", required_argument, NULL, MAX_AGE},
                                          {"until-empty", no_argument, NULL, 'e'},
                                          {"ledger-out", required_argument, NULL, 'o'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    int option;
    while ((option = getopt_long(argc, argv, "", names, NULL)) != -1) {
        if (option < LIMITS) {
            if (!options_limit(optarg, &set->limit[option]))
                return EXIT_USAGE;
        } else if (option == 'e') {
            set->until_empty = true;
        } else if (option == 'o') {
            set->ledger = open(optarg, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
            if (set->ledger < 0)
                return perror(optarg), EXIT_USAGE;
        } else {
            fputs(USAGE, option == 'h' ? stdout : stderr);
            return option == 'h' ? EXIT_DONE : EXIT_USAGE;
        }
    }
    if (optind == argc)
        fputs(USAGE, stderr);
    return optind < argc ? -1 : EXIT_USAGE;
}

#endif
