/* SPDX-License-Identifier: MIT
 * Sealing in batches: the same envelopes, few requests for random bytes, all or nothing. */
#include "support/faults.h"

#include <stdio.h>

enum { MANY = 100 };

static char ids[MANY][8];
static uint8_t outputs[MANY][512];

/* Items with a context and a payload of their own. */
static void make_items(taskseal_seal_item items[MANY])
{
    memset(items, 0, MANY * sizeof *items);
    for (size_t i = 0; i < MANY; i++) {
        snprintf(ids[i], sizeof ids[i], "id-%zu", i);
        items[i].context.queue = taskseal_str("mail");
        items[i].context.id = taskseal_str(ids[i]);
        items[i].payload = ids[i];
        items[i].payload_len = i % 7;
        items[i].out = outputs[i];
        items[i].out_cap = sizeof outputs[i];
        items[i].out_len = 99;
    }
}

static taskseal_seal_options options_of(const taskseal_keyring *ring)
{
    return (taskseal_seal_options){.keyring = ring, .now = NOW, .lifetime = 3600};
}

START_TEST(every_item_opens_in_its_own_context_only)
{
    taskseal_seal_item items[MANY];
    size_t failed = 5;
    const taskseal_keyring *ring = RING(key_of("k"));
    const taskseal_seal_options options = options_of(ring);
    make_items(items);
    assert_ok(taskseal_seal_batch(&options, items, MANY, &failed));
    ck_assert_uint_eq(failed, MANY);
    for (size_t i = 0; i < MANY; i++) {
        taskseal_open_options open = {.keyring = ring, .context = items[i].context, .now = NOW};
        const blob sealed = {items[i].out, items[i].out_len};
        const blob opened = open_whole(&open, sealed);
        ck_assert(same(opened.data, opened.len, items[i].payload, items[i].payload_len));
        ck_assert_uint_eq(inspect(sealed).expires_at, NOW + 3600);
        open.context.id = items[(i + 1) % MANY].context.id;
        assert_err(TASKSEAL_ERR_CONTEXT_MISMATCH, try_open(&open, sealed));
    }
}
END_TEST

START_TEST(one_request_serves_up_to_32_messages)
{
    taskseal_seal_item items[MANY];
    const taskseal_seal_options options = options_of(RING(key_of("k")));
    static const struct {
        size_t count;
        unsigned requests;
    } cases[] = {{0, 0}, {1, 1}, {32, 1}, {33, 2}, {64, 2}, {MANY, 4}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        make_items(items);
        faults_reset();
        assert_ok(COUNTED(taskseal_seal_batch(&options, items, cases[i].count, NULL)));
        ck_assert_uint_eq(faults.random_requests, cases[i].requests);
        ck_assert_uint_eq(faults.random_bytes, (cases[i].count < 32 ? cases[i].count : 32) * (32 + 24));
        ck_assert_uint_eq(faults.allocations, 0);
    }
}
END_TEST

/* 2048 bytes are asked for at a time at most: as many as 16 messages to four keys take. */
START_TEST(a_request_is_used_to_its_last_byte)
{
    taskseal_seal_item items[MANY];
    static const char *const all[] = {"a", "b", "c", "d"};
    static uint8_t big[17][2048];
    taskseal_seal_options options = options_of(RING(key_of("a"), key_of("b"), key_of("c"), key_of("d")));
    options.key_ids = all;
    options.key_count = COUNT_OF(all);
    for (size_t count = 16; count <= COUNT_OF(big); count++) {
        make_items(items);
        for (size_t i = 0; i < count; i++) {
            items[i].out = big[i];
            items[i].out_cap = sizeof big[i];
        }
        faults_reset();
        assert_ok(COUNTED(taskseal_seal_batch(&options, items, count, NULL)));
        ck_assert_uint_eq(faults.random_bytes, 16 * (32 + 4 * 24));
        ck_assert_uint_eq(faults.random_requests, count == 16 ? 1 : 2);
    }
}
END_TEST

START_TEST(messages_to_many_keys_take_more_requests)
{
    taskseal_seal_item items[MANY];
    static const char *const all[] = {"a", "b", "c", "d", "e", "f", "g", "h"};
    const taskseal_keyring *ring = RING(key_of("a"), key_of("b"), key_of("c"), key_of("d"), key_of("e"),
                                        key_of("f"), key_of("g"), key_of("h"));
    static uint8_t big[MANY][2048];
    taskseal_seal_options options = options_of(ring);
    options.key_ids = all;
    options.key_count = COUNT_OF(all);
    make_items(items);
    for (size_t i = 0; i < MANY; i++) {
        items[i].out = big[i];
        items[i].out_cap = sizeof big[i];
    }
    assert_ok(COUNTED(taskseal_seal_batch(&options, items, MANY, NULL)));
    ck_assert_uint_eq(faults.random_bytes, 9 * (32 + 8 * 24)); /* as many as there is room for */
    ck_assert_uint_eq(faults.random_requests, 12);
    for (size_t i = 0; i < MANY; i++) {
        const taskseal_open_options open = {.keyring = ring, .context = items[i].context, .now = NOW};
        (void)open_whole(&open, (blob){items[i].out, items[i].out_len});
    }
}
END_TEST

START_TEST(no_two_messages_share_random_bytes)
{
    taskseal_seal_item items[MANY];
    const taskseal_seal_options options = options_of(RING(key_of("k")));
    make_items(items);
    for (size_t i = 0; i < MANY; i++)
        items[i].context.id = (taskseal_bytes){NULL, 0}; /* equal but for their DEK */
    assert_ok(taskseal_seal_batch(&options, items, MANY, NULL));
    for (size_t i = 0; i < MANY; i++)
        for (size_t j = 0; j < i; j++) {
            ck_assert(memcmp(outputs[i] + 24, outputs[j] + 24, 32) != 0); /* commitment */
            ck_assert(memcmp(outputs[i] + 62, outputs[j] + 62, 24) !=
                      0); /* wrap nonce, behind a key id of 1 byte */
        }
}
END_TEST

/* ---- All or nothing ---- */

typedef enum fault {
    NO_OUTPUT,
    SMALL_OUTPUT,
    NO_PAYLOAD,
    LOOKS_SEALED,
    OVERLAP,
    EMPTY_FIELD,
    OTHER_QUEUE,
    FAULTS
} fault;

static taskseal_err break_item(taskseal_seal_item *item, fault fault)
{
    switch (fault) {
    case NO_OUTPUT:
        item->out = NULL;
        return TASKSEAL_ERR_BAD_ARGUMENT;
    case SMALL_OUTPUT:
        item->out_cap = 165 + item->payload_len; /* one less than a key id of 1 byte takes */
        return TASKSEAL_ERR_BUFFER_TOO_SMALL;
    case NO_PAYLOAD:
        item->payload = NULL;
        item->payload_len = 1;
        return TASKSEAL_ERR_BAD_ARGUMENT;
    case LOOKS_SEALED:
        item->payload = "tsl1.";
        item->payload_len = 5;
        return TASKSEAL_ERR_LOOKS_SEALED;
    case OVERLAP:
        item->payload = (uint8_t *)item->out + 100;
        item->payload_len = 3;
        return TASKSEAL_ERR_BAD_ARGUMENT;
    case EMPTY_FIELD:
        item->context.type = (taskseal_bytes){"", 0};
        return TASKSEAL_ERR_BAD_ARGUMENT;
    case OTHER_QUEUE:
        item->context.queue = taskseal_str("other");
        return TASKSEAL_ERR_KEY_WRONG_QUEUE;
    case FAULTS:
        break;
    }
    return TASKSEAL_OK;
}

START_TEST(one_bad_item_seals_none_and_is_named)
{
    taskseal_seal_item items[MANY];
    size_t failed = 0;
    const taskseal_bytes queue = taskseal_str("mail");
    taskseal_key key = key_of("k");
    key.queues = &queue;
    key.queue_count = 1;
    const taskseal_seal_options options = options_of(RING(key));
    memset(outputs, 0xAA, sizeof outputs);
    make_items(items);
    const taskseal_err expected = break_item(&items[70], (fault)_i);
    assert_err(expected, taskseal_seal_batch(&options, items, MANY, &failed));
    ck_assert_uint_eq(failed, 70);
    for (size_t i = 0; i < MANY; i++)
        ck_assert_uint_eq(items[i].out_len, 0);
    ck_assert(all_are(outputs, sizeof outputs, 0xAA));
    make_items(items);
    assert_ok(taskseal_seal_batch(&options, items, MANY, &failed));
}
END_TEST

START_TEST(an_output_of_the_exact_size_suffices)
{
    taskseal_seal_item item = {.payload = "x", .payload_len = 1, .out = outputs[0], .out_cap = 167};
    const taskseal_seal_options options = options_of(RING(key_of("k")));
    assert_ok(taskseal_seal_batch(&options, &item, 1, NULL));
    ck_assert_uint_eq(item.out_len, 167);
}
END_TEST

START_TEST(options_out_of_range_are_refused)
{
    taskseal_seal_item items[MANY];
    size_t failed = 7;
    taskseal_seal_options options = options_of(RING(key_of("k")));
    make_items(items);
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_seal_batch(NULL, items, MANY, &failed));
    ck_assert_uint_eq(items[MANY - 1].out_len, 0);
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_seal_batch(&options, NULL, 1, &failed));
    ck_assert_uint_eq(failed, 1);
    options.context.queue = taskseal_str("mail"); /* each message has its own */
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_seal_batch(&options, items, MANY, NULL));
    options.context.queue = (taskseal_bytes){NULL, 0};
    options.now = TASKSEAL_TIME_MAX + 1;
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_seal_batch(&options, items, MANY, NULL));
    options.now = NOW;
    assert_ok(taskseal_seal_batch(&options, items, MANY, NULL));
}
END_TEST

START_TEST(without_random_bytes_nothing_is_sealed)
{
    taskseal_seal_item items[MANY];
    size_t failed = 0;
    const taskseal_seal_options options = options_of(RING(key_of("k")));
    make_items(items);
    faults.random = RANDOM_FAILS;
    assert_err(TASKSEAL_ERR_NO_RANDOM, taskseal_seal_batch(&options, items, MANY, &failed));
    ck_assert_uint_eq(failed, MANY);
    for (size_t i = 0; i < MANY; i++)
        ck_assert_uint_eq(items[i].out_len, 0);
}
END_TEST

START_TEST(the_clock_is_read_once)
{
    taskseal_seal_item items[MANY];
    taskseal_seal_options options = options_of(RING(key_of("k")));
    options.now = 0;
    make_items(items);
    faults.clock = CLOCK_FAILS;
    assert_err(TASKSEAL_ERR_BAD_CLOCK, taskseal_seal_batch(&options, items, MANY, NULL));
    faults.clock = CLOCK_SHOWS;
    faults.clock_seconds = 1234567890;
    assert_ok(taskseal_seal_batch(&options, items, MANY, NULL));
    ck_assert_uint_eq(inspect((blob){items[0].out, items[0].out_len}).sealed_at, 1234567890);
    ck_assert_uint_eq(inspect((blob){items[99].out, items[99].out_len}).sealed_at, 1234567890);
}
END_TEST

Suite *make_suite(void)
{
    Suite *suite = suite_create("core batch");
    TCase *tcase = add_faults_case(suite, "batch");
    tcase_add_test(tcase, every_item_opens_in_its_own_context_only);
    tcase_add_test(tcase, one_request_serves_up_to_32_messages);
    tcase_add_test(tcase, a_request_is_used_to_its_last_byte);
    tcase_add_test(tcase, messages_to_many_keys_take_more_requests);
    tcase_add_test(tcase, no_two_messages_share_random_bytes);
    tcase_add_loop_test(tcase, one_bad_item_seals_none_and_is_named, 0, FAULTS);
    tcase_add_test(tcase, an_output_of_the_exact_size_suffices);
    tcase_add_test(tcase, options_out_of_range_are_refused);
    tcase_add_test(tcase, without_random_bytes_nothing_is_sealed);
    tcase_add_test(tcase, the_clock_is_read_once);
    return suite;
}
