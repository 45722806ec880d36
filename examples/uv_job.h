/* SPDX-License-Identifier: MIT
 *
 * uv_job.h: what becomes of a task that worker_uv.c has taken. Each step is a script with a callback: CLAIM, then the
 * handler in a thread of libuv's pool, then FINISH, RETRY or BURY.
 */
#ifndef UV_JOB_H
#define UV_JOB_H

#include <inttypes.h>
#include <stdatomic.h>

#include "keys.h"
#include "options.h"
#include "uv_link.h"

typedef enum { HANDLED, TRY_LATER, REJECT } verdict;

/* A queue, and what is known of its task in hand. */
struct job {
    struct call call; /* first: a call's job is where the call is */
    struct worker *worker;
    struct queue queue;
    uv_timer_t next_look;
    long idle_ms;            /* 0: there is a task */
    long long elsewhere;     /* tasks that were active or delayed when nothing was pending */
    taskseal_bytes id, type; /* these three are copies in `task` */
    void *task, *sealed;     /* the payload is opened in place */
    size_t task_len, sealed_len;
    char lease[64];                                  /* this take of this worker, and no other */
    char message[2 * TASKSEAL_MESSAGE_ID_BYTES + 1]; /* empty until it is claimed */
    long attempts, waits;
    uint64_t replay_until;
    const void *payload;
    size_t payload_len;
    uv_work_t work;
    verdict verdict;
    bool handling;
    unsigned long *counter; /* of what is to become of it */
    atomic_long leased; /* when the lease was last known to be whole: it runs from when it was asked for */
    atomic_bool keep, gone; /* the handler wants the lease kept; it is not ours any more */
};

struct worker {
    struct link link; /* first, too */
    uv_loop_t loop;
    uv_signal_t term, interrupt;
    uv_async_t wake; /* a handler wants its lease kept */
    bool ending;
    int status;
    struct keys keys;
    struct options set;
    struct job *jobs;
    size_t count;
    char name[33]; /* of this process, in its leases */
    unsigned long takes, done, retried, dead, lost, repeated;
};

/* Both are worker_uv.c's. */
static verdict handle(struct job *job);
static void take(struct job *job);

/* ---- Settling --------------------------------------------------------------------------------- */

static void say(const struct job *job, const char *what, const char *error)
{
    char id[SERVER_TEXT], text[SERVER_TEXT];
    fprintf(stderr, "worker: %s: task %s %s: %s\n", job->queue.name,
            server_text(id, job->id.data, job->id.len), what, server_text(text, error, strlen(error)));
}

static const char *word(const redisReply *reply)
{
    return reply->type == REDIS_REPLY_STRING ? reply->str : "error";
}

static void let_go(struct job *job)
{
    if (job->task != NULL)
        sodium_memzero(job->task, job->task_len); /* the payload was opened in there */
    free(job->task);
    job->task = NULL;
}

static void take_next(struct job *job)
{
    let_go(job);
    take(job);
}

/* Counts what became of a task. A lost lease doesn't stop the worker: the task lives on elsewhere. */
static void settled(struct call *call, const redisReply *reply)
{
    struct job *job = (struct job *)call;
    bool good = strcmp(word(reply), "ok") == 0;
    if (!good)
        say(job, "is not ours any more", word(reply));
    ++*(good ? job->counter : &job->worker->lost);
    take_next(job);
}

/* Runs one of the scripts that settle a task: id, lease and message id, and what else it wants. */
static void settle(struct job *job, const char *script, const char *third, const char *fourth,
                   const char *fifth, unsigned long *counter)
{
    taskseal_bytes args[6] = {job->id, taskseal_str(job->lease), taskseal_str(job->message)};
    const char *more[] = {third, fourth, fifth};
    size_t count = 3;
    for (size_t i = 0; i < 3 && more[i] != NULL; i++)
        args[count++] = taskseal_str(more[i]);
    job->counter = counter;
    link_run(&job->call, script, args, count, settled);
}

static void bury(struct job *job, const char *error)
{
    say(job, "goes to the dead-letter list", error);
    settle(job, BURY, error, NULL, NULL, &job->worker->dead);
}

/* A failure of the handler counts as an attempt. Waiting for a key or a clock doesn't, but has an end too. */
static void retry(struct job *job, const char *error, bool waiting)
{
    const long *limit = job->worker->set.limit;
    char ms[24];
    if (waiting ? job->waits >= limit[MAX_WAITS] : job->attempts >= limit[MAX_ATTEMPTS]) {
        bury(job, error);
        return;
    }
    snprintf(ms, sizeof ms, "%ld",
             back_off_ms(limit[RETRY_MS], 300000, waiting ? job->waits : job->attempts - 1));
    say(job, "will be tried again", error);
    settle(job, RETRY, error, ms, waiting ? "1" : "0", &job->worker->retried);
}

/* The message is remembered as done for as long as it could be replayed, and for what clocks may differ: see
 * worker.c. */
static void finish(struct job *job)
{
    enum { CLOCK_SPREAD = 300 };
    char until[24];
    snprintf(until, sizeof until, "%" PRIu64, job->replay_until != 0 ? job->replay_until + CLOCK_SPREAD : 0);
    settle(job, FINISH, until, NULL, NULL, &job->worker->done);
}

static void conclude(struct job *job)
{
    switch (job->verdict) {
    case HANDLED:
        finish(job);
        break;
    case TRY_LATER:
        retry(job, "handler-failed", false);
        break;
    default:
        bury(job, "handler-rejected");
    }
}

/* ---- Handling --------------------------------------------------------------------------------- */

/* Has the loop renew the lease, and says whether it is known to be ours until now. */
static bool keep_lease(struct job *job)
{
    atomic_store(&job->keep, true);
    uv_async_send(&job->worker->wake);
    return !atomic_load(&job->gone) &&
           now_ms() - atomic_load(&job->leased) < job->worker->set.limit[LEASE_MS];
}

static void handle_in_pool(uv_work_t *work)
{
    struct job *job = work->data;
    job->verdict = handle(job);
}

static void handled(uv_work_t *work, int status)
{
    struct job *job = work->data;
    (void)status;
    job->handling = false;
    if (job->worker->ending)
        let_go(job);
    else if (job->call.command == NULL) /* or the lease is being kept: then kept() goes on */
        conclude(job);
}

static void kept(struct call *call, const redisReply *reply)
{
    struct job *job = (struct job *)call;
    if (strcmp(word(reply), "ok") == 0)
        atomic_store(&job->leased, call->sent_at);
    else
        atomic_store(&job->gone, true);
    if (!job->handling)
        conclude(job);
}

/* Costs nothing until a quarter of the lease is over. */
static void keep_leases(uv_async_t *wake)
{
    struct worker *w = wake->data;
    char ms[24];
    snprintf(ms, sizeof ms, "%ld", w->set.limit[LEASE_MS]);
    for (size_t i = 0; i < w->count; i++) {
        struct job *job = &w->jobs[i];
        bool wanted = atomic_exchange(&job->keep, false) && job->handling && job->call.command == NULL;
        if (wanted && now_ms() - atomic_load(&job->leased) >= w->set.limit[LEASE_MS] / 4) {
            taskseal_bytes args[] = {job->id, taskseal_str(job->lease), taskseal_str(job->message),
                                     taskseal_str(ms)};
            link_run(&job->call, KEEP, args, 4, kept);
        }
    }
}

static void claimed(struct call *call, const redisReply *reply)
{
    struct job *job = (struct job *)call;
    const char *answer = word(reply);
    if (strcmp(answer, "done") == 0) {
        say(job, "is dropped", "it was done before: replayed, or queued twice");
        job->worker->repeated++;
        take_next(job);
    } else if (strcmp(answer, "busy") == 0) {
        retry(job, "message-claimed-elsewhere", true);
    } else if (strcmp(answer, "ok") != 0) {
        job->counter = &job->worker->lost;
        settled(call, reply);
    } else {
        job->handling = true;
        uv_queue_work(&job->worker->loop, &job->work, handle_in_pool, handled);
    }
}

/* Opens the task, and claims its message. */
static void work_on(struct job *job)
{
    /* Queue and id are what WE asked for and took; type is the stored one, which must be the sealed one. */
    taskseal_open_options options = {
        .keyring = job->worker->keys.ring,
        .context = {.queue = taskseal_str(job->queue.name), .type = job->type, .id = job->id},
        .max_age = (uint64_t)job->worker->set.limit[MAX_AGE]};
    taskseal_opened opened;
    void *payload;
    taskseal_err err =
        taskseal_open_in_place(&options, job->sealed, job->sealed_len, &payload, &job->payload_len, &opened);
    job->payload = payload;
    if (err != TASKSEAL_OK) {
        if (taskseal_err_permanent(err))
            bury(job, taskseal_err_name(err));
        else
            retry(job, taskseal_err_name(err), true);
        return;
    }
    /* Only now is the message id to be trusted. */
    sodium_bin2hex(job->message, sizeof job->message, opened.message_id, sizeof opened.message_id);
    job->replay_until = opened.replay_until;
    taskseal_bytes args[] = {job->id, taskseal_str(job->lease), taskseal_str(job->message)};
    link_run(&job->call, CLAIM, args, 3, claimed);
}

#endif
