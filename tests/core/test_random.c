/* SPDX-License-Identifier: MIT
 * Random bytes from a system that gives them slowly, or not at all. */
#include "support/faults.h"

#include "core/secret.h"

#include <string.h>

START_TEST(bytes_that_come_slowly_end_where_they_were_asked_for)
{
    uint8_t out[64 + 16];
    memset(out, 0xA5, sizeof out);
    faults.random = RANDOM_IS_SHORT;
    for (size_t len = 0; len <= 64; len++) {
        assert_ok(taskseal__random(out, len));
        ck_assert(all_are(out + len, sizeof out - len, 0xA5));
    }
    const uint8_t tail[8] = {0xA5, 0xA5, 0xA5, 0xA5, 0xA5, 0xA5, 0xA5, 0xA5};
    ck_assert_mem_ne(out + 56, tail, sizeof tail); /* it came to the end */
}
END_TEST

START_TEST(bytes_that_do_not_suffice_are_wiped)
{
    uint8_t out[64 + 16];
    memset(out, 0xA5, sizeof out);
    faults.random = RANDOM_FAILS_AFTER_8_BYTES;
    assert_err(TASKSEAL_ERR_NO_RANDOM, taskseal__random(out, 64));
    ck_assert(all_are(out, 64, 0));
    ck_assert(all_are(out + 64, 16, 0xA5));
}
END_TEST

Suite *make_suite(void)
{
    Suite *suite = suite_create("random");
    TCase *tests = add_faults_case(suite, "system");
    tcase_add_test(tests, bytes_that_come_slowly_end_where_they_were_asked_for);
    tcase_add_test(tests, bytes_that_do_not_suffice_are_wiped);
    return suite;
}
