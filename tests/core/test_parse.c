/* SPDX-License-Identifier: MIT
 * Parsing: what every function that parses refuses (F 2 to F 4, F 6.6, F 7.3). */
#include "support/forge.h"

#include "core/header.h"

/* Every function that parses says the same. */
static taskseal_err try_parse(blob sealed)
{
    taskseal_info info;
    taskseal_info untouched;
    uint8_t id[TASKSEAL_MESSAGE_ID_BYTES] = {0};
    size_t cap = 1;
    const blob exact = blob_copy(sealed.data, sealed.len); /* the sanitizers see a read behind the input */
    memset(&untouched, 0xA5, sizeof untouched);
    info = untouched;
    const taskseal_err err = taskseal_inspect(exact.data, exact.len, &info);
    assert_err(err, taskseal_message_id(exact.data, exact.len, id));
    assert_err(err, taskseal_open_size(exact.data, exact.len, &cap));
    if (err != TASKSEAL_OK) {
        const taskseal_open_options with = opening(RING(key_of("k")));
        const taskseal_rewrap_options to = rewrapping(with.keyring);
        ck_assert(memcmp(&info, &untouched, sizeof info) == 0);
        ck_assert(all_are(id, sizeof id, 0));
        ck_assert_uint_eq(cap, 0);
        assert_err(err, try_open(&with, exact));
        assert_err(err, try_rewrap(&to, exact));
    }
    return err;
}

/* The envelope with `bytes` at `offset`. */
static taskseal_err try_with(size_t offset, const void *bytes, size_t len)
{
    const forging f = forging_new();
    const blob sealed = forge(&f);
    assert_ok(try_parse(sealed));
    memcpy(sealed.data + offset, bytes, len);
    return try_parse(sealed);
}

static taskseal_err try_byte(size_t offset, unsigned byte)
{
    const uint8_t bytes[1] = {(uint8_t)byte};
    return try_with(offset, bytes, 1);
}

/* ---- The first bytes (F 2.5 to F 2.12) ---- */

typedef struct {
    const char *bytes;
    size_t len;
    taskseal_err expected;
} beginning;

static const beginning beginnings[] = {
    {"", 0, TASKSEAL_ERR_NOT_SEALED},
    {"{\"to\":1}", 8, TASKSEAL_ERR_NOT_SEALED},
    {"\xC2", 1, TASKSEAL_ERR_NOT_SEALED},
    {"\xC1TSM", 4, TASKSEAL_ERR_NOT_SEALED},
    {"\xC1T\0\0", 4, TASKSEAL_ERR_NOT_SEALED},
    {"tsl1", 4, TASKSEAL_ERR_NOT_SEALED},
    {"TSL1.", 5, TASKSEAL_ERR_NOT_SEALED},
    {"tsl2.", 5, TASKSEAL_ERR_NOT_SEALED},
    {"\xC1", 1, TASKSEAL_ERR_MALFORMED},
    {"\xC1T", 2, TASKSEAL_ERR_MALFORMED},
    {"\xC1TS", 3, TASKSEAL_ERR_MALFORMED},
    {"\xC1TSL", 4, TASKSEAL_ERR_MALFORMED},
    {"\xC1TSL\x01", 5, TASKSEAL_ERR_MALFORMED},
    {"\xC1TSL\x01\x01", 6, TASKSEAL_ERR_MALFORMED},
    {"tsl1.", 5, TASKSEAL_ERR_MALFORMED},
    {"tsl1.wVRTTAE", 12, TASKSEAL_ERR_MALFORMED},
    {"\xC1TSL\x00", 5, TASKSEAL_ERR_UNSUPPORTED_VERSION},
    {"\xC1TSL\x02", 5, TASKSEAL_ERR_UNSUPPORTED_VERSION},
    {"\xC1TSL\xFF\x09", 6, TASKSEAL_ERR_UNSUPPORTED_VERSION},
    {"\xC1TSL\x01\x00", 6, TASKSEAL_ERR_UNSUPPORTED_SUITE},
    {"\xC1TSL\x01\x04", 6, TASKSEAL_ERR_UNSUPPORTED_SUITE},
    {"\xC1TSL\x01\xFF", 6, TASKSEAL_ERR_UNSUPPORTED_SUITE},
};

START_TEST(the_first_bytes_decide)
{
    const beginning *b = &beginnings[_i];
    assert_err(b->expected, try_parse((blob){(uint8_t *)(uintptr_t)b->bytes, b->len}));
    if (b->expected == TASKSEAL_ERR_NOT_SEALED) /* exactly then it is plain (F 11.4) */
        ck_assert_int_eq(taskseal_is_sealed(b->bytes, b->len), TASKSEAL_PLAIN);
    else
        ck_assert_int_ne(taskseal_is_sealed(b->bytes, b->len), TASKSEAL_PLAIN);
}
END_TEST

/* ---- The preamble ---- */

START_TEST(reserved_flags_are_malformed)
{
    assert_ok(try_byte(6, 0));
    assert_err(TASKSEAL_ERR_MALFORMED, try_byte(6, 0x02));
    assert_err(TASKSEAL_ERR_MALFORMED, try_byte(6, 0x04));
    assert_err(TASKSEAL_ERR_MALFORMED, try_byte(6, 0x08));
}
END_TEST

START_TEST(purposes_4_to_15_are_malformed)
{
    for (unsigned purpose = 0; purpose < 16; purpose++)
        assert_err(purpose < 4 ? TASKSEAL_OK : TASKSEAL_ERR_MALFORMED, try_byte(6, purpose << 4));
}
END_TEST

START_TEST(reserved_bound_bits_are_malformed)
{
    for (unsigned bit = 0; bit < 8; bit++)
        assert_err(bit < 4 ? TASKSEAL_OK : TASKSEAL_ERR_MALFORMED, try_byte(7, 1U << bit));
}
END_TEST

START_TEST(seal_times_are_1_to_the_end_of_9999)
{
    assert_err(TASKSEAL_ERR_MALFORMED, try_with(8, "\0\0\0\0\0\0\0\0", 8));
    assert_ok(try_with(8, "\0\0\0\0\0\0\0\1", 8));
    assert_ok(try_with(8, "\0\0\0\x3A\xFF\xF4\x41\x7F", 8));
    assert_err(TASKSEAL_ERR_MALFORMED, try_with(8, "\0\0\0\x3A\xFF\xF4\x41\x80", 8));
    assert_err(TASKSEAL_ERR_MALFORMED, try_with(8, "\x80\0\0\0\0\0\0\1", 8));
}
END_TEST

START_TEST(expiries_are_0_or_later_than_the_seal_time)
{
    assert_ok(try_with(8, "\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0\0", 16));
    assert_err(TASKSEAL_ERR_MALFORMED, try_with(8, "\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0\1", 16));
    assert_err(TASKSEAL_ERR_MALFORMED, try_with(8, "\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0\2", 16));
    assert_ok(try_with(8, "\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0\3", 16));
    assert_ok(try_with(16, "\0\0\0\x3A\xFF\xF4\x41\x7F", 8));
    assert_err(TASKSEAL_ERR_MALFORMED, try_with(16, "\0\0\0\x3A\xFF\xF4\x41\x80", 8));
}
END_TEST

/* ---- Stanzas ---- */

START_TEST(stanza_counts_that_lie_are_malformed)
{
    assert_err(TASKSEAL_ERR_MALFORMED, try_byte(56, 0));
    assert_err(TASKSEAL_ERR_MALFORMED, try_byte(56, 2));
    assert_err(TASKSEAL_ERR_MALFORMED, try_byte(56, 9));
    assert_err(TASKSEAL_ERR_MALFORMED, try_byte(56, 255));
}
END_TEST

START_TEST(one_to_eight_stanzas_are_read)
{
    static const char *const ids[] = {"k", "k1", "k2", "k3", "k4", "k5", "k6", "k7", "k8"};
    forging f = forging_new();
    for (size_t count = 1; count <= 9; count++) {
        f.stanza_count = count;
        f.stanzas[count - 1] = (forged_stanza){.type = 0x10, .id = ids[count - 1], .body_len = 1};
        assert_err(count <= 8 ? TASKSEAL_OK : TASKSEAL_ERR_MALFORMED, try_parse(forge(&f)));
    }
    f.stanza_count = 0;
    assert_err(TASKSEAL_ERR_MALFORMED, try_parse(forge(&f)));
}
END_TEST

START_TEST(key_ids_of_any_other_form_are_malformed)
{
    for (unsigned byte = 0; byte < 256; byte++) {
        const bool starts =
            (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z');
        assert_err(starts ? TASKSEAL_OK : TASKSEAL_ERR_MALFORMED, try_byte(59, byte));
    }
    assert_err(TASKSEAL_ERR_MALFORMED, try_byte(58, 0));
}
END_TEST

START_TEST(later_bytes_of_a_key_id_may_be_punctuation)
{
    forging f = forging_new();
    f.stanzas[0].id = "kk";
    f.stanzas[0].secret = secret_of('k');
    for (unsigned byte = 1; byte < 256; byte++) {
        const bool plain =
            strchr("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._:/@+-", (int)byte);
        const blob sealed = forge(&f);
        sealed.data[60] = (uint8_t)byte;
        assert_err(plain ? TASKSEAL_OK : TASKSEAL_ERR_MALFORMED, try_parse(sealed));
    }
    const blob sealed = forge(&f);
    sealed.data[60] = 0;
    assert_err(TASKSEAL_ERR_MALFORMED, try_parse(sealed));
}
END_TEST

static taskseal_err try_stanza(unsigned type, size_t body_len)
{
    forging f = forging_new();
    f.stanzas[0] = (forged_stanza){.type = type, .id = "k", .body_len = body_len};
    return try_parse(forge(&f));
}

START_TEST(each_type_has_its_body_lengths)
{
    assert_err(TASKSEAL_ERR_MALFORMED, try_stanza(1, 71));
    assert_ok(try_stanza(1, 72));
    assert_err(TASKSEAL_ERR_MALFORMED, try_stanza(1, 73));
    assert_err(TASKSEAL_ERR_MALFORMED, try_stanza(2, 72));
    assert_ok(try_stanza(2, 96));
    for (unsigned type = 0; type < 256; type += 0x10) {
        assert_err(TASKSEAL_ERR_MALFORMED, try_stanza(type, 0));
        assert_ok(try_stanza(type, 1));
        assert_ok(try_stanza(type, 2048));
        assert_err(TASKSEAL_ERR_MALFORMED, try_stanza(type, 2049));
    }
}
END_TEST

static taskseal_err try_two(unsigned first_type, const char *first, unsigned second_type, const char *second)
{
    forging f = forging_new();
    f.stanza_count = 2;
    f.stanzas[0] = (forged_stanza){.type = first_type, .id = first, .body_len = 72};
    f.stanzas[1] = (forged_stanza){.type = second_type, .id = second, .body_len = 72};
    return try_parse(forge(&f));
}

START_TEST(stanzas_ascend_strictly)
{
    assert_ok(try_two(1, "a", 1, "aa"));
    assert_err(TASKSEAL_ERR_MALFORMED, try_two(1, "aa", 1, "a"));
    assert_ok(try_two(1, "aa", 1, "b"));
    assert_err(TASKSEAL_ERR_MALFORMED, try_two(1, "b", 1, "aa"));
    assert_ok(try_two(1, "k-10", 1, "k-9"));
    assert_err(TASKSEAL_ERR_MALFORMED, try_two(1, "k-9", 1, "k-10"));
    assert_ok(try_two(1, "Z", 1, "a"));
    assert_err(TASKSEAL_ERR_MALFORMED, try_two(1, "a", 1, "Z"));
    assert_err(TASKSEAL_ERR_MALFORMED, try_two(1, "a", 1, "a"));
    assert_err(TASKSEAL_ERR_MALFORMED, try_two(1, "a", 0x10, "a"));
}
END_TEST

START_TEST(both_classes_in_one_envelope_are_malformed)
{
    assert_ok(try_two(1, "a", 0x7F, "b"));
    assert_ok(try_two(0x80, "a", 0xFF, "b"));
    assert_err(TASKSEAL_ERR_MALFORMED, try_two(1, "a", 0x81, "b"));
    assert_err(TASKSEAL_ERR_MALFORMED, try_two(0x81, "a", 1, "b"));
    assert_err(TASKSEAL_ERR_MALFORMED, try_two(0x7F, "a", 0x80, "b"));
}
END_TEST

/* ---- Chunks ---- */

START_TEST(a_header_alone_has_no_lengths_of_what_follows)
{
    taskseal__header header;
    const forging f = forging_new();
    const blob sealed = forge(&f);
    assert_ok(taskseal__header_parse(&header, sealed.data, sealed.len));
    const size_t header_len = taskseal__header_len(&header);
    ck_assert_uint_eq(header.chunks_len, sealed.len - header_len);
    ck_assert_uint_eq(header.payload_len, f.payload_len);
    assert_ok(taskseal__header_parse_head(&header, sealed.data, header_len));
    ck_assert_uint_eq(taskseal__header_len(&header), header_len);
    ck_assert_uint_eq(header.chunks_len, 0);
    ck_assert_uint_eq(header.payload_len, 0);
}
END_TEST

START_TEST(a_last_chunk_without_room_for_its_tag_is_malformed)
{
    const kind k = kind_at(_i);
    const size_t tag = k.suite == TASKSEAL_SUITE_AEGIS256 ? 32 : 16;
    forging f = forging_new();
    f.suite = k.suite;
    for (size_t full = 0; full < 3; full++) {
        const blob payload = blob_pattern(full * 16384);
        f.payload = payload.data;
        f.payload_len = payload.len;
        blob sealed = forge(&f); /* its last chunk is empty */
        assert_ok(try_parse(sealed));
        for (size_t missing = 1; missing <= tag; missing++) {
            sealed.len--;
            assert_err(TASKSEAL_ERR_MALFORMED, try_parse(sealed));
        }
    }
}
END_TEST

START_TEST(a_padded_length_that_padding_never_makes_is_malformed)
{
    const blob payload = blob_pattern(600);
    forging f = forging_new();
    f.padded = true;
    f.payload = payload.data;
    for (f.payload_len = 0; f.payload_len <= 600; f.payload_len++) {
        const size_t step = f.payload_len < 512 ? 16 : 32; /* above 256 */
        const bool made = f.payload_len >= 256 && f.payload_len % step == 0;
        assert_err(made ? TASKSEAL_OK : TASKSEAL_ERR_MALFORMED, try_parse(forge(&f)));
    }
}
END_TEST

Suite *make_suite(void)
{
    Suite *suite = suite_create("parse");
    TCase *tests = add_case(suite, "beginning");
    tcase_add_loop_test(tests, the_first_bytes_decide, 0, (int)COUNT_OF(beginnings));
    tests = add_case(suite, "preamble");
    tcase_add_test(tests, reserved_flags_are_malformed);
    tcase_add_test(tests, purposes_4_to_15_are_malformed);
    tcase_add_test(tests, reserved_bound_bits_are_malformed);
    tcase_add_test(tests, seal_times_are_1_to_the_end_of_9999);
    tcase_add_test(tests, expiries_are_0_or_later_than_the_seal_time);
    tests = add_case(suite, "stanzas");
    tcase_add_test(tests, stanza_counts_that_lie_are_malformed);
    tcase_add_test(tests, one_to_eight_stanzas_are_read);
    tcase_add_test(tests, key_ids_of_any_other_form_are_malformed);
    tcase_add_test(tests, later_bytes_of_a_key_id_may_be_punctuation);
    tcase_add_test(tests, each_type_has_its_body_lengths);
    tcase_add_test(tests, stanzas_ascend_strictly);
    tcase_add_test(tests, both_classes_in_one_envelope_are_malformed);
    tests = add_case(suite, "chunks");
    tcase_add_test(tests, a_header_alone_has_no_lengths_of_what_follows);
    tcase_add_loop_test(tests, a_last_chunk_without_room_for_its_tag_is_malformed, 0, 3);
    tcase_add_test(tests, a_padded_length_that_padding_never_makes_is_malformed);
    return suite;
}
