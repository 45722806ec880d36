/* SPDX-License-Identifier: MIT
 * Usage: streams [--plant FAULT] [--deep | --brief]
 *
 * Damages envelopes that are opened as streams, in pieces of several sizes. What comes out before the fault is found
 * must be the beginning of the payload, and lie wholly in chunks before the first damaged one; the end is never
 * a success. Reports in TAP. FAULT (finished, released, error) is a fault of the test's own, which must be found. */
#include "damage.h"

#include <stdio.h>
#include <stdlib.h>

/* Input comes in pieces of these sizes: byte by byte where the envelope is small. */
static const size_t steps[] = {1, 61, 4096, 20000, 100000};

enum { STEPS = sizeof steps / sizeof steps[0], OUT_CAP = 1 << 18, SMALL = 1024 };

static uint8_t out[OUT_CAP];

static size_t chunk_stride(const envelope *e)
{
    return TASKSEAL_CHUNK_BYTES + tag_bytes(e->of->suite);
}

/* How much may come out when the first byte that differs stands at `at`: the chunks before. */
static size_t allowed(const envelope *e, size_t at)
{
    return at < e->header_len ? 0 : (at - e->header_len) / chunk_stride(e) * TASKSEAL_CHUNK_BYTES;
}

static bool all_are(const uint8_t *data, size_t len, uint8_t value)
{
    return len == 0 || (data[0] == value && memcmp(data, data + 1, len - 1) == 0);
}

typedef struct {
    const envelope *e;
    const char *how;
    size_t at;
    size_t allowed;
    size_t released;
} watch;

/* What one call gave out: the payload's next bytes, and nothing behind them. */
static void take(watch *w, size_t cap, size_t len, taskseal_err err)
{
    if (strcmp(planted, "released") == 0 && err != TASKSEAL_OK && w->e->payload_len > 0)
        out[cap - 1] = w->e->payload[w->e->payload_len - 1];
    if (err != TASKSEAL_OK && len != 0)
        report(w->e, w->how, w->at, "a stream that fails gives a length", err);
    if (len > w->allowed - w->released)
        report(w->e, w->how, w->at, "a stream releases bytes of a damaged chunk", err);
    if (len > 0 && memcmp(out, w->e->payload + w->released, len) != 0)
        report(w->e, w->how, w->at, "a stream releases other bytes than the payload's", err);
    w->released += len;
    size_t wiped = len; /* what a call wrote before it failed */
    while (wiped < cap && out[wiped] == 0)
        wiped++;
    if (!all_are(out + wiped, cap - wiped, CANARY) || (wiped > len && err == TASKSEAL_OK))
        report(w->e, w->how, w->at, "a stream leaves bytes behind what it gives out", err);
}

static taskseal_err feed(watch *w, taskseal_stream *stream, const uint8_t *damaged, size_t len, size_t step)
{
    taskseal_err err = TASKSEAL_OK;
    for (size_t at = 0; at < len && err == TASKSEAL_OK; at += step) {
        const size_t piece = len - at < step ? len - at : step;
        const size_t cap = taskseal_stream_size(piece);
        size_t given = 1;
        memset(out, CANARY, cap);
        err = taskseal_stream_update(stream, damaged + at, piece, out, cap, &given);
        take(w, cap, given, err);
    }
    return err;
}

/* A failure is final: every later call says the same, and gives out nothing. */
static void hold_that_it_stays(watch *w, taskseal_stream *stream, taskseal_err err)
{
    const size_t cap = taskseal_stream_size(1);
    size_t len = 1;
    memset(out, CANARY, cap);
    if (taskseal_stream_update(stream, w->e->sealed, 1, out, cap, &len) != err || len != 0)
        report(w->e, w->how, w->at, "a stream goes on after a failure", err);
    len = 1;
    if (taskseal_stream_finish(stream, out, cap, &len, NULL) != err || len != 0)
        report(w->e, w->how, w->at, "a stream finishes after a failure", err);
    if (!all_are(out, cap, CANARY))
        report(w->e, w->how, w->at, "a stream writes after a failure", err);
}

/* `first` is the place of the first byte that differs. */
static void refused_stream(const envelope *e, const uint8_t *damaged, size_t len, size_t first,
                           verdict expected, size_t step, const char *how)
{
    watch w = {e, how, first, allowed(e, first), 0};
    taskseal_stream *stream;
    if (taskseal_stream_open(&stream, &e->of->open) != TASKSEAL_OK)
        exit(2);
    taskseal_err err = feed(&w, stream, damaged, len, step);
    if (err == TASKSEAL_OK) {
        const size_t cap = taskseal_stream_size(0);
        size_t given = 1;
        memset(out, CANARY, cap);
        err = taskseal_stream_finish(stream, out, cap, &given, NULL);
        take(&w, cap, given, err);
    }
    if (strcmp(planted, "finished") == 0)
        err = TASKSEAL_OK;
    if (strcmp(planted, "error") == 0 && err == TASKSEAL_ERR_DAMAGED)
        err = TASKSEAL_ERR_AUTHENTICATION_FAILED;
    if (err == TASKSEAL_OK)
        report(e, how, first, "a stream finishes though it is damaged", err);
    if (!verdict_holds(expected, err))
        report(e, how, first, "is refused with another error than the rules say", err);
    hold_that_it_stays(&w, stream, err);
    taskseal_stream_free(stream);
    damaged_count++;
}

/* ---- Damage ---- */

/* Every bit of every byte with a stride of 0; else one bit of every `stride`th byte. */
static void flips(const envelope *e, size_t step, size_t stride)
{
    for (size_t at = 0; at < e->sealed_len; at += stride != 0 ? stride : 1) {
        for (unsigned bit = stride != 0 ? at % 8 : 0; bit < (stride != 0 ? at % 8 + 1 : 8); bit++) {
            const verdict expected = stream_verdict_of_flip(e, at * 8 + bit);
            e->sealed[at] ^= (uint8_t)(1U << bit);
            refused_stream(e, e->sealed, e->sealed_len, at, expected, step, "bit flipped in byte");
            e->sealed[at] ^= (uint8_t)(1U << bit);
        }
    }
}

/* A cut at a chunk's end damages nothing before it, but the end is missing: all before may come out. */
static void truncations(const envelope *e, size_t step, size_t stride)
{
    for (size_t len = 0; len < e->sealed_len; len += stride)
        refused_stream(e, e->sealed, len, len, stream_verdict_of_truncation(e, len), step, "cut");
    const size_t chunks = (e->sealed_len - e->header_len) / chunk_stride(e);
    for (size_t i = 0; i <= chunks; i++) {
        const size_t len = e->header_len + i * chunk_stride(e);
        if (len < e->sealed_len)
            refused_stream(e, e->sealed, len, len, stream_verdict_of_truncation(e, len), step,
                           "cut between chunks");
    }
}

static void shifts(const envelope *e, size_t step, size_t stride)
{
    uint8_t *scratch = malloc(e->sealed_len + 1);
    if (scratch == NULL)
        exit(2);
    for (size_t at = 0; at <= e->sealed_len; at += stride) {
        memcpy(scratch, e->sealed, at);
        scratch[at] = at < e->sealed_len ? (uint8_t)(e->sealed[at] ^ 1) : 0;
        memcpy(scratch + at + 1, e->sealed + at, e->sealed_len - at);
        refused_stream(e, scratch, e->sealed_len + 1, at,
                       stream_verdict_of_shift(e, scratch, e->sealed_len + 1, at), step, "byte inserted");
        if (at + 1 >= e->sealed_len || e->sealed[at] == e->sealed[at + 1])
            continue;
        memcpy(scratch + at, e->sealed + at + 1, e->sealed_len - at - 1);
        refused_stream(e, scratch, e->sealed_len - 1, at,
                       stream_verdict_of_shift(e, scratch, e->sealed_len - 1, at), step, "byte deleted");
    }
    free(scratch);
}

/* Chunks of one stream in another order, and one twice. */
static void exchanges(const envelope *e, size_t step)
{
    const verdict damaged = {TASKSEAL_ERR_DAMAGED};
    const size_t stride = chunk_stride(e);
    uint8_t *scratch = malloc(e->sealed_len + stride);
    if (scratch == NULL)
        exit(2);
    if (e->payload_len >= 2 * (size_t)TASKSEAL_CHUNK_BYTES) {
        memcpy(scratch, e->sealed, e->sealed_len);
        memcpy(scratch + e->header_len, e->sealed + e->header_len + stride, stride);
        memcpy(scratch + e->header_len + stride, e->sealed + e->header_len, stride);
        refused_stream(e, scratch, e->sealed_len, e->header_len, damaged, step, "chunks exchanged");
    }
    if (e->payload_len >= TASKSEAL_CHUNK_BYTES) {
        const size_t behind = e->header_len + stride;
        memcpy(scratch, e->sealed, behind);
        memcpy(scratch + behind, e->sealed + e->header_len, e->sealed_len - e->header_len);
        refused_stream(e, scratch, e->sealed_len + stride, behind, damaged, step, "first chunk repeated");
    }
    free(scratch);
}

/* ---- All of it ---- */

static void hold_that_it_finishes(const envelope *e, size_t step)
{
    watch w = {e, "intact", e->sealed_len, e->payload_len, 0};
    taskseal_stream *stream;
    size_t given = 1;
    const size_t cap = taskseal_stream_size(0);
    if (taskseal_stream_open(&stream, &e->of->open) != TASKSEAL_OK ||
        feed(&w, stream, e->sealed, e->sealed_len, step) != TASKSEAL_OK)
        report(e, "intact", step, "is refused", TASKSEAL_OK);
    memset(out, CANARY, cap);
    const taskseal_err err = taskseal_stream_finish(stream, out, cap, &given, NULL);
    take(&w, cap, given, err);
    if (err != TASKSEAL_OK || w.released != e->payload_len)
        report(e, "intact", step, "does not finish whole", err);
    taskseal_stream_free(stream);
}

/* Small envelopes: everything, in pieces of 61 bytes; and byte by byte and as a whole, one bit a byte. Large ones:
 * samples, with `deep` closer ones, and in pieces that split chunks a bit of every byte. */
static void damage(const setting *s, size_t payload_len, bool deep)
{
    envelope e;
    envelope_make(&e, s, payload_len);
    const bool small = e.sealed_len <= SMALL;
    const size_t count =
        small || deep || s->stanzas == 1 ? STEPS : 0; /* a second stanza is the header's matter */
    for (size_t i = 0; i < count; i++) {
        const size_t step = steps[i];
        if ((small && step > 4096) || (!small && step < 4096))
            continue; /* other pieces than these see the same */
        const size_t sample = small ? 1 : deep ? 61 : 509;
        hold_that_it_finishes(&e, step);
        flips(&e, step, small && step == 61 ? 0 : !small && deep && step == 20000 ? 1 : sample);
        truncations(&e, step, sample);
        shifts(&e, step, sample);
        exchanges(&e, step);
    }
    envelope_free(&e);
}

int main(int argc, char **argv)
{
    static const size_t lens[] = {0, 1, 40, 16383, 16384, 16385, 40000};
    bool deep = false;
    size_t every = 1;
    unsigned kinds = 0;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--deep") == 0)
            deep = true;
        else if (strcmp(argv[i], "--brief") == 0)
            every = 5; /* 0 and 16385 */
        else if (strcmp(argv[i], "--plant") == 0 && i + 1 < argc)
            planted = argv[++i];
        else
            return fprintf(stderr, "usage: streams [--plant FAULT] [--deep | --brief]\n"), 2;
    }
    printf("TAP version 13\n1..1\n");
    failure_line = "not ok 1 - no damaged stream releases a byte of a damaged chunk, or finishes";
    for (int number = 0; number < SETTINGS; number++) {
        setting s;
        setting_make(&s, number);
        for (size_t i = 0; s.available && i < sizeof lens / sizeof lens[0]; i += every)
            damage(&s, lens[i], deep);
        kinds += s.available;
        setting_free(&s);
        if (deep)
            fprintf(stderr, "damage: streams: %d of %d kinds done\n", number + 1, SETTINGS);
    }
    printf("ok 1 - no damaged stream releases a byte of a damaged chunk, or finishes\n");
    printf("# evidence: 3: %llu damaged streams: 0 bytes of damaged chunks released, 0 finished (%u kinds)\n",
           damaged_count, kinds);
    return EXIT_SUCCESS;
}
