/* SPDX-License-Identifier: MIT */
#include "lab.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crls.h"

scenario scenario_good(void)
{
    scenario s = {.root = spec_ca("lab root"),
                  .middle = spec_ca("lab intermediate"),
                  .leaf = spec_server("DNS:localhost,IP:127.0.0.1"),
                  .dial = "localhost",
                  .login = "worker:" PASSWORD "@",
                  .path = "",
                  .query = "",
                  .timeout_ms = 20000};
    s.middle.key_number = 3;
    return s;
}

/* ---- Files -------------------------------------------------------------------------------------------------- */

static char directory[64];
static char hashed[96]; /* the root's file by its hash, if there is one */

static void remove_directory(void)
{
    static const char *const names[] = {"ca.pem", "crl.pem", "client.pem", "client.key", "served.pem", "served.key", "served.ca",
                                        "served.chain", "served.conf", "lax.conf"};
    char path[128];
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        (void)snprintf(path, sizeof path, "%s/%s", directory, names[i]);
        (void)unlink(path);
    }
    (void)unlink(hashed);
    (void)rmdir(directory);
}

/* One for each process, so that a forked test has its own. */
static const char *own_directory(void)
{
    static pid_t owner;
    if (owner != getpid()) {
        (void)snprintf(directory, sizeof directory, "/tmp/taskseal-lab-XXXXXX");
        if (mkdtemp(directory) == NULL || atexit(remove_directory) != 0) {
            perror(directory);
            exit(1);
        }
        owner = getpid();
    }
    return directory;
}

/* As `openssl rehash` does. */
static void make_hashed(const char *where, X509 *root)
{
    (void)snprintf(hashed, sizeof hashed, "%s/%08lx.0", where,
                   X509_NAME_hash_ex(X509_get_subject_name(root), NULL, NULL, NULL));
    write_certificates(hashed, root, NULL);
}

static void write_client(const scenario *s, const identity *root, const char *where)
{
    char path[128];
    cert_spec foreign_spec = spec_ca("foreign root");
    foreign_spec.key_number = 5;
    identity foreign = issue(&foreign_spec, NULL);
    cert_spec spec = spec_client("worker");
    identity client = issue(&spec, s->client == FOREIGN_CLIENT ? &foreign : root);
    (void)snprintf(path, sizeof path, "%s/client.pem", where);
    write_certificates(path, client.certificate, NULL);
    (void)snprintf(path, sizeof path, "%s/client.key", where);
    write_key(path, client.key);
}

/* ---- The server --------------------------------------------------------------------------------------------- */

static identity make_leaf(const scenario *s, const identity *issuer)
{
    if (s->self_signed)
        return issue(&s->leaf, NULL);
    if (s->forged) {
        cert_spec spec = s->root;
        spec.key_number = 6;
        identity forger = {issuer->certificate, issue(&spec, NULL).key};
        return issue(&s->leaf, &forger);
    }
    return issue(&s->leaf, issuer);
}

static server_spec make_server(const scenario *s, const identity *root, const identity *middle)
{
    server_spec spec = s->server;
    size_t sent = 0;
    spec.leaf = make_leaf(s, s->use_middle ? middle : root);
    if (s->use_middle && !s->hide_middle)
        spec.chain[sent++] = middle->certificate;
    if (s->send_root)
        spec.chain[sent] = root->certificate;
    if (s->require_client)
        spec.client_ca = root->certificate;
    return spec;
}

/* ---- Revocation lists --------------------------------------------------------------------------------------- */

static void spoil_list(crl_spec *list, list_fault fault, const server_spec *served, X509 *middle)
{
    cert_spec stranger = spec_ca("stranger");
    stranger.key_number = 6;
    bool stale = fault == STALE_LIST || fault == STALE_LIST_OF_ROOT;
    if (stale || fault == EARLY_LIST) {
        list->valid_from = stale ? -7200 : 3600;
        list->valid_to = stale ? -3600 : 7200;
    }
    if (fault == LEAF_REVOKED || fault == MIDDLE_REVOKED)
        list->revoked = fault == LEAF_REVOKED ? served->leaf.certificate : middle;
    if (fault == MISSING_LIST || fault == MISSING_LIST_OF_ROOT)
        list->issuer = served->leaf; /* it is somebody else's */
    if (fault == FORGED_LIST || fault == FORGED_LIST_OF_ROOT)
        list->signer = issue(&stranger, NULL).key;
    list->critical_unknown = fault == STRANGE_LIST;
}

static void write_lists(const scenario *s, const lab *l, const server_spec *served, const identity *middle)
{
    char path[128];
    crl_spec lists[] = {{.issuer = l->root}, {.issuer = *middle}};
    bool of_root = s->lists == MIDDLE_REVOKED || s->lists == STALE_LIST_OF_ROOT ||
                   s->lists == MISSING_LIST_OF_ROOT || s->lists == FORGED_LIST_OF_ROOT;
    spoil_list(&lists[of_root ? 0 : 1], s->lists, served, middle->certificate);
    (void)snprintf(path, sizeof path, "%s/crl.pem", l->directory);
    write_crls(path, lists, COUNT_OF(lists));
}

/* ---- All ---------------------------------------------------------------------------------------------------- */

unsigned short (*lab_elsewhere)(const server_spec *spec, const char *directory, unsigned short port);
void (*lab_also)(const lab *l);

static void serve(lab *l, const server_spec *spec, unsigned short port)
{
    if (lab_elsewhere == NULL)
        l->server = server_start(spec, port);
    l->port = lab_elsewhere != NULL ? lab_elsewhere(spec, l->directory, port) : server_port(l->server);
}

server_seen lab_stop(lab *l)
{
    return l->server != NULL ? server_stop(l->server) : (server_seen){0};
}

static void write_trust(const scenario *s, const lab *l)
{
    char path[128];
    cert_spec other = spec_ca("lab root, another");
    other.key_number = 4;
    (void)snprintf(path, sizeof path, "%s/ca.pem", l->directory);
    write_certificates(path, s->trust_other ? issue(&other, NULL).certificate : l->root.certificate, NULL);
    if (s->hashed || lab_also != NULL)
        make_hashed(l->directory, l->root.certificate);
    if (s->client != ANONYMOUS)
        write_client(s, &l->root, l->directory);
}

lab lab_start(const scenario *s, unsigned short port)
{
    lab l = {.root = issue(&s->root, NULL)};
    char client[256] = "", lists[128] = "";
    identity middle = {NULL, NULL};
    (void)snprintf(l.directory, sizeof l.directory, "%s", own_directory());
    write_trust(s, &l);
    if (lab_also != NULL)
        lab_also(&l);
    if (s->use_middle)
        middle = issue(&s->middle, &l.root);
    server_spec spec = make_server(s, &l.root, &middle);
    if (s->lists != NO_LISTS) {
        write_lists(s, &l, &spec, &middle);
        (void)snprintf(lists, sizeof lists, "&crl=%s/crl.pem", l.directory);
    }
    if (s->client != ANONYMOUS)
        (void)snprintf(client, sizeof client, "&cert=%s/client.pem&key=%s/client.key", l.directory, l.directory);
    serve(&l, &spec, port);
    (void)snprintf(l.uri, sizeof l.uri, "rediss://%s%s:%u%s?cacert=%s/%s&timeout_ms=%u%s%s%s", s->login, s->dial, l.port,
                   s->path, l.directory, s->hashed ? "" : "ca.pem", s->timeout_ms, client, lists, s->query);
    return l;
}

taskseal_err lab_connect(const lab *l, redisContext **redis, taskseal_error *error)
{
    taskseal_redis_endpoint *endpoint = NULL;
    *redis = NULL;
    taskseal_err err = taskseal_redis_endpoint_new(&endpoint, l->uri, error);
    if (err == TASKSEAL_OK)
        err = taskseal_redis_connect(endpoint, redis, error);
    taskseal_redis_endpoint_free(endpoint);
    return err;
}

outcome scenario_run(const scenario *s)
{
    outcome o = {.err = TASKSEAL_OK};
    lab l = lab_start(s, 0);
    guest *g = guest_new(l.uri);
    o.err = guest_try(g, &o.error);
    guest_free(g);
    o.seen = lab_stop(&l);
    return o;
}

int run_suite(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    srunner_set_tap(runner, "-");
    srunner_run_all(runner, CK_SILENT);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
