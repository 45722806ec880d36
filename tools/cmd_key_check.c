/* SPDX-License-Identifier: MIT */
#include <getopt.h>
#include <stdio.h>
#include <time.h>

#include <taskseal/taskseal.h>

#include "commands.h"
#include "common/parse.h"
#include "common/print.h"
#include "common/report.h"
#include "common/shared.h"
#include "key_findings.h"

enum { KEY_WITHIN = KEY_OWN, KEY_STRICT, KEY_JSON, DEFAULT_WITHIN = 30 * 86400 };

static const command_option options[] = {
    KEYRING_OPTIONS,
    {"within", KEY_WITHIN, "DURATION",
     "warn of an active key whose window ends within this time:\n30d (the default), 12h"},
    {"strict", KEY_STRICT, NULL, "make warnings exit status 1"},
    {"json", KEY_JSON, NULL, "print one JSON object; taskseal-key(1) tells its keys"},
    {NULL, 0, NULL, NULL},
};

typedef struct settings {
    keyring_choice keyring;
    uint64_t within;
    bool strict;
    bool json;
} settings;

static int take(void *state, int key, const char *value)
{
    settings *set = state;

    switch (key) {
    case KEY_WITHIN:
        return parse_duration("within", value, &set->within);
    case KEY_STRICT:
        set->strict = true;
        return STATUS_OK;
    case KEY_JSON:
        set->json = true;
        return STATUS_OK;
    default:
        return keyring_take(&set->keyring, key, value);
    }
}

static size_t count_keys(const taskseal_keyring *ring)
{
    taskseal_key key;
    size_t count = 0;

    while (taskseal_keyring_key(ring, count, &key))
        count++;
    return count;
}

static void check(const settings *set, const char *source, const taskseal_keyring *ring, findings *found)
{
    const size_t keys = count_keys(ring);

    findings_begin(found, set->json);
    if (set->json) {
        fputs("{\"source\":", stdout);
        print_json_string(stdout, source);
        printf(",\"keys\":%zu,\"warnings\":[", keys);
    }
    find_in_keys(found, ring, (uint64_t)time(NULL), set->within);
    find_in_memory(found, ring);
    if (!keyring_source_is_special(source))
        find_beside_file(found, source);
    if (set->json) {
        fputs("]}\n", stdout);
        return;
    }
    print_safe(stdout, source);
    printf(": %zu %s, %zu %s\n", keys, keys == 1 ? "key" : "keys", found->count,
           found->count == 1 ? "warning" : "warnings");
}

static int run(const command *self, int argc, char **argv)
{
    settings set = {.keyring = KEYRING_CHOICE_EMPTY, .within = DEFAULT_WITHIN};
    taskseal_keyring *ring = NULL;
    const char *source = NULL;
    findings found;
    bool stop;

    int status = command_parse(self, argc, argv, take, &set, &stop);
    if (status != STATUS_OK || stop)
        return status;
    if (optind < argc)
        return report_usage("no operand can be given: name the source with --keyring");
    status = keyring_source(&set.keyring, &source);
    if (status == STATUS_OK)
        status = keyring_open(&set.keyring, &ring);
    if (status == STATUS_OK) {
        check(&set, source, ring, &found);
        status = set.strict && found.count > 0 ? STATUS_REFUSED : STATUS_OK;
    }
    taskseal_keyring_free(ring);
    return status;
}

const command command_key_check = {
    .name = "key check",
    .operands = "",
    .summary = "load a keyring, and warn of what may go wrong with it",
    .description =
        "Loads the keyring, which fails if it is malformed or others can read it, and prints a warning\n"
        "for each thing that is permitted but may be a mistake; taskseal-key(1) lists them. Warnings\n"
        "leave the exit status 0, unless --strict is given.\n",
    .examples = "  taskseal key check --strict --within 14d -k /etc/app/keyring\n",
    .options = options,
    .run = run,
};
