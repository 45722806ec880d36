/* SPDX-License-Identifier: MIT
 * What a task becomes: an envelope in a message in a command. That it is what Asynq's own client makes is held by
 * bindings/go/asynqseal/producer_test.go. */
#include <errno.h>
#include <sys/random.h>
#include <time.h>

#include "support/task.h"

/* In place of the system's, for what is linked with --wrap. */
static bool no_random;
static const struct timespec *other_time;

ssize_t __real_getrandom(void *out, size_t len, unsigned flags);
ssize_t __wrap_getrandom(void *out, size_t len, unsigned flags);
int __real_clock_gettime(clockid_t clock, struct timespec *now);
int __wrap_clock_gettime(clockid_t clock, struct timespec *now);

ssize_t __wrap_getrandom(void *out, size_t len, unsigned flags)
{
    if (!no_random)
        return __real_getrandom(out, len, flags);
    errno = ENOSYS;
    return -1;
}

int __wrap_clock_gettime(clockid_t clock, struct timespec *now)
{
    if (other_time == NULL)
        return __real_clock_gettime(clock, now);
    *now = *other_time;
    return 0;
}

static void assert_argument(const taskseal_asynq_command *c, size_t at, const char *expected)
{
    ck_assert_msg(at < c->argc && same(c->argv[at], c->argv_len[at], expected, strlen(expected)),
                  "argument %zu is `%.*s`, not `%s`", at, (int)c->argv_len[at], c->argv[at], expected);
}

/* The payload of a message: its second field, behind the type, which is shorter than 128 bytes. */
static blob payload_of(const taskseal_asynq_command *c, size_t at)
{
    const uint8_t *message = (const uint8_t *)c->argv[at];
    size_t i = 2 + (size_t)message[1], len = 0, shift = 0;
    ck_assert_uint_eq(message[i++], 2 << 3 | 2);
    for (; message[i] > 0x7f; shift += 7)
        len |= (size_t)(message[i++] & 0x7f) << shift;
    len |= (size_t)message[i++] << shift;
    ck_assert_uint_le(i + len, c->argv_len[at]);
    return blob_copy(message + i, len);
}

/* ---- Sealing ---- */

START_TEST(nothing_goes_in_clear_unless_it_is_said)
{
    taskseal_seal_options seal;
    taskseal_asynq_command command;
    taskseal_asynq_task task = task_of(&seal);
    task.seal = NULL;
    assert_refused(&task, TASKSEAL_ERR_BAD_ARGUMENT, "`seal` is NULL");
    task.flags = TASKSEAL_ASYNQ_PLAIN;
    assert_prepared(&task, &command);
    blob payload = payload_of(&command, 6);
    ck_assert(same(payload.data, payload.len, "secret", 6));
    task.seal = &seal;
    assert_refused(&task, TASKSEAL_ERR_BAD_ARGUMENT, "exclude");
}
END_TEST

START_TEST(the_context_is_the_task_s_own)
{
    taskseal_seal_options seal;
    taskseal_asynq_task task = task_of(&seal);
    taskseal_bytes *const fields[] = {&seal.context.queue, &seal.context.type, &seal.context.id, &seal.context.extra};
    *fields[_i] = TEXT("x");
    assert_refused(&task, TASKSEAL_ERR_BAD_ARGUMENT, "seal->context");
}
END_TEST

START_TEST(only_payloads_are_enqueued)
{
    taskseal_seal_options seal;
    taskseal_asynq_task task = task_of(&seal);
    seal.purpose = TASKSEAL_RESULT;
    assert_refused(&task, TASKSEAL_ERR_BAD_ARGUMENT, "seal->purpose");
}
END_TEST

START_TEST(what_sealing_refuses_is_refused)
{
    taskseal_seal_options seal;
    taskseal_asynq_task task = task_of(&seal);
    const char *const unknown[] = {"no-such-key"};
    seal.key_ids = unknown;
    seal.key_count = 1;
    assert_refused(&task, TASKSEAL_ERR_UNKNOWN_KEY, "not sealed");
}
END_TEST

START_TEST(an_envelope_is_not_sealed_again)
{
    taskseal_seal_options seal;
    taskseal_asynq_command command;
    taskseal_asynq_task task = task_of(&seal);
    assert_prepared(&task, &command);
    blob sealed = payload_of(&command, 6);
    task.payload = (taskseal_bytes){sealed.data, sealed.len};
    assert_refused(&task, TASKSEAL_ERR_LOOKS_SEALED, "not sealed");
    task.seal = NULL;
    task.flags = TASKSEAL_ASYNQ_PLAIN;
    assert_prepared(&task, &command);
}
END_TEST

START_TEST(a_lifetime_counts_from_when_the_task_is_due)
{
    taskseal_seal_options seal;
    taskseal_asynq_command command;
    taskseal_info info;
    taskseal_asynq_task task = task_of(&seal);
    seal.lifetime = 60;
    task.process_at = UINT64_C(4102444800); /* 2100 */
    assert_prepared(&task, &command);
    blob sealed = payload_of(&command, 6);
    assert_ok(taskseal_inspect(sealed.data, sealed.len, &info));
    ck_assert_uint_eq(info.expires_at, task.process_at + 60);
}
END_TEST

START_TEST(what_expires_before_it_is_due_is_refused)
{
    taskseal_seal_options seal;
    taskseal_asynq_command command;
    taskseal_asynq_task task = task_of(&seal);
    task.process_at = UINT64_C(4102444800);
    seal.expires_at = task.process_at + 1;
    assert_prepared(&task, &command);
    seal.expires_at--;
    assert_refused(&task, TASKSEAL_ERR_BAD_ARGUMENT, "never be opened");
}
END_TEST

START_TEST(a_lifetime_beyond_time_s_end_is_refused)
{
    taskseal_seal_options seal;
    taskseal_asynq_command command;
    taskseal_asynq_task task = task_of(&seal);
    task.process_at = TASKSEAL_TIME_MAX - 1;
    seal.lifetime = 1;
    assert_prepared(&task, &command);
    seal.lifetime = 2;
    assert_refused(&task, TASKSEAL_ERR_BAD_ARGUMENT, "lifetime");
    seal.lifetime = UINT64_MAX;
    assert_refused(&task, TASKSEAL_ERR_BAD_ARGUMENT, "lifetime");
}
END_TEST

/* ---- The system ---- */

START_TEST(without_randomness_there_is_no_id)
{
    taskseal_seal_options seal;
    taskseal_asynq_task task = task_of(&seal);
    no_random = true;
    assert_refused(&task, TASKSEAL_ERR_NO_RANDOM, "no id could be made");
    task.id = TEXT("one");
    assert_refused(&task, TASKSEAL_ERR_NO_RANDOM, "not sealed");
    no_random = false;
}
END_TEST

START_TEST(a_clock_beyond_what_workers_count_is_refused)
{
    const struct timespec times[] = {{.tv_sec = 0}, {.tv_sec = -1}, {.tv_sec = (time_t)TASKSEAL_ASYNQ_SECONDS_MAX}};
    const struct timespec last = {.tv_sec = (time_t)TASKSEAL_ASYNQ_SECONDS_MAX - 1, .tv_nsec = 999999999};
    taskseal_seal_options seal;
    taskseal_asynq_command command;
    taskseal_asynq_task task = task_of(&seal);
    other_time = &last;
    assert_prepared(&task, &command);
    assert_argument(&command, 8, "9223372035999999999");
    other_time = &times[_i];
    assert_refused(&task, TASKSEAL_ERR_BAD_CLOCK, "clock");
    other_time = NULL;
}
END_TEST

/* ---- Uniqueness ---- */

START_TEST(a_unique_task_needs_a_dedupe_key_or_a_tag)
{
    const uint8_t tag[TASKSEAL_DEDUPE_TAG_BYTES] = {0xab, 1, 2};
    taskseal_seal_options seal;
    taskseal_asynq_command command;
    taskseal_asynq_task task = task_of(&seal);
    task.unique_ttl = 60;
    assert_prepared(&task, &command);
    seal.keyring = RING(key_of("mail-k01"));
    assert_refused(&task, TASKSEAL_ERR_KEY_NOT_ACTIVE, "dedupe key");
    task.unique_tag = tag;
    assert_prepared(&task, &command);
    assert_argument(&command, 5, "asynq:{mail}:unique:reset:"
                                 "ab01020000000000000000000000000000000000000000000000000000000000");
    task.unique_ttl = 0;
    assert_refused(&task, TASKSEAL_ERR_BAD_ARGUMENT, "unique_ttl is 0");
}
END_TEST

START_TEST(what_is_wrong_with_a_unique_task_is_said)
{
    taskseal_seal_options seal;
    taskseal_asynq_task task = task_of(&seal);
    task.unique_ttl = 60;
    task.payload.data = NULL;
    assert_refused(&task, TASKSEAL_ERR_BAD_ARGUMENT, "the payload has a length and no bytes");
}
END_TEST

START_TEST(a_plain_unique_task_needs_a_tag)
{
    taskseal_seal_options seal;
    taskseal_asynq_task task = task_of(&seal);
    task.seal = NULL;
    task.flags = TASKSEAL_ASYNQ_PLAIN;
    task.unique_ttl = 60;
    assert_refused(&task, TASKSEAL_ERR_BAD_ARGUMENT, "needs a unique_tag");
}
END_TEST

/* ---- The command ---- */

START_TEST(a_buffer_that_is_too_small_is_refused)
{
    taskseal_seal_options seal;
    taskseal_asynq_command command;
    taskseal_error error;
    taskseal_asynq_task task = task_of(&seal);
    size_t size;
    task.group = TEXT("ann");
    task.unique_ttl = 60;
    assert_ok(taskseal_asynq_size(&task, &size, NULL));
    assert_ok(taskseal_asynq_prepare(&task, blob_new(size).data, size, &command, NULL));
    assert_err(TASKSEAL_ERR_BUFFER_TOO_SMALL,
               taskseal_asynq_prepare(&task, blob_new(size - 1).data, size - 1, &command, &error));
    ck_assert_uint_eq(command.argc, 0);
}
END_TEST

/* Between the two calls its time may come, and then other keys and numbers are sent. */
START_TEST(a_size_suffices_when_the_time_has_come)
{
    const struct timespec before = {.tv_sec = 1790000000}, at = {.tv_sec = 1790000001};
    taskseal_seal_options seal;
    taskseal_asynq_command command;
    taskseal_error error;
    taskseal_asynq_task task = task_of(&seal);
    size_t size;
    task.process_at = (uint64_t)at.tv_sec;
    task.unique_ttl = 60;
    if (_i == 1)
        task.group = TEXT("ann");
    other_time = &before;
    assert_ok(taskseal_asynq_size(&task, &size, NULL));
    blob buffer = blob_new(size);
    assert_ok(taskseal_asynq_prepare(&task, buffer.data, size, &command, NULL));
    assert_argument(&command, 8, "scheduled");
    other_time = &at;
    taskseal_err err = taskseal_asynq_prepare(&task, buffer.data, size, &command, &error);
    other_time = NULL;
    ck_assert_msg(err == TASKSEAL_OK, "%s", error.message);
    assert_argument(&command, _i == 1 ? 9 : 8, _i == 1 ? "aggregating" : "pending");
}
END_TEST

START_TEST(a_buffer_that_overlaps_the_task_is_refused)
{
    taskseal_seal_options seal;
    taskseal_asynq_command command;
    taskseal_asynq_task task = task_of(&seal);
    blob room = blob_new(2048);
    taskseal_bytes *const parts[] = {&task.queue, &task.type, &task.id, &task.group, &task.payload};
    memset(room.data, 'a', room.len);
    *parts[_i] = (taskseal_bytes){room.data + 1024, 4};
    assert_ok(taskseal_asynq_prepare(&task, room.data, 1024, &command, NULL));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_asynq_prepare(&task, room.data, 1025, &command, NULL));
}
END_TEST

START_TEST(the_command_outlives_the_task)
{
    taskseal_seal_options seal;
    taskseal_asynq_command command;
    taskseal_asynq_task task = task_of(&seal);
    blob id = blob_copy("order-7", 7);
    task.id = (taskseal_bytes){id.data, id.len};
    assert_prepared(&task, &command);
    fill(id, 'x');
    taskseal_bytes said = taskseal_asynq_command_id(&command);
    ck_assert(same(said.data, said.len, "order-7", 7));
}
END_TEST

START_TEST(ids_are_made_and_differ)
{
    taskseal_seal_options seal;
    taskseal_asynq_command one, other;
    taskseal_asynq_task task = task_of(&seal);
    task.group = TEXT("ann");
    task.unique_ttl = 60; /* as many keys as there can be */
    assert_prepared(&task, &one);
    assert_prepared(&task, &other);
    taskseal_bytes id = taskseal_asynq_command_id(&one), another = taskseal_asynq_command_id(&other);
    const char *text = id.data;
    ck_assert_uint_eq(id.len, TASKSEAL_ASYNQ_ID_SIZE - 1);
    ck_assert(text[8] == '-' && text[13] == '-' && text[18] == '-' && text[23] == '-');
    ck_assert(text[14] == '4' && strchr("89ab", text[19]) != NULL);
    ck_assert(!same(id.data, id.len, another.data, another.len));
}
END_TEST

START_TEST(a_group_s_command_names_all_its_keys)
{
    taskseal_seal_options seal;
    taskseal_asynq_command command;
    taskseal_asynq_task task = task_of(&seal);
    task.id = TEXT("7");
    task.group = TEXT("ann");
    task.unique_ttl = 60;
    assert_prepared(&task, &command);
    ck_assert_uint_eq(command.argc, TASKSEAL_ASYNQ_ARGUMENTS_MAX);
    assert_argument(&command, 0, "EVALSHA");
    assert_argument(&command, 2, "4");
    assert_argument(&command, 3, "asynq:{mail}:t:7");
    assert_argument(&command, 4, "asynq:{mail}:g:ann");
    assert_argument(&command, 5, "asynq:{mail}:groups");
    assert_argument(&command, 7, "7");
    assert_argument(&command, 9, "aggregating");
    assert_argument(&command, 11, "60");
    assert_argument(&command, 12, "ann");
}
END_TEST

START_TEST(the_script_can_take_the_place_of_its_name)
{
    taskseal_seal_options seal;
    taskseal_asynq_command command;
    taskseal_asynq_task task = task_of(&seal);
    assert_prepared(&task, &command);
    taskseal_asynq_with_script(&command);
    assert_argument(&command, 0, "EVAL");
    ck_assert_ptr_nonnull(strstr(command.argv[1], "redis.call"));
    ck_assert_uint_eq(strlen(command.argv[1]), command.argv_len[1]);
}
END_TEST

START_TEST(only_the_script_s_numbers_mean_something)
{
    ck_assert_int_eq(taskseal_asynq_answer(1), TASKSEAL_ASYNQ_QUEUED);
    ck_assert_int_eq(taskseal_asynq_answer(0), TASKSEAL_ASYNQ_EXISTS);
    ck_assert_int_eq(taskseal_asynq_answer(-1), TASKSEAL_ASYNQ_DUPLICATE);
    ck_assert_int_eq(taskseal_asynq_answer(2), TASKSEAL_ASYNQ_IN_DOUBT);
    ck_assert_int_eq(taskseal_asynq_answer(-2), TASKSEAL_ASYNQ_IN_DOUBT);
}
END_TEST

Suite *make_suite(void)
{
    Suite *suite = suite_create("command");
    TCase *sealing_case = add_case(suite, "sealing"), *command = add_case(suite, "command");
    tcase_add_test(sealing_case, nothing_goes_in_clear_unless_it_is_said);
    tcase_add_loop_test(sealing_case, the_context_is_the_task_s_own, 0, 4);
    tcase_add_test(sealing_case, only_payloads_are_enqueued);
    tcase_add_test(sealing_case, what_sealing_refuses_is_refused);
    tcase_add_test(sealing_case, an_envelope_is_not_sealed_again);
    tcase_add_test(sealing_case, a_lifetime_counts_from_when_the_task_is_due);
    tcase_add_test(sealing_case, what_expires_before_it_is_due_is_refused);
    tcase_add_test(sealing_case, a_lifetime_beyond_time_s_end_is_refused);
    tcase_add_test(sealing_case, without_randomness_there_is_no_id);
    tcase_add_loop_test(sealing_case, a_clock_beyond_what_workers_count_is_refused, 0, 3);
    tcase_add_test(sealing_case, a_unique_task_needs_a_dedupe_key_or_a_tag);
    tcase_add_test(sealing_case, what_is_wrong_with_a_unique_task_is_said);
    tcase_add_test(sealing_case, a_plain_unique_task_needs_a_tag);
    tcase_add_test(command, a_buffer_that_is_too_small_is_refused);
    tcase_add_loop_test(command, a_size_suffices_when_the_time_has_come, 0, 2);
    tcase_add_loop_test(command, a_buffer_that_overlaps_the_task_is_refused, 0, 5);
    tcase_add_test(command, the_command_outlives_the_task);
    tcase_add_test(command, ids_are_made_and_differ);
    tcase_add_test(command, a_group_s_command_names_all_its_keys);
    tcase_add_test(command, the_script_can_take_the_place_of_its_name);
    tcase_add_test(command, only_the_script_s_numbers_mean_something);
    return suite;
}
