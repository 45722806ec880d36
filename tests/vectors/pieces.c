/* SPDX-License-Identifier: MIT
 * Opening and sealing in pieces (F 15). However the input is cut, the bytes and the fault are the same. */
#include "run.h"

#include <stdlib.h>
#include <string.h>

enum {
    ONE_BY_ONE_MAX = 5000, /* inputs up to so long are also given byte by byte */
    ONE_CHUNK_MAX = 16400  /* pieces up to so long complete at most one chunk, whatever the suite */
};

/* What came out of a stream so far. */
typedef struct {
    uint8_t *data;
    size_t len;
} collected;

static void collect(collected *to, const uint8_t *data, size_t len)
{
    uint8_t *grown = realloc(to->data, to->len + len + 1);
    if (grown == NULL)
        give_up("no memory", "collecting pieces");
    to->data = grown;
    memcpy(to->data + to->len, data, len);
    to->len += len;
}

/* Afterwards the output holds canaries again. */
static void collect_and_check(verdict *v, collected *to, const bytes *out, size_t out_len, taskseal_err err)
{
    if (err != TASKSEAL_OK && out_len != 0)
        fail(v, "a piece failed and yet gave a length");
    if (err != TASKSEAL_OK)
        expect_wiped(v, out, 0);
    expect_guard(v, out);
    collect(to, out->data, err == TASKSEAL_OK ? out_len : 0);
    memset(out->data, CANARY, err == TASKSEAL_OK ? out_len : 0);
}

/* ---- Opening ---- */

/* Gives everything to the stream; its first fault, or that of its end. */
static taskseal_err give_all(verdict *v, taskseal_stream *stream, const bytes *sealed, size_t step,
                             collected *to, taskseal_opened *opened)
{
    taskseal_err err = TASKSEAL_OK;
    bytes out = canary_buffer(taskseal_stream_size(step));
    for (size_t at = 0; at < sealed->len && err == TASKSEAL_OK; at += step) {
        size_t len = sealed->len - at < step ? sealed->len - at : step;
        size_t out_len = 1;
        err = taskseal_stream_update(stream, sealed->data + at, len, out.data, out.len, &out_len);
        collect_and_check(v, to, &out, out_len, err);
    }
    if (err == TASKSEAL_OK) {
        size_t out_len = 1;
        err = taskseal_stream_finish(stream, out.data, out.len, &out_len, opened);
        collect_and_check(v, to, &out, out_len, err);
    }
    free(out.data);
    return err;
}

/* A stream that has ended, well or badly, gives nothing more: a fault stays, and a success can't be repeated. */
static void expect_ended(verdict *v, taskseal_stream *stream, taskseal_err err)
{
    const char *same = err == TASKSEAL_OK ? "bad-argument" : taskseal_err_name(err);
    bytes out = canary_buffer(taskseal_stream_size(4));
    size_t len = 1;
    (void)expect_error(v, "more after the end",
                       taskseal_stream_update(stream, "more", 4, out.data, out.len, &len), same);
    if (len != 0)
        fail(v, "a stream that had ended gave something");
    len = 1;
    (void)expect_error(v, "the end again", taskseal_stream_finish(stream, out.data, out.len, &len, NULL),
                       same);
    if (len != 0)
        fail(v, "a stream that had ended gave something at its end");
    expect_wiped(v, &out, 0);
    free(out.data);
}

/* What may be given out is `release`. A call that fails gives out nothing, so what was verified in that same call is
 * missing: whole pieces, and none where a call completes at most one (F 15.5). */
static void expect_release(verdict *v, const collected *got, const bytes *release, size_t step,
                           taskseal_err err)
{
    if (err == TASKSEAL_OK || step <= ONE_CHUNK_MAX)
        expect_bytes(v, "released in pieces", got->data, got->len, release);
    else if (got->len > release->len || got->len % TASKSEAL_CHUNK_BYTES != 0)
        fail(v, "released in pieces: %zu bytes, not whole pieces of %zu", got->len, release->len);
    else
        expect_bytes(v, "released in pieces", got->data, got->len, &(bytes){release->data, got->len});
}

static size_t openings;

size_t openings_in_pieces(void)
{
    return openings;
}

static void open_with_step(verdict *v, const opening *o, const bytes *sealed, size_t step,
                           const char *expected, const bytes *release)
{
    taskseal_stream *stream;
    taskseal_opened opened;
    collected got = {NULL, 0};
    openings++;
    collect(&got, (const uint8_t *)"", 0);
    memset(&opened, 0, sizeof opened);
    taskseal_err err = taskseal_stream_open(&stream, &o->options);
    if (err == TASKSEAL_OK) {
        err = give_all(v, stream, sealed, step, &got, &opened);
        expect_ended(v, stream, err);
    }
    if (expect_error(v, "in pieces", err, expected))
        expect_opened(v, o->record, &opened);
    expect_release(v, &got, release, step, err);
    if (!v->passed && strlen(v->reason) < sizeof v->reason - 40)
        (void)snprintf(v->reason + strlen(v->reason), 40, " (in pieces of %zu)", step);
    taskseal_stream_free(stream);
    free(got.data);
}

/* What this build and CPU are to answer in pieces; *as_everywhere says that they lack nothing that matters. */
static const char *expected_in_pieces(const record *r, bool *as_everywhere)
{
    static const struct {
        taskseal_suite suite;
        const char *of_pieces;
        const char *of_all;
    } lacks[] = {
        {TASKSEAL_SUITE_AEGIS256, "expect_in_pieces_without_aegis256", "expect_without_aegis256"},
        {TASKSEAL_SUITE_AES256GCM, "expect_in_pieces_without_aes256gcm", "expect_without_aes256gcm"},
    };
    *as_everywhere = false;
    for (unsigned i = 0; i < 2; i++) {
        if (taskseal_suite_available(lacks[i].suite))
            continue;
        const char *other = record_get(r, lacks[i].of_pieces);
        if (other == NULL)
            other = record_get(r, lacks[i].of_all);
        if (other != NULL)
            return other;
    }
    *as_everywhere = true;
    const char *of_pieces = record_get(r, "expect_in_pieces");
    return of_pieces != NULL ? of_pieces : record_need(r, "expect");
}

void run_open_in_pieces(verdict *v, const opening *o, const record_file *file, const bytes *sealed)
{
    const size_t steps[] = {sealed->len + 1, 7, 4096, 16400, 100000, 1};
    const size_t count = sealed->len <= ONE_BY_ONE_MAX ? 6 : 5;
    bool as_everywhere;
    const char *expected = expected_in_pieces(o->record, &as_everywhere);
    const char *release = record_get(o->record, "released");
    if (release == NULL)
        release = record_get(o->record, "payload");
    bytes released = bytes_evaluate(file, as_everywhere && release != NULL ? release : "");
    for (size_t i = 0; i < count && v->passed; i++)
        open_with_step(v, o, sealed, steps[i], expected, &released);
    free(released.data);
}

/* ---- Sealing ---- */

taskseal_err seal_in_pieces(verdict *v, const taskseal_seal_options *options, const bytes *payload,
                            size_t step, bytes *sealed)
{
    taskseal_stream *stream;
    collected got = {NULL, 0};
    collect(&got, (const uint8_t *)"", 0);
    taskseal_err err = taskseal_stream_seal(&stream, options);
    if (err == TASKSEAL_OK) {
        err = give_all(v, stream, payload, step, &got, NULL);
        expect_ended(v, stream, err);
        taskseal_stream_free(stream);
    }
    *sealed = (bytes){got.data, got.len};
    return err;
}
