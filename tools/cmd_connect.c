/* SPDX-License-Identifier: MIT */
#include <getopt.h>
#include <stdio.h>

#include <sodium.h>
#include <taskseal/redis.h>

#include "commands.h"
#include "common/buffer.h"
#include "common/parse.h"
#include "common/print.h"
#include "common/report.h"
#include "common/uri.h"

enum { KEY_URI_FILE = 256, KEY_URI_FD, KEY_JSON };

static const command_option options[] = {
    {"uri-file", KEY_URI_FILE, "FILE", "read the URI from FILE, which others must not be able\nto read"},
    {"uri-fd", KEY_URI_FD, "N", "read the URI from file descriptor N"},
    {"json", KEY_JSON, NULL, "print one JSON object, also on failure; taskseal(1)\ntells its keys"},
    {NULL, 0, NULL, NULL},
};

typedef struct settings {
    uri_source source;
    bool json;
} settings;

typedef struct finding {
    char server[URI_PART_MAX];
    char user[URI_PART_MAX];
    taskseal_redis_peer peer;
} finding;

static int take(void *state, int key, const char *value)
{
    settings *set = state;

    switch (key) {
    case KEY_URI_FILE:
        set->source.file = value;
        return STATUS_OK;
    case KEY_URI_FD:
        return parse_descriptor("uri-fd", value, &set->source.fd);
    default:
        set->json = true;
        return STATUS_OK;
    }
}

static void format_spki(const taskseal_redis_peer *peer, char *text, size_t cap)
{
    sodium_bin2base64(text, cap, peer->spki_sha256, sizeof peer->spki_sha256, sodium_base64_VARIANT_ORIGINAL);
}

static void field(const char *label, const char *value)
{
    printf("%-20s", label);
    print_safe(stdout, value);
    fputc('\n', stdout);
}

static void print_people(const finding *found)
{
    const taskseal_redis_peer *peer = &found->peer;
    char spki[64];

    format_spki(peer, spki, sizeof spki);
    printf("verified: over TLS, the server proved its certificate chain and its name, took the\n"
           "credentials, and answered.\n\n");
    field("server", found->server);
    field("ACL user", found->user);
    field("protocol", peer->protocol);
    field("cipher", peer->cipher);
    field("key exchange", peer->group);
    field("expected name", peer->expected_name);
    field("matched name", peer->matched_name);
    field("names held", peer->names);
    field("subject", peer->subject);
    field("issuer", peer->issuer);
    printf("%-20s%d (first of the chain: %d)\n", "days to expiry", peer->days_to_expiry,
           peer->chain_days_to_expiry);
    field("SPKI SHA-256", spki);
    field("client certificate", peer->client_certificate ? "presented" : "none");
    printf("%-20s%u.%03u ms\n", "handshake", peer->handshake_us / 1000, peer->handshake_us % 1000);
}

static void json_field(const char *key, const char *value)
{
    printf(",\"%s\":", key);
    print_json_string(stdout, value);
}

static void print_json(const finding *found)
{
    const taskseal_redis_peer *peer = &found->peer;
    char spki[64];

    format_spki(peer, spki, sizeof spki);
    fputs("{\"verified\":true", stdout);
    json_field("server", found->server);
    json_field("user", found->user);
    json_field("protocol", peer->protocol);
    json_field("cipher", peer->cipher);
    json_field("group", peer->group);
    json_field("expected_name", peer->expected_name);
    json_field("matched_name", peer->matched_name);
    json_field("names", peer->names);
    json_field("subject", peer->subject);
    json_field("issuer", peer->issuer);
    json_field("spki_sha256", spki);
    printf(
        ",\"days_to_expiry\":%d,\"chain_days_to_expiry\":%d,\"client_certificate\":%s,\"handshake_us\":%u}\n",
        peer->days_to_expiry, peer->chain_days_to_expiry, peer->client_certificate ? "true" : "false",
        peer->handshake_us);
}

static void print_json_failure(const char *name, const char *message, bool retryable)
{
    printf("{\"verified\":false,\"error\":\"%s\",\"message\":", name);
    print_json_string(stdout, message);
    printf(",\"retryable\":%s}\n", retryable ? "true" : "false");
}

static int print_failure(const settings *set, taskseal_err err, const taskseal_error *error)
{
    const char *message = error->message[0] != '\0' ? error->message : taskseal_err_text(err);
    const bool permanent = taskseal_err_permanent(err);

    if (set->json)
        print_json_failure(taskseal_err_name(err), message, !permanent);
    report_error(err, message);
    report_note(permanent ? "retrying can't help: this needs a change" : "retrying can help");
    /* Unlike elsewhere, the arguments are the URI's: even BAD_ARGUMENT is no misuse of the command line. */
    return permanent ? STATUS_REFUSED : STATUS_RETRY;
}

static int connect_uri(const settings *set, const char *uri)
{
    taskseal_redis_endpoint *endpoint = NULL;
    redisContext *redis = NULL;
    taskseal_error error = {0};
    finding found;

    taskseal_err err = taskseal_redis_endpoint_new(&endpoint, uri, &error);
    if (err == TASKSEAL_OK)
        err = taskseal_redis_connect(endpoint, &redis, &error);
    if (err == TASKSEAL_OK)
        err = taskseal_redis_peer_info(redis, &found.peer);
    if (redis != NULL)
        redisFree(redis);
    taskseal_redis_endpoint_free(endpoint);
    if (err != TASKSEAL_OK)
        return print_failure(set, err, &error);
    uri_server(uri, found.server);
    uri_user(uri, found.user);
    if (set->json)
        print_json(&found);
    else
        print_people(&found);
    return STATUS_OK;
}

static int run(const command *self, int argc, char **argv)
{
    settings set = {.source = {.fd = -1}};
    buffer uri = BUFFER_EMPTY;
    bool stop;

    int status = command_parse(self, argc, argv, take, &set, &stop);
    if (status != STATUS_OK || stop)
        return status;
    if (argc - optind > 1)
        return report_usage("give at most one URI");
    set.source.argument = optind < argc ? argv[optind] : NULL;
    status = uri_read(&set.source, &uri);
    if (status == STATUS_OK)
        status = connect_uri(&set, (const char *)uri.data);
    else if (set.json) /* uri_read has said why */
        print_json_failure(report_last_name(), report_last_message(), status == STATUS_RETRY);
    buffer_free(&uri);
    return status;
}

const command command_connect = {
    .name = "connect",
    .operands = "[URI]",
    .summary = "connect to Redis or Valkey, and tell what is guaranteed",
    .description = "Connects over TLS, verifies the server, authenticates, and prints what was verified, or\n"
                   "why not and whether retrying can help. The URI is\n"
                   "  rediss://[USER[:PASSWORD]@]HOST[:PORT][/DATABASE]?cacert=FILE[&cert=FILE&key=FILE]\n"
                   "           [&crl=FILE][&pin=sha256:BASE64,...][&name=NAME][&tls=1.2|1.3][&timeout_ms=N]\n"
                   "A URI with a password is not taken from the command line: use --uri-file, --uri-fd or\n"
                   "TASKSEAL_URI.\n",
    .examples = "  taskseal connect --uri-file /etc/app/redis.uri\n"
                "  taskseal connect 'rediss://cache.example:6380?cacert=/etc/app/ca.pem'\n",
    .options = options,
    .run = run,
};
