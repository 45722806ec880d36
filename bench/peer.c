/* SPDX-License-Identifier: MIT */
#include "peer.h"

#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hiredis/hiredis_ssl.h> /* needs hiredis.h before it */

/* As lib/redis/trust_load.c has them. */
#define TLS12_CIPHERS "ECDHE+AESGCM:ECDHE+CHACHA20"
#define TLS13_CIPHERS "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256"
#define GROUPS        "X25519:P-256:X448:P-384:P-521"
#define HYBRID_GROUPS "X25519MLKEM768:" GROUPS
#define SIGNATURES                                                                                           \
    "ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512:ed25519:ed448:"                                                  \
    "rsa_pss_pss_sha256:rsa_pss_pss_sha384:rsa_pss_pss_sha512:"                                              \
    "rsa_pss_rsae_sha256:rsa_pss_rsae_sha384:rsa_pss_rsae_sha512:RSA+SHA256:RSA+SHA384:RSA+SHA512"

struct bench_peer {
    SSL_CTX *tls;
    redisSSLContext *stock;
    int port;
};

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "bench-connect: the peer failed: %s\n", what);
    exit(2);
}

bench_peer *peer_new(const char *ca, int port)
{
    redisSSLContextError error = REDIS_SSL_CTX_NONE;
    bench_peer *peer = calloc(1, sizeof *peer);
    if (peer == NULL || (peer->tls = SSL_CTX_new(TLS_client_method())) == NULL)
        fail("no memory");
    peer->port = port;
    SSL_CTX_set_verify(peer->tls, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_security_level(peer->tls, 2);
    SSL_CTX_set_session_cache_mode(peer->tls, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_mode(peer->tls, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_options(peer->tls, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET);
    if (SSL_CTX_set_min_proto_version(peer->tls, TLS1_2_VERSION) != 1 ||
        SSL_CTX_set_cipher_list(peer->tls, TLS12_CIPHERS) != 1 ||
        SSL_CTX_set_ciphersuites(peer->tls, TLS13_CIPHERS) != 1 ||
        (SSL_CTX_set1_groups_list(peer->tls, HYBRID_GROUPS) != 1 &&
         SSL_CTX_set1_groups_list(peer->tls, GROUPS) != 1) ||
        SSL_CTX_set1_sigalgs_list(peer->tls, SIGNATURES) != 1 || SSL_CTX_load_verify_file(peer->tls, ca) != 1)
        fail("OpenSSL's settings");
    peer->stock = redisCreateSSLContext(ca, NULL, NULL, NULL, NULL, &error);
    if (peer->stock == NULL)
        fail(redisSSLContextGetError(error));
    return peer;
}

void peer_free(bench_peer *peer)
{
    SSL_CTX_free(peer->tls);
    redisFreeSSLContext(peer->stock);
    free(peer);
}

static redisContext *dial(const bench_peer *peer)
{
    redisContext *redis = redisConnect("127.0.0.1", peer->port);
    if (redis == NULL || redis->err != 0)
        fail(redis != NULL ? redis->errstr : "no memory");
    return redis;
}

static void log_in(redisContext *redis)
{
    redisReply *reply = NULL;
    if (redisAppendCommand(redis, "AUTH default bench") != REDIS_OK ||
        redisAppendCommand(redis, "PING") != REDIS_OK)
        fail(redis->errstr);
    for (int i = 0; i < 2; i++) {
        if (redisGetReply(redis, (void **)&reply) != REDIS_OK)
            fail(redis->errstr);
        if (reply->type != REDIS_REPLY_STATUS || strcmp(reply->str, i == 0 ? "OK" : "PONG") != 0)
            fail(reply->str);
        freeReplyObject(reply);
    }
}

redisContext *peer_connect(bench_peer *peer)
{
    redisContext *redis = dial(peer);
    SSL *ssl = SSL_new(peer->tls);
    if (ssl == NULL || X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), "127.0.0.1") != 1 ||
        redisInitiateSSL(redis, ssl) != REDIS_OK || SSL_get_verify_result(ssl) != X509_V_OK)
        fail(redis->errstr);
    log_in(redis);
    return redis;
}

redisContext *peer_connect_stock(bench_peer *peer)
{
    redisContext *redis = dial(peer);
    if (redisInitiateSSLWithContext(redis, peer->stock) != REDIS_OK)
        fail(redis->errstr);
    log_in(redis);
    return redis;
}
