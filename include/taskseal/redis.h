/* SPDX-License-Identifier: MIT
 *
 * taskseal: verified connections to Valkey and Redis.
 *
 *     taskseal_redis_endpoint *endpoint;
 *     redisContext *redis;
 *     taskseal_error error;
 *     if (taskseal_redis_endpoint_new(&endpoint, getenv("TASKSEAL_URI"), &error) != TASKSEAL_OK ||
 *         taskseal_redis_connect(endpoint, &redis, &error) != TASKSEAL_OK)
 *         die(error.message);
 *     redisReply *reply = redisCommand(redis, "LLEN %s", "{mail}:pending");
 *
 * What you get is an ordinary redisContext: hiredis's synchronous functions work on it, and redisFree ends
 * it. What you can't get is one that is not TLS, or whose server did not prove its chain AND its name: there
 * is no flag, URI parameter, environment variable or fallback for that, and hiredis's own redisReconnect
 * fails closed. The descriptor that redisFreeKeepFd returns is the caller's to close and good for nothing
 * else: the TLS session that it carried has ended.
 *
 * The rules at the top of taskseal.h hold here too. An endpoint may be shared between threads; a
 * redisContext, as always, belongs to one thread at a time.
 *
 * An endpoint may cross fork, if no other thread was in a call with it then (taskseal_redis_connect_async: its
 * thread is, until `verified` is called; for timeout_ms, if it was cancelled). A redisContext may not: in the
 * child its commands fail with NOT_VERIFIED, redisFree leaves the parent's connection alone, and
 * taskseal_redis_reconnect makes one of the child's own.
 */
#ifndef TASKSEAL_REDIS_H
#define TASKSEAL_REDIS_H

#include <hiredis/hiredis.h>

#include <taskseal/taskseal.h>

#if !defined(HIREDIS_MAJOR) || HIREDIS_MAJOR < 1 || (HIREDIS_MAJOR == 1 && HIREDIS_MINOR < 2)
#error "taskseal/redis.h needs hiredis 1.2.0 or newer: older ones have no TLS transport hooks"
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Endpoints -------------------------------------------------------------------------------- */

/* Where to connect, whom to trust and who we are: parsed once, with one TLS configuration for all its
 * connections, which is replaced as a whole when the files that it is made of change. The password stands in
 * guarded memory that is wiped. */
typedef struct taskseal_redis_endpoint taskseal_redis_endpoint;

/* Parses
 *
 *     rediss://[user[:password]@]host[:port][/database][?parameter=value&...]
 *
 * (or valkeys://; scheme in any case; host a name, an IPv4 address or an [IPv6] address; port 6379 and
 * database 0 if absent; `:password@` is the user `default`; percent-decoding in user, password, database
 * and values) and loads the trust it names. Parameters, each at most once:
 *
 *     cacert      required: a PEM file or a hashed directory of CAs, which REPLACES the system's; or the
 *                 word `system` for the system's own
 *     crl         a PEM file of revocation lists. One of each CA in the server's chain is then demanded
 *                 (nextUpdate included), and a certificate that is on one is refused
 *     pin         1..8 of sha256:BASE64, commas between. A certificate of the verified chain, the server's
 *                 own or a CA's, must have a public key of this hash, beyond all else. `taskseal connect`
 *                 prints the server's, and so does
 *                     openssl x509 -in cert.pem -noout -pubkey | openssl pkey -pubin -outform DER |
 *                         openssl dgst -sha256 -binary | base64
 *     cert, key   PEM files for mTLS, both or none (an absolute path or one relative to the process)
 *     name        the name or IP address that the certificate must hold, if not `host`
 *     tls         the oldest version of TLS to accept: 1.2 (default) or 1.3
 *     timeout_ms  1..3600000, default 5000: the deadline for a connect as a whole, and for each
 *                 later reply (change that with redisSetTimeout)
 *
 * At each connect and reconnect the files are looked at, and if any changed, all are read anew: see
 * taskseal_redis_endpoint_trust.
 *
 * *out is the caller's, ended with taskseal_redis_endpoint_free.
 *  URI_INVALID   a rule is broken, or `uri` is NULL; error->message says which rule, never the password
 *  TRUST_CONFIG  a file is missing, unreadable, no regular file, holds no certificate or no revocation list, or key
 *                and certificate differ; the key is encrypted (see taskseal_redis_endpoint_new_with); a
 *                revocation list names no nextUpdate or is signed with SHA-1; a directory's path holds ':'
 *  NO_MEMORY     also for the guarded memory of the password, if OpenSSL could not be set up, and if there was no
 *                descriptor to read a file
 *  NO_RANDOM     libsodium found no random number generator
 *  BAD_ARGUMENT  `out` is NULL */
TASKSEAL_MUST_USE taskseal_err taskseal_redis_endpoint_new(taskseal_redis_endpoint **out, const char *uri,
                                                           taskseal_error *error);

typedef struct taskseal_redis_options {
    /* Writes the passphrase of an encrypted `key` into `out`, at most `cap` (1024) bytes and no NUL, and returns
     * its length; 0 or less: there is none. `out` is guarded memory, wiped afterwards. Called by the function
     * below, and again by whichever thread connects when the files have changed; never by two threads at once,
     * but a second time at once if the files are of no use with its first answer. It must not call functions of
     * this endpoint, and what waits in it holds up all who connect. NULL: an encrypted key is TRUST_CONFIG.
     * Nothing ever asks at a terminal. */
    int (*passphrase)(char *out, size_t cap, void *argument);
    /* Must live as long as the endpoint, its connections, and connects that were begun by taskseal_redis_connect_async,
     * cancelled ones too: those, as long as the process. */
    void *passphrase_argument;
} taskseal_redis_options;

/* taskseal_redis_endpoint_new, with what a URI can't hold. `options` may be NULL. The errors are the same; a wrong
 * passphrase is TRUST_CONFIG. */
TASKSEAL_MUST_USE taskseal_err taskseal_redis_endpoint_new_with(taskseal_redis_endpoint **out, const char *uri,
                                                                const taskseal_redis_options *options,
                                                                taskseal_error *error);

/* An endpoint for another server of the same system (a cluster's node, a primary that Sentinel names): trust,
 * user, password, database, timeout and all else are those of `base`. `host` is a DNS name or an IP address (IPv6
 * without brackets). The certificate must hold `host`, or what `name` in the URI of `base` says if it is there.
 * Without `name`, whoever can make a server send you elsewhere chooses which certificate of your CA is good
 * enough: give one name to all servers and say it in `name`, if clients or strangers have certificates of that
 * CA for servers too. *out is the caller's, ended with taskseal_redis_endpoint_free; `base` may go before it.
 *  BAD_ARGUMENT  out, base or host is NULL, `host` is neither name nor address, `port` is not 1..65535
 *  NO_MEMORY */
TASKSEAL_MUST_USE taskseal_err taskseal_redis_endpoint_for(taskseal_redis_endpoint **out,
                                                           taskseal_redis_endpoint *base, const char *host,
                                                           unsigned port, taskseal_error *error);

/* Whether new connections use what the trust files hold now: looks at them, as each connect does, and reads them if
 * they changed. TASKSEAL_OK, or why the newest state can't be used; then the state before it stays in use, and
 * nothing is read again until a file changes once more. Open connections keep what they were verified with.
 *  - Looked at are device, inode, size, mtime and ctime of `cacert` (of a directory also those of its entries),
 *    `crl`, `cert` and `key`; for `system` those of the system's bundle and directory.
 *  - A look takes microseconds, for a directory of CAs some more for each entry.
 *  - A file that was changed less than 2 seconds before it was read is read again at the next look.
 *  - Replace a file by rename, so that nobody reads half of it. Between a new `cert` and its `key` the old pair
 *    stays in use, and this reports TRUST_CONFIG.
 * Any thread may call it.
 *  TRUST_CONFIG  as for taskseal_redis_endpoint_new
 *  NO_MEMORY     of descriptors too; tried again at the next look
 *  BAD_ARGUMENT  `endpoint` is NULL */
TASKSEAL_MUST_USE taskseal_err taskseal_redis_endpoint_trust(taskseal_redis_endpoint *endpoint,
                                                             taskseal_error *error);

/* Ends the caller's use of it; NULL is fine. Open connections keep what they need. */
void taskseal_redis_endpoint_free(taskseal_redis_endpoint *endpoint);

/* ---- Connections ------------------------------------------------------------------------------ */

/* Resolves, connects, shakes hands, verifies, authenticates, selects and pings under ONE deadline. *out is
 * the caller's, ended with redisFree. No byte of the credentials leaves before the peer is verified.
 *  RESOLVE        the name has no address, or no name server answered
 *  CONNECT        no address took the TCP connection
 *  TIMEOUT        the deadline passed; the message names the phase
 *  NOT_TLS        the port answers, but not with TLS
 *  PEER_CLOSED    the server closed the connection, in the handshake or the login
 *  TLS_PROTOCOL   no version, cipher, group or signature in common
 *  TLS_DAMAGED    a record or message was changed or cut on its way, in either direction; retryable
 *  CERT_EXPIRED, CERT_NOT_YET_VALID    a certificate of the chain is, by this host's clock
 *  CERT_UNTRUSTED, CERT_SELF_SIGNED    the chain does not end at a CA of `cacert`
 *  CERT_PURPOSE   not for servers, its key may not sign, or it is a CA's
 *  CERT_WEAK      a key or signature of the chain is too weak (RSA below 2048 bits, EC below 256, SHA-1)
 *  CERT_INVALID   X.509's rules are broken, or a CA's name constraints
 *  CERT_REVOKED   a certificate of the chain is on a list in `crl`
 *  CRL_UNUSABLE   a list in `crl` is missing for a CA, stale, not yet valid, badly signed, somebody else's, of
 *                 another scope, or has an unknown critical extension: the message says which CA's; retryable,
 *                 because the file may be replaced
 *  NAME_MISMATCH  the message lists the names that the certificate holds
 *  PIN_MISMATCH   no key of the verified chain is one of `pin`; the message has the server's own
 *  CLIENT_CERT_REQUIRED, CLIENT_CERT_REFUSED    by the server
 *  AUTH_REFUSED   the user or password, or there was none and the server wants one
 *  NO_PERMISSION  connecting needs +ping, and +select for a database other than 0
 *  SERVER_BUSY    the server can't answer now (LOADING ...); retryable
 *  SERVER_ERROR   another error reply, or no reply of Valkey or Redis
 *  NOT_VERIFIED   a check could not be shown to have run
 *  IO             the socket failed in another way
 *  NO_MEMORY      also if a second look at a refused certificate came to something else
 *  BAD_ARGUMENT   endpoint or out is NULL */
TASKSEAL_MUST_USE taskseal_err taskseal_redis_connect(taskseal_redis_endpoint *endpoint,
                                                      redisContext **out, taskseal_error *error);

/* Connects and verifies anew, from nothing, on the same context: for one whose connection failed
 * (redis->err is set), or that redisReconnect has closed. Pending commands and replies are dropped. On
 * failure the context stays, closed and the caller's, and may be tried again. Errors as
 * taskseal_redis_connect; BAD_ARGUMENT for a context that taskseal_redis_connect did not make, which is left as
 * it is. */
TASKSEAL_MUST_USE taskseal_err taskseal_redis_reconnect(redisContext *redis, taskseal_error *error);

/* When to try again: made with an initializer, kept by the caller, one for each connection. Clients that fail
 * together come back spread out: each delay is drawn evenly from 0 to first_ms, 2 * first_ms, 4 * first_ms ...
 * max_ms ("full jitter"). */
typedef struct taskseal_redis_backoff {
    unsigned first_ms; /* 0: 50 */
    unsigned max_ms;   /* 0: 10000 */
    unsigned failures; /* in a row; counted by the functions below */
} taskseal_redis_backoff;

/* Counts the failure `why` and sets *delay_ms to how long to wait. False, with a delay of 0 and nothing counted,
 * if `why` is permanent: do not try again. Neither pointer may be NULL. It does not sleep. */
TASKSEAL_MUST_USE bool taskseal_redis_backoff_next(taskseal_redis_backoff *backoff, taskseal_err why,
                                                   unsigned *delay_ms);

/* After a success: the next failure is the first again. */
void taskseal_redis_backoff_reset(taskseal_redis_backoff *backoff);

/* taskseal_redis_reconnect, tried at once and then again and again until it succeeds or ends with a permanent
 * error, `give_up_ms` have passed (0: never), or `wake_fd` is readable (-1: none; an eventfd, or a pipe that a
 * signal handler writes to; nothing is read from it). Returns the error of the last try. Sleeps between tries only; a
 * try by itself takes at most `timeout_ms` of the URI and is not interrupted. `backoff` may be NULL; it is reset by a
 * success. Errors as taskseal_redis_reconnect. */
TASKSEAL_MUST_USE taskseal_err taskseal_redis_reconnect_until(redisContext *redis,
                                                              taskseal_redis_backoff *backoff,
                                                              unsigned give_up_ms, int wake_fd,
                                                              taskseal_error *error);

/* Why the connection failed, once redis->err is set (redis->errstr has the words):
 *  TIMEOUT       a reply was not complete in time, counted from when it was first waited for
 *  REPLY_LIMIT   a reply has an array of more than 16777216 elements, arrays nested more than 64 deep, a
 *                string of more than 512 MiB, or takes more than 1 GiB (for the second and the last
 *                redis->errstr says "Out of memory", as hiredis does when a reply is given up)
 *  IO            the socket failed, or the reply was no RESP
 *  NOT_VERIFIED  the connection was closed by redisReconnect, or belongs to the process that forked this
 *                one: use taskseal_redis_reconnect
 *  PEER_CLOSED   the server closed the connection
 *  TLS_DAMAGED   a record was changed or cut on its way
 *  NO_MEMORY     memory ran out; the connection is of no use any more
 *  and after a failed taskseal_redis_reconnect what that returned
 * TASKSEAL_OK while it works. BAD_ARGUMENT for a context that is not of this library, and for NULL. */
taskseal_err taskseal_redis_error(const redisContext *redis);

/* What an error reply means: NO_PERMISSION, AUTH_REFUSED, SERVER_BUSY or SERVER_ERROR; TASKSEAL_OK for a
 * reply that is no error; IO for NULL, which is how hiredis says that the connection failed (then
 * taskseal_redis_error(redis) says why). */
taskseal_err taskseal_redis_reply_error(const redisReply *reply);

/* Writes the first word of an error reply, "OOM" or "WRONGTYPE", to `out`, of `cap` >= 2 bytes: capital letters only,
 * else "?", as for a word that is too long; "" for a reply that is no error, and for NULL. It is fit for logs. The rest
 * of the reply may not be: servers quote a command's arguments there. */
void taskseal_redis_reply_word(const redisReply *reply, char *out, size_t cap);

/* ---- What was verified ------------------------------------------------------------------------ */

typedef struct taskseal_redis_peer {
    char protocol[16];      /* "TLSv1.3" */
    char cipher[64];        /* "TLS_AES_256_GCM_SHA384" */
    char group[32];         /* key exchange, "x25519" */
    char expected_name[256];/* what was asked for */
    char matched_name[256]; /* the name in the certificate that satisfied it */
    char names[512];        /* all that it holds: "DNS:a, IP:10.0.0.1"; cut if longer */
    char subject[256];      /* for people; cut if longer */
    char issuer[256];
    int days_to_expiry;     /* of the leaf certificate */
    int chain_days_to_expiry;/* of the first in the verified chain to expire, CAs included */
    uint8_t spki_sha256[32];/* of the leaf's public key: the pin */
    bool client_certificate;/* one was presented */
    unsigned handshake_us;  /* TLS handshake with verification, microseconds */
} taskseal_redis_peer;

/* Tells what the connection's verification found. *peer is the caller's and needs no freeing; it is all zeros
 * after an error but BAD_ARGUMENT.
 *  BAD_ARGUMENT  `peer` is NULL, or the context is not of this library
 *  NOT_VERIFIED  the connection is closed
 *  NO_MEMORY */
TASKSEAL_MUST_USE taskseal_err taskseal_redis_peer_info(const redisContext *redis,
                                                        taskseal_redis_peer *peer);

#ifdef __cplusplus
}
#endif

#endif
