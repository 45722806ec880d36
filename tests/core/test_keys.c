/* SPDX-License-Identifier: MIT
 * Several keys on one envelope, and which of a keyring's keys opens it. */
#include "support/forge.h"

static const char *const eight[] = {"k-10", "b", "a", "aa", "k-9", "Z", "0", "k"};
static const char *const eight_sorted[] = {"0", "Z", "a", "aa", "b", "k", "k-10", "k-9"};

static taskseal_keyring *ring_of_ids(const char *const *ids, size_t count)
{
    taskseal_key keys[8];
    for (size_t i = 0; i < count; i++)
        keys[i] = key_of(ids[i]);
    return ring_of(keys, count);
}

static blob seal_to(const taskseal_keyring *ring, const char *const *ids, size_t count)
{
    taskseal_seal_options options = sealing(ring);
    options.key_ids = ids;
    options.key_count = count;
    return seal(&options, "payload", 7);
}

/* ---- Several keys ---- */

START_TEST(stanzas_stand_in_the_order_of_their_ids)
{
    const taskseal_info info = inspect(seal_to(ring_of_ids(eight, 8), eight, 8));
    ck_assert_uint_eq(info.stanza_count, 8);
    for (size_t i = 0; i < 8; i++)
        ck_assert_str_eq(info.stanzas[i].key_id, eight_sorted[i]);
}
END_TEST

START_TEST(the_holder_of_each_key_opens)
{
    const blob sealed = seal_to(ring_of_ids(eight, 8), eight, 8);
    for (size_t i = 0; i < 8; i++) {
        const taskseal_open_options with = opening(RING(key_of(eight[i])));
        const blob opened = open_whole(&with, sealed);
        ck_assert(same(opened.data, opened.len, "payload", 7));
    }
    const taskseal_open_options without = opening(RING(key_of("other")));
    assert_err(TASKSEAL_ERR_UNKNOWN_KEY, try_open(&without, sealed));
}
END_TEST

START_TEST(every_stanza_has_a_nonce_and_a_wrap_of_its_own)
{
    const char *const ids[] = {"a", "b"};
    taskseal_key keys[] = {key_of("a"), key_of("b")};
    keys[1].secret = keys[0].secret;
    const blob sealed = seal_to(ring_of(keys, 2), ids, 2);
    const uint8_t *first = sealed.data + 57 + 4 + 1;
    const uint8_t *second = first + 72 + 4 + 1;
    ck_assert(memcmp(first, second, 24) != 0);
    ck_assert(memcmp(first + 24, second + 24, 48) != 0);
}
END_TEST

START_TEST(keys_of_both_types_seal_one_envelope)
{
    const char *const ids[] = {"a", "b"};
    taskseal_key keys[] = {key_of("a"), key_of("b")};
    if (!taskseal_key_type_available(TASKSEAL_KEY_AEGIS256))
        return; /* test_suites.c asserts what happens then */
    keys[0].type = TASKSEAL_KEY_AEGIS256;
    const blob sealed = seal_to(ring_of(keys, 2), ids, 2);
    for (size_t i = 0; i < 2; i++) {
        const taskseal_open_options with = opening(RING(keys[i]));
        assert_ok(try_open(&with, sealed));
    }
}
END_TEST

/* ---- The header's limit ---- */

START_TEST(eight_of_the_longest_ids_fit)
{
    char ids[8][256];
    const char *names[8];
    taskseal_key keys[8];
    if (!taskseal_key_type_available((taskseal_key_type)_i))
        return;
    for (size_t i = 0; i < 8; i++) {
        memset(ids[i], (int)('a' + i), 255);
        ids[i][255] = '\0';
        names[i] = ids[i];
        keys[i] = key_of(names[i]);
        keys[i].type = (taskseal_key_type)_i;
    }
    const size_t body = _i == TASKSEAL_KEY_AEGIS256 ? 96 : 72;
    const blob sealed = seal_to(ring_of(keys, 8), names, 8);
    ck_assert_uint_eq(inspect(sealed).header_len, 57 + 8 * (4 + 255 + body) + 16);
    const taskseal_open_options with = opening(RING(keys[7]));
    assert_ok(try_open(&with, sealed));
}
END_TEST

/* Only foreign stanzas make a header of more than 4096 bytes: their bodies may have 2048. */
START_TEST(a_header_of_4096_bytes_is_read_and_one_of_4097_is_not)
{
    forging f = forging_new();
    const taskseal_open_options with = opening(RING(key_of("k")));
    f.stanza_count = 3;
    f.stanzas[1] = (forged_stanza){.type = 0x10, .id = "l", .body_len = 2048};
    f.stanzas[2] = (forged_stanza){.type = 0x10, .id = "m", .body_len = 4096 - 57 - 16 - 77 - 5 - 2048 - 5};
    const blob fits = forge(&f);
    ck_assert_uint_eq(inspect(fits).header_len, 4096);
    assert_ok(try_open(&with, fits));
    f.stanzas[2].body_len++;
    assert_err(TASKSEAL_ERR_MALFORMED, try_open(&with, forge(&f)));
}
END_TEST

/* ---- Which key opens ---- */

START_TEST(the_first_match_in_the_order_of_the_keyring_is_final)
{
    const char *const ids[] = {"a", "b"};
    taskseal_key wrong = key_of("b");
    const blob sealed = seal_to(RING(key_of("a"), key_of("b")), ids, 2);
    wrong.secret = secret_of('x');
    taskseal_open_options with = opening(RING(key_of("a"), wrong));
    assert_ok(try_open(&with, sealed));
    with.keyring = RING(wrong, key_of("a")); /* no key is tried after another */
    assert_err(TASKSEAL_ERR_AUTHENTICATION_FAILED, try_open(&with, sealed));
}
END_TEST

START_TEST(the_key_that_opened_is_reported)
{
    const char *const ids[] = {"a", "b"};
    const blob sealed = seal_to(RING(key_of("a"), key_of("b")), ids, 2);
    const taskseal_open_options with = opening(RING(key_of("b"), key_of("a")));
    taskseal_opened opened;
    uint8_t out[7];
    size_t len;
    assert_ok(taskseal_open(&with, sealed.data, sealed.len, out, sizeof out, &len, &opened));
    ck_assert_str_eq(opened.key_id, "b");
}
END_TEST

START_TEST(a_key_of_the_same_id_and_another_secret_fails_to_authenticate)
{
    const char *const ids[] = {"a"};
    taskseal_key other = key_of("a");
    const blob sealed = seal_to(RING(other), ids, 1);
    other.secret = secret_of('b');
    const taskseal_open_options with = opening(RING(other));
    assert_err(TASKSEAL_ERR_AUTHENTICATION_FAILED, try_open(&with, sealed));
}
END_TEST

START_TEST(a_key_of_the_same_id_and_another_type_is_no_match)
{
    const char *const ids[] = {"a"};
    taskseal_key other = key_of("a");
    if (!taskseal_key_type_available(TASKSEAL_KEY_AEGIS256))
        return; /* test_suites.c has the twin for such a build */
    const blob sealed = seal_to(RING(other), ids, 1);
    other.type = TASKSEAL_KEY_AEGIS256;
    const taskseal_open_options with = opening(RING(other));
    assert_err(TASKSEAL_ERR_UNKNOWN_KEY, try_open(&with, sealed));
}
END_TEST

START_TEST(an_open_only_key_opens)
{
    const char *const ids[] = {"a"};
    const blob sealed = seal_to(RING(key_of("a")), ids, 1);
    const taskseal_open_options with = opening(RING(key_in_state("a", TASKSEAL_KEY_OPEN_ONLY)));
    assert_ok(try_open(&with, sealed));
}
END_TEST

START_TEST(a_retired_key_says_so_unless_another_serves)
{
    const char *const ids[] = {"a", "b"};
    const blob sealed = seal_to(RING(key_of("a"), key_of("b")), ids, 2);
    taskseal_open_options with = opening(RING(key_in_state("a", TASKSEAL_KEY_RETIRED)));
    assert_err(TASKSEAL_ERR_KEY_RETIRED, try_open(&with, sealed));
    with.keyring = RING(key_in_state("a", TASKSEAL_KEY_RETIRED), key_of("b"));
    assert_ok(try_open(&with, sealed));
}
END_TEST

START_TEST(a_compromised_key_is_refused_though_another_would_serve)
{
    const char *const ids[] = {"a", "b"};
    const blob sealed = seal_to(RING(key_of("a"), key_of("b")), ids, 2);
    const taskseal_open_options with =
        opening(RING(key_of("b"), key_in_state("a", TASKSEAL_KEY_COMPROMISED)));
    assert_err(TASKSEAL_ERR_KEY_COMPROMISED, try_open(&with, sealed));
}
END_TEST

START_TEST(a_compromised_key_is_refused_whatever_the_types)
{
    forging f = forging_new();
    f.stanzas[f.stanza_count++] = (forged_stanza){.type = 0x10, .id = "l", .body_len = 10};
    const blob sealed = forge(&f);
    taskseal_open_options with = opening(RING(key_of("k"), key_in_state("l", TASKSEAL_KEY_COMPROMISED)));
    assert_err(TASKSEAL_ERR_KEY_COMPROMISED, try_open(&with, sealed));
    with.keyring = RING(key_of("k"), key_in_state("l", TASKSEAL_KEY_RETIRED));
    assert_ok(try_open(&with, sealed));
}
END_TEST

START_TEST(a_compromised_key_that_is_not_named_matters_not)
{
    const char *const ids[] = {"a"};
    const blob sealed = seal_to(RING(key_of("a")), ids, 1);
    const taskseal_open_options with =
        opening(RING(key_in_state("aa", TASKSEAL_KEY_COMPROMISED), key_of("a")));
    assert_ok(try_open(&with, sealed));
}
END_TEST

START_TEST(a_key_with_a_list_opens_for_its_queues_only)
{
    const char *const ids[] = {"a"};
    const taskseal_bytes queues[] = {taskseal_str("pay"), taskseal_str("mail")};
    taskseal_key key = key_of("a");
    const blob sealed = seal_to(RING(key), ids, 1);
    key.queues = queues;
    key.queue_count = 2;
    taskseal_open_options with = opening(RING(key));
    assert_ok(try_open(&with, sealed));
    key.queue_count = 1;
    with.keyring = RING(key);
    assert_err(TASKSEAL_ERR_KEY_WRONG_QUEUE, try_open(&with, sealed));
    with.keyring = RING(key_of("b"), key);
    assert_err(TASKSEAL_ERR_KEY_WRONG_QUEUE, try_open(&with, sealed));
}
END_TEST

START_TEST(without_a_queue_only_a_key_without_a_list_opens)
{
    const taskseal_bytes queue = taskseal_str("mail");
    taskseal_key key = key_of("k");
    taskseal_seal_options options = sealing(RING(key));
    options.context = (taskseal_context){0};
    const blob sealed = seal(&options, "payload", 7);
    key.queues = &queue;
    key.queue_count = 1;
    taskseal_open_options with = opening(RING(key));
    with.context = (taskseal_context){0};
    assert_err(TASKSEAL_ERR_KEY_WRONG_QUEUE, try_open(&with, sealed));
    with.keyring = RING(key_of("k"));
    assert_ok(try_open(&with, sealed));
}
END_TEST

/* ---- Foreign stanzas ---- */

START_TEST(unknown_types_are_skipped_if_another_stanza_serves)
{
    forging f = forging_new();
    f.stanza_count = 3;
    f.stanzas[0] = (forged_stanza){.type = 0x10, .id = "a", .body_len = 1};
    f.stanzas[1] = (forged_stanza){.type = 0x01, .id = "k", .secret = secret_of('k')};
    f.stanzas[2] = (forged_stanza){.type = 0x7F, .id = "z", .body_len = 2048};
    const taskseal_open_options with = opening(RING(key_of("a"), key_of("k"), key_of("z")));
    assert_ok(try_open(&with, forge(&f)));
}
END_TEST

START_TEST(unknown_types_alone_are_an_unknown_key)
{
    forging f = forging_new();
    f.stanzas[0] = (forged_stanza){.type = 0x10, .id = "k", .body_len = 72};
    const taskseal_open_options with = opening(RING(key_of("k")));
    assert_err(TASKSEAL_ERR_UNKNOWN_KEY, try_open(&with, forge(&f)));
}
END_TEST

START_TEST(the_anonymous_class_is_denied)
{
    forging f = forging_new();
    const taskseal_open_options with = opening(RING(key_of("k")));
    for (unsigned type = 0x80; type <= 0xFF; type++) {
        f.stanzas[0] = (forged_stanza){.type = type, .id = "k", .body_len = 48};
        assert_err(TASKSEAL_ERR_CLASS_DENIED, try_open(&with, forge(&f)));
    }
}
END_TEST

START_TEST(the_mac_covers_stanzas_that_are_skipped)
{
    forging f = forging_new();
    f.stanzas[f.stanza_count++] = (forged_stanza){.type = 0x10, .id = "l", .body_len = 10};
    const taskseal_open_options with = opening(RING(key_of("k")));
    const blob sealed = forge(&f);
    assert_ok(try_open(&with, sealed));
    sealed.data[inspect(sealed).header_len - 17] ^= 1; /* the last byte of the skipped body */
    assert_err(TASKSEAL_ERR_AUTHENTICATION_FAILED, try_open(&with, sealed));
}
END_TEST

Suite *make_suite(void)
{
    Suite *suite = suite_create("keys");
    TCase *tests = add_case(suite, "several");
    tcase_add_test(tests, stanzas_stand_in_the_order_of_their_ids);
    tcase_add_test(tests, the_holder_of_each_key_opens);
    tcase_add_test(tests, every_stanza_has_a_nonce_and_a_wrap_of_its_own);
    tcase_add_test(tests, keys_of_both_types_seal_one_envelope);
    tcase_add_loop_test(tests, eight_of_the_longest_ids_fit, 1, 3);
    tcase_add_test(tests, a_header_of_4096_bytes_is_read_and_one_of_4097_is_not);
    tests = add_case(suite, "which opens");
    tcase_add_test(tests, the_first_match_in_the_order_of_the_keyring_is_final);
    tcase_add_test(tests, the_key_that_opened_is_reported);
    tcase_add_test(tests, a_key_of_the_same_id_and_another_secret_fails_to_authenticate);
    tcase_add_test(tests, a_key_of_the_same_id_and_another_type_is_no_match);
    tcase_add_test(tests, an_open_only_key_opens);
    tcase_add_test(tests, a_retired_key_says_so_unless_another_serves);
    tcase_add_test(tests, a_compromised_key_is_refused_though_another_would_serve);
    tcase_add_test(tests, a_compromised_key_is_refused_whatever_the_types);
    tcase_add_test(tests, a_compromised_key_that_is_not_named_matters_not);
    tcase_add_test(tests, a_key_with_a_list_opens_for_its_queues_only);
    tcase_add_test(tests, without_a_queue_only_a_key_without_a_list_opens);
    tests = add_case(suite, "foreign stanzas");
    tcase_add_test(tests, unknown_types_are_skipped_if_another_stanza_serves);
    tcase_add_test(tests, unknown_types_alone_are_an_unknown_key);
    tcase_add_test(tests, the_anonymous_class_is_denied);
    tcase_add_test(tests, the_mac_covers_stanzas_that_are_skipped);
    return suite;
}
