/* SPDX-License-Identifier: MIT
 * Rewrap: what it keeps, what it replaces, and what the result is good for (F 10.5 to F 10.9). */
#include "support/forge.h"

static const char payload[] = "{\"token\":\"s3cr3t\"}";

typedef struct {
    taskseal_keyring *both; /* the new key, then the old one */
    taskseal_seal_options seal;
    taskseal_rewrap_options rewrap;
    blob sealed; /* to the old key */
} setting;

static setting set_up(kind k)
{
    static const char *const old_id = "old";
    taskseal_key keys[] = {key_of("new"), key_in_state("old", TASKSEAL_KEY_OPEN_ONLY)};
    taskseal_key old = key_of(old_id);
    keys[0].type = keys[1].type = old.type = k.key_type;
    setting s = {.both = ring_of(keys, 2), .seal = sealing(RING(old))};
    s.seal.suite = k.suite;
    s.seal.flags = k.padded ? TASKSEAL_SEAL_PADDED : 0;
    s.seal.lifetime = 3600;
    s.rewrap = rewrapping(s.both);
    s.sealed = seal(&s.seal, payload, sizeof payload);
    return s;
}

static setting set_up_default(void)
{
    return set_up(kind_at(0));
}

/* ---- What it keeps ---- */

START_TEST(preamble_message_id_and_chunks_are_unchanged)
{
    const kind k = kind_at(_i);
    if (!k.available)
        return;
    const setting s = set_up(k);
    const blob result = rewrap(&s.rewrap, s.sealed);
    const taskseal_info before = inspect(s.sealed);
    const taskseal_info after = inspect(result);
    ck_assert(memcmp(result.data, s.sealed.data, 24 + 32) == 0);
    ck_assert(memcmp(after.message_id, before.message_id, sizeof after.message_id) == 0);
    ck_assert(same(result.data + after.header_len, result.len - after.header_len,
                   s.sealed.data + before.header_len, s.sealed.len - before.header_len));
}
END_TEST

START_TEST(the_result_opens_with_the_new_key_only)
{
    const kind k = kind_at(_i);
    if (!k.available)
        return;
    const setting s = set_up(k);
    taskseal_key new_key = key_of("new");
    new_key.type = k.key_type;
    const taskseal_open_options with_new = opening(RING(new_key));
    const taskseal_open_options with_old = opening(s.seal.keyring);
    assert_ok(try_open(&with_old, s.sealed));
    assert_err(TASKSEAL_ERR_UNKNOWN_KEY, try_open(&with_new, s.sealed));
    const blob result = rewrap(&s.rewrap, s.sealed);
    const blob opened = open_whole(&with_new, result);
    ck_assert(same(opened.data, opened.len, payload, sizeof payload));
    assert_err(TASKSEAL_ERR_UNKNOWN_KEY, try_open(&with_old, result));
}
END_TEST

START_TEST(the_types_of_the_two_keys_may_differ)
{
    if (!taskseal_key_type_available(TASKSEAL_KEY_AEGIS256))
        return;
    for (int type = 1; type <= 2; type++) {
        taskseal_key keys[] = {key_of("new"), key_of("old")};
        keys[0].type = (taskseal_key_type)type;
        keys[1].type = (taskseal_key_type)(3 - type);
        const taskseal_seal_options options = sealing(RING(keys[1]));
        const taskseal_rewrap_options with = rewrapping(ring_of(keys, 2));
        const taskseal_open_options with_new = opening(RING(keys[0]));
        assert_ok(try_open(&with_new, rewrap(&with, seal(&options, "x", 1))));
    }
}
END_TEST

START_TEST(the_input_is_unchanged)
{
    const setting s = set_up_default();
    const blob before = blob_copy(s.sealed.data, s.sealed.len);
    rewrap(&s.rewrap, s.sealed);
    ck_assert(same(s.sealed.data, s.sealed.len, before.data, before.len));
}
END_TEST

START_TEST(the_context_is_not_needed)
{
    setting s = set_up_default();
    s.seal.context = (taskseal_context){.extra = taskseal_str("who knows")};
    taskseal_open_options with = opening(RING(key_of("new")));
    with.context = s.seal.context;
    assert_ok(try_open(&with, rewrap(&s.rewrap, seal(&s.seal, "x", 1))));
}
END_TEST

START_TEST(the_payload_is_neither_opened_nor_checked)
{
    const setting s = set_up_default();
    const taskseal_open_options with = opening(RING(key_of("new")));
    s.sealed.data[s.sealed.len - 1] ^= 1;
    const blob result = rewrap(&s.rewrap, s.sealed);
    assert_err(TASKSEAL_ERR_DAMAGED, try_open(&with, result)); /* damage stays damage */
}
END_TEST

/* ---- What it replaces ---- */

static const uint8_t *stanza_at(blob sealed, size_t offset, uint8_t id_len)
{
    return sealed.data + 57 + offset + 4 + id_len; /* its body */
}

START_TEST(the_wrap_is_fresh_every_time)
{
    const setting s = set_up_default();
    const blob a = rewrap(&s.rewrap, s.sealed);
    const blob b = rewrap(&s.rewrap, s.sealed);
    const uint8_t *old_body = stanza_at(s.sealed, 0, 3);
    ck_assert(memcmp(stanza_at(a, 0, 3), stanza_at(b, 0, 3), 24) != 0);
    ck_assert(memcmp(stanza_at(a, 0, 3), old_body, 24) != 0);
    ck_assert(memcmp(stanza_at(a, 0, 3) + 24, old_body + 24, 48) != 0);
}
END_TEST

START_TEST(to_itself_the_wrap_is_made_afresh)
{
    setting s = set_up_default();
    taskseal_keyring *ring = RING(key_of("old"));
    s.rewrap.keyring = ring;
    const blob result = rewrap(&s.rewrap, s.sealed);
    const taskseal_open_options with = opening(ring);
    ck_assert_uint_eq(result.len, s.sealed.len);
    ck_assert(memcmp(stanza_at(result, 0, 3), stanza_at(s.sealed, 0, 3), 24) != 0);
    assert_ok(try_open(&with, result));
}
END_TEST

START_TEST(other_stanzas_stay_byte_for_byte_in_their_order)
{
    static const uint8_t foreign[] = {0x10, 1, 'p', 0, 5, 0x5A, 0x5A, 0x5A, 0x5A, 0x5A};
    forging f = forging_new();
    f.stanza_count = 3;
    f.stanzas[0] = (forged_stanza){.type = 1, .id = "a", .secret = secret_of('a')};
    f.stanzas[1] = (forged_stanza){.type = 1, .id = "old", .secret = secret_of('d')};
    f.stanzas[2] = (forged_stanza){.type = 0x10, .id = "p", .body_len = 5};
    const blob sealed = forge(&f);
    taskseal_rewrap_options with = rewrapping(RING(key_of("zoo"), key_of("old")));
    const blob last = rewrap(&with, sealed);
    const size_t a_len = 4 + 1 + 72;
    ck_assert_uint_eq(inspect(last).stanza_count, 3);
    ck_assert(memcmp(last.data + 57, sealed.data + 57, a_len) == 0);
    ck_assert(memcmp(last.data + 57 + a_len, foreign, sizeof foreign) == 0);
    ck_assert_str_eq(inspect(last).stanzas[2].key_id, "zoo");

    with.keyring = RING(key_of("1"), key_of("old"));
    const blob first = rewrap(&with, sealed);
    ck_assert_str_eq(inspect(first).stanzas[0].key_id, "1");
    ck_assert(memcmp(first.data + 57 + a_len, sealed.data + 57, a_len) == 0);
    ck_assert(memcmp(first.data + 57 + 2 * a_len, foreign, sizeof foreign) == 0);

    with.keyring = RING(key_of("o"), key_of("old"));
    ck_assert_str_eq(inspect(rewrap(&with, sealed)).stanzas[1].key_id, "o");
    const taskseal_open_options with_a = opening(RING(key_of("a")));
    assert_ok(try_open(&with_a, first)); /* the other holder opens it still */
}
END_TEST

START_TEST(a_stanza_that_has_the_new_id_already_is_replaced)
{
    static const char *const ids[] = {"old", "new"};
    setting s = set_up_default();
    s.seal.keyring = RING(key_of("old"), key_of("new"));
    s.seal.key_ids = ids;
    s.seal.key_count = 2;
    const blob sealed = seal(&s.seal, "x", 1);
    const blob result = rewrap(&s.rewrap, sealed);
    const taskseal_open_options with = opening(RING(key_of("new")));
    ck_assert_uint_eq(inspect(result).stanza_count, 1);
    ck_assert_str_eq(inspect(result).stanzas[0].key_id, "new");
    assert_ok(try_open(&with, result));
}
END_TEST

START_TEST(a_stanza_of_another_type_with_the_new_id_is_replaced)
{
    forging f = forging_new();
    f.stanza_count = 2;
    f.stanzas[0] = (forged_stanza){.type = 0x10, .id = "new", .body_len = 5};
    f.stanzas[1] = (forged_stanza){.type = 1, .id = "old", .secret = secret_of('d')};
    const setting s = set_up_default();
    const taskseal_info info = inspect(rewrap(&s.rewrap, forge(&f)));
    ck_assert_uint_eq(info.stanza_count, 1);
    ck_assert_int_eq(info.stanzas[0].type, 1);
}
END_TEST

START_TEST(eight_stanzas_stay_eight)
{
    static const char *const ids[] = {"a", "b", "c", "d", "e", "f", "g", "old"};
    taskseal_key keys[9];
    for (size_t i = 0; i < 8; i++)
        keys[i] = key_of(ids[i]);
    taskseal_seal_options options = sealing(ring_of(keys, 8));
    options.key_ids = ids;
    options.key_count = 8;
    const blob sealed = seal(&options, "x", 1);
    taskseal_rewrap_options with = rewrapping(RING(key_of("new"), key_of("old")));
    const blob result = rewrap(&with, sealed);
    ck_assert_uint_eq(inspect(result).stanza_count, 8);
    const taskseal_open_options with_new = opening(RING(key_of("new")));
    const taskseal_open_options with_g = opening(RING(key_of("g")));
    assert_ok(try_open(&with_new, result));
    assert_ok(try_open(&with_g, result));
}
END_TEST

START_TEST(a_header_that_would_exceed_4096_bytes_is_refused)
{
    forging f = forging_new();
    f.stanza_count = 3;
    f.stanzas[0] = (forged_stanza){.type = 1, .id = "k", .secret = secret_of('k')};
    f.stanzas[1] = (forged_stanza){.type = 0x10, .id = "l", .body_len = 2048};
    f.stanzas[2] = (forged_stanza){.type = 0x10, .id = "m", .body_len = 4096 - 57 - 16 - 77 - 5 - 2048 - 5};
    const blob sealed = forge(&f);
    taskseal_rewrap_options with = rewrapping(RING(key_of("n"), key_of("k")));
    ck_assert_uint_eq(inspect(sealed).header_len, 4096);
    ck_assert_uint_eq(inspect(rewrap(&with, sealed)).header_len, 4096);
    with.keyring = RING(key_of("nn"), key_of("k"));
    assert_err(TASKSEAL_ERR_BUFFER_TOO_SMALL, try_rewrap(&with, sealed));
}
END_TEST

/* ---- Nothing is built from a header that was tampered with ---- */

START_TEST(no_bit_of_the_header_may_have_changed)
{
    const setting s = set_up_default();
    const size_t header_len = inspect(s.sealed).header_len;
    blob out = blob_new(taskseal_rewrap_size(s.sealed.len));
    fill(out, 0xEE);
    for (size_t bit = 0; bit < header_len * 8; bit++) {
        size_t len = 1;
        s.sealed.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
        ck_assert_msg(taskseal_rewrap(&s.rewrap, s.sealed.data, s.sealed.len, out.data, out.len, &len) !=
                          TASKSEAL_OK,
                      "bit %zu", bit);
        ck_assert_uint_eq(len, 0);
        ck_assert(all_are(out.data, out.len, 0xEE));
        s.sealed.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    assert_ok(try_rewrap(&s.rewrap, s.sealed));
}
END_TEST

START_TEST(an_added_stanza_is_refused_and_not_laundered)
{
    forging f = forging_new();
    const taskseal_rewrap_options with = rewrapping(RING(key_of("n"), key_of("k")));
    f.stanzas[f.stanza_count++] = (forged_stanza){.type = 1, .id = "l", .body_len = 72};
    const blob honest = forge(&f);
    assert_ok(try_rewrap(&with, honest));
    const size_t id_at = 57 + 77 + 2;
    ck_assert_int_eq(honest.data[id_at], 'l');
    honest.data[id_at] = 'm';
    assert_err(TASKSEAL_ERR_AUTHENTICATION_FAILED, try_rewrap(&with, honest));
}
END_TEST

Suite *make_suite(void)
{
    Suite *suite = suite_create("rewrap");
    TCase *tests = add_case(suite, "keeps");
    tcase_add_loop_test(tests, preamble_message_id_and_chunks_are_unchanged, 0, KINDS);
    tcase_add_loop_test(tests, the_result_opens_with_the_new_key_only, 0, KINDS);
    tcase_add_test(tests, the_types_of_the_two_keys_may_differ);
    tcase_add_test(tests, the_input_is_unchanged);
    tcase_add_test(tests, the_context_is_not_needed);
    tcase_add_test(tests, the_payload_is_neither_opened_nor_checked);
    tests = add_case(suite, "replaces");
    tcase_add_test(tests, the_wrap_is_fresh_every_time);
    tcase_add_test(tests, to_itself_the_wrap_is_made_afresh);
    tcase_add_test(tests, other_stanzas_stay_byte_for_byte_in_their_order);
    tcase_add_test(tests, a_stanza_that_has_the_new_id_already_is_replaced);
    tcase_add_test(tests, a_stanza_of_another_type_with_the_new_id_is_replaced);
    tcase_add_test(tests, eight_stanzas_stay_eight);
    tcase_add_test(tests, a_header_that_would_exceed_4096_bytes_is_refused);
    tests = add_case(suite, "tampered");
    tcase_add_test(tests, no_bit_of_the_header_may_have_changed);
    tcase_add_test(tests, an_added_stanza_is_refused_and_not_laundered);
    return suite;
}
