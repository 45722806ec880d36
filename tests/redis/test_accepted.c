/* SPDX-License-Identifier: MIT
 * Good servers are accepted: those of support/matrix_good.c. */
#include "support/matrix.h"

START_TEST(a_good_server_is_accepted)
{
    const good_row *r = &good_rows[_i];
    taskseal_error error = {TASKSEAL_OK, 0, ""};
    taskseal_redis_peer peer;
    redisContext *redis = NULL;
    scenario s = scenario_good();
    r->arrange(&s);
    lab l = lab_start(&s, 0);
    taskseal_err err = lab_connect(&l, &redis, &error);
    ck_assert_msg(err == TASKSEAL_OK, "%s: %s", r->name, error.message);
    assert_ok(taskseal_redis_peer_info(redis, &peer));
    ck_assert_str_eq(peer.protocol, r->protocol);
    ck_assert(!peer.client_certificate);
    redisFree(redis);
    ck_assert_uint_eq(server_stop(l.server).commands, 2);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("accepted");
    TCase *tests = tcase_create("accepted");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, a_good_server_is_accepted, 0, (int)good_row_count);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
