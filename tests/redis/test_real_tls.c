/* SPDX-License-Identifier: MIT
 * TLS with a real Valkey or Redis. */
#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>

#include "support/crls.h"
#include "support/real_client.h"

#define LOGIN ":" PASSWORD "@"

static void start_with_password(void)
{
    running = real_server_start("tls-auth-clients no\nrequirepass " PASSWORD);
}

static void start_with_client_certificates(void)
{
    running = real_server_start("tls-auth-clients yes");
}

static void start_with_tls_1_2(void)
{
    running = real_server_start("tls-auth-clients no\ntls-protocols TLSv1.2");
}

START_TEST(the_peer_is_described)
{
    taskseal_redis_peer peer;
    redisContext *redis = connected(LOGIN, "localhost", "", "");
    assert_ok(taskseal_redis_peer_info(redis, &peer));
    ck_assert_str_eq(peer.protocol, "TLSv1.3");
    ck_assert_ptr_nonnull(strstr(peer.cipher, "TLS_"));
    ck_assert_uint_gt(strlen(peer.group), 0);
    ck_assert_str_eq(peer.expected_name, "localhost");
    ck_assert_str_eq(peer.matched_name, "localhost");
    ck_assert_str_eq(peer.subject, "CN = server");
    ck_assert_str_eq(peer.issuer, "CN = real root");
    ck_assert_int_ge(peer.days_to_expiry, 28);
    ck_assert_int_le(peer.days_to_expiry, 30);
    ck_assert(!peer.client_certificate);
    ck_assert_uint_gt(peer.handshake_us, 0);
    (void)redisReconnect(redis);
    assert_err(TASKSEAL_ERR_NOT_VERIFIED, taskseal_redis_peer_info(redis, &peer));
    redisFree(redis);
}
END_TEST

START_TEST(the_public_key_hash_is_that_of_the_certificate)
{
    taskseal_redis_peer peer;
    char path[128];
    unsigned char *der = NULL;
    unsigned char hash[EVP_MAX_MD_SIZE];
    redisContext *redis = connected(LOGIN, "127.0.0.1", "", "");
    assert_ok(taskseal_redis_peer_info(redis, &peer));
    redisFree(redis);
    (void)snprintf(path, sizeof path, "%s/server.pem", running.directory);
    BIO *file = BIO_new_file(path, "r");
    X509 *certificate = PEM_read_bio_X509(file, NULL, NULL, NULL);
    int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
    ck_assert_int_eq(EVP_Digest(der, (size_t)len, hash, NULL, EVP_sha256(), NULL), 1);
    ck_assert_mem_eq(peer.spki_sha256, hash, 32);
    OPENSSL_free(der);
    X509_free(certificate);
    BIO_free(file);
}
END_TEST

START_TEST(a_wrong_host_is_refused_and_a_given_name_accepted)
{
    assert_refused(TASKSEAL_ERR_NAME_MISMATCH, LOGIN, "", "&name=evil.example.com");
    redisFree(connected(LOGIN, "127.0.0.1", "", "&name=localhost"));
}
END_TEST

/* It takes the ClientHello for a command without an end, and waits for more. */
START_TEST(the_plaintext_port_is_refused_at_the_deadline)
{
    char uri[600];
    taskseal_error error;
    redisContext *redis = NULL;
    taskseal_redis_endpoint *endpoint = NULL;
    real_server at_plain = running;
    at_plain.port = running.plain_port;
    real_server_uri(&at_plain, uri, sizeof uri, LOGIN, "127.0.0.1", "", "&timeout_ms=1500");
    assert_ok(taskseal_redis_endpoint_new(&endpoint, uri, &error));
    assert_err(TASKSEAL_ERR_TIMEOUT, taskseal_redis_connect(endpoint, &redis, &error));
    ck_assert_ptr_nonnull(
        strstr(error.message, "the server is silent, as one without TLS on this port can be"));
    taskseal_redis_endpoint_free(endpoint);
}
END_TEST

START_TEST(a_restarted_server_is_reconnected_to)
{
    taskseal_error error = {TASKSEAL_OK, 0, ""};
    redisContext *redis = connected(LOGIN, "127.0.0.1", "", "");
    real_server_kill(&running);
    ck_assert_ptr_null(redisCommand(redis, "PING"));
    assert_err(TASKSEAL_ERR_PEER_CLOSED, taskseal_redis_error(redis));
    assert_err(TASKSEAL_ERR_CONNECT, taskseal_redis_reconnect(redis, &error));
    real_server_restart(&running);
    taskseal_err err = taskseal_redis_reconnect(redis, &error);
    ck_assert_msg(err == TASKSEAL_OK, "%s", error.message);
    freeReplyObject(ASK(redis, REDIS_REPLY_STATUS, "PING"));
    redisFree(redis);
}
END_TEST

static const char *client_files(const char *name)
{
    static char query[256];
    (void)snprintf(query, sizeof query, "&cert=%s/%s.pem&key=%s/%s.key", running.directory, name,
                   running.directory, name);
    return query;
}

START_TEST(a_known_client_certificate_is_accepted)
{
    taskseal_redis_peer peer;
    redisContext *redis = connected("", "localhost", "", client_files("client"));
    assert_ok(taskseal_redis_peer_info(redis, &peer));
    ck_assert(peer.client_certificate);
    redisFree(redis);
}
END_TEST

START_TEST(no_client_certificate_is_refused)
{
    assert_refused(TASKSEAL_ERR_CLIENT_CERT_REQUIRED, "", "", "");
}
END_TEST

START_TEST(a_foreign_client_certificate_is_refused)
{
    assert_refused(TASKSEAL_ERR_CLIENT_CERT_REFUSED, "", "", client_files("foreign"));
}
END_TEST

/* ---- Revocation, pins, versions ------------------------------------------------------------------------------- */

static void write_list(const char *fault)
{
    char path[128];
    (void)snprintf(path, sizeof path, "%s/server.pem", running.directory);
    FILE *file = fopen(path, "r");
    ck_assert_ptr_nonnull(file);
    X509 *served = PEM_read_X509(file, NULL, NULL, NULL);
    (void)fclose(file);
    identity root = real_server_root(&running);
    crl_spec list = {.issuer = root};
    if (strcmp(fault, "revoked") == 0)
        list.revoked = served;
    if (strcmp(fault, "stale") == 0) {
        list.valid_from = -7200;
        list.valid_to = -3600;
    }
    if (strcmp(fault, "early") == 0) {
        list.valid_from = 3600;
        list.valid_to = 7200;
    }
    if (strcmp(fault, "forged") == 0) {
        cert_spec stranger = spec_ca("stranger");
        stranger.key_number = 6;
        list.signer = issue(&stranger, NULL).key;
    }
    if (strcmp(fault, "missing") == 0)
        list.issuer.certificate = served;
    (void)snprintf(path, sizeof path, "%s/crl.pem", running.directory);
    write_crls(path, &list, 1);
    X509_free(served);
    X509_free(root.certificate);
}

static const struct {
    const char *fault;
    taskseal_err expected;
} lists[] = {{"good", TASKSEAL_OK},
             {"revoked", TASKSEAL_ERR_CERT_REVOKED},
             {"stale", TASKSEAL_ERR_CRL_UNUSABLE},
             {"early", TASKSEAL_ERR_CRL_UNUSABLE},
             {"forged", TASKSEAL_ERR_CRL_UNUSABLE},
             {"missing", TASKSEAL_ERR_CRL_UNUSABLE}};

START_TEST(revocation_lists_count)
{
    char query[160];
    (void)snprintf(query, sizeof query, "&crl=%s/crl.pem", running.directory);
    write_list(lists[_i].fault);
    if (lists[_i].expected == TASKSEAL_OK)
        redisFree(connected(LOGIN, "127.0.0.1", "", query));
    else
        assert_refused(lists[_i].expected, LOGIN, "", query);
}
END_TEST

/* The connection stays; the next one is judged by the new file. */
START_TEST(a_new_list_counts_at_reconnect)
{
    char query[160];
    taskseal_error error;
    (void)snprintf(query, sizeof query, "&crl=%s/crl.pem", running.directory);
    write_list("good");
    redisContext *redis = connected(LOGIN, "127.0.0.1", "", query);
    write_list("revoked");
    freeReplyObject(ASK(redis, REDIS_REPLY_STATUS, "PING"));
    assert_err(TASKSEAL_ERR_CERT_REVOKED, taskseal_redis_reconnect(redis, &error));
    write_list("good");
    assert_ok(taskseal_redis_reconnect(redis, &error));
    redisFree(redis);
}
END_TEST

START_TEST(pins_count)
{
    char query[100] = "&pin=sha256:";
    taskseal_redis_peer peer;
    redisContext *redis = connected(LOGIN, "127.0.0.1", "", "");
    assert_ok(taskseal_redis_peer_info(redis, &peer));
    redisFree(redis);
    ck_assert_int_eq(EVP_EncodeBlock((unsigned char *)query + strlen(query), peer.spki_sha256, 32), 44);
    redisFree(connected(LOGIN, "127.0.0.1", "", query));
    assert_refused(TASKSEAL_ERR_PIN_MISMATCH, LOGIN, "",
                   "&pin=sha256:dpL8sQJ2TtOrFv/3YuzS8OsHZ0tFWTMRFxnBJ5E8cO0=");
}
END_TEST

START_TEST(tls_1_3_may_be_demanded)
{
    taskseal_redis_peer peer;
    redisContext *redis = connected(LOGIN, "localhost", "", "&tls=1.3");
    assert_ok(taskseal_redis_peer_info(redis, &peer));
    ck_assert_str_eq(peer.protocol, "TLSv1.3");
    ck_assert_str_eq(peer.names, "DNS:localhost, IP:127.0.0.1, IP:::1");
    redisFree(redis);
}
END_TEST

START_TEST(tls_1_2_is_good_enough)
{
    assert_refused(TASKSEAL_ERR_TLS_PROTOCOL, "", "", "&tls=1.3");
    taskseal_redis_peer peer;
    redisContext *redis = connected("", "localhost", "", "");
    assert_ok(taskseal_redis_peer_info(redis, &peer));
    ck_assert_str_eq(peer.protocol, "TLSv1.2");
    ck_assert_ptr_nonnull(strstr(peer.cipher, "ECDHE-"));
    ck_assert_uint_gt(strlen(peer.group), 0);
    redisFree(redis);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("TLS of a real server");
    TCase *tests = add_case(suite, "password", start_with_password);
    tcase_add_test(tests, the_peer_is_described);
    tcase_add_test(tests, the_public_key_hash_is_that_of_the_certificate);
    tcase_add_test(tests, a_wrong_host_is_refused_and_a_given_name_accepted);
    tcase_add_test(tests, the_plaintext_port_is_refused_at_the_deadline);
    tcase_add_loop_test(tests, revocation_lists_count, 0, (int)COUNT_OF(lists));
    tcase_add_test(tests, a_new_list_counts_at_reconnect);
    tcase_add_test(tests, pins_count);
    tcase_add_test(tests, tls_1_3_may_be_demanded);
    tcase_add_test(tests, a_restarted_server_is_reconnected_to); /* its server ends with it */
    TCase *clients = add_case(suite, "client certificates", start_with_client_certificates);
    tcase_add_test(clients, a_known_client_certificate_is_accepted);
    tcase_add_test(clients, no_client_certificate_is_refused);
    tcase_add_test(clients, a_foreign_client_certificate_is_refused);
    tcase_add_test(add_case(suite, "TLS 1.2", start_with_tls_1_2), tls_1_2_is_good_enough);
    return run_suite(suite);
}
