/* SPDX-License-Identifier: MIT
 *
 * taskseal: sealed envelopes for the payloads of background jobs.
 *
 * Seal in the producer, open in the worker:
 *
 *     taskseal_keyring *ring;
 *     taskseal_error error;
 *     if (taskseal_keyring_load(&ring, "/etc/app/keyring", &error) != TASKSEAL_OK)
 *         die(error.message);
 *
 *     taskseal_seal_options seal = {.keyring = ring,
 *                                   .context = {.queue = taskseal_str("mail"),
 *                                               .type = taskseal_str("password-reset"),
 *                                               .id = taskseal_str(task_id)},
 *                                   .lifetime = 3600};
 *     err = taskseal_seal(&seal, payload, payload_len, sealed, sizeof sealed, &sealed_len);
 *
 *     taskseal_open_options open = {.keyring = ring, .context = seal.context};
 *     err = taskseal_open(&open, sealed, sealed_len, payload, sizeof payload, &payload_len, NULL);
 *
 * Rules that hold for every function, so that each need not repeat them:
 *
 *  - A function that can fail returns taskseal_err: TASKSEAL_OK is 0, and the compiler warns when the
 *    result is ignored. On failure every output length is 0, every output pointer is NULL, and plaintext
 *    that was written on the way is wiped. An output that a function does not reach is not touched.
 *  - Sizes are in bytes. Times are seconds since 1970-01-01 UTC, 1 .. TASKSEAL_TIME_MAX; 0 means "not
 *    given": the system clock for `now`, never for an expiry, no limit for a maximum age.
 *  - Option structs are meant to be made with an initializer, so that fields you do not name are 0, and 0
 *    is always the safe default. They are read during the call only, nothing in them is kept.
 *  - Buffers belong to the caller. Sealing, opening, rewrapping and inspecting allocate nothing.
 *    Input and output must not overlap (TASKSEAL_ERR_BAD_ARGUMENT), except in the `_in_place` functions.
 *  - Everything is safe to call from several threads at once; a keyring is immutable and may be shared.
 *  - No message, name or text ever holds payload, key or password bytes.
 *  - Errors are listed without their prefix: EXPIRED is TASKSEAL_ERR_EXPIRED.
 *
 * The bytes of an envelope are specified in doc/format.md; section numbers below (F 4.2) refer to it.
 */
#ifndef TASKSEAL_TASKSEAL_H
#define TASKSEAL_TASKSEAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__) || defined(__clang__)
#define TASKSEAL_MUST_USE __attribute__((warn_unused_result))
#else
#define TASKSEAL_MUST_USE
#endif

/* ---- Version ---------------------------------------------------------------------------------- */

#define TASKSEAL_VERSION_MAJOR 0
#define TASKSEAL_VERSION_MINOR 1
#define TASKSEAL_VERSION_PATCH 0
#define TASKSEAL_VERSION "0.1.0"

/* The version of the library that was linked, as TASKSEAL_VERSION was when it was built. */
const char *taskseal_version(void);

/* ---- Errors ----------------------------------------------------------------------------------- */

/* X(name, value, permanence, short name, text). Values and short names never change meaning.
 * PERMANENT: the same input fails again, so do not retry it. RETRYABLE: it may succeed later. */
#define TASKSEAL_ERRORS(X)                                                                               \
    X(BAD_ARGUMENT, 1, PERMANENT, "bad-argument", "an argument is out of its range; see the header")     \
    X(NO_MEMORY, 2, RETRYABLE, "no-memory", "memory could not be had")                                   \
    X(NO_RANDOM, 3, RETRYABLE, "no-random", "the system's random number generator failed")               \
    X(BUFFER_TOO_SMALL, 4, PERMANENT, "buffer-too-small", "the output buffer is too small")              \
    X(BAD_CLOCK, 5, RETRYABLE, "bad-clock", "the system clock could not be read or is out of range")     \
    X(NOT_SEALED, 10, PERMANENT, "not-sealed", "the input is not a sealed envelope")                     \
    X(MALFORMED, 11, PERMANENT, "malformed",                                                             \
      "the envelope breaks the format's rules (is it in text form, or was it cut?)")                     \
    X(UNSUPPORTED_VERSION, 12, PERMANENT, "unsupported-version",                                         \
      "the envelope's version is not known to this library: upgrade it")                                 \
    X(UNSUPPORTED_SUITE, 13, PERMANENT, "unsupported-suite",                                             \
      "the envelope's suite is not known to this library: upgrade it")                                   \
    X(SUITE_UNAVAILABLE, 14, PERMANENT, "suite-unavailable",                                             \
      "this build or CPU lacks an algorithm that is needed (suite 02: AES instructions; suite 03 and "   \
      "aegis256 keys: libsodium 1.0.19 or newer)")                                                       \
    X(SUITE_DENIED, 15, PERMANENT, "suite-denied", "the caller's policy does not allow this suite")      \
    X(CLASS_DENIED, 16, PERMANENT, "class-denied",                                                       \
      "the envelope is for an anonymous key class, which proves no sender")                              \
    X(LOOKS_SEALED, 17, PERMANENT, "looks-sealed",                                                       \
      "the payload begins as an envelope does: sealing it twice is refused unless asked for")            \
    X(UNKNOWN_KEY, 20, RETRYABLE, "unknown-key",                                                         \
      "the keyring has no such key, or none that the envelope names; keys may still be spreading")       \
    X(KEY_RETIRED, 21, PERMANENT, "key-retired", "the key that would serve is retired")                  \
    X(KEY_COMPROMISED, 22, PERMANENT, "key-compromised", "a key that is named is marked compromised")    \
    X(KEY_WRONG_QUEUE, 23, PERMANENT, "key-wrong-queue", "the key is not good for this queue")           \
    X(KEY_OUTSIDE_WINDOW, 24, PERMANENT, "key-outside-window",                                           \
      "the seal time is outside the key's not-before .. not-after window")                               \
    X(KEY_UNAVAILABLE, 25, RETRYABLE, "key-unavailable", "the key's keeper did not answer")              \
    X(KEY_NOT_ACTIVE, 26, PERMANENT, "key-not-active", "the key may not seal: no active key serves")     \
    X(AUTHENTICATION_FAILED, 30, PERMANENT, "authentication-failed",                                     \
      "the envelope was not made with this key, or its header was changed")                              \
    X(CONTEXT_MISMATCH, 31, PERMANENT, "context-mismatch",                                               \
      "the envelope belongs to another queue, type or id, or lacks a binding that was insisted on")      \
    X(CONTEXT_REQUIRED, 32, PERMANENT, "context-required",                                               \
      "the envelope is bound to a field that the caller did not give")                                   \
    X(WRONG_PURPOSE, 33, PERMANENT, "wrong-purpose", "the envelope was sealed for another purpose")      \
    X(NOT_YET_VALID, 34, RETRYABLE, "not-yet-valid",                                                     \
      "the envelope was sealed more than 300 s in this clock's future: compare the clocks")              \
    X(EXPIRED, 35, PERMANENT, "expired", "the envelope is past its expiry or the caller's maximum age")  \
    X(DAMAGED, 36, PERMANENT, "damaged", "the payload was changed, cut or extended after sealing")       \
    X(KEYFILE_READ, 40, RETRYABLE, "keyfile-read", "the key file could not be read")                     \
    X(KEYFILE_PERMISSIONS, 41, PERMANENT, "keyfile-permissions",                                         \
      "others can read or change the key file: chmod 600 it")                                            \
    X(KEYFILE_MALFORMED, 42, PERMANENT, "keyfile-malformed", "the key file breaks its format")           \
    X(KEYFILE_EXISTS, 43, PERMANENT, "keyfile-exists", "a file of that name exists and is kept")         \
    X(KEYFILE_WRITE, 44, RETRYABLE, "keyfile-write", "the key file could not be written")                \
    X(URI_INVALID, 100, PERMANENT, "uri-invalid", "the connection URI breaks its rules")                 \
    X(TRUST_CONFIG, 101, PERMANENT, "trust-config",                                                      \
      "a CA, certificate or key file could not be used")                                                 \
    X(RESOLVE, 102, RETRYABLE, "resolve", "the host name could not be resolved")                         \
    X(CONNECT, 103, RETRYABLE, "connect", "the TCP connection could not be made")                        \
    X(TIMEOUT, 104, RETRYABLE, "timeout", "the deadline passed")                                         \
    X(NOT_TLS, 105, PERMANENT, "not-tls", "the server does not speak TLS on this port")                  \
    X(PEER_CLOSED, 106, RETRYABLE, "peer-closed", "the server closed the connection")                    \
    X(TLS_PROTOCOL, 107, PERMANENT, "tls-protocol", "no TLS session could be agreed on")                 \
    X(CERT_EXPIRED, 108, PERMANENT, "cert-expired", "a certificate of the server has expired")           \
    X(CERT_NOT_YET_VALID, 109, PERMANENT, "cert-not-yet-valid",                                          \
      "a certificate of the server is not valid yet")                                                    \
    X(CERT_UNTRUSTED, 110, PERMANENT, "cert-untrusted",                                                  \
      "the server's certificate does not chain to a trusted CA")                                         \
    X(CERT_SELF_SIGNED, 111, PERMANENT, "cert-self-signed", "the server's certificate is self-signed")   \
    X(CERT_REVOKED, 112, PERMANENT, "cert-revoked", "a certificate of the server is revoked")            \
    X(CERT_PURPOSE, 113, PERMANENT, "cert-purpose",                                                      \
      "a certificate of the server may not be used for this purpose")                                    \
    X(CERT_WEAK, 114, PERMANENT, "cert-weak",                                                            \
      "a certificate of the server has a weak key or signature")                                         \
    X(CERT_INVALID, 115, PERMANENT, "cert-invalid", "a certificate of the server breaks X.509's rules")  \
    X(NAME_MISMATCH, 116, PERMANENT, "name-mismatch",                                                    \
      "the server's certificate does not hold the expected name")                                        \
    X(PIN_MISMATCH, 117, PERMANENT, "pin-mismatch", "the server's public key is not a pinned one")       \
    X(CLIENT_CERT_REQUIRED, 118, PERMANENT, "client-cert-required",                                      \
      "the server requires a client certificate")                                                        \
    X(CLIENT_CERT_REFUSED, 119, PERMANENT, "client-cert-refused",                                        \
      "the server refused the client certificate")                                                       \
    X(AUTH_REFUSED, 120, PERMANENT, "auth-refused", "the server refused the user or password")           \
    X(NO_PERMISSION, 121, PERMANENT, "no-permission", "the ACL user may not run this command")           \
    X(SERVER_ERROR, 122, PERMANENT, "server-error", "the server answered with an error")                 \
    X(SERVER_BUSY, 123, RETRYABLE, "server-busy", "the server can't answer now (loading, busy, ...)")    \
    X(NOT_VERIFIED, 124, PERMANENT, "not-verified",                                                      \
      "the connection is not verified: use taskseal_redis_reconnect")                                    \
    X(IO, 125, RETRYABLE, "io", "the connection failed")                                                 \
    X(REPLY_LIMIT, 126, PERMANENT, "reply-limit", "the server's reply is larger than the limits allow")

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

/* ---- Sizes and limits ------------------------------------------------------------------------- */

#define TASKSEAL_KEY_BYTES 32U        /* a KEK */
#define TASKSEAL_MESSAGE_ID_BYTES 32U /* a message id, which is the commitment (F 3) */
#define TASKSEAL_KEY_ID_MAX 255U      /* a key id, without the final NUL */
#define TASKSEAL_CONTEXT_MAX 65535U   /* each context field */
#define TASKSEAL_STANZAS_MAX 8U       /* keys that one envelope is sealed to */
#define TASKSEAL_HEADER_MAX 4096U     /* all before the chunks */
#define TASKSEAL_CHUNK_BYTES 16384U   /* payload bytes a full chunk holds */
#define TASKSEAL_TIME_MAX UINT64_C(253402300799) /* 9999-12-31T23:59:59Z */
#define TASKSEAL_CLOCK_LEEWAY 300U    /* seconds that a seal time may lie in the opener's future */

/* ---- Algorithms ------------------------------------------------------------------------------- */

/* The suite of an envelope fixes the AEAD that encrypts its payload (F 6). */
typedef enum taskseal_suite {
    TASKSEAL_SUITE_CHACHA20POLY1305 = 1, /* always there; what 0 means when sealing */
    TASKSEAL_SUITE_AES256GCM = 2,        /* where the CPU has AES instructions */
    TASKSEAL_SUITE_AEGIS256 = 3          /* libsodium >= 1.0.19 */
} taskseal_suite;

/* The type of a key fixes the AEAD that wraps DEKs under it (F 4.3). */
typedef enum taskseal_key_type {
    TASKSEAL_KEY_XCHACHA20POLY1305 = 1,
    TASKSEAL_KEY_AEGIS256 = 2 /* faster; libsodium >= 1.0.19 */
} taskseal_key_type;

/* True if this build on this CPU can seal and open with the suite, or wrap with the key type. */
bool taskseal_suite_available(taskseal_suite suite);
bool taskseal_key_type_available(taskseal_key_type type);

/* ---- Keyrings --------------------------------------------------------------------------------- */

/* Keys in guarded memory that is locked, left out of core dumps, and wiped by taskseal_keyring_free.
 * Immutable after it is made. Order matters: keys are tried for a match in the keyring's order, and the
 * first active key that is good for the queue is the one that seals by default (the primary). */
typedef struct taskseal_keyring taskseal_keyring;

typedef struct taskseal_bytes {
    const void *data; /* NULL: absent */
    size_t len;
} taskseal_bytes;

/* A C string as bytes, without its NUL; NULL becomes absent. */
static inline taskseal_bytes taskseal_str(const char *text)
{
    taskseal_bytes bytes;
    bytes.data = text;
    bytes.len = text != NULL ? strlen(text) : 0;
    return bytes;
}

typedef enum taskseal_key_state {
    TASKSEAL_KEY_ACTIVE = 1,    /* seals, opens, rewraps from and to */
    TASKSEAL_KEY_OPEN_ONLY = 2, /* opens, rewraps from */
    TASKSEAL_KEY_RETIRED = 3,   /* a tombstone: its envelopes are refused with a name of their own */
    TASKSEAL_KEY_COMPROMISED = 4 /* as retired, and any envelope that so much as names it is refused */
} taskseal_key_state;

/* A key as given to taskseal_keyring_new. */
typedef struct taskseal_key {
    const char *id;        /* 1..255 of [0-9A-Za-z._:/@+-], the first one alphanumeric; unique */
    taskseal_key_type type;
    taskseal_key_state state;
    const uint8_t *secret; /* TASKSEAL_KEY_BYTES random bytes, never a password; NULL if and only if the
                              state is retired or compromised */
    const taskseal_bytes *queues; /* the queues it is good for, or NULL for every queue */
    size_t queue_count;
    uint64_t not_before;   /* window for the seal time, inclusive; 0: open on that side */
    uint64_t not_after;
} taskseal_key;

/* Makes a keyring of `count` (1..1024) keys; *out is the caller's, freed with taskseal_keyring_free.
 * The secrets are copied (into a form derived from them): wipe yours afterwards.
 *  BAD_ARGUMENT       an id, type, state, secret (also all zero), queue or window is out of its range,
 *                     or an id occurs twice: error->message says which
 *  SUITE_UNAVAILABLE  a key of type aegis256 in a build without AEGIS-256
 *  NO_MEMORY, NO_RANDOM */
TASKSEAL_MUST_USE taskseal_err taskseal_keyring_new(taskseal_keyring **out, const taskseal_key *keys,
                                                    size_t count, taskseal_error *error);

/* Makes a keyring of a key file's text in memory (from a secret manager, say). The format is that of
 * doc/keyfile.md. The caller keeps `text` and should wipe it.
 *  KEYFILE_MALFORMED  with error->line and the reason; never with a secret
 *  SUITE_UNAVAILABLE, NO_MEMORY, NO_RANDOM as above */
TASKSEAL_MUST_USE taskseal_err taskseal_keyring_parse(taskseal_keyring **out, const char *text,
                                                      size_t text_len, taskseal_error *error);

/* Makes a keyring of the key file at `path`.
 *  KEYFILE_READ         it can't be opened or read, is no regular file, or is larger than 1 MiB
 *  KEYFILE_PERMISSIONS  its group or others have any permission on it, or its owner is neither this
 *                       process's effective user nor root
 *  and those of taskseal_keyring_parse */
TASKSEAL_MUST_USE taskseal_err taskseal_keyring_load(taskseal_keyring **out, const char *path,
                                                     taskseal_error *error);

/* Wipes and frees; NULL is fine. No other call may be using the keyring. */
void taskseal_keyring_free(taskseal_keyring *ring);

/* False if the system refused to lock the keys into memory (RLIMIT_MEMLOCK too small): they are still
 * guarded, wiped and left out of core dumps, but may reach swap. Callers who can't have that stop here. */
bool taskseal_keyring_locked(const taskseal_keyring *ring);

/* Creates a key file with one fresh active key, mode 0600, atomically: the complete file appears or none.
 *  BAD_ARGUMENT (key id or type), SUITE_UNAVAILABLE, NO_RANDOM, NO_MEMORY
 *  KEYFILE_EXISTS  something of that name exists; it is left as it is
 *  KEYFILE_WRITE   the file could not be written; nothing is left behind */
TASKSEAL_MUST_USE taskseal_err taskseal_keyfile_create(const char *path, const char *key_id,
                                                       taskseal_key_type type, taskseal_error *error);

/* ---- What an envelope is bound to ------------------------------------------------------------- */

/* Each field is 1..TASKSEAL_CONTEXT_MAX bytes, or absent ({NULL, 0}); empty but present is a
 * BAD_ARGUMENT. Fields given when sealing are bound: the envelope opens only for the same ones. */
typedef struct taskseal_context {
    taskseal_bytes queue;
    taskseal_bytes type;
    taskseal_bytes id;
    taskseal_bytes extra; /* anything else: a tenant, a schema version */
} taskseal_context;

enum {
    TASKSEAL_BOUND_QUEUE = 1,
    TASKSEAL_BOUND_TYPE = 2,
    TASKSEAL_BOUND_ID = 4,
    TASKSEAL_BOUND_EXTRA = 8
};

/* Keeps a sealed result or error text from being passed off as a payload. */
typedef enum taskseal_purpose {
    TASKSEAL_PAYLOAD = 0,
    TASKSEAL_RESULT = 1,
    TASKSEAL_ERROR_TEXT = 2,
    TASKSEAL_REFERENCE = 3
} taskseal_purpose;

/* ---- Sealing ---------------------------------------------------------------------------------- */

enum {
    TASKSEAL_SEAL_PADDED = 1,      /* hide the length: at least 256 bytes, at most 12 % more (F 7) */
    TASKSEAL_SEAL_ALLOW_SEALED = 2 /* the payload may itself be an envelope (bundles) */
};

typedef struct taskseal_seal_options {
    const taskseal_keyring *keyring;
    const char *const *key_ids; /* seal to each of these keys, 1..TASKSEAL_STANZAS_MAX; NULL: the primary,
                                   which is the first active key good for the queue and for the time */
    size_t key_count;
    taskseal_context context;
    taskseal_suite suite;     /* 0: ChaCha20-Poly1305 */
    taskseal_purpose purpose;
    unsigned flags;           /* TASKSEAL_SEAL_... */
    uint64_t expires_at;      /* give at most one of these two */
    uint64_t lifetime;        /* seconds; below 600 a slow clock starts to destroy tasks */
    uint64_t now;             /* the seal time; 0: the system clock */
} taskseal_seal_options;

/* The size of the envelope that these options make of `payload_len` bytes, and, for
 * taskseal_seal_in_place, the offset at which the payload must stand. Either output may be NULL.
 *  BAD_ARGUMENT     options out of range, twice the same key, expiry not after the seal time, more
 *                   than memory or the format holds
 *  SUITE_UNAVAILABLE, UNKNOWN_KEY, KEY_NOT_ACTIVE, KEY_RETIRED, KEY_COMPROMISED, KEY_WRONG_QUEUE,
 *  KEY_OUTSIDE_WINDOW, BAD_CLOCK */
TASKSEAL_MUST_USE taskseal_err taskseal_seal_size(const taskseal_seal_options *options, size_t payload_len,
                                                  size_t *sealed_len, size_t *payload_offset);

/* Seals `payload` (may be NULL if payload_len is 0) into `out`; *out_len is the envelope's length.
 *  BUFFER_TOO_SMALL  out_cap < taskseal_seal_size
 *  LOOKS_SEALED      the payload begins as an envelope or its text form does
 *  NO_RANDOM, and those of taskseal_seal_size */
TASKSEAL_MUST_USE taskseal_err taskseal_seal(const taskseal_seal_options *options, const void *payload,
                                             size_t payload_len, void *out, size_t out_cap,
                                             size_t *out_len);

/* As taskseal_seal, with the payload already in `buffer` at the offset that taskseal_seal_size gave; the
 * envelope replaces it and begins at buffer[0]. On failure the buffer is unchanged. (The offset depends on
 * the keys: give key_ids or `now` where the primary key could change between the two calls.) */
TASKSEAL_MUST_USE taskseal_err taskseal_seal_in_place(const taskseal_seal_options *options, void *buffer,
                                                      size_t buffer_cap, size_t payload_len,
                                                      size_t *out_len);

/* ---- Opening ---------------------------------------------------------------------------------- */

enum { TASKSEAL_INSIST_NONE = 0x100 }; /* for `insist`: accept envelopes that bind less than was given */

typedef struct taskseal_open_options {
    const taskseal_keyring *keyring;
    taskseal_context context;  /* every field the opener knows, from its own knowledge: never from the
                                  message */
    unsigned insist;           /* TASKSEAL_BOUND_... that the envelope must bind, among the fields given;
                                  0: all of these */
    taskseal_purpose purpose;  /* the only one accepted */
    unsigned allowed_suites;   /* bit 1 << suite; 0: every suite */
    uint64_t max_age;          /* seconds since the seal time; 0: no limit */
    uint64_t now;              /* 0: the system clock */
} taskseal_open_options;

/* What a complete open has proved. */
typedef struct taskseal_opened {
    uint8_t message_id[TASKSEAL_MESSAGE_ID_BYTES]; /* unique per seal, unchanged by rewrap */
    const char *key_id;     /* the key that opened it; lives as long as the keyring */
    taskseal_suite suite;
    uint64_t sealed_at;
    uint64_t expires_at;    /* 0: never */
    uint64_t replay_until;  /* remember the message id at least until then, plus the spread of your
                               clocks; 0: for ever */
} taskseal_opened;

/* An upper bound on what opening releases, exact when the envelope is not padded: the capacity that
 * taskseal_open needs. Reads the header only and trusts nothing. Errors: those of taskseal_inspect. */
TASKSEAL_MUST_USE taskseal_err taskseal_open_size(const void *sealed, size_t sealed_len,
                                                  size_t *payload_cap);

/* Verifies `sealed` wholly and writes its payload to `out`: all or nothing. `opened` may be NULL.
 * In the order in which they are found (F 9):
 *  NOT_SEALED, MALFORMED, UNSUPPORTED_VERSION, UNSUPPORTED_SUITE, BUFFER_TOO_SMALL
 *  CLASS_DENIED, KEY_COMPROMISED, KEY_RETIRED, KEY_WRONG_QUEUE, UNKNOWN_KEY
 *  AUTHENTICATION_FAILED
 *  KEY_OUTSIDE_WINDOW, SUITE_DENIED, SUITE_UNAVAILABLE, WRONG_PURPOSE, CONTEXT_MISMATCH (a field insisted
 *  on is not bound), CONTEXT_REQUIRED, CONTEXT_MISMATCH (a bound field differs)
 *  BAD_CLOCK, NOT_YET_VALID, EXPIRED
 *  DAMAGED
 * and BAD_ARGUMENT before all of them. NOT_SEALED is returned exactly when taskseal_is_sealed says
 * TASKSEAL_PLAIN: an envelope in text form is MALFORMED here, and never mistaken for plaintext. */
TASKSEAL_MUST_USE taskseal_err taskseal_open(const taskseal_open_options *options, const void *sealed,
                                             size_t sealed_len, void *out, size_t out_cap, size_t *out_len,
                                             taskseal_opened *opened);

/* As taskseal_open, decrypting inside `buffer`: *payload points into it. Once decryption has begun a
 * failure wipes the buffer (DAMAGED), so keep the original where the message must survive. */
TASKSEAL_MUST_USE taskseal_err taskseal_open_in_place(const taskseal_open_options *options, void *buffer,
                                                      size_t sealed_len, void **payload,
                                                      size_t *payload_len, taskseal_opened *opened);

/* ---- Re-keying -------------------------------------------------------------------------------- */

typedef struct taskseal_rewrap_options {
    const taskseal_keyring *keyring;
    const char *from_key_id; /* the key to unwrap with and to drop; NULL: the first key of the keyring,
                                other than the new one, that the envelope names and that may open; if there
                                is none, the new key itself (which refreshes its wrap) */
    const char *to_key_id;   /* the new key; NULL: the first active key that may succeed the old one and is
                                good for the same queues */
    uint64_t now;
} taskseal_rewrap_options;

/* A capacity that suffices for rewrapping an envelope of `sealed_len` bytes with any options. */
size_t taskseal_rewrap_size(size_t sealed_len);

/* Moves the envelope from one KEK to another without touching its payload and without needing its context.
 * The result has the same message id, times, bindings and payload bytes (F 10). Rewrapping is hygiene, not
 * a cure for a leaked key: see doc/threat-model.md.
 * In the order in which they are found (F 10), after BAD_ARGUMENT:
 *  NOT_SEALED, MALFORMED, UNSUPPORTED_VERSION, UNSUPPORTED_SUITE
 *  BAD_CLOCK
 *  CLASS_DENIED, KEY_COMPROMISED
 *  UNKNOWN_KEY, KEY_RETIRED  no key of the keyring may unwrap it
 *  UNKNOWN_KEY, KEY_RETIRED, KEY_COMPROMISED, KEY_NOT_ACTIVE  the new key may not seal
 *  KEY_WRONG_QUEUE           the new key is good for a queue that the old one is not
 *  KEY_OUTSIDE_WINDOW        the seal time is outside the new key's window: it could not be opened again
 *  AUTHENTICATION_FAILED
 *  NOT_YET_VALID, EXPIRED
 *  KEY_OUTSIDE_WINDOW        the seal time is outside the old key's window
 *  BUFFER_TOO_SMALL          also: the new header would exceed TASKSEAL_HEADER_MAX
 *  NO_RANDOM */
TASKSEAL_MUST_USE taskseal_err taskseal_rewrap(const taskseal_rewrap_options *options, const void *sealed,
                                               size_t sealed_len, void *out, size_t out_cap,
                                               size_t *out_len);

/* ---- Looking without a key -------------------------------------------------------------------- */

typedef struct taskseal_stanza {
    uint8_t type;                         /* 1 and 2: taskseal_key_type; others by doc/format.md */
    char key_id[TASKSEAL_KEY_ID_MAX + 1]; /* NUL-terminated */
} taskseal_stanza;

/* What an envelope SAYS of itself. Nothing of it is verified: anyone who can write to the queue can have
 * written it. */
typedef struct taskseal_info {
    uint8_t version;
    uint8_t suite;
    uint8_t purpose;
    bool padded;
    uint8_t bound; /* TASKSEAL_BOUND_... */
    uint8_t stanza_count;
    uint64_t sealed_at;
    uint64_t expires_at; /* 0: never */
    uint8_t message_id[TASKSEAL_MESSAGE_ID_BYTES];
    size_t header_len;
    size_t payload_len; /* with its padding, if padded */
    taskseal_stanza stanzas[TASKSEAL_STANZAS_MAX];
} taskseal_info;

/* Parses an envelope (complete, in binary form) strictly. Needs no key.
 *  NOT_SEALED, MALFORMED, UNSUPPORTED_VERSION, UNSUPPORTED_SUITE */
TASKSEAL_MUST_USE taskseal_err taskseal_inspect(const void *sealed, size_t sealed_len,
                                                taskseal_info *info);

/* Copies the message id out of an envelope's header: unverified until the envelope was opened. Errors as
 * taskseal_inspect. */
TASKSEAL_MUST_USE taskseal_err taskseal_message_id(const void *sealed, size_t sealed_len,
                                                   uint8_t id[TASKSEAL_MESSAGE_ID_BYTES]);

typedef enum taskseal_sealed {
    TASKSEAL_PLAIN = 0,   /* does not begin as an envelope does, in either form */
    TASKSEAL_SEALED = 1,  /* framing is right (which proves nothing else) */
    TASKSEAL_NEWER = 2,   /* an envelope of a version or suite that this library can't read */
    TASKSEAL_BROKEN = 3   /* begins as an envelope does, framing wrong: cut, say */
} taskseal_sealed;

/* Tells what `data` is, in binary or in text form. For queues that still carry both kinds: only
 * TASKSEAL_PLAIN may be treated as plaintext. */
taskseal_sealed taskseal_is_sealed(const void *data, size_t len);

/* ---- Text form -------------------------------------------------------------------------------- */

#define TASKSEAL_TEXT_PREFIX "tsl1."

/* For queues that carry JSON or text: TASKSEAL_TEXT_PREFIX and unpadded base64url (F 8). The size is
 * without a NUL; 0 if it exceeds SIZE_MAX. */
size_t taskseal_text_size(size_t sealed_len);

/* Writes the text form of an envelope, and a NUL that *out_len does not count.
 *  BUFFER_TOO_SMALL  out_cap < taskseal_text_size(sealed_len) + 1
 *  and those of taskseal_inspect: only envelopes are encoded */
TASKSEAL_MUST_USE taskseal_err taskseal_text_encode(const void *sealed, size_t sealed_len, char *out,
                                                    size_t out_cap, size_t *out_len);

/* Decodes the text form strictly; `out` needs at most text_len bytes.
 *  NOT_SEALED        no TASKSEAL_TEXT_PREFIX (and no envelope in binary form either)
 *  MALFORMED         not the one valid encoding of an envelope; an envelope in binary form
 *  BUFFER_TOO_SMALL, UNSUPPORTED_VERSION, UNSUPPORTED_SUITE */
TASKSEAL_MUST_USE taskseal_err taskseal_text_decode(const char *text, size_t text_len, void *out,
                                                    size_t out_cap, size_t *out_len);

#ifdef __cplusplus
}
#endif

#endif
