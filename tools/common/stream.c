/* SPDX-License-Identifier: MIT */
#include "stream.h"

#include <unistd.h>

#include "progress.h"
#include "report.h"

typedef struct copying {
    stream_job *job;
    buffer out;
    output to;
    progress shown;
    uint64_t done;
    size_t out_len;
} copying;

static int refused(copying *self, taskseal_err err)
{
    self->job->err = err;
    return STATUS_REFUSED;
}

/* Nothing is opened for writing before the library has taken the first piece, and with it the header. */
static int put(copying *self)
{
    return self->out_len > 0 ? output_put(&self->to, self->out.data, self->out_len) : STATUS_OK;
}

static int take_piece(copying *self)
{
    stream_job *job = self->job;
    const taskseal_err err = taskseal_stream_update(job->stream, job->piece->data, job->piece->len,
                                                    self->out.data, self->out.cap, &self->out_len);

    if (err != TASKSEAL_OK)
        return refused(self, err);
    self->done += job->piece->len;
    return STATUS_OK;
}

static int copy_piece(copying *self)
{
    const int status = take_piece(self);

    return status == STATUS_OK ? put(self) : status;
}

static int copy_first(copying *self)
{
    stream_job *job = self->job;

    const int status = take_piece(self);
    job->at_first = status != STATUS_OK;
    return status == STATUS_OK ? output_begin(&self->to, job->to, job->kind) : status;
}

static int copy_rest(copying *self)
{
    stream_job *job = self->job;
    int status = STATUS_OK;

    while (status == STATUS_OK && !job->from->ended) {
        status = input_piece(job->from, job->piece);
        if (status == STATUS_OK && job->piece->len > 0)
            status = copy_piece(self);
        progress_bytes(&self->shown, self->done, job->from->size);
    }
    return status;
}

static int copy_end(copying *self)
{
    stream_job *job = self->job;
    const taskseal_err err =
        taskseal_stream_finish(job->stream, self->out.data, self->out.cap, &self->out_len, &job->opened);

    if (err != TASKSEAL_OK)
        return refused(self, err);
    const int status = put(self);
    return status == STATUS_OK ? output_finish(&self->to) : status;
}

int stream_run(stream_job *job)
{
    copying self = {.job = job, .to = {.file = REPLACEMENT_EMPTY}};

    job->err = TASKSEAL_OK;
    if (!buffer_reserve(&self.out, taskseal_stream_size(STREAM_PIECE)))
        return report_error_at(TASKSEAL_ERR_NO_MEMORY, job->from->name, NULL);
    /* A payload that goes to the terminal leaves no line to write over. */
    progress_begin(&self.shown, !output_is_standard(job->to) || !isatty(STDOUT_FILENO));
    int status = copy_first(&self);
    if (status == STATUS_OK)
        status = put(&self);
    if (status == STATUS_OK)
        status = copy_rest(&self);
    if (status == STATUS_OK)
        status = copy_end(&self);
    progress_end(&self.shown);
    output_abandon(&self.to);
    buffer_free(&self.out);
    return status;
}
