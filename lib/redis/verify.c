/* SPDX-License-Identifier: MIT */
#include "verify.h"

#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/x509v3.h>
#include <stdarg.h>
#include <stdio.h>

#include "constraints.h"
#include "crl.h"
#include "library.h"
#include "passing.h"
#include "text.h"
#include "verify_words.h"

#define RSA_BITS_MIN       2048
#define EC_BITS_MIN        256
#define SIGNATURE_BITS_MIN 112 /* SHA-1 has less */

static int refuse(X509_STORE_CTX *context, taskseal__verdict *verdict, taskseal_err code, int x509_error,
                  const char *format, ...) __attribute__((format(printf, 5, 6)));

static int refuse(X509_STORE_CTX *context, taskseal__verdict *verdict, taskseal_err code, int x509_error,
                  const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(verdict->message, sizeof verdict->message, format, arguments);
    va_end(arguments);
    verdict->code = code;
    X509_STORE_CTX_set_error(context, x509_error);
    return 0;
}

static bool is_strong_key(X509 *certificate)
{
    const EVP_PKEY *key = X509_get0_pubkey(certificate);
    if (key == NULL)
        return false;
    int bits = EVP_PKEY_get_bits(key);
    switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_RSA:
    case EVP_PKEY_RSA_PSS:
        return bits >= RSA_BITS_MIN;
    case EVP_PKEY_EC:
        return bits >= EC_BITS_MIN;
    case EVP_PKEY_ED25519:
    case EVP_PKEY_ED448:
        return true;
    default:
        return false;
    }
}

static bool is_strong_signature(X509 *certificate)
{
    int digest = NID_undef;
    int bits = 0;
    if (X509_get_signature_info(certificate, &digest, NULL, &bits, NULL) != 1)
        return false;
    return bits >= SIGNATURE_BITS_MIN && digest != NID_sha1 && digest != NID_md5 && digest != NID_md5_sha1;
}

/* Rules for every certificate of the chain; `trusted` is the last one, taken from the caller's CAs. */
static int check_each(X509_STORE_CTX *context, X509 *certificate, bool trusted, taskseal__verdict *verdict)
{
    char subject[96];
    taskseal__subject_of(certificate, subject, sizeof subject);
    if (X509_get_version(certificate) != X509_VERSION_3)
        return refuse(
            context, verdict, TASKSEAL_ERR_CERT_INVALID, X509_V_ERR_UNSPECIFIED,
            "certificate `%s` is not X.509 version 3, so it can't say what it is for: issue a new one",
            subject);
    if (!is_strong_key(certificate))
        return refuse(
            context, verdict, TASKSEAL_ERR_CERT_WEAK, X509_V_ERR_EE_KEY_TOO_SMALL,
            "the key of certificate `%s` is too weak (least: RSA 2048 bits, EC 256 bits): issue a new "
            "one",
            subject);
    /* Nobody relies on a trust anchor's signature of itself. */
    if (!trusted && !is_strong_signature(certificate))
        return refuse(context, verdict, TASKSEAL_ERR_CERT_WEAK, X509_V_ERR_CA_MD_TOO_WEAK,
                      "certificate `%s` is signed with SHA-1 or weaker: issue a new one with SHA-256",
                      subject);
    return 1;
}

/* An issuer must say by basicConstraints that it is a CA: OpenSSL's defaults also take old ways of saying so. */
static int check_issuer(X509_STORE_CTX *context, X509 *issuer, taskseal__verdict *verdict)
{
    char subject[96];
    if (X509_check_ca(issuer) == 1)
        return 1;
    taskseal__subject_of(issuer, subject, sizeof subject);
    return refuse(context, verdict, TASKSEAL_ERR_CERT_INVALID, X509_V_ERR_INVALID_CA,
                  "certificate `%s` has issued another, but does not say that it is a CA (basicConstraints "
                  "CA:TRUE)",
                  subject);
}

static int check_leaf(X509_STORE_CTX *context, X509 *leaf, taskseal__verdict *verdict)
{
    uint32_t flags = X509_get_extension_flags(leaf);
    if ((flags & EXFLAG_INVALID) != 0)
        return refuse(context, verdict, TASKSEAL_ERR_CERT_INVALID, X509_V_ERR_INVALID_EXTENSION,
                      "the server's certificate has a broken extension: issue a new one");
    if (X509_check_ca(leaf) != 0)
        return refuse(
            context, verdict, TASKSEAL_ERR_CERT_PURPOSE, X509_V_ERR_INVALID_PURPOSE,
            "the server uses a CA's certificate as its own: issue one for the server, which is no CA");
    if ((flags & EXFLAG_XKUSAGE) != 0 && (X509_get_extended_key_usage(leaf) & XKU_SSL_SERVER) == 0)
        return refuse(
            context, verdict, TASKSEAL_ERR_CERT_PURPOSE, X509_V_ERR_INVALID_PURPOSE,
            "the server's certificate is not for servers (its extended key usage lacks serverAuth)");
    if ((flags & EXFLAG_KUSAGE) != 0 && (X509_get_key_usage(leaf) & KU_DIGITAL_SIGNATURE) == 0)
        return refuse(
            context, verdict, TASKSEAL_ERR_CERT_PURPOSE, X509_V_ERR_INVALID_PURPOSE,
            "the key of the server's certificate may not sign (its key usage lacks digitalSignature)");
    return 1;
}

static int check_name(X509_STORE_CTX *context, X509 *leaf, const taskseal__expected *expected,
                      taskseal__verdict *verdict)
{
    X509_VERIFY_PARAM *matched = X509_STORE_CTX_get0_param(context);
    /* OpenSSL's own check of the name leaves what matched, unless it ran out of memory. */
    if (taskseal__names_match(leaf, expected) &&
        (expected->is_address || X509_VERIFY_PARAM_get0_peername(matched) != NULL))
        return 1;
    taskseal__name_mismatch(leaf, expected, verdict->message, sizeof verdict->message);
    verdict->code = TASKSEAL_ERR_NAME_MISMATCH;
    X509_STORE_CTX_set_error(context, X509_V_ERR_HOSTNAME_MISMATCH);
    return 0;
}

static int check_pins(X509_STORE_CTX *context, const taskseal__expected *expected, taskseal__verdict *verdict)
{
    char seen[TASKSEAL__PIN_TEXT_SIZE];
    STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(context);
    if (taskseal__pins_match(expected->pins, chain))
        return 1;
    taskseal__pin_text(sk_X509_value(chain, 0), seen);
    return refuse(context, verdict, TASKSEAL_ERR_PIN_MISMATCH, X509_V_ERR_APPLICATION_VERIFICATION,
                  "no public key in the server's chain is one of `pin`; that of its own certificate is %s: "
                  "somebody else may be answering, or its key was replaced",
                  seen);
}

static int check_all(X509_STORE_CTX *context, const taskseal__expected *expected, taskseal__verdict *verdict)
{
    if (expected->revocation)
        X509_STORE_CTX_set_flags(context, TASKSEAL__CRL_FLAGS);
    if (X509_verify_cert(context) != 1) {
        verdict->code = taskseal__chain_words(context, expected, verdict->message, sizeof verdict->message);
        return 0;
    }
    STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(context);
    int length = sk_X509_num(chain);
    if (length < 1 || X509_STORE_CTX_get_error(context) != X509_V_OK)
        return refuse(context, verdict, TASKSEAL_ERR_CERT_UNTRUSTED, X509_V_ERR_UNSPECIFIED,
                      "the server's certificate could not be verified");
    for (int i = 0; i < length; i++) {
        X509 *certificate = sk_X509_value(chain, i);
        if (check_each(context, certificate, i == length - 1, verdict) != 1 ||
            (i > 0 && check_issuer(context, certificate, verdict) != 1))
            return 0;
    }
    X509 *leaf = sk_X509_value(chain, 0);
    if (check_leaf(context, leaf, verdict) != 1 || check_name(context, leaf, expected, verdict) != 1)
        return 0;
    if (taskseal__constraints_exclude(chain, expected))
        return refuse(
            context, verdict, TASKSEAL_ERR_CERT_INVALID, X509_V_ERR_EXCLUDED_VIOLATION,
            "the server's certificate is for `%.80s`, but its CA may not issue for that (name constraints)",
            expected->name);
    return check_pins(context, expected, verdict);
}

/* The first certificate whose key can't be decoded; NULL: none. */
static X509 *first_unreadable(const STACK_OF(X509) * chain)
{
    for (int i = 0; i < sk_X509_num(chain); i++) {
        if (X509_get0_pubkey(sk_X509_value(chain, i)) == NULL)
            return sk_X509_value(chain, i);
    }
    return NULL;
}

/* The same certificates, decoded anew: what could not be decoded for lack of memory may be now. */
static STACK_OF(X509) * decode_again(const STACK_OF(X509) * certificates)
{
    STACK_OF(X509) *again = sk_X509_new_null();
    for (int i = 0; again != NULL && i < sk_X509_num(certificates); i++) {
        X509 *copy = X509_dup(sk_X509_value(certificates, i));
        if (copy == NULL || sk_X509_push(again, copy) == 0) {
            X509_free(copy);
            sk_X509_pop_free(again, X509_free);
            return NULL;
        }
    }
    return again;
}

/* Verifies from the beginning. NO_MEMORY if that could not be done. */
static taskseal_err verify_again(X509_STORE_CTX *first, const taskseal__expected *expected)
{
    const taskseal__library *library = taskseal__library_get();
    taskseal__verdict verdict = {.code = TASKSEAL_ERR_NO_MEMORY};
    X509 *leaf = X509_dup(X509_STORE_CTX_get0_cert(first));
    STACK_OF(X509) *sent = decode_again(X509_STORE_CTX_get0_untrusted(first));
    X509_STORE_CTX *context = library != NULL ? X509_STORE_CTX_new_ex(library->context, NULL) : NULL;
    if (leaf != NULL && sent != NULL && context != NULL &&
        X509_STORE_CTX_init(context, X509_STORE_CTX_get0_store(first), leaf, sent) == 1 &&
        X509_VERIFY_PARAM_set1(X509_STORE_CTX_get0_param(context), X509_STORE_CTX_get0_param(first)) == 1 &&
        check_all(context, expected, &verdict) == 1)
        verdict.code = TASKSEAL_OK;
    X509_STORE_CTX_free(context);
    sk_X509_pop_free(sent, X509_free);
    X509_free(leaf);
    return taskseal__passing_fault() ? TASKSEAL_ERR_NO_MEMORY : verdict.code;
}

/* A certificate's fault is permanent and stops a worker for good, so it must not be one of memory, of which OpenSSL
 * often leaves no trace: to it, a key that could not be decoded is one that is too small. So a verdict counts only
 * if a second look comes to the same. Neither accepts what the first one refused. */
static void excuse(X509_STORE_CTX *context, const taskseal__expected *expected, taskseal__verdict *verdict)
{
    char subject[96];
    X509 *unreadable = first_unreadable(X509_STORE_CTX_get0_chain(context));
    if (taskseal__passing_fault() || verify_again(context, expected) != verdict->code) {
        (void)refuse(context, verdict, TASKSEAL_ERR_NO_MEMORY, X509_V_ERR_OUT_OF_MEM,
                     "the server's certificate could not be verified: OpenSSL ran out of memory");
    } else if (unreadable != NULL) {
        taskseal__subject_of(unreadable, subject, sizeof subject);
        (void)refuse(context, verdict, TASKSEAL_ERR_CERT_INVALID,
                     X509_V_ERR_UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY,
                     "the key of certificate `%s` can't be read: issue a new one", subject);
    }
}

int taskseal__verify(X509_STORE_CTX *context, const taskseal__expected *expected, taskseal__verdict *verdict)
{
    *verdict = (taskseal__verdict){0};
    verdict->passed = check_all(context, expected, verdict) == 1;
    if (!verdict->passed)
        excuse(context, expected, verdict);
    return verdict->passed ? 1 : 0;
}
