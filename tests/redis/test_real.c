/* SPDX-License-Identifier: MIT
 * Connections to a real Valkey or Redis, as applications use them. */
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

#include "support/lab.h"
#include "support/real_server.h"

static const char *const open_to_all[] = {"--tls-auth-clients",
                                          "no",
                                          "--user",
                                          "default",
                                          "off",
                                          "--user",
                                          "worker",
                                          "on",
                                          ">" PASSWORD,
                                          "~*",
                                          "&*",
                                          "+@all",
                                          "--user",
                                          "small",
                                          "on",
                                          ">small-pass",
                                          "~{mail}:*",
                                          "+ping",
                                          "+llen",
                                          "--user",
                                          "mute",
                                          "on",
                                          ">mute-pass",
                                          "~*",
                                          "+@all",
                                          "-ping",
                                          "--user",
                                          "free",
                                          "on",
                                          "nopass",
                                          "~*",
                                          "+@all",
                                          NULL};
static const char *const with_requirepass[] = {"--tls-auth-clients", "no", "--requirepass", PASSWORD, NULL};
static const char *const mutual[] = {"--tls-auth-clients", "yes", NULL};
static const char *const tls12[] = {"--tls-auth-clients", "no", "--tls-protocols", "TLSv1.2", NULL};

static real_server running;

static void start_open(void)
{
    running = real_server_start(open_to_all);
}

static void start_requirepass(void)
{
    running = real_server_start(with_requirepass);
}

static void start_mutual(void)
{
    running = real_server_start(mutual);
}

static void start_tls12(void)
{
    running = real_server_start(tls12);
}

static void stop(void)
{
    real_server_stop(&running);
}

/* ---- Connecting --------------------------------------------------------------------------------------------- */

static taskseal_err try_connect(const char *login, const char *host, const char *path, const char *query,
                                redisContext **redis, taskseal_error *error)
{
    char uri[600];
    taskseal_redis_endpoint *endpoint = NULL;
    *redis = NULL;
    real_server_uri(&running, uri, sizeof uri, login, host, path, query);
    taskseal_err err = taskseal_redis_endpoint_new(&endpoint, uri, error);
    if (err == TASKSEAL_OK)
        err = taskseal_redis_connect(endpoint, redis, error);
    taskseal_redis_endpoint_free(endpoint);
    return err;
}

static redisContext *connected(const char *login, const char *host, const char *path, const char *query)
{
    redisContext *redis = NULL;
    taskseal_error error = {TASKSEAL_OK, 0, ""};
    taskseal_err err = try_connect(login, host, path, query, &redis, &error);
    ck_assert_msg(err == TASKSEAL_OK, "%s", error.message);
    return redis;
}

static void assert_refused(taskseal_err expected, const char *login, const char *path, const char *query)
{
    redisContext *redis = NULL;
    taskseal_error error = {TASKSEAL_OK, 0, ""};
    taskseal_err err = try_connect(login, "127.0.0.1", path, query, &redis, &error);
    ck_assert_msg(err == expected, "got %s: %s", taskseal_err_name(err), error.message);
    ck_assert_ptr_null(redis);
    ck_assert_ptr_null(strstr(error.message, "pass-or"));
    ck_assert_ptr_null(strstr(error.message, PASSWORD));
}

static redisReply *answered(redisContext *redis, int type, redisReply *reply)
{
    ck_assert_msg(reply != NULL, "%s", redis->errstr);
    ck_assert_msg(reply->type == type, "reply of type %d: %s", reply->type,
                  reply->str != NULL ? reply->str : "");
    return reply;
}

#define ASK(redis, type, ...) answered(redis, type, redisCommand(redis, __VA_ARGS__))

#define WORKER "worker:" PASSWORD "@"

/* ---- Tests -------------------------------------------------------------------------------------------------- */

START_TEST(what_is_set_is_got)
{
    static const char *const hosts[] = {"localhost", "127.0.0.1", "[::1]"};
    redisContext *redis = connected(WORKER, hosts[_i], "", "");
    freeReplyObject(ASK(redis, REDIS_REPLY_STATUS, "SET host:%d %b", _i, "a\0b", (size_t)3));
    redisReply *reply = ASK(redis, REDIS_REPLY_STRING, "GET host:%d", _i);
    ck_assert_uint_eq(reply->len, 3);
    ck_assert_mem_eq(reply->str, "a\0b", 3);
    freeReplyObject(reply);
    redisFree(redis);
}
END_TEST

START_TEST(the_peer_is_described)
{
    taskseal_redis_peer peer;
    redisContext *redis = connected(WORKER, "localhost", "", "");
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
    redisContext *redis = connected(WORKER, "127.0.0.1", "", "");
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

START_TEST(a_wrong_password_is_refused)
{
    assert_refused(TASKSEAL_ERR_AUTH_REFUSED, "worker:wrong-pass-or-other@", "", "");
}
END_TEST

START_TEST(an_unknown_user_is_refused)
{
    assert_refused(TASKSEAL_ERR_AUTH_REFUSED, "nobody:" PASSWORD "@", "", "");
}
END_TEST

START_TEST(no_credentials_are_refused)
{
    assert_refused(TASKSEAL_ERR_AUTH_REFUSED, "", "", "");
}
END_TEST

START_TEST(a_user_without_password_needs_none)
{
    redisFree(connected("free@", "127.0.0.1", "", ""));
}
END_TEST

START_TEST(odd_bytes_in_user_and_password_arrive)
{
    redisContext *redis = connected(WORKER, "127.0.0.1", "", "");
    freeReplyObject(
        ASK(redis, REDIS_REPLY_STATUS, "ACL SETUSER odd/us%%er@x on >%s ~* +@all", "p%:@/?#&+= \xc3\xa9"));
    redisFree(redis);
    redisFree(connected("odd%2Fus%25er%40x:p%25:%40%2F%3F%23&+=%20%c3%a9@", "127.0.0.1", "", ""));
}
END_TEST

START_TEST(a_small_user_may_do_little)
{
    redisContext *redis = connected("small:small-pass@", "127.0.0.1", "", "");
    freeReplyObject(ASK(redis, REDIS_REPLY_INTEGER, "LLEN {mail}:pending"));
    redisReply *reply = ASK(redis, REDIS_REPLY_ERROR, "FLUSHALL");
    assert_err(TASKSEAL_ERR_NO_PERMISSION, taskseal_redis_reply_error(reply));
    freeReplyObject(reply);
    assert_ok(taskseal_redis_error(redis));
    redisFree(redis);
}
END_TEST

START_TEST(a_user_who_may_not_ping_is_refused)
{
    assert_refused(TASKSEAL_ERR_NO_PERMISSION, "mute:mute-pass@", "", "");
}
END_TEST

START_TEST(a_user_who_may_not_select_is_refused)
{
    assert_refused(TASKSEAL_ERR_NO_PERMISSION, "small:small-pass@", "/3", "");
}
END_TEST

START_TEST(a_database_is_selected)
{
    redisContext *redis = connected(WORKER, "127.0.0.1", "/3", "");
    freeReplyObject(ASK(redis, REDIS_REPLY_STATUS, "SET only-in-3 x"));
    redisFree(redis);
    redis = connected(WORKER, "127.0.0.1", "/0", "");
    freeReplyObject(ASK(redis, REDIS_REPLY_NIL, "GET only-in-3"));
    freeReplyObject(ASK(redis, REDIS_REPLY_STATUS, "SELECT 3"));
    freeReplyObject(ASK(redis, REDIS_REPLY_STRING, "GET only-in-3"));
    redisFree(redis);
}
END_TEST

START_TEST(a_database_that_is_not_there_is_refused)
{
    assert_refused(TASKSEAL_ERR_SERVER_ERROR, WORKER, "/16", "");
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
    real_server_uri(&at_plain, uri, sizeof uri, WORKER, "127.0.0.1", "", "&timeout_ms=400");
    assert_ok(taskseal_redis_endpoint_new(&endpoint, uri, &error));
    assert_err(TASKSEAL_ERR_TIMEOUT, taskseal_redis_connect(endpoint, &redis, &error));
    ck_assert_ptr_nonnull(
        strstr(error.message, "the server is silent, as one without TLS on this port can be"));
    taskseal_redis_endpoint_free(endpoint);
}
END_TEST

START_TEST(a_wrong_host_is_refused_and_a_given_name_accepted)
{
    assert_refused(TASKSEAL_ERR_NAME_MISMATCH, WORKER, "", "&name=evil.example.com");
    redisFree(connected(WORKER, "127.0.0.1", "", "&name=localhost"));
}
END_TEST

START_TEST(pipelines_and_transactions_work)
{
    void *reply = NULL;
    redisContext *redis = connected(WORKER, "127.0.0.1", "", "");
    for (int i = 0; i < 500; i++)
        ck_assert_int_eq(redisAppendCommand(redis, "RPUSH list %d", i), REDIS_OK);
    for (int i = 1; i <= 500; i++) {
        ck_assert_int_eq(redisGetReply(redis, &reply), REDIS_OK);
        ck_assert_int_eq(((redisReply *)reply)->integer, i);
        freeReplyObject(reply);
    }
    freeReplyObject(ASK(redis, REDIS_REPLY_STATUS, "MULTI"));
    freeReplyObject(ASK(redis, REDIS_REPLY_STATUS, "DEL list"));
    redisReply *done = ASK(redis, REDIS_REPLY_ARRAY, "EXEC");
    ck_assert_uint_eq(done->elements, 1);
    freeReplyObject(done);
    redisFree(redis);
}
END_TEST

START_TEST(resp3_works)
{
    redisContext *redis = connected(WORKER, "127.0.0.1", "", "");
    freeReplyObject(ASK(redis, REDIS_REPLY_MAP, "HELLO 3"));
    freeReplyObject(ASK(redis, REDIS_REPLY_INTEGER, "HSET h a 1 b 2"));
    redisReply *reply = ASK(redis, REDIS_REPLY_MAP, "HGETALL h");
    ck_assert_uint_eq(reply->elements, 4);
    freeReplyObject(reply);
    freeReplyObject(ASK(redis, REDIS_REPLY_DOUBLE, "ZADD z INCR 1.5 m"));
    freeReplyObject(ASK(redis, REDIS_REPLY_BOOL, "EVAL %s 0", "redis.setresp(3) return true"));
    redisFree(redis);
}
END_TEST

START_TEST(a_blocking_command_outlasts_its_timeout_only_if_told)
{
    struct timeval soon = {.tv_usec = 200000}, never = {0};
    redisContext *redis = connected(WORKER, "127.0.0.1", "", "");
    ck_assert_int_eq(redisSetTimeout(redis, soon), REDIS_OK);
    ck_assert_ptr_null(redisCommand(redis, "BLPOP empty 5"));
    assert_err(TASKSEAL_ERR_TIMEOUT, taskseal_redis_error(redis));
    assert_ok(taskseal_redis_reconnect(redis, NULL));
    ck_assert_int_eq(redisSetTimeout(redis, never), REDIS_OK);
    freeReplyObject(ASK(redis, REDIS_REPLY_NIL, "BLPOP empty 1"));
    redisFree(redis);
}
END_TEST

START_TEST(a_restarted_server_is_reconnected_to)
{
    taskseal_error error = {TASKSEAL_OK, 0, ""};
    redisContext *redis = connected(":" PASSWORD "@", "127.0.0.1", "", "");
    real_server_kill(&running);
    ck_assert_ptr_null(redisCommand(redis, "PING"));
    assert_err(TASKSEAL_ERR_PEER_CLOSED, taskseal_redis_error(redis));
    assert_err(TASKSEAL_ERR_CONNECT, taskseal_redis_reconnect(redis, &error));
    real_server_restart(&running, with_requirepass);
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

START_TEST(tls_1_2_is_good_enough)
{
    taskseal_redis_peer peer;
    redisContext *redis = connected("", "localhost", "", "");
    assert_ok(taskseal_redis_peer_info(redis, &peer));
    ck_assert_str_eq(peer.protocol, "TLSv1.2");
    ck_assert_ptr_nonnull(strstr(peer.cipher, "ECDHE-"));
    ck_assert_uint_gt(strlen(peer.group), 0);
    redisFree(redis);
}
END_TEST

static TCase *add_case(Suite *suite, const char *name, void (*start)(void))
{
    TCase *tests = tcase_create(name);
    tcase_set_timeout(tests, 120);
    tcase_add_unchecked_fixture(tests, start, stop);
    suite_add_tcase(suite, tests);
    return tests;
}

static void add_open_tests(TCase *tests)
{
    tcase_add_loop_test(tests, what_is_set_is_got, 0, 3);
    tcase_add_test(tests, the_peer_is_described);
    tcase_add_test(tests, the_public_key_hash_is_that_of_the_certificate);
    tcase_add_test(tests, a_wrong_password_is_refused);
    tcase_add_test(tests, an_unknown_user_is_refused);
    tcase_add_test(tests, no_credentials_are_refused);
    tcase_add_test(tests, a_user_without_password_needs_none);
    tcase_add_test(tests, odd_bytes_in_user_and_password_arrive);
    tcase_add_test(tests, a_small_user_may_do_little);
    tcase_add_test(tests, a_user_who_may_not_ping_is_refused);
    tcase_add_test(tests, a_user_who_may_not_select_is_refused);
    tcase_add_test(tests, a_database_is_selected);
    tcase_add_test(tests, a_database_that_is_not_there_is_refused);
    tcase_add_test(tests, the_plaintext_port_is_refused_at_the_deadline);
    tcase_add_test(tests, a_wrong_host_is_refused_and_a_given_name_accepted);
    tcase_add_test(tests, pipelines_and_transactions_work);
    tcase_add_test(tests, resp3_works);
    tcase_add_test(tests, a_blocking_command_outlasts_its_timeout_only_if_told);
}

int main(void)
{
    Suite *suite = suite_create("real server");
    add_open_tests(add_case(suite, "users", start_open));
    tcase_add_test(add_case(suite, "requirepass", start_requirepass), a_restarted_server_is_reconnected_to);
    TCase *clients = add_case(suite, "client certificates", start_mutual);
    tcase_add_test(clients, a_known_client_certificate_is_accepted);
    tcase_add_test(clients, no_client_certificate_is_refused);
    tcase_add_test(clients, a_foreign_client_certificate_is_refused);
    tcase_add_test(add_case(suite, "TLS 1.2", start_tls12), tls_1_2_is_good_enough);
    return run_suite(suite);
}
