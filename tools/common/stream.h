/* SPDX-License-Identifier: MIT
 *
 * Input that goes through a taskseal_stream to the output piece by piece, in memory that does not depend on its
 * size.
 */
#ifndef TASKSEAL_TOOLS_STREAM_H
#define TASKSEAL_TOOLS_STREAM_H

#include <taskseal/taskseal.h>

#include "buffer.h"
#include "input.h"
#include "output.h"

/* One chunk: larger pieces are no faster. */
enum { STREAM_PIECE = TASKSEAL_CHUNK_BYTES };

typedef struct stream_job {
    taskseal_stream *stream;
    input *from;
    buffer *piece; /* of capacity STREAM_PIECE; holds the first piece */
    const char *to;
    output_kind kind;
    taskseal_opened opened; /* after success */
    taskseal_err err;       /* what the library refused, and has not been reported yet: if not TASKSEAL_OK */
    bool at_first;          /* it refused the first piece, of which nothing was written */
} stream_job;

/* Runs it to the end. Reports what fails but for job->err, with which it returns STATUS_REFUSED. On failure a
 * file is as it was; standard output may have got pieces. */
int stream_run(stream_job *job);

#endif
