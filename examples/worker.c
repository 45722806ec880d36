/* SPDX-License-Identifier: MIT
 *
 * worker: takes tasks, opens them, handles them. A template: put your work into handle().
 *
 *     cc worker.c $(pkg-config --cflags --libs taskseal) -o worker
 *
 * At least once: a task that was taken is in {queue}:active with the deadline of its lease until it is
 * finished, so a worker that dies loses nothing: whoever asks next after the deadline gets the task.
 * A handler must therefore bear being run twice; it is not run again after its success was recorded,
 * because a message that is done is remembered by its id.
 * The layout and the scripts are in queue.h, the keys in keys.h. worker_uv.c does the same with an event loop.
 */
#define _DEFAULT_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <sys/resource.h>
#include <unistd.h>

#include "keys.h"
#include "options.h"
#include "queue.h"

struct worker {
    struct keys keys;
    redisContext *redis;
    struct queue *queues;
    size_t queue_count;
    struct options set;
    char name[33]; /* of this process, in its leases */
    unsigned long takes, done, retried, dead, lost, repeated;
};

/* What is known of a task in hand. */
struct job {
    const struct queue *queue;
    taskseal_bytes id, type;
    char lease[64];                                  /* this take of this worker, and no other */
    char message[2 * TASKSEAL_MESSAGE_ID_BYTES + 1]; /* empty until it is claimed */
    long attempts, waits;
    long leased; /* when the lease was last known to be whole, by now_ms() */
    const void *payload;
    size_t payload_len;
};

/* ---- Your work -------------------------------------------------------------------------------- */

typedef enum { HANDLED, TRY_AGAIN, REJECT } verdict;

static bool keep_lease(struct worker *w, struct job *job);

/* Does the task's work; the demo's is to write the payload's hash to a ledger. The payload is wiped after it
 * returns. Long work calls keep_lease() again and again on its way (it costs nothing until a quarter of the
 * lease is over), and stops if that says false: then another worker has the task. Nothing secret belongs
 * into logs or error texts. */
static verdict handle(struct worker *w, struct job *job)
{
    unsigned char hash[crypto_hash_sha256_BYTES];
    char hex[2 * sizeof hash + 1], line[1024];

    if (w->set.ledger < 0)
        return HANDLED;
    crypto_hash_sha256(hash, job->payload, job->payload_len);
    sodium_bin2hex(hex, sizeof hex, hash, sizeof hash);
    int len = snprintf(line, sizeof line, "%s\t%.*s\t%s\n", job->queue->name, (int)job->id.len,
                       (const char *)job->id.data, hex);
    if (len < 0 || (size_t)len >= sizeof line)
        return REJECT;
    ssize_t wrote;
    do
        wrote = write(w->set.ledger, line, (size_t)len);
    while (wrote < 0 && errno == EINTR);
    return wrote == len && keep_lease(w, job) ? HANDLED : TRY_AGAIN;
}

/* ---- One task --------------------------------------------------------------------------------- */

static void say(const struct job *job, const char *what, const char *error)
{
    char id[SERVER_TEXT], text[SERVER_TEXT];
    fprintf(stderr, "worker: %s: task %s %s: %s\n", job->queue->name,
            server_text(id, job->id.data, job->id.len), what, server_text(text, error, strlen(error)));
}

/* Runs a script that answers with a word. False: the worker can't go on. */
static bool ask(struct worker *w, const struct job *job, const char *script, const taskseal_bytes *args,
                size_t count, char answer[8])
{
    redisReply *reply = queue_run(w->redis, job->queue, script, args, count);
    if (reply == NULL)
        return false;
    snprintf(answer, 8, "%s", reply->type == REDIS_REPLY_STRING ? reply->str : "error");
    freeReplyObject(reply);
    return true;
}

static bool keep_lease(struct worker *w, struct job *job)
{
    long now = now_ms();
    char ms[24], answer[8];
    if (now - job->leased < w->set.limit[LEASE_MS] / 4)
        return true;
    snprintf(ms, sizeof ms, "%ld", w->set.limit[LEASE_MS]);
    taskseal_bytes args[] = {job->id, taskseal_str(job->lease), taskseal_str(job->message), taskseal_str(ms)};
    if (!ask(w, job, KEEP, args, 4, answer) || strcmp(answer, "ok") != 0)
        return false;
    job->leased = now;
    return true;
}

/* Counts what became of a task. A lost lease doesn't stop the worker: the task lives on elsewhere. */
static bool settled(struct worker *w, const struct job *job, const char *answer, unsigned long *counter)
{
    if (strcmp(answer, "ok") == 0)
        return ++*counter;
    say(job, "is not ours any more", answer);
    return ++w->lost;
}

static bool bury(struct worker *w, const struct job *job, const char *error)
{
    char answer[8];
    taskseal_bytes args[] = {job->id, taskseal_str(job->lease), taskseal_str(job->message),
                             taskseal_str(error)};
    say(job, "goes to the dead-letter list", error);
    return ask(w, job, BURY, args, 4, answer) && settled(w, job, answer, &w->dead);
}

/* A failure of the handler counts as an attempt. Waiting for a key or a clock doesn't, but has an end too. */
static bool retry(struct worker *w, const struct job *job, const char *error, bool waiting)
{
    char answer[8], ms[24];
    if (waiting ? job->waits >= w->set.limit[MAX_WAITS] : job->attempts >= w->set.limit[MAX_ATTEMPTS])
        return bury(w, job, error);
    snprintf(ms, sizeof ms, "%ld",
             back_off_ms(w->set.limit[RETRY_MS], 300000, waiting ? job->waits : job->attempts - 1));
    taskseal_bytes args[] = {
        job->id,          taskseal_str(job->lease),         taskseal_str(job->message), taskseal_str(error),
        taskseal_str(ms), taskseal_str(waiting ? "1" : "0")};
    say(job, "will be tried again", error);
    return ask(w, job, RETRY, args, 6, answer) && settled(w, job, answer, &w->retried);
}

/* The message is remembered as done for as long as it could be replayed, and for what the clocks of
 * producers, workers and server may differ. Whoever may write to {queue}:m:* can make the worker forget: keep
 * it elsewhere if writers of the queue are not trusted with that. */
static bool finish(struct worker *w, const struct job *job, uint64_t replay_until)
{
    enum { CLOCK_SPREAD = 300 };
    char answer[8], until[24];
    snprintf(until, sizeof until, "%" PRIu64, replay_until != 0 ? replay_until + CLOCK_SPREAD : 0);
    taskseal_bytes args[] = {job->id, taskseal_str(job->lease), taskseal_str(job->message),
                             taskseal_str(until)};
    return ask(w, job, FINISH, args, 4, answer) && settled(w, job, answer, &w->done);
}

/* Opens, claims, handles and settles one task. False: the worker can't go on. */
static bool work_on(struct worker *w, struct job *job, void *sealed, size_t sealed_len)
{
    /* Queue and id are what WE asked for and took; type is the stored one, which must be the sealed one. */
    taskseal_open_options options = {
        .keyring = w->keys.ring,
        .context = {.queue = taskseal_str(job->queue->name), .type = job->type, .id = job->id},
        .max_age = (uint64_t)w->set.limit[MAX_AGE]};
    taskseal_opened opened;
    void *payload;
    char answer[8];

    taskseal_err err =
        taskseal_open_in_place(&options, sealed, sealed_len, &payload, &job->payload_len, &opened);
    if (err != TASKSEAL_OK)
        return taskseal_err_permanent(err) ? bury(w, job, taskseal_err_name(err))
                                           : retry(w, job, taskseal_err_name(err), true);

    /* Only now is the message id to be trusted. */
    sodium_bin2hex(job->message, sizeof job->message, opened.message_id, sizeof opened.message_id);
    taskseal_bytes args[] = {job->id, taskseal_str(job->lease), taskseal_str(job->message)};
    if (!ask(w, job, CLAIM, args, 3, answer))
        return false;
    if (strcmp(answer, "done") == 0) {
        say(job, "is dropped", "it was done before: replayed, or queued twice");
        return ++w->repeated;
    }
    if (strcmp(answer, "busy") == 0)
        return retry(w, job, "message-claimed-elsewhere", true);
    if (strcmp(answer, "ok") != 0)
        return settled(w, job, answer, &w->lost);

    job->payload = payload;
    switch (handle(w, job)) {
    case HANDLED:
        return finish(w, job, opened.replay_until);
    case TRY_AGAIN:
        return retry(w, job, "handler-failed", false);
    default:
        return bury(w, job, "handler-rejected");
    }
}

/* ---- All tasks -------------------------------------------------------------------------------- */

enum { WORKED = -1, BROKEN = -2 };

static long long serve_answer(struct worker *w, struct job *job, const redisReply *answer)
{
    redisReply *const *field = answer->element;
    if (answer->type == REDIS_REPLY_INTEGER)
        return answer->integer;
    if (answer->type == REDIS_REPLY_ARRAY && answer->elements >= 2)
        job->id = (taskseal_bytes){field[0]->str, field[0]->len};
    if (answer->type == REDIS_REPLY_ARRAY && answer->elements == 2 && field[1]->type == REDIS_REPLY_STRING) {
        say(job, "went to the dead-letter list", field[1]->str);
        w->dead++;
        return WORKED;
    }
    if (answer->type == REDIS_REPLY_ARRAY && answer->elements == 5) {
        job->attempts = (long)field[1]->integer;
        job->waits = (long)field[2]->integer;
        job->type = (taskseal_bytes){field[3]->str, field[3]->len};
        bool good = work_on(w, job, field[4]->str, field[4]->len);
        sodium_memzero(field[4]->str, field[4]->len); /* the payload was opened in place */
        return good ? WORKED : BROKEN;
    }
    if (answer->type != REDIS_REPLY_ERROR) /* which queue_run has said */
        fprintf(stderr, "worker: %s: an answer that is not TAKE's\n", job->queue->name);
    return w->set.until_empty ? BROKEN : 1; /* something is wrong with this queue: the others go on */
}

/* Takes and does one task of the queue. Without one: how many are active elsewhere or delayed. */
static long long serve(struct worker *w, const struct queue *queue)
{
    struct job job = {.queue = queue, .leased = now_ms()};
    char ms[24], most[24];
    snprintf(job.lease, sizeof job.lease, "%s-%lu", w->name, ++w->takes);
    snprintf(ms, sizeof ms, "%ld", w->set.limit[LEASE_MS]);
    snprintf(most, sizeof most, "%ld", w->set.limit[MAX_ATTEMPTS]);
    taskseal_bytes args[] = {taskseal_str(job.lease), taskseal_str(ms), taskseal_str(most)};
    redisReply *answer = queue_run(w->redis, queue, TAKE, args, 3);
    long long result = answer != NULL ? serve_answer(w, &job, answer) : BROKEN;
    freeReplyObject(answer);
    return result;
}

/* One task of each queue in turn, so that no queue starves another. Polls when there is nothing: with a
 * blocking command the take could not be one script, and a poll is a few bytes. */
static bool serve_all(struct worker *w)
{
    long idle_ms = 0;
    while (!queue_stopping) {
        bool worked = false;
        long long waiting = 0;
        for (size_t i = 0; i < w->queue_count && !queue_stopping; i++) {
            keys_refresh(&w->keys);
            long long result = serve(w, &w->queues[i]);
            if (result == BROKEN)
                return queue_stopping; /* giving up a reconnect because of SIGTERM is no failure */
            worked = worked || result == WORKED;
            waiting += result > 0 ? result : 0;
        }
        idle_ms = worked ? 0 : idle_ms < 250 ? idle_ms + 10 : 250;
        if (w->set.until_empty && !worked && waiting == 0)
            return true;
        if (idle_ms > 0 && !queue_stopping)
            pause_ms(idle_ms);
    }
    return true;
}

/* ---- Setting up ------------------------------------------------------------------------------- */

static bool set_up_queues(struct worker *w, char **names, size_t count)
{
    unsigned char random[16];
    w->queues = calloc(count, sizeof *w->queues);
    if (w->queues == NULL || getentropy(random, sizeof random) != 0)
        return perror("worker"), false;
    sodium_bin2hex(w->name, sizeof w->name, random, sizeof random);
    for (; w->queue_count < count; w->queue_count++) {
        if (!queue_init(&w->queues[w->queue_count], names[w->queue_count])) {
            fprintf(stderr, "worker: a queue's name has 1 to 255 bytes and no braces\n");
            return false;
        }
    }
    return true;
}

static int set_up(struct worker *w)
{
    taskseal_redis_endpoint *endpoint = NULL;
    taskseal_error error = {.code = TASKSEAL_OK};
    const char *uri = getenv("TASKSEAL_URI"), *keys = getenv("TASKSEAL_KEYRING");
    int status = EXIT_USAGE;

    if (uri == NULL || keys == NULL) {
        fputs("worker: set TASKSEAL_URI and TASKSEAL_KEYRING; see --help\n", stderr);
        return EXIT_USAGE;
    }
    if (keys_begin(&w->keys, "worker", keys, &error) == TASKSEAL_OK &&
        taskseal_redis_endpoint_new(&endpoint, uri, &error) == TASKSEAL_OK)
        status = taskseal_redis_connect(endpoint, &w->redis, &error) == TASKSEAL_OK ? EXIT_DONE : EXIT_FAILED;
    if (status != EXIT_DONE)
        fprintf(stderr, "worker: %s: %s\n", taskseal_err_name(error.code), error.message);
    taskseal_redis_endpoint_free(endpoint); /* the connection keeps what it needs */
    return status;
}

int main(int argc, char **argv)
{
    struct worker w = {.redis = NULL};
    int status = options_parse(&w.set, argc, argv);
    if (status >= 0)
        return status;

    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0}); /* a core dump would hold payloads */
    queue_stop_on_signals();
    status = set_up_queues(&w, argv + optind, (size_t)(argc - optind)) ? set_up(&w) : EXIT_USAGE;
    if (status == EXIT_DONE) {
        status = serve_all(&w) ? EXIT_DONE : EXIT_FAILED;
        printf("%lu done, %lu done before, %lu dead-lettered, %lu put off, %lu lost to other workers\n",
               w.done, w.repeated, w.dead, w.retried, w.lost);
    }
    free(w.queues);
    if (w.redis != NULL)
        redisFree(w.redis);
    keys_end(&w.keys);
    return status;
}
