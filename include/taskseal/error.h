/* SPDX-License-Identifier: MIT
 *
 * What taskseal's functions return: included by taskseal.h, which says what holds for all of them.
 */
#ifndef TASKSEAL_ERROR_H
#define TASKSEAL_ERROR_H

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The compiler warns when the result of a function that can fail is ignored. */
#if defined(__GNUC__) || defined(__clang__)
#define TASKSEAL_MUST_USE __attribute__((warn_unused_result))
#else
#define TASKSEAL_MUST_USE
#endif

/* ---- Errors ----------------------------------------------------------------------------------- */

/* X(name, value, permanence, short name, text). Values and short names never change meaning.
 * PERMANENT: the same input fails again, so do not retry it. RETRYABLE: it may succeed later. */
#define TASKSEAL_ERRORS(X)                                                                                   \
    X(BAD_ARGUMENT, 1, PERMANENT, "bad-argument", "an argument is out of its range; see the header")         \
    X(NO_MEMORY, 2, RETRYABLE, "no-memory", "memory could not be had")                                       \
    X(NO_RANDOM, 3, RETRYABLE, "no-random", "the system's random number generator failed")                   \
    X(BUFFER_TOO_SMALL, 4, PERMANENT, "buffer-too-small", "the output buffer is too small")                  \
    X(BAD_CLOCK, 5, RETRYABLE, "bad-clock", "the system clock could not be read or is out of range")         \
    X(NOT_SEALED, 10, PERMANENT, "not-sealed", "the input is not a sealed envelope")                         \
    X(MALFORMED, 11, PERMANENT, "malformed",                                                                 \
      "the envelope breaks the format's rules (is it in text form, or was it cut?)")                         \
    X(UNSUPPORTED_VERSION, 12, PERMANENT, "unsupported-version",                                             \
      "the envelope's version is not known to this library: upgrade it")                                     \
    X(UNSUPPORTED_SUITE, 13, PERMANENT, "unsupported-suite",                                                 \
      "the envelope's suite is not known to this library: upgrade it")                                       \
    X(SUITE_UNAVAILABLE, 14, PERMANENT, "suite-unavailable",                                                 \
      "this build or CPU lacks an algorithm that is needed (suite 02: AES instructions; suite 03 and "       \
      "aegis256 keys: libsodium 1.0.19 or newer)")                                                           \
    X(SUITE_DENIED, 15, PERMANENT, "suite-denied", "the caller's policy does not allow this suite")          \
    X(CLASS_DENIED, 16, PERMANENT, "class-denied",                                                           \
      "the envelope is for an anonymous key class, which proves no sender")                                  \
    X(LOOKS_SEALED, 17, PERMANENT, "looks-sealed",                                                           \
      "the payload begins as an envelope does: sealing it twice is refused unless asked for")                \
    X(UNKNOWN_KEY, 20, RETRYABLE, "unknown-key",                                                             \
      "the keyring has no such key, or none that the envelope names; keys may still be spreading")           \
    X(KEY_RETIRED, 21, PERMANENT, "key-retired", "the key that would serve is retired")                      \
    X(KEY_COMPROMISED, 22, PERMANENT, "key-compromised", "a key that is named is marked compromised")        \
    X(KEY_WRONG_QUEUE, 23, PERMANENT, "key-wrong-queue", "the key is not good for this queue")               \
    X(KEY_OUTSIDE_WINDOW, 24, PERMANENT, "key-outside-window",                                               \
      "the seal time is outside the key's not-before .. not-after window")                                   \
    X(KEY_UNAVAILABLE, 25, RETRYABLE, "key-unavailable", "the key's keeper did not answer")                  \
    X(KEY_NOT_ACTIVE, 26, PERMANENT, "key-not-active", "the key may not seal: no active key serves")         \
    X(KEY_WRONG_USE, 27, PERMANENT, "key-wrong-use",                                                         \
      "the key's type serves something else: dedupe keys make dedupe tags, the others seal")                 \
    X(AUTHENTICATION_FAILED, 30, PERMANENT, "authentication-failed",                                         \
      "the envelope was not made with this key, or its header was changed")                                  \
    X(CONTEXT_MISMATCH, 31, PERMANENT, "context-mismatch",                                                   \
      "the envelope belongs to another queue, type or id, or lacks a binding that was insisted on")          \
    X(CONTEXT_REQUIRED, 32, PERMANENT, "context-required",                                                   \
      "the envelope is bound to a field that the caller did not give")                                       \
    X(WRONG_PURPOSE, 33, PERMANENT, "wrong-purpose", "the envelope was sealed for another purpose")          \
    X(NOT_YET_VALID, 34, RETRYABLE, "not-yet-valid",                                                         \
      "the envelope was sealed more than 300 s in this clock's future: compare the clocks")                  \
    X(EXPIRED, 35, PERMANENT, "expired", "the envelope is past its expiry or the caller's maximum age")      \
    X(DAMAGED, 36, PERMANENT, "damaged", "the payload was changed, cut or extended after sealing")           \
    X(KEYFILE_READ, 40, RETRYABLE, "keyfile-read", "the key file could not be read")                         \
    X(KEYFILE_PERMISSIONS, 41, PERMANENT, "keyfile-permissions",                                             \
      "others can read or change the key file: chmod 600 it")                                                \
    X(KEYFILE_MALFORMED, 42, PERMANENT, "keyfile-malformed", "the key file breaks its format")               \
    X(KEYFILE_EXISTS, 43, PERMANENT, "keyfile-exists", "a file of that name exists and is kept")             \
    X(KEYFILE_WRITE, 44, RETRYABLE, "keyfile-write", "the key file could not be written")                    \
    X(KEYFILE_UNSUPPORTED, 45, PERMANENT, "keyfile-unsupported",                                             \
      "the key file's format is not known to this library: upgrade it")                                      \
    X(KEYFILE_PASSPHRASE, 46, PERMANENT, "keyfile-passphrase",                                               \
      "the key file is protected, and its passphrase was not given or is another")                           \
    X(KEYFILE_CHANGE, 47, PERMANENT, "keyfile-change", "the key file does not permit this change")           \
    X(URI_INVALID, 100, PERMANENT, "uri-invalid", "the connection URI breaks its rules")                     \
    X(TRUST_CONFIG, 101, PERMANENT, "trust-config",                                                          \
      "a CA, certificate, key or revocation list could not be used")                                         \
    X(RESOLVE, 102, RETRYABLE, "resolve", "the host name could not be resolved")                             \
    X(CONNECT, 103, RETRYABLE, "connect", "the TCP connection could not be made")                            \
    X(TIMEOUT, 104, RETRYABLE, "timeout", "the deadline passed")                                             \
    X(NOT_TLS, 105, PERMANENT, "not-tls", "the server does not speak TLS on this port")                      \
    X(PEER_CLOSED, 106, RETRYABLE, "peer-closed", "the server closed the connection")                        \
    X(TLS_PROTOCOL, 107, PERMANENT, "tls-protocol", "the two sides have no way of TLS in common")            \
    X(CERT_EXPIRED, 108, PERMANENT, "cert-expired", "a certificate of the server has expired")               \
    X(CERT_NOT_YET_VALID, 109, PERMANENT, "cert-not-yet-valid",                                              \
      "a certificate of the server is not valid yet")                                                        \
    X(CERT_UNTRUSTED, 110, PERMANENT, "cert-untrusted",                                                      \
      "the server's certificate does not chain to a trusted CA")                                             \
    X(CERT_SELF_SIGNED, 111, PERMANENT, "cert-self-signed", "the server's certificate is self-signed")       \
    X(CERT_REVOKED, 112, PERMANENT, "cert-revoked", "a certificate of the server is revoked")                \
    X(CERT_PURPOSE, 113, PERMANENT, "cert-purpose",                                                          \
      "a certificate of the server may not be used for this purpose")                                        \
    X(CERT_WEAK, 114, PERMANENT, "cert-weak", "a certificate of the server has a weak key or signature")     \
    X(CERT_INVALID, 115, PERMANENT, "cert-invalid", "a certificate of the server breaks X.509's rules")      \
    X(NAME_MISMATCH, 116, PERMANENT, "name-mismatch",                                                        \
      "the server's certificate does not hold the expected name")                                            \
    X(PIN_MISMATCH, 117, PERMANENT, "pin-mismatch", "the server's public key is not a pinned one")           \
    X(CLIENT_CERT_REQUIRED, 118, PERMANENT, "client-cert-required",                                          \
      "the server requires a client certificate")                                                            \
    X(CLIENT_CERT_REFUSED, 119, PERMANENT, "client-cert-refused",                                            \
      "the server refused the client certificate")                                                           \
    X(AUTH_REFUSED, 120, PERMANENT, "auth-refused", "the server refused the user or password")               \
    X(NO_PERMISSION, 121, PERMANENT, "no-permission", "the ACL user may not run this command")               \
    X(SERVER_ERROR, 122, PERMANENT, "server-error", "the server answered with an error")                     \
    X(SERVER_BUSY, 123, RETRYABLE, "server-busy", "the server can't answer now (loading, busy, ...)")        \
    X(NOT_VERIFIED, 124, PERMANENT, "not-verified",                                                          \
      "the connection is not verified: use taskseal_redis_reconnect")                                        \
    X(IO, 125, RETRYABLE, "io", "the connection failed")                                                     \
    X(REPLY_LIMIT, 126, PERMANENT, "reply-limit", "the server's reply is larger than the limits allow")      \
    X(CRL_UNUSABLE, 127, RETRYABLE, "crl-unusable",                                                          \
      "a revocation list that is needed is missing, stale or not right")                                     \
    X(TLS_DAMAGED, 128, RETRYABLE, "tls-damaged",                                                            \
      "what one side of a TLS session sent was changed or cut on its way to the other")

typedef enum taskseal_err {
    TASKSEAL_OK = 0,
#define TASKSEAL_X(name, value, permanence, short_name, text) TASKSEAL_ERR_##name = value,
    TASKSEAL_ERRORS(TASKSEAL_X)
#undef TASKSEAL_X
} taskseal_err;

/* The short name ("expired"), for logs, metrics and dead-letter lists; "ok" for TASKSEAL_OK and
 * "unknown-error" for a value that is none. */
const char *taskseal_err_name(taskseal_err err);

/* One sentence for people: what is wrong and, where there is one, the remedy. */
const char *taskseal_err_text(taskseal_err err);

/* True if trying the same again cannot help. TASKSEAL_OK is not permanent; a value that is no error of
 * ours is. */
bool taskseal_err_permanent(taskseal_err err);

/* Detail in words, filled in by the functions that take one when they fail (NULL is fine there). */
typedef struct taskseal_error {
    taskseal_err code;
    unsigned line;     /* the line of a key file, from 1; 0 if none */
    char message[400]; /* complete sentence without a final newline: what, where, what to do */
} taskseal_error;

#ifdef __cplusplus
}
#endif

#endif
