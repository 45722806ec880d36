/* SPDX-License-Identifier: MIT
 * A task's message whose payload is moved to another key. */
#include <stdio.h>

#include "support/task.h"

static const char long_id[] = "mail-k02-with-a-name-that-is-as-long-as-the-length-of-a-payload-needs-it-to-be-for-one-more-byte";

static taskseal_keyring *the_keys(void)
{
    return RING(key_of(long_id), key_of("k2"), key_of("k1"));
}

/* The message of a task of this type, sealed with the key k1. */
static blob message_of(size_t payload_len)
{
    blob payload = blob_pattern(payload_len);
    const char *const key_ids[] = {"k1"};
    const taskseal_seal_options seal = {.keyring = the_keys(), .key_ids = key_ids, .key_count = 1, .now = NOW};
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

/* What became of the envelopes, in words. */
static char told[4096];

static void tell(taskseal_bytes sealed, taskseal_err err, void *data)
{
    ck_assert_ptr_eq(data, told);
    ck_assert_uint_ne(sealed.len, 0);
    snprintf(told + strlen(told), sizeof told - strlen(told), "%s ", err == TASKSEAL_OK ? "moved" : taskseal_err_name(err));
}

static taskseal_err rewrap_to(const char *key_id, blob message, size_t cap, blob *out)
{
    const taskseal_rewrap_options options = {.keyring = the_keys(), .from_key_id = "k1", .to_key_id = key_id, .now = NOW};
    *out = blob_new(cap);
    told[0] = '\0';
    return taskseal_asynq_rewrap(&options, message.data, message.len, out->data, cap, &out->len, tell, told);
}

static size_t size_of(blob message)
{
    return taskseal_asynq_rewrap_size(message.data, message.len);
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
    assert_ok(rewrap_to(long_id, before, size_of(before), &out));
    const taskseal_bytes old = payload_of(before), new = payload_of(out);
    const taskseal_open_options open = {.keyring = the_keys(),
                                        .now = NOW,
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
    const size_t size = size_of(message);
    assert_ok(rewrap_to(long_id, message, size, &out));
    for (size_t cap = 0; cap < size; cap++) {
        blob small;
        assert_err(TASKSEAL_ERR_BUFFER_TOO_SMALL, rewrap_to(long_id, message, cap, &small));
        ck_assert_uint_eq(small.len, 0);
        ck_assert_str_eq(told, "");
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
        taskseal_err err = rewrap_to(long_id, cut, size_of(cut), &out);
        ck_assert(err == TASKSEAL_ERR_MALFORMED || err == TASKSEAL_ERR_NOT_SEALED);
    }
}
END_TEST

START_TEST(arguments_that_lack_are_refused)
{
    blob message = message_of(1);
    taskseal_bytes payload;
    size_t len;
    const taskseal_rewrap_options options = {.keyring = the_keys()};
    uint8_t out[1024];
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_asynq_payload(NULL, 1, &payload));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_asynq_payload(message.data, message.len, NULL));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_asynq_envelopes(NULL, 1, tell, told));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_asynq_envelopes(message.data, message.len, NULL, told));
#define REWRAP(options, out, cap, out_len, done)                                                                       \
    taskseal_asynq_rewrap(options, message.data, message.len, out, cap, out_len, done, told)
    const taskseal_rewrap_options no_keyring = {.now = NOW}, late = {.keyring = the_keys(), .now = UINT64_MAX};
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, REWRAP(NULL, out, sizeof out, &len, tell));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, REWRAP(&no_keyring, out, sizeof out, &len, tell));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, REWRAP(&late, out, sizeof out, &len, tell));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, REWRAP(&options, NULL, 0, &len, tell));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, REWRAP(&options, out, sizeof out, NULL, tell));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, REWRAP(&options, out, sizeof out, &len, NULL));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, REWRAP(&options, message.data + 1, message.len - 1, &len, tell));
    assert_ok(REWRAP(&options, out, sizeof out, &len, tell));
}
END_TEST

/* ---- Several envelopes in one message ---- */

static blob bytes_of(const char *text)
{
    return blob_copy(text, strlen(text));
}

/* A length as varint, and the bytes. */
static blob string(blob bytes)
{
    uint8_t length[10];
    size_t n = 0;
    for (size_t left = bytes.len; n == 0 || left != 0; left >>= 7)
        length[n++] = (uint8_t)((left & 0x7F) | (left > 0x7F ? 0x80 : 0));
    return joined(blob_copy(length, n), bytes);
}

static blob field(uint8_t tag, blob bytes)
{
    return joined(blob_copy(&tag, 1), string(bytes));
}

static blob envelope_of(const char *key_id, taskseal_purpose purpose, uint64_t lifetime, const char *text)
{
    const taskseal_seal_options options = {
        .keyring = RING(key_of(key_id)), .now = NOW - 60, .lifetime = lifetime, .purpose = purpose};
    return seal(&options, text, strlen(text));
}

static blob text_of(blob sealed)
{
    blob out = blob_new(taskseal_text_size(sealed.len) + 1);
    assert_ok(taskseal_text_encode(sealed.data, sealed.len, (char *)out.data, out.len, &out.len));
    return out;
}

static blob error_of(const char *key_id, uint64_t lifetime)
{
    return field(0x3A, joined(bytes_of("panic [worker.go:7]: "),
                              text_of(envelope_of(key_id, TASKSEAL_ERROR_TEXT, lifetime, "no such address"))));
}

static blob member(const char *type, blob sealed)
{
    return joined(string(bytes_of(type)), string(sealed));
}

static void look(taskseal_bytes sealed, taskseal_err err, void *data)
{
    blob binary = {(uint8_t *)(uintptr_t)sealed.data, sealed.len};
    ck_assert_ptr_eq(data, told);
    if (taskseal_is_sealed(sealed.data, sealed.len) == TASKSEAL_SEALED && *(const char *)sealed.data == 't') {
        binary = blob_new(sealed.len);
        assert_ok(taskseal_text_decode(sealed.data, sealed.len, binary.data, sealed.len, &binary.len));
    }
    taskseal_info info;
    const char *word = err != TASKSEAL_OK ? taskseal_err_name(err) : "?";
    if (err == TASKSEAL_OK && taskseal_inspect(binary.data, binary.len, &info) == TASKSEAL_OK)
        word = info.stanzas[0].key_id;
    snprintf(told + strlen(told), sizeof told - strlen(told), "%s ", word);
}

/* The first key of each envelope. */
static const char *keys_in(blob message)
{
    told[0] = '\0';
    assert_ok(taskseal_asynq_envelopes(message.data, message.len, look, told));
    return told;
}

static blob moved(const char *expected, blob message)
{
    blob out;
    assert_ok(rewrap_to("k2", message, size_of(message), &out));
    ck_assert_str_eq(told, expected);
    return out;
}

START_TEST(a_sealed_error_text_moves_with_its_payload)
{
    blob extra = blob_copy(unknown, sizeof unknown);
    blob before = joined(joined(message_of(5), extra), joined(error_of("k1", 0), extra));
    ck_assert_str_eq(keys_in(before), "k1 k1 ");
    blob out = moved("moved moved ", before);
    ck_assert_str_eq(keys_in(out), "k2 k2 ");
    ck_assert(same(out.data + out.len - extra.len, extra.len, extra.data, extra.len));
    ck_assert_ptr_nonnull(memmem(out.data, out.len, "panic [worker.go:7]: tsl1.", 26));
    const char *text = memmem(out.data, out.len, TASKSEAL_TEXT_PREFIX, strlen(TASKSEAL_TEXT_PREFIX));
    blob sealed = blob_new(out.len);
    assert_ok(taskseal_text_decode(text, (size_t)((const char *)out.data + out.len - extra.len - text), sealed.data, sealed.len,
                                   &sealed.len));
    const taskseal_open_options open = {.keyring = the_keys(), .now = NOW, .purpose = TASKSEAL_ERROR_TEXT};
    blob opened = open_whole(&open, sealed);
    ck_assert(same(opened.data, opened.len, "no such address", 15));
}
END_TEST

START_TEST(a_long_text_moves_in_a_buffer_of_its_size_to_a_longer_id)
{
    char text[2000];
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    blob before = field(0x3A, text_of(envelope_of("k1", TASKSEAL_ERROR_TEXT, 0, text))), out;
    assert_ok(rewrap_to(long_id, before, size_of(before), &out));
    ck_assert_str_eq(told, "moved ");
    char expected[sizeof long_id + 1];
    snprintf(expected, sizeof expected, "%s ", long_id);
    ck_assert_str_eq(keys_in(out), expected);
}
END_TEST

START_TEST(a_bundle_without_members_stays_beside_what_moves)
{
    blob bundle = field(0x12, bytes_of("tskbundle1\n\1g"));
    blob out = moved("moved ", joined(bundle, error_of("k1", 0)));
    ck_assert(same(out.data, bundle.len, bundle.data, bundle.len));
    ck_assert_str_eq(keys_in(out), "k2 ");
}
END_TEST

START_TEST(the_members_of_a_bundle_move_and_its_plain_ones_stay)
{
    blob bundle = joined(bytes_of("tskbundle1\n"), string(bytes_of("group")));
    bundle = joined(bundle, member("a", envelope_of("k1", TASKSEAL_PAYLOAD, 0, "one")));
    bundle = joined(bundle, member("b", bytes_of("plain")));
    bundle = joined(bundle, member("c", envelope_of("k2", TASKSEAL_PAYLOAD, 0, "new")));
    bundle = joined(bundle, member("", bytes_of("")));
    bundle = joined(bundle, member("d", envelope_of("k1", TASKSEAL_PAYLOAD, 0, "two")));
    blob before = joined(field(0x0A, bytes_of("t")), field(0x12, bundle));
    blob out = moved("moved moved ", before);
    ck_assert_str_eq(keys_in(out), "k2 k2 k2 ");
    blob payload = {(uint8_t *)(uintptr_t)payload_of(out).data, payload_of(out).len};
    const char *const between[] = {"\1b\5plain\1c", "\0\0\1d"};
    ck_assert_ptr_nonnull(memmem(payload.data, payload.len, between[0], 10));
    ck_assert_ptr_nonnull(memmem(payload.data, payload.len, between[1], 4));
    /* Moved back, with ids of one length, only wraps and MACs differ. */
    ck_assert_uint_eq(out.len, before.len);
}
END_TEST

START_TEST(what_cannot_move_stays_byte_for_byte_beside_what_can)
{
    blob before = joined(field(0x12, envelope_of("k1", TASKSEAL_PAYLOAD, 0, "x")), error_of("k1", 30));
    blob out = moved("moved expired ", before);
    ck_assert_str_eq(keys_in(out), "k2 k1 ");
    blob error = error_of("k1", 30), stranger = envelope_of("k3", TASKSEAL_PAYLOAD, 0, "x");
    ck_assert_ptr_nonnull(memmem(out.data, out.len, before.data + before.len - error.len, error.len));
    before = joined(field(0x12, stranger), error_of("k1", 0));
    out = moved("moved ", before); /* that of k3 is not meant */
    ck_assert(same(out.data, stranger.len + 3, before.data, stranger.len + 3));
}
END_TEST

START_TEST(an_envelope_of_an_unknown_key_is_told_if_all_are_meant)
{
    blob message = field(0x12, envelope_of("k3", TASKSEAL_PAYLOAD, 0, "x")), out = blob_new(size_of(message));
    const taskseal_rewrap_options options = {.keyring = the_keys(), .to_key_id = "k2", .now = NOW};
    told[0] = '\0';
    assert_ok(taskseal_asynq_rewrap(&options, message.data, message.len, out.data, out.len, &out.len, tell, told));
    ck_assert_str_eq(told, "unknown-key ");
    ck_assert(same(out.data, out.len, message.data, message.len));
}
END_TEST

/* A length of two bytes where one would do, which stays; and what only looks like an envelope. */
START_TEST(a_message_of_which_nothing_moves_is_copied)
{
    blob odd = blob_copy("\x12\x84\x00\xC1TSL\x3A\x88\x00tsl1.abc", 18), out;
    ck_assert_str_eq(keys_in(odd), "? ? ");
    out = moved("malformed malformed ", odd);
    ck_assert(same(out.data, out.len, odd.data, odd.len));
}
END_TEST

START_TEST(a_bundle_that_cannot_be_read_stays_and_is_told)
{
    static const char *const bundles[] = {"tskbundle1\n", "tskbundle1\n\5a", "tskbundle1\n\1g\1t", "tskbundle1\n\1g\1t\5a",
                                          "tskbundle1\n\1g\xff"};
    blob message = field(0x12, bytes_of(bundles[_i]));
    ck_assert_str_eq(keys_in(message), "malformed ");
    blob out = moved("malformed ", message);
    ck_assert(same(out.data, out.len, message.data, message.len));
    told[0] = '\0';
    message = field(0x12, bytes_of("tskbundle1\n\1g")); /* without members: the good twin */
    assert_err(TASKSEAL_ERR_NOT_SEALED, rewrap_to("k2", message, size_of(message), &out));
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
    tcase_add_test(tests, a_sealed_error_text_moves_with_its_payload);
    tcase_add_test(tests, a_long_text_moves_in_a_buffer_of_its_size_to_a_longer_id);
    tcase_add_test(tests, a_bundle_without_members_stays_beside_what_moves);
    tcase_add_test(tests, the_members_of_a_bundle_move_and_its_plain_ones_stay);
    tcase_add_test(tests, what_cannot_move_stays_byte_for_byte_beside_what_can);
    tcase_add_test(tests, an_envelope_of_an_unknown_key_is_told_if_all_are_meant);
    tcase_add_test(tests, a_message_of_which_nothing_moves_is_copied);
    tcase_add_loop_test(tests, a_bundle_that_cannot_be_read_stays_and_is_told, 0, 5);
    return suite;
}
