/* SPDX-License-Identifier: MIT
 * The lengths of chunks (F 6), from inside: each length of ciphertext belongs to one length of payload. */
#include "support/support.h"

#include "core/suite.h"

enum { MOST = 70000 };

static size_t tag_of(int suite)
{
    return suite == TASKSEAL_SUITE_AEGIS256 ? 32 : 16;
}

START_TEST(a_payload_makes_a_piece_for_each_16384_bytes_and_one_more)
{
    const taskseal_suite suite = (taskseal_suite)_i;
    for (size_t len = 0; len <= MOST; len++) {
        size_t chunks_len;
        size_t back;
        ck_assert(taskseal__chunks_len(suite, len, &chunks_len));
        ck_assert_uint_eq(chunks_len, len + (len / 16384 + 1) * tag_of(_i));
        ck_assert(taskseal__payload_len(suite, chunks_len, &back));
        ck_assert_uint_eq(back, len);
    }
}
END_TEST

START_TEST(no_other_length_of_chunks_is_valid)
{
    static bool made[MOST + 1];
    const taskseal_suite suite = (taskseal_suite)_i;
    memset(made, 0, sizeof made);
    for (size_t len = 0; len <= MOST; len++) {
        const size_t chunks_len = len + (len / 16384 + 1) * tag_of(_i);
        if (chunks_len <= MOST)
            made[chunks_len] = true;
    }
    for (size_t chunks_len = 0; chunks_len <= MOST; chunks_len++) {
        size_t len;
        ck_assert(taskseal__payload_len(suite, chunks_len, &len) == made[chunks_len]);
    }
}
END_TEST

#if SIZE_MAX > UINT32_MAX
START_TEST(there_are_at_most_2_to_the_38_pieces)
{
    const taskseal_suite suite = (taskseal_suite)_i;
    const size_t pieces = (size_t)1 << 38;
    const size_t most = pieces * 16384 - 1;
    const size_t chunks_most = most + pieces * tag_of(_i);
    size_t len;
    ck_assert(taskseal__chunks_len(suite, most, &len));
    ck_assert_uint_eq(len, chunks_most);
    ck_assert(!taskseal__chunks_len(suite, most + 1, &len));
    ck_assert(taskseal__payload_len(suite, chunks_most, &len));
    ck_assert_uint_eq(len, most);
    ck_assert(!taskseal__payload_len(suite, chunks_most + 1 + tag_of(_i), &len));
}
END_TEST
#endif

START_TEST(what_no_size_holds_is_refused)
{
    const taskseal_suite suite = (taskseal_suite)_i;
    size_t len;
    ck_assert(!taskseal__chunks_len(suite, SIZE_MAX, &len));
    ck_assert(!taskseal__chunks_len(suite, SIZE_MAX - tag_of(_i) + 1, &len));
}
END_TEST

START_TEST(only_the_suites_1_to_3_are_known)
{
    for (unsigned suite = 0; suite < 256; suite++)
        ck_assert(taskseal__suite_known(suite) == (suite >= 1 && suite <= 3));
}
END_TEST

Suite *make_suite(void)
{
    Suite *suite = suite_create("chunks");
    TCase *tests = add_case(suite, "lengths");
    tcase_add_loop_test(tests, a_payload_makes_a_piece_for_each_16384_bytes_and_one_more, 1, 4);
    tcase_add_loop_test(tests, no_other_length_of_chunks_is_valid, 1, 4);
#if SIZE_MAX > UINT32_MAX
    tcase_add_loop_test(tests, there_are_at_most_2_to_the_38_pieces, 1, 4);
#endif
    tcase_add_loop_test(tests, what_no_size_holds_is_refused, 1, 4);
    tcase_add_test(tests, only_the_suites_1_to_3_are_known);
    return suite;
}
