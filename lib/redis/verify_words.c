/* SPDX-License-Identifier: MIT */
#include "verify_words.h"

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/x509_vfy.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "text.h"

/* Errors of X509_verify_cert(3) that have a class of their own; every other one is CERT_INVALID. */
static const struct {
    int x509_error;
    taskseal_err code;
    const char *words;
} verdicts[] = {
    {X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, TASKSEAL_ERR_CERT_SELF_SIGNED,
     "is self-signed, and `cacert` does not hold it: anybody could have made it"},
    {X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, TASKSEAL_ERR_CERT_UNTRUSTED,
     "belongs to a CA that `cacert` does not hold: add it there if you trust it"},
    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, TASKSEAL_ERR_CERT_UNTRUSTED,
     "was issued by a CA that `cacert` does not hold"},
    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, TASKSEAL_ERR_CERT_UNTRUSTED,
     "was issued by a CA that `cacert` does not hold, and the server sends no intermediate certificate that "
     "leads to one: either the server must send its whole chain, or `cacert` names the wrong CA"},
    {X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, TASKSEAL_ERR_CERT_UNTRUSTED,
     "comes without its issuer's certificate: the server must send its whole chain"},
    {X509_V_ERR_CERT_UNTRUSTED, TASKSEAL_ERR_CERT_UNTRUSTED, "is not trusted for TLS servers"},
    {X509_V_ERR_CERT_REJECTED, TASKSEAL_ERR_CERT_UNTRUSTED, "is marked as rejected for TLS servers"},
    {X509_V_ERR_CERT_SIGNATURE_FAILURE, TASKSEAL_ERR_CERT_INVALID,
     "has a wrong signature: it was changed, or another CA of the same name issued it"},
    {X509_V_ERR_INVALID_PURPOSE, TASKSEAL_ERR_CERT_PURPOSE,
     "may not be used for this purpose: see its key usage and extended key usage"},
    {X509_V_ERR_EE_KEY_TOO_SMALL, TASKSEAL_ERR_CERT_WEAK,
     "has a key that is too weak (least: RSA 2048 bits, EC 256 bits)"},
    {X509_V_ERR_CA_KEY_TOO_SMALL, TASKSEAL_ERR_CERT_WEAK,
     "has a key that is too weak (least: RSA 2048 bits, EC 256 bits)"},
    {X509_V_ERR_CA_MD_TOO_WEAK, TASKSEAL_ERR_CERT_WEAK, "is signed with SHA-1 or weaker"},
    {X509_V_ERR_CERT_REVOKED, TASKSEAL_ERR_CERT_REVOKED, "is revoked: issue a new one with a new key"},
    {X509_V_ERR_INVALID_CA, TASKSEAL_ERR_CERT_INVALID, "has issued another, but is not a CA"},
    {X509_V_ERR_PATH_LENGTH_EXCEEDED, TASKSEAL_ERR_CERT_INVALID,
     "stands under more intermediate CAs than its CA's path length allows"},
    {X509_V_ERR_PERMITTED_VIOLATION, TASKSEAL_ERR_CERT_INVALID,
     "holds a name that its CA may not issue for (name constraints)"},
    {X509_V_ERR_EXCLUDED_VIOLATION, TASKSEAL_ERR_CERT_INVALID,
     "holds a name that its CA may not issue for (name constraints)"},
    {X509_V_ERR_OUT_OF_MEM, TASKSEAL_ERR_NO_MEMORY, "could not be verified: out of memory"},
};

static void one_line(const X509_NAME *name, char *out, size_t cap)
{
    char *text = NULL;
    BIO *memory = BIO_new(BIO_s_mem());
    long len = -1;
    if (memory != NULL && X509_NAME_print_ex(memory, name, 0, XN_FLAG_ONELINE & ~ASN1_STRFLGS_ESC_MSB) >= 0)
        len = BIO_get_mem_data(memory, &text);
    if (len >= 0 && text != NULL)
        taskseal__printable(out, cap, text, (size_t)len);
    else
        taskseal__printable(out, cap, "", 0);
    BIO_free(memory);
}

void taskseal__subject_of(X509 *certificate, char *out, size_t cap)
{
    one_line(X509_get_subject_name(certificate), out, cap);
}

void taskseal__issuer_of(X509 *certificate, char *out, size_t cap)
{
    one_line(X509_get_issuer_name(certificate), out, cap);
}

void taskseal__name_mismatch(X509 *leaf, const taskseal__expected *expected, char *out, size_t cap)
{
    char names[160];
    taskseal__names_list(leaf, names, sizeof names);
    (void)snprintf(out, cap,
                   "the server's certificate is not for `%.80s`; its subject alternative names hold: %s (its "
                   "common name does not count): use the right host, give `name`, or issue it anew",
                   expected->name, names);
}

/* "2026-01-31 12:00:00 UTC" */
static void time_words(const ASN1_TIME *when, char *out, size_t cap)
{
    struct tm parts;
    if (when == NULL || ASN1_TIME_to_tm(when, &parts) != 1 ||
        strftime(out, cap, "%Y-%m-%d %H:%M:%S UTC", &parts) == 0)
        taskseal__printable(out, cap, "an unreadable time", 18);
}

static taskseal_err expired(X509 *certificate, const char *subject, char *out, size_t cap)
{
    char when[32];
    time_words(X509_get0_notAfter(certificate), when, sizeof when);
    (void)snprintf(out, cap, "certificate `%s` expired at %s: renew it, or set this host's clock", subject,
                   when);
    return TASKSEAL_ERR_CERT_EXPIRED;
}

static taskseal_err not_yet_valid(X509 *certificate, const char *subject, char *out, size_t cap)
{
    char when[32];
    time_words(X509_get0_notBefore(certificate), when, sizeof when);
    (void)snprintf(out, cap, "certificate `%s` is not valid before %s: check this host's clock", subject,
                   when);
    return TASKSEAL_ERR_CERT_NOT_YET_VALID;
}

/* ---- Revocation lists --------------------------------------------------------------------------------------- */

/* Errors that say nothing of the certificate, only that its issuer's list can't tell: "the revocation list of X
 * ...". */
static const struct {
    int x509_error;
    const char *words;
} list_verdicts[] = {
    {X509_V_ERR_UNABLE_TO_GET_CRL, "is not in `crl`: add it"},
    {X509_V_ERR_CRL_HAS_EXPIRED, "is stale: it was to be replaced by %s: put the new one into `crl`"},
    {X509_V_ERR_CRL_NOT_YET_VALID, "is not valid before %s: check this host's clock"},
    {X509_V_ERR_CRL_SIGNATURE_FAILURE,
     "has a wrong signature: it was changed, or another CA of the same name made it: fetch it anew"},
    {X509_V_ERR_UNABLE_TO_DECRYPT_CRL_SIGNATURE, "has an unreadable signature: fetch it anew"},
    {X509_V_ERR_UNHANDLED_CRITICAL_CRL_EXTENSION,
     "has a critical extension that is not known here: let the CA issue one without"},
    {X509_V_ERR_DIFFERENT_CRL_SCOPE,
     "is for other certificates than this one: add the one that is for it, or a complete one"},
    {X509_V_ERR_KEYUSAGE_NO_CRL_SIGN,
     "can't count: its CA's key usage lacks cRLSign: issue the CA's certificate anew"},
    {X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER, "was made by somebody else: let the CA itself issue one"},
    {X509_V_ERR_CRL_PATH_VALIDATION_ERROR, "was made by somebody else: let the CA itself issue one"},
    {X509_V_ERR_ERROR_IN_CRL_LAST_UPDATE_FIELD, "has a broken date (lastUpdate): issue it anew"},
    {X509_V_ERR_ERROR_IN_CRL_NEXT_UPDATE_FIELD, "has a broken date (nextUpdate): issue it anew"},
};

/* The date of the newest list that an issuer has in `crl`: when it is to be replaced, or from when on it is valid. */
static void list_time(X509_STORE_CTX *context, X509 *certificate, bool end, char *out, size_t cap)
{
    const ASN1_TIME *newest = NULL;
    STACK_OF(X509_CRL) *lists = X509_STORE_CTX_get1_crls(context, X509_get_issuer_name(certificate));
    for (int i = 0; i < sk_X509_CRL_num(lists); i++) {
        const X509_CRL *list = sk_X509_CRL_value(lists, i);
        const ASN1_TIME *when = end ? X509_CRL_get0_nextUpdate(list) : X509_CRL_get0_lastUpdate(list);
        if (newest == NULL || ASN1_TIME_compare(when, newest) > 0)
            newest = when;
    }
    time_words(newest, out, cap);
    sk_X509_CRL_pop_free(lists, X509_CRL_free);
}

/* False if `failure` is not about a list. */
static bool list_words(X509_STORE_CTX *context, X509 *certificate, int failure, char *out, size_t cap)
{
    char issuer[96];
    char when[32] = "";
    size_t i = 0;
    while (i < sizeof list_verdicts / sizeof list_verdicts[0] && list_verdicts[i].x509_error != failure)
        i++;
    if (i == sizeof list_verdicts / sizeof list_verdicts[0])
        return false;
    taskseal__issuer_of(certificate, issuer, sizeof issuer);
    int used = snprintf(out, cap, "the revocation list of `%s` ", issuer);
    const char *words = list_verdicts[i].words;
    const char *gap = strstr(words, "%s");
    if (gap == NULL) {
        (void)snprintf(out + used, cap - (size_t)used, "%s", words);
        return true;
    }
    list_time(context, certificate, failure == X509_V_ERR_CRL_HAS_EXPIRED, when, sizeof when);
    (void)snprintf(out + used, cap - (size_t)used, "%.*s%s%s", (int)(gap - words), words, when, gap + 2);
    return true;
}

/* ---- All -------------------------------------------------------------------------------------------------- */

taskseal_err taskseal__chain_words(X509_STORE_CTX *context, const taskseal__expected *expected, char *out,
                                   size_t cap)
{
    char subject[96] = "";
    int failure = X509_STORE_CTX_get_error(context);
    X509 *leaf = X509_STORE_CTX_get0_cert(context);
    X509 *culprit = X509_STORE_CTX_get_current_cert(context);
    if (culprit == NULL)
        culprit = leaf;
    if (culprit != NULL)
        taskseal__subject_of(culprit, subject, sizeof subject);
    if (failure == X509_V_ERR_CERT_HAS_EXPIRED && culprit != NULL)
        return expired(culprit, subject, out, cap);
    if (failure == X509_V_ERR_CERT_NOT_YET_VALID && culprit != NULL)
        return not_yet_valid(culprit, subject, out, cap);
    if (culprit != NULL && list_words(context, culprit, failure, out, cap))
        return TASKSEAL_ERR_CRL_UNUSABLE;
    if ((failure == X509_V_ERR_HOSTNAME_MISMATCH || failure == X509_V_ERR_IP_ADDRESS_MISMATCH) &&
        leaf != NULL) {
        taskseal__name_mismatch(leaf, expected, out, cap);
        return TASKSEAL_ERR_NAME_MISMATCH;
    }
    for (size_t i = 0; i < sizeof verdicts / sizeof verdicts[0]; i++) {
        if (verdicts[i].x509_error == failure) {
            (void)snprintf(out, cap, "certificate `%s` %s", subject, verdicts[i].words);
            return verdicts[i].code;
        }
    }
    (void)snprintf(out, cap, "certificate `%s` was refused: %s", subject,
                   X509_verify_cert_error_string(failure));
    return TASKSEAL_ERR_CERT_INVALID;
}
