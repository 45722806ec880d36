/* SPDX-License-Identifier: MIT */
#include "certs.h"

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define HOUR  3600L
#define MONTH (30L * 24 * HOUR)

#define NEED(condition)                                                                                      \
    do {                                                                                                     \
        if (!(condition))                                                                                    \
            give_up(#condition, __LINE__);                                                                   \
    } while (0)

static void give_up(const char *what, int line)
{
    fprintf(stderr, "certs.c:%d: %s\n", line, what);
    ERR_print_errors_fp(stderr);
    exit(1);
}

/* ---- Keys ------------------------------------------------------------------------------------------------ */

static EVP_PKEY *make_key(key_kind kind)
{
    switch (kind) {
    case KEY_P256:
        return EVP_EC_gen("P-256");
    case KEY_P384:
        return EVP_EC_gen("P-384");
    case KEY_P224:
        return EVP_EC_gen("P-224");
    case KEY_RSA2048:
        return EVP_RSA_gen(2048);
    case KEY_RSA1024:
        return EVP_RSA_gen(1024);
    default:
        return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    }
}

static EVP_PKEY *key_of(const cert_spec *spec)
{
    static EVP_PKEY *keys[KEY_KINDS][KEYS_OF_KIND];
    EVP_PKEY **key = &keys[spec->key][spec->key_number];
    if (*key == NULL)
        *key = make_key(spec->key);
    NEED(*key != NULL);
    return *key;
}

/* ---- Certificates ------------------------------------------------------------------------------------------ */

cert_spec spec_ca(const char *common_name)
{
    return (cert_spec){.common_name = common_name,
                       .key_number = 1,
                       .constraints = "critical,CA:TRUE",
                       .usage = "critical,keyCertSign,cRLSign"};
}

cert_spec spec_server(const char *alternatives)
{
    return (cert_spec){.common_name = "server",
                       .alternatives = alternatives,
                       .constraints = "critical,CA:FALSE",
                       .usage = "critical,digitalSignature",
                       .extended_usage = "serverAuth"};
}

cert_spec spec_client(const char *common_name)
{
    return (cert_spec){.common_name = common_name,
                       .key_number = 2,
                       .constraints = "critical,CA:FALSE",
                       .usage = "critical,digitalSignature",
                       .extended_usage = "clientAuth"};
}

static void add_extension(X509 *certificate, X509 *issuer, int nid, const char *text)
{
    X509V3_CTX context;
    if (text == NULL)
        return;
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    X509V3_set_ctx_nodb(&context);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, text);
    NEED(extension != NULL && X509_add_ext(certificate, extension, -1) == 1);
    X509_EXTENSION_free(extension);
}

/* "localhost" as a C string, "localhost.example.com" with a NUL inside as a certificate. */
static void add_nul_name(X509 *certificate)
{
    static const char name[] = "localhost\0.example.com";
    GENERAL_NAMES *names = sk_GENERAL_NAME_new_null();
    GENERAL_NAME *entry = GENERAL_NAME_new();
    ASN1_IA5STRING *text = ASN1_IA5STRING_new();
    NEED(names != NULL && entry != NULL && text != NULL && ASN1_STRING_set(text, name, sizeof name - 1) == 1);
    GENERAL_NAME_set0_value(entry, GEN_DNS, text);
    NEED(sk_GENERAL_NAME_push(names, entry) == 1);
    NEED(X509_add1_ext_i2d(certificate, NID_subject_alt_name, names, 0, X509V3_ADD_DEFAULT) == 1);
    GENERAL_NAMES_free(names);
}

static void add_unknown(X509 *certificate)
{
    ASN1_OBJECT *oid = OBJ_txt2obj("1.3.6.1.4.1.55555.1", 1);
    ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
    NEED(oid != NULL && value != NULL && ASN1_OCTET_STRING_set(value, (const unsigned char *)"\x05", 2) == 1);
    X509_EXTENSION *extension = X509_EXTENSION_create_by_OBJ(NULL, oid, 1, value);
    NEED(extension != NULL && X509_add_ext(certificate, extension, -1) == 1);
    X509_EXTENSION_free(extension);
    ASN1_OCTET_STRING_free(value);
    ASN1_OBJECT_free(oid);
}

static void add_extensions(X509 *certificate, X509 *issuer, const cert_spec *spec)
{
    add_extension(certificate, issuer, NID_basic_constraints, spec->constraints);
    add_extension(certificate, issuer, NID_key_usage, spec->usage);
    add_extension(certificate, issuer, NID_ext_key_usage, spec->extended_usage);
    add_extension(certificate, issuer, NID_name_constraints, spec->name_constraints);
    if (spec->nul_in_name)
        add_nul_name(certificate);
    else
        add_extension(certificate, issuer, NID_subject_alt_name, spec->alternatives);
    if (spec->critical_unknown)
        add_unknown(certificate);
    if (!spec->no_identifiers) {
        add_extension(certificate, issuer, NID_subject_key_identifier, "hash");
        if (issuer != certificate)
            add_extension(certificate, issuer, NID_authority_key_identifier, "keyid");
    }
}

static void set_validity(X509 *certificate, const cert_spec *spec)
{
    bool ordinary = spec->valid_from == 0 && spec->valid_to == 0;
    time_t now = time(NULL);
    NEED(ASN1_TIME_set(X509_getm_notBefore(certificate), now + (ordinary ? -HOUR : spec->valid_from)) !=
         NULL);
    NEED(ASN1_TIME_set(X509_getm_notAfter(certificate), now + (ordinary ? MONTH : spec->valid_to)) != NULL);
}

static void set_names(X509 *certificate, const X509 *issuer, const cert_spec *spec)
{
    static long serial;
    X509_NAME *subject = X509_get_subject_name(certificate);
    NEED(ASN1_INTEGER_set(X509_get_serialNumber(certificate), (long)getpid() * 1000 + ++serial) == 1);
    NEED(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const unsigned char *)spec->common_name,
                                    -1, -1, 0) == 1);
    NEED(X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) == 1);
}

/* ---- X.509 v1, which OpenSSL no longer signs together with extensions ----------------------------------------- */

typedef struct der {
    unsigned char data[4096];
    size_t len;
} der;

static void der_append(der *out, const void *data, size_t len)
{
    NEED(len <= sizeof out->data - out->len);
    memcpy(out->data + out->len, data, len);
    out->len += len;
}

/* A DER header with a length of two bytes, which suffices here and need not be the shortest for d2i. */
static void der_header(der *out, unsigned char tag, size_t len)
{
    unsigned char header[] = {tag, 0x82, (unsigned char)(len >> 8), (unsigned char)len};
    der_append(out, header, sizeof header);
}

/* The certificate's to-be-signed part, with its version set back to 1. */
static der version_1_body(X509 *certificate)
{
    static const unsigned char version_3[] = {0xa0, 3, 2, 1, 2};
    der body = {.len = 0};
    unsigned char *encoded = NULL;
    int len = i2d_re_X509_tbs(certificate, &encoded);
    NEED(len > 0);
    der_append(&body, encoded, (size_t)len);
    OPENSSL_free(encoded);
    unsigned char *version = memmem(body.data, body.len, version_3, sizeof version_3);
    NEED(version != NULL);
    version[sizeof version_3 - 1] = 0;
    return body;
}

static X509 *as_version_1(X509 *certificate, EVP_PKEY *key, const EVP_MD *digest)
{
    der body = version_1_body(certificate), rest = {.len = 0}, whole = {.len = 0};
    unsigned char signature[600], *algorithm = NULL;
    size_t signature_len = sizeof signature;
    const X509_ALGOR *used = X509_get0_tbs_sigalg(certificate);
    EVP_MD_CTX *signing = EVP_MD_CTX_new();
    NEED(signing != NULL && EVP_DigestSignInit(signing, NULL, digest, NULL, key) == 1);
    NEED(EVP_DigestSign(signing, signature, &signature_len, body.data, body.len) == 1);
    EVP_MD_CTX_free(signing);
    int algorithm_len = i2d_X509_ALGOR(used, &algorithm);
    NEED(algorithm_len > 0);
    der_append(&rest, algorithm, (size_t)algorithm_len);
    OPENSSL_free(algorithm);
    der_header(&rest, V_ASN1_BIT_STRING, signature_len + 1);
    der_append(&rest, "", 1); /* no unused bits */
    der_append(&rest, signature, signature_len);
    der_header(&whole, V_ASN1_SEQUENCE | V_ASN1_CONSTRUCTED, body.len + rest.len);
    der_append(&whole, body.data, body.len);
    der_append(&whole, rest.data, rest.len);
    const unsigned char *at = whole.data;
    X509 *made = d2i_X509(NULL, &at, (long)whole.len);
    NEED(made != NULL && X509_get_version(made) == X509_VERSION_1);
    X509_free(certificate);
    return made;
}

/* ---- Issuing -------------------------------------------------------------------------------------------------- */

/* Holds on to every certificate, so that a leak checker sees that they are kept and not lost. */
static void keep(X509 *certificate)
{
    static STACK_OF(X509) * kept;
    if (kept == NULL)
        kept = sk_X509_new_null();
    NEED(sk_X509_push(kept, certificate) > 0);
}

identity issue(const cert_spec *spec, const identity *issuer)
{
    identity made = {X509_new(), key_of(spec)};
    X509 *issuing = issuer != NULL ? issuer->certificate : made.certificate;
    EVP_PKEY *signing = issuer != NULL ? issuer->key : made.key;
    const EVP_MD *digest = EVP_get_digestbyname(spec->digest != NULL ? spec->digest : "SHA256");
    if (EVP_PKEY_get_base_id(signing) == EVP_PKEY_ED25519)
        digest = NULL;
    NEED(made.certificate != NULL);
    set_validity(made.certificate, spec);
    set_names(made.certificate, issuing, spec);
    NEED(X509_set_pubkey(made.certificate, made.key) == 1);
    NEED(X509_set_version(made.certificate, X509_VERSION_3) == 1);
    add_extensions(made.certificate, issuing, spec);
    NEED(X509_sign(made.certificate, signing, digest) > 0);
    if (spec->version_1)
        made.certificate = as_version_1(made.certificate, signing, digest);
    keep(made.certificate);
    return made;
}

/* ---- Files -------------------------------------------------------------------------------------------------- */

static FILE *create(const char *path, mode_t mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);
    FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (file == NULL) {
        perror(path);
        exit(1);
    }
    return file;
}

void write_certificates(const char *path, X509 *first, X509 *chain)
{
    FILE *file = create(path, 0644);
    NEED(PEM_write_X509(file, first) == 1);
    if (chain != NULL)
        NEED(PEM_write_X509(file, chain) == 1);
    NEED(fclose(file) == 0);
}

void write_key(const char *path, EVP_PKEY *key)
{
    FILE *file = create(path, 0600);
    NEED(PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL) == 1);
    NEED(fclose(file) == 0);
}
