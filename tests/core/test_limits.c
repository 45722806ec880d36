/* SPDX-License-Identifier: MIT
 * Lengths one below, at and one above each limit, where no vector reaches: inner functions are asked directly. */
#include "support/forge.h"
#include "support/streams.h"

#include "core/base64.h"
#include "core/header.h"
#include "core/padding.h"
#include "core/timestamp.h"
#include "core/wire.h"

#include <stdlib.h>
#include <string.h>

/* ---- Key ids and times ---- */

START_TEST(every_character_of_a_key_id_is_looked_at)
{
    char id[] = "abcdefgh";
    ck_assert(taskseal__key_id_valid(id, 8));
    for (size_t i = 0; i < 8; i++) {
        id[i] = ' ';
        ck_assert(!taskseal__key_id_valid(id, 8));
        id[i] = (char)('a' + i);
    }
    ck_assert(!taskseal__key_id_valid(id, 0));
    ck_assert(taskseal__key_id_valid(id, 1));
}
END_TEST

START_TEST(a_time_has_exactly_twenty_characters)
{
    uint64_t time;
    static const char text[] = "2023-11-14T22:13:20ZZ";
    ck_assert(taskseal__parse_timestamp(text, 20, &time));
    ck_assert_uint_eq(time, NOW);
    ck_assert(!taskseal__parse_timestamp(text, 19, &time));
    ck_assert(!taskseal__parse_timestamp(text, 21, &time));
}
END_TEST

/* ---- How much of a header a stream must gather ---- */

/* preamble and commitment | count | for each body: type | id length 1 | id | body length | body | MAC. Returns the
 * length. */
static size_t make_header(uint8_t out[8192], const size_t *body_lens, uint8_t count)
{
    uint8_t *at = out + TASKSEAL__STANZAS_AT;
    memset(out, 0, 8192);
    memcpy(out, "\xC1TSL", 4);
    out[TASKSEAL__STANZA_COUNT_AT] = count;
    for (uint8_t i = 0; i < count; i++) {
        const uint8_t id = (uint8_t)('a' + i);
        at = taskseal__put_stanza_head(at, 0x20, &id, 1, body_lens[i]) + body_lens[i];
    }
    return (size_t)(at - out) + TASKSEAL__MAC_BYTES;
}

START_TEST(a_header_is_asked_for_step_by_step)
{
    static uint8_t header[8192];
    static const size_t bodies[] = {300, 10};
    const size_t len = make_header(header, bodies, 2);
    const size_t first = TASKSEAL__STANZAS_AT;
    const size_t second = first + 5 + 300;
    const size_t end = second + 5 + 10;
    ck_assert_uint_eq(len, end + 16);
    /* At least the lengths of an id of one character: its own length is then known. */
    const size_t expected[] = {first, first + 4, first + 5, second + 4, second + 5, end + 16};
    size_t at = 0;
    for (size_t i = 0; i < COUNT_OF(expected); i++) {
        const size_t asked = taskseal__header_asks(header, at);
        ck_assert_uint_eq(asked, expected[i]);
        at = asked;
    }
    ck_assert_uint_eq(taskseal__header_asks(header, at), at);
    const uint8_t none[64] = "\xC1TSL";
    ck_assert_uint_eq(taskseal__header_asks(none, first), first + 16);
}
END_TEST

START_TEST(the_id_length_counts_as_soon_as_it_is_there)
{
    static uint8_t header[8192];
    static const size_t bodies[] = {10};
    (void)make_header(header, bodies, 1);
    header[TASKSEAL__STANZAS_AT + 1] = 200;
    ck_assert_uint_eq(taskseal__header_asks(header, TASKSEAL__STANZAS_AT + 1), TASKSEAL__STANZAS_AT + 4);
    ck_assert_uint_eq(taskseal__header_asks(header, TASKSEAL__STANZAS_AT + 2), TASKSEAL__STANZAS_AT + 204);
    ck_assert_uint_eq(taskseal__header_asks(header, TASKSEAL__STANZAS_AT + 203), TASKSEAL__STANZAS_AT + 204);
}
END_TEST

/* Bodies that put the end of the header, or of the last stanza's lengths, at a given place. */
START_TEST(nothing_is_asked_for_beyond_the_longest_header)
{
    static uint8_t header[8192];
    const size_t room = TASKSEAL_HEADER_MAX - TASKSEAL__STANZAS_AT - 16;
    for (size_t excess = 0; excess < 3; excess++) {
        const size_t bodies[] = {2000, room - 2000 - 10 + excess};
        const size_t len = make_header(header, bodies, 2);
        ck_assert_uint_eq(len, TASKSEAL_HEADER_MAX + excess);
        ck_assert_uint_eq(taskseal__header_asks(header, 3000), excess == 0 ? TASKSEAL_HEADER_MAX : 3000);
    }
    for (size_t excess = 0; excess < 3; excess++) { /* a third stanza's lengths end there */
        const size_t bodies[] = {2000, TASKSEAL_HEADER_MAX - TASKSEAL__STANZAS_AT - 2000 - 10 - 4 + excess,
                                 1};
        (void)make_header(header, bodies, 3);
        ck_assert_uint_eq(taskseal__header_asks(header, 3000), excess == 0 ? TASKSEAL_HEADER_MAX : 3000);
    }
    const size_t beyond[] = {2000, 2048, 1};
    (void)make_header(header, beyond, 3);
    ck_assert_uint_eq(taskseal__header_asks(header, 3000), 3000);
}
END_TEST

START_TEST(a_beginning_of_the_text_prefix_is_waited_for)
{
    static const char text[] = "tsl1.wVRT";
    for (size_t len = 1; len < 5; len++)
        ck_assert_uint_eq(taskseal__header_asks((const uint8_t *)text, len), 5);
    ck_assert_uint_eq(taskseal__header_asks((const uint8_t *)text, 5), 5);
    ck_assert_uint_eq(taskseal__header_asks((const uint8_t *)"tsl1.\0", 6), 6);
    ck_assert_uint_eq(taskseal__header_asks((const uint8_t *)"tsx", 3), 3);
    ck_assert_uint_eq(taskseal__header_asks((const uint8_t *)"{}", 1), 1);
    ck_assert_uint_eq(taskseal__header_asks((const uint8_t *)"", 0), TASKSEAL__STANZAS_AT);
}
END_TEST

START_TEST(a_stream_tells_text_forms_from_plaintext)
{
    const taskseal_open_options opens = opening(RING(key_of("k-a")));
    assert_err(TASKSEAL_ERR_MALFORMED, stream_open(&opens, blob_copy("tsl1.wVRT", 9), 1).err);
    assert_err(TASKSEAL_ERR_NOT_SEALED, stream_open(&opens, blob_copy("tsl2.wVRT", 9), 1).err);
    assert_err(TASKSEAL_ERR_NOT_SEALED, stream_open(&opens, blob_copy("tsl", 3), 1).err);
}
END_TEST

START_TEST(headers_up_to_the_longest_pass_a_stream)
{
    for (size_t excess = 0; excess < 2; excess++) {
        forging f = forging_new();
        const size_t own = TASKSEAL__STANZAS_AT + 16 + 5 + 72;
        f.stanzas[1] = (forged_stanza){.type = 0x20, .id = "l", .body_len = 2000};
        f.stanzas[2] = (forged_stanza){
            .type = 0x20, .id = "m", .body_len = TASKSEAL_HEADER_MAX - own - 2005 - 5 + excess};
        f.stanza_count = 3;
        const blob sealed = forge(&f);
        const taskseal_open_options opens = opening(RING(key_of("k")));
        const taskseal_err expected = excess == 0 ? TASKSEAL_OK : TASKSEAL_ERR_MALFORMED;
        assert_err(expected, try_open(&opens, sealed));
        assert_err(expected, stream_open(&opens, sealed, 1).err);
        assert_err(expected, stream_open(&opens, sealed, 5000).err);
    }
}
END_TEST

START_TEST(a_longest_header_that_is_cut_is_malformed)
{
    static uint8_t header[8192];
    const size_t bodies[] = {2000, TASKSEAL_HEADER_MAX - TASKSEAL__STANZAS_AT - 16 - 2000 - 10};
    taskseal__header parsed;
    (void)make_header(header, bodies, 2);
    header[4] = 1;
    header[5] = 1;
    header[15] = 1; /* a seal time */
    assert_ok(taskseal__header_parse_head(&parsed, header, TASKSEAL_HEADER_MAX));
    ck_assert_uint_eq(taskseal__header_len(&parsed), TASKSEAL_HEADER_MAX);
    for (size_t cut = 1; cut < 40; cut++)
        assert_err(TASKSEAL_ERR_MALFORMED,
                   taskseal__header_parse_head(&parsed, header, TASKSEAL_HEADER_MAX - cut));
}
END_TEST

/* ---- Text ---- */

START_TEST(text_is_judged_without_what_stands_behind_it)
{
    const taskseal_seal_options options = sealing(RING(key_of("k-a")));
    for (size_t payload_len = 3900; payload_len < 3960; payload_len++) {
        const blob payload = blob_pattern(payload_len);
        const blob sealed = seal(&options, payload.data, payload.len);
        const size_t text_len = taskseal_text_size(sealed.len);
        const blob text = blob_new(text_len + 1);
        size_t len;
        assert_ok(taskseal_text_encode(sealed.data, sealed.len, (char *)text.data, text.len, &len));
        text.data[text_len] = '!';
        ck_assert_int_eq(taskseal_is_sealed(text.data, text_len), TASKSEAL_SEALED);
        ck_assert_int_eq(taskseal_is_sealed(text.data, text_len + 1), TASKSEAL_BROKEN);
    }
}
END_TEST

START_TEST(base64_decodes_to_the_length_that_is_asked_for)
{
    uint8_t out[4];
    ck_assert(taskseal__base64_decode("AAAA", 4, out, 3));
    ck_assert(!taskseal__base64_decode("AAAA", 4, out, 2));
    ck_assert(!taskseal__base64_decode("AAAA", 4, out, 4));
    ck_assert(!taskseal__base64_decode("AAAA*", 5, out, 3));
}
END_TEST

START_TEST(a_text_of_one_byte_needs_room_for_one)
{
    size_t len;
    uint8_t out[1];
    assert_err(TASKSEAL_ERR_BUFFER_TOO_SMALL, taskseal_text_decode("tsl1.wQ", 7, NULL, 0, &len));
    assert_err(TASKSEAL_ERR_MALFORMED, taskseal_text_decode("tsl1.wQ", 7, out, 1, &len));
    assert_err(TASKSEAL_ERR_MALFORMED, taskseal_text_decode("tsl1.", 5, NULL, 0, &len));
}
END_TEST

START_TEST(the_whole_prefix_makes_the_text_form)
{
    const taskseal_seal_options options = sealing(RING(key_of("k-a")));
    const blob sealed = seal(&options, "{}", 2);
    const blob text = blob_new(taskseal_text_size(sealed.len) + 1);
    uint8_t out[1000];
    size_t len;
    size_t out_len;
    assert_ok(taskseal_text_encode(sealed.data, sealed.len, (char *)text.data, text.len, &len));
    for (size_t i = 0; i < 5; i++) {
        text.data[i] ^= 1;
        assert_err(TASKSEAL_ERR_NOT_SEALED,
                   taskseal_text_decode((const char *)text.data, len, out, sizeof out, &out_len));
        ck_assert_int_eq(taskseal_is_sealed(text.data, len), TASKSEAL_PLAIN);
        text.data[i] ^= 1;
    }
    assert_ok(taskseal_text_decode((const char *)text.data, len, out, sizeof out, &out_len));
}
END_TEST

START_TEST(bytes_that_are_no_ascii_are_no_base64)
{
    uint8_t out[3];
    char text[] = "AAAA";
    ck_assert(taskseal__base64_decode(text, 4, out, 3));
    for (size_t i = 0; i < 4; i++) {
        text[i] = (char)('A' + 0x80);
        ck_assert(!taskseal__base64_decode(text, 4, out, 3));
        text[i] = 'A';
    }
    ck_assert(!taskseal__base64_decode(text, 4, out, 2));
}
END_TEST

/* ---- Calls ---- */

START_TEST(a_chunk_that_is_damaged_stays_so_whatever_follows)
{
    taskseal_keyring *ring = RING(key_of("k-a"));
    const taskseal_seal_options seals = sealing(ring);
    const taskseal_open_options opens = opening(ring);
    const blob payload = blob_pattern(2 * TASKSEAL_CHUNK_BYTES + 5);
    const blob sealed = seal(&seals, payload.data, payload.len);
    const size_t first = inspect(sealed).header_len;
    assert_ok(try_open(&opens, sealed));
    for (size_t chunk = 0; chunk < 3; chunk++) {
        sealed.data[first + chunk * (TASKSEAL_CHUNK_BYTES + 16)] ^= 1;
        assert_err(TASKSEAL_ERR_DAMAGED, try_open(&opens, sealed));
        sealed.data[first + chunk * (TASKSEAL_CHUNK_BYTES + 16)] ^= 1;
    }
}
END_TEST

START_TEST(sealing_anew_stays_within_its_buffer)
{
    taskseal_keyring *ring = RING(key_of("k-a"));
    const taskseal_seal_options seals = sealing(ring);
    const taskseal_reseal_options options = {.open = opening(ring)};
    const blob sealed = seal(&seals, "payload", 7);
    size_t len;
    assert_ok(taskseal_reseal_size(&options, sealed.data, sealed.len, &len));
    ck_assert_uint_eq(len, TASKSEAL_HEADER_MAX + 7 + 16);
    for (size_t cap = 1; cap <= sealed.len; cap++) { /* the new envelope is as long */
        const blob out = blob_new(sealed.len + 64);
        fill(out, 0xA5);
        assert_err(cap < sealed.len ? TASKSEAL_ERR_BUFFER_TOO_SMALL : TASKSEAL_OK,
                   taskseal_reseal(&options, sealed.data, sealed.len, out.data, cap, &len, NULL));
        ck_assert(all_are(out.data + cap, out.len - cap, 0xA5));
    }
}
END_TEST

/* No later piece makes good for a first one that was refused. */
START_TEST(a_refused_first_piece_is_followed_by_none)
{
    size_t len = 1;
    const taskseal_seal_options options = sealing(RING(key_of("k")));
    const blob payload = blob_pattern(3 * TASKSEAL_CHUNK_BYTES);
    const blob out = blob_new(taskseal_stream_size(payload.len));
    taskseal_stream *stream = sealing_stream(&options);
    memcpy(payload.data, "\xC1TSL", 4);
    assert_err(TASKSEAL_ERR_LOOKS_SEALED,
               taskseal_stream_update(stream, payload.data, payload.len, out.data, out.len, &len));
    ck_assert_uint_eq(len, 0);
    taskseal_stream_free(stream);
}
END_TEST

START_TEST(the_room_of_a_stream_fits_every_length)
{
    static const size_t lens[] = {0, 1, 16383, 16384, 16385, 32768, 1000000};
    taskseal_open_options opens = opening(RING(key_of("k-a")));
    for (size_t i = 0; i < COUNT_OF(lens); i++)
        ck_assert_uint_eq(taskseal_stream_size(lens[i]), TASKSEAL_STREAM_SIZE(lens[i]));
    const blob extra = blob_pattern(128);
    for (size_t len = 1; len <= extra.len; len++) { /* its context is copied behind it */
        opens.context.extra = (taskseal_bytes){extra.data, len};
        taskseal_stream_free(opening_stream(&opens));
    }
}
END_TEST

START_TEST(dedupe_tags_take_fields_up_to_their_limits)
{
    static char long_name[TASKSEAL_CONTEXT_MAX + 1];
    taskseal_key key = key_of("k");
    key.type = TASKSEAL_KEY_DEDUPE;
    taskseal_dedupe_options options = {.keyring = RING(key), .now = NOW};
    uint8_t tag[TASKSEAL_DEDUPE_TAG_BYTES];
    memset(long_name, 'q', sizeof long_name);
    options.type = (taskseal_bytes){long_name, TASKSEAL_CONTEXT_MAX};
    assert_ok(taskseal_dedupe_tag(&options, "x", 1, tag));
    options.type.len++;
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_dedupe_tag(&options, "x", 1, tag));
    taskseal_bytes field = {"x", UINT32_MAX};
    options = (taskseal_dedupe_options){
        .keyring = options.keyring, .key_id = "none", .fields = &field, .field_count = 1, .now = NOW};
    assert_err(TASKSEAL_ERR_UNKNOWN_KEY, taskseal_dedupe_tag(&options, NULL, 0, tag)); /* behind that check */
#if SIZE_MAX > UINT32_MAX
    field.len++;
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_dedupe_tag(&options, NULL, 0, tag));
#endif
}
END_TEST

/* ---- Ranges ---- */

START_TEST(ranges_overlap_only_if_they_share_a_byte)
{
    const uint8_t bytes[8] = {0};
    ck_assert(taskseal__overlap(bytes, 4, bytes, 4));
    ck_assert(taskseal__overlap(bytes, 4, bytes + 3, 1));
    ck_assert(!taskseal__overlap(bytes, 4, bytes + 4, 4));
    ck_assert(taskseal__overlap(bytes + 3, 1, bytes, 4));
    ck_assert(!taskseal__overlap(bytes + 4, 4, bytes, 4));
    ck_assert(!taskseal__overlap(bytes, 0, bytes, 4));
    ck_assert(!taskseal__overlap(bytes, 4, bytes, 0));
    ck_assert(!taskseal__overlap(bytes + 1, 0, bytes, 4));
}
END_TEST

START_TEST(readers_stop_at_their_end)
{
    static const uint8_t bytes[] = {1, 2, 3};
    taskseal__reader reader = {bytes, sizeof bytes};
    const uint8_t *taken;
    uint16_t two;
    uint8_t one;
    ck_assert(!taskseal__take(&reader, 4, &taken) && reader.left == 3 && reader.next == bytes);
    ck_assert(taskseal__take_u16(&reader, &two) && two == 0x0102 && reader.left == 1);
    ck_assert(!taskseal__take_u16(&reader, &two) && reader.left == 1);
    ck_assert(taskseal__take_u8(&reader, &one) && one == 3 && reader.left == 0);
    ck_assert(!taskseal__take_u8(&reader, &one) && reader.left == 0);
    ck_assert(taskseal__take(&reader, 0, &taken) && taken == bytes + 3);
}
END_TEST

Suite *make_suite(void)
{
    Suite *suite = suite_create("limits");
    TCase *tests = add_case(suite, "limits");
    tcase_add_test(tests, every_character_of_a_key_id_is_looked_at);
    tcase_add_test(tests, a_time_has_exactly_twenty_characters);
    tcase_add_test(tests, a_header_is_asked_for_step_by_step);
    tcase_add_test(tests, the_id_length_counts_as_soon_as_it_is_there);
    tcase_add_test(tests, nothing_is_asked_for_beyond_the_longest_header);
    tcase_add_test(tests, a_beginning_of_the_text_prefix_is_waited_for);
    tcase_add_test(tests, a_stream_tells_text_forms_from_plaintext);
    tcase_add_test(tests, headers_up_to_the_longest_pass_a_stream);
    tcase_add_test(tests, a_longest_header_that_is_cut_is_malformed);
    tcase_add_test(tests, text_is_judged_without_what_stands_behind_it);
    tcase_add_test(tests, base64_decodes_to_the_length_that_is_asked_for);
    tcase_add_test(tests, a_text_of_one_byte_needs_room_for_one);
    tcase_add_test(tests, the_whole_prefix_makes_the_text_form);
    tcase_add_test(tests, a_chunk_that_is_damaged_stays_so_whatever_follows);
    tcase_add_test(tests, sealing_anew_stays_within_its_buffer);
    tcase_add_test(tests, a_refused_first_piece_is_followed_by_none);
    tcase_add_test(tests, the_room_of_a_stream_fits_every_length);
    tcase_add_test(tests, dedupe_tags_take_fields_up_to_their_limits);
    tcase_add_test(tests, bytes_that_are_no_ascii_are_no_base64);
    tcase_add_test(tests, ranges_overlap_only_if_they_share_a_byte);
    tcase_add_test(tests, readers_stop_at_their_end);
    return suite;
}
