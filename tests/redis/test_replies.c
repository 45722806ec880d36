/* SPDX-License-Identifier: MIT
 * A connection at work: replies that are too large, too deep or too slow, big ones that are not, and what error replies
 * mean. */
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "support/lab.h"

static redisContext *connected(const lab *l)
{
    redisContext *redis = NULL;
    taskseal_error error = {TASKSEAL_OK, 0, ""};
    taskseal_err err = lab_connect(l, &redis, &error);
    ck_assert_msg(err == TASKSEAL_OK, "%s", error.message);
    return redis;
}

static scenario replying(const char *reply)
{
    scenario s = scenario_good();
    s.server.reply = reply;
    return s;
}

/* Sends a command to a server that gives this reply, and expects that the connection ends by this error. */
static void assert_ends(const scenario *s, taskseal_err expected, int hiredis_error)
{
    lab l = lab_start(s, 0);
    redisContext *redis = connected(&l);
    ck_assert_ptr_null(redisCommand(redis, "LRANGE k 0 -1"));
    assert_err(expected, taskseal_redis_error(redis));
    ck_assert_int_eq(redis->err, hiredis_error);
    ck_assert_ptr_null(redisCommand(redis, "PING"));
    assert_err(expected, taskseal_redis_error(redis));
    redisFree(redis);
    (void)server_stop(l.server);
}

START_TEST(an_array_of_a_hundred_million_is_refused)
{
    scenario s = replying("*100000000\r\n:1\r\n");
    assert_ends(&s, TASKSEAL_ERR_REPLY_LIMIT, REDIS_ERR_PROTOCOL);
}
END_TEST

/* "*1\r\n" again and again, and a number inside. */
static char *nested(unsigned depth)
{
    char *text = malloc(depth * 4 + 5);
    for (unsigned i = 0; i < depth; i++)
        memcpy(text + i * 4, "*1\r\n", 4);
    memcpy(text + depth * 4, ":1\r\n", 5);
    return text;
}

START_TEST(nesting_of_64_is_the_deepest)
{
    char *text = nested(64);
    scenario s = replying(text);
    lab l = lab_start(&s, 0);
    redisContext *redis = connected(&l);
    redisReply *reply = redisCommand(redis, "EVAL deep");
    ck_assert_ptr_nonnull(reply);
    ck_assert_int_eq(reply->type, REDIS_REPLY_ARRAY);
    freeReplyObject(reply);
    redisFree(redis);
    (void)server_stop(l.server);
    free(text);
}
END_TEST

START_TEST(deeper_nesting_is_refused)
{
    char *text = nested(65);
    scenario s = replying(text);
    assert_ends(&s, TASKSEAL_ERR_REPLY_LIMIT, REDIS_ERR_OOM);
    free(text);
}
END_TEST

START_TEST(a_limit_at_the_login_is_no_lack_of_memory)
{
    char *text = nested(65);
    scenario s = scenario_good();
    s.server.ping_reply = text;
    lab l = lab_start(&s, 0);
    redisContext *redis = NULL;
    taskseal_error error = {TASKSEAL_OK, 0, ""};
    assert_err(TASKSEAL_ERR_SERVER_ERROR, lab_connect(&l, &redis, &error));
    ck_assert_msg(strstr(error.message, "not as Valkey or Redis do") != NULL, "message is: %s", error.message);
    (void)server_stop(l.server);
    free(text);
}
END_TEST

START_TEST(arrays_that_announce_more_than_a_gigabyte_together_are_refused)
{
    scenario s = replying("*16000000\r\n*16000000\r\n*16000000\r\n*16000000\r\n*16000000\r\n"
                          "*16000000\r\n*16000000\r\n*16000000\r\n*16000000\r\n*16000000\r\n:1\r\n");
    assert_ends(&s, TASKSEAL_ERR_REPLY_LIMIT, REDIS_ERR_OOM);
}
END_TEST

START_TEST(what_is_not_resp_ends_the_connection)
{
    scenario s = replying("HTTP/1.1 200 OK\r\n\r\n");
    assert_ends(&s, TASKSEAL_ERR_IO, REDIS_ERR_PROTOCOL);
}
END_TEST

/* The time that a command may take is that of the URI, until redisSetTimeout. */
static void assert_times_out(behaviour how, const char *reply)
{
    scenario s = replying(reply);
    struct timeval soon = {.tv_usec = 300000};
    s.server.behaviour = how;
    lab l = lab_start(&s, 0);
    redisContext *redis = connected(&l);
    ck_assert_int_eq(redisSetTimeout(redis, soon), REDIS_OK);
    ck_assert_ptr_null(redisCommand(redis, "GET k"));
    assert_err(TASKSEAL_ERR_TIMEOUT, taskseal_redis_error(redis));
    ck_assert_int_eq(redis->err, REDIS_ERR_TIMEOUT);
    ck_assert_int_eq(redis->fd, REDIS_INVALID_FD); /* the number may be another file's soon */
    redisFree(redis);
    (void)server_stop(l.server);
}

START_TEST(a_reply_that_never_comes_times_out)
{
    assert_times_out(SERVE, "");
}
END_TEST

START_TEST(a_reply_that_never_ends_times_out)
{
    assert_times_out(SERVE, "$5\r\nab");
}
END_TEST

/* Each byte comes well within the timeout; all of them would take 20 s. */
START_TEST(a_reply_that_dribbles_times_out)
{
    char text[1100];
    size_t len = (size_t)snprintf(text, sizeof text, "$1000\r\n");
    memset(text + len, 'x', 1000);
    memcpy(text + len + 1000, "\r\n", 3);
    assert_times_out(DRIBBLE_REPLIES, text);
}
END_TEST

START_TEST(an_array_that_dribbles_times_out)
{
    char text[1400] = "*300\r\n";
    for (int i = 0; i < 300; i++)
        (void)strcat(text, ":1\r\n");
    assert_times_out(DRIBBLE_REPLIES, text);
}
END_TEST

/* It never pauses, so nobody ever waits for it. */
START_TEST(a_reply_that_flows_without_end_times_out)
{
    assert_times_out(ENDLESS_REPLIES, "+A");
}
END_TEST

/* Each comes well within the timeout; the reply behind them would take 2 s. */
#define PUSH     ">1\r\n+p\r\n"
#define PUSHES_4 PUSH PUSH PUSH PUSH

START_TEST(pushes_do_not_prolong_the_wait_for_a_reply)
{
    assert_times_out(DRIBBLE_REPLIES, PUSHES_4 PUSHES_4 PUSHES_4 "+OK\r\n");
}
END_TEST

/* A subscriber takes pushes as the replies that it waits for. */
START_TEST(a_push_that_is_asked_for_has_its_own_deadline)
{
    scenario s = replying(PUSHES_4 PUSHES_4 PUSHES_4);
    struct timeval soon = {.tv_sec = 1, .tv_usec = 500000};
    s.server.behaviour = DRIBBLE_REPLIES;
    lab l = lab_start(&s, 0);
    redisContext *redis = connected(&l);
    ck_assert_int_eq(redisSetTimeout(redis, soon), REDIS_OK);
    (void)redisSetPushCallback(redis, NULL);
    ck_assert_int_eq(redisAppendCommand(redis, "SUBSCRIBE c"), REDIS_OK);
    for (int i = 0; i < 12; i++) {
        void *reply = NULL;
        ck_assert_msg(redisGetReply(redis, &reply) == REDIS_OK, "push %d: %s", i, redis->errstr);
        ck_assert_int_eq(((redisReply *)reply)->type, REDIS_REPLY_PUSH);
        freeReplyObject(reply);
    }
    redisFree(redis);
    (void)server_stop(l.server);
}
END_TEST

/* In microseconds they wrap round: to half a second, to before now, and to less than nothing. */
static const long long_timeouts[] = {18446744073710, INT64_MAX / 1000000, LONG_MAX};

START_TEST(a_timeout_beyond_the_clock_is_for_ever)
{
    scenario s = replying("+SLOW-BUT-AS-STEADY-AS-THE-OTHER-ONE-IS\r\n"); /* 41 bytes of 20 ms */
    struct timeval never = {.tv_sec = long_timeouts[_i]};
    s.server.behaviour = DRIBBLE_REPLIES;
    lab l = lab_start(&s, 0);
    redisContext *redis = connected(&l);
    ck_assert_int_eq(redisSetTimeout(redis, never), REDIS_OK);
    redisReply *reply = redisCommand(redis, "GET k");
    ck_assert_msg(reply != NULL, "%s", redis->errstr);
    freeReplyObject(reply);
    redisFree(redis);
    (void)server_stop(l.server);
}
END_TEST

/* Together they take longer than the timeout, one by one they don't. */
START_TEST(each_reply_of_a_pipeline_has_its_own_deadline)
{
    scenario s = replying("+SLOW--BUT-STEADY\r\n"); /* 20 bytes of 20 ms */
    struct timeval soon = {.tv_sec = 1, .tv_usec = 500000};
    s.server.behaviour = DRIBBLE_REPLIES;
    lab l = lab_start(&s, 0);
    redisContext *redis = connected(&l);
    ck_assert_int_eq(redisSetTimeout(redis, soon), REDIS_OK);
    for (int i = 0; i < 5; i++)
        ck_assert_int_eq(redisAppendCommand(redis, "GET k"), REDIS_OK);
    for (int i = 0; i < 5; i++) {
        void *reply = NULL;
        ck_assert_msg(redisGetReply(redis, &reply) == REDIS_OK, "reply %d: %s", i, redis->errstr);
        ck_assert_str_eq(((redisReply *)reply)->str, "SLOW--BUT-STEADY");
        freeReplyObject(reply);
    }
    redisFree(redis);
    (void)server_stop(l.server);
}
END_TEST

START_TEST(a_pipeline_comes_back_in_order)
{
    scenario s = replying("$3\r\nabc\r\n");
    lab l = lab_start(&s, 0);
    redisContext *redis = connected(&l);
    for (int i = 0; i < 1000; i++)
        ck_assert_int_eq(redisAppendCommand(redis, "GET %d", i), REDIS_OK);
    for (int i = 0; i < 1000; i++) {
        void *reply = NULL;
        ck_assert_int_eq(redisGetReply(redis, &reply), REDIS_OK);
        ck_assert_str_eq(((redisReply *)reply)->str, "abc");
        freeReplyObject(reply);
    }
    redisFree(redis);
    ck_assert_uint_eq(server_stop(l.server).commands, 1002);
}
END_TEST

START_TEST(a_large_value_goes_both_ways)
{
    size_t size = 5 * 1024 * 1024 + 17;
    char *value = malloc(size);
    char *reply_text = malloc(size + 64);
    for (size_t i = 0; i < size; i++)
        value[i] = (char)(i * 2654435761U >> 11);
    size_t len = (size_t)snprintf(reply_text, 64, "$%zu\r\n", size);
    memcpy(reply_text + len, value, size);
    memcpy(reply_text + len + size, "\r\n", 2);
    scenario s = replying(reply_text);
    s.server.reply_len = len + size + 2;
    lab l = lab_start(&s, 0);
    redisContext *redis = connected(&l);
    redisReply *reply = redisCommand(redis, "GETSET k %b", value, size);
    ck_assert_ptr_nonnull(reply);
    ck_assert_uint_eq(reply->len, size);
    ck_assert(memcmp(reply->str, value, size) == 0);
    freeReplyObject(reply);
    redisFree(redis);
    (void)server_stop(l.server);
    free(reply_text);
    free(value);
}
END_TEST

/* The default action of SIGPIPE is to kill; Check would report it. */
START_TEST(writing_to_a_server_that_has_gone_raises_no_signal)
{
    scenario s = scenario_good();
    s.server.close_after = 3;
    ck_assert(signal(SIGPIPE, SIG_DFL) != SIG_ERR);
    lab l = lab_start(&s, 0);
    redisContext *redis = connected(&l);
    redisReply *reply = redisCommand(redis, "PING"); /* the third command, after AUTH and PING */
    freeReplyObject(reply);
    (void)server_stop(l.server);
    for (int i = 0; i < 3; i++)
        ck_assert_ptr_null(redisCommand(redis, "SET k %s", "value"));
    assert_err(TASKSEAL_ERR_PEER_CLOSED, taskseal_redis_error(redis));
    redisFree(redis);
}
END_TEST

static const struct {
    const char *text;
    taskseal_err means;
} error_replies[] = {
    {"NOPERM User x has no permissions", TASKSEAL_ERR_NO_PERMISSION},
    {"NOAUTH Authentication required.", TASKSEAL_ERR_AUTH_REFUSED},
    {"WRONGPASS invalid username-password pair", TASKSEAL_ERR_AUTH_REFUSED},
    {"LOADING Redis is loading the dataset in memory", TASKSEAL_ERR_SERVER_BUSY},
    {"BUSY Redis is busy running a script", TASKSEAL_ERR_SERVER_BUSY},
    {"MASTERDOWN Link with MASTER is down", TASKSEAL_ERR_SERVER_BUSY},
    {"READONLY You can't write against a read only replica.", TASKSEAL_ERR_SERVER_BUSY},
    {"OOM command not allowed when used memory > 'maxmemory'.", TASKSEAL_ERR_SERVER_BUSY},
    {"MISCONF Valkey is configured to save RDB snapshots", TASKSEAL_ERR_SERVER_BUSY},
    {"ERR max number of clients reached", TASKSEAL_ERR_SERVER_BUSY},
    {"ERR max number of clients + cluster connections reached", TASKSEAL_ERR_SERVER_BUSY},
    {"ERR max number of", TASKSEAL_ERR_SERVER_ERROR},
    {"ERR unknown command", TASKSEAL_ERR_SERVER_ERROR},
    {"WRONGTYPE Operation against a key", TASKSEAL_ERR_SERVER_ERROR},
    {"BUSYGROUP Consumer Group name already exists", TASKSEAL_ERR_SERVER_ERROR},
    {"BUSYKEY Target key name already exists.", TASKSEAL_ERR_SERVER_ERROR},
    {"NOPERMIT", TASKSEAL_ERR_SERVER_ERROR},
    {"NOPERM", TASKSEAL_ERR_NO_PERMISSION},
    {"noperm lower", TASKSEAL_ERR_SERVER_ERROR},
    {"", TASKSEAL_ERR_SERVER_ERROR},
};

START_TEST(an_error_reply_has_a_meaning)
{
    char text[80];
    (void)snprintf(text, sizeof text, "%s", error_replies[_i].text);
    redisReply reply = {.type = REDIS_REPLY_ERROR, .str = text, .len = strlen(text)};
    ck_assert_msg(taskseal_redis_reply_error(&reply) == error_replies[_i].means, "%s", text);
}
END_TEST

START_TEST(other_replies_are_no_errors)
{
    char text[] = "NOPERM as a value";
    redisReply reply = {.type = REDIS_REPLY_STRING, .str = text, .len = strlen(text)};
    assert_ok(taskseal_redis_reply_error(&reply));
    assert_err(TASKSEAL_ERR_IO, taskseal_redis_reply_error(NULL));
}
END_TEST

START_TEST(the_word_of_an_error_is_told_and_nothing_else_of_it)
{
    static const char *const texts[][2] = {{"OOM command `SET secret`", "OOM"}, {"NOSCRIPT", "NOSCRIPT"},
                                           {"secret word", "?"}, {"WORDs", "?"}, {"LONGWORD", "?"}, {"", ""}};
    char word[9] = "x";
    redisReply reply = {.type = REDIS_REPLY_ERROR, .str = (char *)(uintptr_t)texts[_i][0], .len = strlen(texts[_i][0])};
    const size_t cap = _i == 4 ? sizeof word - 1 : sizeof word;
    taskseal_redis_reply_word(&reply, word, cap);
    ck_assert_str_eq(word, texts[_i][1]);
    reply.type = REDIS_REPLY_STATUS;
    taskseal_redis_reply_word(&reply, word, cap);
    ck_assert_str_eq(word, "");
    taskseal_redis_reply_word(NULL, word, cap);
    ck_assert_str_eq(word, "");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("replies");
    TCase *tests = tcase_create("replies");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, an_array_of_a_hundred_million_is_refused);
    tcase_add_test(tests, nesting_of_64_is_the_deepest);
    tcase_add_test(tests, deeper_nesting_is_refused);
    tcase_add_test(tests, a_limit_at_the_login_is_no_lack_of_memory);
    tcase_add_test(tests, arrays_that_announce_more_than_a_gigabyte_together_are_refused);
    tcase_add_test(tests, what_is_not_resp_ends_the_connection);
    tcase_add_test(tests, a_reply_that_never_comes_times_out);
    tcase_add_test(tests, a_reply_that_never_ends_times_out);
    tcase_add_test(tests, a_reply_that_dribbles_times_out);
    tcase_add_test(tests, an_array_that_dribbles_times_out);
    tcase_add_test(tests, a_reply_that_flows_without_end_times_out);
    tcase_add_test(tests, pushes_do_not_prolong_the_wait_for_a_reply);
    tcase_add_test(tests, a_push_that_is_asked_for_has_its_own_deadline);
    tcase_add_loop_test(tests, a_timeout_beyond_the_clock_is_for_ever, 0, (int)COUNT_OF(long_timeouts));
    tcase_add_test(tests, each_reply_of_a_pipeline_has_its_own_deadline);
    tcase_add_test(tests, a_pipeline_comes_back_in_order);
    tcase_add_test(tests, a_large_value_goes_both_ways);
    tcase_add_test(tests, writing_to_a_server_that_has_gone_raises_no_signal);
    tcase_add_loop_test(tests, an_error_reply_has_a_meaning, 0, (int)COUNT_OF(error_replies));
    tcase_add_test(tests, other_replies_are_no_errors);
    tcase_add_loop_test(tests, the_word_of_an_error_is_told_and_nothing_else_of_it, 0, 6);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
