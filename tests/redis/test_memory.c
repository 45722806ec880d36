/* SPDX-License-Identifier: MIT
 * Memory that fails at any point of OpenSSL or hiredis must never let a wrong server in. The allocations fail
 * one by one, each in a connect of its own; those of the server's thread never do. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/failing.h"
#include "support/lab.h"

/* Every step-th allocation, so that the test takes seconds; the first step also sets which ones. */
enum { RUNS = 500 };

static void sweep(const scenario *s, taskseal_err undisturbed)
{
    taskseal_error error;
    bool verified = false;
    taskseal_redis_endpoint *endpoint = NULL;
    lab l = lab_start(s, 0);
    assert_ok(taskseal_redis_endpoint_new(&endpoint, l.uri, &error));
    assert_err(undisturbed, connect_failing(endpoint, -1, &verified));
    assert_err(undisturbed, connect_failing(endpoint, -1, &verified)); /* now that all is loaded */
    long total = failing_count();
    long step = total / RUNS + 1;
    long wronged = 0;
    ck_assert_int_gt(total, 100);
    for (long at = 0; at < total; at += step) {
        taskseal_err err = connect_failing(endpoint, at, &verified);
        ck_assert_msg(err == TASKSEAL_OK ? undisturbed == TASKSEAL_OK && verified : true,
                      "allocation %ld of %ld failed, and the connection was accepted", at, total);
        wronged += err != undisturbed && taskseal_err_permanent(err);
    }
    /* Permanent errors, that is; of a few OpenSSL leaves no trace that they are passing ones, of more from 3.2 on. */
    const long one_in = OPENSSL_VERSION_NUMBER >= 0x30200000L ? 12 : 50;
    ck_assert_msg(wronged * one_in <= total / step, "%ld of %ld blame the server", wronged, total / step);
    assert_err(undisturbed, connect_failing(endpoint, -1, &verified));
    taskseal_redis_endpoint_free(endpoint);
    (void)server_stop(l.server);
}

START_TEST(no_failing_allocation_accepts_a_wrong_host)
{
    scenario s = scenario_good();
    s.leaf.alternatives = "DNS:evil.example.com";
    sweep(&s, TASKSEAL_ERR_NAME_MISMATCH);
}
END_TEST

START_TEST(no_failing_allocation_accepts_an_unknown_ca)
{
    scenario s = scenario_good();
    s.trust_other = true;
    sweep(&s, TASKSEAL_ERR_CERT_UNTRUSTED);
}
END_TEST

START_TEST(a_failing_allocation_yields_an_error_or_a_verified_connection)
{
    scenario s = scenario_good();
    sweep(&s, TASKSEAL_OK);
}
END_TEST

START_TEST(an_endpoint_without_memory_is_an_error)
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
        taskseal_redis_endpoint_free(endpoint);
    }
    (void)server_stop(l.server);
}
END_TEST

int main(void)
{
    if (!failing_install())
        return 1;
    Suite *suite = suite_create("memory");
    TCase *tests = tcase_create("memory");
    tcase_set_timeout(tests, 240);
    tcase_add_test(tests, no_failing_allocation_accepts_a_wrong_host);
    tcase_add_test(tests, no_failing_allocation_accepts_an_unknown_ca);
    tcase_add_test(tests, a_failing_allocation_yields_an_error_or_a_verified_connection);
    tcase_add_test(tests, an_endpoint_without_memory_is_an_error);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
