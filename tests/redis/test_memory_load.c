/* SPDX-License-Identifier: MIT
 * Memory that fails while trust is loaded or a connection is made anew: what comes of it is whole, or says that memory
 * failed. */
#include <stdio.h>

#include "redis/trust_load.h"
#include "support/failing.h"
#include "support/place.h"

/* Every step-th allocation, so that the tests take seconds. */
enum { RUNS = 500, LOADS = 2000 };

/* With memory to spare: does the store hold what its files do? */
static bool verifies(SSL_CTX *tls)
{
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    STACK_OF(X509) *sent = sk_X509_new_null();
    ck_assert(context != NULL && sent != NULL && sk_X509_push(sent, here.middle.certificate) > 0);
    ck_assert_int_eq(X509_STORE_CTX_init(context, SSL_CTX_get_cert_store(tls), here.leaf.certificate, sent),
                     1);
    bool good =
        X509_verify_cert(context) == 1 &&
        (X509_VERIFY_PARAM_get_flags(X509_STORE_CTX_get0_param(context)) & X509_V_FLAG_CRL_CHECK) != 0;
    X509_STORE_CTX_free(context);
    sk_X509_free(sent);
    return good && SSL_CTX_check_private_key(tls) == 1;
}

static taskseal_err load_failing(const taskseal__sources *sources, long fail_at, bool *whole)
{
    static const taskseal_redis_options none = {0};
    taskseal_error error;
    SSL_CTX *tls = NULL;
    failing_begin(fail_at);
    taskseal_err err = taskseal__trust_load(&tls, sources, &none, &error);
    failing_end();
    *whole = err == TASKSEAL_OK && verifies(tls);
    SSL_CTX_free(tls);
    return err;
}

/* A state that memory failed must not be taken for a good one, nor for files that are wrong: it would stay so until
 * they change. */
START_TEST(what_is_loaded_without_memory_is_whole_or_an_error)
{
    bool whole = false;
    cert_spec spec = spec_client("worker");
    identity client = issue(&spec, &here.root);
    char ca[192], crl[192], cert[192], key[192];
    place_write_lists(NULL, 7200);
    write_certificates(place_path("client.pem"), client.certificate, here.root.certificate);
    write_key(place_path("client.key"), client.key);
    (void)snprintf(ca, sizeof ca, "%s", place_path("ca.pem"));
    (void)snprintf(crl, sizeof crl, "%s", place_path("crl.pem"));
    (void)snprintf(cert, sizeof cert, "%s", place_path("client.pem"));
    (void)snprintf(key, sizeof key, "%s", place_path("client.key"));
    const taskseal__sources sources = {.cacert = ca, .crl = crl, .cert = cert, .key = key};
    assert_ok(load_failing(&sources, -1, &whole));
    assert_ok(load_failing(&sources, -1, &whole));
    ck_assert(whole);
    long total = failing_count(), torn = 0;
    for (long at = 0; at < total; at += total / LOADS + 1) {
        taskseal_err err = load_failing(&sources, at, &whole);
        torn += err == TASKSEAL_OK && !whole;
    }
    ck_assert_int_eq(torn,
                     0); /* what it is called instead is looked at below: an endpoint reads bad files twice */
}
END_TEST

START_TEST(an_endpoint_without_memory_does_not_blame_its_files)
{
    taskseal_error error;
    scenario s = scenario_good();
    s.client = KNOWN_CLIENT;
    lab l = lab_start(&s, 0);
    taskseal_redis_endpoint *endpoint = NULL;
    failing_begin(-1);
    assert_ok(taskseal_redis_endpoint_new(&endpoint, l.uri, &error));
    failing_end();
    long total = failing_count();
    taskseal_redis_endpoint_free(endpoint);
    for (long at = 0; at < total; at += total / RUNS + 1) {
        failing_begin(at);
        taskseal_err err = taskseal_redis_endpoint_new(&endpoint, l.uri, &error);
        failing_end();
        ck_assert_int_eq(endpoint != NULL, err == TASKSEAL_OK);
        ck_assert_msg(!taskseal_err_permanent(err), "allocation %ld of %ld: %s", at, total, error.message);
        taskseal_redis_endpoint_free(endpoint);
    }
    (void)server_stop(l.server);
}
END_TEST

/* hiredis would give what came before to the next command, in spite of the error. */
START_TEST(no_reply_outlives_a_reconnect_that_memory_failed)
{
    taskseal_error error;
    redisContext *redis = NULL;
    scenario s = scenario_good();
    s.server.reply = "+A\r\n+STALE\r\n";
    lab l = lab_start(&s, 0);
    assert_ok(lab_connect(&l, &redis, &error));
    freeReplyObject(redisCommand(redis, "GET k"));
    ck_assert_uint_gt(redis->reader->len, redis->reader->pos);
    failing_begin(0);
    taskseal_err err = taskseal_redis_reconnect(redis, &error);
    failing_end();
    assert_err(TASKSEAL_ERR_NO_MEMORY, err);
    ck_assert_ptr_null(redisCommand(redis, "GET k"));
    assert_err(TASKSEAL_ERR_NO_MEMORY, taskseal_redis_error(redis));
    assert_ok(taskseal_redis_reconnect(redis, &error));
    redisFree(redis);
    (void)server_stop(l.server);
}
END_TEST

int main(void)
{
    if (!failing_install())
        return 1;
    Suite *suite = suite_create("memory_load");
    TCase *tests = tcase_create("memory_load");
    tcase_set_timeout(tests, 240);
    tcase_add_checked_fixture(tests, place_set_up, place_tear_down);
    tcase_add_test(tests, an_endpoint_without_memory_does_not_blame_its_files);
    tcase_add_test(tests, no_reply_outlives_a_reconnect_that_memory_failed);
    tcase_add_test(tests, what_is_loaded_without_memory_is_whole_or_an_error);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
