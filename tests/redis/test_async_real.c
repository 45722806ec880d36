/* SPDX-License-Identifier: MIT
 * A real Valkey or Redis, used as programs with an event loop use it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/real_client.h"
#include "support/session.h"

#define WORKER "worker:" PASSWORD "@"

static void start(void)
{
    running = real_server_start("tls-auth-clients no\n"
                                "user default off\n"
                                "user worker on >" PASSWORD " ~* &* +@all\n"
                                "proto-max-bulk-len 512mb\nclient-query-buffer-limit 1gb");
}

static void start_with_client_certificates(void)
{
    running = real_server_start("tls-auth-clients yes");
}

static const char *uri_of(const char *login, const char *query)
{
    static char uri[600];
    real_server_uri(&running, uri, sizeof uri, login, "localhost", "", query);
    return uri;
}

/* Ends the session, and the loop of its own. */
static void finish(session *s)
{
    session_end(s);
    session_wait_for_threads();
}

START_TEST(ten_thousand_commands_come_back_in_order)
{
    session s = session_new();
    session_connect(&s, uri_of(WORKER, ""));
    for (int i = 0; i < 10000; i++)
        session_ask(&s, "INCR async:count");
    session_until(&s, &s.replies, 10000);
    ck_assert_uint_eq(s.nulls, 0);
    finish(&s);
    redisContext *redis = connected(WORKER, "localhost", "", "");
    redisReply *reply = ASK(redis, REDIS_REPLY_STRING, "GET async:count");
    ck_assert_str_eq(reply->str, "10000");
    freeReplyObject(reply);
    freeReplyObject(ASK(redis, REDIS_REPLY_INTEGER, "DEL async:count"));
    redisFree(redis);
}
END_TEST

/* ---- What is large ------------------------------------------------------------------------------------------ */

enum { LARGE = 16 << 20 };

static char *large_value(void)
{
    char *value = malloc(LARGE);
    ck_assert_ptr_nonnull(value);
    for (size_t i = 0; i < LARGE; i++)
        value[i] = (char)(i * 2654435761U >> 24);
    return value;
}

typedef struct expectation {
    const char *value;
    unsigned seen;
} expectation;

static void expect_large(redisAsyncContext *redis, void *data, void *privdata)
{
    const redisReply *reply = data;
    expectation *e = privdata;
    (void)redis;
    ck_assert_ptr_nonnull(reply);
    ck_assert_int_eq(reply->type, REDIS_REPLY_STRING);
    ck_assert_uint_eq(reply->len, LARGE);
    ck_assert_mem_eq(reply->str, e->value, LARGE);
    e->seen++;
}

/* More than the socket takes at once, so OpenSSL must be offered the rest again, from where hiredis has moved it. */
START_TEST(large_values_go_both_ways)
{
    session s = session_new();
    char *value = large_value();
    expectation e = {value, 0};
    session_connect(&s, uri_of(WORKER, ""));
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(
            redisAsyncCommand(s.redis, session_on_reply, &s, "SET async:large %b", value, (size_t)LARGE),
            REDIS_OK);
        ck_assert_int_eq(redisAsyncCommand(s.redis, expect_large, &e, "GET async:large"), REDIS_OK);
        s.kind->turn(s.loop);
    }
    session_until(&s, &e.seen, 3);
    ck_assert_uint_eq(s.replies, 3);
    session_ask(&s, "DEL async:large");
    session_until(&s, &s.replies, 4);
    finish(&s);
    free(value);
}
END_TEST

/* ---- Subscriptions ------------------------------------------------------------------------------------------ */

static unsigned messages, confirmations;

static void on_message(redisAsyncContext *redis, void *data, void *privdata)
{
    const redisReply *reply = data;
    (void)redis;
    (void)privdata;
    if (reply == NULL)
        return;
    ck_assert_uint_ge(reply->elements, 3);
    if (strcmp(reply->element[0]->str, "message") == 0)
        messages++;
    else
        confirmations++;
}

/* Longer than timeout_ms between two messages: a subscription waits without end. */
static void subscribe(const char *protocol)
{
    session s = session_new();
    session other = session_beside(&s);
    messages = confirmations = 0;
    session_connect(&s, uri_of(WORKER, "&timeout_ms=300"));
    session_connect(&other, uri_of(WORKER, ""));
    session_ask(&s, protocol);
    session_until(&s, &s.replies, 1);
    ck_assert_int_eq(redisAsyncCommand(s.redis, on_message, NULL, "SUBSCRIBE async:news"), REDIS_OK);
    session_until(&s, &confirmations, 1);
    for (unsigned i = 1; i <= 3; i++) {
        for (int j = 0; j < 3; j++)
            session_turn(&s);
        session_ask(&other, "PUBLISH async:news hello");
        session_until(&s, &messages, i);
    }
    ck_assert_int_eq(redisAsyncCommand(s.redis, on_message, NULL, "UNSUBSCRIBE async:news"), REDIS_OK);
    session_until(&s, &confirmations, 2);
    session_ask(&s, "PING");
    session_until(&s, &s.replies, 2);
    ck_assert_uint_eq(s.disconnected, 0);
    redisAsyncFree(other.redis);
    finish(&s);
}

START_TEST(subscriptions_work)
{
    subscribe("HELLO 2");
}
END_TEST

START_TEST(subscriptions_work_in_resp3)
{
    subscribe("HELLO 3");
}
END_TEST

START_TEST(monitor_works)
{
    session s = session_new();
    session other = session_beside(&s);
    session_connect(&s, uri_of(WORKER, "&timeout_ms=300"));
    ck_assert_int_eq(redisAsyncSetTimeout(s.redis, (struct timeval){0, 0}), REDIS_OK);
    session_connect(&other, uri_of(WORKER, ""));
    session_ask(&s, "MONITOR");
    session_until(&s, &s.replies, 1);
    for (unsigned i = 0; i < 20; i++) {
        session_turn(&s);
        session_ask(&other, "ECHO x");
    }
    session_until(&s, &s.replies, 21);
    redisAsyncFree(other.redis);
    finish(&s);
}
END_TEST

START_TEST(a_blocking_command_outlasts_its_timeout_only_if_told)
{
    session s = session_new();
    session_connect(&s, uri_of(WORKER, "&timeout_ms=300"));
    ck_assert_int_eq(redisAsyncSetTimeout(s.redis, (struct timeval){10, 0}), REDIS_OK);
    ck_assert_int_eq(redisAsyncCommand(s.redis, session_on_reply, &s, "BLPOP async:none 1"), REDIS_OK);
    session_until(&s, &s.replies, 1);
    ck_assert_int_eq(redisAsyncSetTimeout(s.redis, (struct timeval){0, 300000}), REDIS_OK);
    ck_assert_int_eq(redisAsyncCommand(s.redis, session_on_reply, &s, "BLPOP async:none 20"), REDIS_OK);
    session_until(&s, &s.disconnected, 1);
    assert_err(TASKSEAL_ERR_TIMEOUT, s.failure);
    ck_assert_uint_eq(s.nulls, 1);
    finish(&s);
}
END_TEST

/* ---- Many, and none ----------------------------------------------------------------------------------------- */

enum { MANY = 20 };

START_TEST(many_connections_share_a_loop)
{
    session many[MANY];
    many[0] = session_new();
    for (int i = 0; i < MANY; i++) {
        if (i > 0)
            many[i] = session_beside(&many[0]);
        assert_ok(session_begin(&many[i], uri_of(WORKER, "")));
    }
    for (int i = 0; i < MANY; i++) {
        session_wait(&many[i]);
        ck_assert_msg(many[i].err == TASKSEAL_OK, "%s", many[i].error.message);
        for (int j = 0; j < 100; j++)
            session_ask(&many[i], "PING");
    }
    for (int i = MANY - 1; i >= 0; i--) {
        session_until(&many[i], &many[i].replies, 100);
        if (i > 0)
            redisAsyncDisconnect(many[i].redis);
    }
    for (int i = 1; i < MANY; i++)
        ck_assert_uint_eq(many[i].disconnected, 1);
    finish(&many[0]);
}
END_TEST

START_TEST(a_server_that_dies_ends_every_command_once)
{
    session s = session_new();
    session_connect(&s, uri_of(WORKER, ""));
    for (int i = 0; i < 1000; i++)
        session_ask(&s, "BLPOP async:none 0");
    session_turn(&s);
    real_server_kill(&running);
    session_until(&s, &s.disconnected, 1);
    ck_assert_uint_eq(s.nulls + s.replies, 1000);
    ck_assert_uint_gt(s.nulls, 900);
    ck_assert_int_eq(s.status, REDIS_ERR);
    assert_err(TASKSEAL_ERR_PEER_CLOSED, s.failure);
    assert_ok(session_begin(&s, uri_of(WORKER, "")));
    session_wait(&s);
    assert_err(TASKSEAL_ERR_CONNECT, s.err);
    real_server_restart(&running);
    session_connect(&s, uri_of(WORKER, ""));
    finish(&s);
}
END_TEST

/* ---- Who may not -------------------------------------------------------------------------------------------- */

static void refused(taskseal_err expected, const char *login, const char *query)
{
    session s = session_new();
    assert_ok(session_begin(&s, uri_of(login, query)));
    session_wait(&s);
    assert_err(expected, s.err);
    ck_assert_ptr_null(s.redis);
    ck_assert_ptr_null(strstr(s.error.message, "wrong-pass"));
    finish(&s);
}

START_TEST(a_wrong_password_or_name_is_refused)
{
    refused(TASKSEAL_ERR_AUTH_REFUSED, "worker:wrong-pass@", "");
    refused(TASKSEAL_ERR_NAME_MISMATCH, WORKER, "&name=evil.example.com");
}
END_TEST

START_TEST(client_certificates_are_required)
{
    char query[256];
    session s = session_new();
    refused(TASKSEAL_ERR_CLIENT_CERT_REQUIRED, "", "");
    (void)snprintf(query, sizeof query, "&cert=%s/foreign.pem&key=%s/foreign.key", running.directory,
                   running.directory);
    refused(TASKSEAL_ERR_CLIENT_CERT_REFUSED, "", query);
    (void)snprintf(query, sizeof query, "&cert=%s/client.pem&key=%s/client.key", running.directory,
                   running.directory);
    session_connect(&s, uri_of("", query));
    finish(&s);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("async with a real server");
    TCase *tests = add_case(suite, "work", start);
    tcase_add_test(tests, ten_thousand_commands_come_back_in_order);
    tcase_add_test(tests, large_values_go_both_ways);
    tcase_add_test(tests, subscriptions_work);
    tcase_add_test(tests, subscriptions_work_in_resp3);
    tcase_add_test(tests, monitor_works);
    tcase_add_test(tests, a_blocking_command_outlasts_its_timeout_only_if_told);
    tcase_add_test(tests, many_connections_share_a_loop);
    tcase_add_test(tests, a_wrong_password_or_name_is_refused);
    tcase_add_test(tests, a_server_that_dies_ends_every_command_once); /* the last: it restarts the server */
    tcase_add_test(add_case(suite, "client certificates", start_with_client_certificates),
                   client_certificates_are_required);
    return run_suite(suite);
}
