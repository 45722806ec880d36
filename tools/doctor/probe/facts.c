/* SPDX-License-Identifier: MIT */
#include "facts.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <openssl/x509v3.h>

void certificate_name(const X509_NAME *name, char text[CERTIFICATE_TEXT_MAX])
{
    BIO *out = BIO_new(BIO_s_mem());
    int len = 0;

    if (out != NULL && X509_NAME_print_ex(out, name, 0, XN_FLAG_RFC2253) >= 0)
        len = BIO_read(out, text, CERTIFICATE_TEXT_MAX - 1);
    text[len > 0 ? len : 0] = '\0';
    BIO_free(out);
}

static void read_key(X509 *from, certificate *to)
{
    EVP_PKEY *key = X509_get0_pubkey(from);

    if (key == NULL) {
        snprintf(to->key, sizeof to->key, "unknown");
        to->strange = true;
        return;
    }
    to->is_rsa = EVP_PKEY_is_a(key, "RSA") || EVP_PKEY_is_a(key, "RSA-PSS");
    const bool rsa = to->is_rsa || EVP_PKEY_is_a(key, "DSA");
    const char *name = EVP_PKEY_get0_type_name(key);
    snprintf(to->key, sizeof to->key, "%s", name != NULL ? name : "unknown");
    to->key_bits = EVP_PKEY_get_bits(key);
    to->weak_key = to->key_bits < (rsa ? 2048 : 224) || EVP_PKEY_is_a(key, "DSA");
}

static void read_signature(X509 *from, certificate *to)
{
    int digest = NID_undef;

    snprintf(to->signature, sizeof to->signature, "%s", OBJ_nid2ln(X509_get_signature_nid(from)));
    if (X509_get_signature_info(from, &digest, NULL, NULL, NULL) == 1)
        to->weak_signature = digest == NID_md5 || digest == NID_sha1 || digest == NID_md4 ||
                             digest == NID_md5_sha1 || digest == NID_ripemd160;
    else
        to->strange = true;
}

static void read_dates(X509 *from, certificate *to)
{
    int days = 0;
    int seconds = 0;

    if (ASN1_TIME_diff(&days, &seconds, NULL, X509_get0_notAfter(from)) == 1)
        to->days = days < 0 || seconds < 0 ? days - (seconds < 0) : days;
    to->not_yet = X509_cmp_current_time(X509_get0_notBefore(from)) > 0;
}

static void add_name(certificate *to, const char *kind, const char *name, int len)
{
    const size_t used = strlen(to->names);

    snprintf(to->names + used, sizeof to->names - used, "%s%s:%.*s", used > 0 ? ", " : "", kind, len, name);
}

static void add_address(certificate *to, const ASN1_OCTET_STRING *address)
{
    char text[INET6_ADDRSTRLEN];
    const int family = ASN1_STRING_length(address) == 16 ? AF_INET6 : AF_INET;

    if (inet_ntop(family, ASN1_STRING_get0_data(address), text, sizeof text) != NULL)
        add_name(to, "IP", text, (int)strlen(text));
}

static void read_names(X509 *from, certificate *to)
{
    GENERAL_NAMES *all = X509_get_ext_d2i(from, NID_subject_alt_name, NULL, NULL);

    for (int i = 0; i < sk_GENERAL_NAME_num(all); i++) {
        const GENERAL_NAME *one = sk_GENERAL_NAME_value(all, i);
        if (one->type == GEN_DNS) {
            const char *name = (const char *)ASN1_STRING_get0_data(one->d.dNSName);
            const int len = ASN1_STRING_length(one->d.dNSName);
            add_name(to, "DNS", name, len);
            to->wildcard = to->wildcard || (len > 0 && name[0] == '*');
        } else if (one->type == GEN_IPADD && (ASN1_STRING_length(one->d.iPAddress) == 4 ||
                                              ASN1_STRING_length(one->d.iPAddress) == 16)) {
            add_address(to, one->d.iPAddress);
        }
    }
    GENERAL_NAMES_free(all);
}

void certificate_read(X509 *from, certificate *to)
{
    *to = (certificate){0};
    certificate_name(X509_get_subject_name(from), to->subject);
    certificate_name(X509_get_issuer_name(from), to->issuer);
    to->self_issued = X509_NAME_cmp(X509_get_subject_name(from), X509_get_issuer_name(from)) == 0;
    read_key(from, to);
    read_signature(from, to);
    read_dates(from, to);
    read_names(from, to);
}
