/* SPDX-License-Identifier: MIT
 * Writes a directory of test certificates. Other tests run it too; nothing here is fit for production. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/certs.h"

static const char usage[] =
    "Usage: pki DIR\n"
    "Writes PEM files for tests into the directory DIR, which must exist; keys have mode 0600.\n"
    "\n"
    "  ca.pem ca.key                      the CA to trust\n"
    "  server.pem server.key              for localhost, 127.0.0.1 and ::1\n"
    "  intermediate.pem intermediate.key  as server, with the intermediate CA that issued it behind\n"
    "  wronghost.pem wronghost.key        for wrong.example.com only\n"
    "  cnonly.pem cnonly.key              CN=localhost and no subject alternative name\n"
    "  expired.pem expired.key            as server, expired an hour ago\n"
    "  notyet.pem notyet.key              as server, valid from tomorrow\n"
    "  selfsigned.pem selfsigned.key      as server, signed by itself\n"
    "  clientonly.pem clientonly.key      as server, with clientAuth as its only extended key usage\n"
    "  client.pem client.key              a client certificate, CN=client\n"
    "  otherca.pem otherca.key            another CA, and of it\n"
    "  otherserver.pem otherserver.key    as server\n"
    "  otherclient.pem otherclient.key    as client\n";

static const char *directory;

static void write_identity(const char *name, identity who, X509 *chain)
{
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/%s.pem", directory, name);
    write_certificates(path, who.certificate, chain);
    (void)snprintf(path, sizeof path, "%s/%s.key", directory, name);
    write_key(path, who.key);
}

static void write_issued(const char *name, cert_spec spec, const identity *issuer)
{
    write_identity(name, issue(&spec, issuer), NULL);
}

static cert_spec server(void)
{
    return spec_server("DNS:localhost,IP:127.0.0.1,IP:::1");
}

static void write_faulty(const identity *ca)
{
    cert_spec cn_only = server(), expired = server(), not_yet = server(), client_only = server();
    cn_only.common_name = "localhost";
    cn_only.alternatives = NULL;
    expired.valid_from = -7200;
    expired.valid_to = -3600;
    not_yet.valid_from = 86400;
    not_yet.valid_to = 2 * 86400;
    client_only.extended_usage = "clientAuth";
    write_issued("wronghost", spec_server("DNS:wrong.example.com"), ca);
    write_issued("cnonly", cn_only, ca);
    write_issued("expired", expired, ca);
    write_issued("notyet", not_yet, ca);
    write_issued("selfsigned", server(), NULL);
    write_issued("clientonly", client_only, ca);
}

static void write_all(void)
{
    cert_spec ca_spec = spec_ca("taskseal test CA");
    cert_spec other_spec = spec_ca("taskseal test CA, another");
    cert_spec middle_spec = spec_ca("taskseal test intermediate CA");
    other_spec.key_number = 3;
    middle_spec.key_number = 4;
    identity ca = issue(&ca_spec, NULL);
    identity other = issue(&other_spec, NULL);
    identity middle = issue(&middle_spec, &ca);
    cert_spec below = server();
    write_identity("ca", ca, NULL);
    write_issued("server", server(), &ca);
    write_identity("intermediate", issue(&below, &middle), middle.certificate);
    write_faulty(&ca);
    write_issued("client", spec_client("client"), &ca);
    write_identity("otherca", other, NULL);
    write_issued("otherserver", server(), &other);
    write_issued("otherclient", spec_client("client"), &other);
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        (void)fputs(usage, stdout);
        return 0;
    }
    if (argc != 2 || argv[1][0] == '-') {
        (void)fputs(usage, stderr);
        return 2;
    }
    directory = argv[1];
    write_all();
    return 0;
}
