/* SPDX-License-Identifier: MIT
 * Opening: context, purpose, times, and what a complete open reports. */
#include "support/forge.h"

typedef struct {
    taskseal_keyring *ring;
    taskseal_seal_options seal;
    taskseal_open_options open;
} setting;

static setting set_up(void)
{
    taskseal_keyring *ring = RING(key_of("k"));
    return (setting){ring, sealing(ring), opening(ring)};
}

static taskseal_err seal_then_open(const setting *s)
{
    return try_open(&s->open, seal(&s->seal, "payload", 7));
}

/* ---- Options ---- */

START_TEST(options_out_of_range_are_refused)
{
    setting s = set_up();
    const blob sealed = seal(&s.seal, "x", 1);
    taskseal_open_options options = s.open;
    options.keyring = NULL;
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, try_open(&options, sealed));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, try_open(NULL, sealed));
    options = s.open;
    options.purpose = (taskseal_purpose)4;
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, try_open(&options, sealed));
    options = s.open;
    options.now = TASKSEAL_TIME_MAX + 1;
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, try_open(&options, sealed));
    options = s.open;
    options.allowed_suites = 1U << 1 | 1U << 4;
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, try_open(&options, sealed));
    options.allowed_suites = 1; /* suite 0 is none */
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, try_open(&options, sealed));
    assert_ok(try_open(&s.open, sealed));
}
END_TEST

START_TEST(an_empty_context_field_is_refused)
{
    setting s = set_up();
    s.open.context.extra = taskseal_str("");
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, seal_then_open(&s));
    s.open.context.extra = taskseal_str(NULL);
    assert_ok(seal_then_open(&s));
}
END_TEST

START_TEST(insisting_on_a_field_that_is_not_given_is_refused)
{
    setting s = set_up();
    s.open.insist = TASKSEAL_BOUND_EXTRA;
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, seal_then_open(&s));
    s.open.insist = TASKSEAL_BOUND_QUEUE | TASKSEAL_BOUND_EXTRA;
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, seal_then_open(&s));
    s.open.insist = TASKSEAL_BOUND_QUEUE;
    assert_ok(seal_then_open(&s));
}
END_TEST

START_TEST(insisting_on_what_is_no_field_is_refused)
{
    setting s = set_up();
    s.open.insist = 16;
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, seal_then_open(&s));
    s.open.insist = TASKSEAL_INSIST_NONE | TASKSEAL_BOUND_QUEUE;
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, seal_then_open(&s));
    s.open.insist = TASKSEAL_INSIST_NONE;
    assert_ok(seal_then_open(&s));
}
END_TEST

/* ---- Context ---- */

static taskseal_bytes *field_of(taskseal_context *context, int i)
{
    taskseal_bytes *const fields[] = {&context->queue, &context->type, &context->id, &context->extra};
    return fields[i];
}

START_TEST(a_field_of_another_value_is_a_mismatch)
{
    setting s = set_up();
    s.seal.context.extra = s.open.context.extra = taskseal_str("tenant");
    assert_ok(seal_then_open(&s));
    taskseal_bytes *field = field_of(&s.open.context, _i);
    *field = taskseal_str("another");
    assert_err(TASKSEAL_ERR_CONTEXT_MISMATCH, seal_then_open(&s));
}
END_TEST

START_TEST(a_field_that_is_longer_or_shorter_by_one_is_a_mismatch)
{
    setting s = set_up();
    s.seal.context.extra = s.open.context.extra = taskseal_str("tenant");
    taskseal_bytes *field = field_of(&s.open.context, _i);
    *field = (taskseal_bytes){"0123456789", 9};
    *field_of(&s.seal.context, _i) = *field;
    assert_ok(seal_then_open(&s));
    field->len = 10;
    assert_err(TASKSEAL_ERR_CONTEXT_MISMATCH, seal_then_open(&s));
    field->len = 8;
    assert_err(TASKSEAL_ERR_CONTEXT_MISMATCH, seal_then_open(&s));
}
END_TEST

START_TEST(a_bound_field_that_is_not_given_is_required)
{
    setting s = set_up();
    s.seal.context.extra = s.open.context.extra = taskseal_str("tenant");
    *field_of(&s.open.context, _i) = (taskseal_bytes){NULL, 0};
    assert_err(TASKSEAL_ERR_CONTEXT_REQUIRED, seal_then_open(&s));
}
END_TEST

START_TEST(a_given_field_that_is_not_bound_is_a_mismatch)
{
    setting s = set_up();
    s.seal.context.extra = s.open.context.extra = taskseal_str("tenant");
    *field_of(&s.seal.context, _i) = (taskseal_bytes){NULL, 0};
    assert_err(TASKSEAL_ERR_CONTEXT_MISMATCH, seal_then_open(&s));
}
END_TEST

START_TEST(a_field_not_insisted_on_may_be_unbound_but_never_differ)
{
    setting s = set_up();
    s.open.insist = TASKSEAL_BOUND_QUEUE;
    s.open.context.extra = taskseal_str("tenant");
    assert_ok(seal_then_open(&s));
    s.seal.context.extra = taskseal_str("another");
    assert_err(TASKSEAL_ERR_CONTEXT_MISMATCH, seal_then_open(&s));
    s.seal.context.extra = taskseal_str("tenant");
    assert_ok(seal_then_open(&s));
}
END_TEST

START_TEST(insist_none_takes_an_envelope_that_binds_nothing)
{
    setting s = set_up();
    s.seal.context = (taskseal_context){0};
    assert_err(TASKSEAL_ERR_CONTEXT_MISMATCH, seal_then_open(&s));
    s.open.insist = TASKSEAL_INSIST_NONE;
    assert_ok(seal_then_open(&s));
}
END_TEST

START_TEST(nothing_given_opens_what_binds_nothing_only)
{
    setting s = set_up();
    s.open.context = (taskseal_context){0};
    assert_err(TASKSEAL_ERR_CONTEXT_REQUIRED, seal_then_open(&s));
    s.seal.context = (taskseal_context){0};
    assert_ok(seal_then_open(&s));
}
END_TEST

START_TEST(fields_do_not_run_into_each_other)
{
    setting s = set_up();
    s.seal.context = (taskseal_context){.queue = taskseal_str("ab"), .type = taskseal_str("c")};
    s.open.context = (taskseal_context){.queue = taskseal_str("a"), .type = taskseal_str("bc")};
    assert_err(TASKSEAL_ERR_CONTEXT_MISMATCH, seal_then_open(&s));
    s.open.context = s.seal.context;
    assert_ok(seal_then_open(&s));
}
END_TEST

START_TEST(fields_do_not_change_places)
{
    setting s = set_up();
    s.open.context.queue = s.seal.context.type;
    s.open.context.type = s.seal.context.queue;
    assert_err(TASKSEAL_ERR_CONTEXT_MISMATCH, seal_then_open(&s));
}
END_TEST

/* Only who has the DEK can make such an envelope: wrap and MAC are right. */
START_TEST(a_commitment_that_is_wrong_anywhere_is_a_mismatch)
{
    setting s = set_up();
    forging f = forging_new();
    assert_ok(try_open(&s.open, forge(&f)));
    f.commitment_flaw[_i] = 1;
    assert_err(TASKSEAL_ERR_CONTEXT_MISMATCH, try_open(&s.open, forge(&f)));
}
END_TEST

/* ---- Purpose ---- */

START_TEST(each_purpose_opens_as_itself_only)
{
    setting s = set_up();
    s.seal.purpose = (taskseal_purpose)_i;
    for (int expected = TASKSEAL_PAYLOAD; expected <= TASKSEAL_REFERENCE; expected++) {
        s.open.purpose = (taskseal_purpose)expected;
        assert_err(expected == _i ? TASKSEAL_OK : TASKSEAL_ERR_WRONG_PURPOSE, seal_then_open(&s));
    }
}
END_TEST

/* ---- Times ---- */

START_TEST(a_seal_time_may_lie_300_seconds_ahead)
{
    setting s = set_up();
    s.open.now = NOW - 300;
    assert_ok(seal_then_open(&s));
    s.open.now = NOW - 301;
    assert_err(TASKSEAL_ERR_NOT_YET_VALID, seal_then_open(&s));
    s.open.now = 1;
    assert_err(TASKSEAL_ERR_NOT_YET_VALID, seal_then_open(&s));
}
END_TEST

START_TEST(at_its_expiry_it_is_expired)
{
    setting s = set_up();
    s.seal.lifetime = 60;
    s.open.now = NOW + 59;
    assert_ok(seal_then_open(&s));
    s.open.now = NOW + 60;
    assert_err(TASKSEAL_ERR_EXPIRED, seal_then_open(&s));
    s.open.now = TASKSEAL_TIME_MAX;
    assert_err(TASKSEAL_ERR_EXPIRED, seal_then_open(&s));
}
END_TEST

START_TEST(without_an_expiry_it_opens_for_ever)
{
    setting s = set_up();
    s.open.now = TASKSEAL_TIME_MAX;
    assert_ok(seal_then_open(&s));
}
END_TEST

START_TEST(at_its_maximum_age_it_still_opens)
{
    setting s = set_up();
    s.open.max_age = 60;
    s.open.now = NOW + 60;
    assert_ok(seal_then_open(&s));
    s.open.now = NOW + 61;
    assert_err(TASKSEAL_ERR_EXPIRED, seal_then_open(&s));
    s.open.now = NOW - 300; /* a seal time ahead of the clock has no age */
    assert_ok(seal_then_open(&s));
}
END_TEST

START_TEST(any_maximum_age_may_be_given)
{
    setting s = set_up();
    s.open.max_age = UINT64_MAX;
    s.open.now = TASKSEAL_TIME_MAX;
    assert_ok(seal_then_open(&s));
}
END_TEST

START_TEST(the_last_moment_seals_and_opens)
{
    setting s = set_up();
    s.seal.now = TASKSEAL_TIME_MAX;
    s.open.now = TASKSEAL_TIME_MAX;
    assert_ok(seal_then_open(&s));
    s.open.now = TASKSEAL_TIME_MAX - 301;
    assert_err(TASKSEAL_ERR_NOT_YET_VALID, seal_then_open(&s));
}
END_TEST

/* ---- The key's window ---- */

START_TEST(a_seal_time_outside_the_keys_window_is_refused)
{
    setting s = set_up();
    taskseal_key key = key_of("k");
    const blob sealed = seal(&s.seal, "x", 1);
    key.not_before = NOW + 1;
    s.open.keyring = RING(key);
    assert_err(TASKSEAL_ERR_KEY_OUTSIDE_WINDOW, try_open(&s.open, sealed));
    key.not_before = NOW;
    key.not_after = NOW;
    s.open.keyring = RING(key);
    s.open.now = NOW + 1000; /* the window concerns the seal time, not the clock */
    assert_ok(try_open(&s.open, sealed));
    key.not_before = 0;
    key.not_after = NOW - 1;
    s.open.keyring = RING(key);
    assert_err(TASKSEAL_ERR_KEY_OUTSIDE_WINDOW, try_open(&s.open, sealed));
}
END_TEST

/* ---- The report ---- */

static taskseal_opened open_report(const setting *s)
{
    taskseal_opened opened;
    uint8_t out[8];
    size_t len;
    const blob sealed = seal(&s->seal, "payload", 7);
    const taskseal_info info = inspect(sealed);
    assert_ok(taskseal_open(&s->open, sealed.data, sealed.len, out, sizeof out, &len, &opened));
    ck_assert(memcmp(opened.message_id, info.message_id, sizeof opened.message_id) == 0);
    ck_assert_uint_eq(opened.expires_at, info.expires_at);
    return opened;
}

START_TEST(an_open_reports_what_it_has_proved)
{
    setting s = set_up();
    s.seal.lifetime = 60;
    const taskseal_opened opened = open_report(&s);
    ck_assert_str_eq(opened.key_id, "k");
    ck_assert_int_eq(opened.suite, TASKSEAL_SUITE_CHACHA20POLY1305);
    ck_assert_uint_eq(opened.sealed_at, NOW);
    ck_assert_uint_eq(opened.expires_at, NOW + 60);
}
END_TEST

START_TEST(a_replay_is_remembered_until_the_earlier_end_and_the_leeway)
{
    setting s = set_up();
    ck_assert_uint_eq(open_report(&s).replay_until, 0);
    s.open.max_age = 100;
    ck_assert_uint_eq(open_report(&s).replay_until, NOW + 100 + 300);
    s.seal.lifetime = 60;
    ck_assert_uint_eq(open_report(&s).replay_until, NOW + 60 + 300);
    s.seal.lifetime = 200;
    ck_assert_uint_eq(open_report(&s).replay_until, NOW + 100 + 300);
    s.open.max_age = 0;
    ck_assert_uint_eq(open_report(&s).replay_until, NOW + 200 + 300);
}
END_TEST

START_TEST(a_maximum_age_beyond_the_years_is_none)
{
    setting s = set_up();
    s.open.max_age = TASKSEAL_TIME_MAX;
    ck_assert_uint_eq(open_report(&s).replay_until, NOW + TASKSEAL_TIME_MAX + 300);
    s.open.max_age = TASKSEAL_TIME_MAX + 1;
    ck_assert_uint_eq(open_report(&s).replay_until, 0);
    s.open.max_age = UINT64_MAX;
    ck_assert_uint_eq(open_report(&s).replay_until, 0);
    s.seal.lifetime = 60;
    ck_assert_uint_eq(open_report(&s).replay_until, NOW + 60 + 300);
}
END_TEST

Suite *make_suite(void)
{
    Suite *suite = suite_create("open");
    TCase *tests = add_case(suite, "options");
    tcase_add_test(tests, options_out_of_range_are_refused);
    tcase_add_test(tests, an_empty_context_field_is_refused);
    tcase_add_test(tests, insisting_on_a_field_that_is_not_given_is_refused);
    tcase_add_test(tests, insisting_on_what_is_no_field_is_refused);
    tests = add_case(suite, "context");
    tcase_add_loop_test(tests, a_field_of_another_value_is_a_mismatch, 0, 4);
    tcase_add_loop_test(tests, a_field_that_is_longer_or_shorter_by_one_is_a_mismatch, 0, 4);
    tcase_add_loop_test(tests, a_bound_field_that_is_not_given_is_required, 0, 4);
    tcase_add_loop_test(tests, a_given_field_that_is_not_bound_is_a_mismatch, 0, 4);
    tcase_add_test(tests, a_field_not_insisted_on_may_be_unbound_but_never_differ);
    tcase_add_test(tests, insist_none_takes_an_envelope_that_binds_nothing);
    tcase_add_test(tests, nothing_given_opens_what_binds_nothing_only);
    tcase_add_test(tests, fields_do_not_run_into_each_other);
    tcase_add_test(tests, fields_do_not_change_places);
    tcase_add_loop_test(tests, a_commitment_that_is_wrong_anywhere_is_a_mismatch, 0, 32);
    tests = add_case(suite, "purpose");
    tcase_add_loop_test(tests, each_purpose_opens_as_itself_only, TASKSEAL_PAYLOAD, TASKSEAL_REFERENCE + 1);
    tests = add_case(suite, "times");
    tcase_add_test(tests, a_seal_time_may_lie_300_seconds_ahead);
    tcase_add_test(tests, at_its_expiry_it_is_expired);
    tcase_add_test(tests, without_an_expiry_it_opens_for_ever);
    tcase_add_test(tests, at_its_maximum_age_it_still_opens);
    tcase_add_test(tests, any_maximum_age_may_be_given);
    tcase_add_test(tests, the_last_moment_seals_and_opens);
    tcase_add_test(tests, a_seal_time_outside_the_keys_window_is_refused);
    tests = add_case(suite, "report");
    tcase_add_test(tests, an_open_reports_what_it_has_proved);
    tcase_add_test(tests, a_replay_is_remembered_until_the_earlier_end_and_the_leeway);
    tcase_add_test(tests, a_maximum_age_beyond_the_years_is_none);
    return suite;
}
