/* SPDX-License-Identifier: MIT
 * Sealing and opening in pieces: the same envelopes, nothing before its tag, and an end that has to be said. */
#include "support/support.h"

#include <stdlib.h>

enum { CHUNK = TASKSEAL_CHUNK_BYTES };

/* How many bytes each call gets. 0: all at once. */
static const size_t steps[] = {0, 1, 7, 4096, CHUNK - 1, CHUNK, CHUNK + 16, CHUNK + 32, 3 * CHUNK};
static const size_t lengths[] = {0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK + 77};

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Runs `in` through the stream, `step` bytes a call; what comes out before a failure is kept. */
static taskseal_err pump(taskseal_stream *stream, blob in, size_t step, blob *out, taskseal_opened *opened)
{
    size_t len = 0;
    blob sink = blob_new(in.len + TASKSEAL_STREAM_SIZE(CHUNK * 4));
    blob piece = blob_new(TASKSEAL_STREAM_SIZE(step == 0 ? in.len : step));
    taskseal_err err = TASKSEAL_OK;
    for (size_t at = 0; at < in.len && err == TASKSEAL_OK;) {
        size_t now = step == 0 ? in.len : smaller(step, in.len - at);
        err = taskseal_stream_update(stream, in.data + at, now, piece.data, piece.len, &len);
        memcpy(sink.data + out->len, piece.data, len);
        out->len += len;
        at += now;
    }
    if (err == TASKSEAL_OK)
        err = taskseal_stream_finish(stream, piece.data, piece.len, &len, opened);
    memcpy(sink.data + out->len, piece.data, len);
    out->len += len;
    out->data = sink.data;
    return err;
}

static blob seal_in_steps(const taskseal_seal_options *options, blob payload, size_t step)
{
    taskseal_stream *stream;
    blob out = {NULL, 0};
    assert_ok(taskseal_stream_seal(&stream, options));
    assert_ok(pump(stream, payload, step, &out, NULL));
    taskseal_stream_free(stream);
    return out;
}

static taskseal_err open_in_steps(const taskseal_open_options *options, blob sealed, size_t step, blob *out)
{
    taskseal_stream *stream;
    out->len = 0;
    assert_ok(taskseal_stream_open(&stream, options));
    taskseal_err err = pump(stream, sealed, step, out, NULL);
    taskseal_stream_free(stream);
    return err;
}

static taskseal_seal_options sealing_kind(kind k)
{
    taskseal_key key = key_of("k");
    key.type = k.key_type;
    taskseal_seal_options options = sealing(RING(key));
    options.suite = k.suite;
    return options;
}

/* ---- The same envelopes ---- */

START_TEST(what_is_sealed_in_pieces_opens_whole)
{
    const kind k = kind_at(_i);
    if (!k.available || k.padded)
        return;
    const taskseal_seal_options options = sealing_kind(k);
    const taskseal_open_options open = opening(options.keyring);
    for (size_t l = 0; l < COUNT_OF(lengths); l++) {
        const blob payload = blob_pattern(lengths[l]);
        const blob sealed = seal_in_steps(&options, payload, steps[(l + (size_t)_i) % COUNT_OF(steps)]);
        const blob opened = open_whole(&open, sealed);
        ck_assert(same(opened.data, opened.len, payload.data, payload.len));
    }
}
END_TEST

START_TEST(what_is_sealed_whole_opens_in_pieces)
{
    const kind k = kind_at(_i);
    if (!k.available || k.padded)
        return;
    const taskseal_seal_options options = sealing_kind(k);
    const taskseal_open_options open = opening(options.keyring);
    for (size_t l = 0; l < COUNT_OF(lengths); l++) {
        const blob payload = blob_pattern(lengths[l]);
        const blob sealed = seal(&options, payload.data, payload.len);
        blob out = {NULL, 0};
        assert_ok(open_in_steps(&open, sealed, steps[(l + (size_t)_i) % COUNT_OF(steps)], &out));
        ck_assert(same(out.data, out.len, payload.data, payload.len));
    }
}
END_TEST

START_TEST(every_step_gives_the_same)
{
    const taskseal_seal_options options = sealing(RING(key_of("k")));
    const taskseal_open_options open = opening(options.keyring);
    const blob payload = blob_pattern(2 * CHUNK + 5);
    const blob sealed = seal_in_steps(&options, payload, steps[_i]);
    for (size_t s = 0; s < COUNT_OF(steps); s++) {
        blob out = {NULL, 0};
        assert_ok(open_in_steps(&open, sealed, steps[s], &out));
        ck_assert(same(out.data, out.len, payload.data, payload.len));
    }
}
END_TEST

START_TEST(finish_tells_what_was_opened_and_sealed)
{
    taskseal_stream *stream;
    taskseal_opened sealed_as;
    taskseal_opened opened;
    blob sealed = {NULL, 0};
    blob out = {NULL, 0};
    taskseal_seal_options options = sealing(RING(key_of("k")));
    options.lifetime = 3600;
    const taskseal_open_options open = opening(options.keyring);
    assert_ok(taskseal_stream_seal(&stream, &options));
    assert_ok(pump(stream, blob_pattern(9), 0, &sealed, &sealed_as));
    ck_assert_str_eq(sealed_as.key_id, "k");
    taskseal_stream_free(stream);
    assert_ok(taskseal_stream_open(&stream, &open));
    assert_ok(pump(stream, sealed, 0, &out, &opened));
    ck_assert_str_eq(opened.key_id, "k");
    taskseal_stream_free(stream);
    ck_assert(memcmp(opened.message_id, sealed_as.message_id, sizeof opened.message_id) == 0);
    ck_assert_uint_eq(opened.sealed_at, NOW);
    ck_assert_uint_eq(sealed_as.sealed_at, NOW);
    ck_assert_uint_eq(opened.expires_at, NOW + 3600);
    ck_assert_uint_eq(sealed_as.expires_at, NOW + 3600);
    ck_assert_uint_eq(opened.replay_until, sealed_as.replay_until);
    ck_assert_int_eq((int)opened.suite, (int)sealed_as.suite);
}
END_TEST

START_TEST(the_options_need_not_outlive_the_beginning)
{
    taskseal_stream *stream;
    blob out = {NULL, 0};
    const taskseal_key key = key_of("k");
    taskseal_keyring *ring;
    assert_ok(taskseal_keyring_new(&ring, &key, 1, NULL));
    taskseal_seal_options *options = malloc(sizeof *options);
    *options = sealing(ring);
    const blob sealed = seal(options, "x", 1);
    taskseal_open_options *open = malloc(sizeof *open);
    char *queue = strdup("mail");
    *open = opening(ring);
    open->context = options->context;
    ck_assert(same(queue, 4, open->context.queue.data, open->context.queue.len));
    open->context.queue.data = queue;
    free(options);
    assert_ok(taskseal_stream_open(&stream, open));
    memset(queue, 'x', 4);
    free(queue);
    free(open);
    taskseal_keyring_free(ring);
    assert_ok(pump(stream, sealed, 0, &out, NULL));
    taskseal_stream_free(stream);
    ck_assert(same(out.data, out.len, "x", 1));
}
END_TEST

/* ---- Damage ---- */

/* One byte changed in each region: what comes out is a whole number of pieces, all of them right. */
START_TEST(no_piece_comes_out_before_its_tag_has_verified)
{
    const taskseal_seal_options options = sealing(RING(key_of("k")));
    const taskseal_open_options open = opening(options.keyring);
    const blob payload = blob_pattern(3 * CHUNK + 9);
    const blob sealed = seal(&options, payload.data, payload.len);
    const size_t header = inspect(sealed).header_len;
    const size_t step = steps[_i] == 0 ? sealed.len : steps[_i];
    for (size_t piece = 0; piece < 4; piece++) {
        blob out = {NULL, 0};
        blob bad = blob_copy(sealed.data, sealed.len);
        bad.data[header + piece * (CHUNK + 16) + 5] ^= 1;
        assert_err(TASKSEAL_ERR_DAMAGED, open_in_steps(&open, bad, step, &out));
        ck_assert_uint_eq(out.len % CHUNK, 0);
        ck_assert_uint_le(out.len, piece * CHUNK);
        ck_assert(memcmp(out.data, payload.data, out.len) == 0);
        if (step == 1)
            ck_assert_uint_eq(out.len, piece * CHUNK);
    }
}
END_TEST

START_TEST(every_cut_is_refused_at_the_end)
{
    const taskseal_seal_options options = sealing(RING(key_of("k")));
    const taskseal_open_options open = opening(options.keyring);
    const blob payload = blob_pattern(CHUNK + 40);
    const blob sealed = seal(&options, payload.data, payload.len);
    const size_t header = inspect(sealed).header_len;
    for (size_t len = 0; len<sealed.len; len += len> header + 40 && len < header + CHUNK - 40 ? 997 : 1) {
        blob out = {NULL, 0};
        const blob cut = {sealed.data, len};
        const taskseal_err expected = try_open(&open, cut);
        ck_assert(expected != TASKSEAL_OK);
        assert_err(expected, open_in_steps(&open, cut, 61, &out));
        ck_assert_uint_le(out.len, CHUNK);
    }
}
END_TEST

START_TEST(what_follows_the_last_piece_is_refused)
{
    const taskseal_seal_options options = sealing(RING(key_of("k")));
    const taskseal_open_options open = opening(options.keyring);
    const blob sealed = seal(&options, "payload", 7);
    blob longer = blob_new(sealed.len + 1);
    blob out = {NULL, 0};
    memcpy(longer.data, sealed.data, sealed.len);
    longer.data[sealed.len] = 0;
    assert_err(TASKSEAL_ERR_DAMAGED, open_in_steps(&open, longer, 0, &out));
    ck_assert_uint_eq(out.len, 0);
    assert_ok(open_in_steps(&open, sealed, 0, &out));
}
END_TEST

START_TEST(a_failing_call_gives_out_nothing_and_wipes_its_output)
{
    taskseal_stream *stream;
    size_t len = 1;
    const taskseal_seal_options options = sealing(RING(key_of("k")));
    const taskseal_open_options open = opening(options.keyring);
    const blob payload = blob_pattern(2 * CHUNK);
    blob sealed = seal(&options, payload.data, payload.len);
    blob out = blob_new(TASKSEAL_STREAM_SIZE(sealed.len));
    sealed.data[inspect(sealed).header_len + CHUNK + 16] ^= 1;
    assert_ok(taskseal_stream_open(&stream, &open));
    fill(out, 0xAA);
    assert_err(TASKSEAL_ERR_DAMAGED,
               taskseal_stream_update(stream, sealed.data, sealed.len, out.data, out.len, &len));
    ck_assert_uint_eq(len, 0);
    ck_assert(all_are(out.data, out.len, 0));
    taskseal_stream_free(stream);
}
END_TEST

/* ---- The stream's life ---- */

START_TEST(a_failure_is_final)
{
    taskseal_stream *stream;
    size_t len;
    uint8_t out[TASKSEAL_STREAM_SIZE(1)];
    const taskseal_open_options open = opening(RING(key_of("k")));
    assert_ok(taskseal_stream_open(&stream, &open));
    assert_err(TASKSEAL_ERR_NOT_SEALED, taskseal_stream_update(stream, "x", 1, out, sizeof out, &len));
    assert_err(TASKSEAL_ERR_NOT_SEALED, taskseal_stream_update(stream, "\xC1", 1, out, sizeof out, &len));
    assert_err(TASKSEAL_ERR_NOT_SEALED, taskseal_stream_finish(stream, out, sizeof out, &len, NULL));
    taskseal_stream_free(stream);
}
END_TEST

START_TEST(a_finished_stream_takes_no_more)
{
    taskseal_stream *stream;
    size_t len;
    uint8_t out[TASKSEAL_STREAM_SIZE(1)];
    const taskseal_seal_options options = sealing(RING(key_of("k")));
    assert_ok(taskseal_stream_seal(&stream, &options));
    assert_ok(taskseal_stream_finish(stream, out, sizeof out, &len, NULL));
    ck_assert_uint_gt(len, 0);
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_stream_update(stream, "x", 1, out, sizeof out, &len));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_stream_finish(stream, out, sizeof out, &len, NULL));
    ck_assert_uint_eq(len, 0);
    taskseal_stream_free(stream);
}
END_TEST

START_TEST(a_buffer_too_small_takes_nothing)
{
    taskseal_stream *stream;
    size_t len;
    blob sealed = {NULL, 0};
    uint8_t out[TASKSEAL_STREAM_SIZE(1)];
    const taskseal_seal_options options = sealing(RING(key_of("k")));
    const taskseal_open_options open = opening(options.keyring);
    ck_assert_uint_eq(sizeof out, taskseal_stream_size(1));
    assert_ok(taskseal_stream_seal(&stream, &options));
    assert_err(TASKSEAL_ERR_BUFFER_TOO_SMALL,
               taskseal_stream_update(stream, "x", 1, out, sizeof out - 1, &len));
    assert_err(TASKSEAL_ERR_BUFFER_TOO_SMALL,
               taskseal_stream_finish(stream, out, TASKSEAL_STREAM_SIZE(0) - 1, &len, NULL));
    assert_ok(pump(stream, blob_copy("y", 1), 0, &sealed, NULL));
    taskseal_stream_free(stream);
    const blob opened = open_whole(&open, sealed);
    ck_assert(same(opened.data, opened.len, "y", 1));
}
END_TEST

START_TEST(arguments_out_of_range_are_refused)
{
    taskseal_stream *stream;
    size_t len;
    uint8_t out[TASKSEAL_STREAM_SIZE(8)];
    taskseal_seal_options options = sealing(RING(key_of("k")));
    taskseal_open_options open = opening(options.keyring);
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_stream_seal(NULL, &options));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_stream_seal(&stream, NULL));
    ck_assert_ptr_null(stream);
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_stream_open(NULL, &open));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_stream_open(&stream, NULL));
    ck_assert_ptr_null(stream);
    assert_ok(taskseal_stream_seal(&stream, &options));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_stream_update(NULL, "x", 1, out, sizeof out, &len));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_stream_update(stream, NULL, 1, out, sizeof out, &len));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_stream_update(stream, "x", 1, NULL, sizeof out, &len));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_stream_update(stream, out + 8, 1, out, sizeof out, &len));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_stream_update(stream, "x", 1, out, sizeof out, NULL));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_stream_finish(NULL, out, sizeof out, &len, NULL));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_stream_finish(stream, NULL, sizeof out, &len, NULL));
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_stream_finish(stream, out, sizeof out, NULL, NULL));
    assert_ok(taskseal_stream_update(stream, NULL, 0, out, sizeof out, &len));
    assert_ok(taskseal_stream_finish(stream, out, sizeof out, &len, NULL));
    taskseal_stream_free(stream);
    taskseal_stream_free(NULL);
}
END_TEST

START_TEST(padding_is_not_for_streams)
{
    taskseal_stream *stream;
    blob out = {NULL, 0};
    taskseal_seal_options options = sealing(RING(key_of("k")));
    const taskseal_open_options open = opening(options.keyring);
    options.flags = TASKSEAL_SEAL_PADDED;
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_stream_seal(&stream, &options));
    ck_assert_ptr_null(stream);
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, open_in_steps(&open, seal(&options, "x", 1), 0, &out));
    options.flags = 0;
    assert_ok(open_in_steps(&open, seal(&options, "x", 1), 0, &out));
}
END_TEST

START_TEST(a_payload_that_looks_sealed_leaves_nothing_behind)
{
    taskseal_stream *stream;
    blob out = {NULL, 0};
    taskseal_seal_options options = sealing(RING(key_of("k")));
    static const char *const payloads[] = {"\xC1TSL and more", "\xC1", "tsl1.AAAA"};
    for (size_t step = 0; step < 3; step++) {
        const blob payload = blob_copy(payloads[_i], strlen(payloads[_i]));
        assert_ok(taskseal_stream_seal(&stream, &options));
        assert_err(TASKSEAL_ERR_LOOKS_SEALED, pump(stream, payload, step, &out, NULL));
        ck_assert_uint_eq(out.len, 0);
        taskseal_stream_free(stream);
    }
    options.flags = TASKSEAL_SEAL_ALLOW_SEALED;
    const blob sealed = seal_in_steps(&options, blob_copy(payloads[_i], strlen(payloads[_i])), 1);
    ck_assert_uint_gt(sealed.len, 0);
}
END_TEST

START_TEST(sizes_do_not_wrap_around)
{
    ck_assert_uint_eq(taskseal_stream_size(SIZE_MAX), SIZE_MAX);
    ck_assert_uint_eq(taskseal_stream_size(SIZE_MAX - 10), SIZE_MAX);
    ck_assert_uint_eq(taskseal_stream_size(0), TASKSEAL_STREAM_SIZE(0));
    ck_assert_uint_eq(taskseal_stream_size(1000000), TASKSEAL_STREAM_SIZE(1000000));
}
END_TEST

Suite *make_suite(void)
{
    Suite *suite = suite_create("core stream");
    TCase *tcase = add_case(suite, "the same envelopes");
    tcase_add_loop_test(tcase, what_is_sealed_in_pieces_opens_whole, 0, KINDS);
    tcase_add_loop_test(tcase, what_is_sealed_whole_opens_in_pieces, 0, KINDS);
    tcase_add_loop_test(tcase, every_step_gives_the_same, 0, (int)COUNT_OF(steps));
    tcase_add_test(tcase, finish_tells_what_was_opened_and_sealed);
    tcase_add_test(tcase, the_options_need_not_outlive_the_beginning);
    tcase = add_case(suite, "damage");
    tcase_add_loop_test(tcase, no_piece_comes_out_before_its_tag_has_verified, 0, (int)COUNT_OF(steps));
    tcase_add_test(tcase, every_cut_is_refused_at_the_end);
    tcase_add_test(tcase, what_follows_the_last_piece_is_refused);
    tcase_add_test(tcase, a_failing_call_gives_out_nothing_and_wipes_its_output);
    tcase = add_case(suite, "the stream's life");
    tcase_add_test(tcase, a_failure_is_final);
    tcase_add_test(tcase, a_finished_stream_takes_no_more);
    tcase_add_test(tcase, a_buffer_too_small_takes_nothing);
    tcase_add_test(tcase, arguments_out_of_range_are_refused);
    tcase_add_test(tcase, padding_is_not_for_streams);
    tcase_add_loop_test(tcase, a_payload_that_looks_sealed_leaves_nothing_behind, 0, 3);
    tcase_add_test(tcase, sizes_do_not_wrap_around);
    return suite;
}
