/* SPDX-License-Identifier: MIT
 * Driving streams: input in steps, output put together. */
#ifndef TASKSEAL_TESTS_CORE_STREAMS_H
#define TASKSEAL_TESTS_CORE_STREAMS_H

#include "support.h"

/* What a stream gave out before it ended or failed. */
typedef struct pumped {
    taskseal_err err;
    blob out;
    taskseal_opened opened; /* if err is OK */
} pumped;

/* Feeds `in` in pieces of `step` bytes and finishes, up to the first error; frees the stream. Asserts that a failing
 * call gives nothing out. */
pumped pump(taskseal_stream *stream, blob in, size_t step);

/* The same from the options; these assert that the stream can begin. */
pumped stream_seal(const taskseal_seal_options *options, blob payload, size_t step);
pumped stream_open(const taskseal_open_options *options, blob sealed, size_t step);

taskseal_stream *sealing_stream(const taskseal_seal_options *options);
taskseal_stream *opening_stream(const taskseal_open_options *options);

#endif
