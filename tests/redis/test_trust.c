/* SPDX-License-Identifier: MIT
 * What an endpoint may demand beyond its CAs: pins, TLS 1.3, a name. And who else gets the same trust. */
#include <openssl/evp.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "support/place.h"

/* ---- Pins --------------------------------------------------------------------------------------------------- */

static const char *pin_of(const identity *of)
{
    static char pins[4][64];
    static unsigned next;
    char *pin = pins[next++ % 4];
    unsigned char *der = NULL;
    unsigned char hash[32];
    int len = i2d_PUBKEY(of->key, &der);
    ck_assert_int_eq(EVP_Digest(der, (size_t)len, hash, NULL, EVP_sha256(), NULL), 1);
    OPENSSL_free(der);
    (void)snprintf(pin, sizeof pins[0], "sha256:");
    ck_assert_int_eq(EVP_EncodeBlock((unsigned char *)pin + 7, hash, sizeof hash), 44);
    return pin;
}

static identity other_ca(void)
{
    cert_spec spec = spec_ca("another root");
    spec.key_number = 5;
    return issue(&spec, NULL);
}

static void assert_pinned(taskseal_err expected, const char *first, const char *second)
{
    char query[200];
    taskseal_error error;
    (void)snprintf(query, sizeof query, "&pin=%s%s%s", first, second != NULL ? "," : "",
                   second != NULL ? second : "");
    taskseal_err err = place_try(query, &error);
    ck_assert_msg(err == expected, "got %s: %s", taskseal_err_name(err), error.message);
    if (expected != TASKSEAL_OK)
        ck_assert_msg(strstr(error.message, pin_of(&here.leaf)) != NULL, "message is: %s", error.message);
}

START_TEST(every_key_of_the_chain_may_be_the_pinned_one)
{
    place_serve(&(server_spec){0});
    assert_pinned(TASKSEAL_OK, pin_of(&here.leaf), NULL);
    assert_pinned(TASKSEAL_OK, pin_of(&here.middle), NULL);
    assert_pinned(TASKSEAL_OK, pin_of(&here.root), NULL);
}
END_TEST

START_TEST(another_key_is_refused_with_the_one_that_was_seen)
{
    identity other = other_ca();
    place_serve(&(server_spec){0});
    assert_pinned(TASKSEAL_ERR_PIN_MISMATCH, pin_of(&other), NULL);
    assert_pinned(TASKSEAL_OK, pin_of(&other), pin_of(&here.leaf));
}
END_TEST

/* What the server merely sends proves nothing. */
START_TEST(a_certificate_beside_the_verified_chain_does_not_count)
{
    identity other = other_ca();
    server_spec spec = {.leaf = here.leaf, .chain = {here.middle.certificate, other.certificate}};
    place_serve(&spec);
    assert_pinned(TASKSEAL_ERR_PIN_MISMATCH, pin_of(&other), NULL);
}
END_TEST

START_TEST(a_pin_does_not_replace_the_chain_or_the_name)
{
    char query[200];
    taskseal_error error;
    cert_spec spec = spec_server("DNS:localhost"), evil = spec_server("DNS:evil.example.com");
    identity other = other_ca();
    identity foreign = issue(&spec, &other), misnamed = issue(&evil, &here.root);
    (void)snprintf(query, sizeof query, "&pin=%s", pin_of(&foreign));
    place_serve_leaf(foreign);
    assert_err(TASKSEAL_ERR_CERT_UNTRUSTED, place_try(query, &error));
    place_stop();
    place_serve_leaf(misnamed);
    assert_err(TASKSEAL_ERR_NAME_MISMATCH, place_try(query, &error));
}
END_TEST

/* ---- TLS 1.3 ------------------------------------------------------------------------------------------------ */

START_TEST(a_server_of_tls_1_2_is_refused_where_1_3_is_demanded)
{
    taskseal_error error;
    place_serve(&(server_spec){.max_version = TLS1_2_VERSION});
    assert_ok(place_try("", &error));
    assert_ok(place_try("&tls=1.2", &error));
    assert_err(TASKSEAL_ERR_TLS_PROTOCOL, place_try("&tls=1.3", &error));
    ck_assert_msg(strstr(error.message, "TLS 1.3 (because of `tls=1.3`)") != NULL, "message is: %s",
                  error.message);
}
END_TEST

START_TEST(a_server_of_tls_1_3_is_accepted_where_1_3_is_demanded)
{
    taskseal_error error;
    place_serve(&(server_spec){0});
    assert_ok(place_try("&tls=1.3", &error));
}
END_TEST

/* ---- Names ---------------------------------------------------------------------------------------------------- */

static const struct {
    const char *names, *asked;
    taskseal_err expected;
} names[] = {
    {"DNS:db.example", "db.example", TASKSEAL_OK},
    {"DNS:db.example", "db.example.", TASKSEAL_OK},
    {"DNS:db.example", "localhost", TASKSEAL_ERR_NAME_MISMATCH},
    {"DNS:*.db.example", "one.db.example", TASKSEAL_OK},
    {"IP:10.9.8.7", "10.9.8.7", TASKSEAL_OK},
    {"IP:10.9.8.7", "10.9.8.8", TASKSEAL_ERR_NAME_MISMATCH},
    {"DNS:10.9.8.7", "10.9.8.7", TASKSEAL_ERR_NAME_MISMATCH},
    {"IP:2001:db8::7", "2001:db8::7", TASKSEAL_OK},
    {"IP:2001:db8::7", "2001:db8:0:0:0:0:0:7", TASKSEAL_OK},
    {"IP:2001:db8::7", "2001:db8::8", TASKSEAL_ERR_NAME_MISMATCH},
};

START_TEST(a_name_is_demanded_at_connect_and_reconnect)
{
    char query[64];
    taskseal_error error = {TASKSEAL_OK, 0, ""};
    redisContext *redis = NULL;
    cert_spec spec = spec_server(names[_i].names);
    place_serve_leaf(issue(&spec, &here.root));
    (void)snprintf(query, sizeof query, "&name=%s", names[_i].asked);
    taskseal_redis_endpoint *endpoint = place_endpoint(query);
    taskseal_err err = taskseal_redis_connect(endpoint, &redis, &error);
    ck_assert_msg(err == names[_i].expected, "got %s: %s", taskseal_err_name(err), error.message);
    if (err == TASKSEAL_OK) {
        assert_ok(taskseal_redis_reconnect(redis, &error));
        place_stop();
        place_serve(&(server_spec){0}); /* holds the host that is dialled, and not the name */
        assert_err(TASKSEAL_ERR_NAME_MISMATCH, taskseal_redis_reconnect(redis, &error));
    }
    redisFree(redis);
    taskseal_redis_endpoint_free(endpoint);
}
END_TEST

/* ---- Endpoints for other servers of the same system ------------------------------------------------------------- */

static taskseal_err try_for(const char *query, const char *host, taskseal_redis_peer *peer)
{
    taskseal_error error = {TASKSEAL_OK, 0, ""};
    taskseal_redis_endpoint *other = NULL;
    taskseal_redis_endpoint *base = place_endpoint(query);
    taskseal_err err = taskseal_redis_endpoint_for(&other, base, host, here.port, &error);
    taskseal_redis_endpoint_free(base); /* the other keeps what it needs */
    if (err == TASKSEAL_OK)
        err = place_connect(other, peer, &error);
    taskseal_redis_endpoint_free(other);
    return err;
}

START_TEST(another_servers_certificate_must_hold_its_own_host)
{
    taskseal_redis_peer peer;
    cert_spec spec = spec_server("IP:127.0.0.1");
    place_serve_leaf(issue(&spec, &here.root));
    assert_ok(try_for("", "127.0.0.1", &peer));
    ck_assert_str_eq(peer.expected_name, "127.0.0.1");
    assert_err(TASKSEAL_ERR_NAME_MISMATCH, try_for("", "localhost", NULL));
}
END_TEST

START_TEST(another_servers_certificate_must_hold_the_name_that_was_given)
{
    taskseal_redis_peer peer;
    cert_spec spec = spec_server("DNS:cache.example");
    place_serve_leaf(issue(&spec, &here.root));
    assert_ok(try_for("&name=cache.example", "127.0.0.1", &peer));
    ck_assert_str_eq(peer.matched_name, "cache.example");
    assert_err(TASKSEAL_ERR_NAME_MISMATCH, try_for("", "127.0.0.1", NULL));
}
END_TEST

START_TEST(another_servers_endpoint_of_another_servers_works_too)
{
    taskseal_error error;
    taskseal_redis_endpoint *first = NULL, *second = NULL;
    place_serve(&(server_spec){0});
    taskseal_redis_endpoint *base = place_endpoint("&name=localhost");
    assert_ok(taskseal_redis_endpoint_for(&first, base, "db1.example", 6379, &error));
    assert_ok(taskseal_redis_endpoint_for(&second, first, "127.0.0.1", here.port, &error));
    taskseal_redis_endpoint_free(base);
    taskseal_redis_endpoint_free(first);
    assert_ok(place_connect(second, NULL, &error));
    taskseal_redis_endpoint_free(second);
}
END_TEST

START_TEST(another_server_must_be_a_host_with_a_port)
{
    static const char *const hosts[] = {"", "a b", "[::1]", "127.1", ".example", "*.example", "a..b", "a/b"};
    taskseal_error error;
    taskseal_redis_endpoint *other = NULL, *base = place_endpoint("");
    for (size_t i = 0; i < COUNT_OF(hosts); i++)
        assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_redis_endpoint_for(&other, base, hosts[i], 1, &error));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_redis_endpoint_for(&other, base, "h", 0, &error));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_redis_endpoint_for(&other, base, "h", 65536, &error));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_redis_endpoint_for(&other, base, NULL, 1, &error));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_redis_endpoint_for(&other, NULL, "h", 1, &error));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_redis_endpoint_for(NULL, base, "h", 1, &error));
    assert_ok(taskseal_redis_endpoint_for(&other, base, "::1", 65535, &error));
    taskseal_redis_endpoint_free(other);
    taskseal_redis_endpoint_free(base);
}
END_TEST

/* ---- What was verified ---------------------------------------------------------------------------------------- */

START_TEST(the_peer_is_described_whole)
{
    taskseal_error error;
    taskseal_redis_peer peer;
    unsigned char hash[32 + 1];
    cert_spec spec = spec_server("DNS:localhost,DNS:db.example,IP:10.0.0.1,IP:::1");
    spec.valid_from = -3600;
    spec.valid_to = 90L * 86400 + 3600;
    place_serve(&(server_spec){.leaf = issue(&spec, &here.middle), .chain = {here.middle.certificate}});
    taskseal_redis_endpoint *endpoint = place_endpoint("");
    assert_ok(place_connect(endpoint, &peer, &error));
    taskseal_redis_endpoint_free(endpoint);
    ck_assert_str_eq(peer.protocol, "TLSv1.3");
    ck_assert_str_eq(peer.names, "DNS:localhost, DNS:db.example, IP:10.0.0.1, IP:::1");
    ck_assert_str_eq(peer.issuer, "CN = place intermediate");
    ck_assert_int_eq(peer.days_to_expiry, 90);
    ck_assert_int_ge(peer.chain_days_to_expiry, 29); /* its CAs' month */
    ck_assert_int_le(peer.chain_days_to_expiry, 30);
    ck_assert_uint_gt(peer.handshake_us, 0);
    ck_assert(!peer.client_certificate);
    ck_assert_int_eq(EVP_DecodeBlock(hash, (const unsigned char *)pin_of(&here.leaf) + 7, 44), 33);
    ck_assert_mem_eq(peer.spki_sha256, hash, 32);
}
END_TEST

START_TEST(many_names_are_cut)
{
    char alternatives[1200] = "DNS:localhost";
    taskseal_error error;
    taskseal_redis_peer peer;
    for (int i = 0; i < 60; i++)
        (void)snprintf(alternatives + strlen(alternatives), 20, ",DNS:h%03d.example", i);
    cert_spec spec = spec_server(alternatives);
    place_serve_leaf(issue(&spec, &here.root));
    taskseal_redis_endpoint *endpoint = place_endpoint("");
    assert_ok(place_connect(endpoint, &peer, &error));
    taskseal_redis_endpoint_free(endpoint);
    ck_assert_uint_eq(strlen(peer.names), sizeof peer.names - 1);
    ck_assert_str_eq(peer.names + sizeof peer.names - 4, "...");
}
END_TEST

/* ---- Resumption ----------------------------------------------------------------------------------------------- */

/* A resumed session would skip the verification. The servers of the tests offer tickets, as OpenSSL's default is; the
 * second handshake must bring a certificate again, which an evil server then fails by. */
START_TEST(no_session_is_ever_resumed)
{
    taskseal_error error;
    taskseal_redis_peer peer;
    place_serve(&(server_spec){.max_version = _i == 0 ? TLS1_2_VERSION : 0});
    taskseal_redis_endpoint *endpoint = place_endpoint("");
    for (int round = 0; round < 3; round++) {
        assert_ok(place_connect(endpoint, &peer, &error));
        ck_assert_str_eq(peer.subject, "CN = server");
    }
    place_stop();
    cert_spec evil = spec_server("DNS:evil.example.com");
    place_serve(&(server_spec){.leaf = issue(&evil, &here.root), .max_version = _i == 0 ? TLS1_2_VERSION : 0});
    assert_err(TASKSEAL_ERR_NAME_MISMATCH, place_connect(endpoint, NULL, &error));
    taskseal_redis_endpoint_free(endpoint);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("trust");
    TCase *tests = tcase_create("trust");
    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, place_set_up, place_tear_down);
    tcase_add_test(tests, every_key_of_the_chain_may_be_the_pinned_one);
    tcase_add_test(tests, another_key_is_refused_with_the_one_that_was_seen);
    tcase_add_test(tests, a_certificate_beside_the_verified_chain_does_not_count);
    tcase_add_test(tests, a_pin_does_not_replace_the_chain_or_the_name);
    tcase_add_test(tests, a_server_of_tls_1_2_is_refused_where_1_3_is_demanded);
    tcase_add_test(tests, a_server_of_tls_1_3_is_accepted_where_1_3_is_demanded);
    tcase_add_loop_test(tests, a_name_is_demanded_at_connect_and_reconnect, 0, (int)COUNT_OF(names));
    tcase_add_test(tests, another_servers_certificate_must_hold_its_own_host);
    tcase_add_test(tests, another_servers_certificate_must_hold_the_name_that_was_given);
    tcase_add_test(tests, another_servers_endpoint_of_another_servers_works_too);
    tcase_add_test(tests, another_server_must_be_a_host_with_a_port);
    tcase_add_test(tests, the_peer_is_described_whole);
    tcase_add_test(tests, many_names_are_cut);
    tcase_add_loop_test(tests, no_session_is_ever_resumed, 0, 2);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
