/* SPDX-License-Identifier: MIT
 * Memory that fails at any point of OpenSSL or hiredis must never let a wrong server in. The allocations fail
 * one by one, each in a connect of its own; those of the server's thread never do. */
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "support/failing.h"
#include "support/place.h"

/* Every step-th allocation, so that the test takes seconds; the first step also sets which ones. With --deep, every one,
 * and after each nothing is left in memory. */
enum { RUNS = 500, AGAIN = 20 /* more than its queue holds errors */ };

static bool deep;

/* The library reads files again and again that changed within its last seconds. Its clock, which the linker lets go
 * through here, is put ahead, so that no test has to wait for that to end. */
enum { AHEAD_S = 4 };
static atomic_bool ahead;

int __real_clock_gettime(clockid_t clock, struct timespec *now);
int __wrap_clock_gettime(clockid_t clock, struct timespec *now);

int __wrap_clock_gettime(clockid_t clock, struct timespec *now)
{
    const int result = __real_clock_gettime(clock, now);
    if (result == 0 && clock == CLOCK_REALTIME && ahead)
        now->tv_sec += AHEAD_S;
    return result;
}

/* OpenSSL keeps a little for each thread, its last errors' words above all: what stays is a leak if it grows again and
 * again when the same allocation fails. Pieces left by `times` failures of it. */
static long leaked(taskseal_redis_endpoint *endpoint, long at, int times)
{
    bool verified = false;
    long least = LONG_MAX;
    for (int i = 0; i < times && least > 0; i++) {
        long before = failing_live();
        (void)connect_failing(endpoint, at, &verified);
        long grown = failing_live() - before;
        least = grown < least ? grown : least;
    }
    return least;
}

static void sweep(taskseal_redis_endpoint *endpoint, taskseal_err undisturbed)
{
    bool verified = false;
    ahead = true;
    assert_err(undisturbed, connect_failing(endpoint, -1, &verified));
    assert_err(undisturbed, connect_failing(endpoint, -1, &verified)); /* now that all is loaded */
    long total = failing_count();
    long step = deep ? 1 : total / RUNS + 1;
    long accepted = 0;
    long wronged = 0;
    ck_assert_int_gt(total, 100);
    for (long at = 0; at < total; at += step) {
        long before = failing_live();
        taskseal_err err = connect_failing(endpoint, at, &verified);
        ck_assert_msg(err == TASKSEAL_OK ? undisturbed == TASKSEAL_OK && verified : true,
                      "allocation %ld of %ld failed, and the connection was accepted", at, total);
        accepted += err == TASKSEAL_OK;
        if (deep && failing_live() > before)
            ck_assert_msg(leaked(endpoint, at, AGAIN) <= 0, "allocation %ld of %ld failed, and memory leaked",
                          at, total);
        wronged += err != undisturbed && taskseal_err_permanent(err);
    }
    ck_assert_msg(wronged == 0, "%ld of %ld are called permanent", wronged, total / step);
    assert_err(undisturbed, connect_failing(endpoint, -1, &verified));
    taskseal_redis_endpoint_free(endpoint);
    ahead = false;
    if (deep)
        printf("# evidence: 6: a connect that ends with `%s`: each of %ld allocations of OpenSSL and hiredis "
               "failed once; %ld "
               "verified connections all the same, 0 others, 0 leaks\n",
               taskseal_err_name(undisturbed), total, accepted);
}

static void sweep_scenario(const scenario *s, taskseal_err undisturbed)
{
    taskseal_error error;
    taskseal_redis_endpoint *endpoint = NULL;
    lab l = lab_start(s, 0);
    assert_ok(taskseal_redis_endpoint_new(&endpoint, l.uri, &error));
    sweep(endpoint, undisturbed);
    (void)server_stop(l.server);
}

START_TEST(no_failing_allocation_accepts_a_wrong_host)
{
    scenario s = scenario_good();
    s.leaf.alternatives = "DNS:evil.example.com";
    sweep_scenario(&s, TASKSEAL_ERR_NAME_MISMATCH);
}
END_TEST

START_TEST(no_failing_allocation_accepts_an_unknown_ca)
{
    scenario s = scenario_good();
    s.trust_other = true;
    sweep_scenario(&s, TASKSEAL_ERR_CERT_UNTRUSTED);
}
END_TEST

START_TEST(no_failing_allocation_accepts_an_expired_certificate)
{
    scenario s = scenario_good();
    s.leaf.valid_from = -7200;
    s.leaf.valid_to = -3600;
    sweep_scenario(&s, TASKSEAL_ERR_CERT_EXPIRED);
}
END_TEST

START_TEST(a_failing_allocation_yields_an_error_or_a_verified_connection)
{
    scenario s = scenario_good();
    sweep_scenario(&s, TASKSEAL_OK);
}
END_TEST

START_TEST(no_failing_allocation_accepts_a_revoked_certificate)
{
    place_write_lists(here.leaf.certificate, 7200);
    place_serve(&(server_spec){0});
    sweep(place_endpoint("&crl=@/crl.pem"), TASKSEAL_ERR_CERT_REVOKED);
}
END_TEST

START_TEST(no_failing_allocation_accepts_a_stale_list)
{
    place_write_lists(NULL, -3600);
    place_serve(&(server_spec){0});
    sweep(place_endpoint("&crl=@/crl.pem"), TASKSEAL_ERR_CRL_UNUSABLE);
}
END_TEST

START_TEST(no_failing_allocation_accepts_another_key_than_the_pinned_one)
{
    place_serve(&(server_spec){0});
    sweep(place_endpoint("&pin=sha256:dpL8sQJ2TtOrFv/3YuzS8OsHZ0tFWTMRFxnBJ5E8cO0="),
          TASKSEAL_ERR_PIN_MISMATCH);
}
END_TEST

int main(int argc, char **argv)
{
    deep = argc > 1 && strcmp(argv[1], "--deep") == 0;
    if (!failing_install())
        return 1;
    Suite *suite = suite_create("memory");
    TCase *tests = tcase_create("memory");
    tcase_set_timeout(tests, deep ? 3600 : 240);
    tcase_add_checked_fixture(tests, place_set_up, place_tear_down);
    tcase_add_test(tests, no_failing_allocation_accepts_a_wrong_host);
    tcase_add_test(tests, no_failing_allocation_accepts_an_unknown_ca);
    tcase_add_test(tests, no_failing_allocation_accepts_an_expired_certificate);
    tcase_add_test(tests, a_failing_allocation_yields_an_error_or_a_verified_connection);
    tcase_add_test(tests, no_failing_allocation_accepts_a_revoked_certificate);
    tcase_add_test(tests, no_failing_allocation_accepts_a_stale_list);
    tcase_add_test(tests, no_failing_allocation_accepts_another_key_than_the_pinned_one);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
