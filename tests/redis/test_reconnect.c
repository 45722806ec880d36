/* SPDX-License-Identifier: MIT
 * What happens to a connection after it was good: hiredis's own reconnect must fail closed, and ours must verify from
 * nothing. */
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/lab.h"

static bool answers(redisContext *redis)
{
    redisReply *reply = redisCommand(redis, "LLEN {mail}:pending");
    bool good = reply != NULL && reply->type != REDIS_REPLY_ERROR;
    freeReplyObject(reply);
    return good;
}

static redisContext *connected(const lab *l)
{
    redisContext *redis = NULL;
    taskseal_error error = {TASKSEAL_OK, 0, ""};
    taskseal_err err = lab_connect(l, &redis, &error);
    ck_assert_msg(err == TASKSEAL_OK, "%s", error.message);
    return redis;
}

START_TEST(redis_reconnect_fails_closed)
{
    scenario s = scenario_good();
    lab l = lab_start(&s, 0);
    redisContext *redis = connected(&l);
    ck_assert_int_eq(redisReconnect(redis), REDIS_ERR);
    ck_assert(!answers(redis));
    assert_err(TASKSEAL_ERR_NOT_VERIFIED, taskseal_redis_error(redis));
    redisFree(redis);
    server_seen seen = server_stop(l.server);
    ck_assert_uint_eq(seen.connections, 1);
    ck_assert_uint_eq(seen.commands, 2); /* AUTH, PING */
}
END_TEST

START_TEST(nothing_is_sent_when_the_error_is_cleared_by_hand)
{
    scenario s = scenario_good();
    lab l = lab_start(&s, 0);
    redisContext *redis = connected(&l);
    (void)redisReconnect(redis);
    redis->err = 0;
    ck_assert(!answers(redis));
    ck_assert_str_eq(redis->errstr, "the connection is not verified: use taskseal_redis_reconnect");
    redisFree(redis);
    ck_assert_uint_eq(server_stop(l.server).commands, 2);
}
END_TEST

START_TEST(nothing_is_sent_without_the_private_context)
{
    scenario s = scenario_good();
    lab l = lab_start(&s, 0);
    redisContext *redis = connected(&l);
    void *mine = redis->privctx;
    redis->privctx = NULL;
    ck_assert(!answers(redis));
    redis->privctx = mine;
    redisFree(redis);
    ck_assert_uint_eq(server_stop(l.server).commands, 2);
}
END_TEST

START_TEST(a_plaintext_server_on_the_port_gets_nothing_after_redis_reconnect)
{
    scenario s = scenario_good();
    lab l = lab_start(&s, 0);
    unsigned short port = server_port(l.server);
    redisContext *redis = connected(&l);
    (void)server_stop(l.server);
    s.server.behaviour = SAY_NOTHING;
    lab thief = lab_start(&s, port);
    ck_assert_int_eq(redisReconnect(redis), REDIS_ERR);
    (void)redisAppendCommand(redis, "AUTH worker %s", PASSWORD);
    ck_assert_int_eq(redisGetReply(redis, NULL), REDIS_ERR);
    redisFree(redis);
    server_seen seen = server_stop(thief.server);
    ck_assert_uint_eq(seen.connections, 0);
    ck_assert_uint_eq(seen.raw_len, 0);
}
END_TEST

START_TEST(our_reconnect_sends_no_credentials_to_a_plaintext_server)
{
    scenario s = scenario_good();
    taskseal_error error;
    lab l = lab_start(&s, 0);
    unsigned short port = server_port(l.server);
    redisContext *redis = connected(&l);
    (void)server_stop(l.server);
    s.server.behaviour = SPEAK_PLAINTEXT;
    lab thief = lab_start(&s, port);
    assert_err(TASKSEAL_ERR_NOT_TLS, taskseal_redis_reconnect(redis, &error));
    redisFree(redis);
    server_seen seen = server_stop(thief.server);
    ck_assert_uint_gt(seen.connections, 0);
    ck_assert_uint_lt(seen.raw_len, sizeof seen.raw);
    ck_assert_ptr_null(memmem(seen.raw, seen.raw_len, "AUTH", 4));
    ck_assert_ptr_null(memmem(seen.raw, seen.raw_len, PASSWORD, strlen(PASSWORD)));
}
END_TEST

START_TEST(our_reconnect_works_after_redis_reconnect)
{
    scenario s = scenario_good();
    taskseal_error error;
    lab l = lab_start(&s, 0);
    redisContext *redis = connected(&l);
    for (int round = 0; round < 3; round++) {
        (void)redisReconnect(redis);
        (void)redisReconnect(redis);
        assert_ok(taskseal_redis_reconnect(redis, &error));
        assert_ok(taskseal_redis_error(redis));
        ck_assert(answers(redis));
    }
    redisFree(redis);
    ck_assert_uint_eq(server_stop(l.server).connections, 4);
}
END_TEST

START_TEST(our_reconnect_works_while_connected)
{
    scenario s = scenario_good();
    taskseal_error error;
    lab l = lab_start(&s, 0);
    redisContext *redis = connected(&l);
    (void)redisAppendCommand(redis, "LLEN dropped");
    assert_ok(taskseal_redis_reconnect(redis, &error));
    ck_assert(answers(redis));
    redisFree(redis);
    ck_assert_uint_eq(server_stop(l.server).commands, 5); /* twice AUTH and PING, one LLEN */
}
END_TEST

/* Of the same root. */
static server *another_server(const lab *l, const cert_spec *leaf, unsigned short port)
{
    server_spec spec = {.leaf = issue(leaf, &l->root)};
    return server_start(&spec, port);
}

START_TEST(our_reconnect_works_after_the_server_went_away)
{
    scenario s = scenario_good();
    taskseal_error error;
    lab l = lab_start(&s, 0);
    unsigned short port = server_port(l.server);
    redisContext *redis = connected(&l);
    (void)server_stop(l.server);
    ck_assert(!answers(redis));
    assert_err(TASKSEAL_ERR_PEER_CLOSED, taskseal_redis_error(redis));
    ck_assert_int_eq(redis->err, REDIS_ERR_EOF);
    assert_err(TASKSEAL_ERR_CONNECT, taskseal_redis_reconnect(redis, &error));
    assert_err(TASKSEAL_ERR_CONNECT, taskseal_redis_error(redis));
    ck_assert(!answers(redis));
    server *again =
        server_start(&(server_spec){.behaviour = CLOSE_AT_ONCE, .leaf = issue(&s.leaf, NULL)}, port);
    assert_err(TASKSEAL_ERR_PEER_CLOSED, taskseal_redis_reconnect(redis, &error));
    (void)server_stop(again);
    server *revived = another_server(&l, &s.leaf, port);
    assert_ok(taskseal_redis_reconnect(redis, &error));
    ck_assert(answers(redis));
    redisFree(redis);
    (void)server_stop(revived);
}
END_TEST

START_TEST(an_evil_server_is_refused_on_reconnect)
{
    scenario s = scenario_good();
    taskseal_error error;
    lab l = lab_start(&s, 0);
    unsigned short port = server_port(l.server);
    redisContext *redis = connected(&l);
    (void)server_stop(l.server);
    cert_spec evil = spec_server("DNS:evil.example.com");
    server *s_evil = another_server(&l, &evil, port);
    assert_err(TASKSEAL_ERR_NAME_MISMATCH, taskseal_redis_reconnect(redis, &error));
    ck_assert(!answers(redis));
    ck_assert_uint_eq(server_stop(s_evil).commands, 0);
    server *s_good = another_server(&l, &s.leaf, port);
    assert_ok(taskseal_redis_reconnect(redis, &error));
    ck_assert(answers(redis));
    redisFree(redis);
    (void)server_stop(s_good);
}
END_TEST

START_TEST(a_context_outlives_its_endpoint)
{
    scenario s = scenario_good();
    taskseal_error error;
    lab l = lab_start(&s, 0);
    redisContext *redis = connected(&l); /* which frees the endpoint */
    ck_assert(answers(redis));
    assert_ok(taskseal_redis_reconnect(redis, &error));
    ck_assert(answers(redis));
    redisFree(redis);
    (void)server_stop(l.server);
}
END_TEST

START_TEST(the_user_data_of_hiredis_stays_the_users)
{
    static int mine;
    scenario s = scenario_good();
    taskseal_error error;
    lab l = lab_start(&s, 0);
    redisContext *redis = connected(&l);
    ck_assert_ptr_null(redis->privdata);
    redis->privdata = &mine;
    (void)redisReconnect(redis);
    assert_ok(taskseal_redis_reconnect(redis, &error));
    ck_assert_ptr_eq(redis->privdata, &mine);
    redisFree(redis);
    (void)server_stop(l.server);
}
END_TEST

/* ---- Descriptors that hiredis closed or gave away ------------------------------------------------------------- */

static void by_free(redisContext *redis)
{
    redisFree(redis);
}

static void by_redis_reconnect(redisContext *redis)
{
    (void)redisReconnect(redis);
    redisFree(redis);
}

static void by_our_reconnect(redisContext *redis)
{
    taskseal_error error;
    assert_ok(taskseal_redis_reconnect(redis, &error));
    ck_assert(answers(redis));
    redisFree(redis);
}

static void by_a_command(redisContext *redis)
{
    taskseal_redis_peer peer;
    redis->err = 0;
    ck_assert(!answers(redis));
    assert_err(TASKSEAL_ERR_NOT_VERIFIED, taskseal_redis_peer_info(redis, &peer));
    redisFree(redis);
}

static void (*const endings[])(redisContext *) = {by_free, by_redis_reconnect, by_our_reconnect,
                                                  by_a_command};

/* hiredis closes the socket when this option is refused; then the application gets its number for another. */
START_TEST(a_descriptor_that_hiredis_closed_is_left_to_its_next_owner)
{
    int mine[2];
    char byte;
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, mine), 0);
    int spare =
        dup(mine[0]); /* a number below the connection's, for the next accept of the server's thread */
    scenario s = scenario_good();
    lab l = lab_start(&s, 0);
    redisContext *redis = connected(&l);
    int number = redis->fd;
    ck_assert_int_lt(spare, number);
    (void)close(spare);
    ck_assert_int_eq(redisSetTcpUserTimeout(redis, UINT_MAX), REDIS_ERR);
    ck_assert_int_eq(redis->fd, REDIS_INVALID_FD);
    ck_assert_int_eq(dup2(mine[0], number), number);
    endings[_i](redis);
    ck_assert_msg(fcntl(number, F_GETFD) >= 0, "the application's descriptor was closed");
    ck_assert_msg(recv(mine[1], &byte, 1, MSG_DONTWAIT) == -1, "the application's socket got TLS records");
    (void)close(mine[0]);
    (void)close(mine[1]);
    (void)close(number);
    (void)server_stop(l.server);
}
END_TEST

START_TEST(a_descriptor_that_is_kept_stays_open_without_a_session)
{
    scenario s = scenario_good();
    lab l = lab_start(&s, 0);
    int kept = redisFreeKeepFd(connected(&l));
    ck_assert_int_ge(fcntl(kept, F_GETFD), 0);
    ck_assert_int_eq(close(kept), 0);
    ck_assert_uint_eq(server_stop(l.server).commands, 2);
}
END_TEST

/* ---- Fork ----------------------------------------------------------------------------------------------------- */

static int free_it(redisContext *redis)
{
    redisFree(redis);
    return 0;
}

static int command_it(redisContext *redis)
{
    bool refused = !answers(redis) && taskseal_redis_error(redis) == TASKSEAL_ERR_NOT_VERIFIED &&
                   strstr(redis->errstr, "another process: connect anew after fork") != NULL;
    redisFree(redis);
    return refused ? 0 : 1;
}

static int read_from_it(redisContext *redis)
{
    void *reply = NULL;
    bool refused =
        redisGetReply(redis, &reply) == REDIS_ERR && taskseal_redis_error(redis) == TASKSEAL_ERR_NOT_VERIFIED;
    redisFree(redis);
    return refused ? 0 : 1;
}

static int (*const in_child[])(redisContext *) = {free_it, command_it, read_from_it};

/* A record of the child's would have the parent's next sequence number: the server would refuse the parent's own. */
START_TEST(a_childs_use_of_a_connection_leaves_it_to_the_parent)
{
    int status = -1;
    scenario s = scenario_good();
    lab l = lab_start(&s, 0);
    redisContext *redis = connected(&l);
    pid_t child = fork();
    if (child == 0)
        _exit(in_child[_i](redis));
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    ck_assert(answers(redis));
    redisFree(redis);
    ck_assert_uint_eq(server_stop(l.server).commands, 3); /* AUTH, PING, LLEN: none from the child */
}
END_TEST

START_TEST(a_foreign_context_is_refused)
{
    taskseal_error error;
    taskseal_redis_peer peer;
    redisContext *foreign = redisConnectFd(-1);
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_redis_reconnect(foreign, &error));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_redis_error(foreign));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_redis_peer_info(foreign, &peer));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_redis_reconnect(NULL, &error));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_redis_error(NULL));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_redis_peer_info(NULL, &peer));
    redisFree(foreign);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("reconnect");
    TCase *tests = tcase_create("reconnect");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, redis_reconnect_fails_closed);
    tcase_add_test(tests, nothing_is_sent_when_the_error_is_cleared_by_hand);
    tcase_add_test(tests, nothing_is_sent_without_the_private_context);
    tcase_add_test(tests, a_plaintext_server_on_the_port_gets_nothing_after_redis_reconnect);
    tcase_add_test(tests, our_reconnect_sends_no_credentials_to_a_plaintext_server);
    tcase_add_test(tests, our_reconnect_works_after_redis_reconnect);
    tcase_add_test(tests, our_reconnect_works_while_connected);
    tcase_add_test(tests, our_reconnect_works_after_the_server_went_away);
    tcase_add_test(tests, an_evil_server_is_refused_on_reconnect);
    tcase_add_test(tests, a_context_outlives_its_endpoint);
    tcase_add_test(tests, the_user_data_of_hiredis_stays_the_users);
    tcase_add_loop_test(tests, a_descriptor_that_hiredis_closed_is_left_to_its_next_owner, 0,
                        (int)COUNT_OF(endings));
    tcase_add_test(tests, a_descriptor_that_is_kept_stays_open_without_a_session);
    tcase_add_loop_test(tests, a_childs_use_of_a_connection_leaves_it_to_the_parent, 0,
                        (int)COUNT_OF(in_child));
    tcase_add_test(tests, a_foreign_context_is_refused);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
