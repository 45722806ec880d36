/* SPDX-License-Identifier: MIT
 * What the system refuses: randomness, memory, locks, the clock. Each is an error, never an abort, and leaves
 * nothing behind. */
#include "keyfile/cases.h"
#include "support/faults.h"
#include "support/forge.h"

#include "core/keyring.h"

static const char text[] = FIRST "key a " ACTIVE " queues=mail,pay\nkey r xchacha20poly1305 retired -\n";

static taskseal_keyring *one_key(void)
{
    return RING(key_of("k"));
}

/* ---- Memory ---- */

typedef taskseal_err ring_maker(taskseal_keyring **out, taskseal_error *error);

static taskseal_err make_new(taskseal_keyring **out, taskseal_error *error)
{
    const taskseal_bytes queues[] = {taskseal_str("mail"), taskseal_str("pay")};
    taskseal_key keys[] = {key_of("a"), key_of("b")};
    keys[1].queues = queues;
    keys[1].queue_count = 2;
    return taskseal_keyring_new(out, keys, 2, error);
}

static taskseal_err make_parsed(taskseal_keyring **out, taskseal_error *error)
{
    return taskseal_keyring_parse(out, text, sizeof text - 1, error);
}

static ring_maker *const makers[] = {make_new, make_parsed};

/* Fails the first allocation, then the second, and so on until the call needs no more. */
START_TEST(every_allocation_that_fails_is_no_memory)
{
    taskseal_keyring *ring;
    unsigned failed = 0;
    for (;; failed++) {
        taskseal_error error = {0};
        faults_reset();
        faults.fail_allocation = failed + 1;
        ring = (taskseal_keyring *)&failed;
        const taskseal_err err = COUNTED(makers[_i](&ring, &error));
        if (err == TASKSEAL_OK)
            break;
        assert_err(TASKSEAL_ERR_NO_MEMORY, err);
        ck_assert_ptr_null(ring);
        ck_assert_int_eq(error.code, TASKSEAL_ERR_NO_MEMORY);
        ck_assert_uint_eq(error.line, 0);
        ck_assert_ptr_nonnull(strstr(error.message, "no memory"));
    }
    ck_assert_uint_ge(failed, 7); /* ring, keys, guarded keys, two ids, a list and its queues */
    taskseal_keyring_free(ring);
}
END_TEST

START_TEST(keys_that_cannot_be_made_read_only_are_no_memory)
{
    taskseal_keyring *ring;
    faults.mprotect_fails = true;
    assert_err(TASKSEAL_ERR_NO_MEMORY, make_new(&ring, NULL));
    ck_assert_ptr_null(ring);
}
END_TEST

START_TEST(a_ring_works_unlocked_and_says_so)
{
    faults.mlock_fails = true;
    taskseal_keyring *ring = one_key();
    ck_assert(!taskseal_keyring_locked(ring));
    const taskseal_seal_options options = sealing(ring);
    const taskseal_open_options with = opening(ring);
    assert_ok(try_open(&with, seal(&options, "payload", 7)));
}
END_TEST

/* ---- A CPU without AES instructions ---- */

START_TEST(without_aes_suite_02_is_unavailable)
{
    forging f = forging_new();
    taskseal_keyring *ring = RING(key_of("n"), key_of("k"));
    taskseal_seal_options options = sealing(ring);
    const taskseal_open_options with = opening(ring);
    const taskseal_rewrap_options to = rewrapping(ring);
    options.suite = f.suite = TASKSEAL_SUITE_AES256GCM;
    faults.cpu_lacks_aes = true;
    const blob sealed = forge(&f);
    ck_assert(!taskseal_suite_available(TASKSEAL_SUITE_AES256GCM));
    assert_err(TASKSEAL_ERR_SUITE_UNAVAILABLE, try_seal(&options, 40));
    assert_err(TASKSEAL_ERR_SUITE_UNAVAILABLE, try_open(&with, sealed));
    assert_ok(try_rewrap(&to, sealed)); /* which needs no chunk */
    ck_assert_int_eq(inspect(sealed).suite, TASKSEAL_SUITE_AES256GCM);
    options.suite = TASKSEAL_SUITE_CHACHA20POLY1305;
    assert_ok(try_seal(&options, 40));
}
END_TEST

/* ---- Rewrap looks at its own work (F 10.8) ---- */

START_TEST(a_result_that_would_not_open_is_not_given_out)
{
    taskseal_keyring *ring = RING(key_of("n"), key_of("k"));
    const taskseal_seal_options options = sealing(ring);
    const taskseal_rewrap_options with = rewrapping(ring);
    const blob sealed = seal(&options, "payload", 7);
    faults.wraps_are_wrong = true;
    assert_err(TASKSEAL_ERR_AUTHENTICATION_FAILED, try_rewrap(&with, sealed));
    faults.wraps_are_wrong = false;
    assert_ok(try_rewrap(&with, sealed));
}
END_TEST

/* ---- Randomness ---- */

static const random_fault broken[] = {RANDOM_FAILS, RANDOM_FAILS_AFTER_8_BYTES, RANDOM_GIVES_NOTHING};
static const random_fault slow[] = {RANDOM_IS_SHORT, RANDOM_IS_INTERRUPTED};

START_TEST(seal_without_randomness_writes_nothing)
{
    const taskseal_seal_options options = sealing(one_key());
    blob out = blob_new(512);
    size_t len = 1;
    fill(out, 0xEE);
    faults.random = broken[_i];
    assert_err(TASKSEAL_ERR_NO_RANDOM, taskseal_seal(&options, "payload", 7, out.data, out.len, &len));
    ck_assert_uint_eq(len, 0);
    ck_assert(all_are(out.data, out.len, 0xEE));
    faults.random = RANDOM_WORKS;
    assert_ok(taskseal_seal(&options, "payload", 7, out.data, out.len, &len));
}
END_TEST

START_TEST(seal_in_place_without_randomness_keeps_the_payload)
{
    const taskseal_seal_options options = sealing(one_key());
    size_t total;
    size_t len = 1;
    assert_ok(taskseal_seal_size(&options, 40, &total, NULL));
    blob buffer = blob_pattern(total);
    const blob before = blob_copy(buffer.data, buffer.len);
    faults.random = broken[_i];
    assert_err(TASKSEAL_ERR_NO_RANDOM, taskseal_seal_in_place(&options, buffer.data, buffer.len, 40, &len));
    ck_assert_uint_eq(len, 0);
    ck_assert(same(buffer.data, buffer.len, before.data, before.len));
}
END_TEST

START_TEST(rewrap_without_randomness_writes_nothing)
{
    taskseal_keyring *ring = RING(key_of("n"), key_of("k"));
    const taskseal_seal_options options = sealing(ring);
    const taskseal_rewrap_options with = rewrapping(ring);
    const blob sealed = seal(&options, "payload", 7);
    blob out = blob_new(1024);
    size_t len = 1;
    fill(out, 0xEE);
    faults.random = broken[_i];
    assert_err(TASKSEAL_ERR_NO_RANDOM,
               taskseal_rewrap(&with, sealed.data, sealed.len, out.data, out.len, &len));
    ck_assert_uint_eq(len, 0);
    ck_assert(all_are(out.data, out.len, 0xEE));
    faults.random = RANDOM_WORKS;
    assert_ok(taskseal_rewrap(&with, sealed.data, sealed.len, out.data, out.len, &len));
}
END_TEST

START_TEST(randomness_in_pieces_is_put_together)
{
    taskseal_keyring *ring = one_key();
    const taskseal_seal_options options = sealing(ring);
    const taskseal_open_options with = opening(ring);
    faults.random = slow[_i];
    const blob a = seal(&options, "payload", 7);
    const blob b = seal(&options, "payload", 7);
    faults.random = RANDOM_WORKS;
    assert_ok(try_open(&with, a));
    assert_ok(try_open(&with, b));
    const size_t nonce = 57 + 4 + 1;
    for (size_t i = 0; i + 8 <= 24; i += 8) /* no piece was left as it was */
        ck_assert(memcmp(a.data + nonce + i, b.data + nonce + i, 8) != 0);
}
END_TEST

/* F 5.7. The DEK is found by unwrapping: the key is known, and so is the nonce. */
START_TEST(seal_uses_its_randomness_as_dek_and_nonces_in_order)
{
    static const char *const ids[] = {"c", "a", "b"};
    taskseal_key keys[] = {key_of("a"), key_of("b"), key_of("c")};
    uint8_t random[32 + 3 * 32];
    uint8_t dek[32];
    if (taskseal_key_type_available(TASKSEAL_KEY_AEGIS256))
        keys[1].type = TASKSEAL_KEY_AEGIS256;
    taskseal_keyring *ring = ring_of(keys, 3);
    taskseal_seal_options options = sealing(ring);
    options.key_ids = ids;
    options.key_count = 3;
    faults.random = RANDOM_REPEATS;
    const blob sealed = seal(&options, "payload", 7);
    const size_t nonce_b = taskseal__wrap_nonce_len(keys[1].type);
    repeated_random(random, 32 + 24 + nonce_b + 24);
    const uint8_t *body_a = sealed.data + 57 + 5;
    const uint8_t *body_b = body_a + 72 + 5;
    const uint8_t *body_c = body_b + taskseal__body_len(keys[1].type) + 5;
    ck_assert(memcmp(body_a, random + 32, 24) == 0);
    ck_assert(memcmp(body_b, random + 32 + 24, nonce_b) == 0);
    ck_assert(memcmp(body_c, random + 32 + 24 + nonce_b, 24) == 0);
    const taskseal__wrap_binding binding = {sealed.data, keys[0].type, "a", 1};
    ck_assert(taskseal__unwrap(dek, &binding, ring->keys[0].wrap_key, body_a));
    ck_assert(memcmp(dek, random, sizeof dek) == 0);
}
END_TEST

START_TEST(rewrap_uses_its_randomness_as_nonce)
{
    taskseal_keyring *ring = RING(key_of("n"), key_of("k"));
    const taskseal_seal_options options = sealing(ring);
    const taskseal_rewrap_options with = rewrapping(ring);
    const blob sealed = seal(&options, "payload", 7);
    uint8_t random[24];
    repeated_random(random, sizeof random);
    faults.random = RANDOM_REPEATS;
    const blob moved = rewrap(&with, sealed);
    ck_assert(memcmp(moved.data + 57 + 5, random, sizeof random) == 0);
}
END_TEST

/* The control of the freshness that other tests look for. */
START_TEST(equal_randomness_makes_equal_envelopes)
{
    const taskseal_seal_options options = sealing(one_key());
    faults.random = RANDOM_REPEATS;
    const blob a = seal(&options, "payload", 7);
    const blob b = seal(&options, "payload", 7);
    ck_assert(same(a.data, a.len, b.data, b.len));
}
END_TEST

/* ---- The clock ---- */

static taskseal_seal_options sealing_by_clock(void)
{
    taskseal_seal_options options = sealing(one_key());
    options.now = 0;
    return options;
}

START_TEST(the_system_clock_is_read)
{
    const taskseal_seal_options options = sealing_by_clock();
    faults.clock = CLOCK_SHOWS;
    faults.clock_seconds = 1700000123;
    ck_assert_uint_eq(inspect(seal(&options, "x", 1)).sealed_at, 1700000123);
}
END_TEST

START_TEST(a_clock_that_fails_is_a_bad_clock)
{
    const taskseal_seal_options options = sealing_by_clock();
    faults.clock = CLOCK_FAILS;
    assert_err(TASKSEAL_ERR_BAD_CLOCK, try_seal(&options, 1));
    faults.clock = CLOCK_WORKS;
    assert_ok(try_seal(&options, 1));
}
END_TEST

START_TEST(a_clock_out_of_the_years_is_a_bad_clock)
{
    const taskseal_seal_options options = sealing_by_clock();
    const int64_t last = (int64_t)TASKSEAL_TIME_MAX;
    faults.clock = CLOCK_SHOWS;
    faults.clock_seconds = 0;
    assert_err(TASKSEAL_ERR_BAD_CLOCK, try_seal(&options, 1));
    faults.clock_seconds = -1;
    assert_err(TASKSEAL_ERR_BAD_CLOCK, try_seal(&options, 1));
    if (sizeof(time_t) > sizeof(int32_t)) { /* else no clock shows that */
        faults.clock_seconds = last + 1;
        assert_err(TASKSEAL_ERR_BAD_CLOCK, try_seal(&options, 1));
        faults.clock_seconds = last;
        assert_ok(try_seal(&options, 1));
    }
    faults.clock_seconds = 1;
    assert_ok(try_seal(&options, 1));
}
END_TEST

START_TEST(opening_needs_the_clock_unless_the_time_is_given)
{
    taskseal_keyring *ring = one_key();
    const taskseal_seal_options options = sealing(ring);
    taskseal_open_options with = opening(ring);
    const blob sealed = seal(&options, "x", 1);
    faults.clock = CLOCK_FAILS;
    assert_ok(try_open(&with, sealed));
    with.now = 0;
    assert_err(TASKSEAL_ERR_BAD_CLOCK, try_open(&with, sealed));
    faults.clock = CLOCK_SHOWS;
    faults.clock_seconds = NOW - 301;
    assert_err(TASKSEAL_ERR_NOT_YET_VALID, try_open(&with, sealed));
    faults.clock_seconds = NOW;
    assert_ok(try_open(&with, sealed));
}
END_TEST

START_TEST(rewrapping_needs_the_clock_unless_the_time_is_given)
{
    taskseal_keyring *ring = one_key();
    const taskseal_seal_options options = sealing(ring);
    taskseal_rewrap_options with = rewrapping(ring);
    const blob sealed = seal(&options, "x", 1);
    faults.clock = CLOCK_FAILS;
    assert_ok(try_rewrap(&with, sealed));
    with.now = 0;
    assert_err(TASKSEAL_ERR_BAD_CLOCK, try_rewrap(&with, sealed));
    faults.clock = CLOCK_SHOWS;
    faults.clock_seconds = NOW;
    assert_ok(try_rewrap(&with, sealed));
}
END_TEST

Suite *make_suite(void)
{
    Suite *suite = suite_create("faults");
    TCase *tests = add_faults_case(suite, "memory");
    tcase_add_loop_test(tests, every_allocation_that_fails_is_no_memory, 0, (int)COUNT_OF(makers));
    tcase_add_test(tests, keys_that_cannot_be_made_read_only_are_no_memory);
    tcase_add_test(tests, a_ring_works_unlocked_and_says_so);
    tests = add_faults_case(suite, "CPU");
    tcase_add_test(tests, without_aes_suite_02_is_unavailable);
    tests = add_faults_case(suite, "rewrap");
    tcase_add_test(tests, a_result_that_would_not_open_is_not_given_out);
    tests = add_faults_case(suite, "randomness");
    tcase_add_loop_test(tests, seal_without_randomness_writes_nothing, 0, (int)COUNT_OF(broken));
    tcase_add_loop_test(tests, seal_in_place_without_randomness_keeps_the_payload, 0, (int)COUNT_OF(broken));
    tcase_add_loop_test(tests, rewrap_without_randomness_writes_nothing, 0, (int)COUNT_OF(broken));
    tcase_add_loop_test(tests, randomness_in_pieces_is_put_together, 0, (int)COUNT_OF(slow));
    tcase_add_test(tests, seal_uses_its_randomness_as_dek_and_nonces_in_order);
    tcase_add_test(tests, rewrap_uses_its_randomness_as_nonce);
    tcase_add_test(tests, equal_randomness_makes_equal_envelopes);
    tests = add_faults_case(suite, "clock");
    tcase_add_test(tests, the_system_clock_is_read);
    tcase_add_test(tests, a_clock_that_fails_is_a_bad_clock);
    tcase_add_test(tests, a_clock_out_of_the_years_is_a_bad_clock);
    tcase_add_test(tests, opening_needs_the_clock_unless_the_time_is_given);
    tcase_add_test(tests, rewrapping_needs_the_clock_unless_the_time_is_given);
    return suite;
}
