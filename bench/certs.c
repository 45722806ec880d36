/* SPDX-License-Identifier: MIT */
#include "certs.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <sys/stat.h>

static const long valid_seconds = 86400L;

static bool add_extension(X509 *certificate, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    bool added = extension != NULL && X509_add_ext(certificate, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return added;
}

/* All that CA and server certificate have in common. */
static X509 *new_certificate(EVP_PKEY *key, const char *name, long serial)
{
    X509 *certificate = X509_new();
    if (certificate == NULL)
        return NULL;
    X509_NAME *subject = X509_get_subject_name(certificate);
    bool filled =
        X509_set_version(certificate, X509_VERSION_3) == 1 &&
        ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial) == 1 &&
        X509_gmtime_adj(X509_getm_notBefore(certificate), -60) != NULL &&
        X509_gmtime_adj(X509_getm_notAfter(certificate), valid_seconds) != NULL &&
        X509_set_pubkey(certificate, key) == 1 &&
        X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const unsigned char *)name, -1, -1, 0) == 1;
    if (!filled) {
        X509_free(certificate);
        return NULL;
    }
    return certificate;
}

static bool finish_ca(X509 *ca, EVP_PKEY *ca_key)
{
    return X509_set_issuer_name(ca, X509_get_subject_name(ca)) == 1 &&
           add_extension(ca, ca, NID_basic_constraints, "critical,CA:TRUE") &&
           add_extension(ca, ca, NID_key_usage, "critical,keyCertSign,cRLSign") &&
           add_extension(ca, ca, NID_subject_key_identifier, "hash") &&
           X509_sign(ca, ca_key, EVP_sha256()) > 0;
}

static bool finish_server(X509 *server, X509 *ca, EVP_PKEY *ca_key)
{
    return X509_set_issuer_name(server, X509_get_subject_name(ca)) == 1 &&
           add_extension(server, ca, NID_basic_constraints, "critical,CA:FALSE") &&
           add_extension(server, ca, NID_key_usage, "critical,digitalSignature") &&
           add_extension(server, ca, NID_ext_key_usage, "serverAuth") &&
           add_extension(server, ca, NID_subject_key_identifier, "hash") &&
           add_extension(server, ca, NID_authority_key_identifier, "keyid") &&
           add_extension(server, ca, NID_subject_alt_name, "IP:127.0.0.1,DNS:localhost") &&
           X509_sign(server, ca_key, EVP_sha256()) > 0;
}

/* Writes a certificate, or the key where that is given instead. */
static bool write_pem(const char *directory, const char *name, X509 *certificate, EVP_PKEY *key)
{
    char path[512];
    if (snprintf(path, sizeof path, "%s/%s", directory, name) >= (int)sizeof path)
        return false;
    FILE *file = fopen(path, "w");
    if (file == NULL)
        return false;
    bool written = fchmod(fileno(file), 0600) == 0 &&
                   (certificate != NULL ? PEM_write_X509(file, certificate)
                                        : PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL)) == 1;
    return fclose(file) == 0 && written;
}

bool certs_make(const char *directory)
{
    bool made = false;
    X509 *ca = NULL;
    X509 *server = NULL;
    EVP_PKEY *ca_key = EVP_EC_gen("P-256");
    EVP_PKEY *server_key = EVP_EC_gen("P-256");
    if (ca_key == NULL || server_key == NULL)
        goto cleanup;
    ca = new_certificate(ca_key, "taskseal bench CA", 1);
    server = new_certificate(server_key, "taskseal bench server", 2);
    if (ca == NULL || server == NULL || !finish_ca(ca, ca_key) || !finish_server(server, ca, ca_key))
        goto cleanup;
    made = write_pem(directory, "ca.pem", ca, NULL) && write_pem(directory, "server.pem", server, NULL) &&
           write_pem(directory, "server.key", NULL, server_key);
cleanup:
    if (!made) {
        fprintf(stderr, "bench: the certificates could not be made in %s\n", directory);
        ERR_print_errors_fp(stderr);
    }
    X509_free(server);
    X509_free(ca);
    EVP_PKEY_free(server_key);
    EVP_PKEY_free(ca_key);
    return made;
}
