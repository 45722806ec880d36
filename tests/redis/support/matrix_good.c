/* SPDX-License-Identifier: MIT
 * Servers that are good in ways that a stricter client would refuse, or in less usual ones. */
#include "matrix.h"

static void plain(scenario *s)
{
    (void)s;
}

static void tls_1_2_only(scenario *s)
{
    s->server.max_version = TLS1_2_VERSION;
}

static void tls_1_3_only(scenario *s)
{
    s->server.min_version = TLS1_3_VERSION;
}

static void rsa_everywhere(scenario *s)
{
    s->root.key = s->leaf.key = KEY_RSA2048;
}

static void rsa_in_tls_1_2(scenario *s)
{
    rsa_everywhere(s);
    tls_1_2_only(s);
}

static void ed25519(scenario *s)
{
    s->root.key = s->leaf.key = KEY_ED25519;
}

static void p_384(scenario *s)
{
    s->root.key = s->leaf.key = KEY_P384;
    s->root.digest = s->leaf.digest = "SHA384";
}

static void with_intermediate(scenario *s)
{
    s->use_middle = true;
}

static void with_root_sent(scenario *s)
{
    s->send_root = true;
}

/* As `openssl x509 -req` makes them without a word on extensions but the name. */
static void sparse(scenario *s)
{
    s->root.usage = NULL;
    s->leaf.usage = s->leaf.extended_usage = s->leaf.constraints = NULL;
}

/* Private CAs often lack key identifiers. */
static void without_identifiers(scenario *s)
{
    s->root.no_identifiers = s->leaf.no_identifiers = true;
}

/* Nobody relies on the root's signature of itself. */
static void root_signed_with_sha_1(scenario *s)
{
    s->root.key = KEY_RSA2048;
    s->root.digest = "SHA1";
}

static void wildcard(scenario *s)
{
    s->leaf.alternatives = "DNS:*.shop.example";
    s->query = "&name=WEB1.Shop.Example";
}

static void second_name(scenario *s)
{
    s->leaf.alternatives = "DNS:a.example,DNS:b.example,DNS:localhost";
}

static void by_address(scenario *s)
{
    s->dial = "127.0.0.1";
}

static void name_by_address(scenario *s)
{
    s->leaf.alternatives = "IP:10.20.30.40";
    s->query = "&name=10.20.30.40";
}

static void name_by_ipv6(scenario *s)
{
    s->leaf.alternatives = "IP:2001:db8::1";
    s->query = "&name=2001:db8:0:0::1";
}

static void odd_common_name(scenario *s)
{
    s->leaf.common_name = "*";
}

static void optional_client_certificate_given(scenario *s)
{
    s->client = KNOWN_CLIENT;
}

const good_row good_rows[] = {
    {"plain", plain, "TLSv1.3"},
    {"TLS 1.2 only", tls_1_2_only, "TLSv1.2"},
    {"TLS 1.3 only", tls_1_3_only, "TLSv1.3"},
    {"RSA", rsa_everywhere, "TLSv1.3"},
    {"RSA in TLS 1.2", rsa_in_tls_1_2, "TLSv1.2"},
    {"Ed25519", ed25519, "TLSv1.3"},
    {"P-384", p_384, "TLSv1.3"},
    {"intermediate", with_intermediate, "TLSv1.3"},
    {"root sent", with_root_sent, "TLSv1.3"},
    {"few extensions", sparse, "TLSv1.3"},
    {"no key identifiers", without_identifiers, "TLSv1.3"},
    {"root signed with SHA-1", root_signed_with_sha_1, "TLSv1.3"},
    {"wildcard", wildcard, "TLSv1.3"},
    {"second name", second_name, "TLSv1.3"},
    {"by address", by_address, "TLSv1.3"},
    {"another address by name", name_by_address, "TLSv1.3"},
    {"an IPv6 address by name", name_by_ipv6, "TLSv1.3"},
    {"odd common name", odd_common_name, "TLSv1.3"},
    {"client certificate nobody asks for", optional_client_certificate_given, "TLSv1.3"},
};

const size_t good_row_count = COUNT_OF(good_rows);
