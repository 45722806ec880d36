/* SPDX-License-Identifier: MIT */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include <taskseal/taskseal.h>

#include "commands.h"
#include "common/buffer.h"
#include "common/input.h"
#include "common/parse.h"
#include "common/report.h"
#include "common/secret.h"
#include "common/shared.h"
#include "drain.h"
#include "drain_server.h"

enum { KEY_KEY = KEY_OWN, KEY_LINES, KEY_MATCH, KEY_RATE, KEY_JSON, NAMED_MAX = 64 };

static const command_option options[] = {
    KEYRING_OPTIONS,
    {"key", KEY_KEY, "KEY-ID", "judge this key (up to 64 times), and report no other"},
    {"lines", KEY_LINES, NULL,
     "each line of a FILE, or of standard input, is a value (an\nenvelope in text form)"},
    SERVER_OPTIONS,
    {"match", KEY_MATCH, "PATTERN",
     "only into keys that SCAN's MATCH lets pass;\n'{*}:t:*' (the default) are the examples' "
     "tasks,\n'asynq:{*}:t:*' those of Asynq"},
    {"rate", KEY_RATE, "N", "at most N commands a second: 1000 (the default);\n0: no limit"},
    {"json", KEY_JSON, NULL, "print one JSON object; taskseal-key(1) tells its keys"},
    {NULL, 0, NULL, NULL},
};

typedef struct settings {
    keyring_choice keyring;
    server_choice from;
    drain_server server;
    const char *named[NAMED_MAX];
    size_t named_count;
    bool has_server_option; /* one that only a server makes sense of */
    bool lines;
    bool json;
} settings;

static int take_named(settings *set, const char *value)
{
    if (set->named_count == NAMED_MAX)
        return report_usage("--key can be given at most %d times", NAMED_MAX);
    set->named[set->named_count++] = value;
    return secret_check("--key", "a key id", value);
}

static int take(void *state, int key, const char *value)
{
    settings *set = state;

    switch (key) {
    case KEY_KEY:
        return take_named(set, value);
    case KEY_LINES:
        set->lines = true;
        return STATUS_OK;
    case KEY_JSON:
        set->json = true;
        return STATUS_OK;
    case KEY_MATCH:
        set->has_server_option = true;
        set->server.match = value;
        return secret_check("--match", "a pattern", value);
    case KEY_RATE:
        set->has_server_option = true;
        return parse_count("rate", value, &set->server.rate);
    default:
        return server_takes(key) ? server_take(&set->from, key, value)
                                 : keyring_take(&set->keyring, key, value);
    }
}

/* ---- Files ---- */

static void take_lines(drain *to, const buffer *data)
{
    const char *at = (const char *)data->data;
    const char *end = at + data->len;

    while (at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        const char *stop = newline != NULL ? newline : end;
        if (stop > at)
            drain_take(to, at, (size_t)(stop - at));
        at = newline != NULL ? newline + 1 : end;
    }
}

static int take_file(const settings *set, drain *to, const char *path)
{
    buffer data = BUFFER_EMPTY;

    const int status = input_read(path, &data);
    if (status != STATUS_OK) {
        drain_skip_one(to, DRAIN_REFUSED);
        return status;
    }
    const bool text =
        data.len > 0 && data.data[data.len - 1] == '\n' && data.data[0] == TASKSEAL_TEXT_PREFIX[0];
    if (set->lines)
        take_lines(to, &data);
    else if (data.len > 0) /* an empty file is no value */
        drain_take(to, data.data, data.len - (text ? 1 : 0));
    buffer_free(&data);
    return STATUS_OK;
}

/* The status of the first that failed; the others are read all the same. */
static int take_files(const settings *set, drain *to, int count, char **paths)
{
    int status = STATUS_OK;

    if (count > 1)
        snprintf(to->source, sizeof to->source, "%d files%s", count, set->lines ? ", line by line" : "");
    else
        snprintf(to->source, sizeof to->source, "%.1000s%s", input_name(count > 0 ? paths[0] : NULL),
                 set->lines ? ", line by line" : "");
    if (count == 0)
        return take_file(set, to, NULL);
    for (int i = 0; i < count; i++) {
        const int this_status = take_file(set, to, paths[i]);
        if (status == STATUS_OK)
            status = this_status;
    }
    return status;
}

/* ---- All ---- */

static int take_server(settings *set, drain *to)
{
    buffer uri = BUFFER_EMPTY;

    int status = uri_read(&set->from.source, &uri);
    if (status == STATUS_OK) {
        set->server.uri = (const char *)uri.data;
        status = drain_take_server(to, &set->server);
    }
    buffer_free(&uri);
    return status;
}

static int report_all(settings *set, const taskseal_keyring *ring, int count, char **paths)
{
    drain found;

    int status = drain_begin(&found, ring);
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < set->named_count; i++)
        (void)drain_name(&found, set->named[i]); /* check_named has found it */
    status = set->from.given ? take_server(set, &found) : take_files(set, &found, count, paths);
    /* A scan that was cut short tells nothing; a file that can't be read is counted. */
    if (status == STATUS_OK || !set->from.given) {
        if (set->json)
            drain_print_json(&found);
        else
            drain_print(&found);
        if (status == STATUS_OK && !drain_is_done(&found))
            status = STATUS_REFUSED;
    }
    drain_end(&found);
    return status;
}

static int check_sources(const settings *set, int files)
{
    if (set->from.given && (files > 0 || set->lines))
        return report_usage("give FILEs (with or without --lines) or a server, not both");
    if (!set->from.given && set->has_server_option)
        return report_usage(
            "--match and --rate are about a server: give --uri-file, --uri-fd, --uri or --server");
    /* Neither standard input nor TASKSEAL_URI is taken without a word: nothing there would say that all is well. */
    if (!set->from.given && files == 0 && !set->lines)
        return report_usage(
            "nothing to look into: give FILEs ('-' is standard input), --lines, or a server by "
            "--uri-file, --uri-fd, --uri or --server (which takes TASKSEAL_URI)");
    return STATUS_OK;
}

static int check_named(const settings *set, const taskseal_keyring *ring)
{
    int status = STATUS_OK;

    for (size_t i = 0; i < set->named_count && status == STATUS_OK; i++)
        status = keyring_check(ring, "--key", set->named[i]);
    return status;
}

static int run(const command *self, int argc, char **argv)
{
    settings set = {.keyring = KEYRING_CHOICE_EMPTY,
                    .from = SERVER_CHOICE_EMPTY,
                    .server = {.match = "{*}:t:*", .rate = 1000}};
    taskseal_keyring *ring = NULL;
    bool stop;

    int status = command_parse(self, argc, argv, take, &set, &stop);
    if (status != STATUS_OK || stop)
        return status;
    status = check_sources(&set, argc - optind);
    if (status == STATUS_OK)
        status = keyring_open(&set.keyring, &ring);
    if (status == STATUS_OK)
        status = check_named(&set, ring);
    if (status == STATUS_OK)
        status = report_all(&set, ring, argc - optind, argv + optind);
    taskseal_keyring_free(ring);
    return status;
}

const command command_key_drain_report = {
    .name = "key drain-report",
    .operands = "[FILE]...",
    .summary = "tell which keys envelopes still name, and which may be retired",
    .description =
        "Counts, for each key, the envelopes that name it, in the FILEs ('-': standard input), each an\n"
        "envelope or with --lines one on each line; or in a server, over a verified connection: in the\n"
        "strings, hashes, lists, sets, sorted sets and streams of one database, in binary or text form.\n"
        "A key may be retired if no envelope names it, its grace period is over, there was something to\n"
        "look into, and everything could be looked into. Tasks of Asynq are looked into: payload, members\n"
        "of a bundle, error text. Envelopes inside other values (JSON, say) are noticed, not looked into.\n"
        "Nothing is verified or changed.\n"
        "\n"
        "The exit status is 0 only if every key that --key names may be retired, or has no secret any\n"
        "more and no envelope names it. Without --key: if that is so for every key that does not seal,\n"
        "and no envelope names a key that the keyring lacks. (Active keys and dedupe keys count only\n"
        "where --key names them, and then make it 1.)\n",
    .examples =
        "  taskseal key drain-report --uri-file /etc/app/redis.uri -k /etc/app/keyring\n"
        "  taskseal key drain-report --key mail-k01 --uri-file /etc/app/redis.uri -k /etc/app/keyring &&\n"
        "    taskseal key retire mail-k01 -k /etc/app/keyring\n"
        "  taskseal key drain-report --lines dead-letters.txt -k /etc/app/keyring\n",
    .options = options,
    .run = run,
};
