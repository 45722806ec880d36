/* SPDX-License-Identifier: MIT */
#include "client.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <sodium.h>

#include "../core/error.h"
#include "pem.h"

/* More than what OpenSSL uses below a call that reads a key. It leaves the passphrase there: seen with 3.0 and keys of
 * the traditional PEM form. */
#define STACK_BYTES 32768U

static taskseal_err no_memory(taskseal_error *error)
{
    return taskseal__fail(error, TASKSEAL_ERR_NO_MEMORY, "no memory for the client's certificate and key");
}

/* Why OpenSSL did not take a file, from its error queue. */
static taskseal_err unusable(taskseal_error *error, const char *parameter, const char *path, const char *hint)
{
    unsigned long failure = ERR_peek_last_error();
    const char *reason = ERR_reason_error_string(failure);
    if (ERR_GET_REASON(failure) == ERR_R_MALLOC_FAILURE)
        return no_memory(error);
    return taskseal__fail(error, TASKSEAL_ERR_TRUST_CONFIG, "%s `%.200s` can't be used (%s): %s", parameter,
                          path, hint, reason != NULL ? reason : "unknown reason");
}

/* ---- The certificate ---------------------------------------------------------------------------------------- */

static X509 *read_certificate(BIO *file, const taskseal__library *library)
{
    X509 *certificate = X509_new_ex(library->context, NULL);
    if (certificate != NULL &&
        PEM_read_bio_X509(file, &certificate, taskseal__pem_no_passphrase, NULL) == NULL) {
        X509_free(certificate);
        certificate = NULL;
    }
    return certificate;
}

/* The intermediates that follow the certificate are sent to the server too. */
static bool add_chain(SSL_CTX *tls, const taskseal__library *library, BIO *file)
{
    X509 *next;
    while ((next = read_certificate(file, library)) != NULL) {
        if (SSL_CTX_add0_chain_cert(tls, next) != 1) {
            X509_free(next);
            return false;
        }
    }
    unsigned long end = ERR_peek_last_error();
    return ERR_GET_LIB(end) == ERR_LIB_PEM && ERR_GET_REASON(end) == PEM_R_NO_START_LINE;
}

static taskseal_err load_certificate(SSL_CTX *tls, const taskseal__library *library, const char *path,
                                     taskseal_error *error)
{
    taskseal_error why;
    BIO *file = taskseal__pem_open("cert", path, &why);
    if (file == NULL)
        return taskseal__fail(error, why.code, "%s", why.message);
    X509 *own = read_certificate(file, library);
    bool loaded = own != NULL && SSL_CTX_use_certificate(tls, own) == 1 && add_chain(tls, library, file);
    X509_free(own);
    BIO_free(file);
    return loaded ? TASKSEAL_OK : unusable(error, "cert", path, "it must be a PEM certificate");
}

/* ---- The key ------------------------------------------------------------------------------------------------ */

typedef struct question {
    const taskseal_redis_options *options;
    bool asked;    /* the key is encrypted */
    bool answered; /* and there was a passphrase to try */
    bool no_memory;
} question;

/* Asks in guarded memory, so that what the callback leaves behind its answer does not stay either. */
static int ask(char *out, int cap, int writing, void *argument)
{
    question *q = argument;
    (void)writing;
    q->asked = true;
    if (q->options->passphrase == NULL || cap <= 0)
        return -1;
    size_t room = (size_t)cap < TASKSEAL_PASSPHRASE_MAX ? (size_t)cap : TASKSEAL_PASSPHRASE_MAX;
    char *answer = sodium_malloc(room);
    q->no_memory = answer == NULL;
    if (answer == NULL)
        return -1;
    int len = q->options->passphrase(answer, room, q->options->passphrase_argument);
    q->answered = len > 0 && (size_t)len <= room;
    if (q->answered)
        memcpy(out, answer, (size_t)len);
    sodium_free(answer); /* wipes */
    return q->answered ? len : -1;
}

static const char *key_hint(const question *q)
{
    if (!q->asked)
        return "it must be the PEM private key of `cert`";
    if (q->options->passphrase == NULL)
        return "it is encrypted: give a passphrase callback, or decrypt it with `openssl pkey`";
    if (!q->answered)
        return "it is encrypted, and the passphrase callback gave no passphrase";
    return "it is encrypted, and the passphrase does not decrypt it";
}

static taskseal_err load_key(SSL_CTX *tls, const taskseal__library *library, const char *path,
                             const taskseal_redis_options *options, taskseal_error *error)
{
    taskseal_error why;
    question q = {.options = options};
    BIO *file = taskseal__pem_open("key", path, &why);
    if (file == NULL)
        return taskseal__fail(error, why.code, "%s", why.message);
    EVP_PKEY *key = PEM_read_bio_PrivateKey_ex(file, NULL, ask, &q, library->context, NULL);
    sodium_stackzero(STACK_BYTES);
    bool read = key != NULL;
    bool loaded = read && SSL_CTX_use_PrivateKey(tls, key) == 1 && SSL_CTX_check_private_key(tls) == 1;
    EVP_PKEY_free(key);
    BIO_free(file);
    if (loaded)
        return TASKSEAL_OK;
    if (q.no_memory)
        return no_memory(error);
    return unusable(error, "key", path, read ? "it does not belong to `cert`" : key_hint(&q));
}

taskseal_err taskseal__client_load(SSL_CTX *tls, const taskseal__library *library, const char *cert,
                                   const char *key, const taskseal_redis_options *options,
                                   taskseal_error *error)
{
    ERR_clear_error();
    taskseal_err err = load_certificate(tls, library, cert, error);
    ERR_clear_error();
    if (err == TASKSEAL_OK)
        err = load_key(tls, library, key, options, error);
    ERR_clear_error();
    return err;
}
