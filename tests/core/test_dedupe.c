/* SPDX-License-Identifier: MIT
 * Dedupe tags: equal for equal tasks and different for all others, with keys that do nothing else. */
#include "support/support.h"

typedef struct {
    uint8_t bytes[TASKSEAL_DEDUPE_TAG_BYTES];
} tag;

static taskseal_key dedupe_key(const char *id)
{
    taskseal_key key = key_of(id);
    key.type = TASKSEAL_KEY_DEDUPE;
    return key;
}

static taskseal_dedupe_options tagging(const taskseal_keyring *ring)
{
    return (taskseal_dedupe_options){
        .keyring = ring, .queue = taskseal_str("mail"), .type = taskseal_str("reset"), .now = NOW};
}

static tag tag_of(const taskseal_dedupe_options *options, const char *payload)
{
    tag t;
    assert_ok(taskseal_dedupe_tag(options, payload, strlen(payload), t.bytes));
    return t;
}

static bool equal(tag a, tag b)
{
    return memcmp(a.bytes, b.bytes, sizeof a.bytes) == 0;
}

static taskseal_err try_tag(const taskseal_dedupe_options *options)
{
    tag t;
    memset(&t, 0xAA, sizeof t);
    taskseal_err err = taskseal_dedupe_tag(options, "p", 1, t.bytes);
    if (err != TASKSEAL_OK)
        ck_assert(all_are(t.bytes, sizeof t.bytes, 0));
    return err;
}

/* ---- What makes a difference ---- */

START_TEST(equal_tasks_have_equal_tags)
{
    const taskseal_dedupe_options a = tagging(RING(dedupe_key("d")));
    const taskseal_dedupe_options b = tagging(RING(key_of("k"), dedupe_key("d")));
    ck_assert(equal(tag_of(&a, "payload"), tag_of(&b, "payload")));
}
END_TEST

START_TEST(every_part_makes_a_difference)
{
    const taskseal_dedupe_options base = tagging(RING(dedupe_key("d")));
    const tag expected = tag_of(&base, "payload");
    ck_assert(!equal(expected, tag_of(&base, "payloae")));
    ck_assert(!equal(expected, tag_of(&base, "")));
    taskseal_dedupe_options other = base;
    other.queue = taskseal_str("maim");
    ck_assert(!equal(expected, tag_of(&other, "payload")));
    other = base;
    other.queue = (taskseal_bytes){NULL, 0};
    ck_assert(!equal(expected, tag_of(&other, "payload")));
    other = base;
    other.type = (taskseal_bytes){NULL, 0};
    ck_assert(!equal(expected, tag_of(&other, "payload")));
    other = tagging(RING(dedupe_key("e")));
    ck_assert(!equal(expected, tag_of(&other, "payload")));
}
END_TEST

START_TEST(fields_do_not_run_into_each_other)
{
    const taskseal_bytes abc[] = {taskseal_str("ab"), taskseal_str("c")};
    const taskseal_bytes a_bc[] = {taskseal_str("a"), taskseal_str("bc")};
    const taskseal_bytes with_empty[] = {taskseal_str("ab"), taskseal_str("c"), {"", 0}};
    taskseal_dedupe_options options = tagging(RING(dedupe_key("d")));
    const tag whole = tag_of(&options, "abc");
    options.fields = abc;
    options.field_count = 2;
    const tag first = tag_of(&options, "");
    ck_assert(equal(first, tag_of(&options, "not looked at")));
    ck_assert(!equal(first, whole));
    options.fields = a_bc;
    ck_assert(!equal(first, tag_of(&options, "")));
    options.fields = with_empty;
    options.field_count = 3;
    ck_assert(!equal(first, tag_of(&options, "")));
}
END_TEST

/* ---- Keys ---- */

START_TEST(the_first_active_dedupe_key_that_serves_is_used)
{
    const taskseal_bytes other = taskseal_str("other");
    taskseal_key elsewhere = dedupe_key("e");
    taskseal_key early = dedupe_key("f");
    elsewhere.queues = &other;
    elsewhere.queue_count = 1;
    early.not_after = NOW - 1;
    taskseal_key closed = dedupe_key("c");
    closed.state = TASKSEAL_KEY_OPEN_ONLY;
    const taskseal_dedupe_options alone = tagging(RING(dedupe_key("d")));
    const taskseal_dedupe_options among =
        tagging(RING(key_of("k"), closed, elsewhere, early, dedupe_key("d"), dedupe_key("z")));
    ck_assert(equal(tag_of(&alone, "p"), tag_of(&among, "p")));
}
END_TEST

/* So a producer asks for the tag of the key before during a change. */
START_TEST(a_named_key_may_be_open_only)
{
    taskseal_key closed = dedupe_key("c");
    closed.state = TASKSEAL_KEY_OPEN_ONLY;
    taskseal_dedupe_options options = tagging(RING(dedupe_key("d"), closed));
    const taskseal_dedupe_options alone = tagging(RING(dedupe_key("c")));
    options.key_id = "c";
    ck_assert(equal(tag_of(&alone, "p"), tag_of(&options, "p")));
}
END_TEST

START_TEST(keys_that_do_not_serve_have_errors_of_their_own)
{
    const taskseal_bytes other = taskseal_str("other");
    taskseal_key keys[] = {key_of("k"), dedupe_key("retired"), dedupe_key("leaked"), dedupe_key("other"),
                           dedupe_key("early")};
    keys[1] = key_in_state("retired", TASKSEAL_KEY_RETIRED);
    keys[1].type = TASKSEAL_KEY_DEDUPE;
    keys[2] = key_in_state("leaked", TASKSEAL_KEY_COMPROMISED);
    keys[2].type = TASKSEAL_KEY_DEDUPE;
    keys[3].queues = &other;
    keys[3].queue_count = 1;
    keys[4].not_after = NOW - 1;
    taskseal_dedupe_options options = tagging(ring_of(keys, COUNT_OF(keys)));
    static const struct {
        const char *id;
        taskseal_err expected;
    } cases[] = {{"none", TASKSEAL_ERR_UNKNOWN_KEY},      {"k", TASKSEAL_ERR_KEY_WRONG_USE},
                 {"retired", TASKSEAL_ERR_KEY_RETIRED},   {"leaked", TASKSEAL_ERR_KEY_COMPROMISED},
                 {"other", TASKSEAL_ERR_KEY_WRONG_QUEUE}, {"early", TASKSEAL_ERR_KEY_OUTSIDE_WINDOW},
                 {NULL, TASKSEAL_ERR_KEY_WRONG_QUEUE}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        options.key_id = cases[i].id;
        assert_err(cases[i].expected, try_tag(&options));
    }
    options = tagging(RING(key_of("k")));
    assert_err(TASKSEAL_ERR_KEY_NOT_ACTIVE, try_tag(&options));
    options = tagging(RING(key_of("k"), dedupe_key("d")));
    assert_ok(try_tag(&options));
}
END_TEST

START_TEST(a_dedupe_key_never_seals_opens_or_rewraps)
{
    const taskseal_keyring *ring = RING(dedupe_key("k"), key_of("l"));
    static const char *const named = "k";
    taskseal_seal_options seal_options = sealing(RING(key_of("k")));
    const blob sealed = seal(&seal_options, "x", 1);
    taskseal_open_options open = opening(ring);
    assert_err(TASKSEAL_ERR_UNKNOWN_KEY, try_open(&open, sealed)); /* of the same id and secret */
    seal_options = sealing(ring);
    seal_options.key_ids = &named;
    seal_options.key_count = 1;
    assert_err(TASKSEAL_ERR_KEY_WRONG_USE, try_seal(&seal_options, 1));
    seal_options = sealing(ring);
    ck_assert_str_eq(inspect(seal(&seal_options, "x", 1)).stanzas[0].key_id, "l");
    seal_options = sealing(RING(dedupe_key("k")));
    assert_err(TASKSEAL_ERR_KEY_NOT_ACTIVE, try_seal(&seal_options, 1));
    const taskseal_keyring *both = RING(dedupe_key("d"), key_of("k"));
    taskseal_rewrap_options options = rewrapping(both);
    options.to_key_id = "d";
    assert_err(TASKSEAL_ERR_KEY_WRONG_USE, try_rewrap(&options, sealed));
    options.to_key_id = NULL;
    ck_assert_str_eq(inspect(rewrap(&options, sealed)).stanzas[0].key_id, "k");
}
END_TEST

START_TEST(arguments_out_of_range_are_refused)
{
    uint8_t out[TASKSEAL_DEDUPE_TAG_BYTES];
    taskseal_bytes field = {NULL, 1};
    const taskseal_dedupe_options good = tagging(RING(dedupe_key("d")));
    taskseal_dedupe_options options = good;
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_dedupe_tag(&options, "p", 1, NULL));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_dedupe_tag(NULL, "p", 1, out));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_dedupe_tag(&options, NULL, 1, out));
    options.keyring = NULL;
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, try_tag(&options));
    options = good;
    options.queue = (taskseal_bytes){"", 0};
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, try_tag(&options));
    options = good;
    options.type = (taskseal_bytes){"x", TASKSEAL_CONTEXT_MAX + 1};
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, try_tag(&options));
    options = good;
    options.field_count = 1;
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, try_tag(&options));
    options.fields = &field;
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, try_tag(&options));
    options.field_count = 0;
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, try_tag(&options));
    options = good;
    options.now = TASKSEAL_TIME_MAX + 1;
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, try_tag(&options));
    assert_ok(try_tag(&good));
}
END_TEST

Suite *make_suite(void)
{
    Suite *suite = suite_create("core dedupe");
    TCase *tcase = add_case(suite, "tags");
    tcase_add_test(tcase, equal_tasks_have_equal_tags);
    tcase_add_test(tcase, every_part_makes_a_difference);
    tcase_add_test(tcase, fields_do_not_run_into_each_other);
    tcase = add_case(suite, "keys");
    tcase_add_test(tcase, the_first_active_dedupe_key_that_serves_is_used);
    tcase_add_test(tcase, a_named_key_may_be_open_only);
    tcase_add_test(tcase, keys_that_do_not_serve_have_errors_of_their_own);
    tcase_add_test(tcase, a_dedupe_key_never_seals_opens_or_rewraps);
    tcase_add_test(tcase, arguments_out_of_range_are_refused);
    return suite;
}
