/* SPDX-License-Identifier: MIT */
#include "trust_load.h"

#include <openssl/err.h>
#include <stdbool.h>

#include "../core/error.h"
#include "anchors.h"
#include "client.h"
#include "crl.h"
#include "library.h"
#include "tls.h"

#define SECURITY_LEVEL 2 /* 112 bits; no SHA-1, no RSA below 2048 */

/* ECDHE with AEAD only. */
#define TLS12_CIPHERS "ECDHE+AESGCM:ECDHE+CHACHA20"
#define TLS13_CIPHERS "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256"

/* The hybrid group, where OpenSSL has it (3.5), keeps recorded traffic from later quantum computers. */
#define GROUPS        "X25519:P-256:X448:P-384:P-521"
#define HYBRID_GROUPS "X25519MLKEM768:" GROUPS

#define SIGNATURES                                                                                           \
    "ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512:ed25519:ed448:"                                                  \
    "rsa_pss_pss_sha256:rsa_pss_pss_sha384:rsa_pss_pss_sha512:"                                              \
    "rsa_pss_rsae_sha256:rsa_pss_rsae_sha384:rsa_pss_rsae_sha512:RSA+SHA256:RSA+SHA384:RSA+SHA512"

#define OPTIONS                                                                                              \
    (SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET | SSL_OP_ENABLE_MIDDLEBOX_COMPAT)

static const char *openssl_reason(void)
{
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());
    return reason != NULL ? reason : "unknown reason";
}

static bool is_no_memory(void)
{
    return ERR_GET_REASON(ERR_peek_last_error()) == ERR_R_MALLOC_FAILURE;
}

static taskseal_err fail(taskseal_error *error, const char *what)
{
    if (is_no_memory())
        return taskseal__fail(error, TASKSEAL_ERR_NO_MEMORY, "no memory for the TLS configuration");
    return taskseal__fail(error, TASKSEAL_ERR_TRUST_CONFIG, "%s: %s", what, openssl_reason());
}

static bool set_groups(SSL_CTX *tls)
{
    ERR_set_mark();
    bool hybrid = SSL_CTX_set1_groups_list(tls, HYBRID_GROUPS) == 1;
    ERR_pop_to_mark();
    return hybrid || SSL_CTX_set1_groups_list(tls, GROUPS) == 1;
}

/* All of it is set, defaults too: OpenSSL applies the `system_default` section of OPENSSL_CONF to every new
 * SSL_CTX, also in a library context that has loaded no configuration. */
static bool set_protocol(SSL_CTX *tls, bool tls13)
{
    (void)SSL_CTX_clear_options(tls, ~(uint64_t)0);
    (void)SSL_CTX_set_options(tls, OPTIONS);
    SSL_CTX_set_security_level(tls, SECURITY_LEVEL);
    (void)SSL_CTX_set_session_cache_mode(tls, SSL_SESS_CACHE_OFF); /* a resumed session skips verification */
    (void)SSL_CTX_set_mode(tls, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_read_ahead(tls, 1);
    return SSL_CTX_set_min_proto_version(tls, tls13 ? TLS1_3_VERSION : TLS1_2_VERSION) == 1 &&
           SSL_CTX_set_max_proto_version(tls, TLS1_3_VERSION) == 1 &&
           SSL_CTX_set_cipher_list(tls, TLS12_CIPHERS) == 1 &&
           SSL_CTX_set_ciphersuites(tls, TLS13_CIPHERS) == 1 && set_groups(tls) &&
           SSL_CTX_set1_sigalgs_list(tls, SIGNATURES) == 1;
}

static taskseal_err set_anchors(SSL_CTX *tls, const taskseal__library *library,
                                const taskseal__sources *sources, taskseal_error *error)
{
    X509_STORE *store = NULL;
    taskseal_err err = taskseal__anchors_load(&store, library, sources->cacert, error);
    if (err == TASKSEAL_OK && sources->crl != NULL)
        err = taskseal__crl_load(store, library, sources->crl, error);
    if (err != TASKSEAL_OK) {
        X509_STORE_free(store);
        return err;
    }
    /* Both places where OpenSSL may look. */
    bool set = SSL_CTX_set1_verify_cert_store(tls, store) == 1;
    SSL_CTX_set1_cert_store(tls, store);
    X509_STORE_free(store);
    return set ? TASKSEAL_OK : fail(error, "the CAs could not be set");
}

taskseal_err taskseal__trust_load(SSL_CTX **out, const taskseal__sources *sources,
                                  const taskseal_redis_options *options, taskseal_error *error)
{
    *out = NULL;
    ERR_clear_error();
    const taskseal__library *library = taskseal__library_get();
    if (library == NULL)
        return taskseal__fail(error, TASKSEAL_ERR_NO_MEMORY, "OpenSSL could not be set up");
    SSL_CTX *tls = SSL_CTX_new_ex(library->context, NULL, TLS_client_method());
    taskseal_err err = TASKSEAL_OK;
    if (tls == NULL || !set_protocol(tls, sources->tls13))
        err = fail(error, "OpenSSL lacks what TLS 1.2 with ECDHE and AEAD needs");
    if (err == TASKSEAL_OK)
        err = set_anchors(tls, library, sources, error);
    if (err == TASKSEAL_OK && sources->cert != NULL)
        err = taskseal__client_load(tls, library, sources->cert, sources->key, options, error);
    if (err == TASKSEAL_OK) {
        taskseal__tls_install(tls);
        *out = tls;
    } else {
        SSL_CTX_free(tls);
    }
    ERR_clear_error();
    return err;
}
