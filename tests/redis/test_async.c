/* SPDX-License-Identifier: MIT
 * How asynchronous connections begin, and how they are given up. Which servers are refused is tested by
 * test_matrix.c, which is run asynchronously too. */
#include <string.h>
#include <unistd.h>

#include "support/session.h"

/* ---- Beginning ---------------------------------------------------------------------------------------------- */

static void never_verified(redisAsyncContext *redis, const taskseal_error *error, void *data)
{
    (void)redis;
    (void)error;
    (void)data;
    ck_abort_msg("verified was called");
}

static int refuse_to_attach(redisAsyncContext *redis, void *loop)
{
    (void)redis;
    (void)loop;
    return REDIS_ERR;
}

static int attach_without_functions(redisAsyncContext *redis, void *loop)
{
    (void)redis;
    (void)loop;
    return REDIS_OK;
}

static int attach_without_timers(redisAsyncContext *redis, void *loop)
{
    int result = loop_asked_for()->attach(redis, loop);
    redis->ev.scheduleTimer = NULL;
    return result;
}

/* As hiredis's adapters do when they run out of memory. */
static int attach_by_half(redisAsyncContext *redis, void *loop)
{
    int result = loop_asked_for()->attach(redis, loop);
    redis->ev.cleanup(redis->ev.data);
    redis->ev.data = NULL;
    return result == REDIS_OK ? REDIS_ERR : result;
}

START_TEST(what_can_not_begin_is_refused_at_once)
{
    static const struct {
        taskseal_redis_attach *attach;
        taskseal_err expected;
    } rows[] = {{NULL, TASKSEAL_ERR_BAD_ARGUMENT},
                {refuse_to_attach, TASKSEAL_ERR_NO_MEMORY},
                {attach_without_functions, TASKSEAL_ERR_NO_MEMORY},
                {attach_by_half, TASKSEAL_ERR_NO_MEMORY},
                {attach_without_timers, TASKSEAL_ERR_BAD_ARGUMENT}};
    taskseal_error error;
    taskseal_redis_endpoint *endpoint = NULL;
    taskseal_redis_pending *pending = NULL;
    session s = session_new();
    scenario good = scenario_good();
    lab l = lab_start(&good, 0);
    assert_ok(taskseal_redis_endpoint_new(&endpoint, l.uri, &error));
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_err(rows[i].expected, taskseal_redis_connect_async(endpoint, rows[i].attach, s.loop,
                                                                  never_verified, NULL, &pending, &error));
        ck_assert_int_eq(error.code, rows[i].expected);
        ck_assert_ptr_null(pending);
    }
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT,
               taskseal_redis_connect_async(NULL, s.kind->attach, s.loop, never_verified, NULL, NULL, NULL));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT,
               taskseal_redis_connect_async(endpoint, s.kind->attach, s.loop, NULL, NULL, &pending, NULL));
    taskseal_redis_cancel(NULL);
    taskseal_redis_endpoint_free(endpoint);
    session_end(&s);
    ck_assert_uint_eq(server_stop(l.server).connections, 0);
}
END_TEST

static unsigned attached;

static int attach_once(redisAsyncContext *redis, void *loop)
{
    return attached++ == 0 ? loop_asked_for()->attach(redis, loop) : REDIS_ERR;
}

START_TEST(a_loop_that_does_not_take_the_connection_is_an_error)
{
    loop_kind once = *loop_asked_for();
    stage st = {.s = session_new()};
    scenario good = scenario_good();
    once.attach = attach_once;
    attached = 0;
    st.s.kind = &once;
    st.l = lab_start(&good, 0);
    assert_ok(session_begin(&st.s, st.l.uri));
    session_wait(&st.s);
    assert_err(TASKSEAL_ERR_NO_MEMORY, st.s.err);
    ck_assert_uint_eq(attached, 2);
    (void)stage_end(&st);
}
END_TEST

START_TEST(the_context_is_verified_and_one_of_ours)
{
    stage st;
    taskseal_redis_peer peer;
    taskseal_error error;
    scenario good = scenario_good();
    stage_connect(&st, &good);
    redisContext *context = &st.s.redis->c;
    assert_ok(taskseal_redis_error(context));
    assert_ok(taskseal_redis_peer_info(context, &peer));
    ck_assert_str_eq(peer.matched_name, "localhost");
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_redis_reconnect(context, &error));
    session_ask(&st.s, "LLEN q");
    session_until(&st.s, &st.s.replies, 1);
    ck_assert_uint_eq(stage_end(&st).commands, 3); /* AUTH, PING, LLEN */
    ck_assert_uint_eq(st.s.nulls, 0);
}
END_TEST

START_TEST(redis_reconnect_fails_closed)
{
    stage st;
    scenario good = scenario_good();
    stage_connect(&st, &good);
    redisAsyncContext *redis = st.s.redis;
    redis->ev.cleanup(
        redis->ev.data); /* or the loop would watch a closed descriptor: a fault of whoever calls it */
    memset(&redis->ev, 0, sizeof redis->ev);
    ck_assert_int_eq(redisReconnect(&redis->c), REDIS_ERR);
    redis->c.err = 0;
    (void)redisAsyncCommand(redis, session_on_reply, &st.s, "SECRET");
    redisAsyncHandleWrite(redis);
    ck_assert_uint_eq(st.s.nulls, 1);
    assert_err(TASKSEAL_ERR_NOT_VERIFIED, st.s.failure);
    ck_assert_uint_eq(stage_end(&st).commands, 2);
}
END_TEST

/* ---- Giving up ---------------------------------------------------------------------------------------------- */

START_TEST(a_connect_that_is_cancelled_calls_nobody)
{
    static const behaviour phases[] = {SERVE, SAY_NOTHING, DRIBBLE, SILENT_AFTER_HANDSHAKE, CLOSE_AT_ONCE};
    scenario s = scenario_good();
    stage st;
    s.server.behaviour = phases[_i / 2];
    stage_begin(&st, &s);
    if (_i % 2 == 1)
        session_turn(&st.s); /* then it is in that phase */
    if (st.s.pending != NULL)
        taskseal_redis_cancel(st.s.pending);
    st.s.pending = NULL;
    unsigned before = st.s.verified;
    session_turn(&st.s);
    ck_assert_uint_eq(st.s.verified, before);
    (void)stage_end(&st);
}
END_TEST

/* The thread has finished; the loop has not noticed. */
START_TEST(a_connect_that_is_done_may_be_cancelled)
{
    stage st;
    scenario s = scenario_good();
    stage_begin(&st, &s);
    (void)sleep(1);
    taskseal_redis_cancel(st.s.pending);
    st.s.pending = NULL;
    session_turn(&st.s);
    ck_assert_uint_eq(st.s.verified, 0);
    (void)stage_end(&st);
}
END_TEST

START_TEST(a_server_that_is_refused_does_not_block_the_loop)
{
    stage st;
    unsigned turns = 0;
    scenario s = scenario_good();
    s.server.behaviour = DRIBBLE;
    s.timeout_ms = 500;
    stage_begin(&st, &s);
    for (; st.s.verified == 0; turns++)
        st.s.kind->turn(st.s.loop);
    assert_err(TASKSEAL_ERR_TIMEOUT, st.s.err);
    ck_assert_uint_gt(turns, 10);
    (void)stage_end(&st);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("async");
    TCase *tests = tcase_create("life");
    tcase_set_timeout(tests, 60);
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, what_can_not_begin_is_refused_at_once);
    tcase_add_test(tests, a_loop_that_does_not_take_the_connection_is_an_error);
    tcase_add_test(tests, the_context_is_verified_and_one_of_ours);
    tcase_add_test(tests, redis_reconnect_fails_closed);
    tcase_add_loop_test(tests, a_connect_that_is_cancelled_calls_nobody, 0, 10);
    tcase_add_test(tests, a_connect_that_is_done_may_be_cancelled);
    tcase_add_test(tests, a_server_that_is_refused_does_not_block_the_loop);
    return run_suite(suite);
}
