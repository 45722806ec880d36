/* SPDX-License-Identifier: MIT
 *
 * asynq_producer: seals each line of standard input and enqueues it as a task for workers of Asynq (Go), which
 * examples/asynq-worker shows one of. A template: keep send_batch(), and change where payloads come from.
 *
 *     cc asynq_producer.c $(pkg-config --cflags --libs taskseal) -o asynq_producer
 */
#define _GNU_SOURCE 1 /* getline */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <taskseal/asynq.h>
#include <taskseal/redis.h>

#include "queue_node.h"

enum { BATCH = 100, TRIES = 10, GIVE_UP_MS = 30000 };

enum { EXIT_ALL = 0, EXIT_SOME = 1, EXIT_USAGE = 2, EXIT_FAILED = 3 };

struct producer {
    redisContext *redis;
    taskseal_seal_options seal;
    taskseal_asynq_task task; /* what all have in common */
    int status;

    taskseal_asynq_task tasks[BATCH];
    taskseal_asynq_result results[BATCH];
    char *payloads[BATCH];
    size_t count;
};

static const char USAGE[] =
    "usage: asynq_producer [OPTION]... QUEUE TYPE <PAYLOADS\n"
    "\n"
    "Seals each line of standard input and enqueues it as a task for workers of Asynq. Prints each task's id "
    "and\n"
    "what became of it: queued, exists, duplicate.\n"
    "\n"
    "  --expires-in S   workers refuse it S seconds after it was due\n"
    "  --id ID          the id of the first task; later ones get made ones\n"
    "  --at T, --in S   due at a time (seconds since 1970), or in S seconds\n"
    "  --group GROUP    to be aggregated\n"
    "  --unique S       no equal one within S seconds, while it is not done (needs a dedupe key)\n"
    "  --retries N      0 for none (default: 25)\n"
    "  --timeout S, --deadline T, --retention S\n"
    "\n"
    "environment:\n"
    "  TASKSEAL_URI      rediss://user:password@host:port/0?cacert=...&cert=...&key=...\n"
    "  TASKSEAL_KEYRING  the key file; or fd:N, env:NAME or credential:NAME\n"
    "\n"
    "exit status: 0 all are there, 1 some were refused, 2 usage or configuration, 3 connection or input "
    "failed\n";

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

/* True if trying again may change what became of one of them. */
static bool unfinished(const struct producer *p)
{
    for (size_t i = 0; i < p->count; i++)
        if (p->results[i].err != TASKSEAL_OK && !taskseal_err_permanent(p->results[i].err))
            return true;
    return false;
}

/* A new connection at each try: the name may lead to another server by then. The ids stay as they are, so a task that
 * was in doubt, and is there, `exists`. */
static void send_batch(struct producer *p)
{
    taskseal_error error = {.code = TASKSEAL_OK};
    taskseal_err err = taskseal_asynq_enqueue_batch(p->redis, p->tasks, p->count, p->results, &error);
    for (int tries = 1; tries < TRIES && unfinished(p); tries++) {
        fprintf(stderr, "asynq_producer: %s; trying again\n", error.message);
        sleep(1);
        err = taskseal_redis_reconnect_until(p->redis, NULL, GIVE_UP_MS, -1, &error);
        if (err != TASKSEAL_OK)
            break;
        err = taskseal_asynq_resume(p->redis, p->tasks, p->count, p->results, &error);
    }
    if (err != TASKSEAL_OK)
        fprintf(stderr, "asynq_producer: %s: %s\n", taskseal_err_name(err), error.message);
    for (size_t i = 0; i < p->count; i++) {
        const taskseal_asynq_result *r = &p->results[i];
        const char *given = p->tasks[i].id.data;
        printf("%s %s\n", r->id[0] != '\0' ? r->id : given != NULL ? given : "-", word(r->outcome));
        if (r->err != TASKSEAL_OK)
            p->status = EXIT_SOME;
        explicit_bzero(p->payloads[i], p->tasks[i].payload.len);
        free(p->payloads[i]);
    }
    p->count = 0;
}

/* ---- From lines to batches -------------------------------------------------------------------- */

static int produce(struct producer *p, FILE *in)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t len;
    while ((len = getline(&line, &room, in)) >= 0) {
        len -= len > 0 && line[len - 1] == '\n';
        p->payloads[p->count] = line;
        p->tasks[p->count] = p->task;
        p->tasks[p->count].payload = (taskseal_bytes){line, (size_t)len};
        p->task.id = (taskseal_bytes){NULL, 0}; /* that of the first one only */
        line = NULL;
        room = 0;
        if (++p->count == BATCH)
            send_batch(p);
    }
    free(line);
    if (p->count > 0)
        send_batch(p);
    if (!ferror(in))
        return p->status;
    perror("asynq_producer: input");
    return EXIT_FAILED;
}

/* ---- Setting up ------------------------------------------------------------------------------- */

static bool number(const char *text, uint64_t *out)
{
    char *end;
    errno = 0;
    *out = strtoull(text, &end, 10);
    return errno == 0 && text[0] >= '0' && text[0] <= '9' && *end == '\0';
}

static bool take_option(struct producer *p, int option, const char *text)
{
    taskseal_asynq_task *task = &p->task;
    uint64_t retries;
    switch (option) {
    case 'a':
        return number(text, &task->process_at);
    case 'd':
        return number(text, &task->deadline);
    case 'e':
        return number(text, &p->seal.lifetime);
    case 'g':
        task->group = taskseal_str(text);
        return true;
    case 'I':
        task->id = taskseal_str(text);
        return true;
    case 'i':
        return number(text, &task->process_in);
    case 'k':
        return number(text, &task->retention);
    case 'r':
        if (!number(text, &retries) || retries > INT_MAX)
            return false;
        task->retries = retries != 0 ? (int)retries : TASKSEAL_ASYNQ_NO_RETRIES;
        return true;
    case 't':
        return number(text, &task->timeout);
    case 'u':
        return number(text, &task->unique_ttl);
    default:
        return false;
    }
}

static int set_up(struct producer *p, taskseal_keyring **ring)
{
    taskseal_redis_endpoint *endpoint = NULL;
    taskseal_error error;
    const char *uri = getenv("TASKSEAL_URI"), *keys = getenv("TASKSEAL_KEYRING");
    int status = EXIT_USAGE;

    if (taskseal_keyring_load(ring, keys, &error) == TASKSEAL_OK &&
        taskseal_redis_endpoint_new(&endpoint, uri, &error) == TASKSEAL_OK) {
        status = EXIT_FAILED;
        if (connect_for_queue(endpoint, &p->task, &p->redis, &error) == TASKSEAL_OK)
            status = EXIT_ALL;
    }
    if (status != EXIT_ALL)
        fprintf(stderr, "asynq_producer: %s: %s\n", taskseal_err_name(error.code), error.message);
    taskseal_redis_endpoint_free(endpoint); /* the connection keeps what it needs */
    p->seal.keyring = *ring;
    p->task.seal = &p->seal;
    return status;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"at", required_argument, NULL, 'a'},
                                            {"deadline", required_argument, NULL, 'd'},
                                            {"expires-in", required_argument, NULL, 'e'},
                                            {"group", required_argument, NULL, 'g'},
                                            {"help", no_argument, NULL, 'h'},
                                            {"id", required_argument, NULL, 'I'},
                                            {"in", required_argument, NULL, 'i'},
                                            {"retention", required_argument, NULL, 'k'},
                                            {"retries", required_argument, NULL, 'r'},
                                            {"timeout", required_argument, NULL, 't'},
                                            {"unique", required_argument, NULL, 'u'},
                                            {NULL, 0, NULL, 0}};
    static struct producer p;
    taskseal_keyring *ring = NULL;
    int option;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 'h') {
            fputs(USAGE, stdout);
            return EXIT_ALL;
        }
        if (!take_option(&p, option, optarg)) {
            fputs(USAGE, stderr);
            return EXIT_USAGE;
        }
    }
    if (argc - optind != 2) {
        fputs(USAGE, stderr);
        return EXIT_USAGE;
    }
    p.task.queue = taskseal_str(argv[optind]);
    p.task.type = taskseal_str(argv[optind + 1]);
    int status = set_up(&p, &ring);
    if (status == EXIT_ALL)
        status = produce(&p, stdin);
    redisFree(p.redis);
    taskseal_keyring_free(ring);
    return status;
}
