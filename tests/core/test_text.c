/* SPDX-License-Identifier: MIT
 * The text form (F 8), and telling sealed from plain (F 11). */
#include "support/forge.h"

static blob small_envelope(void)
{
    const taskseal_seal_options options = sealing(RING(key_of("k")));
    return seal(&options, "payload", 7);
}

/* With a NUL, which .len does not count. */
static blob encoded(blob sealed)
{
    blob text = blob_new(taskseal_text_size(sealed.len) + 1);
    assert_ok(taskseal_text_encode(sealed.data, sealed.len, (char *)text.data, text.len, &text.len));
    return text;
}

static taskseal_err try_decode(const void *text, size_t len)
{
    const blob exact = blob_copy(text, len);
    blob out = blob_new(len);
    size_t out_len = 1;
    fill(out, 0xEE);
    const taskseal_err err = taskseal_text_decode((const char *)exact.data, len, out.data, out.len, &out_len);
    ck_assert((out_len == 0) == (err != TASKSEAL_OK));
    if (err != TASKSEAL_OK) /* untouched, or wiped */
        for (size_t i = 0; i < out.len; i++)
            ck_assert(out.data[i] == 0xEE || out.data[i] == 0);
    return err;
}

/* ---- Encoding ---- */

START_TEST(every_length_round_trips)
{
    const taskseal_seal_options options = sealing(RING(key_of("k")));
    for (size_t len = 0; len < 12; len++) {
        const blob sealed = seal(&options, "hello, world", len);
        const blob text = encoded(sealed);
        blob back = blob_new(sealed.len);
        size_t back_len;
        ck_assert_uint_eq(text.len, taskseal_text_size(sealed.len));
        ck_assert_int_eq(text.data[text.len], '\0');
        ck_assert(memcmp(text.data, "tsl1.wVRTTAEB", 13) == 0);
        assert_ok(taskseal_text_decode((const char *)text.data, text.len, back.data, back.len, &back_len));
        ck_assert(same(back.data, back_len, sealed.data, sealed.len));
    }
}
END_TEST

START_TEST(sizes_are_those_of_unpadded_base64)
{
    ck_assert_uint_eq(taskseal_text_size(0), 5);
    ck_assert_uint_eq(taskseal_text_size(1), 5 + 2);
    ck_assert_uint_eq(taskseal_text_size(2), 5 + 3);
    ck_assert_uint_eq(taskseal_text_size(3), 5 + 4);
    ck_assert_uint_eq(taskseal_text_size(4), 5 + 6);
    ck_assert_uint_eq(taskseal_text_size(197), 268);
    const size_t most = (SIZE_MAX - 9) / 4; /* groups of four characters */
    ck_assert_uint_eq(taskseal_text_size(most * 3 + 2), 5 + most * 4 + 3);
    ck_assert_uint_eq(taskseal_text_size(SIZE_MAX), 0);
    ck_assert_uint_eq(taskseal_text_size(SIZE_MAX / 4 * 3), 0);
}
END_TEST

START_TEST(encoding_needs_room_for_the_nul)
{
    const blob sealed = small_envelope();
    const size_t size = taskseal_text_size(sealed.len);
    blob out = blob_new(size + 1);
    size_t len = 1;
    char *text = (char *)out.data;
    assert_err(TASKSEAL_ERR_BUFFER_TOO_SMALL,
               taskseal_text_encode(sealed.data, sealed.len, text, size, &len));
    ck_assert_uint_eq(len, 0);
    assert_ok(taskseal_text_encode(sealed.data, sealed.len, text, size + 1, &len));
    ck_assert_uint_eq(len, size);
}
END_TEST

START_TEST(decoding_needs_every_byte)
{
    const blob sealed = small_envelope();
    const blob text = encoded(sealed);
    blob out = blob_new(sealed.len);
    size_t len = 1;
    const char *from = (const char *)text.data;
    assert_err(TASKSEAL_ERR_BUFFER_TOO_SMALL,
               taskseal_text_decode(from, text.len, out.data, out.len - 1, &len));
    ck_assert_uint_eq(len, 0);
    assert_ok(taskseal_text_decode(from, text.len, out.data, out.len, &len));
}
END_TEST

START_TEST(only_envelopes_are_encoded)
{
    const blob sealed = small_envelope();
    char text[512];
    size_t len = 1;
    assert_err(TASKSEAL_ERR_NOT_SEALED, taskseal_text_encode("plain", 5, text, sizeof text, &len));
    ck_assert_uint_eq(len, 0);
    assert_err(TASKSEAL_ERR_MALFORMED, taskseal_text_encode(sealed.data, 100, text, sizeof text, &len));
    assert_err(TASKSEAL_ERR_NOT_SEALED, taskseal_text_encode(NULL, 0, text, sizeof text, &len));
    sealed.data[4] = 2;
    assert_err(TASKSEAL_ERR_UNSUPPORTED_VERSION,
               taskseal_text_encode(sealed.data, sealed.len, text, sizeof text, &len));
}
END_TEST

START_TEST(text_functions_need_their_pointers)
{
    const blob sealed = small_envelope();
    char text[512];
    size_t len = 1;
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_text_encode(NULL, 1, text, sizeof text, &len));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_text_encode(sealed.data, sealed.len, NULL, 512, &len));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT,
               taskseal_text_encode(sealed.data, sealed.len, text, sizeof text, NULL));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_text_decode(NULL, 1, text, sizeof text, &len));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_text_decode("tsl1.", 5, NULL, 1, &len));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_text_decode("tsl1.", 5, text, sizeof text, NULL));
    ck_assert_uint_eq(len, 0);
    assert_err(TASKSEAL_ERR_NOT_SEALED, taskseal_text_decode(NULL, 0, NULL, 0, &len));
    assert_err(TASKSEAL_ERR_MALFORMED, taskseal_text_decode("tsl1.", 5, NULL, 0, &len));
}
END_TEST

/* ---- Strictness ---- */

START_TEST(no_character_outside_the_alphabet_decodes)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const blob text = encoded(small_envelope());
    const size_t at = 5 + 40; /* within the commitment: any value parses */
    for (unsigned byte = 0; byte < 256; byte++) {
        const bool good = byte != 0 && strchr(alphabet, (int)byte) != NULL;
        text.data[at] = (uint8_t)byte;
        assert_err(good ? TASKSEAL_OK : TASKSEAL_ERR_MALFORMED, try_decode(text.data, text.len));
        ck_assert_int_eq(taskseal_is_sealed(text.data, text.len), good ? TASKSEAL_SEALED : TASKSEAL_BROKEN);
    }
}
END_TEST

START_TEST(nothing_may_stand_before_within_or_behind)
{
    static const char *const additions[] = {"=", "==", " ", "\n", "\r\n", "A=", "\0"};
    const blob text = encoded(small_envelope());
    blob longer = blob_new(text.len + 8);
    for (size_t i = 0; i < COUNT_OF(additions); i++) {
        const size_t len = i < 6 ? strlen(additions[i]) : 1;
        memcpy(longer.data, text.data, text.len);
        memcpy(longer.data + text.len, additions[i], len);
        assert_err(TASKSEAL_ERR_MALFORMED, try_decode(longer.data, text.len + len));
        memcpy(longer.data + 5, additions[i], len);
        memcpy(longer.data + 5 + len, text.data + 5, text.len - 5);
        assert_err(TASKSEAL_ERR_MALFORMED, try_decode(longer.data, text.len + len));
        memcpy(longer.data, additions[i], len);
        memcpy(longer.data + len, text.data, text.len);
        assert_err(TASKSEAL_ERR_NOT_SEALED, try_decode(longer.data, text.len + len));
    }
}
END_TEST

START_TEST(unused_bits_are_zero)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const taskseal_seal_options options = sealing(RING(key_of("k")));
    for (size_t len = 0; len < 3; len++) {
        const blob text = encoded(seal(&options, "ab", len));
        const size_t used = (text.len - 5) % 4 == 0 ? 64 : (text.len - 5) % 4 == 3 ? 16 : 4;
        for (size_t i = 0; i < 64; i++) {
            text.data[text.len - 1] = (uint8_t)alphabet[i];
            assert_err(i % (64 / used) == 0 ? TASKSEAL_OK : TASKSEAL_ERR_MALFORMED,
                       try_decode(text.data, text.len));
        }
    }
}
END_TEST

START_TEST(a_length_of_4n_and_1_is_malformed)
{
    const blob text = encoded(small_envelope());
    for (size_t len = 5; len <= text.len; len++)
        if ((len - 5) % 4 == 1)
            assert_err(TASKSEAL_ERR_MALFORMED, try_decode(text.data, len));
}
END_TEST

START_TEST(a_cut_text_is_never_plain_from_its_prefix_on)
{
    const blob text = encoded(small_envelope());
    for (size_t len = 0; len < text.len; len++) {
        const bool plain = len < 5;
        ck_assert((taskseal_is_sealed(text.data, len) == TASKSEAL_PLAIN) == plain);
        ck_assert((try_decode(text.data, len) == TASKSEAL_ERR_NOT_SEALED) == plain);
    }
}
END_TEST

typedef struct {
    const char *text;
    taskseal_err expected;
} text_case;

static const text_case text_cases[] = {
    {"", TASKSEAL_ERR_NOT_SEALED},
    {"t", TASKSEAL_ERR_NOT_SEALED},
    {"tsl1", TASKSEAL_ERR_NOT_SEALED},
    {"TSL1.wVRTTAEB", TASKSEAL_ERR_NOT_SEALED},
    {"tsl2.wVRTTAEB", TASKSEAL_ERR_NOT_SEALED},
    {"plain text", TASKSEAL_ERR_NOT_SEALED},
    {"\xC1", TASKSEAL_ERR_MALFORMED},
    {"\xC1TSL\x01\x01", TASKSEAL_ERR_MALFORMED},
    {"tsl1.", TASKSEAL_ERR_MALFORMED},
    {"tsl1.aGVsbG8", TASKSEAL_ERR_MALFORMED}, /* "hello", which would be plain in binary */
    {"tsl1.wVRTTA", TASKSEAL_ERR_MALFORMED},
    {"tsl1.wVRTTAEB", TASKSEAL_ERR_MALFORMED},
    {"tsl1.dHNsMS4", TASKSEAL_ERR_MALFORMED}, /* "tsl1." */
    {"tsl1.wVRTTAIB", TASKSEAL_ERR_UNSUPPORTED_VERSION},
    {"tsl1.wVRTTAEE", TASKSEAL_ERR_UNSUPPORTED_SUITE},
};

START_TEST(what_is_no_envelope_does_not_decode)
{
    const text_case *c = &text_cases[_i];
    assert_err(c->expected, try_decode(c->text, strlen(c->text)));
}
END_TEST

/* ---- Telling sealed from plain ---- */

START_TEST(is_sealed_says_what_decoding_would)
{
    const text_case *c = &text_cases[_i];
    const taskseal_sealed is = taskseal_is_sealed(c->text, strlen(c->text));
    switch (c->expected) {
    case TASKSEAL_ERR_NOT_SEALED:
        ck_assert_int_eq(is, TASKSEAL_PLAIN);
        break;
    case TASKSEAL_ERR_MALFORMED:
        ck_assert_int_eq(is, TASKSEAL_BROKEN);
        break;
    default:
        ck_assert_int_eq(is, TASKSEAL_NEWER);
    }
}
END_TEST

START_TEST(both_forms_of_an_envelope_are_sealed)
{
    const blob sealed = small_envelope();
    const blob text = encoded(sealed);
    ck_assert_int_eq(taskseal_is_sealed(sealed.data, sealed.len), TASKSEAL_SEALED);
    ck_assert_int_eq(taskseal_is_sealed(text.data, text.len), TASKSEAL_SEALED);
}
END_TEST

START_TEST(nothing_is_plain)
{
    ck_assert_int_eq(taskseal_is_sealed(NULL, 0), TASKSEAL_PLAIN);
    ck_assert_int_eq(taskseal_is_sealed(NULL, 5), TASKSEAL_PLAIN);
    ck_assert_int_eq(taskseal_is_sealed("", 0), TASKSEAL_PLAIN);
}
END_TEST

START_TEST(a_cut_envelope_is_never_plain)
{
    const blob sealed = small_envelope();
    const size_t tag_at = inspect(sealed).header_len + 16;
    for (size_t len = 1; len < sealed.len; len++)
        ck_assert_int_eq(taskseal_is_sealed(sealed.data, len),
                         len < tag_at ? TASKSEAL_BROKEN : TASKSEAL_SEALED);
}
END_TEST

START_TEST(newer_versions_and_suites_are_newer_in_both_forms)
{
    const blob sealed = small_envelope();
    const blob text = encoded(sealed);
    sealed.data[4] = 2;
    ck_assert_int_eq(taskseal_is_sealed(sealed.data, sealed.len), TASKSEAL_NEWER);
    sealed.data[4] = 1;
    sealed.data[5] = 4;
    ck_assert_int_eq(taskseal_is_sealed(sealed.data, sealed.len), TASKSEAL_NEWER);
    text.data[11] = 'I';
    ck_assert_int_eq(taskseal_is_sealed(text.data, text.len), TASKSEAL_NEWER);
}
END_TEST

START_TEST(the_whole_of_a_long_text_is_looked_at)
{
    const taskseal_seal_options options = sealing(RING(key_of("k")));
    const blob payload = blob_pattern(50000);
    const blob text = encoded(seal(&options, payload.data, payload.len));
    ck_assert_int_eq(taskseal_is_sealed(text.data, text.len), TASKSEAL_SEALED);
    for (size_t at = 5; at < text.len; at += 997) {
        const uint8_t before = text.data[at];
        text.data[at] = '=';
        ck_assert_int_eq(taskseal_is_sealed(text.data, text.len), TASKSEAL_BROKEN);
        text.data[at] = before;
    }
    text.data[text.len - 1] = '.';
    ck_assert_int_eq(taskseal_is_sealed(text.data, text.len), TASKSEAL_BROKEN);
}
END_TEST

/* ---- Sealing what is sealed ---- */

START_TEST(what_is_not_plain_is_not_sealed_again)
{
    taskseal_seal_options options = sealing(RING(key_of("k")));
    const blob out = blob_new(1024);
    for (size_t i = 0; i < COUNT_OF(text_cases); i++) {
        const text_case *c = &text_cases[i];
        const bool plain = c->expected == TASKSEAL_ERR_NOT_SEALED;
        size_t len = 1;
        options.flags = 0;
        assert_err(plain ? TASKSEAL_OK : TASKSEAL_ERR_LOOKS_SEALED,
                   taskseal_seal(&options, c->text, strlen(c->text), out.data, out.len, &len));
        ck_assert((len == 0) == !plain);
        options.flags = TASKSEAL_SEAL_ALLOW_SEALED;
        assert_ok(taskseal_seal(&options, c->text, strlen(c->text), out.data, out.len, &len));
    }
}
END_TEST

Suite *make_suite(void)
{
    Suite *suite = suite_create("text");
    TCase *tests = add_case(suite, "encoding");
    tcase_add_test(tests, every_length_round_trips);
    tcase_add_test(tests, sizes_are_those_of_unpadded_base64);
    tcase_add_test(tests, encoding_needs_room_for_the_nul);
    tcase_add_test(tests, decoding_needs_every_byte);
    tcase_add_test(tests, only_envelopes_are_encoded);
    tcase_add_test(tests, text_functions_need_their_pointers);
    tests = add_case(suite, "strictness");
    tcase_add_test(tests, no_character_outside_the_alphabet_decodes);
    tcase_add_test(tests, nothing_may_stand_before_within_or_behind);
    tcase_add_test(tests, unused_bits_are_zero);
    tcase_add_test(tests, a_length_of_4n_and_1_is_malformed);
    tcase_add_test(tests, a_cut_text_is_never_plain_from_its_prefix_on);
    tcase_add_loop_test(tests, what_is_no_envelope_does_not_decode, 0, (int)COUNT_OF(text_cases));
    tests = add_case(suite, "sealed or plain");
    tcase_add_loop_test(tests, is_sealed_says_what_decoding_would, 0, (int)COUNT_OF(text_cases));
    tcase_add_test(tests, both_forms_of_an_envelope_are_sealed);
    tcase_add_test(tests, nothing_is_plain);
    tcase_add_test(tests, a_cut_envelope_is_never_plain);
    tcase_add_test(tests, newer_versions_and_suites_are_newer_in_both_forms);
    tcase_add_test(tests, the_whole_of_a_long_text_is_looked_at);
    tcase_add_test(tests, what_is_not_plain_is_not_sealed_again);
    return suite;
}
