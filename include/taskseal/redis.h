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
 * An endpoint may cross fork, if no other thread was in a call with it then. A redisContext may not: in the
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
 * connections. The password stands in guarded memory that is wiped. */
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
 *     cert, key   PEM files for mTLS, both or none (an absolute path or one relative to the process)
 *     name        the name or IP address that the certificate must hold, if not `host`
 *     timeout_ms  1..3600000, default 5000: the deadline for a connect as a whole, and for each
 *                 later reply (change that with redisSetTimeout)
 *
 *  URI_INVALID   error->message says which rule is broken, never the password
 *  TRUST_CONFIG  a file is missing, unreadable, holds no certificate, or key and certificate differ
 *  NO_MEMORY, NO_RANDOM */
TASKSEAL_MUST_USE taskseal_err taskseal_redis_endpoint_new(taskseal_redis_endpoint **out, const char *uri,
                                                           taskseal_error *error);

/* Ends the caller's use of it; NULL is fine. Open connections keep what they need. */
void taskseal_redis_endpoint_free(taskseal_redis_endpoint *endpoint);

/* ---- Connections ------------------------------------------------------------------------------ */

/* Resolves, connects, shakes hands, verifies, authenticates, selects and pings under ONE deadline. *out is
 * the caller's, ended with redisFree. No byte of the credentials leaves before the peer is verified.
 *  RESOLVE, CONNECT, TIMEOUT (the message names the phase), NOT_TLS, PEER_CLOSED, TLS_PROTOCOL
 *  CERT_EXPIRED, CERT_NOT_YET_VALID, CERT_UNTRUSTED, CERT_SELF_SIGNED, CERT_PURPOSE, CERT_WEAK,
 *  CERT_INVALID, NAME_MISMATCH (the message lists the names that the certificate holds)
 *  CLIENT_CERT_REQUIRED, CLIENT_CERT_REFUSED
 *  AUTH_REFUSED, NO_PERMISSION (connecting needs +ping, and +select for a database other than 0),
 *  SERVER_BUSY, SERVER_ERROR
 *  NOT_VERIFIED (a check could not be shown to have run), IO, NO_MEMORY, BAD_ARGUMENT */
TASKSEAL_MUST_USE taskseal_err taskseal_redis_connect(taskseal_redis_endpoint *endpoint,
                                                      redisContext **out, taskseal_error *error);

/* Connects and verifies anew, from nothing, on the same context: for one whose connection failed
 * (redis->err is set), or that redisReconnect has closed. Pending commands and replies are dropped. On
 * failure the context stays, closed, and may be tried again. Errors as taskseal_redis_connect;
 * BAD_ARGUMENT for a context that taskseal_redis_connect did not make. */
TASKSEAL_MUST_USE taskseal_err taskseal_redis_reconnect(redisContext *redis, taskseal_error *error);

/* Why the connection failed, once redis->err is set (redis->errstr has the words):
 *  TIMEOUT       a reply was not complete in time, counted from when it was first waited for
 *  REPLY_LIMIT   a reply has an array of more than 16777216 elements, arrays nested more than 64 deep, a
 *                string of more than 512 MiB, or takes more than 1 GiB (for the second and the last
 *                redis->errstr says "Out of memory", as hiredis does when a reply is given up)
 *  IO            the socket failed, or the reply was no RESP
 *  NOT_VERIFIED  the connection was closed by redisReconnect, or belongs to the process that forked this
 *                one: use taskseal_redis_reconnect
 *  PEER_CLOSED, TLS_PROTOCOL, NO_MEMORY, and after a failed taskseal_redis_reconnect what that returned
 * TASKSEAL_OK while it works. BAD_ARGUMENT for a context that taskseal_redis_connect did not make. */
taskseal_err taskseal_redis_error(const redisContext *redis);

/* What an error reply means: NO_PERMISSION, AUTH_REFUSED, SERVER_BUSY or SERVER_ERROR; TASKSEAL_OK for a
 * reply that is no error; IO for NULL, which is how hiredis says that the connection failed (then
 * taskseal_redis_error(redis) says why). */
taskseal_err taskseal_redis_reply_error(const redisReply *reply);

/* ---- What was verified ------------------------------------------------------------------------ */

typedef struct taskseal_redis_peer {
    char protocol[16];      /* "TLSv1.3" */
    char cipher[64];        /* "TLS_AES_256_GCM_SHA384" */
    char group[32];         /* key exchange, "x25519" */
    char expected_name[256];/* what was asked for */
    char matched_name[256]; /* the name in the certificate that satisfied it */
    char subject[256];      /* for people; cut if longer */
    char issuer[256];
    int days_to_expiry;     /* of the leaf certificate */
    uint8_t spki_sha256[32];/* of the leaf's public key */
    bool client_certificate;/* one was presented */
    unsigned handshake_us;  /* TLS handshake with verification, microseconds */
} taskseal_redis_peer;

/* Tells what the connection's verification found. BAD_ARGUMENT for a foreign context, NOT_VERIFIED for
 * one that is closed. */
TASKSEAL_MUST_USE taskseal_err taskseal_redis_peer_info(const redisContext *redis,
                                                        taskseal_redis_peer *peer);

#ifdef __cplusplus
}
#endif

#endif
