/* SPDX-License-Identifier: MIT
 * What a connection's verification found, for people and for monitoring. */
#include <limits.h>
#include <openssl/x509.h>
#include <string.h>

#include "text.h"
#include "transport.h"
#include "verify_words.h"

static void copy(char *out, size_t cap, const char *text)
{
    taskseal__printable(out, cap, text != NULL ? text : "", text != NULL ? strlen(text) : 0);
}

static const char *group_name(SSL *ssl)
{
    long group = SSL_get_negotiated_group(ssl);
    return group > 0 ? SSL_group_to_name(ssl, (int)group) : NULL;
}

/* The days until the first certificate of the chain expires, which ends the use of all of it. */
static bool find_expiry(const STACK_OF(X509) * chain, int *leaf, int *least)
{
    int seconds = 0;
    *least = INT_MAX;
    for (int i = 0; i < sk_X509_num(chain); i++) {
        int days = 0;
        if (ASN1_TIME_diff(&days, &seconds, NULL, X509_get0_notAfter(sk_X509_value(chain, i))) != 1)
            return false;
        if (i == 0)
            *leaf = days;
        *least = days < *least ? days : *least;
    }
    return *least < INT_MAX;
}

taskseal_err taskseal_redis_peer_info(const redisContext *redis, taskseal_redis_peer *peer)
{
    const taskseal__transport *transport = taskseal__transport_of(redis);
    if (transport == NULL || peer == NULL)
        return TASKSEAL_ERR_BAD_ARGUMENT;
    *peer = (taskseal_redis_peer){0};
    if (!taskseal__transport_is_open(redis))
        return TASKSEAL_ERR_NOT_VERIFIED;
    const taskseal__tls *tls = &transport->tls;

    X509 *leaf = SSL_get0_peer_certificate(tls->ssl);
    if (!taskseal__pin_of(leaf, peer->spki_sha256) ||
        !find_expiry(SSL_get0_verified_chain(tls->ssl), &peer->days_to_expiry, &peer->chain_days_to_expiry)) {
        *peer = (taskseal_redis_peer){0};
        return TASKSEAL_ERR_NO_MEMORY;
    }
    copy(peer->protocol, sizeof peer->protocol, SSL_get_version(tls->ssl));
    copy(peer->cipher, sizeof peer->cipher, SSL_get_cipher_name(tls->ssl));
    copy(peer->group, sizeof peer->group, group_name(tls->ssl));
    copy(peer->expected_name, sizeof peer->expected_name, tls->expected.name);
    copy(peer->matched_name, sizeof peer->matched_name,
         tls->expected.is_address ? tls->expected.name : SSL_get0_peername(tls->ssl));
    taskseal__names_list(leaf, peer->names, sizeof peer->names);
    taskseal__subject_of(leaf, peer->subject, sizeof peer->subject);
    taskseal__issuer_of(leaf, peer->issuer, sizeof peer->issuer);
    peer->client_certificate = tls->certificate_asked && tls->certificate_given;
    peer->handshake_us = tls->handshake_us;
    return TASKSEAL_OK;
}
