/* SPDX-License-Identifier: MIT
 * Sealing and opening in pieces, many at once, and anew. */
#include "message.h"

#include <stdlib.h>
#include <string.h>

enum { PIECE = 5000, PIECE_OUT = TASKSEAL_STREAM_SIZE(PIECE) };

static uint8_t piece_out[PIECE_OUT];

/* Feeds the stream and collects what it gives; the first error ends it. */
static taskseal_err pump(taskseal_stream *stream, const uint8_t *in, size_t len, uint8_t *out,
                         size_t *out_len)
{
    taskseal_err err = TASKSEAL_OK;
    size_t got;
    *out_len = 0;
    for (size_t at = 0; at < len && err == TASKSEAL_OK; at += PIECE) {
        const size_t piece = len - at < PIECE ? len - at : PIECE;
        err = taskseal_stream_update(stream, in + at, piece, piece_out, sizeof piece_out, &got);
        memcpy(out + *out_len, piece_out, got);
        *out_len += got;
    }
    if (err == TASKSEAL_OK) {
        err = taskseal_stream_finish(stream, piece_out, sizeof piece_out, &got, NULL);
        memcpy(out + *out_len, piece_out, got);
        *out_len += got;
    }
    return err;
}

static void seal_stream(const taskseal_seal_options *options, size_t len, taskseal_err expected)
{
    taskseal_stream *stream;
    EXPECT(TASKSEAL_OK, taskseal_stream_seal(&stream, options));
    EXPECT(expected, pump(stream, m.payload, len, m.sealed, &m.sealed_len));
    make_public(m.sealed, m.sealed_len);
    taskseal_stream_free(stream);
}

static void open_stream(const taskseal_open_options *options, taskseal_err expected, size_t len)
{
    taskseal_stream *stream;
    EXPECT(TASKSEAL_OK, taskseal_stream_open(&stream, options));
    EXPECT(expected, pump(stream, m.sealed, m.sealed_len, m.out, &m.out_len));
    if (expected == TASKSEAL_OK)
        EXPECT_TRUE(m.out_len == len && known_to_be(m.out, m.expected, len));
    taskseal_stream_free(stream);
}

static void streams(const taskseal_keyring *ring, const taskseal_keyring *other, kind k)
{
    static const size_t lengths[] = {0, 40, TASKSEAL_CHUNK_BYTES, PAYLOAD_MAX};
    const taskseal_seal_options options = sealing(ring, k);
    const taskseal_open_options with = opening(ring);
    const taskseal_open_options with_other = opening(other);
    taskseal_open_options elsewhere = with;
    elsewhere.context.id = taskseal_str("43");
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        make_payload(lengths[i]);
        seal_stream(&options, lengths[i], TASKSEAL_OK);
        open_stream(&with, TASKSEAL_OK, lengths[i]);
        open_both(&with, m.sealed, m.sealed_len, TASKSEAL_OK, lengths[i]);
    }
    open_stream(&with_other, TASKSEAL_ERR_AUTHENTICATION_FAILED, 0);
    open_stream(&elsewhere, TASKSEAL_ERR_CONTEXT_MISMATCH, 0);
    m.sealed[m.sealed_len - TASKSEAL_CHUNK_BYTES] ^= 1; /* in the second piece */
    open_stream(&with, TASKSEAL_ERR_DAMAGED, 0);
    memcpy(m.payload, m.sealed, PIECE);
    keep_secret(m.payload, PIECE);
    seal_stream(&options, PIECE, TASKSEAL_ERR_LOOKS_SEALED);
}

static void batch(const taskseal_keyring *ring, kind k)
{
    enum { ITEMS = 40, LEN = 40, CAP = 600 };
    static uint8_t out[ITEMS][CAP];
    taskseal_seal_item items[ITEMS];
    taskseal_seal_options options = sealing(ring, k);
    const taskseal_open_options with = opening(ring);
    make_payload(LEN);
    for (size_t i = 0; i < ITEMS; i++)
        items[i] = (taskseal_seal_item){.context = options.context,
                                        .payload = m.payload,
                                        .payload_len = LEN,
                                        .out = out[i],
                                        .out_cap = CAP};
    memset(&options.context, 0, sizeof options.context);
    EXPECT(TASKSEAL_OK, taskseal_seal_batch(&options, items, ITEMS, NULL));
    for (size_t i = 0; i < ITEMS; i += ITEMS - 1) {
        make_public(out[i], items[i].out_len);
        open_both(&with, out[i], items[i].out_len, TASKSEAL_OK, LEN);
    }
}

static void reseal(const taskseal_keyring *ring, kind k, size_t len)
{
    const taskseal_seal_options options = sealing(ring, k);
    const taskseal_reseal_options anew = {.open = opening(ring)};
    seal(&options, len);
    EXPECT(TASKSEAL_OK,
           taskseal_reseal(&anew, m.sealed, m.sealed_len, m.moved, sizeof m.moved, &m.moved_len, NULL));
    make_public(m.moved, m.moved_len);
    open_both(&anew.open, m.moved, m.moved_len, TASKSEAL_OK, len);
    m.sealed[m.sealed_len - 1] ^= 1;
    EXPECT(TASKSEAL_ERR_DAMAGED,
           taskseal_reseal(&anew, m.sealed, m.sealed_len, m.moved, sizeof m.moved, &m.moved_len, NULL));
}

void run_pieces(kind k)
{
    taskseal_keyring *ring = ring_with_fresh_keys(k.key_type, "k", NULL);
    taskseal_keyring *other = ring_with_fresh_keys(k.key_type, "k", NULL);
    if (!k.padded)
        streams(ring, other, k);
    batch(ring, k);
    reseal(ring, k, 40);
    reseal(ring, k, PAYLOAD_MAX);
    taskseal_keyring_free(ring);
    taskseal_keyring_free(other);
}
