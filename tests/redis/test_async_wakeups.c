/* SPDX-License-Identifier: MIT
 * No wake-up is lost: what OpenSSL holds raises no event any more, so replies would stay there. Records are split over
 * segments at every kind of place, replies over records, many replies lie in one record, and the loop may be late. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "support/session.h"

enum { ROUNDS = 12, AT_ONCE = 40, SIZES = 5 };

/* Bytes of a reply's string: below, at and above a record (16384), and above what is taken in one turn (64 KiB). */
static const size_t sizes[SIZES] = {1, 700, 16370, 19000, 70000};

static char *string_reply(size_t size)
{
    char *text = malloc(size + 32);
    ck_assert_ptr_nonnull(text);
    int head = sprintf(text, "$%zu\r\n", size);
    memset(text + head, 'x', size);
    memcpy(text + (size_t)head + size, "\r\n", 3);
    return text;
}

static scenario in_pieces(char *reply)
{
    scenario s = scenario_good();
    s.server.reply = reply;
    s.server.behaviour = PIECES;
    s.timeout_ms = 120000; /* valgrind on a machine at work: the test's deadline is what ends it */
    return s;
}

START_TEST(replies_in_pieces_all_arrive)
{
    stage st;
    char *reply = string_reply(sizes[_i]);
    scenario s = in_pieces(reply);
    stage_connect(&st, &s);
    for (unsigned round = 1; round <= ROUNDS; round++) {
        for (int i = 0; i < AT_ONCE; i++)
            session_ask(&st.s, "GET k");
        session_until(&st.s, &st.s.replies, round * AT_ONCE);
    }
    ck_assert_uint_eq(st.s.nulls, 0);
    ck_assert_uint_eq(st.s.disconnected, 0);
    (void)stage_end(&st);
    free(reply);
}
END_TEST

/* Each reply is asked for in the callback of the one before, so that there is never more than one under way. */
static void ask_on(redisAsyncContext *redis, void *reply, void *data)
{
    session *s = data;
    session_on_reply(redis, reply, data);
    if (reply != NULL && s->replies < ROUNDS * AT_ONCE)
        ck_assert_int_eq(redisAsyncCommand(redis, ask_on, s, "GET k"), REDIS_OK);
}

START_TEST(one_after_the_other_all_arrive)
{
    stage st;
    char *reply = string_reply(sizes[_i]);
    scenario s = in_pieces(reply);
    stage_connect(&st, &s);
    ck_assert_int_eq(redisAsyncCommand(st.s.redis, ask_on, &st.s, "GET k"), REDIS_OK);
    session_until(&st.s, &st.s.replies, ROUNDS * AT_ONCE);
    (void)stage_end(&st);
    free(reply);
}
END_TEST

/* The disconnect waits for what was asked for, output that is still to leave included. */
START_TEST(a_disconnect_loses_nothing)
{
    stage st;
    char *reply = string_reply(sizes[_i]);
    scenario s = in_pieces(reply);
    stage_connect(&st, &s);
    for (int i = 0; i < AT_ONCE; i++)
        session_ask(&st.s, "GET k");
    redisAsyncDisconnect(st.s.redis);
    session_until(&st.s, &st.s.disconnected, 1);
    ck_assert_msg(st.s.replies == AT_ONCE, "%u replies: %s", st.s.replies, st.s.error.message);
    ck_assert_int_eq(st.s.status, REDIS_OK);
    (void)stage_end(&st);
    free(reply);
}
END_TEST

/* A loop that was held up for longer than the deadline finds replies that came in time. libevent and libuv handle timers
 * before descriptors, and then hiredis's own says that none came (redis_async.h): the error is TIMEOUT, and no other. */
START_TEST(a_loop_that_was_held_up_takes_what_has_come)
{
    const struct timespec held_up = {.tv_nsec = 900000000};
    stage st;
    char *reply = string_reply(sizes[_i]);
    scenario s = in_pieces(reply);
    stage_connect(&st, &s);
    ck_assert_int_eq(redisAsyncSetTimeout(st.s.redis, (struct timeval){.tv_usec = 600000}), REDIS_OK);
    session_ask(&st.s, "GET k");
    while (sdslen(st.s.redis->c.obuf) > 0)
        st.s.kind->turn(st.s.loop);
    if (st.s.replies == 0)
        (void)nanosleep(&held_up, NULL);
    while (st.s.replies + st.s.nulls == 0)
        st.s.kind->turn(st.s.loop);
    if (st.s.nulls > 0) {
        session_until(&st.s, &st.s.disconnected, 1);
        assert_err(TASKSEAL_ERR_TIMEOUT, st.s.failure);
        printf("# %s says that nothing came in time, though it had\n", st.s.kind->name);
    }
    ck_assert_msg(st.s.nulls == 0 || strcmp(st.s.kind->name, "poll") != 0, "%s", st.s.error.message);
    (void)stage_end(&st);
    free(reply);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("async wake-ups");
    TCase *tests = tcase_create("wake-ups");
    tcase_set_timeout(tests, 100);
    tcase_add_loop_test(tests, replies_in_pieces_all_arrive, 0, SIZES);
    tcase_add_loop_test(tests, one_after_the_other_all_arrive, 0, SIZES);
    tcase_add_loop_test(tests, a_disconnect_loses_nothing, 0, SIZES);
    tcase_add_loop_test(tests, a_loop_that_was_held_up_takes_what_has_come, 0, 2);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
