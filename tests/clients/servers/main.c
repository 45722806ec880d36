/* SPDX-License-Identifier: MIT
 * Runs one server for a client that is measured, and says what it saw. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../redis/support/crls.h"
#include "rows.h"

static const char usage[] =
    "Usage: clients-server --list | ROW\n"
    "Prints a line of JSON: where the server is, and what a client needs to have. When stdin ends, it stops and\n"
    "prints what it saw. In rows with a reconnect, a line on stdin ends the first server, and starts the second on\n"
    "the same port.\n";

/* The lists name the only leaf by its serial number, which certs.c counts: the leaf is what the lab issued last. */
static X509 *namesake_of_leaf(const lab *l)
{
    X509 *leaf = X509_dup(l->root.certificate);
    long root = ASN1_INTEGER_get(X509_get_serialNumber(l->root.certificate));
    if (leaf == NULL || ASN1_INTEGER_set(X509_get_serialNumber(leaf), root + 1) != 1)
        exit(1);
    return leaf;
}

static void write_list(const row *r, const lab *l, const char *path)
{
    X509 *leaf = namesake_of_leaf(l);
    crl_spec list = {.issuer = l->root, .revoked = r->revocation == LIST_OF_LEAF ? leaf : NULL};
    write_crls(path, &list, 1);
    X509_free(leaf);
}

static void announce(const row *r, const scenario *s, const lab *l, const char *crl)
{
    bool listed = r->revocation != NO_LIST;
    printf("{\"host\":\"%s\",\"port\":%u,\"ca\":\"%s/"
           "ca.pem\",\"crl\":\"%s\",\"user\":\"worker\",\"password\":\"%s\","
           "\"uri\":\"%s%s%s\"}\n",
           s->dial, server_port(l->server), l->directory, listed ? crl : "", PASSWORD, l->uri,
           listed ? "&crl=" : "", listed ? crl : "");
    (void)fflush(stdout);
}

/* The second server has the port and the CA of the first. */
static lab exchange(const row *r, scenario s, const lab *first)
{
    unsigned short port = server_port(first->server);
    (void)server_stop(first->server);
    if (r->spoil != NULL)
        r->spoil(&s);
    lab second = lab_start(&s, port);
    puts("{\"exchanged\":true}");
    (void)fflush(stdout);
    return second;
}

static void report(const server_seen *seen)
{
    size_t kept = seen->raw_len < sizeof seen->raw ? seen->raw_len : sizeof seen->raw;
    bool in_clear = memmem(seen->raw, kept, PASSWORD, strlen(PASSWORD)) != NULL;
    printf("{\"connections\":%u,\"commands\":%u,\"in_clear\":%s}\n", seen->connections, seen->commands,
           in_clear ? "true" : "false");
}

static void run(const row *r)
{
    char crl[128], line[16];
    scenario s = row_scenario(r);
    lab l = lab_start(&s, 0);
    (void)snprintf(crl, sizeof crl, "%s/crl.pem", l.directory);
    if (r->revocation != NO_LIST)
        write_list(r, &l, crl);
    announce(r, &s, &l, crl);
    while (fgets(line, sizeof line, stdin) != NULL) {
        if (r->again)
            l = exchange(r, s, &l);
    }
    server_seen seen = server_stop(l.server);
    report(&seen);
    (void)unlink(crl);
}

int main(int argc, char **argv)
{
    const row *r = argc == 2 ? row_find(argv[1]) : NULL;
    if (argc == 2 && strcmp(argv[1], "--list") == 0) {
        rows_list();
        return 0;
    }
    if (r == NULL) {
        (void)fputs(usage, stderr);
        return 2;
    }
    run(r);
    return 0;
}
