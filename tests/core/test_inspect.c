/* SPDX-License-Identifier: MIT
 * Looking without a key: what an envelope says of itself. */
#include "support/forge.h"

START_TEST(inspect_shows_what_the_header_says)
{
    forging f = forging_new();
    f.purpose = TASKSEAL_ERROR_TEXT;
    f.expires_at = NOW + 60;
    f.stanzas[f.stanza_count++] = (forged_stanza){.type = 0x10, .id = "m:_2/@+-.", .body_len = 5};
    const blob sealed = forge(&f);
    const taskseal_info info = inspect(sealed);
    ck_assert_int_eq(info.version, 1);
    ck_assert_int_eq(info.suite, 1);
    ck_assert_int_eq(info.purpose, TASKSEAL_ERROR_TEXT);
    ck_assert(!info.padded);
    ck_assert_int_eq(info.bound, TASKSEAL_BOUND_QUEUE | TASKSEAL_BOUND_TYPE | TASKSEAL_BOUND_ID);
    ck_assert_uint_eq(info.sealed_at, NOW);
    ck_assert_uint_eq(info.expires_at, NOW + 60);
    ck_assert_uint_eq(info.header_len, 57 + (4 + 1 + 72) + (4 + 9 + 5) + 16);
    ck_assert_uint_eq(info.payload_len, 40);
    ck_assert_int_eq(info.stanza_count, 2);
    ck_assert_int_eq(info.stanzas[0].type, 1);
    ck_assert_str_eq(info.stanzas[0].key_id, "k");
    ck_assert_int_eq(info.stanzas[1].type, 0x10);
    ck_assert_str_eq(info.stanzas[1].key_id, "m:_2/@+-.");
    ck_assert(memcmp(info.message_id, sealed.data + 24, 32) == 0);
}
END_TEST

START_TEST(inspect_shows_every_bound_field_and_the_padding)
{
    taskseal_seal_options options = sealing(RING(key_of("k")));
    for (unsigned bound = 0; bound < 16; bound++) {
        taskseal_bytes x = taskseal_str("x");
        taskseal_bytes none = {NULL, 0};
        options.context = (taskseal_context){bound & 1 ? x : none, bound & 2 ? x : none, bound & 4 ? x : none,
                                             bound & 8 ? x : none};
        options.flags = TASKSEAL_SEAL_PADDED;
        const taskseal_info info = inspect(seal(&options, "x", 1));
        ck_assert_uint_eq(info.bound, bound);
        ck_assert(info.padded);
        ck_assert_uint_eq(info.payload_len, 256);
    }
}
END_TEST

START_TEST(the_anonymous_class_is_shown_too)
{
    forging f = forging_new();
    f.stanzas[0] = (forged_stanza){.type = 0x81, .id = "k", .body_len = 48};
    ck_assert_int_eq(inspect(forge(&f)).stanzas[0].type, 0x81);
}
END_TEST

START_TEST(message_id_is_the_commitment)
{
    const forging f = forging_new();
    const blob sealed = forge(&f);
    uint8_t id[TASKSEAL_MESSAGE_ID_BYTES];
    assert_ok(taskseal_message_id(sealed.data, sealed.len, id));
    ck_assert(memcmp(id, sealed.data + 24, sizeof id) == 0);
}
END_TEST

START_TEST(open_size_is_exact_unless_padded)
{
    taskseal_seal_options options = sealing(RING(key_of("k")));
    const blob payload = blob_pattern(16384);
    size_t cap;
    blob sealed = seal(&options, payload.data, payload.len);
    assert_ok(taskseal_open_size(sealed.data, sealed.len, &cap));
    ck_assert_uint_eq(cap, 16384);
    options.flags = TASKSEAL_SEAL_PADDED;
    sealed = seal(&options, payload.data, 1000);
    assert_ok(taskseal_open_size(sealed.data, sealed.len, &cap));
    ck_assert_uint_eq(cap, 1024);
}
END_TEST

START_TEST(looking_needs_its_pointers)
{
    taskseal_info info;
    uint8_t id[TASKSEAL_MESSAGE_ID_BYTES];
    size_t cap = 1;
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_inspect(NULL, 1, &info));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_inspect("x", 1, NULL));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_message_id(NULL, 1, id));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_message_id("x", 1, NULL));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_open_size(NULL, 1, &cap));
    ck_assert_uint_eq(cap, 0);
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_open_size("x", 1, NULL));
    assert_err(TASKSEAL_ERR_NOT_SEALED, taskseal_inspect(NULL, 0, &info));
    assert_err(TASKSEAL_ERR_NOT_SEALED, taskseal_message_id(NULL, 0, id));
    assert_err(TASKSEAL_ERR_NOT_SEALED, taskseal_open_size(NULL, 0, &cap));
}
END_TEST

Suite *make_suite(void)
{
    Suite *suite = suite_create("inspect");
    TCase *tests = add_case(suite, "shows");
    tcase_add_test(tests, inspect_shows_what_the_header_says);
    tcase_add_test(tests, inspect_shows_every_bound_field_and_the_padding);
    tcase_add_test(tests, the_anonymous_class_is_shown_too);
    tcase_add_test(tests, message_id_is_the_commitment);
    tcase_add_test(tests, open_size_is_exact_unless_padded);
    tcase_add_test(tests, looking_needs_its_pointers);
    return suite;
}
