/* SPDX-License-Identifier: MIT */
#include "task.h"

taskseal_asynq_task task_of(taskseal_seal_options *seal)
{
    taskseal_key dedupe = key_of("dedupe-k01");
    dedupe.type = TASKSEAL_KEY_DEDUPE;
    *seal = (taskseal_seal_options){.keyring = RING(key_of("mail-k01"), dedupe)};
    return (taskseal_asynq_task){.queue = TEXT("mail"), .type = TEXT("reset"), .payload = TEXT("secret"), .seal = seal};
}

static taskseal_err prepare(const taskseal_asynq_task *task, taskseal_asynq_command *command,
                            taskseal_error *error)
{
    size_t size;
    taskseal_err err = taskseal_asynq_size(task, &size, error);
    if (err != TASKSEAL_OK) {
        ck_assert_uint_eq(size, 0);
        return err;
    }
    return taskseal_asynq_prepare(task, blob_new(size).data, size, command, error);
}

void assert_prepared(const taskseal_asynq_task *task, taskseal_asynq_command *command)
{
    taskseal_error error;
    taskseal_err err = prepare(task, command, &error);
    ck_assert_msg(err == TASKSEAL_OK, "%s", error.message);
}

void assert_refused(const taskseal_asynq_task *task, taskseal_err expected, const char *words)
{
    taskseal_asynq_command command;
    taskseal_error error = {.code = TASKSEAL_OK};
    assert_err(expected, prepare(task, &command, &error));
    assert_err(expected, error.code);
    ck_assert_msg(strstr(error.message, words) != NULL, "`%s` is not in `%s`", words, error.message);
    ck_assert_ptr_null(strstr(error.message, "secret"));
}
