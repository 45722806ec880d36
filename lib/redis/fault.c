/* SPDX-License-Identifier: MIT */
#include "fault.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/sslerr.h>

#include "../core/error.h"
#include "passing.h"

/* Alerts by which a server says that it minds the client's certificate, or that there is none (RFC 8446, 6.2;
 * TLS 1.2 has no alert for the latter and uses handshake_failure). decrypt_error is one of a chain's wrong signature;
 * in TLS 1.2, where a network may change what is signed, it is one of damage. */
static bool is_certificate_alert(const taskseal__tls *tls, int alert)
{
    switch (alert) {
    case SSL_AD_DECRYPT_ERROR:
        return SSL_version(tls->ssl) == TLS1_3_VERSION;
    case SSL_AD_HANDSHAKE_FAILURE:
    case SSL_AD_BAD_CERTIFICATE:
    case SSL_AD_UNSUPPORTED_CERTIFICATE:
    case SSL_AD_CERTIFICATE_REVOKED:
    case SSL_AD_CERTIFICATE_EXPIRED:
    case SSL_AD_CERTIFICATE_UNKNOWN:
    case SSL_AD_UNKNOWN_CA:
    case SSL_AD_ACCESS_DENIED:
    case SSL_AD_CERTIFICATE_REQUIRED:
        return true;
    default:
        return false;
    }
}

/* Alerts by which a server says, while hands are shaken, that nothing that was offered suits it. All others come of
 * what was damaged or cut on its way, too, and then the next try may be better. */
static bool is_disagreement_alert(int alert)
{
    switch (alert) {
    case SSL_AD_HANDSHAKE_FAILURE:
    case SSL_AD_BAD_CERTIFICATE:
    case SSL_AD_UNSUPPORTED_CERTIFICATE:
    case SSL_AD_ACCESS_DENIED:
    case SSL_AD_PROTOCOL_VERSION:
    case SSL_AD_INSUFFICIENT_SECURITY:
    case SSL_AD_MISSING_EXTENSION:
    case SSL_AD_UNSUPPORTED_EXTENSION:
    case SSL_AD_UNRECOGNIZED_NAME:
    case SSL_AD_CERTIFICATE_REQUIRED:
    case SSL_AD_NO_APPLICATION_PROTOCOL:
        return true;
    default:
        return false;
    }
}

/* The same, found on this side, as OpenSSL's reason. */
static bool is_disagreement(int reason)
{
    switch (reason) {
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_WRONG_SSL_VERSION:
    case SSL_R_VERSION_TOO_LOW:
    case SSL_R_NO_PROTOCOLS_AVAILABLE:
    case SSL_R_NO_CIPHERS_AVAILABLE:
    case SSL_R_DH_KEY_TOO_SMALL:
    case SSL_R_WRONG_SIGNATURE_TYPE:
    case SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM:
    case SSL_R_UNSAFE_LEGACY_RENEGOTIATION_DISABLED:
        return true;
    default:
        return false;
    }
}

/* The alert that the peer sent, or -1. */
static int peer_alert(void)
{
    unsigned long first = ERR_peek_error();
    int reason = ERR_GET_REASON(first);
    if (ERR_GET_LIB(first) != ERR_LIB_SSL || reason < SSL_AD_REASON_OFFSET ||
        reason > SSL_AD_REASON_OFFSET + 255)
        return -1;
    return reason - SSL_AD_REASON_OFFSET;
}

bool taskseal__fault_is_alert(void)
{
    return peer_alert() >= 0;
}

/* OpenSSL 3.0 has no words for this one. */
static const char *alert_words(int alert)
{
    return alert == SSL_AD_CERTIFICATE_REQUIRED ? "certificate required" : SSL_alert_desc_string_long(alert);
}

static const char *versions(const taskseal__tls *tls)
{
    return tls->ssl != NULL && SSL_get_min_proto_version(tls->ssl) == TLS1_3_VERSION
               ? "TLS 1.3 (because of `tls=1.3`)"
               : "TLS 1.2 or 1.3";
}

static taskseal_err alert_fault(const taskseal__tls *tls, int alert, taskseal_error *error)
{
    const char *words = alert_words(alert);
    if (tls->certificate_asked && is_certificate_alert(tls, alert)) {
        if (!tls->certificate_given)
            return taskseal__fail(
                error, TASKSEAL_ERR_CLIENT_CERT_REQUIRED,
                "%s: the server requires a client certificate (alert: %s): give `cert` and `key` "
                "in the URI",
                tls->where, words);
        return taskseal__fail(
            error, TASKSEAL_ERR_CLIENT_CERT_REFUSED,
            "%s: the server refused the client certificate (alert: %s): see which CA it trusts, "
            "and the certificate's validity and usage",
            tls->where, words);
    }
    if (!tls->verified && is_disagreement_alert(alert))
        return taskseal__fail(
            error, TASKSEAL_ERR_TLS_PROTOCOL,
            "%s: the server ended %s (alert: %s): it must offer %s with ECDHE and an AEAD cipher", tls->where,
            tls->phase, words, versions(tls));
    return taskseal__fail(
        error, TASKSEAL_ERR_TLS_DAMAGED,
        "%s: the server ended %s (alert: %s): what it got was changed or cut on its way; try "
        "again, and see its log if that does not help",
        tls->where, tls->phase, words);
}

static taskseal_err closed_fault(const taskseal__tls *tls, taskseal_error *error)
{
    bool for_certificate = tls->certificate_asked && !tls->certificate_given;
    return taskseal__fail(
        error, TASKSEAL_ERR_PEER_CLOSED, "%s: the server closed the connection during %s%s", tls->where,
        tls->phase, for_certificate ? "; it had asked for a client certificate, and none was given" : "");
}

static bool queue_holds(int library, int reason)
{
    unsigned long last = ERR_peek_last_error();
    unsigned long first = ERR_peek_error();
    return (ERR_GET_LIB(first) == library && ERR_GET_REASON(first) == reason) ||
           (ERR_GET_LIB(last) == library && ERR_GET_REASON(last) == reason);
}

static taskseal_err protocol_fault(const taskseal__tls *tls, taskseal_error *error)
{
    unsigned long first = ERR_peek_error();
    const char *reason = ERR_reason_error_string(first);
    if (taskseal__passing_fault())
        return taskseal__fail(error, TASKSEAL_ERR_NO_MEMORY,
                              "%s: OpenSSL failed during %s (%s), as it does when memory runs out",
                              tls->where, tls->phase, reason != NULL ? reason : "unknown reason");
    if (!tls->verified && ERR_GET_LIB(first) == ERR_LIB_SSL && is_disagreement(ERR_GET_REASON(first)))
        return taskseal__fail(error, TASKSEAL_ERR_TLS_PROTOCOL,
                              "%s: %s failed (%s): the server must speak %s with ECDHE and an AEAD cipher",
                              tls->where, tls->phase, reason != NULL ? reason : "unknown reason",
                              versions(tls));
    return taskseal__fail(error, TASKSEAL_ERR_TLS_DAMAGED,
                          "%s: %s failed (%s): what came was changed or cut on its way; try again",
                          tls->where, tls->phase, reason != NULL ? reason : "unknown reason");
}

taskseal_err taskseal__fault(const taskseal__tls *tls, taskseal_error *error)
{
    char words[64] = "";
    int system_error = tls->wire.system_error;
    if (tls->wire.not_tls)
        return taskseal__fail(
            error, TASKSEAL_ERR_NOT_TLS,
            "%s: the server does not speak TLS on this port (its answer began `%s`): give the "
            "server's TLS port",
            tls->where, tls->wire.first);
    if (tls->verdict.code != TASKSEAL_OK)
        return taskseal__fail(error, tls->verdict.code, "%s: %s", tls->where, tls->verdict.message);
    if (ERR_GET_REASON(ERR_peek_error()) == ERR_R_MALLOC_FAILURE ||
        ERR_GET_REASON(ERR_peek_last_error()) == ERR_R_MALLOC_FAILURE)
        return taskseal__fail(error, TASKSEAL_ERR_NO_MEMORY, "%s: out of memory during %s", tls->where,
                              tls->phase);
    if (taskseal__fault_is_alert())
        return alert_fault(tls, peer_alert(), error);
    if (system_error == ECONNRESET || system_error == EPIPE || tls->wire.closed ||
        queue_holds(ERR_LIB_SSL, SSL_R_UNEXPECTED_EOF_WHILE_READING))
        return closed_fault(tls, error);
    if (system_error != 0)
        return taskseal__fail(error, TASKSEAL_ERR_IO, "%s: the connection failed during %s: %s", tls->where,
                              tls->phase, strerror_r(system_error, words, sizeof words));
    return protocol_fault(tls, error);
}

taskseal_err taskseal__fault_timeout(const taskseal__tls *tls, taskseal_error *error)
{
    return taskseal__fail(
        error, TASKSEAL_ERR_TIMEOUT, "%s: the deadline passed during %s%s", tls->where, tls->phase,
        tls->wire.heard ? "" : ": the server is silent, as one without TLS on this port can be");
}
