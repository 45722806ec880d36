/* SPDX-License-Identifier: MIT */
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <taskseal/taskseal.h>

#include "commands.h"
#include "common/names.h"
#include "common/report.h"
#include "common/shared.h"
#include "key_print.h"

enum { KEY_JSON = KEY_OWN, KEY_IDS };

static const command_option options[] = {
    KEYRING_OPTIONS,
    {"json", KEY_JSON, NULL, "one JSON object a line; taskseal-key(1) tells its keys"},
    {"ids", KEY_IDS, NULL, "only the ids, and never ask for a passphrase"},
    {NULL, 0, NULL, NULL},
};

typedef struct settings {
    keyring_choice keyring;
    bool json;
    bool ids;
} settings;

static int take(void *state, int key, const char *value)
{
    settings *set = state;

    switch (key) {
    case KEY_JSON:
        set->json = true;
        return STATUS_OK;
    case KEY_IDS:
        set->ids = true;
        return STATUS_OK;
    default:
        return keyring_take(&set->keyring, key, value);
    }
}

static void print_json(const taskseal_key *key, bool primary)
{
    printf("{\"id\":\"%s\",\"type\":\"%s\",\"state\":\"%s\",\"primary\":%s,\"queues\":", key->id,
           name_of(key_type_names, key->type), name_of(key_state_names, key->state),
           primary ? "true" : "false");
    print_json_queues(stdout, key);
    fputs(",\"not_before\":", stdout);
    print_json_limit(stdout, key->not_before);
    fputs(",\"not_after\":", stdout);
    print_json_limit(stdout, key->not_after);
    fputs("}\n", stdout);
}

static void print_plain(const taskseal_key *key)
{
    printf("%s\t%s\t%s\t", key->id, name_of(key_type_names, key->type), name_of(key_state_names, key->state));
    print_queues(stdout, key);
    fputc('\t', stdout);
    print_limit(stdout, key->not_before);
    fputc('\t', stdout);
    print_limit(stdout, key->not_after);
    fputc('\n', stdout);
}

/* Whether it is what seals for a queue that only it, and keys without a list, are good for: the first active one of
 * its kind. Others follow it, for other queues or times. */
static bool is_primary(const taskseal_key *key, bool *seen)
{
    const bool seals = key->state == TASKSEAL_KEY_ACTIVE && key->type != TASKSEAL_KEY_DEDUPE;
    const bool primary = seals && !*seen;

    *seen = *seen || seals;
    return primary;
}

/* The widths of the columns whose texts vary. */
typedef struct widths {
    int id;
    int queues;
} widths;

static int wider(int width, size_t other)
{
    return other > (size_t)width ? (int)other : width;
}

static widths measure(const taskseal_keyring *ring)
{
    widths found = {.id = (int)strlen("KEY ID"), .queues = (int)strlen("QUEUES")};
    taskseal_key key;

    for (size_t i = 0; taskseal_keyring_key(ring, i, &key); i++) {
        found.id = wider(found.id, strlen(key.id));
        found.queues = wider(found.queues, queues_width(&key));
    }
    return found;
}

static void print_table(const taskseal_keyring *ring)
{
    const widths width = measure(ring);
    taskseal_key key;

    printf("%-*s  %-17s  %-11s  %-*s  %-20s  NOT AFTER\n", width.id, "KEY ID", "TYPE", "STATE", width.queues,
           "QUEUES", "NOT BEFORE");
    for (size_t i = 0; taskseal_keyring_key(ring, i, &key); i++) {
        printf("%-*s  %-17s  %-11s  ", width.id, key.id, name_of(key_type_names, key.type),
               name_of(key_state_names, key.state));
        print_queues(stdout, &key);
        printf("%*s", width.queues - (int)queues_width(&key) + 2, "");
        print_limit(stdout, key.not_before);
        printf("%*s", key.not_before == 0 ? 21 : 2, "");
        print_limit(stdout, key.not_after);
        fputc('\n', stdout);
    }
}

static void list(const settings *set, const taskseal_keyring *ring)
{
    taskseal_key key;
    bool primary_seen = false;

    if (!set->json && !set->ids && isatty(STDOUT_FILENO)) {
        print_table(ring);
        return;
    }
    for (size_t i = 0; taskseal_keyring_key(ring, i, &key); i++) {
        if (set->json)
            print_json(&key, is_primary(&key, &primary_seen));
        else if (set->ids)
            printf("%s\n", key.id);
        else
            print_plain(&key);
    }
}

static int load(const settings *set, taskseal_keyring **ring)
{
    taskseal_error error = {0};
    const char *source = NULL;

    if (!set->ids || passphrase_given(&set->keyring.passphrase))
        return keyring_open(&set->keyring, ring);
    const int status = keyring_source(&set->keyring, &source);
    if (status != STATUS_OK)
        return status;
    const taskseal_err err = taskseal_keyring_load(ring, source, &error);
    return err == TASKSEAL_OK ? STATUS_OK : report_error(err, error.message);
}

static int run(const command *self, int argc, char **argv)
{
    settings set = {.keyring = KEYRING_CHOICE_EMPTY};
    taskseal_keyring *ring = NULL;
    bool stop;

    int status = command_parse(self, argc, argv, take, &set, &stop);
    if (status != STATUS_OK || stop)
        return status;
    if (optind < argc)
        return report_usage("no operand can be given: name the source with --keyring");
    if (set.json && set.ids)
        return report_usage("give --json or --ids, not both");
    status = load(&set, &ring);
    if (status == STATUS_OK)
        list(&set, ring);
    taskseal_keyring_free(ring);
    return status;
}

const command command_key_list = {
    .name = "key list",
    .operands = "",
    .summary = "list the keys of a keyring, never their secrets",
    .description =
        "Prints the keys in their order. Of the active ones the first that is good for the queue and\n"
        "the time seals. Without a terminal: a line for each, with tabs between id, type, state, queues\n"
        "('*': every queue; other bytes than 0-9 A-Z a-z . _ : / @ + - are %XX), not-before and\n"
        "not-after ('-': no limit).\n",
    .examples = "  taskseal key list -k /etc/app/keyring\n"
                "  taskseal key list --json | jq -r 'select(.state == \"open-only\").id'\n",
    .options = options,
    .run = run,
};
