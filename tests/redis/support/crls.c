/* SPDX-License-Identifier: MIT */
#include "crls.h"

#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define HOUR 3600L

#define NEED(condition)                                                                                      \
    do {                                                                                                     \
        if (!(condition)) {                                                                                  \
            fprintf(stderr, "crls.c:%d: %s\n", __LINE__, #condition);                                        \
            exit(1);                                                                                         \
        }                                                                                                    \
    } while (0)

static void add_unknown(X509_CRL *list)
{
    ASN1_OBJECT *oid = OBJ_txt2obj("1.3.6.1.4.1.55555.1", 1);
    ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
    NEED(oid != NULL && value != NULL && ASN1_OCTET_STRING_set(value, (const unsigned char *)"\x05", 2) == 1);
    X509_EXTENSION *extension = X509_EXTENSION_create_by_OBJ(NULL, oid, 1, value);
    NEED(extension != NULL && X509_CRL_add_ext(list, extension, -1) == 1);
    X509_EXTENSION_free(extension);
    ASN1_OCTET_STRING_free(value);
    ASN1_OBJECT_free(oid);
}

static void add_revoked(X509_CRL *list, X509 *certificate, const ASN1_TIME *when)
{
    X509_REVOKED *entry = X509_REVOKED_new();
    NEED(entry != NULL && X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(certificate)) == 1);
    ASN1_TIME *date = ASN1_STRING_dup(when);
    NEED(date != NULL && X509_REVOKED_set_revocationDate(entry, date) == 1);
    NEED(X509_CRL_add0_revoked(list, entry) == 1);
    ASN1_TIME_free(date);
}

static void sign(X509_CRL *list, const crl_spec *spec)
{
    EVP_PKEY_CTX *how = NULL; /* the other's */
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    const EVP_MD *digest = EVP_get_digestbyname(spec->digest != NULL ? spec->digest : "SHA256");
    EVP_PKEY *key = spec->signer != NULL ? spec->signer : spec->issuer.key;
    NEED(context != NULL && EVP_DigestSignInit(context, &how, digest, NULL, key) == 1);
    NEED(!spec->pss || EVP_PKEY_CTX_set_rsa_padding(how, RSA_PKCS1_PSS_PADDING) == 1);
    NEED(!spec->pss || EVP_PKEY_CTX_set_rsa_pss_saltlen(how, RSA_PSS_SALTLEN_DIGEST) == 1);
    NEED(X509_CRL_sign_ctx(list, context) > 0);
    EVP_MD_CTX_free(context);
}

static X509_CRL *make(const crl_spec *spec)
{
    X509_CRL *list = X509_CRL_new();
    time_t now = time(NULL);
    bool ordinary = spec->valid_from == 0 && spec->valid_to == 0;
    ASN1_TIME *from = ASN1_TIME_set(NULL, now + (ordinary ? -HOUR : spec->valid_from));
    ASN1_TIME *to = ASN1_TIME_set(NULL, now + (ordinary ? 24 * HOUR : spec->valid_to));
    NEED(list != NULL && from != NULL && to != NULL && X509_CRL_set_version(list, X509_CRL_VERSION_2) == 1);
    NEED(X509_CRL_set_issuer_name(list, X509_get_subject_name(spec->issuer.certificate)) == 1);
    NEED(X509_CRL_set1_lastUpdate(list, from) == 1);
    NEED(spec->no_end || X509_CRL_set1_nextUpdate(list, to) == 1);
    if (spec->revoked != NULL)
        add_revoked(list, spec->revoked, from);
    if (spec->critical_unknown)
        add_unknown(list);
    NEED(X509_CRL_sort(list) == 1);
    sign(list, spec);
    ASN1_TIME_free(from);
    ASN1_TIME_free(to);
    return list;
}

void write_crls(const char *path, const crl_spec *specs, size_t count)
{
    FILE *file = fopen(path, "w");
    NEED(file != NULL);
    for (size_t i = 0; i < count; i++) {
        X509_CRL *list = make(&specs[i]);
        NEED(PEM_write_X509_CRL(file, list) == 1);
        X509_CRL_free(list);
    }
    NEED(fclose(file) == 0);
}
