/* SPDX-License-Identifier: MIT
 * What becomes of a server's answer to AUTH. */
#include <string.h>

#include "support/lab.h"

/* `says` is in the message, and `hides` is not. */
static void assert_auth_ends(const char *reply, taskseal_err expected, const char *says, const char *hides)
{
    redisContext *redis = NULL;
    taskseal_error error;
    scenario s = scenario_good();
    s.server.auth_reply = reply;
    lab l = lab_start(&s, 0);
    assert_err(expected, lab_connect(&l, &redis, &error));
    ck_assert_msg(strstr(error.message, says) != NULL && strstr(error.message, hides) == NULL,
                  "message is: %s", error.message);
    (void)server_stop(l.server);
}

START_TEST(a_server_that_is_full_is_tried_again)
{
    assert_auth_ends("-ERR max number of clients reached\r\n", TASKSEAL_ERR_SERVER_BUSY, "can't answer now",
                     "password");
    assert_auth_ends("-ERR invalid\r\n", TASKSEAL_ERR_AUTH_REFUSED, "(ERR): check the URI", "invalid");
}
END_TEST

/* It may be the password. */
START_TEST(a_word_that_no_server_says_is_not_shown)
{
    assert_auth_ends("-HUNTER is wrong\r\n", TASKSEAL_ERR_AUTH_REFUSED, "did not accept AUTH (?)", "HUNTER");
    assert_auth_ends("-WRONGPASS no\r\n", TASKSEAL_ERR_AUTH_REFUSED, "did not accept AUTH (WRONGPASS)",
                     ") no");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("login");
    TCase *tests = tcase_create("login");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, a_server_that_is_full_is_tried_again);
    tcase_add_test(tests, a_word_that_no_server_says_is_not_shown);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
