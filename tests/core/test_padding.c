/* SPDX-License-Identifier: MIT
 * Padding (F 7), from inside against a slow reference, and from outside with forged tails. */
#include "support/forge.h"

#include "core/padding.h"

enum { MOST = 70000 };

/* ---- A reference that is plain rather than quick ---- */

static size_t floor_log2(size_t value)
{
    size_t log = 0;
    while (value >= 2) {
        value /= 2;
        log++;
    }
    return log;
}

/* The next multiple of 2^(E - S), by counting up. L is at least 2. */
static size_t slow_padme(size_t len)
{
    const size_t e = floor_log2(len);
    const size_t s = floor_log2(e) + 1;
    const size_t step = (size_t)1 << (e - s);
    while (len % step != 0)
        len++;
    return len;
}

static size_t slow_padded_len(size_t payload_len)
{
    const size_t len = payload_len + 1;
    return len <= 256 ? 256 : slow_padme(len);
}

static bool slow_unpad(const uint8_t *bytes, size_t padded, size_t *len)
{
    size_t end = padded;
    while (end > 0 && bytes[end - 1] == 0)
        end--;
    if (end == 0 || bytes[end - 1] != 0x80 || slow_padded_len(end - 1) != padded)
        return false;
    *len = end - 1;
    return true;
}

/* ---- Lengths ---- */

START_TEST(padme_is_that_of_the_format)
{
    static const size_t table[][2] = {{17, 18}, {257, 272}, {1001, 1024}, {65536, 65536}, {1048577, 1081344}};
    for (size_t i = 0; i < COUNT_OF(table); i++)
        ck_assert_uint_eq(slow_padme(table[i][0]), table[i][1]);
}
END_TEST

START_TEST(padded_lengths_are_those_of_the_format)
{
    static const size_t table[][2] = {{0, 256},       {16, 256},      {254, 256},        {255, 256},
                                      {256, 272},     {271, 272},     {272, 288},        {1000, 1024},
                                      {65535, 65536}, {65536, 67584}, {1048576, 1081344}};
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        size_t padded;
        ck_assert(taskseal__padded_len(table[i][0], &padded));
        ck_assert_uint_eq(padded, table[i][1]);
    }
}
END_TEST

START_TEST(every_length_is_padded_as_the_reference_does)
{
    for (size_t len = 0; len <= MOST; len++) {
        size_t padded;
        ck_assert(taskseal__padded_len(len, &padded));
        ck_assert_uint_eq(padded, slow_padded_len(len));
        ck_assert_uint_gt(padded, len);
        if (len > 255)
            ck_assert_uint_le((padded - len) * 100, len * 12 + 100);
    }
}
END_TEST

START_TEST(a_padded_length_is_valid_if_some_payload_has_it)
{
    static bool made[MOST + 1];
    for (size_t len = 0; len <= MOST; len++)
        if (slow_padded_len(len) <= MOST)
            made[slow_padded_len(len)] = true;
    for (size_t padded = 0; padded <= MOST; padded++)
        ck_assert(taskseal__padded_len_valid(padded) == made[padded]);
}
END_TEST

START_TEST(what_no_size_holds_is_refused)
{
    const size_t e = floor_log2(SIZE_MAX);
    const size_t step = (size_t)1 << (e - floor_log2(e) - 1);
    const size_t most = SIZE_MAX - step + 1; /* the greatest multiple of the greatest step */
    size_t padded;
    ck_assert(taskseal__padded_len(most - 1, &padded));
    ck_assert_uint_eq(padded, most);
    ck_assert(!taskseal__padded_len(most, &padded));
    ck_assert(!taskseal__padded_len(SIZE_MAX - 1, &padded));
    ck_assert(!taskseal__padded_len(SIZE_MAX, &padded));
}
END_TEST

START_TEST(the_public_size_is_padded)
{
    taskseal_seal_options options = sealing(RING(key_of("k")));
    size_t plain;
    size_t padded;
    assert_ok(taskseal_seal_size(&options, 0, &plain, NULL));
    options.flags = TASKSEAL_SEAL_PADDED;
    assert_ok(taskseal_seal_size(&options, 1000, &padded, NULL));
    ck_assert_uint_eq(padded - plain, 1024);
}
END_TEST

/* ---- Unpadding ---- */

static const size_t padded_lengths[] = {256, 272, 512, 1024, 1088};

/* Both must agree, whatever the bytes are. */
static void assert_as_the_reference(const uint8_t *bytes, size_t padded)
{
    size_t expected_len = SIZE_MAX;
    size_t len = SIZE_MAX;
    const bool expected = slow_unpad(bytes, padded, &expected_len);
    ck_assert(taskseal__unpad(bytes, padded, &len) == expected);
    if (expected)
        ck_assert_uint_eq(len, expected_len);
}

START_TEST(every_payload_length_unpads_to_itself)
{
    for (size_t i = 0; i < COUNT_OF(padded_lengths); i++) {
        const blob bytes = blob_pattern(padded_lengths[i]);
        for (size_t len = 0; len < bytes.len; len++) {
            size_t got = SIZE_MAX;
            memset(bytes.data, 0x80, len); /* a payload that looks like marks */
            bytes.data[len] = 0x80;
            memset(bytes.data + len + 1, 0, bytes.len - len - 1);
            const bool right = slow_padded_len(len) == bytes.len;
            ck_assert(taskseal__unpad(bytes.data, bytes.len, &got) == right);
            if (right)
                ck_assert_uint_eq(got, len);
        }
    }
}
END_TEST

START_TEST(every_changed_byte_is_judged_as_the_reference_does)
{
    static const uint8_t values[] = {0x00, 0x01, 0x7F, 0x80, 0x81, 0xFF};
    for (size_t i = 0; i < COUNT_OF(padded_lengths); i++) {
        const blob bytes = blob_new(padded_lengths[i]);
        const size_t mark = bytes.len - 5;
        fill(bytes, 0);
        memset(bytes.data, 'p', mark);
        bytes.data[mark] = 0x80;
        for (size_t at = 0; at < bytes.len; at++) {
            const uint8_t before = bytes.data[at];
            for (size_t v = 0; v < COUNT_OF(values); v++) {
                bytes.data[at] = values[v];
                assert_as_the_reference(bytes.data, bytes.len);
            }
            bytes.data[at] = before;
        }
    }
}
END_TEST

START_TEST(zeros_alone_are_no_padding)
{
    for (size_t i = 0; i < COUNT_OF(padded_lengths); i++) {
        size_t len = 77;
        const blob bytes = blob_new(padded_lengths[i]);
        fill(bytes, 0);
        ck_assert(!taskseal__unpad(bytes.data, bytes.len, &len));
        ck_assert_uint_eq(len, 77);
    }
}
END_TEST

/* ---- From outside: an authentic envelope whose tail no sealer writes ---- */

static taskseal_err try_tail(blob padded)
{
    forging f = forging_new();
    const taskseal_open_options with = opening(RING(key_of("k")));
    f.padded = true;
    f.payload = padded.data;
    f.payload_len = padded.len;
    return try_open(&with, forge(&f));
}

START_TEST(an_authentic_tail_that_no_sealer_writes_is_damaged)
{
    const blob bytes = blob_new(272);
    fill(bytes, 0);
    memset(bytes.data, 'p', 260);
    assert_err(TASKSEAL_ERR_DAMAGED, try_tail(bytes)); /* no mark */
    bytes.data[260] = 0x80;
    assert_ok(try_tail(bytes));
    bytes.data[271] = 1; /* not zero behind the mark */
    assert_err(TASKSEAL_ERR_DAMAGED, try_tail(bytes));
    bytes.data[271] = 0;
    bytes.data[260] = 0x81; /* no mark, but nearly */
    assert_err(TASKSEAL_ERR_DAMAGED, try_tail(bytes));
    memset(bytes.data + 255, 0, 17);
    bytes.data[255] = 0x80; /* a payload of 255 bytes is padded to 256 */
    assert_err(TASKSEAL_ERR_DAMAGED, try_tail(bytes));
    bytes.data[255] = 'p';
    bytes.data[256] = 0x80;
    assert_ok(try_tail(bytes));
}
END_TEST

Suite *make_suite(void)
{
    Suite *suite = suite_create("padding");
    TCase *tests = add_case(suite, "lengths");
    tcase_add_test(tests, padme_is_that_of_the_format);
    tcase_add_test(tests, padded_lengths_are_those_of_the_format);
    tcase_add_test(tests, every_length_is_padded_as_the_reference_does);
    tcase_add_test(tests, a_padded_length_is_valid_if_some_payload_has_it);
    tcase_add_test(tests, what_no_size_holds_is_refused);
    tcase_add_test(tests, the_public_size_is_padded);
    tests = add_case(suite, "unpadding");
    tcase_add_test(tests, every_payload_length_unpads_to_itself);
    tcase_add_test(tests, every_changed_byte_is_judged_as_the_reference_does);
    tcase_add_test(tests, zeros_alone_are_no_padding);
    tcase_add_test(tests, an_authentic_tail_that_no_sealer_writes_is_damaged);
    return suite;
}
