/* SPDX-License-Identifier: MIT
 *
 * worker_uv: worker.c on an event loop, libuv's: many queues at once over one connection. A template: put your work
 * into handle().
 *
 *     cc worker_uv.c $(pkg-config --cflags --libs taskseal libuv) -o worker_uv
 *
 * Each queue has one task in hand at most, and each step of it is a command with a callback: TAKE, CLAIM, then the
 * handler in a thread of libuv's pool (so it may take its time: UV_THREADPOOL_SIZE says how many run at once), then
 * FINISH, RETRY or BURY. A command whose answer got lost with the connection is sent again on the next one, which
 * every script bears. At least once, as in worker.c. The layout and the scripts are in queue.h, the keys in
 * keys.h, the connection in uv_link.h, the steps in uv_job.h.
 */
#define _DEFAULT_SOURCE
#include <errno.h>
#include <sys/resource.h>
#include <unistd.h>

#include "uv_job.h"

/* ---- Your work -------------------------------------------------------------------------------- */

/* Does the task's work, in a thread of its own: it may use what is in `job` and nothing else of the worker. The
 * demo's is to write the payload's hash to a ledger. The payload is wiped after it returns. Long work calls
 * keep_lease() again and again on its way, and stops if that says false. Nothing secret belongs into logs. */
static verdict handle(struct job *job)
{
    unsigned char hash[crypto_hash_sha256_BYTES];
    char hex[2 * sizeof hash + 1], line[2048];
    int ledger = job->worker->set.ledger;

    if (ledger < 0)
        return HANDLED;
    crypto_hash_sha256(hash, job->payload, job->payload_len);
    sodium_bin2hex(hex, sizeof hex, hash, sizeof hash);
    int len = snprintf(line, sizeof line, "%s\t%.*s\t%s\n", job->queue.name, (int)job->id.len,
                       (const char *)job->id.data, hex);
    if (len < 0 || (size_t)len >= sizeof line)
        return REJECT;
    ssize_t wrote;
    do
        wrote = write(ledger, line, (size_t)len);
    while (wrote < 0 && errno == EINTR);
    return wrote == len && keep_lease(job) ? HANDLED : TRY_LATER;
}

/* ---- The end ---------------------------------------------------------------------------------- */

/* Ends the loop, once the handlers have returned. */
static void end(struct worker *w, int status)
{
    if (w->ending)
        return;
    w->ending = true;
    w->status = status;
    link_end(&w->link);
    uv_close((uv_handle_t *)&w->term, NULL);
    uv_close((uv_handle_t *)&w->interrupt, NULL);
    uv_close((uv_handle_t *)&w->wake, NULL);
    for (size_t i = 0; i < w->count; i++)
        uv_close((uv_handle_t *)&w->jobs[i].next_look, NULL);
}

/* Giving up because of SIGTERM is no failure. */
static void give_up(struct link *link)
{
    end((struct worker *)link, queue_stopping ? EXIT_DONE : EXIT_FAILED);
}

/* A TAKE that is under way may take a task: its answer is waited for. */
static void end_if_all_rest(struct worker *w)
{
    for (size_t i = 0; i < w->count; i++) {
        const struct job *job = &w->jobs[i];
        if (job->idle_ms == 0 || job->call.command != NULL || (!queue_stopping && job->elsewhere > 0))
            return;
    }
    if (queue_stopping || w->set.until_empty)
        end(w, EXIT_DONE);
}

/* ---- All tasks -------------------------------------------------------------------------------- */

static void look_again(uv_timer_t *timer)
{
    take(timer->data);
}

/* Polls when there is nothing, less and less often. */
static void rest(struct job *job, long long elsewhere)
{
    job->elsewhere = elsewhere;
    job->idle_ms = job->idle_ms < 250 ? job->idle_ms + 10 : 250;
    end_if_all_rest(job->worker);
    if (!job->worker->ending && !queue_stopping)
        uv_timer_start(&job->next_look, look_again, (uint64_t)job->idle_ms, 0);
}

/* Copies id, type and sealed task: the reply ends with its callback, the task in hand does not. */
static bool keep_task(struct job *job, redisReply *const *field, size_t fields)
{
    size_t id = field[0]->len, type = fields == 5 ? field[3]->len : 0,
           sealed = fields == 5 ? field[4]->len : 0;
    job->task_len = id + type + sealed;
    char *to = job->task = malloc(job->task_len + 1);
    if (to == NULL)
        return false;
    memcpy(to, field[0]->str, id);
    job->id = (taskseal_bytes){to, id};
    if (fields != 5)
        return true;
    memcpy(to + id, field[3]->str, type);
    memcpy(to + id + type, field[4]->str, sealed);
    job->type = (taskseal_bytes){to + id, type};
    job->sealed = to + id + type;
    job->sealed_len = sealed;
    job->attempts = (long)field[1]->integer;
    job->waits = (long)field[2]->integer;
    return true;
}

/* An array of strings (s) and integers (i). */
static bool has_shape(const redisReply *answer, const char *shape)
{
    if (answer->type != REDIS_REPLY_ARRAY || answer->elements != strlen(shape))
        return false;
    for (size_t i = 0; i < answer->elements; i++)
        if (answer->element[i]->type != (shape[i] == 's' ? REDIS_REPLY_STRING : REDIS_REPLY_INTEGER))
            return false;
    return true;
}

static void took(struct call *call, const redisReply *answer)
{
    struct job *job = (struct job *)call;
    redisReply *const *field = answer->element;
    bool died = has_shape(answer, "ss"), task = has_shape(answer, "siiss");

    if (answer->type == REDIS_REPLY_INTEGER) {
        rest(job, answer->integer);
    } else if ((died || task) && !keep_task(job, field, answer->elements)) {
        fprintf(stderr, "worker: out of memory\n");
        give_up(call->link);
    } else if (died) {
        say(job, "went to the dead-letter list", field[1]->str);
        job->worker->dead++;
        job->idle_ms = 0;
        take_next(job);
    } else if (task) {
        job->idle_ms = 0;
        atomic_store(&job->leased, call->sent_at);
        work_on(job);
    } else {
        if (answer->type != REDIS_REPLY_ERROR) /* which was said already */
            fprintf(stderr, "worker: %s: an answer that is not TAKE's\n", job->queue.name);
        if (job->worker->set.until_empty)
            give_up(call->link);
        else
            rest(job, 1); /* something is wrong with this queue: the others go on */
    }
}

/* Takes the queue's next task, unless the worker is to stop. */
static void take(struct job *job)
{
    struct worker *w = job->worker;
    char ms[24], most[24];
    keys_refresh(&w->keys);
    if (queue_stopping) {
        rest(job, 0);
        return;
    }
    job->message[0] = '\0';
    atomic_store(&job->gone, false);
    snprintf(job->lease, sizeof job->lease, "%s-%lu", w->name, ++w->takes);
    snprintf(ms, sizeof ms, "%ld", w->set.limit[LEASE_MS]);
    snprintf(most, sizeof most, "%ld", w->set.limit[MAX_ATTEMPTS]);
    taskseal_bytes args[] = {taskseal_str(job->lease), taskseal_str(ms), taskseal_str(most)};
    link_run(&job->call, TAKE, args, 3, took);
}

/* SIGTERM and SIGINT: the tasks in hand are finished, and no others taken. */
static void stop(uv_signal_t *handle, int signal_number)
{
    struct worker *w = handle->data;
    queue_stop(signal_number);
    link_hurry(&w->link);
    end_if_all_rest(w);
}

/* ---- Setting up ------------------------------------------------------------------------------- */

static bool set_up_queues(struct worker *w, char **names, size_t count)
{
    unsigned char random[16];
    w->jobs = calloc(count, sizeof *w->jobs);
    w->link.calls = calloc(count, sizeof *w->link.calls);
    if (w->jobs == NULL || w->link.calls == NULL || getentropy(random, sizeof random) != 0)
        return perror("worker"), false;
    sodium_bin2hex(w->name, sizeof w->name, random, sizeof random);
    for (; w->count < count; w->count++) {
        if (!queue_init(&w->jobs[w->count].queue, names[w->count])) {
            fprintf(stderr, "worker: a queue's name has 1 to 255 bytes and no braces\n");
            return false;
        }
    }
    return true;
}

static bool set_up(struct worker *w)
{
    taskseal_error error = {.code = TASKSEAL_OK};
    const char *uri = getenv("TASKSEAL_URI"), *keys = getenv("TASKSEAL_KEYRING");

    if (uri == NULL || keys == NULL) {
        fputs("worker: set TASKSEAL_URI and TASKSEAL_KEYRING; see --help\n", stderr);
        return false;
    }
    if (keys_begin(&w->keys, "worker", keys, &error) == TASKSEAL_OK &&
        taskseal_redis_endpoint_new(&w->link.endpoint, uri, &error) == TASKSEAL_OK)
        return true;
    fprintf(stderr, "worker: %s: %s\n", taskseal_err_name(error.code), error.message);
    return false;
}

static bool begin(struct worker *w)
{
    if (uv_loop_init(&w->loop) != 0 || uv_signal_init(&w->loop, &w->term) != 0 ||
        uv_signal_init(&w->loop, &w->interrupt) != 0 || uv_async_init(&w->loop, &w->wake, keep_leases) != 0 ||
        uv_signal_start(&w->term, stop, SIGTERM) != 0 || uv_signal_start(&w->interrupt, stop, SIGINT) != 0) {
        fprintf(stderr, "worker: no event loop could be had\n");
        w->status = EXIT_FAILED;
        return false;
    }
    w->term.data = w->interrupt.data = w->wake.data = w;
    w->link.broken = give_up;
    link_begin(&w->link, &w->loop);
    for (size_t i = 0; i < w->count; i++) {
        struct job *job = &w->jobs[i];
        job->worker = w;
        job->work.data = job->next_look.data = job;
        uv_timer_init(&w->loop, &job->next_look);
        link_add(&w->link, &job->call, &job->queue);
    }
    for (size_t i = 0; i < w->count && !w->ending; i++)
        take(&w->jobs[i]);
    return true;
}

int main(int argc, char **argv)
{
    static struct worker w;
    int status = options_parse(&w.set, argc, argv);
    if (status >= 0)
        return status;

    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0}); /* a core dump would hold payloads */
    w.status = EXIT_USAGE;
    if (set_up_queues(&w, argv + optind, (size_t)(argc - optind)) && set_up(&w) && begin(&w)) {
        uv_run(&w.loop, UV_RUN_DEFAULT);
        for (size_t i = 0; i < w.count; i++)
            let_go(&w.jobs[i]);
        printf("%lu done, %lu done before, %lu dead-lettered, %lu put off, %lu lost to other workers\n",
               w.done, w.repeated, w.dead, w.retried, w.lost);
        uv_loop_close(&w.loop);
    }
    free(w.jobs);
    free(w.link.calls);
    taskseal_redis_endpoint_free(w.link.endpoint);
    keys_end(&w.keys);
    return w.status;
}
