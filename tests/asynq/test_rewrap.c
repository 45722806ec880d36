/* SPDX-License-Identifier: MIT
 * A task's message whose payload is moved to another key. */
#include "support/task.h"

static const char long_id[] = "mail-k02-with-a-name-that-is-as-long-as-the-length-of-a-payload-needs-it-to-be-for-one-more-byte";

static taskseal_keyring *both_keys(void)
{
    return RING(key_of(long_id), key_of("k1"));
}

/* The message of a task of this type, sealed with the key k1. */
static blob message_of(size_t payload_len)
{
    blob payload = blob_pattern(payload_len);
    const char *const key_ids[] = {"k1"};
    const taskseal_seal_options seal = {.keyring = both_keys(), .key_ids = key_ids, .key_count = 1};
    const taskseal_asynq_task task = {.queue = TEXT("mail"),
                                      .type = TEXT("reset"),
                                      .id = TEXT("one"),
                                      .payload = {payload.data, payload.len},
                                      .seal = &seal,
                                      .retention = 60};
    taskseal_asynq_command command;
    assert_prepared(&task, &command);
    return blob_copy(command.argv[6], command.argv_len[6]);
}

static taskseal_err rewrap_to(const char *key_id, blob message, size_t cap, blob *out)
{
    const taskseal_rewrap_options options = {.keyring = both_keys(), .from_key_id = "k1", .to_key_id = key_id};
    *out = blob_new(cap);
    return taskseal_asynq_rewrap(&options, message.data, message.len, out->data, cap, &out->len);
}

static taskseal_bytes payload_of(blob message)
{
    taskseal_bytes payload;
    assert_ok(taskseal_asynq_payload(message.data, message.len, &payload));
    ck_assert_ptr_nonnull(payload.data);
    return payload;
}

static blob joined(blob a, blob b)
{
    blob both = blob_new(a.len + b.len);
    memcpy(both.data, a.data, a.len);
    memcpy(both.data + a.len, b.data, b.len);
    return both;
}

/* Fields 99 to 102 of every kind, which no version of Asynq has; then an unset payload's number with another kind. */
static const uint8_t unknown[] = {0x98, 0x06, 0xff, 0x01, 0xa1, 0x06, 1, 2, 3, 4, 5, 6, 7, 8,
                                  0xad, 0x06, 1, 2, 3, 4, 0xb2, 0x06, 2, 0x12, 0x00, 0x10, 0x05};

START_TEST(only_the_envelope_changes)
{
    static const size_t sizes[] = {0, 1000, 16384 - 250, 16384 - 180, 100000};
    blob extra = blob_copy(unknown, sizeof unknown), out;
    blob before = joined(joined(extra, message_of(sizes[_i])), extra);
    assert_ok(rewrap_to(long_id, before, taskseal_asynq_rewrap_size(before.len), &out));
    const taskseal_bytes old = payload_of(before), new = payload_of(out);
    const taskseal_open_options open = {.keyring = both_keys(),
                                        .context = {.queue = TEXT("mail"), .type = TEXT("reset"), .id = TEXT("one")}};
    blob opened = open_whole(&open, (blob){(uint8_t *)(uintptr_t)new.data, new.len}), payload = blob_pattern(sizes[_i]);
    ck_assert(same(opened.data, opened.len, payload.data, payload.len));
    ck_assert_str_eq(inspect((blob){(uint8_t *)(uintptr_t)new.data, new.len}).stanzas[0].key_id, long_id);
    const size_t head = sizeof unknown + 7 + 1; /* with the type, and the payload's tag */
    ck_assert(same(before.data, head, out.data, head));
    const uint8_t *old_end = (const uint8_t *)old.data + old.len, *new_end = (const uint8_t *)new.data + new.len;
    ck_assert(same(old_end, (size_t)(before.data + before.len - old_end), new_end,
                   (size_t)(out.data + out.len - new_end)));
}
END_TEST

START_TEST(a_buffer_of_its_size_suffices_and_a_small_one_is_refused)
{
    blob message = message_of(100), out;
    assert_ok(rewrap_to(long_id, message, taskseal_asynq_rewrap_size(message.len), &out));
    for (size_t cap = 0; cap < out.len; cap++) {
        blob small;
        assert_err(TASKSEAL_ERR_BUFFER_TOO_SMALL, rewrap_to(long_id, message, cap, &small));
        ck_assert_uint_eq(small.len, 0);
    }
}
END_TEST

static const struct {
    const char *bytes;
    size_t len;
} malformed[] = {
    {"\x12", 1},                 /* no length */
    {"\x12\x05" "abcd", 6},      /* cut */
    {"\x12\x01" "a\x12\x01" "b", 6}, /* two */
    {"\x13", 1},                 /* a group */
    {"\x17", 1},                 /* kind 7 */
    {"\x02\x01" "a", 3},         /* field 0 */
    {"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 11}, /* beyond 64 bits */
    {"\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00", 12},
    {"\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11}, /* longer than memory */
    {"\x09" "1234567", 8},
    {"\x0d" "123", 4},
};

START_TEST(what_is_no_message_is_refused)
{
    blob message = blob_copy(malformed[_i].bytes, malformed[_i].len), out;
    taskseal_bytes payload;
    assert_err(TASKSEAL_ERR_MALFORMED, taskseal_asynq_payload(message.data, message.len, &payload));
    ck_assert_ptr_null(payload.data);
    assert_err(TASKSEAL_ERR_MALFORMED, rewrap_to(long_id, message, 1024, &out));
}
END_TEST

START_TEST(a_message_without_an_envelope_is_not_sealed)
{
    static const struct {
        const char *bytes;
        size_t len;
    } plain[] = {{"", 0}, {"\x0a\x01" "t", 3}, {"\x12\x00", 2}, {"\x12\x05" "plain", 7}};
    blob message = blob_copy(plain[_i].bytes, plain[_i].len), out;
    taskseal_bytes payload;
    assert_ok(taskseal_asynq_payload(message.data, message.len, &payload));
    ck_assert_uint_eq(payload.len, _i == 3 ? 5 : 0);
    assert_err(TASKSEAL_ERR_NOT_SEALED, rewrap_to(long_id, message, 1024, &out));
}
END_TEST

START_TEST(no_cut_of_a_message_is_taken_for_one_with_its_payload)
{
    blob message = message_of(100), out;
    const size_t end = (size_t)((const uint8_t *)payload_of(message).data + payload_of(message).len - message.data);
    for (size_t len = 0; len < end; len++) {
        blob cut = blob_copy(message.data, len);
        taskseal_err err = rewrap_to(long_id, cut, taskseal_asynq_rewrap_size(len), &out);
        ck_assert(err == TASKSEAL_ERR_MALFORMED || err == TASKSEAL_ERR_NOT_SEALED);
    }
}
END_TEST

START_TEST(arguments_that_lack_are_refused)
{
    blob message = message_of(1);
    taskseal_bytes payload;
    size_t len;
    const taskseal_rewrap_options options = {.keyring = both_keys()};
    uint8_t out[1024];
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_asynq_payload(NULL, 1, &payload));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_asynq_payload(message.data, message.len, NULL));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_asynq_rewrap(NULL, message.data, message.len, out, sizeof out, &len));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_asynq_rewrap(&options, message.data, message.len, NULL, 0, &len));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_asynq_rewrap(&options, message.data, message.len, out, sizeof out, NULL));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT,
               taskseal_asynq_rewrap(&options, message.data, message.len, message.data + 1, message.len - 1, &len));
    ck_assert_uint_eq(taskseal_asynq_rewrap_size(SIZE_MAX), SIZE_MAX);
}
END_TEST

Suite *make_suite(void)
{
    Suite *suite = suite_create("rewrap");
    TCase *tests = add_case(suite, "rewrap");
    tcase_add_loop_test(tests, only_the_envelope_changes, 0, 5);
    tcase_add_test(tests, a_buffer_of_its_size_suffices_and_a_small_one_is_refused);
    tcase_add_loop_test(tests, what_is_no_message_is_refused, 0, COUNT_OF(malformed));
    tcase_add_loop_test(tests, a_message_without_an_envelope_is_not_sealed, 0, 4);
    tcase_add_test(tests, no_cut_of_a_message_is_taken_for_one_with_its_payload);
    tcase_add_test(tests, arguments_that_lack_are_refused);
    return suite;
}
