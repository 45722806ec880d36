/* SPDX-License-Identifier: MIT
 * Damage: every bit flipped, every length cut, every byte added or taken away, in every kind of small
 * envelope. None opens, none gives out a byte, and the intact twin opens. */
#include "support/support.h"

enum { PAYLOAD = 40, CANARY = 0xEE };

typedef struct {
    taskseal_open_options open;
    blob sealed;
    size_t header_len;
} setting;

/* Kind i % KINDS, with i / KINDS + 1 stanzas. The opener holds the first key. */
static bool set_up(int i, setting *s)
{
    static const char *const ids[] = {"a", "b"};
    const kind k = kind_at(i % KINDS);
    if (!k.available)
        return false;
    taskseal_key keys[] = {key_of("a"), key_of("b")};
    keys[0].type = keys[1].type = k.key_type;
    taskseal_seal_options options = sealing(ring_of(keys, 2));
    options.suite = k.suite;
    options.flags = k.padded ? TASKSEAL_SEAL_PADDED : 0;
    options.key_ids = ids;
    options.key_count = (size_t)(i / KINDS) + 1;
    const blob payload = blob_pattern(PAYLOAD);
    s->sealed = seal(&options, payload.data, payload.len);
    s->open = opening(ring_of(keys, 1));
    s->header_len = inspect(s->sealed).header_len;
    const blob opened = open_whole(&s->open, s->sealed);
    ck_assert(same(opened.data, opened.len, payload.data, payload.len)); /* the intact twin */
    return true;
}

enum { SETTINGS = 2 * KINDS };

/* Opens to a buffer and in place; what is given out is checked each time. `out` and `buffer` are scratch of
 * at least `len` bytes. */
static taskseal_err open_damaged(const taskseal_open_options *options, const uint8_t *sealed, size_t len,
                                 blob out, blob buffer)
{
    size_t out_len = 1;
    void *payload = &out_len;
    fill(out, CANARY);
    const taskseal_err err = taskseal_open(options, sealed, len, out.data, out.len, &out_len, NULL);
    ck_assert(err != TASKSEAL_OK);
    ck_assert_uint_eq(out_len, 0);
    size_t touched = 0; /* what decryption wrote is zero, what it did not reach is as before */
    while (touched < out.len && out.data[touched] == 0)
        touched++;
    ck_assert(all_are(out.data + touched, out.len - touched, CANARY));
    ck_assert(touched == 0 || err == TASKSEAL_ERR_DAMAGED);

    out_len = 1;
    memcpy(buffer.data, sealed, len);
    assert_err(err, taskseal_open_in_place(options, buffer.data, len, &payload, &out_len, NULL));
    ck_assert_ptr_null(payload);
    ck_assert_uint_eq(out_len, 0);
    if (err == TASKSEAL_ERR_DAMAGED) {
        taskseal_info info;
        assert_ok(taskseal_inspect(sealed, len, &info));
        ck_assert(memcmp(buffer.data, sealed, info.header_len) == 0);
        ck_assert(all_are(buffer.data + info.header_len, len - info.header_len, 0));
    } else {
        ck_assert(memcmp(buffer.data, sealed, len) == 0);
    }
    return err;
}

/* What a flip at `offset` must give, where that is one error only. */
static taskseal_err expected_at(const setting *s, size_t offset)
{
    const bool in_commitment = offset >= 24 && offset < 56;
    const bool in_first_body = offset >= 57 + 4 + 1 && offset < 57 + 4 + 1 + 72;
    if (offset >= s->header_len)
        return TASKSEAL_ERR_DAMAGED;
    if (in_commitment || in_first_body || offset >= s->header_len - 16)
        return TASKSEAL_ERR_AUTHENTICATION_FAILED;
    return TASKSEAL_OK; /* any error */
}

START_TEST(every_flipped_bit_is_refused)
{
    setting s;
    if (!set_up(_i, &s))
        return;
    const blob out = blob_new(s.sealed.len);
    const blob buffer = blob_new(s.sealed.len);
    for (size_t bit = 0; bit < s.sealed.len * 8; bit++) {
        s.sealed.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
        const taskseal_err err = open_damaged(&s.open, s.sealed.data, s.sealed.len, out, buffer);
        const taskseal_err expected = expected_at(&s, bit / 8);
        ck_assert_msg(expected == TASKSEAL_OK || err == expected, "bit %zu: %s", bit, taskseal_err_name(err));
        s.sealed.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    assert_ok(try_open(&s.open, s.sealed));
}
END_TEST

START_TEST(every_truncation_is_refused)
{
    setting s;
    if (!set_up(_i, &s))
        return;
    const blob out = blob_new(s.sealed.len);
    const blob buffer = blob_new(s.sealed.len);
    for (size_t len = 0; len < s.sealed.len; len++) {
        const taskseal_err err = open_damaged(&s.open, s.sealed.data, len, out, buffer);
        if (len == 0)
            assert_err(TASKSEAL_ERR_NOT_SEALED, err);
        else
            ck_assert(err == TASKSEAL_ERR_MALFORMED || (len > s.header_len && err == TASKSEAL_ERR_DAMAGED));
    }
}
END_TEST

START_TEST(every_inserted_byte_is_refused)
{
    setting s;
    if (!set_up(_i, &s))
        return;
    const blob longer = blob_new(s.sealed.len + 1);
    const blob out = blob_new(longer.len);
    const blob buffer = blob_new(longer.len);
    for (size_t at = 0; at <= s.sealed.len; at++) {
        memcpy(longer.data, s.sealed.data, at);
        memcpy(longer.data + at + 1, s.sealed.data + at, s.sealed.len - at);
        longer.data[at] = 0;
        open_damaged(&s.open, longer.data, longer.len, out, buffer);
        longer.data[at] = at > 0 ? longer.data[at - 1] : 0xC1;
        open_damaged(&s.open, longer.data, longer.len, out, buffer);
    }
}
END_TEST

START_TEST(every_deleted_byte_is_refused)
{
    setting s;
    if (!set_up(_i, &s))
        return;
    const blob shorter = blob_new(s.sealed.len - 1);
    const blob out = blob_new(s.sealed.len);
    const blob buffer = blob_new(s.sealed.len);
    for (size_t at = 0; at < s.sealed.len; at++) {
        memcpy(shorter.data, s.sealed.data, at);
        memcpy(shorter.data + at, s.sealed.data + at + 1, s.sealed.len - at - 1);
        open_damaged(&s.open, shorter.data, shorter.len, out, buffer);
    }
}
END_TEST

/* ---- Several chunks ---- */

/* Three full chunks and a short one of 100 bytes. */
static bool set_up_chunks(int i, setting *s, size_t *stride)
{
    const kind k = kind_at(i);
    if (!k.available)
        return false;
    taskseal_key key = key_of("k");
    key.type = k.key_type;
    taskseal_keyring *ring = RING(key);
    taskseal_seal_options options = sealing(ring);
    options.suite = k.suite;
    const blob payload = blob_pattern(3 * TASKSEAL_CHUNK_BYTES + 100);
    s->sealed = seal(&options, payload.data, payload.len);
    s->open = opening(ring);
    s->header_len = inspect(s->sealed).header_len;
    *stride = TASKSEAL_CHUNK_BYTES + (k.suite == TASKSEAL_SUITE_AEGIS256 ? 32 : 16);
    assert_ok(try_open(&s->open, s->sealed));
    return true;
}

static taskseal_err open_chunks(const setting *s, blob sealed)
{
    return open_damaged(&s->open, sealed.data, sealed.len, blob_new(sealed.len), blob_new(sealed.len));
}

START_TEST(flipped_bits_in_every_chunk_are_damage)
{
    setting s;
    size_t stride;
    if (!set_up_chunks(_i, &s, &stride))
        return;
    const blob out = blob_new(s.sealed.len);
    const blob buffer = blob_new(s.sealed.len);
    for (size_t at = s.header_len; at < s.sealed.len; at += 1021) {
        s.sealed.data[at] ^= 0x10;
        assert_err(TASKSEAL_ERR_DAMAGED, open_damaged(&s.open, s.sealed.data, s.sealed.len, out, buffer));
        s.sealed.data[at] ^= 0x10;
    }
}
END_TEST

START_TEST(exchanged_chunks_are_damage)
{
    setting s;
    size_t stride;
    if (!set_up_chunks(_i, &s, &stride))
        return;
    const blob swapped = blob_copy(s.sealed.data, s.sealed.len);
    uint8_t *chunks = swapped.data + s.header_len;
    memcpy(chunks, s.sealed.data + s.header_len + stride, stride);
    memcpy(chunks + stride, s.sealed.data + s.header_len, stride);
    assert_err(TASKSEAL_ERR_DAMAGED, open_chunks(&s, swapped));
}
END_TEST

START_TEST(a_dropped_chunk_is_refused)
{
    setting s;
    size_t stride;
    if (!set_up_chunks(_i, &s, &stride))
        return;
    for (size_t dropped = 0; dropped < 3; dropped++) {
        const blob shorter = blob_copy(s.sealed.data, s.sealed.len - stride);
        const size_t at = s.header_len + dropped * stride;
        memcpy(shorter.data + at, s.sealed.data + at + stride, shorter.len - at);
        assert_err(TASKSEAL_ERR_DAMAGED, open_chunks(&s, shorter));
    }
    const blob without_last = blob_copy(s.sealed.data, s.header_len + 3 * stride);
    assert_err(TASKSEAL_ERR_MALFORMED, open_chunks(&s, without_last));
}
END_TEST

START_TEST(a_repeated_chunk_is_damage)
{
    setting s;
    size_t stride;
    if (!set_up_chunks(_i, &s, &stride))
        return;
    const blob longer = blob_new(s.sealed.len + stride);
    const size_t behind = s.header_len + stride;
    memcpy(longer.data, s.sealed.data, behind);
    memcpy(longer.data + behind, s.sealed.data + s.header_len, s.sealed.len - s.header_len);
    assert_err(TASKSEAL_ERR_DAMAGED, open_chunks(&s, longer));
}
END_TEST

START_TEST(a_shortened_last_chunk_is_damage)
{
    setting s;
    size_t stride;
    if (!set_up_chunks(_i, &s, &stride))
        return;
    const blob shorter = blob_copy(s.sealed.data, s.sealed.len - 1);
    assert_err(TASKSEAL_ERR_DAMAGED, open_chunks(&s, shorter));
}
END_TEST

/* Both envelopes are authentic and of one key, and their context is the same. */
START_TEST(chunks_of_another_envelope_are_damage)
{
    setting s;
    setting other;
    size_t stride;
    if (!set_up_chunks(_i, &s, &stride) || !set_up_chunks(_i, &other, &stride))
        return;
    memcpy(s.sealed.data + s.header_len, other.sealed.data + s.header_len, s.sealed.len - s.header_len);
    assert_err(TASKSEAL_ERR_DAMAGED, open_chunks(&s, s.sealed));
}
END_TEST

Suite *make_suite(void)
{
    const int suites = TASKSEAL_SUITE_AEGIS256;
    Suite *suite = suite_create("damage");
    TCase *tests = add_case(suite, "small");
    tcase_add_loop_test(tests, every_flipped_bit_is_refused, 0, SETTINGS);
    tcase_add_loop_test(tests, every_truncation_is_refused, 0, SETTINGS);
    tcase_add_loop_test(tests, every_inserted_byte_is_refused, 0, SETTINGS);
    tcase_add_loop_test(tests, every_deleted_byte_is_refused, 0, SETTINGS);
    tests = add_case(suite, "chunks");
    tcase_add_loop_test(tests, flipped_bits_in_every_chunk_are_damage, 0, suites);
    tcase_add_loop_test(tests, exchanged_chunks_are_damage, 0, suites);
    tcase_add_loop_test(tests, a_dropped_chunk_is_refused, 0, suites);
    tcase_add_loop_test(tests, a_repeated_chunk_is_damage, 0, suites);
    tcase_add_loop_test(tests, a_shortened_last_chunk_is_damage, 0, suites);
    tcase_add_loop_test(tests, chunks_of_another_envelope_are_damage, 0, suites);
    return suite;
}
