/* SPDX-License-Identifier: MIT
 *
 * asynq_producer: seals each line of its input and enqueues it as a task for workers of Asynq (Go), one of which is
 * examples/asynq-worker. A template: keep send_batch(), and change where payloads come from. The keys are in keys.h.
 *
 *     cc asynq_producer.c $(pkg-config --cflags --libs taskseal) -o asynq_producer
 */
#define _GNU_SOURCE 1 /* ppoll */
#include <getopt.h>
#include <limits.h>
#include <poll.h>
#include <sys/resource.h>

#include <taskseal/asynq.h>

#include "keys.h"
#include "lines.h"
#include "queue_node.h"
#include "server.h"

enum {
    BATCH = 128,           /* tasks: as many as the library sends in a round trip */
    BATCH_BYTES = 8 << 20, /* but no more than about this much payload */
    GIVE_UP_MS = 60000     /* for so long a batch is tried again */
};

enum { EXIT_ALL = 0, EXIT_SOME = 1, EXIT_USAGE = 2, EXIT_FAILED = 3 };

struct producer {
    struct keys keys;
    redisContext *redis;
    taskseal_seal_options seal;
    taskseal_asynq_task task; /* what all have in common */
    bool ids;                 /* each line begins with one */
    int status;

    taskseal_asynq_task tasks[BATCH];
    taskseal_asynq_result results[BATCH];
    unsigned long lines[BATCH];
    char *texts[BATCH]; /* what id and payload point into */
    size_t lens[BATCH];
    size_t count, bytes;
};

static const char USAGE[] =
    "usage: asynq_producer [OPTION]... QUEUE TYPE <PAYLOADS\n"
    "\n"
    "Seals each line of standard input and enqueues it as a task for workers of Asynq. Prints each task's\n"
    "id and what became of it: queued, exists (a task of this id is there), or duplicate (an equal one that\n"
    "is --unique is not done). What a lost connection leaves in doubt is tried again for a minute, under "
    "the\n"
    "same id.\n"
    "\n"
    "  --ids            each line is an id, a tab and a payload: what is sent again is not queued twice\n"
    "  --id ID          the id of the first task; later ones get made ones\n"
    "  --in S, --at T   due in S seconds, or at a time (seconds since 1970); default: at once\n"
    "  --expires-in S   S seconds after it was due workers refuse it; default: never\n"
    "  --group GROUP    to be aggregated by the worker\n"
    "  --unique S       no equal one until S seconds after it is due, while it is not done. Needs a dedupe\n"
    "                   key: taskseal key add NAME --type dedupe, then taskseal key promote NAME\n"
    "  --retries N      0 for none; default: 25\n"
    "  --timeout S      that a worker may take; default: 1800, or no limit if there is a deadline\n"
    "  --deadline T     by which it must be done (seconds since 1970)\n"
    "  --retention S    that it is kept once it is done; default: 0\n"
    "\n"
    "environment:\n"
    "  TASKSEAL_URI      rediss://user:password@host:port/0?cacert=...&cert=...&key=... The user's rights:\n"
    "                    taskseal doctor --role producer --layout asynq\n"
    "  TASKSEAL_KEYRING  the key file; or fd:N, env:NAME (no SIGHUP for these two) or credential:NAME\n"
    "\n"
    "example:\n"
    "  echo '{\"to\":\"ann@example.com\"}' | asynq_producer --in 60 --expires-in 86400 mail welcome\n"
    "\n"
    "SIGHUP: loads the keys anew before the next batch. SIGTERM, SIGINT: finishes the batch in hand, then\n"
    "ends by that signal; what was not printed was not sent.\n"
    "exit status: 0 all are there, 1 some lines were refused, 2 usage or configuration, 3 connection, input "
    "or\n"
    "output failed\n";

/* ---- Waiting ---------------------------------------------------------------------------------- */

static volatile sig_atomic_t stopped; /* the signal */

static void note_stop(int signal_number)
{
    stopped = signal_number;
}

/* Signals are let through in wait_for() alone: none can come between a look and the wait, or into a batch. */
static void hold_signals(void)
{
    sigset_t held;
    sigemptyset(&held);
    sigaddset(&held, SIGHUP);
    sigaddset(&held, SIGINT);
    sigaddset(&held, SIGTERM);
    sigprocmask(SIG_BLOCK, &held, NULL);
    sigaction(SIGINT, &(struct sigaction){.sa_handler = note_stop}, NULL);
    sigaction(SIGTERM, &(struct sigaction){.sa_handler = note_stop}, NULL);
}

/* Waits until there is input (fd -1: there is none), for `ms` at most (-1: for ever), or until it is to stop. Takes new
 * keys meanwhile. True if there is input. */
static bool wait_for(struct producer *p, int fd, long ms)
{
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    const struct timespec limit = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};
    sigset_t none;
    int got;
    sigemptyset(&none);
    (void)ppoll(NULL, 0, &(struct timespec){0}, &none); /* one that finds input lets no signal through */
    do {
        got = ppoll(&ready, 1, ms < 0 ? NULL : &limit, &none);
        keys_refresh(&p->keys);
    } while (got < 0 && errno == EINTR && stopped == 0);
    p->seal.keyring = p->keys.ring;
    return got > 0 && stopped == 0;
}

/* ---- Sending ---------------------------------------------------------------------------------- */

static const char *word(taskseal_asynq_outcome outcome)
{
    switch (outcome) {
    case TASKSEAL_ASYNQ_QUEUED:
        return "queued";
    case TASKSEAL_ASYNQ_EXISTS:
        return "exists";
    case TASKSEAL_ASYNQ_DUPLICATE:
        return "duplicate";
    case TASKSEAL_ASYNQ_REFUSED:
        return "refused";
    case TASKSEAL_ASYNQ_IN_DOUBT:
        return "in doubt";
    case TASKSEAL_ASYNQ_NOT_SENT:
        break;
    }
    return "not sent";
}

/* Why another try may change what became of one of them; OK if none can. */
static taskseal_err unfinished(const struct producer *p)
{
    for (size_t i = 0; i < p->count; i++) {
        const taskseal_asynq_result *r = &p->results[i];
        if (r->outcome == TASKSEAL_ASYNQ_NOT_SENT || r->outcome == TASKSEAL_ASYNQ_IN_DOUBT)
            return r->err != TASKSEAL_OK ? r->err : TASKSEAL_ERR_IO;
        if (r->outcome == TASKSEAL_ASYNQ_REFUSED && !taskseal_err_permanent(r->err))
            return r->err; /* its memory is full, say */
    }
    return TASKSEAL_OK;
}

static void finish_task(struct producer *p, size_t i)
{
    const taskseal_asynq_result *r = &p->results[i];
    const taskseal_bytes id = r->id[0] != '\0' ? taskseal_str(r->id) : p->tasks[i].id;
    printf("%.*s %s\n", id.len > 0 ? (int)id.len : 1, id.len > 0 ? (const char *)id.data : "-",
           word(r->outcome));
    if (r->outcome == TASKSEAL_ASYNQ_REFUSED) {
        taskseal_error why = {.message = ""};
        size_t size;
        p->status = EXIT_SOME;
        bool mine = taskseal_asynq_size(&p->tasks[i], &size, &why) != TASKSEAL_OK; /* not the server's */
        fprintf(stderr, "asynq_producer: line %lu refused: %s: %s\n", p->lines[i], taskseal_err_name(r->err),
                mine ? why.message : taskseal_err_text(r->err));
    }
    explicit_bzero(p->texts[i], p->lens[i]);
    free(p->texts[i]);
}

/* Tries until each has its outcome, on a new connection each time: the name may lead to another server by then. The
 * ids stay as they are, so a task that was in doubt, and is there, `exists`. False if some have none in the end. */
static bool send_batch(struct producer *p)
{
    taskseal_redis_backoff pauses = {.first_ms = 500};
    taskseal_error error = {.code = TASKSEAL_OK};
    const long begun = now_ms();
    unsigned delay;
    taskseal_err err = taskseal_asynq_enqueue_batch(p->redis, p->tasks, p->count, p->results, &error);
    taskseal_err why = err == TASKSEAL_OK ? TASKSEAL_OK : unfinished(p);
    while (why != TASKSEAL_OK && stopped == 0 && now_ms() - begun < GIVE_UP_MS &&
           taskseal_redis_backoff_next(&pauses, why, &delay)) {
        fprintf(stderr, "asynq_producer: %s; trying again\n", error.message);
        (void)wait_for(p, -1, delay);
        err = why = taskseal_redis_reconnect(p->redis, &error);
        if (err == TASKSEAL_OK)
            err = taskseal_asynq_resume(p->redis, p->tasks, p->count, p->results, &error);
        if (why == TASKSEAL_OK && err != TASKSEAL_OK)
            why = unfinished(p);
    }
    for (size_t i = 0; i < p->count; i++)
        finish_task(p, i);
    p->count = p->bytes = 0;
    if (err != TASKSEAL_OK && err != TASKSEAL_ERR_BAD_ARGUMENT)
        fprintf(stderr, "asynq_producer: %s%s: %s\n", why != TASKSEAL_OK ? "gave up: " : "",
                taskseal_err_name(err), error.message);
    if (fflush(stdout) != 0) {
        perror("asynq_producer: output");
        return false;
    }
    return why == TASKSEAL_OK;
}

/* ---- From lines to batches -------------------------------------------------------------------- */

static void refuse(struct producer *p, const struct lines *in, const char *reason)
{
    p->status = EXIT_SOME;
    fprintf(stderr, "asynq_producer: line %lu refused: %s\n", in->number, reason);
}

/* Keeps the line's bytes until its task is sent. */
static void add_task(struct producer *p, const struct lines *in)
{
    taskseal_asynq_task *task = &p->tasks[p->count];
    const char *tab = p->ids ? memchr(in->line, '\t', in->line_len <= LINES_MAX ? in->line_len : 0) : NULL;
    const size_t id_len = tab != NULL ? (size_t)(tab - in->line) : 0, before = tab != NULL ? id_len + 1 : 0;
    if (in->line_len > LINES_MAX || (p->ids && id_len == 0)) {
        refuse(p, in,
               p->ids && in->line_len <= LINES_MAX ? "it begins with no id and tab" : "longer than 16 MiB");
        return;
    }
    char *text = malloc(in->line_len + 1);
    if (text == NULL) {
        refuse(p, in, "out of memory");
        return;
    }
    memcpy(text, in->line, in->line_len);
    *task = p->task;
    if (p->ids)
        task->id = (taskseal_bytes){text, id_len};
    task->payload = (taskseal_bytes){text + before, in->line_len - before};
    p->task.id = (taskseal_bytes){NULL, 0}; /* that of the first one only */
    p->texts[p->count] = text;
    p->lens[p->count] = in->line_len;
    p->lines[p->count++] = in->number;
    p->bytes += in->line_len;
}

/* Sends what it has whenever there is no more input yet: a batch that isn't full should not wait for it. */
static bool await_input(struct producer *p, struct lines *in)
{
    if (!wait_for(p, in->fd, 0) && p->count > 0 && !send_batch(p))
        return false;
    if (!wait_for(p, in->fd, -1))
        return true; /* it is to stop */
    if (lines_read(in))
        return true;
    perror("asynq_producer: input");
    return false;
}

static int produce(struct producer *p, struct lines *in)
{
    enum lines_result got = LINES_MORE;
    while (got != LINES_END && stopped == 0) {
        got = lines_next(in);
        if (got == LINES_MORE && !await_input(p, in))
            return EXIT_FAILED;
        if (got == LINES_LINE)
            add_task(p, in);
        if ((p->count == BATCH || p->bytes >= BATCH_BYTES) && !send_batch(p))
            return EXIT_FAILED;
    }
    if (p->count > 0 && !send_batch(p))
        return EXIT_FAILED;
    return p->status;
}

/* ---- Setting up ------------------------------------------------------------------------------- */

static bool number(const char *text, uint64_t *out)
{
    char *end;
    errno = 0;
    *out = strtoull(text, &end, 10);
    return errno == 0 && text[0] >= '0' && text[0] <= '9' && *end == '\0';
}

static int usage(const char *what, const char *which)
{
    fprintf(stderr, "asynq_producer: %s%s; see --help\n", what, which);
    return EXIT_USAGE;
}

/* EXIT_ALL, EXIT_USAGE, or -1 after --help. */
static int take_options(struct producer *p, int argc, char **argv)
{
    enum { NUMBERS = 8 };
    static const struct option options[] = {{"at", required_argument, NULL, 0},
                                            {"deadline", required_argument, NULL, 1},
                                            {"expires-in", required_argument, NULL, 2},
                                            {"in", required_argument, NULL, 3},
                                            {"retention", required_argument, NULL, 4},
                                            {"retries", required_argument, NULL, 5},
                                            {"timeout", required_argument, NULL, 6},
                                            {"unique", required_argument, NULL, 7},
                                            {"group", required_argument, NULL, 'g'},
                                            {"id", required_argument, NULL, 'i'},
                                            {"ids", no_argument, NULL, 's'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    taskseal_asynq_task *task = &p->task;
    uint64_t retries = 25;
    uint64_t *const numbers[NUMBERS] = {&task->process_at, &task->deadline,  &p->seal.lifetime,
                                        &task->process_in, &task->retention, &retries,
                                        &task->timeout,    &task->unique_ttl};
    int option;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 'h')
            return fputs(USAGE, stdout) < 0 ? EXIT_FAILED : -1;
        if (option == '?')
            return EXIT_USAGE; /* and has been said */
        if (option < NUMBERS && !number(optarg, numbers[option]))
            return usage("a whole number comes after --", options[option].name);
        if (option == 'g')
            task->group = taskseal_str(optarg);
        if (option == 'i')
            task->id = taskseal_str(optarg);
        p->ids = p->ids || option == 's';
    }
    if (retries > INT_MAX)
        return usage("too many --retries", "");
    if (p->ids && task->id.len > 0)
        return usage("--id and --ids: give one of them", "");
    if (argc - optind != 2)
        return usage("give a QUEUE and a TYPE", "");
    task->retries = retries > 0 ? (int)retries : TASKSEAL_ASYNQ_NO_RETRIES;
    task->queue = taskseal_str(argv[optind]);
    task->type = taskseal_str(argv[optind + 1]);
    return EXIT_ALL;
}

static int set_up(struct producer *p)
{
    taskseal_redis_endpoint *endpoint = NULL;
    taskseal_error error;
    const char *uri = getenv("TASKSEAL_URI"), *keys = getenv("TASKSEAL_KEYRING");
    int status = EXIT_USAGE;
    size_t size;

    if (uri == NULL || keys == NULL)
        return usage("set ", uri == NULL ? "TASKSEAL_URI" : "TASKSEAL_KEYRING");
    if (keys_begin(&p->keys, "asynq_producer", keys, &error) == TASKSEAL_OK) {
        p->seal.keyring = p->keys.ring;
        p->task.seal = &p->seal;
        /* The first: whether such a task can be made at all. No line need be read to know. */
        if (taskseal_asynq_size(&p->task, &size, &error) == TASKSEAL_OK &&
            taskseal_redis_endpoint_new(&endpoint, uri, &error) == TASKSEAL_OK) {
            status = EXIT_FAILED;
            if (connect_for_queue(endpoint, &p->task, &p->redis, &error) == TASKSEAL_OK)
                status = EXIT_ALL;
        }
    }
    if (status != EXIT_ALL)
        fprintf(stderr, "asynq_producer: %s: %s\n", taskseal_err_name(error.code), error.message);
    taskseal_redis_endpoint_free(endpoint); /* the connection keeps what it needs */
    return status;
}

int main(int argc, char **argv)
{
    static struct producer p;
    static struct lines in;
    int status = take_options(&p, argc, argv);
    if (status != EXIT_ALL)
        return status < 0 ? EXIT_ALL : status;
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0}); /* a core dump would hold payloads */
    hold_signals();
    status = set_up(&p);
    if (status == EXIT_ALL && !lines_open(&in, STDIN_FILENO)) {
        perror("asynq_producer");
        status = EXIT_FAILED;
    }
    if (status == EXIT_ALL)
        status = produce(&p, &in);
    lines_close(&in);
    if (p.redis != NULL)
        redisFree(p.redis);
    keys_end(&p.keys);
    if (stopped != 0) {
        signal(stopped, SIG_DFL);
        raise(stopped); /* held until the next line */
        sigprocmask(SIG_SETMASK, &(sigset_t){0}, NULL);
    }
    return status;
}
