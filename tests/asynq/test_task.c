/* SPDX-License-Identifier: MIT
 * What a task must be. */
#include "support/task.h"

/* ---- Names ---- */

static const taskseal_bytes bad_names[] = {
    TEXT(""),         TEXT(" \t\n"),        TEXT("\xc2\xa0\xe3\x80\x80"),     TEXT("\xff"),
    TEXT("a\x80"),    TEXT("a\xc0\x80"),    TEXT("a\xe0\x9f\xbf"),            TEXT("a\xed\xa0\x80"),
    TEXT("a\xe2\x82"), TEXT("a\xf0\x8f\xbf\xbf"), TEXT("a\xf4\x90\x80\x80"),   TEXT("a\xf5\x80\x80\x80"),
    TEXT("a\xc3("),   TEXT("a\xc3\xc0"), TEXT("a\xf0\x9f\x98("), {NULL, 3},
    {"a\xc3\xa9", 2}, {"a\xe2\x82\xac", 3}, {"a\xf0\x9f\x98\x80", 4}, /* and what is cut off stands behind */
    TEXT("\t"),        TEXT("\r"),           TEXT("\xc2\x85"),               TEXT("\xe1\x9a\x80"),
    TEXT("\xe2\x80\x80"), TEXT("\xe2\x80\x8a"), TEXT("\xe2\x80\xa8"),       TEXT("\xe2\x80\xa9"),
    TEXT("\xe2\x80\xaf"), TEXT("\xe2\x81\x9f"), TEXT("\xc3\x7f"),           TEXT("\xc1\xbf"),
    TEXT("\xe2\x82\x7f"), TEXT("\xe2\x82\xc0"), {NULL, 1},
};

static const taskseal_bytes good_names[] = {
    TEXT("a"), TEXT(" a "), TEXT("{a:b"), TEXT("\b"), TEXT("\x0e"), TEXT("\x7f"), TEXT("\xe1\xbf\xbf"), TEXT("\xe2\x80\x8b"), TEXT("\xc2\x80"), TEXT("\xdf\xbf"), TEXT("\xe0\xa0\x80"),
    TEXT("\xed\x9f\xbf"), TEXT("\xee\x80\x80"), TEXT("\xef\xbf\xbf"), TEXT("\xf0\x90\x80\x80"), TEXT("\xf4\x8f\xbf\xbf"),
};

static taskseal_bytes *name_of(taskseal_asynq_task *task, int which)
{
    taskseal_bytes *const names[] = {&task->queue, &task->type, &task->id, &task->group};
    return names[which];
}

static const char *const words_of_names[] = {"the queue", "the type", "the id", "the group"};

START_TEST(a_name_that_workers_can_not_decode_is_refused)
{
    for (size_t i = 0; i < COUNT_OF(bad_names); i++) {
        taskseal_seal_options seal;
        taskseal_asynq_task task = task_of(&seal);
        *name_of(&task, _i) = bad_names[i];
        assert_refused(&task, TASKSEAL_ERR_BAD_ARGUMENT, words_of_names[_i]);
    }
}
END_TEST

START_TEST(odd_names_are_fine)
{
    for (size_t i = 0; i < COUNT_OF(good_names); i++) {
        taskseal_seal_options seal;
        taskseal_asynq_command command;
        taskseal_asynq_task task = task_of(&seal);
        *name_of(&task, _i) = good_names[i];
        assert_prepared(&task, &command);
    }
}
END_TEST

START_TEST(a_name_has_a_longest_length)
{
    const size_t most = _i == 3 ? TASKSEAL_CONTEXT_MAX - 12 : TASKSEAL_CONTEXT_MAX;
    taskseal_seal_options seal;
    taskseal_asynq_command command;
    taskseal_asynq_task task = task_of(&seal);
    blob name = blob_new(most + 1);
    fill(name, 'n');
    *name_of(&task, _i) = (taskseal_bytes){name.data, most};
    assert_prepared(&task, &command);
    name_of(&task, _i)->len++;
    assert_refused(&task, TASKSEAL_ERR_BAD_ARGUMENT, "at most 655");
}
END_TEST

START_TEST(a_queue_that_would_end_the_hash_tag_is_refused)
{
    taskseal_seal_options seal;
    taskseal_asynq_task task = task_of(&seal);
    task.queue = TEXT("a}b");
    assert_refused(&task, TASKSEAL_ERR_BAD_ARGUMENT, "'}'");
    task.queue = TEXT("a}");
    assert_refused(&task, TASKSEAL_ERR_BAD_ARGUMENT, "'}'");
}
END_TEST

START_TEST(the_message_says_where_utf_8_ends)
{
    taskseal_seal_options seal;
    taskseal_asynq_task task = task_of(&seal);
    task.type = TEXT("r\xc3\xa9s\xfft");
    assert_refused(&task, TASKSEAL_ERR_BAD_ARGUMENT, "the type is not UTF-8 at byte 4");
}
END_TEST

/* ---- Options ---- */

START_TEST(numbers_beyond_what_workers_count_are_refused)
{
    static const char *const words[] = {"process_at", "process_in", "timeout", "deadline", "retention", "unique_ttl"};
    taskseal_seal_options seal;
    taskseal_asynq_command command;
    taskseal_asynq_task task = task_of(&seal);
    uint64_t *const fields[] = {&task.process_at, &task.process_in, &task.timeout, &task.deadline, &task.retention,
                                &task.unique_ttl};
    *fields[_i] = _i == 0 || _i == 3 ? TASKSEAL_TIME_MAX : TASKSEAL_ASYNQ_SECONDS_MAX;
    assert_prepared(&task, &command);
    ++*fields[_i];
    assert_refused(&task, TASKSEAL_ERR_BAD_ARGUMENT, words[_i]);
}
END_TEST

START_TEST(both_times_are_refused)
{
    taskseal_seal_options seal;
    taskseal_asynq_task task = task_of(&seal);
    task.process_in = 1;
    task.process_at = 1;
    assert_refused(&task, TASKSEAL_ERR_BAD_ARGUMENT, "process_at and process_in");
}
END_TEST

START_TEST(negative_retries_but_none_are_refused)
{
    taskseal_seal_options seal;
    taskseal_asynq_command command;
    taskseal_asynq_task task = task_of(&seal);
    task.retries = TASKSEAL_ASYNQ_NO_RETRIES;
    assert_prepared(&task, &command);
    task.retries = -2;
    assert_refused(&task, TASKSEAL_ERR_BAD_ARGUMENT, "retries is -2");
}
END_TEST

START_TEST(an_unknown_flag_is_refused)
{
    taskseal_seal_options seal;
    taskseal_asynq_task task = task_of(&seal);
    task.flags = 4;
    assert_refused(&task, TASKSEAL_ERR_BAD_ARGUMENT, "flags");
}
END_TEST

START_TEST(there_must_be_a_task_and_room_for_what_it_becomes)
{
    taskseal_seal_options seal;
    taskseal_asynq_task task = task_of(&seal);
    taskseal_asynq_command command;
    char room[1024];
    size_t size;
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_asynq_size(NULL, &size, NULL));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_asynq_size(&task, NULL, NULL));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_asynq_prepare(NULL, room, sizeof room, &command, NULL));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_asynq_prepare(&task, NULL, sizeof room, &command, NULL));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_asynq_prepare(&task, room, sizeof room, NULL, NULL));
    assert_ok(taskseal_asynq_prepare(&task, room, sizeof room, &command, NULL));
}
END_TEST

Suite *make_suite(void)
{
    Suite *suite = suite_create("task");
    TCase *names = add_case(suite, "names"), *options = add_case(suite, "options");
    tcase_add_loop_test(names, a_name_that_workers_can_not_decode_is_refused, 0, 4);
    tcase_add_loop_test(names, odd_names_are_fine, 0, 4);
    tcase_add_loop_test(names, a_name_has_a_longest_length, 0, 4);
    tcase_add_test(names, a_queue_that_would_end_the_hash_tag_is_refused);
    tcase_add_test(names, the_message_says_where_utf_8_ends);
    tcase_add_loop_test(options, numbers_beyond_what_workers_count_are_refused, 0, 6);
    tcase_add_test(options, both_times_are_refused);
    tcase_add_test(options, negative_retries_but_none_are_refused);
    tcase_add_test(options, an_unknown_flag_is_refused);
    tcase_add_test(options, there_must_be_a_task_and_room_for_what_it_becomes);
    return suite;
}
