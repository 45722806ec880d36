/* SPDX-License-Identifier: MIT
 * Users, databases and commands on a real Valkey or Redis, as applications use them. */
#include <stdio.h>
#include <string.h>

#include "support/real_client.h"

#define WORKER "worker:" PASSWORD "@"

static void start(void)
{
    running = real_server_start("tls-auth-clients no\n"
                                "user default off\n"
                                "user worker on >" PASSWORD " ~* &* +@all\n"
                                "user small on >small-pass ~{mail}:* +ping +llen\n"
                                "user mute on >mute-pass ~* +@all -ping\n"
                                "user free on nopass ~* +@all");
}

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

enum { TOGETHER = 6 };

/* Turn by turn, with answers under way on each. */
START_TEST(one_thread_may_hold_several_connections)
{
    redisContext *redis[TOGETHER];
    for (int i = 0; i < TOGETHER; i++)
        redis[i] = connected(WORKER, "127.0.0.1", "", "");
    for (int round = 0; round < 20; round++) {
        for (int i = 0; i < TOGETHER; i++)
            ck_assert_int_eq(redisAppendCommand(redis[i], "ECHO %d-%d", i, round), REDIS_OK);
        for (int i = TOGETHER - 1; i >= 0; i--) {
            char expected[32];
            redisReply *reply = NULL;
            (void)snprintf(expected, sizeof expected, "%d-%d", i, round);
            ck_assert_int_eq(redisGetReply(redis[i], (void **)&reply), REDIS_OK);
            ck_assert_str_eq(reply->str, expected);
            freeReplyObject(reply);
        }
    }
    for (int i = 0; i < TOGETHER; i++)
        redisFree(redis[i]);
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

int main(void)
{
    Suite *suite = suite_create("real server");
    TCase *tests = add_case(suite, "users", start);
    tcase_add_loop_test(tests, what_is_set_is_got, 0, 3);
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
    tcase_add_test(tests, pipelines_and_transactions_work);
    tcase_add_test(tests, one_thread_may_hold_several_connections);
    tcase_add_test(tests, resp3_works);
    tcase_add_test(tests, a_blocking_command_outlasts_its_timeout_only_if_told);
    return run_suite(suite);
}
