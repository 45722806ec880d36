/* SPDX-License-Identifier: MIT */
#include "trust.h"

#include <openssl/err.h>
#include <stdbool.h>

#include "../core/error.h"
#include "anchors.h"
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

/* A client key in an encrypted file: refused, not asked for at the terminal. `argument` notes that it was. */
static int note_passphrase(char *out, int cap, int writing, void *argument)
{
    bool *asked = argument;
    (void)out;
    (void)cap;
    (void)writing;
    *asked = true;
    return -1;
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
static bool set_protocol(SSL_CTX *tls)
{
    (void)SSL_CTX_clear_options(tls, ~(uint64_t)0);
    (void)SSL_CTX_set_options(tls, OPTIONS);
    SSL_CTX_set_security_level(tls, SECURITY_LEVEL);
    (void)SSL_CTX_set_session_cache_mode(tls, SSL_SESS_CACHE_OFF); /* a resumed session skips verification */
    (void)SSL_CTX_set_mode(tls, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_read_ahead(tls, 1);
    return SSL_CTX_set_min_proto_version(tls, TLS1_2_VERSION) == 1 &&
           SSL_CTX_set_max_proto_version(tls, TLS1_3_VERSION) == 1 &&
           SSL_CTX_set_cipher_list(tls, TLS12_CIPHERS) == 1 &&
           SSL_CTX_set_ciphersuites(tls, TLS13_CIPHERS) == 1 && set_groups(tls) &&
           SSL_CTX_set1_sigalgs_list(tls, SIGNATURES) == 1;
}

static taskseal_err set_anchors(SSL_CTX *tls, const taskseal__library *library, const char *cacert,
                                taskseal_error *error)
{
    X509_STORE *store = NULL;
    taskseal_err err = taskseal__anchors_load(&store, library, cacert, error);
    if (err != TASKSEAL_OK)
        return err;
    /* Both places where OpenSSL may look. */
    bool set = SSL_CTX_set1_verify_cert_store(tls, store) == 1;
    SSL_CTX_set1_cert_store(tls, store);
    X509_STORE_free(store);
    return set ? TASKSEAL_OK : fail(error, "the CAs could not be set");
}

static taskseal_err set_client_certificate(SSL_CTX *tls, const taskseal__uri *uri, taskseal_error *error)
{
    bool encrypted = false;
    taskseal_err err = TASKSEAL_OK;
    char what[300];
    SSL_CTX_set_default_passwd_cb(tls, note_passphrase);
    SSL_CTX_set_default_passwd_cb_userdata(tls, &encrypted);
    if (SSL_CTX_use_certificate_chain_file(tls, uri->cert) != 1) {
        (void)snprintf(what, sizeof what, "cert `%.200s` can't be used (it must be a PEM certificate)",
                       uri->cert);
        err = fail(error, what);
    } else if (SSL_CTX_use_PrivateKey_file(tls, uri->key, SSL_FILETYPE_PEM) != 1) {
        (void)snprintf(what, sizeof what, "key `%.200s` can't be used%s", uri->key,
                       encrypted ? " (it is encrypted: decrypt it with `openssl pkey`)"
                                 : " (it must be the PEM private key of `cert`)");
        err = fail(error, what);
    } else if (SSL_CTX_check_private_key(tls) != 1) {
        err = fail(error, "key and cert do not belong together");
    }
    SSL_CTX_set_default_passwd_cb_userdata(tls, NULL);
    SSL_CTX_set_default_passwd_cb(tls, NULL);
    return err;
}

taskseal_err taskseal__trust_new(SSL_CTX **out, const taskseal__uri *uri, taskseal_error *error)
{
    *out = NULL;
    ERR_clear_error();
    const taskseal__library *library = taskseal__library_get();
    if (library == NULL)
        return taskseal__fail(error, TASKSEAL_ERR_NO_MEMORY, "OpenSSL could not be set up");
    SSL_CTX *tls = SSL_CTX_new_ex(library->context, NULL, TLS_client_method());
    taskseal_err err = TASKSEAL_OK;
    if (tls == NULL || !set_protocol(tls))
        err = fail(error, "OpenSSL lacks what TLS 1.2 with ECDHE and AEAD needs");
    if (err == TASKSEAL_OK)
        err = set_anchors(tls, library, uri->cacert, error);
    if (err == TASKSEAL_OK && uri->cert != NULL)
        err = set_client_certificate(tls, uri, error);
    if (err == TASKSEAL_OK) {
        taskseal__tls_install(tls);
        *out = tls;
    } else {
        SSL_CTX_free(tls);
    }
    ERR_clear_error();
    return err;
}
