/* SPDX-License-Identifier: MIT
 * The control: hiredis's own TLS accepts the server whose certificate is for another host, with chain verification on.
 * Were that not so any more, the tests of names would prove little. */
#include <stdio.h>

#include "support/lab.h"

#include <hiredis/hiredis_ssl.h> /* needs hiredis.h before it */

static scenario wrong_host(void)
{
    scenario s = scenario_good();
    s.login = "";
    s.leaf.alternatives = "DNS:evil.example.com";
    return s;
}

START_TEST(stock_hiredis_accepts_a_wrong_host)
{
    char ca[128];
    redisSSLContextError failure = REDIS_SSL_CTX_NONE;
    scenario s = wrong_host();
    lab l = lab_start(&s, 0);
    (void)snprintf(ca, sizeof ca, "%s/ca.pem", l.directory);
    redisSSLContext *tls = redisCreateSSLContext(ca, NULL, NULL, NULL, "localhost", &failure);
    ck_assert_ptr_nonnull(tls);
    redisContext *redis = redisConnect("127.0.0.1", server_port(l.server));
    ck_assert_int_eq(redis->err, 0);
    ck_assert_int_eq(redisInitiateSSLWithContext(redis, tls), REDIS_OK);
    redisReply *reply = redisCommand(redis, "PING");
    ck_assert_ptr_nonnull(reply);
    ck_assert_str_eq(reply->str, "PONG");
    freeReplyObject(reply);
    redisFree(redis);
    redisFreeSSLContext(tls);
    (void)server_stop(l.server);
}
END_TEST

START_TEST(taskseal_refuses_the_same_server)
{
    scenario s = wrong_host();
    outcome o = scenario_run(&s);
    assert_err(TASKSEAL_ERR_NAME_MISMATCH, o.err);
    ck_assert_uint_eq(o.seen.commands, 0);
}
END_TEST

/* So what it accepts above is the name, and not everything. */
START_TEST(stock_hiredis_refuses_an_unknown_ca)
{
    char ca[128];
    redisSSLContextError failure = REDIS_SSL_CTX_NONE;
    scenario s = wrong_host();
    s.trust_other = true;
    lab l = lab_start(&s, 0);
    (void)snprintf(ca, sizeof ca, "%s/ca.pem", l.directory);
    redisSSLContext *tls = redisCreateSSLContext(ca, NULL, NULL, NULL, "localhost", &failure);
    ck_assert_ptr_nonnull(tls);
    redisContext *redis = redisConnect("127.0.0.1", server_port(l.server));
    ck_assert_int_eq(redis->err, 0);
    ck_assert_int_eq(redisInitiateSSLWithContext(redis, tls), REDIS_ERR);
    redisFree(redis);
    redisFreeSSLContext(tls);
    (void)server_stop(l.server);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("control");
    TCase *tests = tcase_create("control");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, stock_hiredis_accepts_a_wrong_host);
    tcase_add_test(tests, taskseal_refuses_the_same_server);
    tcase_add_test(tests, stock_hiredis_refuses_an_unknown_ca);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
