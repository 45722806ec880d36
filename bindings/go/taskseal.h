/* SPDX-License-Identifier: MIT
 * Made by bundle.py of the headers of include/taskseal; do not edit. */

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

/* SPDX-License-Identifier: MIT
 *
 * Sizes, algorithms and byte strings: included by taskseal.h, which says what holds for all of them.
 */
#ifndef TASKSEAL_TYPES_H
#define TASKSEAL_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Sizes and limits ------------------------------------------------------------------------- */

/* Each size is a macro, and for bindings that can't see macros taskseal_size tells it at run time. */

#define TASKSEAL_KEY_BYTES        32U                    /* a KEK */
#define TASKSEAL_MESSAGE_ID_BYTES 32U                    /* a message id, which is the commitment (F 3) */
#define TASKSEAL_KEY_ID_MAX       255U                   /* a key id, without the final NUL */
#define TASKSEAL_CONTEXT_MAX      65535U                 /* each context field */
#define TASKSEAL_STANZAS_MAX      8U                     /* keys that one envelope is sealed to */
#define TASKSEAL_HEADER_MAX       4096U                  /* all before the chunks */
#define TASKSEAL_CHUNK_BYTES      16384U                 /* payload bytes a full chunk holds */
#define TASKSEAL_TIME_MAX         UINT64_C(253402300799) /* 9999-12-31T23:59:59Z */
#define TASKSEAL_CLOCK_LEEWAY     300U  /* seconds that a seal time may lie in the opener's future */
#define TASKSEAL_KEYS_MAX         1024U /* keys in a keyring */
#define TASKSEAL_QUEUES_MAX       64U   /* queues in a key's list */
#define TASKSEAL_DEDUPE_TAG_BYTES 32U   /* a dedupe tag */
#define TASKSEAL_PASSPHRASE_MAX   1024U /* a key file's passphrase */

/* The size of the text form of an envelope of `n` bytes, without a NUL; a capacity that suffices for
 * rewrapping it; and one for a call of taskseal_stream_update with `n` bytes. As taskseal_text_size,
 * taskseal_rewrap_size and taskseal_stream_size, but for constants: they don't check for overflow. */
#define TASKSEAL_TEXT_SIZE(n)   (sizeof TASKSEAL_TEXT_PREFIX - 1 + ((n) / 3) * 4 + ((n) % 3 ? (n) % 3 + 1 : 0))
#define TASKSEAL_REWRAP_SIZE(n) ((n) + 4 + TASKSEAL_KEY_ID_MAX + 96)
#define TASKSEAL_STREAM_SIZE(n)                                                                              \
    ((n) + ((n) / TASKSEAL_CHUNK_BYTES + 2) * 32 + TASKSEAL_HEADER_MAX + TASKSEAL_CHUNK_BYTES)

/* X(name, value): the sizes that taskseal_size tells; values never change meaning. */
#define TASKSEAL_SIZES(X)                                                                                    \
    X(KEY_BYTES, 1)                                                                                          \
    X(MESSAGE_ID_BYTES, 2)                                                                                   \
    X(KEY_ID_MAX, 3)                                                                                         \
    X(CONTEXT_MAX, 4)                                                                                        \
    X(STANZAS_MAX, 5)                                                                                        \
    X(HEADER_MAX, 6)                                                                                         \
    X(CHUNK_BYTES, 7)                                                                                        \
    X(CLOCK_LEEWAY, 8)                                                                                       \
    X(KEYS_MAX, 9)                                                                                           \
    X(QUEUES_MAX, 10)                                                                                        \
    X(DEDUPE_TAG_BYTES, 11)                                                                                  \
    X(PASSPHRASE_MAX, 12)                                                                                    \
    X(TIME_MAX, 13)

typedef enum taskseal_size_id {
#define TASKSEAL_X(name, value) TASKSEAL_SIZE_##name = value,
    TASKSEAL_SIZES(TASKSEAL_X)
#undef TASKSEAL_X
} taskseal_size_id;

/* The value of the macro of that name, as the library was built with it; 0 for a number that is none. */
uint64_t taskseal_size(taskseal_size_id which);

/* ---- Algorithms ------------------------------------------------------------------------------- */

/* The suite of an envelope fixes the AEAD that encrypts its payload (F 6). */
typedef enum taskseal_suite {
    TASKSEAL_SUITE_CHACHA20POLY1305 = 1, /* always there; what 0 means when sealing */
    TASKSEAL_SUITE_AES256GCM = 2,        /* where the CPU has AES instructions */
    TASKSEAL_SUITE_AEGIS256 = 3          /* libsodium >= 1.0.19 */
} taskseal_suite;

/* The type of a key fixes the AEAD that wraps DEKs under it (F 4.3), or that it does something else. */
typedef enum taskseal_key_type {
    TASKSEAL_KEY_XCHACHA20POLY1305 = 1,
    TASKSEAL_KEY_AEGIS256 = 2,  /* faster; libsodium >= 1.0.19 */
    TASKSEAL_KEY_DEDUPE = 0x100 /* makes dedupe tags; never seals, and no envelope can name it */
} taskseal_key_type;

/* True if this build on this CPU can seal and open with the suite, or wrap with the key type. */
bool taskseal_suite_available(taskseal_suite suite);
bool taskseal_key_type_available(taskseal_key_type type);

/* ---- Byte strings ------------------------------------------------------------------------------ */

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

#ifdef __cplusplus
}
#endif

#endif

/* SPDX-License-Identifier: MIT
 *
 * Keyrings and key files: included by taskseal.h, which says what holds for every function.
 */
#ifndef TASKSEAL_KEYS_H
#define TASKSEAL_KEYS_H


#ifdef __cplusplus
extern "C" {
#endif

/* ---- Keyrings --------------------------------------------------------------------------------- */

/* Keys in guarded memory that is locked, left out of core dumps, and wiped when the keyring is freed.
 * Immutable after it is made. Order matters: keys are tried for a match in the keyring's order, and the
 * first active key that is good for the queue is the one that seals by default (the primary). */
typedef struct taskseal_keyring taskseal_keyring;

typedef enum taskseal_key_state {
    TASKSEAL_KEY_ACTIVE = 1,     /* seals, opens, rewraps from and to */
    TASKSEAL_KEY_OPEN_ONLY = 2,  /* opens, rewraps from */
    TASKSEAL_KEY_RETIRED = 3,    /* a tombstone: its envelopes are refused with a name of their own */
    TASKSEAL_KEY_COMPROMISED = 4 /* as retired, and any envelope that so much as names it is refused */
} taskseal_key_state;

/* A key as given to taskseal_keyring_new. */
typedef struct taskseal_key {
    const char *id; /* 1..255 of [0-9A-Za-z._:/@+-], the first one alphanumeric; unique */
    taskseal_key_type type;
    taskseal_key_state state;
    const uint8_t *secret; /* TASKSEAL_KEY_BYTES random bytes, never a password; NULL if and only if the
                              state is retired or compromised */
    const taskseal_bytes *queues; /* the queues it is good for, or NULL for every queue */
    size_t queue_count;
    uint64_t not_before; /* window for the seal time, inclusive; 0: open on that side */
    uint64_t not_after;
} taskseal_key;

/* Makes a keyring of `count` (1..TASKSEAL_KEYS_MAX) keys; *out is the caller's, freed with taskseal_keyring_free.
 * The secrets are copied (into a form derived from them): wipe yours afterwards.
 *  BAD_ARGUMENT       an id, type, state, secret (also all zero), queue or window is out of its range,
 *                     or an id occurs twice: error->message says which
 *  SUITE_UNAVAILABLE  a key of type aegis256 in a build without AEGIS-256
 *  NO_MEMORY, NO_RANDOM */
TASKSEAL_MUST_USE taskseal_err taskseal_keyring_new(taskseal_keyring **out, const taskseal_key *keys,
                                                    size_t count, taskseal_error *error);

/* Makes a keyring of a key file's text in memory (from a secret manager, say). The format is that of
 * doc/keyfile.md. The caller keeps `text` and should wipe it.
 *  KEYFILE_MALFORMED    with error->line and the reason; never with a secret
 *  KEYFILE_UNSUPPORTED  a key file of a newer format, which is named
 *  KEYFILE_PASSPHRASE   a protected key file: use taskseal_keyring_read
 *  SUITE_UNAVAILABLE, NO_MEMORY, NO_RANDOM as above */
TASKSEAL_MUST_USE taskseal_err taskseal_keyring_parse(taskseal_keyring **out, const char *text,
                                                      size_t text_len, taskseal_error *error);

/* Makes a keyring of the key file that `source` names:
 *  "/etc/app/keyring"      a path; one that begins with a word and a colon is written "./word:..."
 *  "fd:3"                  an open descriptor (a file, pipe or socket), which is read to its end and left open
 *  "env:APP_KEYRING"       the text itself in an environment variable (which children inherit: prefer the others)
 *  "credential:keyring"    a file of that name in $CREDENTIALS_DIRECTORY, where systemd's LoadCredential= puts it
 *  KEYFILE_READ         it can't be opened or read, is larger than 1 MiB, is no regular file (paths and
 *                       credentials), or the variable is not set
 *  KEYFILE_PERMISSIONS  a regular file on which its group or others have any permission, or whose owner is
 *                       neither this process's effective user nor root. (A credential that root owns may be
 *                       readable by root's group: so systemd shows one that it grants to the service's user.)
 *  BAD_ARGUMENT         no source, or no name or number behind the colon
 *  and those of taskseal_keyring_parse */
TASKSEAL_MUST_USE taskseal_err taskseal_keyring_load(taskseal_keyring **out, const char *source,
                                                     taskseal_error *error);

typedef struct taskseal_keyring_source {
    const char *source;        /* as for taskseal_keyring_load, */
    taskseal_bytes text;       /* or the text itself: give one of the two */
    taskseal_bytes passphrase; /* 1..TASKSEAL_PASSPHRASE_MAX bytes; absent if the file is not protected */
} taskseal_keyring_source;

/* taskseal_keyring_load and taskseal_keyring_parse in one, for key files that may be protected with a passphrase
 * (argon2id and XChaCha20-Poly1305, doc/keyfile.md). It takes as long and as much memory as the file says, at
 * most 1 GiB; by default a second and 256 MiB.
 *  KEYFILE_PASSPHRASE  the passphrase is missing or wrong, or was given for a file that has none: somebody may have
 *                      put that in the place of a protected one
 *  and those of both */
TASKSEAL_MUST_USE taskseal_err taskseal_keyring_read(taskseal_keyring **out,
                                                     const taskseal_keyring_source *from,
                                                     taskseal_error *error);

/* Lets go of the keyring: wiped and freed when nobody holds it any more (the caller, a slot or those who took it
 * there, a stream). NULL is fine. No call may be using what the caller lets go of. */
void taskseal_keyring_free(taskseal_keyring *ring);

/* False if the system refused to lock the keys into memory (RLIMIT_MEMLOCK too small): they are still
 * guarded, wiped and left out of core dumps, but may reach swap. Callers who can't have that stop here. */
bool taskseal_keyring_locked(const taskseal_keyring *ring);

/* Describes the key at `index` (from 0, in the keyring's order), without its secret, which is NULL here. What it
 * points to lives as long as the keyring. False, and *key all 0, behind the last key. */
bool taskseal_keyring_key(const taskseal_keyring *ring, size_t index, taskseal_key *key);

/* ---- Changing keys while running -------------------------------------------------------------- */

/* A place that holds a keyring for the threads of a process, and where another one can be put at any time. Whoever
 * takes the keyring keeps it until he frees it; the old one goes when the last one has let go of it.
 *
 *     taskseal_keyring *ring = taskseal_slot_take(slot);
 *     taskseal_open_options options = {.keyring = ring, .context = context};
 *     err = taskseal_open(&options, sealed, sealed_len, payload, sizeof payload, &payload_len, NULL);
 *     taskseal_keyring_free(ring);
 *
 * A slot uses a mutex: a process that forks while another thread is inside must not use it in the child. */
typedef struct taskseal_slot taskseal_slot;

/* Makes a slot that holds `ring`, which is the slot's from then on (also on failure it is not freed: it is then
 * still the caller's). BAD_ARGUMENT, NO_MEMORY. */
TASKSEAL_MUST_USE taskseal_err taskseal_slot_new(taskseal_slot **out, taskseal_keyring *ring);

/* The keyring that the slot holds now; free it with taskseal_keyring_free. Never fails (but for NULL, which gives
 * NULL), and never waits for work that others do with their keyring. */
TASKSEAL_MUST_USE taskseal_keyring *taskseal_slot_take(taskseal_slot *slot);

/* Puts `ring`, which is the slot's from then on, in place of the one that it holds and lets go of that. Calls that
 * began with the old one end with it. BAD_ARGUMENT for NULL: the slot keeps what it has, the caller `ring`. */
TASKSEAL_MUST_USE taskseal_err taskseal_slot_put(taskseal_slot *slot, taskseal_keyring *ring);

/* Lets go of the keyring and frees the slot, which nobody may be using. NULL is fine. */
void taskseal_slot_free(taskseal_slot *slot);

/* ---- Key files -------------------------------------------------------------------------------- */

/* Creates a key file with one fresh active key, mode 0600, atomically: the complete file appears or none.
 *  BAD_ARGUMENT (key id or type), SUITE_UNAVAILABLE, NO_RANDOM, NO_MEMORY
 *  KEYFILE_EXISTS  something of that name exists; it is left as it is
 *  KEYFILE_WRITE   the file could not be written; nothing is left behind */
TASKSEAL_MUST_USE taskseal_err taskseal_keyfile_create(const char *path, const char *key_id,
                                                       taskseal_key_type type, taskseal_error *error);

typedef enum taskseal_keyfile_action {
    TASKSEAL_KEYFILE_ADD =
        1, /* a fresh key with `type`, `queues` and the window given; it opens only, until it
                                    is promoted, so that every copy of the file can learn it first */
    TASKSEAL_KEYFILE_PROMOTE = 2, /* it becomes active and the first of its type, and so the primary */
    TASKSEAL_KEYFILE_DEMOTE = 3,  /* it opens only, and nothing sealed later than `not_after` opens with it */
    TASKSEAL_KEYFILE_RETIRE = 4,  /* its secret goes; not while it is active, nor before its not-after */
    TASKSEAL_KEYFILE_COMPROMISE = 5, /* the same, at once */
    TASKSEAL_KEYFILE_LIMIT =
        6, /* `queues` and the window replace those that it has, as far as they are given */
    TASKSEAL_KEYFILE_PROTECT = 7 /* the file gets `new_passphrase`; absent: none */
} taskseal_keyfile_action;

enum { TASKSEAL_KEYFILE_ANY_QUEUE = 1, TASKSEAL_KEYFILE_ANY_TIME = 2 }; /* LIMIT: lift that limit first */

typedef struct taskseal_keyfile_change {
    taskseal_keyfile_action action;
    const char *key_id;           /* not for PROTECT */
    taskseal_key_type type;       /* ADD; 0: XChaCha20-Poly1305 */
    const taskseal_bytes *queues; /* ADD, LIMIT */
    size_t queue_count;
    uint64_t not_before;           /* ADD, LIMIT; 0: not given */
    uint64_t not_after;            /* ADD, LIMIT, DEMOTE */
    unsigned flags;                /* TASKSEAL_KEYFILE_ANY_... */
    taskseal_bytes passphrase;     /* of the file, if it is protected; the new one is protected with it too */
    taskseal_bytes new_passphrase; /* PROTECT */
} taskseal_keyfile_change;

/* Changes one key of the key file at `path`; all other lines stay as they are, comments included. The file is
 * locked against other changers, for whom it waits 10 s; the new one appears whole or not at all; the old one
 * is kept as `path`.old with mode 0600 (with its secrets: delete it when you no longer need it).
 *  BAD_ARGUMENT        the change is incomplete or has what its action does not take
 *  UNKNOWN_KEY         the file has no such key
 *  KEYFILE_CHANGE      it has one already (ADD), or the key's state does not permit it: error->message says what does
 *  KEYFILE_PASSPHRASE  the passphrase is missing or wrong
 *  KEYFILE_WRITE       it can't be locked or written, or another process is changing it; the file is as it was
 *  and those of taskseal_keyring_load for paths, NO_RANDOM, NO_MEMORY, SUITE_UNAVAILABLE */
TASKSEAL_MUST_USE taskseal_err taskseal_keyfile_apply(const char *path, const taskseal_keyfile_change *change,
                                                      taskseal_error *error);

#ifdef __cplusplus
}
#endif

#endif

/* SPDX-License-Identifier: MIT
 *
 * Sealing and opening whole envelopes, and what else is done with them: included by taskseal.h, which says what
 * holds for every function.
 */
#ifndef TASKSEAL_ENVELOPE_H
#define TASKSEAL_ENVELOPE_H


#ifdef __cplusplus
extern "C" {
#endif

/* ---- What an envelope is bound to ------------------------------------------------------------- */

/* Each field is 1..TASKSEAL_CONTEXT_MAX bytes, or absent ({NULL, 0}); empty but present is a
 * BAD_ARGUMENT. Fields given when sealing are bound: the envelope opens only for the same ones. */
typedef struct taskseal_context {
    taskseal_bytes queue;
    taskseal_bytes type;
    taskseal_bytes id;
    taskseal_bytes extra; /* anything else: a tenant, a schema version */
} taskseal_context;

enum { TASKSEAL_BOUND_QUEUE = 1, TASKSEAL_BOUND_TYPE = 2, TASKSEAL_BOUND_ID = 4, TASKSEAL_BOUND_EXTRA = 8 };

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
    taskseal_suite suite; /* 0: ChaCha20-Poly1305 */
    taskseal_purpose purpose;
    unsigned flags;      /* TASKSEAL_SEAL_... */
    uint64_t expires_at; /* give at most one of these two */
    uint64_t lifetime;   /* seconds; below 600 a slow clock starts to destroy tasks */
    uint64_t now;        /* the seal time; 0: the system clock */
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
                                             size_t payload_len, void *out, size_t out_cap, size_t *out_len);

/* As taskseal_seal, with the payload already in `buffer` at the offset that taskseal_seal_size gave; the
 * envelope replaces it and begins at buffer[0]. On failure the buffer is unchanged. (The offset depends on
 * the keys: give key_ids or `now` where the primary key could change between the two calls.) */
TASKSEAL_MUST_USE taskseal_err taskseal_seal_in_place(const taskseal_seal_options *options, void *buffer,
                                                      size_t buffer_cap, size_t payload_len, size_t *out_len);

/* One of the messages of a batch. */
typedef struct taskseal_seal_item {
    taskseal_context context; /* this message's own */
    const void *payload;
    size_t payload_len;
    void *out;
    size_t out_cap;
    size_t out_len; /* set by taskseal_seal_batch */
} taskseal_seal_item;

/* Seals `count` messages with the same options but for their context (options->context is to be absent), asking the
 * system's random number generator once for up to 32 of them. All or nothing: if one can't be sealed, every
 * out_len is 0 and *failed (may be NULL) is the position of the first that could not be (`count` if it was none of
 * them: no randomness, say). An output must not overlap the outputs or inputs of other items either, which is
 * not checked. Errors as taskseal_seal. */
TASKSEAL_MUST_USE taskseal_err taskseal_seal_batch(const taskseal_seal_options *options,
                                                   taskseal_seal_item *items, size_t count, size_t *failed);

/* ---- Opening ---------------------------------------------------------------------------------- */

enum { TASKSEAL_INSIST_NONE = 0x100 }; /* for `insist`: accept envelopes that bind less than was given */

typedef struct taskseal_open_options {
    const taskseal_keyring *keyring;
    taskseal_context context; /* every field the opener knows, from its own knowledge: never from the
                                  message */
    unsigned insist;          /* TASKSEAL_BOUND_... that the envelope must bind, among the fields given;
                                  0: all of these */
    taskseal_purpose purpose; /* the only one accepted */
    unsigned allowed_suites;  /* bit 1 << suite; 0: every suite */
    uint64_t max_age;         /* seconds since the seal time; 0: no limit */
    uint64_t now;             /* 0: the system clock */
} taskseal_open_options;

/* What a complete open has proved. */
typedef struct taskseal_opened {
    uint8_t message_id[TASKSEAL_MESSAGE_ID_BYTES]; /* unique per seal, unchanged by rewrap */
    const char *key_id;                            /* the key that opened it; lives as long as the keyring */
    taskseal_suite suite;
    uint64_t sealed_at;
    uint64_t expires_at;   /* 0: never */
    uint64_t replay_until; /* remember the message id at least until then, plus the spread of your
                               clocks; 0: for ever */
} taskseal_opened;

/* An upper bound on what opening releases, exact when the envelope is not padded: the capacity that
 * taskseal_open needs. Reads the header only and trusts nothing. Errors: those of taskseal_inspect. */
TASKSEAL_MUST_USE taskseal_err taskseal_open_size(const void *sealed, size_t sealed_len, size_t *payload_cap);

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
                                                      size_t sealed_len, void **payload, size_t *payload_len,
                                                      taskseal_opened *opened);

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
                                               size_t sealed_len, void *out, size_t out_cap, size_t *out_len);

/* ---- Sealing anew ----------------------------------------------------------------------------- */

typedef struct taskseal_reseal_options {
    taskseal_open_options open; /* how to open it, completely */
    const char *const
        *key_ids; /* as in taskseal_seal_options; NULL: the primary for the queue that the envelope
                                   is bound to, if any, and its seal time (F 10.13) */
    size_t key_count;
    taskseal_suite suite; /* 0: that of the envelope */
} taskseal_reseal_options;

/* A capacity that suffices for taskseal_reseal, whatever keys it uses; the new envelope is mostly shorter. Trusts
 * nothing.
 * BAD_ARGUMENT, and those of taskseal_inspect. */
TASKSEAL_MUST_USE taskseal_err taskseal_reseal_size(const taskseal_reseal_options *options,
                                                    const void *sealed, size_t sealed_len,
                                                    size_t *reseal_cap);

/* Opens an envelope and seals its payload with a fresh DEK, so that whoever knows the old DEK can't read the new
 * envelope. Seal time, expiry, bindings, purpose and padding stay; the message id changes: record the old
 * one (`opened`, which may be NULL, tells it) as done together with storing the replacement (F 10.10). The
 * payload passes through `out` only. A reseal never makes trustworthy again what could have been forged.
 *  Errors as taskseal_open, then as taskseal_seal; on failure `out` is wiped */
TASKSEAL_MUST_USE taskseal_err taskseal_reseal(const taskseal_reseal_options *options, const void *sealed,
                                               size_t sealed_len, void *out, size_t out_cap, size_t *out_len,
                                               taskseal_opened *opened);

/* ---- Dedupe tags ------------------------------------------------------------------------------ */

typedef struct taskseal_dedupe_options {
    const taskseal_keyring *keyring;
    const char *key_id;   /* a key of type dedupe; NULL: the first active one that is good for the queue */
    taskseal_bytes queue; /* what else must be equal; absent: not looked at */
    taskseal_bytes type;
    const taskseal_bytes *fields; /* what makes the task unique, in a fixed order; NULL: its whole payload */
    size_t field_count;
    uint64_t now; /* for the key's window; 0: the system clock */
} taskseal_dedupe_options;

/* Computes a tag that is equal for equal tasks, so that unique-job features work although every envelope differs.
 * The tag tells whoever sees it which tasks are equal, and whoever gets the key later can guess small payloads:
 * use a key of its own for it and replace it once per longest unique period (doc/format.md). With fields,
 * `payload` is not looked at, and may be NULL; a field may be empty, but not longer than 2^32 - 1 bytes.
 *  BAD_ARGUMENT
 *  UNKNOWN_KEY, KEY_RETIRED, KEY_COMPROMISED, KEY_NOT_ACTIVE (no key named, and no active one), KEY_WRONG_USE (not a
 *  dedupe key), KEY_WRONG_QUEUE, KEY_OUTSIDE_WINDOW, BAD_CLOCK */
TASKSEAL_MUST_USE taskseal_err taskseal_dedupe_tag(const taskseal_dedupe_options *options,
                                                   const void *payload, size_t payload_len,
                                                   uint8_t tag[TASKSEAL_DEDUPE_TAG_BYTES]);

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
TASKSEAL_MUST_USE taskseal_err taskseal_inspect(const void *sealed, size_t sealed_len, taskseal_info *info);

/* Copies the message id out of an envelope's header: unverified until the envelope was opened. Errors as
 * taskseal_inspect. */
TASKSEAL_MUST_USE taskseal_err taskseal_message_id(const void *sealed, size_t sealed_len,
                                                   uint8_t id[TASKSEAL_MESSAGE_ID_BYTES]);

typedef enum taskseal_sealed {
    TASKSEAL_PLAIN = 0,  /* does not begin as an envelope does, in either form */
    TASKSEAL_SEALED = 1, /* framing is right (which proves nothing else) */
    TASKSEAL_NEWER = 2,  /* an envelope of a version or suite that this library can't read */
    TASKSEAL_BROKEN = 3  /* begins as an envelope does, framing wrong: cut, say */
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

/* SPDX-License-Identifier: MIT
 *
 * Payloads that do not fit into memory: included by taskseal.h, which says what holds for every function.
 */
#ifndef TASKSEAL_STREAM_H
#define TASKSEAL_STREAM_H


#ifdef __cplusplus
extern "C" {
#endif

/* ---- Streams ---------------------------------------------------------------------------------- */

/* Seals or opens a payload that need not fit into memory, piece by piece, with the same envelopes as everywhere:
 *
 *     taskseal_open_options options = {.keyring = keyring, .context = context};
 *     taskseal_stream *stream;
 *     char in[65536], out[TASKSEAL_STREAM_SIZE(sizeof in)];
 *     size_t in_len, out_len;
 *     err = taskseal_stream_open(&stream, &options);
 *     while (err == TASKSEAL_OK && (in_len = fread(in, 1, sizeof in, from)) > 0) {
 *         err = taskseal_stream_update(stream, in, in_len, out, sizeof out, &out_len);
 *         if (fwrite(out, 1, out_len, to) != out_len)
 *             die("could not write");
 *     }
 *     if (ferror(from) != 0)
 *         die("could not read");
 *     if (err == TASKSEAL_OK)
 *         err = taskseal_stream_finish(stream, out, sizeof out, &out_len, NULL);
 *     if (err == TASKSEAL_OK && fwrite(out, 1, out_len, to) != out_len)
 *         die("could not write");
 *     taskseal_stream_free(stream);
 *
 * What an opening stream gives out is authentic and in
 * its place, but only the success of taskseal_stream_finish says that it was all: until then do nothing with
 * it that you can't undo. Padding needs the whole payload, and is not for streams. */
typedef struct taskseal_stream taskseal_stream;

/* Begins to seal. The options are as for taskseal_seal; they, the keyring and the context are no longer needed
 * afterwards. The seal time is that of this call.
 *  BAD_ARGUMENT  also: TASKSEAL_SEAL_PADDED
 *  NO_MEMORY, NO_RANDOM, and those of taskseal_seal_size */
TASKSEAL_MUST_USE taskseal_err taskseal_stream_seal(taskseal_stream **out,
                                                    const taskseal_seal_options *options);

/* Begins to open. The options are as for taskseal_open, and are no longer needed afterwards. The times are
 * checked when the header has been read. BAD_ARGUMENT, NO_MEMORY. */
TASKSEAL_MUST_USE taskseal_err taskseal_stream_open(taskseal_stream **out,
                                                    const taskseal_open_options *options);

/* The capacity that the output of taskseal_stream_update needs for `len` bytes of input, and that of
 * taskseal_stream_finish for 0; SIZE_MAX if no size_t holds it. */
size_t taskseal_stream_size(size_t len);

/* Takes `len` bytes of input, of any length, and writes what is complete to `out`; often that is nothing.
 *  BUFFER_TOO_SMALL  out_cap < taskseal_stream_size(len); nothing was taken, the stream goes on
 *  BAD_ARGUMENT      out of range, or the stream is finished; when opening also: the envelope is padded
 *  LOOKS_SEALED      when sealing
 *  and when opening the errors of taskseal_open but for BUFFER_TOO_SMALL
 * Every other failure is final: the stream has wiped its keys and says the same from then on. */
TASKSEAL_MUST_USE taskseal_err taskseal_stream_update(taskseal_stream *stream, const void *in, size_t len,
                                                      void *out, size_t out_cap, size_t *out_len);

/* Says that the input has ended. Sealing: writes the rest of the envelope. Opening: verifies that it was complete
 * and gives out the last piece. `opened` may be NULL; after sealing it tells of the new envelope, and its key
 * is the first that it names. opened->key_id lives as long as the stream. Errors as taskseal_stream_update. */
TASKSEAL_MUST_USE taskseal_err taskseal_stream_finish(taskseal_stream *stream, void *out, size_t out_cap,
                                                      size_t *out_len, taskseal_opened *opened);

/* Wipes and frees, at any time; NULL is fine. */
void taskseal_stream_free(taskseal_stream *stream);

#ifdef __cplusplus
}
#endif

#endif

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
 *  - Keys are bytes in this process. A callback for keys that live elsewhere (a KMS) will come as one more
 *    field of taskseal_key and a key type of its own; TASKSEAL_ERR_KEY_UNAVAILABLE is kept for it.
 *  - Everything is safe to call from several threads at once, but a taskseal_stream belongs to one thread at a
 *    time. A keyring is immutable and may be shared.
 *  - No message, name or text ever holds payload, key or password bytes.
 *  - Errors are listed without their prefix: EXPIRED is TASKSEAL_ERR_EXPIRED.
 *
 * The bytes of an envelope are specified in doc/format.md; section numbers below (F 4.2) refer to it.
 */
#ifndef TASKSEAL_TASKSEAL_H
#define TASKSEAL_TASKSEAL_H


#ifdef __cplusplus
extern "C" {
#endif

/* ---- Version ---------------------------------------------------------------------------------- */

#define TASKSEAL_VERSION_MAJOR 0
#define TASKSEAL_VERSION_MINOR 1
#define TASKSEAL_VERSION_PATCH 0
#define TASKSEAL_VERSION "0.1.0"

/* The version of the library that was linked, as TASKSEAL_VERSION was when it was built. */
const char *taskseal_version(void);

#ifdef __cplusplus
}
#endif

#endif
