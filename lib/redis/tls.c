/* SPDX-License-Identifier: MIT */
#include "tls.h"

#include <errno.h>
#include <openssl/err.h>
#include <unistd.h>

#include "../core/error.h"
#include "fault.h"
#include "library.h"

/* ---- What OpenSSL calls --------------------------------------------------------------------------------- */

static int verify_certificate(X509_STORE_CTX *context, void *unused)
{
    (void)unused;
    const SSL *ssl = X509_STORE_CTX_get_ex_data(context, SSL_get_ex_data_X509_STORE_CTX_idx());
    taskseal__tls *tls = ssl != NULL ? SSL_get_app_data(ssl) : NULL;
    if (tls == NULL) {
        X509_STORE_CTX_set_error(context, X509_V_ERR_UNSPECIFIED);
        return 0;
    }
    return taskseal__verify(context, &tls->expected, &tls->verdict);
}

static int note_certificate_request(SSL *ssl, void *unused)
{
    (void)unused;
    taskseal__tls *tls = SSL_get_app_data(ssl);
    if (tls != NULL)
        tls->certificate_asked = true;
    return 1;
}

void taskseal__tls_install(SSL_CTX *context)
{
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_cert_verify_callback(context, verify_certificate, NULL);
    SSL_CTX_set_cert_cb(context, note_certificate_request, NULL);
}

/* ---- Doing and waiting ------------------------------------------------------------------------------------ */

typedef enum operation { HANDSHAKE, READ, WRITE } operation;

static int attempt(taskseal__tls *tls, operation what, void *data, size_t len, size_t *done)
{
    ERR_clear_error();
    tls->wire.system_error = 0;
    switch (what) {
    case READ:
        return SSL_read_ex(tls->ssl, data, len, done);
    case WRITE:
        return SSL_write_ex(tls->ssl, data, len, done);
    default:
        return SSL_connect(tls->ssl);
    }
}

/* The clock runs from before the first attempt: a peer that sends without end never makes us wait. */
static void start_clock(taskseal__tls *tls, bool wait)
{
    if (wait && tls->deadline == 0)
        tls->deadline =
            tls->patience_us > 0 ? taskseal__deadline_in_us(tls->patience_us) : TASKSEAL__NO_DEADLINE;
    tls->wire.deadline = wait ? tls->deadline : TASKSEAL__NO_DEADLINE;
}

/* Returns false, with *error filled in, when waiting is over. */
static bool wait_for(taskseal__tls *tls, int needed, taskseal_error *error)
{
    short events = needed == SSL_ERROR_WANT_WRITE ? POLLOUT : POLLIN;
    switch (taskseal__wait(tls->wire.fd, events, tls->deadline)) {
    case TASKSEAL__READY:
        return true;
    case TASKSEAL__TIMED_OUT:
        (void)taskseal__fault_timeout(tls, error);
        return false;
    default:
        tls->wire.system_error = errno;
        (void)taskseal__fault(tls, error);
        return false;
    }
}

/* A server that refuses a client certificate in TLS 1.3 says so and resets the connection, while we may be
 * writing already: its alert is still to be read, and says more than "connection reset". */
static void write_fault(taskseal__tls *tls, taskseal_error *error)
{
    int system_error = tls->wire.system_error;
    if (system_error == EPIPE || system_error == ECONNRESET) {
        char byte;
        size_t done;
        (void)attempt(tls, READ, &byte, sizeof byte, &done);
        if (!taskseal__fault_is_alert())
            ERR_clear_error();
        tls->wire.system_error = system_error;
    }
    (void)taskseal__fault(tls, error);
}

/* Repeats `what` until it is done. 1: done; 0: not now; -1: *error says why. */
static int perform(taskseal__tls *tls, operation what, void *data, size_t len, size_t *done, bool wait,
                   taskseal_error *error)
{
    uint64_t sent = tls->wire.sent;
    for (;;) {
        start_clock(tls, wait);
        int result = attempt(tls, what, data, len, done);
        if (result > 0)
            return 1;
        int needed = SSL_get_error(tls->ssl, result);
        if (needed == SSL_ERROR_ZERO_RETURN)
            tls->wire.closed = true;
        if (needed != SSL_ERROR_WANT_READ && needed != SSL_ERROR_WANT_WRITE) {
            if (what == WRITE)
                write_fault(tls, error);
            else
                (void)taskseal__fault(tls, error);
            return -1;
        }
        if (!wait)
            return 0;
        /* Kernels that are short of memory may call a socket writable that takes nothing: it gets no more time. */
        if (what == WRITE && tls->patience_us > 0 && tls->wire.sent != sent) {
            tls->deadline = taskseal__deadline_in_us(tls->patience_us);
            sent = tls->wire.sent;
        }
        if (!wait_for(tls, needed, error))
            return -1;
    }
}

/* ---- The handshake ------------------------------------------------------------------------------------------ */

/* Everything that must hold is asked again, from what OpenSSL recorded: failing allocations have made it forget
 * to check a name (doc/threat-model.md), and a check that did not run must not count as passed. */
static bool proved(const taskseal__tls *tls)
{
    SSL *ssl = tls->ssl;
    X509 *leaf = SSL_get0_peer_certificate(ssl);
    const SSL_CIPHER *cipher = SSL_get_current_cipher(ssl);
    bool tls13 = SSL_version(ssl) == TLS1_3_VERSION;
    bool tls12 = SSL_version(ssl) == TLS1_2_VERSION && SSL_get_min_proto_version(ssl) <= TLS1_2_VERSION;
    return tls->verdict.passed && leaf != NULL && SSL_get_verify_result(ssl) == X509_V_OK &&
           (tls->expected.is_address || SSL_get0_peername(ssl) != NULL) &&
           taskseal__names_match(leaf, &tls->expected) &&
           taskseal__pins_match(tls->expected.pins, SSL_get0_verified_chain(ssl)) &&
           SSL_session_reused(ssl) == 0 && (tls13 || tls12) && cipher != NULL &&
           SSL_CIPHER_is_aead(cipher) == 1 && (tls13 || SSL_CIPHER_get_kx_nid(cipher) == NID_kx_ecdhe);
}

static bool prepare(taskseal__tls *tls, SSL_CTX *context)
{
    const taskseal__library *library = taskseal__library_get();
    tls->ssl = SSL_new(context);
    BIO *bio = library != NULL && tls->ssl != NULL ? taskseal__bio_new(library->socket, &tls->wire) : NULL;
    if (bio == NULL) {
        ERR_clear_error(); /* the application's own calls must not find these */
        return false;
    }
    SSL_set_bio(tls->ssl, bio, bio);
    return SSL_set_app_data(tls->ssl, tls) == 1 && taskseal__names_expect(tls->ssl, &tls->expected);
}

taskseal_err taskseal__tls_open(taskseal__tls *tls, SSL_CTX *context, int fd,
                                const taskseal__expected *expected, const char *where,
                                taskseal__deadline deadline, taskseal_error *error)
{
    size_t unused = 0;
    taskseal_err err = TASKSEAL_OK;
    taskseal_error why;
    *tls = (taskseal__tls){.process = getpid(),
                           .wire = {.fd = fd},
                           .expected = *expected,
                           .where = where,
                           .phase = "the TLS handshake",
                           .deadline = deadline,
                           .certificate_given = SSL_CTX_get0_certificate(context) != NULL};
    int64_t begun = taskseal__monotonic_us();
    if (!prepare(tls, context))
        err = taskseal__fail(error, TASKSEAL_ERR_NO_MEMORY, "%s: no memory for a TLS session", where);
    else if (perform(tls, HANDSHAKE, NULL, 0, &unused, true, &why) != 1)
        err = taskseal__fail(error, why.code, "%s", why.message);
    else if (!proved(tls) && !proved(tls)) /* the first look may have been short of memory */
        err = taskseal__fail(error, TASKSEAL_ERR_NOT_VERIFIED,
                             "%s: the handshake ended without proof of the server's identity", where);
    tls->handshake_us = (unsigned)(taskseal__monotonic_us() - begun);
    if (err == TASKSEAL_OK)
        tls->verified = true;
    else
        taskseal__tls_close(tls);
    return err;
}

/* ---- Bytes ---------------------------------------------------------------------------------------------------- */

/* A child of fork has a copy of the session. A record of its own would repeat the nonce of its parent's next one, which
 * gives both away, and would end the parent's connection. */
static bool is_inherited(const taskseal__tls *tls)
{
    return tls->process != getpid();
}

static bool may_pass(const taskseal__tls *tls, taskseal_error *error)
{
    if (tls->ssl != NULL && tls->verified && !is_inherited(tls))
        return true;
    if (tls->ssl != NULL && is_inherited(tls)) {
        (void)taskseal__fail(error, TASKSEAL_ERR_NOT_VERIFIED,
                             "%s: the connection belongs to another process: connect anew after fork",
                             tls->where);
        return false;
    }
    (void)taskseal__fail(error, TASKSEAL_ERR_NOT_VERIFIED,
                         "the connection is not verified: use taskseal_redis_reconnect");
    return false;
}

ssize_t taskseal__tls_read(taskseal__tls *tls, void *data, size_t cap, bool wait, taskseal_error *error)
{
    size_t done = 0;
    if (!may_pass(tls, error))
        return -1;
    int result = perform(tls, READ, data, cap, &done, wait, error);
    return result == 1 ? (ssize_t)done : result;
}

ssize_t taskseal__tls_write(taskseal__tls *tls, const void *data, size_t len, bool wait,
                            taskseal_error *error)
{
    size_t done = 0;
    if (!may_pass(tls, error))
        return -1;
    /* The cast is safe: attempt() gives what is to be written to SSL_write_ex only, which reads it. */
    int result = perform(tls, WRITE, (void *)(uintptr_t)data, len, &done, wait, error);
    return result == 1 ? (ssize_t)done : result;
}

void taskseal__tls_disown(taskseal__tls *tls)
{
    tls->verified = false;
    tls->wire.fd = -1;
}

void taskseal__tls_close(taskseal__tls *tls)
{
    if (tls->ssl != NULL) {
        ERR_clear_error();
        if (tls->verified && !is_inherited(tls))
            (void)SSL_shutdown(tls->ssl);
        SSL_free(tls->ssl);
        ERR_clear_error();
        tls->ssl = NULL;
    }
    tls->verified = false;
    if (tls->wire.fd >= 0)
        (void)close(tls->wire.fd);
    tls->wire.fd = -1;
}
