/* SPDX-License-Identifier: MIT */
#include "certificate.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "facts.h"

/* What the callbacks of a handshake note. */
typedef struct notes {
    STACK_OF(X509) * sent;
    bool asked;    /* for a client's certificate */
    bool alerted;  /* the server gave an alert as its reason to end */
    long messages; /* that came */
} notes;

enum { MESSAGES_MAX = 200 };

/* Keeps what the server sent. It says yes to all: nothing that follows is worth protecting, and the verdict on the
 * certificates is given elsewhere. */
static int note_certificates(X509_STORE_CTX *context, void *argument)
{
    notes *to = argument;

    if (to->sent == NULL)
        to->sent = X509_chain_up_ref(X509_STORE_CTX_get0_untrusted(context));
    X509_STORE_CTX_set_error(context, X509_V_OK);
    return 1;
}

static void note_message(int sent, int version, int kind, const void *data, size_t len, SSL *ssl,
                         void *argument)
{
    notes *to = argument;

    (void)version;
    if (sent)
        return;
    /* Of some messages OpenSSL takes any number without coming back to us, and to our clock. */
    if (kind == SSL3_RT_HANDSHAKE && ++to->messages > MESSAGES_MAX)
        (void)shutdown(SSL_get_fd(ssl), SHUT_RDWR);
    if (kind == SSL3_RT_ALERT && len == 2 && *(const unsigned char *)data == SSL3_AL_FATAL)
        to->alerted = true;
    if (kind == SSL3_RT_HANDSHAKE && len > 0 && *(const unsigned char *)data == SSL3_MT_CERTIFICATE_REQUEST)
        to->asked = true;
}

/* ---- Waiting ---- */

static bool wait_for(SSL *ssl, probe *wire, int result)
{
    const int needed = SSL_get_error(ssl, result);

    if (needed != SSL_ERROR_WANT_READ && needed != SSL_ERROR_WANT_WRITE)
        return false;
    return probe_wait(wire, needed == SSL_ERROR_WANT_WRITE ? POLLOUT : POLLIN);
}

static bool shake_hands(SSL *ssl, probe *wire)
{
    for (;;) {
        const int result = SSL_connect(ssl);
        if (result == 1)
            return true;
        if (!wait_for(ssl, wire, result))
            return false;
    }
}

/* In TLS 1.3 a server that misses a certificate says so only after the handshake. */
static bool is_answered(SSL *ssl, probe *wire)
{
    static const char question[] = "PING\r\n";
    char byte;
    int result = SSL_write(ssl, question, (int)sizeof question - 1);

    while (result <= 0 && wait_for(ssl, wire, result))
        result = SSL_write(ssl, question, (int)sizeof question - 1);
    if (result <= 0)
        return false;
    result = SSL_read(ssl, &byte, 1);
    while (result <= 0 && wait_for(ssl, wire, result))
        result = SSL_read(ssl, &byte, 1);
    return result > 0;
}

/* ---- The chain ---- */

static bool load_anchors(X509_STORE *store, const char *anchors)
{
    struct stat status;

    if (strcmp(anchors, "system") == 0)
        return X509_STORE_set_default_paths(store) == 1;
    if (stat(anchors, &status) == 0 && S_ISDIR(status.st_mode))
        return X509_STORE_load_path(store, anchors) == 1;
    return X509_STORE_load_file(store, anchors) == 1;
}

static bool is_among(STACK_OF(X509) * list, const X509 *wanted)
{
    for (int i = 0; i < sk_X509_num(list); i++) {
        if (X509_cmp(sk_X509_value(list, i), wanted) == 0)
            return true;
    }
    return false;
}

/* Where it ends; and the first certificate above the server's own that was not sent and is no root: other clients have
 * the roots only. */
static void note_chain(X509_STORE_CTX *context, STACK_OF(X509) * sent, certificate_view *view)
{
    STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(context);

    for (int i = 1; i < sk_X509_num(chain); i++) {
        X509 *one = sk_X509_value(chain, i);
        const bool root = (X509_get_extension_flags(one) & EXFLAG_SI) != 0;
        if (!root && view->missing[0] == '\0' && !is_among(sent, one))
            certificate_name(X509_get_subject_name(one), view->missing);
        if ((root || !is_among(sent, one)) && view->trusted_count < CERTIFICATES_MAX)
            certificate_read(one, &view->trusted[view->trusted_count++]);
    }
}

static void follow_chain(STACK_OF(X509) * sent, const char *anchors, certificate_view *view)
{
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *context = X509_STORE_CTX_new();

    if (store == NULL || context == NULL || !load_anchors(store, anchors) ||
        X509_STORE_CTX_init(context, store, sk_X509_value(sent, 0), sent) != 1) {
        snprintf(view->broken, sizeof view->broken, "the CAs can't be read");
    } else {
        X509_VERIFY_PARAM *how = X509_STORE_CTX_get0_param(context);
        X509_VERIFY_PARAM_set_flags(how, X509_V_FLAG_NO_CHECK_TIME);
        X509_VERIFY_PARAM_set_auth_level(how, 0);
        view->has_chain = X509_verify_cert(context) == 1;
        if (view->has_chain)
            note_chain(context, sent, view);
        else
            snprintf(view->broken, sizeof view->broken, "%s",
                     X509_verify_cert_error_string(X509_STORE_CTX_get_error(context)));
    }
    X509_STORE_CTX_free(context);
    X509_STORE_free(store);
    ERR_clear_error();
}

static void take_sent(STACK_OF(X509) * sent, const char *anchors, certificate_view *view)
{
    view->seen = sent != NULL && sk_X509_num(sent) > 0;
    if (!view->seen)
        return;
    for (int i = 0; i < sk_X509_num(sent) && view->count < CERTIFICATES_MAX; i++)
        certificate_read(sk_X509_value(sent, i), &view->list[view->count++]);
    follow_chain(sent, anchors, view);
}

/* ---- All ---- */

/* A library context of its own: OPENSSL_CONF has no say in it. The weakest security level, to see what is there. */
static SSL_CTX *make_configuration(OSSL_LIB_CTX *library, notes *to)
{
    SSL_CTX *made = SSL_CTX_new_ex(library, NULL, TLS_client_method());

    if (made == NULL)
        return NULL;
    SSL_CTX_set_security_level(made, 0);
    SSL_CTX_set_options(made, SSL_OP_LEGACY_SERVER_CONNECT | SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_verify(made, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_cert_verify_callback(made, note_certificates, to);
    SSL_CTX_set_msg_callback(made, note_message);
    SSL_CTX_set_msg_callback_arg(made, to);
    SSL_CTX_set_session_cache_mode(made, SSL_SESS_CACHE_OFF);
    SSL_CTX_clear_mode(made, SSL_MODE_AUTO_RETRY); /* after each message our clock is looked at */
    if (SSL_CTX_set_min_proto_version(made, 0) != 1 || SSL_CTX_set_cipher_list(made, "ALL") != 1) {
        SSL_CTX_free(made);
        return NULL;
    }
    return made;
}

static void note_demand(SSL *ssl, probe *wire, const notes *seen, certificate_view *view)
{
    const bool done = shake_hands(ssl, wire);
    const bool answered = done && is_answered(ssl, wire);

    if (answered)
        view->demand = seen->asked ? DEMAND_OPTIONAL : DEMAND_NONE;
    else if (seen->asked && wire->failed == 0)
        view->demand = DEMAND_ALWAYS;
    view->alerted = seen->alerted;
    if (!done && wire->failed == ETIMEDOUT)
        snprintf(view->why, sizeof view->why, "no handshake within %d ms", PROBE_PATIENCE_MS);
    else if (!done)
        snprintf(view->why, sizeof view->why, "the handshake failed");
}

/* What we say that we can verify decides which certificate is sent. */
static bool make_wish(SSL *ssl, certificate_wish wish)
{
    static const char *const signatures[] = {
        [WISH_RSA] = "RSA-PSS+SHA256:RSA-PSS+SHA384:RSA-PSS+SHA512:RSA+SHA256:RSA+SHA384:RSA+SHA512:RSA+SHA1",
        [WISH_OTHER] = "ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512:ed25519:ed448:ECDSA+SHA1",
    };

    return wish == WISH_ANY || SSL_set1_sigalgs_list(ssl, signatures[wish]) == 1;
}

void certificate_look(const probe_target *target, const char *anchors, certificate_wish wish,
                      certificate_view *view)
{
    notes seen = {0};
    probe wire;
    OSSL_LIB_CTX *library = OSSL_LIB_CTX_new();
    SSL_CTX *configuration = library != NULL ? make_configuration(library, &seen) : NULL;
    SSL *ssl = configuration != NULL ? SSL_new(configuration) : NULL;

    *view = (certificate_view){0};
    if (ssl == NULL || !make_wish(ssl, wish)) {
        snprintf(view->why, sizeof view->why, "OpenSSL can't be set up");
    } else if (!probe_dial(&wire, target, 0)) {
        snprintf(view->why, sizeof view->why, "nothing answers there");
    } else {
        if (SSL_set_fd(ssl, wire.fd) == 1 &&
            (target->name[0] == '\0' || SSL_set_tlsext_host_name(ssl, target->name) == 1))
            note_demand(ssl, &wire, &seen, view);
        take_sent(seen.sent, anchors, view);
        probe_close(&wire);
    }
    sk_X509_pop_free(seen.sent, X509_free);
    SSL_free(ssl);
    SSL_CTX_free(configuration);
    OSSL_LIB_CTX_free(library);
    ERR_clear_error();
}
