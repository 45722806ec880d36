/* SPDX-License-Identifier: MIT
 * Servers whose certificates have exactly one fault, each refused with its own error, and each with a twin that differs
 * in that fault alone and is accepted. */
#include "matrix.h"

/* ---- What they have in common ------------------------------------------------------------------------------- */

static void by_address(scenario *s)
{
    s->dial = "127.0.0.1";
}

static void with_intermediate(scenario *s)
{
    s->use_middle = true;
}

static void as_shop(scenario *s)
{
    s->query = "&name=web1.shop.example";
    s->leaf.alternatives = "DNS:*.shop.example";
}

static void as_deep_shop(scenario *s)
{
    s->query = "&name=a.b.shop.example";
    s->leaf.alternatives = "DNS:*.b.shop.example";
}

static void as_shop_but_web2(scenario *s)
{
    as_shop(s);
    s->root.name_constraints = "critical,excluded;DNS:web2.shop.example";
}

static void by_rsa(scenario *s)
{
    s->leaf.key = KEY_RSA2048;
}

static void with_rsa_intermediate(scenario *s)
{
    s->use_middle = true;
    s->middle.key = KEY_RSA2048;
}

static void with_rsa_root(scenario *s)
{
    s->root.key = KEY_RSA2048;
}

static void with_constrained_root(scenario *s)
{
    s->root.name_constraints = "critical,permitted;DNS:localhost,permitted;IP:127.0.0.1/255.255.255.255";
}

static void with_excluding_root(scenario *s)
{
    s->root.name_constraints = "critical,excluded;DNS:elsewhere.example";
}

static void with_short_root(scenario *s)
{
    s->use_middle = true;
    s->root.constraints = "critical,CA:TRUE,pathlen:1";
}

/* So that the issuer is found by its name alone. */
static void without_identifiers(scenario *s)
{
    s->root.no_identifiers = true;
    s->leaf.no_identifiers = true;
}

static void with_root_sent(scenario *s)
{
    s->send_root = true;
}

/* ---- Faults: names ------------------------------------------------------------------------------------------ */

static void other_host(scenario *s)
{
    s->leaf.alternatives = "DNS:evil.example.com,IP:127.0.0.9";
}

static void name_in_cn_only(scenario *s)
{
    s->leaf.common_name = "localhost";
    s->leaf.alternatives = NULL;
}

static void address_as_dns_name(scenario *s)
{
    s->leaf.alternatives = "DNS:127.0.0.1,DNS:localhost";
}

static void other_address(scenario *s)
{
    s->leaf.alternatives = "DNS:localhost,IP:127.0.0.2";
}

static void dns_name_only(scenario *s)
{
    s->leaf.alternatives = "DNS:localhost";
}

static void partial_wildcard(scenario *s)
{
    s->leaf.alternatives = "DNS:web*.shop.example";
}

static void wildcard_over_two_labels(scenario *s)
{
    s->leaf.alternatives = "DNS:*.shop.example";
}

static void wildcard_inside(scenario *s)
{
    s->leaf.alternatives = "DNS:a.*.shop.example";
}

static void nul_in_name(scenario *s)
{
    s->leaf.nul_in_name = true;
}

static void subdomain_only(scenario *s)
{
    s->leaf.alternatives = "DNS:web1.web1.shop.example";
}

/* ---- Faults: time and chain --------------------------------------------------------------------------------- */

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

static void expired_intermediate(scenario *s)
{
    s->middle.valid_from = -7200;
    s->middle.valid_to = -3600;
}

static void expired_root(scenario *s)
{
    s->root.valid_from = -7200;
    s->root.valid_to = -3600;
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

static void forged(scenario *s)
{
    s->forged = true;
}

/* ---- Faults: what a certificate is for ---------------------------------------------------------------------- */

static void for_clients_only(scenario *s)
{
    s->leaf.extended_usage = "clientAuth";
}

static void for_any_but_servers(scenario *s)
{
    s->leaf.extended_usage = "codeSigning,emailProtection";
}

static void is_a_ca(scenario *s)
{
    s->leaf.constraints = "critical,CA:TRUE";
    s->leaf.usage = "critical,digitalSignature,keyCertSign";
}

static void may_not_sign(scenario *s)
{
    s->leaf.usage = "critical,keyAgreement";
}

static void intermediate_is_no_ca(scenario *s)
{
    s->middle.constraints = "critical,CA:FALSE";
}

static void intermediate_says_nothing(scenario *s)
{
    s->middle.constraints = NULL;
}

static void intermediate_may_not_sign(scenario *s)
{
    s->middle.usage = "critical,cRLSign";
}

static void path_too_long(scenario *s)
{
    s->root.constraints = "critical,CA:TRUE,pathlen:0";
}

static void outside_of_permitted_names(scenario *s)
{
    s->leaf.alternatives = "DNS:localhost,DNS:outside.example";
}

static void an_excluded_name(scenario *s)
{
    s->leaf.alternatives = "DNS:localhost,DNS:www.elsewhere.example";
}

static void excluded_by_name(scenario *s)
{
    s->root.name_constraints = "critical,excluded;DNS:web2.shop.example,excluded;DNS:WEB1.shop.example";
}

static void critical_unknown(scenario *s)
{
    s->leaf.critical_unknown = true;
}

static void version_1(scenario *s)
{
    s->leaf.version_1 = true;
}

static void intermediate_version_1(scenario *s)
{
    s->middle.version_1 = true;
}

static void root_version_1(scenario *s)
{
    s->root.version_1 = true;
}

/* ---- Faults: weakness --------------------------------------------------------------------------------------- */

static void rsa_1024(scenario *s)
{
    s->leaf.key = KEY_RSA1024;
}

static void intermediate_p_224(scenario *s)
{
    s->middle.key = KEY_P224;
}

static void sha_1(scenario *s)
{
    s->leaf.digest = "SHA1";
}

static void md5(scenario *s)
{
    s->leaf.digest = "MD5";
}

static void intermediate_sha_1(scenario *s)
{
    s->middle.digest = "SHA1";
}

static void intermediate_rsa_1024(scenario *s)
{
    s->middle.key = KEY_RSA1024;
}

static void root_rsa_1024(scenario *s)
{
    s->root.key = KEY_RSA1024;
}

const bad_row certificate_rows[] = {
    {"wrong host", NULL, other_host, TASKSEAL_ERR_NAME_MISMATCH, "hold: DNS:evil.example.com, IP:127.0.0.9", false},
    {"name in CN only", NULL, name_in_cn_only, TASKSEAL_ERR_NAME_MISMATCH, "no DNS name and no IP address", false},
    {"address as a DNS name", by_address, address_as_dns_name, TASKSEAL_ERR_NAME_MISMATCH, "DNS:127.0.0.1", false},
    {"another address", by_address, other_address, TASKSEAL_ERR_NAME_MISMATCH, "IP:127.0.0.2", false},
    {"DNS name only, by address", by_address, dns_name_only, TASKSEAL_ERR_NAME_MISMATCH, "hold: DNS:localhost ", false},
    {"partial wildcard", as_shop, partial_wildcard, TASKSEAL_ERR_NAME_MISMATCH, "DNS:web*.shop.example", false},
    {"wildcard over two labels", as_deep_shop, wildcard_over_two_labels, TASKSEAL_ERR_NAME_MISMATCH,
     "`a.b.shop", false},
    {"wildcard inside", as_deep_shop, wildcard_inside, TASKSEAL_ERR_NAME_MISMATCH, "DNS:a.*.shop.example", false},
    {"NUL in the name", NULL, nul_in_name, TASKSEAL_ERR_NAME_MISMATCH, "DNS:localhost?.example.com", false},
    {"subdomain only", as_shop, subdomain_only, TASKSEAL_ERR_NAME_MISMATCH, "not for `web1.shop.example`", false},
    {"expired", NULL, expired, TASKSEAL_ERR_CERT_EXPIRED, "`CN = server` expired at 2", false},
    {"not yet valid", NULL, not_yet_valid, TASKSEAL_ERR_CERT_NOT_YET_VALID,
     "`CN = server` is not valid before 2", false},
    {"expired intermediate", with_intermediate, expired_intermediate, TASKSEAL_ERR_CERT_EXPIRED,
     "lab intermediate", false},
    {"expired root", NULL, expired_root, TASKSEAL_ERR_CERT_EXPIRED, "lab root", false},
    {"self-signed", NULL, self_signed, TASKSEAL_ERR_CERT_SELF_SIGNED, "self-signed", false},
    {"unknown CA", NULL, unknown_root, TASKSEAL_ERR_CERT_UNTRUSTED, "`cacert` names the wrong CA", false},
    {"unknown CA, sent", with_root_sent, unknown_root, TASKSEAL_ERR_CERT_UNTRUSTED,
     "lab root` belongs to a CA", false},
    {"intermediate missing", with_intermediate, intermediate_missing, TASKSEAL_ERR_CERT_UNTRUSTED,
     "whole chain", false},
    {"forged signature", without_identifiers, forged, TASKSEAL_ERR_CERT_INVALID, "wrong signature", false},
    {"for clients only", NULL, for_clients_only, TASKSEAL_ERR_CERT_PURPOSE, "purpose", false},
    {"for other uses", NULL, for_any_but_servers, TASKSEAL_ERR_CERT_PURPOSE, "purpose", false},
    {"a CA as the leaf", NULL, is_a_ca, TASKSEAL_ERR_CERT_PURPOSE, "uses a CA's certificate", false},
    {"key may not sign", NULL, may_not_sign, TASKSEAL_ERR_CERT_PURPOSE, "lacks digitalSignature", false},
    {"intermediate is no CA", with_intermediate, intermediate_is_no_ca, TASKSEAL_ERR_CERT_INVALID,
     "not a CA", false},
    {"intermediate does not say CA", with_intermediate, intermediate_says_nothing, TASKSEAL_ERR_CERT_INVALID,
     "CA", false},
    {"intermediate may not sign", with_intermediate, intermediate_may_not_sign, TASKSEAL_ERR_CERT_INVALID,
     "CA", false},
    {"path too long", with_short_root, path_too_long, TASKSEAL_ERR_CERT_INVALID, "path length", false},
    {"outside of permitted names", with_constrained_root, outside_of_permitted_names,
     TASKSEAL_ERR_CERT_INVALID, "name constraints", false},
    {"an excluded name", with_excluding_root, an_excluded_name, TASKSEAL_ERR_CERT_INVALID, "constraints", false},
    {"an excluded name under a wildcard", as_shop_but_web2, excluded_by_name, TASKSEAL_ERR_CERT_INVALID,
     "`web1.shop.example`, but its CA may not issue", false},
    {"unknown critical extension", NULL, critical_unknown, TASKSEAL_ERR_CERT_INVALID, "critical extension", false},
    {"X.509 v1", NULL, version_1, TASKSEAL_ERR_CERT_INVALID, "not X.509 version 3", false},
    {"intermediate of X.509 v1", with_intermediate, intermediate_version_1, TASKSEAL_ERR_CERT_INVALID, "", false},
    {"root of X.509 v1", NULL, root_version_1, TASKSEAL_ERR_CERT_INVALID, "lab root` is not X.509 version 3", false},
    {"RSA of 1024 bits", by_rsa, rsa_1024, TASKSEAL_ERR_CERT_WEAK, "2048 bits", false},
    {"intermediate of P-224", with_intermediate, intermediate_p_224, TASKSEAL_ERR_CERT_WEAK, "256 bits", false},
    {"SHA-1", NULL, sha_1, TASKSEAL_ERR_CERT_WEAK, "SHA-1", false},
    {"MD5", with_rsa_root, md5, TASKSEAL_ERR_CERT_WEAK, "SHA-1 or weaker", false},
    {"SHA-1 for the intermediate", with_intermediate, intermediate_sha_1, TASKSEAL_ERR_CERT_WEAK,
     "intermediate", false},
    {"intermediate of 1024 bits", with_rsa_intermediate, intermediate_rsa_1024, TASKSEAL_ERR_CERT_WEAK,
     "2048", false},
    {"root of 1024 bits", with_rsa_root, root_rsa_1024, TASKSEAL_ERR_CERT_WEAK, "2048 bits", false},
};

const size_t certificate_row_count = COUNT_OF(certificate_rows);
