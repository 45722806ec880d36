/* SPDX-License-Identifier: MIT */
#include "rows.h"

#include <stdio.h>
#include <string.h>

/* ---- What bad ones and twins have in common ------------------------------------------------------------------ */

static void by_rsa(scenario *s)
{
    s->leaf.key = KEY_RSA2048;
}

static void in_tls_1_2(scenario *s)
{
    s->server.max_version = TLS1_2_VERSION;
}

static void in_tls_1_2_by_rsa(scenario *s)
{
    in_tls_1_2(s);
    by_rsa(s);
    s->leaf.usage = "critical,digitalSignature,keyEncipherment";
}

static void in_tls_1_3(scenario *s)
{
    s->server.min_version = TLS1_3_VERSION;
}

static void with_intermediate(scenario *s)
{
    s->use_middle = true;
}

static void by_address(scenario *s)
{
    s->dial = "127.0.0.1";
}

/* The runner makes this name one of 127.0.0.1. */
static void by_wildcard(scenario *s)
{
    s->dial = "web1.shop.example";
    s->leaf.alternatives = "DNS:*.shop.example";
}

static void by_deep_wildcard(scenario *s)
{
    s->dial = "a.b.shop.example";
    s->leaf.alternatives = "DNS:*.b.shop.example";
}

/* ---- Faults: names --------------------------------------------------------------------------------------------- */

static void other_host(scenario *s)
{
    s->leaf.alternatives = "DNS:evil.example.com,IP:127.0.0.9";
}

static void name_in_cn_only(scenario *s)
{
    s->leaf.common_name = "localhost";
    s->leaf.alternatives = NULL;
}

static void dns_name_only(scenario *s)
{
    s->leaf.alternatives = "DNS:localhost";
}

static void address_as_dns_name(scenario *s)
{
    s->leaf.alternatives = "DNS:127.0.0.1,DNS:localhost";
}

static void partial_wildcard(scenario *s)
{
    s->leaf.alternatives = "DNS:web*.shop.example";
}

static void wildcard_over_two_labels(scenario *s)
{
    s->leaf.alternatives = "DNS:*.shop.example";
}

static void nul_in_name(scenario *s)
{
    s->leaf.nul_in_name = true;
}

/* ---- Faults: time, chain, purpose, weakness ------------------------------------------------------------------- */

static void expired(scenario *s)
{
    s->leaf.valid_from = -7200;
    s->leaf.valid_to = -3600;
}

static void not_yet_valid(scenario *s)
{
    s->leaf.valid_from = 86400;
    s->leaf.valid_to = 2 * 86400;
}

static void self_signed(scenario *s)
{
    s->self_signed = true;
}

static void unknown_root(scenario *s)
{
    s->trust_other = true;
}

static void intermediate_missing(scenario *s)
{
    s->hide_middle = true;
}

static void is_a_ca(scenario *s)
{
    s->leaf.constraints = "critical,CA:TRUE";
    s->leaf.usage = "critical,digitalSignature,keyCertSign";
}

static void for_clients_only(scenario *s)
{
    s->leaf.extended_usage = "clientAuth";
}

static void version_1(scenario *s)
{
    s->leaf.version_1 = true;
}

static void sha_1(scenario *s)
{
    s->leaf.digest = "SHA1";
}

static void rsa_1024(scenario *s)
{
    s->leaf.key = KEY_RSA1024;
}

/* ---- Faults: TLS ------------------------------------------------------------------------------------------------ */

static void tls_1_1(scenario *s)
{
    s->server.min_version = TLS1_VERSION;
    s->server.max_version = TLS1_1_VERSION;
}

static void without_forward_secrecy(scenario *s)
{
    s->server.ciphers = "AES128-GCM-SHA256:AES256-GCM-SHA384";
}

static void wants_a_client_certificate(scenario *s)
{
    s->require_client = true;
}

/* ---- Faults: what comes over the network ------------------------------------------------------------------------ */

static void plaintext(scenario *s)
{
    s->server.behaviour = SPEAK_PLAINTEXT;
}

static void silent(scenario *s)
{
    s->server.behaviour = SAY_NOTHING;
}

static void dribbling(scenario *s)
{
    s->server.behaviour = DRIBBLE;
}

static void closing_at_once(scenario *s)
{
    s->server.behaviour = CLOSE_AT_ONCE;
}

static void closing_after_hello(scenario *s)
{
    s->server.behaviour = CLOSE_AFTER_HELLO;
}

static void silent_after_handshake(scenario *s)
{
    s->server.behaviour = SILENT_AFTER_HANDSHAKE;
}

/* ---- The rows --------------------------------------------------------------------------------------------------- */

static const row rows[] = {
    {"good", "good: ECDSA", NULL, NULL, NULL, NO_LIST, false},
    {"good-rsa", "good: RSA", NULL, by_rsa, NULL, NO_LIST, false},
    {"good-tls12", "good: TLS 1.2 only", NULL, in_tls_1_2, NULL, NO_LIST, false},
    {"good-tls12-rsa", "good: RSA, TLS 1.2 only", NULL, in_tls_1_2_by_rsa, NULL, NO_LIST, false},
    {"good-tls13", "good: TLS 1.3 only", NULL, in_tls_1_3, NULL, NO_LIST, false},
    {"good-intermediate", "good: intermediate sent", NULL, with_intermediate, NULL, NO_LIST, false},
    {"good-address", "good: dialled by IP, IP in the SAN", NULL, by_address, NULL, NO_LIST, false},
    {"good-wildcard", "good: wildcard `*.shop.example`", NULL, by_wildcard, NULL, NO_LIST, false},
    {"good-deep-wildcard", "good: wildcard `*.b.shop.example`", NULL, by_deep_wildcard, NULL, NO_LIST, false},
    {"good-crl", "good: CRL given, not revoked", NULL, NULL, NULL, LIST_OF_NOTHING, false},
    {"good-again", "good: goes away, comes back", NULL, NULL, NULL, NO_LIST, true},

    {"wrong-host", "wrong host", "good", NULL, other_host, NO_LIST, false},
    {"cn-only", "name right in the CN, no SAN", "good", NULL, name_in_cn_only, NO_LIST, false},
    {"dns-by-address", "dialled by IP, SAN has the DNS name only", "good-address", by_address, dns_name_only,
     NO_LIST, false},
    {"address-as-dns", "dialled by IP, SAN has the IP as a DNS name", "good-address", by_address,
     address_as_dns_name, NO_LIST, false},
    {"partial-wildcard", "partial wildcard `web*.shop.example`", "good-wildcard", by_wildcard,
     partial_wildcard, NO_LIST, false},
    {"two-labels", "`*.shop.example` for `a.b.shop.example`", "good-deep-wildcard", by_deep_wildcard,
     wildcard_over_two_labels, NO_LIST, false},
    {"nul", "NUL in the name", "good", NULL, nul_in_name, NO_LIST, false},
    {"expired", "expired", "good", NULL, expired, NO_LIST, false},
    {"not-yet", "not yet valid", "good", NULL, not_yet_valid, NO_LIST, false},
    {"self-signed", "self-signed", "good", NULL, self_signed, NO_LIST, false},
    {"unknown-ca", "unknown CA", "good", NULL, unknown_root, NO_LIST, false},
    {"no-intermediate", "intermediate missing", "good-intermediate", with_intermediate, intermediate_missing,
     NO_LIST, false},
    {"revoked", "revoked, CRL given", "good-crl", NULL, NULL, LIST_OF_LEAF, false},
    {"ca-as-leaf", "a CA's certificate as the server's", "good", NULL, is_a_ca, NO_LIST, false},
    {"no-server-auth", "certificate for clients only (no serverAuth)", "good", NULL, for_clients_only,
     NO_LIST, false},
    {"version-1", "X.509 v1", "good", NULL, version_1, NO_LIST, false},
    {"sha-1", "SHA-1 signature", "good", NULL, sha_1, NO_LIST, false},
    {"rsa-1024", "RSA-1024", "good-rsa", NULL, rsa_1024, NO_LIST, false},
    {"tls11", "TLS 1.1 only", "good-tls12-rsa", in_tls_1_2_by_rsa, tls_1_1, NO_LIST, false},
    {"no-forward-secrecy", "cipher without forward secrecy", "good-tls12-rsa", in_tls_1_2_by_rsa,
     without_forward_secrecy, NO_LIST, false},
    {"client-wanted", "wants a client certificate, none given", "good", NULL, wants_a_client_certificate,
     NO_LIST, false},
    {"plaintext", "speaks plaintext", "good", NULL, plaintext, NO_LIST, false},
    {"silent", "accepts and goes silent", "good", NULL, silent, NO_LIST, false},
    {"dribble", "a byte each 20 ms instead of a handshake", "good", NULL, dribbling, NO_LIST, false},
    {"silent-later", "silent after the handshake", "good", NULL, silent_after_handshake, NO_LIST, false},
    {"close", "closes before the handshake", "good", NULL, closing_at_once, NO_LIST, false},
    {"close-in", "closes in the handshake", "good", NULL, closing_after_hello, NO_LIST, false},
    {"again-host", "valid first, on reconnect wrong host", "good-again", NULL, other_host, NO_LIST, true},
    {"again-self", "valid first, on reconnect self-signed", "good-again", NULL, self_signed, NO_LIST, true},
    {"again-plaintext", "valid first, on reconnect plaintext", "good-again", NULL, plaintext, NO_LIST, true},
};

const row *row_find(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        if (strcmp(rows[i].name, name) == 0)
            return &rows[i];
    }
    return NULL;
}

void rows_list(void)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        printf("%c{\"name\":\"%s\",\"title\":\"%s\",\"twin\":\"%s\",\"again\":%s,\"crl\":%s}",
               i == 0 ? '[' : ',', rows[i].name, rows[i].title, rows[i].twin != NULL ? rows[i].twin : "",
               rows[i].again ? "true" : "false", rows[i].revocation != NO_LIST ? "true" : "false");
    puts("]");
}

scenario row_scenario(const row *r)
{
    scenario s = scenario_good();
    s.timeout_ms = 3000; /* as all clients are told that can be told */
    s.server.reply = "-ERR unknown command `HELLO`, with args beginning with: \r\n"; /* as Redis 5 */
    if (r->arrange != NULL)
        r->arrange(&s);
    if (r->spoil != NULL && !r->again)
        r->spoil(&s);
    return s;
}
