/* SPDX-License-Identifier: MIT
 *
 * producer: seals the payload of each task and queues it. A template: keep seal_task() and send_batch(),
 * and change where tasks come from (jsonl.h). The keys are in keys.h.
 *
 *     cc producer.c $(pkg-config --cflags --libs taskseal jansson) -o producer
 *
 * Layout, with one hash tag per queue so that all keys of a task live in one cluster slot:
 *     {queue}:t:<id>    hash: type, sealed (an envelope bound to queue, type and id)
 *     {queue}:pending   list of ids, newest first
 */
#define _GNU_SOURCE 1 /* ppoll */
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <stdarg.h>
#include <sys/resource.h>
#include <time.h>

#include "jsonl.h"
#include "keys.h"
#include "server.h"

enum {
    DEPTH = 64,            /* commands in flight */
    BATCH_BYTES = 8 << 20, /* but no more than about this much sealed payload */
    TRIES = 6,             /* more, for a connection that fails: half a minute with the pauses */
    LEDGER_LINE = 1024     /* more than a line of three names and a hash has */
};

enum { EXIT_ALL = 0, EXIT_SOME = 1, EXIT_USAGE = 2, EXIT_FAILED = 3 };

/* One script, because HSET and LPUSH must happen both or not at all: a producer that is killed between two
 * commands would leave a hash that no list names. LPUSH comes first, for an error in the middle undoes
 * nothing, and an id without a task is dropped by whoever takes it. MULTI can't: they depend on what EXISTS says.
 * EVAL rather than EVALSHA: the text is short, and there is no script cache to lose in a failover. An
 * equal envelope is our own, sent again after a lost connection: queued, not a duplicate. */
static const char ENQUEUE[] = "local task, pending = KEYS[1], KEYS[2] "
                              "local id, type, sealed = ARGV[1], ARGV[2], ARGV[3] "
                              "if redis.call('EXISTS', task) == 0 then "
                              "  redis.call('LPUSH', pending, id) "
                              "  redis.call('HSET', task, 'type', type, 'sealed', sealed) "
                              "  return 1 "
                              "end "
                              "return redis.call('HGET', task, 'sealed') == sealed and 1 or 0";

struct sealed_task {
    struct jsonl_task task;
    void *sealed;
    size_t sealed_len;
    unsigned char hash[crypto_hash_sha256_BYTES];
    enum { UNANSWERED, QUEUED, EXISTS, REFUSED } answer;
    char reason[SERVER_TEXT]; /* of REFUSED */
};

struct producer {
    struct keys keys;
    redisContext *redis;
    FILE *ledger;
    struct sealed_task batch[DEPTH];
    size_t count, bytes;
    bool demoted; /* the server has become a replica */
    unsigned long queued, refused;
};

/* Says what is wrong with a line. Never what it holds. */
__attribute__((format(printf, 3, 4))) static void refuse(struct producer *p, unsigned long line,
                                                         const char *format, ...)
{
    va_list args;
    p->refused++;
    fprintf(stderr, "producer: line %lu refused: ", line);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
}

/* ---- Sealing ---------------------------------------------------------------------------------- */

/* The id must be there before the payload is sealed, because the envelope is bound to it. */
static bool make_id(struct jsonl_task *task)
{
    unsigned char random[16];
    if (task->id[0] != '\0')
        return true;
    if (getentropy(random, sizeof random) != 0)
        return false;
    sodium_bin2hex(task->id, sizeof task->id, random, sizeof random);
    return true;
}

static taskseal_err seal_task(struct producer *p, struct sealed_task *s)
{
    struct jsonl_task *task = &s->task;
    if (!make_id(task))
        return TASKSEAL_ERR_NO_RANDOM;
    taskseal_seal_options options = {.keyring = p->keys.ring,
                                     .context = {.queue = taskseal_str(task->queue),
                                                 .type = taskseal_str(task->type),
                                                 .id = taskseal_str(task->id)},
                                     .lifetime = task->lifetime};
    size_t size;
    taskseal_err err = taskseal_seal_size(&options, task->payload_len, &size, NULL);
    if (err != TASKSEAL_OK)
        return err;
    s->sealed = malloc(size);
    if (s->sealed == NULL)
        return TASKSEAL_ERR_NO_MEMORY;
    err = taskseal_seal(&options, task->payload, task->payload_len, s->sealed, size, &s->sealed_len);
    if (err != TASKSEAL_OK)
        free(s->sealed);
    else if (p->ledger != NULL)
        crypto_hash_sha256(s->hash, (const unsigned char *)task->payload, task->payload_len);
    return err;
}

/* ---- Queueing --------------------------------------------------------------------------------- */

static void append_task(redisContext *redis, const struct sealed_task *s)
{
    const struct jsonl_task *task = &s->task;
    char key[2 * JSONL_NAME_MAX + 8], pending[JSONL_NAME_MAX + 16];
    int key_len = snprintf(key, sizeof key, "{%s}:t:%s", task->queue, task->id);
    int pending_len = snprintf(pending, sizeof pending, "{%s}:pending", task->queue);
    const char *argv[] = {"EVAL", ENQUEUE, "2", key, pending, task->id, task->type, s->sealed};
    size_t lens[] = {4,
                     sizeof ENQUEUE - 1,
                     1,
                     (size_t)key_len,
                     (size_t)pending_len,
                     strlen(task->id),
                     strlen(task->type),
                     s->sealed_len};
    redisAppendCommandArgv(redis, 8, argv, lens); /* if this fails, so does redisGetReply */
}

/* An error that concerns one line is its answer; any other is returned. */
static taskseal_err note_answer(struct producer *p, struct sealed_task *s, const redisReply *reply)
{
    taskseal_err err = taskseal_redis_reply_error(reply);
    if (err == TASKSEAL_OK) {
        s->answer = reply->type == REDIS_REPLY_INTEGER && reply->integer == 1 ? QUEUED : EXISTS;
        return TASKSEAL_OK;
    }
    server_text(s->reason, reply->str, reply->len);
    p->demoted = p->demoted || server_demoted(reply);
    if (err != TASKSEAL_ERR_SERVER_ERROR && err != TASKSEAL_ERR_NO_PERMISSION)
        return err;
    s->answer = REFUSED;
    return TASKSEAL_OK;
}

/* One try at what has no answer yet. A busy server or a broken connection leaves it open whether a task is
 * queued: it may be sent again, because ENQUEUE knows its own. */
static taskseal_err try_batch(struct producer *p)
{
    taskseal_err err = TASKSEAL_OK;
    for (size_t i = 0; i < p->count; i++)
        if (p->batch[i].answer == UNANSWERED)
            append_task(p->redis, &p->batch[i]);
    for (size_t i = 0; i < p->count; i++) {
        redisReply *reply = NULL;
        if (p->batch[i].answer != UNANSWERED)
            continue;
        if (redisGetReply(p->redis, (void **)&reply) != REDIS_OK)
            return taskseal_redis_error(p->redis);
        taskseal_err said = note_answer(p, &p->batch[i], reply);
        if (said != TASKSEAL_OK && err == TASKSEAL_OK)
            fprintf(stderr, "producer: the server says: %s\n", p->batch[i].reason);
        err = err == TASKSEAL_OK ? said : err;
        freeReplyObject(reply);
    }
    return err;
}

static void finish_task(struct producer *p, struct sealed_task *s)
{
    char hex[2 * sizeof s->hash + 1];
    switch (s->answer) {
    case UNANSWERED:
        refuse(p, s->task.line, "no answer: it may be queued or not");
        break;
    case EXISTS:
        refuse(p, s->task.line, "id exists: a task of that queue and id is still there");
        break;
    case REFUSED:
        refuse(p, s->task.line, "the server says: %s", s->reason);
        break;
    case QUEUED:
        p->queued++;
        if (p->ledger != NULL)
            fprintf(p->ledger, "%lu\t%s\t%s\t%s\t%s\n", s->task.line, s->task.queue, s->task.type, s->task.id,
                    sodium_bin2hex(hex, sizeof hex, s->hash, sizeof s->hash));
    }
    free(s->sealed);
}

/* Sends the batch until each line has its answer. False if that fails: then the program ends, and has said
 * which lines are in doubt. */
static bool send_batch(struct producer *p)
{
    if (p->count == 0)
        return true;
    taskseal_error error = {.code = try_batch(p)};
    for (int attempt = 0; attempt < TRIES; attempt++) {
        if (error.code == TASKSEAL_OK || taskseal_err_permanent(error.code))
            break;
        pause_ms(back_off_ms(1000, 8000, attempt));
        error = (taskseal_error){.code = TASKSEAL_OK};
        if (p->redis->err != 0 || p->demoted)
            error.code = taskseal_redis_reconnect(p->redis, &error);
        if (error.code != TASKSEAL_OK)
            continue;
        p->demoted = false;
        error.code = try_batch(p);
    }
    for (size_t i = 0; i < p->count; i++)
        finish_task(p, &p->batch[i]);
    p->count = p->bytes = 0;
    if (error.code != TASKSEAL_OK)
        fprintf(stderr, "producer: gave up: %s: %s\n", taskseal_err_name(error.code),
                error.message[0] != '\0' ? error.message : taskseal_err_text(error.code));
    if (p->ledger != NULL && fflush(p->ledger) != 0) {
        perror("producer: ledger");
        return false;
    }
    return error.code == TASKSEAL_OK;
}

/* ---- From lines to batches -------------------------------------------------------------------- */

/* True if no more input is there yet: then a batch that isn't full should not wait for it. */
static bool input_idle(const struct jsonl *in)
{
    struct pollfd ready = {.fd = in->lines.fd, .events = POLLIN};
    return in->lines.at == in->lines.len && poll(&ready, 1, 0) == 0;
}

/* Waits for input, and hears of new keys meanwhile. SIGHUP is let through in ppoll alone, so that none can come
 * between the look and the wait. */
static void await_input(struct producer *p, const struct jsonl *in)
{
    struct pollfd ready = {.fd = in->lines.fd, .events = POLLIN};
    sigset_t hangup, before;
    sigemptyset(&hangup);
    sigaddset(&hangup, SIGHUP);
    sigprocmask(SIG_BLOCK, &hangup, &before);
    do
        keys_refresh(&p->keys);
    while (ppoll(&ready, 1, NULL, &before) < 0 && errno == EINTR);
    sigprocmask(SIG_SETMASK, &before, NULL);
}

/* False if nothing can be sealed or sent any more. */
static bool produce(struct producer *p, struct jsonl *in)
{
    enum jsonl_result result;
    bool broken; /* no memory, no random bytes, no clock: the next line would fare no better */
    do {
        taskseal_err err = TASKSEAL_OK;
        struct sealed_task *next = &p->batch[p->count];
        memset(next, 0, sizeof *next);
        if (in->lines.at == in->lines.len)
            await_input(p, in);
        result = jsonl_next(in, &next->task);
        if (result == JSONL_REFUSED)
            refuse(p, next->task.line, "%s", in->reason);
        if (result == JSONL_FAILED)
            perror("producer: input");
        if (result == JSONL_TASK) {
            keys_refresh(&p->keys);
            err = seal_task(p, next);
            if (err != TASKSEAL_OK)
                refuse(p, next->task.line, "not sealed: %s: %s", taskseal_err_name(err),
                       taskseal_err_text(err));
            p->count += err == TASKSEAL_OK;
            p->bytes += next->sealed_len;
        }
        broken = err != TASKSEAL_OK && !taskseal_err_permanent(err);
        bool last = broken || result == JSONL_END || result == JSONL_FAILED;
        bool full = p->count == DEPTH || p->bytes >= BATCH_BYTES;
        if ((last || full || input_idle(in)) && !send_batch(p))
            return false;
    } while (!broken && (result == JSONL_TASK || result == JSONL_REFUSED));
    return result == JSONL_END;
}

/* ---- Setting up ------------------------------------------------------------------------------- */

static const char USAGE[] =
    "usage: producer [--ledger LEDGER] FILE.jsonl   (or - for standard input)\n"
    "\n"
    "Seals the payload of each task and queues it. One JSON object a line, of at most 16 MiB:\n"
    "  queue, type   strings; the envelope is bound to them\n"
    "  payload       any JSON value; its exact bytes are sealed\n"
    "  id            optional string, else made; refused while a task of that queue and id is there\n"
    "  expires_in    optional, seconds\n"
    "A bad line is named on stderr and the rest goes on. SIGHUP: loads the keys anew before the next line; "
    "if\n"
    "they don't load, says so and keeps the old ones.\n"
    "\n"
    "  --ledger LEDGER   append line, queue, type, id and SHA-256 of each queued payload (mode 0600). For\n"
    "                    tests: the hash of a guessable payload gives it away\n"
    "\n"
    "environment:\n"
    "  TASKSEAL_URI      rediss://user:password@host:port/0?cacert=...&cert=...&key=...\n"
    "  TASKSEAL_KEYRING  the key file; or fd:N, env:NAME (no SIGHUP for these two) or credential:NAME\n"
    "\n"
    "exit status: 0 all queued, 1 some lines refused, 2 usage or configuration, 3 connection, input or\n"
    "output failed\n";

static const char *from_environment(const char *name)
{
    const char *value = getenv(name);
    if (value == NULL || value[0] == '\0') {
        fprintf(stderr, "producer: set %s; see --help\n", name);
        return NULL;
    }
    return value;
}

static int set_up(struct producer *p, const char *ledger)
{
    taskseal_redis_endpoint *endpoint = NULL;
    taskseal_error error = {.code = TASKSEAL_OK};
    const char *uri = from_environment("TASKSEAL_URI"), *keys = from_environment("TASKSEAL_KEYRING");
    int status = EXIT_USAGE;

    if (uri == NULL || keys == NULL)
        return EXIT_USAGE;
    if (ledger != NULL) {
        int fd = open(ledger, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        if (fd < 0 || (p->ledger = fdopen(fd, "a")) == NULL) {
            fprintf(stderr, "producer: %s: %s\n", ledger, strerror(errno));
            return EXIT_USAGE;
        }
        setvbuf(p->ledger, NULL, _IOLBF, LEDGER_LINE); /* whole lines, for producers that share a ledger */
    }
    if (keys_begin(&p->keys, "producer", keys, &error) != TASKSEAL_OK ||
        taskseal_redis_endpoint_new(&endpoint, uri, &error) != TASKSEAL_OK)
        goto cleanup;
    status = EXIT_FAILED;
    if (taskseal_redis_connect(endpoint, &p->redis, &error) == TASKSEAL_OK)
        status = EXIT_ALL;

cleanup:
    if (status != EXIT_ALL)
        fprintf(stderr, "producer: %s: %s\n", taskseal_err_name(error.code), error.message);
    taskseal_redis_endpoint_free(endpoint); /* the connection keeps what it needs */
    return status;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"ledger", required_argument, NULL, 'l'}, {"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
    static struct producer p;
    static struct jsonl in;
    const char *ledger = NULL;
    int option, fd = STDIN_FILENO;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option != 'l') {
            fputs(USAGE, option == 'h' ? stdout : stderr);
            return option == 'h' ? EXIT_ALL : EXIT_USAGE;
        }
        ledger = optarg;
    }
    if (optind + 1 != argc) {
        fputs(USAGE, stderr);
        return EXIT_USAGE;
    }
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0}); /* a core dump would hold payloads */
    if (strcmp(argv[optind], "-") != 0)
        fd = open(argv[optind], O_RDONLY | O_CLOEXEC);
    if (fd < 0 || !jsonl_open(&in, fd)) {
        fprintf(stderr, "producer: %s: %s\n", argv[optind], strerror(errno));
        return EXIT_USAGE;
    }
    int status = set_up(&p, ledger);
    if (status == EXIT_ALL) {
        status = !produce(&p, &in) ? EXIT_FAILED : p.refused > 0 ? EXIT_SOME : EXIT_ALL;
        printf("%lu sealed and queued, %lu lines refused\n", p.queued, p.refused);
    }
    jsonl_close(&in);
    if (p.redis != NULL)
        redisFree(p.redis);
    keys_end(&p.keys);
    return p.ledger == NULL || fclose(p.ledger) == 0 ? status : EXIT_FAILED;
}
