/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <taskseal/redis.h>

#include "commands.h"
#include "common/buffer.h"
#include "common/output.h"
#include "common/parse.h"
#include "common/report.h"
#include "common/secret.h"
#include "common/uri.h"
#include "doctor/doctor.h"
#include "doctor/payloads.h"
#include "doctor/print.h"
#include "doctor/role.h"

enum {
    KEY_URI_FILE = 256,
    KEY_URI_FD,
    KEY_PLAIN_PORT,
    KEY_ROLE,
    KEY_LAYOUT,
    KEY_QUEUE,
    KEY_ACL_USER,
    KEY_TEST,
    KEY_PAYLOADS,
    KEY_MATCH,
    KEY_SAMPLE,
    KEY_RATE,
    KEY_STRICT,
    KEY_JSON,
    KEY_PROMETHEUS,
    KEY_WATCH,
    KEY_OUTPUT = 'o'
};

static const command_option options[] = {
    {"uri-file", KEY_URI_FILE, "FILE", "read the URI from FILE, which others must not be able\nto read"},
    {"uri-fd", KEY_URI_FD, "N", "read the URI from file descriptor N"},
    {"plain-port", KEY_PLAIN_PORT, "N", "look for a listener without TLS on this port too\n(up to 16 times)"},
    {"role", KEY_ROLE, "ROLE",
     "print the ACL line of a producer, worker, operator or rotate\n(of Asynq's scheduler or inspector too), "
     "and "
     "end;\n"
     "with --test, examine the server for it"},
    {"layout", KEY_LAYOUT, "LAYOUT", "whose keys: examples (the default) or asynq"},
    {"queue", KEY_QUEUE, "NAME", "for this queue alone; default: for all"},
    {"acl-user", KEY_ACL_USER, "NAME",
     "the ACL user of --role and --test; default: the role's\nname, and the user of the URI"},
    {"test", KEY_TEST, NULL,
     "ask the server whether the user may do what its role\nneeds, and nothing else with queues"},
    {"payloads", KEY_PAYLOADS, NULL,
     "look into queues: what is sealed, what is plaintext, and\nwhich kinds of secrets are in that"},
    {"match", KEY_MATCH, "PATTERN",
     "into keys that SCAN's MATCH lets pass, of any type, and\nnot into the layout's"},
    {"sample", KEY_SAMPLE, "N", "end after N payloads: 10000 (the default); 0: all"},
    {"rate", KEY_RATE, "N", "at most N commands a second: 1000 (the default);\n0: no limit"},
    {"strict", KEY_STRICT, NULL, "count what could not be found out as a warning"},
    {"json", KEY_JSON, NULL, "print one JSON object; taskseal(1) tells its keys"},
    {"prometheus", KEY_PROMETHEUS, NULL, "print metrics in the text format of Prometheus"},
    {"watch", KEY_WATCH, "DURATION",
     "look again and again, with this time between (60s, 5m),\nand print metrics each time, until a signal "
     "ends it"},
    {"output", KEY_OUTPUT, "FILE", "replace FILE with the metrics each time, whole"},
    {NULL, 0, NULL, NULL},
};

typedef struct settings {
    uri_source source;
    doctor about;
    payloads payloads;
    bool sampling; /* an option of --payloads was given */
    bool strict;
    bool json;
    bool metrics;
    uint64_t watch; /* seconds; 0: once */
    const char *output;
} settings;

static int take_port(doctor *about, const char *value)
{
    uint64_t port = 0;

    const int status = parse_count("plain-port", value, &port);
    if (status != STATUS_OK)
        return status;
    if (port == 0 || port > 65535)
        return report_usage("--plain-port takes the number of a port, 1 to 65535");
    if (about->plain_port_count == PLAIN_PORTS_MAX)
        return report_usage("--plain-port can be given at most %d times", PLAIN_PORTS_MAX);
    about->plain_ports[about->plain_port_count++] = (unsigned)port;
    return STATUS_OK;
}

static int take_role(doctor *about, const char *value)
{
    for (int i = ROLE_PRODUCER; i < ROLES; i++) {
        if (strcmp(value, role_names[i]) == 0) {
            about->role = (role)i;
            return STATUS_OK;
        }
    }
    return report_usage(
        "--role takes producer, worker, operator or rotate; with --layout asynq also scheduler or inspector");
}

static int take_layout(doctor *about, const char *value)
{
    about->layout = strcmp(value, "examples") == 0 ? LAYOUT_EXAMPLES
                    : strcmp(value, "asynq") == 0  ? LAYOUT_ASYNQ
                                                   : LAYOUT_NONE;
    return about->layout != LAYOUT_NONE ? STATUS_OK : report_usage("--layout takes examples or asynq");
}

/* What would end a word of an ACL line, or mean something in a pattern, can't stand in one. */
static int take_word(const char *option, const char *value, const char **to)
{
    if (value[0] == '\0' || strlen(value) > 255 || strpbrk(value, " \t\r\n\"'*?[]{}\\^") != NULL)
        return report_usage("%s takes a name without spaces, quotes and any of *?[]{}^\\", option);
    *to = value;
    return secret_check(option, "a name", value);
}

static int take_payloads(settings *set, int key, const char *value)
{
    set->sampling = true;
    switch (key) {
    case KEY_MATCH:
        set->payloads.match = value;
        return secret_check("--match", "a pattern", value);
    case KEY_SAMPLE:
        return parse_count("sample", value, &set->payloads.limit);
    default:
        return parse_count("rate", value, &set->payloads.rate);
    }
}

static int take(void *state, int key, const char *value)
{
    settings *set = state;

    switch (key) {
    case KEY_URI_FILE:
        set->source.file = value;
        return STATUS_OK;
    case KEY_URI_FD:
        return parse_descriptor("uri-fd", value, &set->source.fd);
    case KEY_PLAIN_PORT:
        return take_port(&set->about, value);
    case KEY_ROLE:
        return take_role(&set->about, value);
    case KEY_LAYOUT:
        return take_layout(&set->about, value);
    case KEY_QUEUE:
        return take_word("--queue", value, &set->about.queue);
    case KEY_ACL_USER:
        return take_word("--acl-user", value, &set->about.acl_user);
    case KEY_TEST:
        set->about.test_role = true;
        return STATUS_OK;
    case KEY_PAYLOADS:
        set->about.payloads = &set->payloads;
        return STATUS_OK;
    case KEY_MATCH:
    case KEY_SAMPLE:
    case KEY_RATE:
        return take_payloads(set, key, value);
    case KEY_STRICT:
        set->strict = true;
        return STATUS_OK;
    case KEY_PROMETHEUS:
        set->metrics = true;
        return STATUS_OK;
    case KEY_WATCH:
        set->metrics = true;
        return parse_duration("watch", value, &set->watch);
    case KEY_OUTPUT:
        set->output = value;
        return STATUS_OK;
    default:
        set->json = true;
        return STATUS_OK;
    }
}

/* A connection that could not be made or kept now, and may be later, hides the rest; not so where there is no TLS. */
static int status_of(const settings *set)
{
    const doctor *about = &set->about;
    const verdict worst = findings_worst(&about->found);

    if (about->lost || (about->redis == NULL && !taskseal_err_permanent(about->refused) && !about->is_plain))
        return STATUS_RETRY;
    if (worst == VERDICT_FAIL)
        return STATUS_REFUSED;
    if (worst == VERDICT_WARN || (worst == VERDICT_UNKNOWN && set->strict))
        return STATUS_WARNED;
    return STATUS_OK;
}

static double now(void)
{
    struct timespec time = {0};

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* A reader of the file never sees half of it. */
static int write_metrics(const settings *set, double seconds)
{
    char *text = NULL;
    size_t len = 0;
    FILE *to = open_memstream(&text, &len);

    if (to == NULL)
        return report_error(TASKSEAL_ERR_NO_MEMORY, NULL);
    doctor_print_metrics(to, &set->about, seconds);
    const bool whole = fclose(to) == 0;
    const int status = whole ? output_write(set->output, OUTPUT_TEXT, text, len)
                             : report_error(TASKSEAL_ERR_NO_MEMORY, NULL);
    free(text);
    return status;
}

static int print(const settings *set, double seconds)
{
    if (set->metrics)
        return write_metrics(set, seconds);
    if (set->json)
        doctor_print_json(&set->about);
    else
        doctor_print(&set->about);
    return STATUS_OK;
}

/* Metrics are printed even if there is nothing to look at: that there is no connection is one. */
static int examine(settings *set)
{
    const double began = now();
    int status = doctor_run(&set->about);

    if (status == STATUS_OK || (set->watch > 0 && set->about.refused != TASKSEAL_ERR_URI_INVALID)) {
        const int written = print(set, now() - began);
        status = written != STATUS_OK ? written : status != STATUS_OK ? status : status_of(set);
    }
    doctor_end(&set->about);
    payloads_end(&set->payloads);
    return status;
}

/* Ends with a signal, or when nobody can be told, or the URI will never do. */
static int examine_again(settings *set)
{
    const settings asked = *set;

    for (;;) {
        const int status = examine(set);
        if (status == STATUS_FILE || status == STATUS_USAGE || set->about.refused == TASKSEAL_ERR_URI_INVALID)
            return status;
        struct timespec left = {.tv_sec = (time_t)asked.watch};
        while (nanosleep(&left, &left) != 0 && errno == EINTR) {
        }
        *set = asked;
    }
}

static int check_options(settings *set)
{
    doctor *about = &set->about;

    if (about->role == ROLE_NONE && (about->test_role || about->acl_user != NULL))
        return report_usage("--test and --acl-user are about a role: give --role too");
    if (about->role == ROLE_NONE && about->payloads == NULL && about->queue != NULL)
        return report_usage("--queue is about a role or payloads: give --role or --payloads too");
    if (about->role == ROLE_NONE && about->payloads == NULL && about->layout != LAYOUT_NONE)
        return report_usage("--layout is about a role or payloads: give --role or --payloads too");
    if (about->layout == LAYOUT_NONE)
        about->layout = LAYOUT_EXAMPLES;
    if (about->role != ROLE_NONE && !role_known(about))
        return report_usage("--role %s is one of Asynq's: give --layout asynq too", role_names[about->role]);
    if (set->metrics && set->json)
        return report_usage("give one of --json, and --prometheus or --watch");
    if (set->output != NULL && !set->metrics)
        return report_usage("--output is about metrics: give --prometheus or --watch too");
    if (about->payloads == NULL && set->sampling)
        return report_usage("--match, --sample and --rate are about payloads: give --payloads too");
    return STATUS_OK;
}

static bool prints_lines(const settings *set)
{
    return set->about.role != ROLE_NONE && !set->about.test_role && set->about.payloads == NULL;
}

static int run(const command *self, int argc, char **argv)
{
    settings set = {.source = {.fd = -1}, .payloads = {.limit = 10000, .rate = 1000}};
    buffer uri = BUFFER_EMPTY;
    bool stop;

    int status = command_parse(self, argc, argv, take, &set, &stop);
    if (status != STATUS_OK || stop)
        return status;
    status = check_options(&set);
    if (status == STATUS_OK && set.output != NULL)
        status = output_check(set.output, OUTPUT_TEXT);
    if (status != STATUS_OK)
        return status;
    if (argc - optind > 1)
        return report_usage("give at most one URI");
    if (prints_lines(&set)) {
        if (optind < argc || set.source.file != NULL || set.source.fd >= 0)
            return report_usage(
                "--role prints lines, for which there is no need of a URI; to examine a server for the "
                "role give --test too");
        role_print(&set.about);
        return STATUS_OK;
    }
    set.source.argument = optind < argc ? argv[optind] : NULL;
    status = uri_read(&set.source, &uri);
    if (status == STATUS_OK) {
        set.about.uri = (const char *)uri.data;
        status = set.watch > 0 ? examine_again(&set) : examine(&set);
    }
    buffer_free(&uri);
    return status;
}

const command command_doctor = {
    .name = "doctor",
    .operands = "[URI]",
    .summary = "look at a running server, and tell what is not as it should be",
    .description =
        "Connects over TLS as 'connect' does, looks at the server from outside and from inside, and\n"
        "prints a line for each check: a verdict (ok, info, unknown, warn, fail), what it rests on,\n"
        "and what to do. It changes nothing on the server, and what it sends before the server is\n"
        "verified holds no credentials. The URI is that of 'connect'; a user with the rights that\n"
        "--role operator prints sees most. The exit status is 0 if there is nothing to warn of, 5 if\n"
        "there are warnings, 1 if something fails, 3 if no connection could be made or kept now.\n",
    .examples = "  taskseal doctor --uri-file /etc/app/redis.uri\n"
                "  taskseal doctor --strict --json --uri-file /etc/app/redis.uri > report.json\n"
                "  taskseal doctor --watch 5m -o /var/lib/metrics/doctor.prom --uri-file /etc/app/redis.uri\n"
                "  taskseal doctor --role worker --layout asynq\n"
                "  taskseal doctor --payloads --queue mail --uri-file /etc/app/redis.uri\n",
    .options = options,
    .run = run,
};
