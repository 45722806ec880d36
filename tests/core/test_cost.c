/* SPDX-License-Identifier: MIT
 * What the hot path costs the system: no allocation, one request for randomness. */
#include "support/faults.h"

/* Every way to use an envelope of a kind, once. */
typedef struct {
    taskseal_keyring *ring;
    taskseal_seal_options seal;
    taskseal_open_options open;
    taskseal_rewrap_options rewrap;
    blob payload;
    blob sealed;
    blob out;
} setting;

static setting set_up(kind k)
{
    taskseal_key keys[] = {key_of("n"), key_of("k")};
    setting s = {.payload = blob_pattern(20000), .out = blob_new(60000)};
    keys[0].type = keys[1].type = k.key_type;
    s.ring = ring_of(keys, 2);
    s.seal = sealing(s.ring);
    s.seal.suite = k.suite;
    s.seal.flags = k.padded ? TASKSEAL_SEAL_PADDED : 0;
    s.open = opening(s.ring);
    s.rewrap = rewrapping(s.ring);
    s.sealed = seal(&s.seal, s.payload.data, s.payload.len);
    faults_reset();
    return s;
}

START_TEST(sealing_allocates_nothing_and_asks_once_for_randomness)
{
    const kind k = kind_at(_i);
    if (!k.available)
        return;
    setting s = set_up(k);
    size_t len;
    assert_ok(COUNTED(taskseal_seal(&s.seal, s.payload.data, s.payload.len, s.out.data, s.out.len, &len)));
    ck_assert_uint_eq(faults.allocations, 0);
    ck_assert_uint_eq(faults.random_requests, 1);
    ck_assert_uint_eq(faults.random_bytes, 32U + (k.key_type == TASKSEAL_KEY_AEGIS256 ? 32U : 24U));
}
END_TEST

START_TEST(sealing_in_place_allocates_nothing_and_asks_once_for_randomness)
{
    const kind k = kind_at(_i);
    if (!k.available)
        return;
    setting s = set_up(k);
    size_t len;
    fill(s.out, 'p');
    assert_ok(COUNTED(taskseal_seal_in_place(&s.seal, s.out.data, s.out.len, 20000, &len)));
    ck_assert_uint_eq(faults.allocations, 0);
    ck_assert_uint_eq(faults.random_requests, 1);
}
END_TEST

START_TEST(opening_allocates_nothing_and_needs_no_randomness)
{
    const kind k = kind_at(_i);
    if (!k.available)
        return;
    setting s = set_up(k);
    size_t len;
    void *payload;
    assert_ok(
        COUNTED(taskseal_open(&s.open, s.sealed.data, s.sealed.len, s.out.data, s.out.len, &len, NULL)));
    assert_ok(COUNTED(taskseal_open_in_place(&s.open, s.sealed.data, s.sealed.len, &payload, &len, NULL)));
    ck_assert_uint_eq(faults.allocations, 0);
    ck_assert_uint_eq(faults.random_requests, 0);
}
END_TEST

START_TEST(rewrapping_allocates_nothing_and_asks_once_for_a_nonce)
{
    const kind k = kind_at(_i);
    if (!k.available)
        return;
    setting s = set_up(k);
    size_t len;
    assert_ok(COUNTED(taskseal_rewrap(&s.rewrap, s.sealed.data, s.sealed.len, s.out.data, s.out.len, &len)));
    ck_assert_uint_eq(faults.allocations, 0);
    ck_assert_uint_eq(faults.random_requests, 1);
    ck_assert_uint_eq(faults.random_bytes, k.key_type == TASKSEAL_KEY_AEGIS256 ? 32U : 24U);
}
END_TEST

START_TEST(looking_and_text_allocate_nothing_and_need_no_randomness)
{
    const kind k = kind_at(_i);
    if (!k.available)
        return;
    setting s = set_up(k);
    taskseal_info info;
    uint8_t id[TASKSEAL_MESSAGE_ID_BYTES];
    size_t text_len;
    size_t len;
    char *text = (char *)s.out.data;
    assert_ok(COUNTED(taskseal_inspect(s.sealed.data, s.sealed.len, &info)));
    assert_ok(COUNTED(taskseal_message_id(s.sealed.data, s.sealed.len, id)));
    assert_ok(COUNTED(taskseal_open_size(s.sealed.data, s.sealed.len, &len)));
    assert_ok(COUNTED(taskseal_text_encode(s.sealed.data, s.sealed.len, text, s.out.len, &text_len)));
    faults.counting = true;
    const taskseal_sealed is = taskseal_is_sealed(text, text_len);
    faults.counting = false;
    ck_assert_int_eq(is, TASKSEAL_SEALED);
    assert_ok(COUNTED(taskseal_text_decode(text, text_len, s.sealed.data, s.sealed.len, &len)));
    ck_assert_uint_eq(faults.allocations, 0);
    ck_assert_uint_eq(faults.random_requests, 0);
}
END_TEST

START_TEST(eight_keys_are_one_request)
{
    static const char *const ids[] = {"a", "b", "c", "d", "e", "f", "g", "h"};
    taskseal_key keys[8];
    size_t len;
    blob out = blob_new(2048);
    for (size_t i = 0; i < 8; i++)
        keys[i] = key_of(ids[i]);
    taskseal_seal_options options = sealing(ring_of(keys, 8));
    options.key_ids = ids;
    options.key_count = 8;
    faults_reset();
    assert_ok(COUNTED(taskseal_seal(&options, "payload", 7, out.data, out.len, &len)));
    ck_assert_uint_eq(faults.allocations, 0);
    ck_assert_uint_eq(faults.random_requests, 1);
    ck_assert_uint_eq(faults.random_bytes, 32 + 8 * 24);
}
END_TEST

/* The control: what counts, counts. */
START_TEST(making_a_ring_is_counted)
{
    taskseal_keyring *ring;
    const taskseal_key key = key_of("k");
    assert_ok(COUNTED(taskseal_keyring_new(&ring, &key, 1, NULL)));
    ring_keep(ring);
    ck_assert_uint_ge(faults.allocations, 4);
}
END_TEST

Suite *make_suite(void)
{
    Suite *suite = suite_create("cost");
    TCase *tests = add_faults_case(suite, "every kind");
    tcase_add_loop_test(tests, sealing_allocates_nothing_and_asks_once_for_randomness, 0, KINDS);
    tcase_add_loop_test(tests, sealing_in_place_allocates_nothing_and_asks_once_for_randomness, 0, KINDS);
    tcase_add_loop_test(tests, opening_allocates_nothing_and_needs_no_randomness, 0, KINDS);
    tcase_add_loop_test(tests, rewrapping_allocates_nothing_and_asks_once_for_a_nonce, 0, KINDS);
    tcase_add_loop_test(tests, looking_and_text_allocate_nothing_and_need_no_randomness, 0, KINDS);
    tests = add_faults_case(suite, "many keys");
    tcase_add_test(tests, eight_keys_are_one_request);
    tests = add_faults_case(suite, "control");
    tcase_add_test(tests, making_a_ring_is_counted);
    return suite;
}
