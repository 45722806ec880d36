/* SPDX-License-Identifier: MIT
 * Asynq's messages byte for byte, as protobuf writes them, and what is read of them. */
#include <string.h>

#include "support/task.h"

/* ---- Written ---- */

/* The id, the message and three more come behind the keys. */
static void assert_message(const taskseal_asynq_task *task, const char *bytes, size_t len)
{
    taskseal_asynq_command command;
    assert_prepared(task, &command);
    const size_t at = 3 + (size_t)(command.argv[2][0] - '0') + 1;
    ck_assert_uint_eq(command.argv_len[at], len);
    ck_assert_mem_eq(command.argv[at], bytes, len);
}

static taskseal_asynq_task plain(void)
{
    return (taskseal_asynq_task){.queue = TEXT("mail"),
                                 .type = TEXT("reset"),
                                 .id = TEXT("id-1"),
                                 .payload = TEXT("secret"),
                                 .flags = TASKSEAL_ASYNQ_PLAIN};
}

#define BEGINS "\x0a\x05" "reset" "\x12\x06" "secret" "\x1a\x04" "id-1" "\x22\x04" "mail"

START_TEST(every_field_has_its_number)
{
    static const char expected[] = BEGINS "\x28\x03" "\x40\x07" "\x48\x80\xae\x99\xa4\x0f"
                                          "\x52\x5a" "asynq:{mail}:unique:reset:"
                                          "abababababababababababababababababababababababababababababababab"
                                          "\x60\x80\xa3\x05" "\x72\x03" "ann";
    uint8_t tag[TASKSEAL_DEDUPE_TAG_BYTES];
    taskseal_asynq_task task = plain();
    memset(tag, 0xab, sizeof tag);
    task.retries = 3;
    task.timeout = 7;
    task.deadline = 4102444800;
    task.unique_tag = tag;
    task.unique_ttl = 60;
    task.retention = 86400;
    task.group = TEXT("ann");
    assert_message(&task, expected, sizeof expected - 1);
}
END_TEST

START_TEST(what_is_not_given_is_as_in_asynq)
{
    static const char expected[] = BEGINS "\x28\x19" "\x40\x88\x0e";
    const taskseal_asynq_task task = plain();
    assert_message(&task, expected, sizeof expected - 1);
}
END_TEST

START_TEST(a_number_of_one_is_written_and_none_is_not)
{
    static const char expected[] = BEGINS "\x48\x80\xae\x99\xa4\x0f" "\x60\x01";
    taskseal_asynq_task task = plain();
    task.retries = TASKSEAL_ASYNQ_NO_RETRIES;
    task.deadline = 4102444800; /* and so no timeout */
    task.retention = 1;
    assert_message(&task, expected, sizeof expected - 1);
}
END_TEST

/* ---- Read ---- */

#define NUMBER_OF_64_BITS "\x80\x80\x80\x80\x80\x80\x80\x80\x80"

static const struct {
    const char *bytes;
    size_t len;
    taskseal_err err;
} odd[] = {
    {"\x08" NUMBER_OF_64_BITS "\x01", 11, TASKSEAL_OK}, /* the 64th bit */
    {"\x08" NUMBER_OF_64_BITS "\x02", 11, TASKSEAL_ERR_MALFORMED},
    {"\x08" NUMBER_OF_64_BITS "\x80", 11, TASKSEAL_ERR_MALFORMED},
    {"\xf8\xff\xff\xff\x0f\x01", 6, TASKSEAL_OK}, /* the last number of a field */
    {"\x80\x80\x80\x80\x10\x01", 6, TASKSEAL_ERR_MALFORMED},
    {"\x0d" "abcd", 5, TASKSEAL_OK},
    {"\x05" "abcd", 5, TASKSEAL_ERR_MALFORMED}, /* field 0 */
};

START_TEST(numbers_have_limits)
{
    taskseal_bytes payload;
    const blob message = blob_copy(odd[_i].bytes, odd[_i].len);
    assert_err(odd[_i].err, taskseal_asynq_payload(message.data, message.len, &payload));
    ck_assert_ptr_null(payload.data);
}
END_TEST

Suite *make_suite(void)
{
    Suite *suite = suite_create("message");
    TCase *tests = tcase_create("message");
    tcase_add_test(tests, every_field_has_its_number);
    tcase_add_test(tests, what_is_not_given_is_as_in_asynq);
    tcase_add_test(tests, a_number_of_one_is_written_and_none_is_not);
    tcase_add_loop_test(tests, numbers_have_limits, 0, COUNT_OF(odd));
    suite_add_tcase(suite, tests);
    return suite;
}
