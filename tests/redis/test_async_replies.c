/* SPDX-License-Identifier: MIT
 * An asynchronous connection at work: replies that are too large, too slow, or that nobody asked for, and what is large,
 * slow or odd and yet good. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/session.h"

enum { SHORT_MS = 500 };

static scenario replying(const char *reply)
{
    scenario s = scenario_good();
    s.server.reply = reply;
    return s;
}

/* Sends commands, and expects that the connection ends by this error and each callback gets NULL once. */
static void assert_ends(const scenario *s, taskseal_err expected)
{
    stage st;
    stage_connect(&st, s);
    session_ask(&st.s, "LRANGE k 0 -1");
    session_ask(&st.s, "GET k");
    session_until(&st.s, &st.s.disconnected, 1);
    assert_err(expected, st.s.failure);
    ck_assert_int_eq(st.s.status, REDIS_ERR);
    ck_assert_uint_eq(st.s.replies, 0);
    ck_assert_uint_eq(st.s.nulls, 2);
    (void)stage_end(&st);
}

START_TEST(an_array_of_a_hundred_million_is_refused)
{
    scenario s = replying("*100000000\r\n:1\r\n");
    assert_ends(&s, TASKSEAL_ERR_REPLY_LIMIT);
}
END_TEST

START_TEST(arrays_that_announce_more_than_a_gigabyte_together_are_refused)
{
    scenario s = replying("*16777216\r\n*16777216\r\n*16777216\r\n*16777216\r\n*16777216\r\n"
                          "*16777216\r\n*16777216\r\n*16777216\r\n:1\r\n");
    assert_ends(&s, TASKSEAL_ERR_REPLY_LIMIT);
}
END_TEST

START_TEST(what_is_not_resp_ends_the_connection)
{
    scenario s = replying("HTTP/1.1 400 Bad Request\r\n");
    assert_ends(&s, TASKSEAL_ERR_IO);
}
END_TEST

/* ---- Time --------------------------------------------------------------------------------------------------- */

static scenario slow(behaviour how, const char *reply)
{
    scenario s = replying(reply);
    s.server.behaviour = how;
    s.timeout_ms = SHORT_MS;
    return s;
}

START_TEST(a_reply_that_never_comes_times_out)
{
    scenario s = slow(SERVE, "");
    assert_ends(&s, TASKSEAL_ERR_TIMEOUT);
}
END_TEST

START_TEST(a_reply_that_never_ends_times_out)
{
    scenario s = slow(SERVE, "$100\r\nabc");
    assert_ends(&s, TASKSEAL_ERR_TIMEOUT);
}
END_TEST

/* hiredis's timer alone begins anew with each byte. */
START_TEST(a_reply_that_dribbles_times_out)
{
    static char reply[2000] = "$1900\r\n";
    memset(reply + 7, 'x', sizeof reply - 8);
    scenario s = slow(DRIBBLE_REPLIES, reply);
    assert_ends(&s, TASKSEAL_ERR_TIMEOUT);
}
END_TEST

/* 100 MiB a second and more of one string, up to its limit or the deadline. */
START_TEST(a_reply_that_flows_without_end_times_out)
{
    scenario s = slow(ENDLESS_REPLIES, "$536870912\r\n");
    s.timeout_ms = 200;
    assert_ends(&s, TASKSEAL_ERR_TIMEOUT);
}
END_TEST

START_TEST(pushes_do_not_prolong_the_wait_for_a_reply)
{
    static char pushes[4000];
    for (size_t i = 0; i + 20 < sizeof pushes; i += 17)
        memcpy(pushes + i, ">2\r\n+info\r\n:123\r\n", 18);
    scenario s = slow(DRIBBLE_REPLIES, pushes);
    assert_ends(&s, TASKSEAL_ERR_TIMEOUT);
}
END_TEST

START_TEST(a_connection_that_waits_for_nothing_stays)
{
    stage st;
    scenario s = slow(SERVE, NULL);
    s.timeout_ms = 100;
    stage_connect(&st, &s);
    session_ask(&st.s, "GET k");
    session_until(&st.s, &st.s.replies, 1);
    for (int i = 0; i < 15; i++)
        session_turn(&st.s);
    ck_assert_uint_eq(st.s.disconnected, 0);
    session_ask(&st.s, "GET k");
    session_until(&st.s, &st.s.replies, 2);
    (void)stage_end(&st);
}
END_TEST

START_TEST(a_timeout_of_zero_is_without_end)
{
    stage st;
    scenario s = slow(DRIBBLE_REPLIES, "$20\r\nxxxxxxxxxxxxxxxxxxxx\r\n");
    s.timeout_ms = 300;
    stage_connect(&st, &s);
    ck_assert_int_eq(redisAsyncSetTimeout(st.s.redis, (struct timeval){0, 0}), REDIS_OK);
    session_ask(&st.s, "GET k");
    while (st.s.replies + st.s.nulls == 0)
        st.s.kind->turn(st.s.loop);
    ck_assert_uint_eq(st.s.replies, 1);
    (void)stage_end(&st);
}
END_TEST

/* ---- What nobody asked for ---------------------------------------------------------------------------------- */

/* hiredis asserts that there is no such thing, which ends the process. */
START_TEST(a_second_reply_to_a_command_ends_the_connection)
{
    static const char *const replies[] = {"+OK\r\n+OK\r\n", "+OK\r\n*1\r\n:1\r\n", "+OK\r\n:7\r\n"};
    stage st;
    scenario s = replying(replies[_i]);
    stage_connect(&st, &s);
    session_ask(&st.s, "GET k");
    session_until(&st.s, &st.s.disconnected, 1);
    ck_assert_uint_eq(st.s.replies, 1);
    ck_assert_uint_eq(st.s.nulls, 0);
    ck_assert_int_eq(st.s.status, REDIS_ERR);
    assert_err(TASKSEAL_ERR_SERVER_ERROR, st.s.failure);
    (void)stage_end(&st);
}
END_TEST

START_TEST(an_error_that_nobody_asked_for_ends_the_connection)
{
    stage st;
    scenario s = replying("+OK\r\n-ERR max number of clients reached\r\n");
    stage_connect(&st, &s);
    session_ask(&st.s, "GET k");
    session_until(&st.s, &st.s.disconnected, 1);
    ck_assert_uint_eq(st.s.replies, 1);
    assert_err(TASKSEAL_ERR_IO, st.s.failure);
    (void)stage_end(&st);
}
END_TEST

static unsigned pushed;

static void on_push(redisAsyncContext *redis, void *reply)
{
    (void)redis;
    ck_assert_int_eq(((redisReply *)reply)->type, REDIS_REPLY_PUSH);
    pushed++;
}

START_TEST(pushes_reach_their_callback_and_leave_replies_alone)
{
    stage st;
    scenario s = replying(">2\r\n+invalidate\r\n:1\r\n+OK\r\n>2\r\n+invalidate\r\n:2\r\n");
    pushed = 0;
    stage_connect(&st, &s);
    (void)redisAsyncSetPushCallback(st.s.redis, on_push);
    session_ask(&st.s, "GET k");
    session_until(&st.s, &pushed, 2);
    ck_assert_uint_eq(st.s.replies, 1);
    ck_assert_uint_eq(st.s.disconnected, 0);
    (void)stage_end(&st);
}
END_TEST

static void free_on_push(redisAsyncContext *redis, void *reply)
{
    on_push(redis, reply);
    redisAsyncFree(redis);
}

/* hiredis looks for that after the callback of a reply only. */
START_TEST(freeing_in_a_push_callback_ends_the_connection)
{
    stage st;
    scenario s = replying("+OK\r\n>2\r\n+invalidate\r\n:1\r\n");
    pushed = 0;
    stage_connect(&st, &s);
    (void)redisAsyncSetPushCallback(st.s.redis, free_on_push);
    session_ask(&st.s, "GET k");
    session_until(&st.s, &st.s.disconnected, 1);
    ck_assert_uint_eq(pushed, 1);
    ck_assert_uint_eq(st.s.replies, 1);
    ck_assert_int_eq(st.s.status, REDIS_OK);
    (void)stage_end(&st);
}
END_TEST

/* hiredis knows a subscription's push by its first element, and asserts that there is a subscription; and it takes a push
 * that is nil for a reply. */
static const char *const strays[] = {">3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n",
                                     ">3\r\n$11\r\nunsubscribe\r\n$1\r\na\r\n:0\r\n",
                                     ">3\r\n$7\r\nMESSAGE\r\n$1\r\na\r\n$1\r\nb\r\n",
                                     ">4\r\n$8\r\npmessage\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\nc\r\n",
                                     ">1\r\n$7\r\nsubscri\r\n",
                                     ">-1\r\n"};

START_TEST(a_push_of_no_subscription_ends_the_connection)
{
    char reply[100];
    stage st;
    (void)snprintf(reply, sizeof reply, "+OK\r\n%s", strays[_i]);
    scenario s = replying(reply);
    stage_connect(&st, &s);
    session_ask(&st.s, "GET k");
    session_until(&st.s, &st.s.disconnected, 1);
    ck_assert_uint_eq(st.s.replies, 1);
    ck_assert_uint_eq(st.s.nulls, 0);
    assert_err(TASKSEAL_ERR_SERVER_ERROR, st.s.failure);
    (void)stage_end(&st);
}
END_TEST

/* The last of them, which is nil, is a reply where one is waited for. */
START_TEST(a_push_of_no_subscription_is_no_reply)
{
    scenario s = replying(strays[_i]);
    assert_ends(&s, TASKSEAL_ERR_SERVER_ERROR);
}
END_TEST

/* hiredis reads a second and a third element of it, whether it has them or not. */
START_TEST(a_subscriptions_push_that_lacks_elements_ends_the_connection)
{
    stage st;
    scenario s = replying(">3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n"
                          ">3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\nb\r\n>1\r\n$7\r\nmessage\r\n");
    stage_connect(&st, &s);
    session_ask(&st.s, "SUBSCRIBE a");
    session_until(&st.s, &st.s.disconnected, 1);
    ck_assert_uint_eq(st.s.replies, 2);
    assert_err(TASKSEAL_ERR_SERVER_ERROR, st.s.failure);
    (void)stage_end(&st);
}
END_TEST

START_TEST(other_pushes_may_begin_with_any_string)
{
    stage st;
    scenario s = replying(">2\r\n$10\r\ninvalidate\r\n:1\r\n>1\r\n$8\r\nmessages\r\n>1\r\n$4\r\npmes\r\n"
                          ">1\r\n$0\r\n\r\n>0\r\n>2\r\n$4\r\ninfo\r\n$7\r\nmessage\r\n+OK\r\n");
    pushed = 0;
    stage_connect(&st, &s);
    (void)redisAsyncSetPushCallback(st.s.redis, on_push);
    session_ask(&st.s, "GET k");
    session_until(&st.s, &st.s.replies, 1);
    ck_assert_uint_eq(pushed, 6);
    ck_assert_uint_eq(st.s.disconnected, 0);
    (void)stage_end(&st);
}
END_TEST

/* ---- TLS ---------------------------------------------------------------------------------------------------- */

START_TEST(keys_may_change_before_every_reply)
{
    stage st;
    scenario s = scenario_good();
    s.server.behaviour = CHANGE_KEYS;
    stage_connect(&st, &s);
    for (int i = 0; i < 200; i++)
        session_ask(&st.s, "GET k");
    session_until(&st.s, &st.s.replies, 200);
    ck_assert_uint_eq(st.s.nulls, 0);
    (void)stage_end(&st);
}
END_TEST

/* Many replies in one record: OpenSSL and hiredis have them all before the first callback, and no event follows. */
START_TEST(what_openssl_holds_is_read_without_another_event)
{
    stage st;
    char *replies = malloc(4 * 5000 + 1);
    ck_assert_ptr_nonnull(replies);
    for (size_t i = 0; i < 5000; i++)
        memcpy(replies + 4 * i, ":1\r\n", 5);
    scenario s = replying(replies);
    s.server.reply_len = 20000;
    stage_connect(&st, &s);
    for (int i = 0; i < 5000; i++)
        session_ask(&st.s, "x");
    session_until(&st.s, &st.s.replies, 5000);
    (void)stage_end(&st);
    free(replies);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("async replies");
    TCase *tests = tcase_create("replies");
    tcase_set_timeout(tests, 60);
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, an_array_of_a_hundred_million_is_refused);
    tcase_add_test(tests, arrays_that_announce_more_than_a_gigabyte_together_are_refused);
    tcase_add_test(tests, what_is_not_resp_ends_the_connection);
    tcase_add_test(tests, a_reply_that_never_comes_times_out);
    tcase_add_test(tests, a_reply_that_never_ends_times_out);
    tcase_add_test(tests, a_reply_that_dribbles_times_out);
    tcase_add_test(tests, a_reply_that_flows_without_end_times_out);
    tcase_add_test(tests, pushes_do_not_prolong_the_wait_for_a_reply);
    tcase_add_test(tests, a_connection_that_waits_for_nothing_stays);
    tcase_add_test(tests, a_timeout_of_zero_is_without_end);
    tcase_add_loop_test(tests, a_second_reply_to_a_command_ends_the_connection, 0, 3);
    tcase_add_test(tests, an_error_that_nobody_asked_for_ends_the_connection);
    tcase_add_test(tests, pushes_reach_their_callback_and_leave_replies_alone);
    tcase_add_test(tests, freeing_in_a_push_callback_ends_the_connection);
    tcase_add_loop_test(tests, a_push_of_no_subscription_ends_the_connection, 0, (int)COUNT_OF(strays));
    tcase_add_loop_test(tests, a_push_of_no_subscription_is_no_reply, 0, (int)COUNT_OF(strays) - 1);
    tcase_add_test(tests, a_subscriptions_push_that_lacks_elements_ends_the_connection);
    tcase_add_test(tests, other_pushes_may_begin_with_any_string);
    tcase_add_test(tests, keys_may_change_before_every_reply);
    tcase_add_test(tests, what_openssl_holds_is_read_without_another_event);
    return run_suite(suite);
}
