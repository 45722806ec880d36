/* SPDX-License-Identifier: MIT
 * Memory that fails at any point of OpenSSL or hiredis must never let a wrong server in. The allocations of this thread
 * fail one by one, each in a connect of its own; those of the server's thread never do. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "redis/trust_load.h"
#include "support/place.h"

static _Thread_local long countdown = -1; /* allocations until the one that fails; -1: none fails */
static _Thread_local long counted;

static bool fails_now(void)
{
    counted++;
    return countdown >= 0 && countdown-- == 0;
}

static void *take(size_t size)
{
    return fails_now() ? NULL : malloc(size);
}

static void *take_zeroed(size_t count, size_t size)
{
    return fails_now() ? NULL : calloc(count, size);
}

static void *take_more(void *old, size_t size)
{
    return fails_now() ? NULL : realloc(old, size);
}

static char *take_string(const char *text)
{
    return fails_now() ? NULL : strdup(text);
}

static void *openssl_take(size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return take(size);
}

static void *openssl_take_more(void *old, size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return take_more(old, size);
}

static void openssl_give(void *old, const char *file, int line)
{
    (void)file;
    (void)line;
    free(old);
}

/* Connects with the allocation number `fail_at` failing. Sets `counted` to how many there were. */
static taskseal_err connect_failing(taskseal_redis_endpoint *endpoint, long fail_at, bool *verified)
{
    taskseal_error error;
    redisContext *redis = NULL;
    taskseal_redis_peer peer;
    counted = 0;
    countdown = fail_at;
    taskseal_err err = taskseal_redis_connect(endpoint, &redis, &error);
    countdown = -1;
    *verified = err == TASKSEAL_OK && taskseal_redis_peer_info(redis, &peer) == TASKSEAL_OK &&
                strcmp(peer.matched_name, "localhost") == 0;
    redisFree(redis);
    return err;
}

/* Every step-th allocation, so that the test takes seconds; the first step also sets which ones. */
enum { RUNS = 500, LOADS = 2000 };

static const struct timespec files_settle = {.tv_sec = 3, .tv_nsec = 100000000};

static void sweep(taskseal_redis_endpoint *endpoint, taskseal_err undisturbed)
{
    bool verified = false;
    (void)nanosleep(&files_settle, NULL); /* so that a connect does not read them again */
    assert_err(undisturbed, connect_failing(endpoint, -1, &verified));
    assert_err(undisturbed, connect_failing(endpoint, -1, &verified)); /* now that all is loaded */
    long total = counted;
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

START_TEST(a_failing_allocation_yields_an_error_or_a_verified_connection)
{
    scenario s = scenario_good();
    sweep_scenario(&s, TASKSEAL_OK);
}
END_TEST

static void write_lists(X509 *revoked, long valid_to)
{
    crl_spec lists[] = {{.issuer = here.root},
                        {.issuer = here.middle, .revoked = revoked, .valid_from = -7200, .valid_to = valid_to}};
    write_crls(place_path("crl.pem"), lists, COUNT_OF(lists));
}

START_TEST(no_failing_allocation_accepts_a_revoked_certificate)
{
    write_lists(here.leaf.certificate, 7200);
    place_serve(&(server_spec){0});
    sweep(place_endpoint("&crl=@/crl.pem"), TASKSEAL_ERR_CERT_REVOKED);
}
END_TEST

START_TEST(no_failing_allocation_accepts_a_stale_list)
{
    write_lists(NULL, -3600);
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

/* ---- Loading ------------------------------------------------------------------------------------------------ */

/* With memory to spare: does the store hold what its files do? */
static bool verifies(SSL_CTX *tls)
{
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    STACK_OF(X509) *sent = sk_X509_new_null();
    ck_assert(context != NULL && sent != NULL && sk_X509_push(sent, here.middle.certificate) > 0);
    ck_assert_int_eq(X509_STORE_CTX_init(context, SSL_CTX_get_cert_store(tls), here.leaf.certificate, sent), 1);
    bool good = X509_verify_cert(context) == 1 &&
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
    counted = 0;
    countdown = fail_at;
    taskseal_err err = taskseal__trust_load(&tls, sources, &none, &error);
    countdown = -1;
    *whole = err == TASKSEAL_OK && verifies(tls);
    SSL_CTX_free(tls);
    return err;
}

/* A state that memory failed must not be taken for a good one, nor for files that are wrong: it would stay so until
 * they change. */
START_TEST(what_is_loaded_is_whole_or_short_of_memory)
{
    bool whole = false;
    cert_spec spec = spec_client("worker");
    identity client = issue(&spec, &here.root);
    char ca[192], crl[192], cert[192], key[192];
    write_lists(NULL, 7200);
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
    long total = counted, torn = 0, wronged = 0, runs = 0;
    for (long at = 0; at < total; at += total / LOADS + 1, runs++) {
        taskseal_err err = load_failing(&sources, at, &whole);
        torn += err == TASKSEAL_OK && !whole;
        wronged += err != TASKSEAL_OK && err != TASKSEAL_ERR_NO_MEMORY;
    }
    ck_assert_int_eq(torn, 0);
    /* Of some OpenSSL leaves no trace that memory failed, which is why an endpoint reads bad files twice. */
    ck_assert_msg(wronged * 10 <= runs, "%ld of %ld blame the files", wronged, runs);
}
END_TEST

START_TEST(an_endpoint_without_memory_is_an_error)
{
    taskseal_error error;
    scenario s = scenario_good();
    s.client = KNOWN_CLIENT;
    lab l = lab_start(&s, 0);
    taskseal_redis_endpoint *endpoint = NULL;
    counted = 0;
    assert_ok(taskseal_redis_endpoint_new(&endpoint, l.uri, &error));
    long total = counted;
    taskseal_redis_endpoint_free(endpoint);
    for (long at = 0; at < total; at += total / RUNS + 1) {
        countdown = at;
        taskseal_err err = taskseal_redis_endpoint_new(&endpoint, l.uri, &error);
        countdown = -1;
        ck_assert_int_eq(endpoint != NULL, err == TASKSEAL_OK);
        taskseal_redis_endpoint_free(endpoint);
    }
    (void)server_stop(l.server);
}
END_TEST

int main(void)
{
    hiredisAllocFuncs functions = {.mallocFn = take,
                                   .callocFn = take_zeroed,
                                   .reallocFn = take_more,
                                   .strdupFn = take_string,
                                   .freeFn = free};
    if (CRYPTO_set_mem_functions(openssl_take, openssl_take_more, openssl_give) != 1)
        return 1;
    (void)hiredisSetAllocators(&functions);
    Suite *suite = suite_create("memory");
    TCase *tests = tcase_create("memory");
    tcase_set_timeout(tests, 240);
    tcase_add_checked_fixture(tests, place_set_up, place_tear_down);
    tcase_add_test(tests, no_failing_allocation_accepts_a_wrong_host);
    tcase_add_test(tests, no_failing_allocation_accepts_an_unknown_ca);
    tcase_add_test(tests, a_failing_allocation_yields_an_error_or_a_verified_connection);
    tcase_add_test(tests, an_endpoint_without_memory_is_an_error);
    tcase_add_test(tests, no_failing_allocation_accepts_a_revoked_certificate);
    tcase_add_test(tests, no_failing_allocation_accepts_a_stale_list);
    tcase_add_test(tests, no_failing_allocation_accepts_another_key_than_the_pinned_one);
    tcase_add_test(tests, what_is_loaded_is_whole_or_short_of_memory);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
