/* SPDX-License-Identifier: MIT
 *
 * bench-asynq: how fast tasks for Asynq are enqueued, beside Asynq's own client in Go, which runs as a process of its
 * own. Both have the last CPU for themselves, in turns, and the server the first one.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <taskseal/asynq.h>

#include "command.h"
#include "measure.h"

enum { ROUNDS = 11, TASKS = 4000, PAYLOAD_BYTES = 1024, BATCH = 1000 };

#define BOUND 3.0

/* What it takes; `go` is what the other process calls it, NULL for the library's own. */
typedef struct way {
    const char *name;
    const char *go;
    size_t depth;
    bool plain;
    double ns[ROUNDS_MAX]; /* a task */
    double cpu[ROUNDS_MAX];
} way;

enum {
    PLAIN_ONE,
    PLAIN_MANY,
    SEALED_ONE,
    SEALED_MANY,
    GO_PLAIN_ONE,
    GO_PLAIN_MANY,
    GO_SEALED_ONE,
    GO_SEALED_MANY,
    WAYS
};

static way ways[WAYS] = {
    [PLAIN_ONE] = {.name = "library, plain, one by one", .depth = 1, .plain = true},
    [PLAIN_MANY] = {.name = "library, plain, batches of 1000", .depth = BATCH, .plain = true},
    [SEALED_ONE] = {.name = "library, sealed, one by one", .depth = 1},
    [SEALED_MANY] = {.name = "library, sealed, batches of 1000", .depth = BATCH},
    [GO_PLAIN_ONE] = {.name = "asynq.Client, plain, one by one", .go = "one"},
    [GO_PLAIN_MANY] = {.name = "asynq.Client, plain, 64 goroutines", .go = "many"},
    [GO_SEALED_ONE] = {.name = "asynqseal, sealed, one by one", .go = "sealed-one"},
    [GO_SEALED_MANY] = {.name = "asynqseal, sealed, 64 goroutines", .go = "sealed-many"},
};

/* The library's way beside Go's. Where one waits for each answer, the network and the server are in it; of the CPU
 * only the producer's is counted. */
typedef struct pair {
    const char *name;
    const char *json;
    int ours, theirs;
    bool of_cpu;
    double bound; /* 0: printed, not judged */
    spread ratio;
} pair;

static pair pairs[] = {
    {"tasks/s, plain: batches / one by one", "rate_plain", PLAIN_MANY, GO_PLAIN_ONE, false, BOUND, {0, 0, 0}},
    {"tasks/s, sealed: batches / one by one",
     "rate_sealed",
     SEALED_MANY,
     GO_SEALED_ONE,
     false,
     BOUND,
     {0, 0, 0}},
    {"tasks/CPU s, plain: batches / 64 goroutines",
     "cpu_plain",
     PLAIN_MANY,
     GO_PLAIN_MANY,
     true,
     BOUND,
     {0, 0, 0}},
    {"tasks/CPU s, sealed: batches / 64 goroutines",
     "cpu_sealed",
     SEALED_MANY,
     GO_SEALED_MANY,
     true,
     0,
     {0, 0, 0}},
    {"tasks/s, plain: one by one, both", "rate_plain_one", PLAIN_ONE, GO_PLAIN_ONE, false, 0, {0, 0, 0}},
    {"tasks/s, sealed: one by one, both", "rate_sealed_one", SEALED_ONE, GO_SEALED_ONE, false, 0, {0, 0, 0}},
    {"tasks/s, plain: batches / 64 goroutines",
     "rate_plain_many",
     PLAIN_MANY,
     GO_PLAIN_MANY,
     false,
     0,
     {0, 0, 0}},
    {"tasks/s, sealed: batches / 64 goroutines",
     "rate_sealed_many",
     SEALED_MANY,
     GO_SEALED_MANY,
     false,
     0,
     {0, 0, 0}},
};

enum { PAIRS = sizeof pairs / sizeof pairs[0] };

static bench_server *server;
static char keyring_file[128];
static FILE *to_go, *from_go;
static pid_t go_process;

static void stop_go(void)
{
    if (go_process > 0) {
        (void)fclose(to_go);
        (void)waitpid(go_process, NULL, 0);
    }
    (void)unlink(keyring_file);
}

/* ---- Both sides ------------------------------------------------------------------------------- */

/* "127.0.0.1:PORT" of the server's URI. */
static const char *address(void)
{
    static char text[64];
    const char *begin = strstr(server->uri, "//") + 2;
    (void)snprintf(text, sizeof text, "%.*s", (int)strcspn(begin, "/"), begin);
    return text;
}

static void start_go(const char *program)
{
    int down[2], up[2];
    char ca[128];
    (void)snprintf(ca, sizeof ca, "%s/ca.pem", server->directory);
    if (pipe(down) != 0 || pipe(up) != 0 || (go_process = fork()) < 0)
        command_fail("no process for the peer");
    if (go_process == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        (void)dup2(down[0], STDIN_FILENO);
        (void)dup2(up[1], STDOUT_FILENO);
        (void)close(down[1]);
        (void)close(up[0]);
        execl(program, program, address(), ca, keyring_file, (char *)NULL);
        _exit(127);
    }
    (void)close(down[0]);
    (void)close(up[1]);
    to_go = fdopen(down[1], "w");
    from_go = fdopen(up[0], "r");
    if (to_go == NULL || from_go == NULL)
        command_fail("no pipe to the peer");
}

static void run_go(const way *w, double *ns, double *cpu)
{
    if (fprintf(to_go, "%s %d\n", w->go, TASKS) < 0 || fflush(to_go) != 0 ||
        fscanf(from_go, "%lf %lf", ns, cpu) != 2)
        command_fail("the peer has ended");
}

static uint64_t cpu_ns(void)
{
    struct timespec used;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (uint64_t)used.tv_sec * UINT64_C(1000000000) + (uint64_t)used.tv_nsec;
}

static void run_library(redisContext *redis, const taskseal_asynq_task *task, const way *w, double *ns,
                        double *cpu)
{
    static taskseal_asynq_task all[BATCH];
    static taskseal_asynq_result results[BATCH];
    taskseal_error error;
    for (size_t i = 0; i < BATCH; i++) {
        all[i] = *task;
        all[i].seal = w->plain ? NULL : task->seal;
        all[i].flags = w->plain ? TASKSEAL_ASYNQ_PLAIN : 0;
        all[i].flags |=
            w->depth == 1 ? TASKSEAL_ASYNQ_QUEUE_LISTED : 0; /* Asynq's client lists it once, too */
    }
    const uint64_t begun = measure_wall_ns(), used = cpu_ns();
    for (size_t done = 0; done < TASKS; done += w->depth)
        if (taskseal_asynq_enqueue_batch(redis, all, w->depth, results, &error) != TASKSEAL_OK)
            command_fail(error.message);
    *ns = (double)(measure_wall_ns() - begun);
    *cpu = (double)(cpu_ns() - used);
}

/* Each way in turn; what it enqueued is counted, and removed. */
static void run_round(redisContext *redis, const taskseal_asynq_task *task, size_t round)
{
    for (size_t i = 0; i < WAYS; i++) {
        way *w = &ways[(i + round) % WAYS];
        double ns, cpu;
        if (w->go != NULL)
            run_go(w, &ns, &cpu);
        else
            run_library(redis, task, w, &ns, &cpu);
        w->ns[round] = ns / TASKS;
        w->cpu[round] = cpu / TASKS;
        redisReply *reply = redisCommand(redis, "LLEN asynq:{mail}:pending");
        if (reply == NULL || reply->type != REDIS_REPLY_INTEGER || reply->integer != TASKS)
            command_fail("the queue has another number of tasks than were enqueued");
        freeReplyObject(reply);
        freeReplyObject(redisCommand(redis, "FLUSHALL"));
    }
}

/* ---- Reporting -------------------------------------------------------------------------------- */

static bool holds(const pair *p)
{
    return p->ratio.median >= p->bound;
}

/* Ratios of one round each. */
static void compare(size_t rounds)
{
    static double ratios[ROUNDS_MAX];
    for (size_t i = 0; i < PAIRS; i++) {
        const way *ours = &ways[pairs[i].ours], *theirs = &ways[pairs[i].theirs];
        for (size_t r = 0; r < rounds; r++)
            ratios[r] = pairs[i].of_cpu ? theirs->cpu[r] / ours->cpu[r] : theirs->ns[r] / ours->ns[r];
        pairs[i].ratio = measure_spread(ratios, rounds);
    }
}

static void print_table(size_t rounds)
{
    printf("%s, %u CPUs usable, the last for the producer; taskseal %s; tasks of %d bytes; library / Go, "
           "medians of "
           "%zu interleaved rounds (min .. max)\n",
           measure_cpu_name(), measure_cpu_count(), taskseal_version(), PAYLOAD_BYTES, rounds);
    for (size_t i = 0; i < PAIRS; i++) {
        const pair *p = &pairs[i];
        printf("  %-46s %6.2f (%.2f .. %.2f)", p->name, p->ratio.median, p->ratio.min, p->ratio.max);
        if (p->bound > 0)
            printf("  >= %.1f%s", p->bound, holds(p) ? "" : " !");
        printf("\n");
    }
    for (size_t i = 0; i < WAYS; i++)
        printf("  %-36s %8.0f tasks/s, %6.1f us of CPU each\n", ways[i].name,
               1e9 / measure_spread(ways[i].ns, rounds).median,
               measure_spread(ways[i].cpu, rounds).median / 1000);
}

static void print_json(size_t rounds)
{
    printf("{\n  \"cpu\": \"%s\",\n  \"cpus\": %u,\n  \"taskseal\": \"%s\",\n  \"rounds\": %zu,\n  "
           "\"payload_bytes\": %d",
           measure_cpu_name(), measure_cpu_count(), taskseal_version(), rounds, PAYLOAD_BYTES);
    for (size_t i = 0; i < PAIRS; i++) {
        const pair *p = &pairs[i];
        printf(",\n  \"%s\": {\"min\": %.4f, \"median\": %.4f, \"max\": %.4f", p->json, p->ratio.min,
               p->ratio.median, p->ratio.max);
        if (p->bound > 0)
            printf(", \"bound\": %.2f", p->bound);
        printf("}");
    }
    printf(",\n  \"ways\": [");
    for (size_t i = 0; i < WAYS; i++)
        printf("%s\n    {\"name\": \"%s\", \"tasks_per_second\": %.0f, \"cpu_us\": %.2f}", i > 0 ? "," : "",
               ways[i].name, 1e9 / measure_spread(ways[i].ns, rounds).median,
               measure_spread(ways[i].cpu, rounds).median / 1000);
    printf("\n  ]\n}\n");
}

static size_t check(void)
{
    size_t broken = 0;
    for (size_t i = 0; i < PAIRS; i++) {
        if (holds(&pairs[i]))
            continue;
        fprintf(stderr, "%s: %.2f, the bound is %.2f\n", pairs[i].name, pairs[i].ratio.median,
                pairs[i].bound);
        broken++;
    }
    return broken;
}

/* ---- The program ------------------------------------------------------------------------------ */

static taskseal_keyring *make_keyring(void)
{
    taskseal_keyring *ring;
    taskseal_error error;
    (void)snprintf(keyring_file, sizeof keyring_file, "%s/keyring", server->directory);
    if (taskseal_keyfile_create(keyring_file, "mail-k01", TASKSEAL_KEY_XCHACHA20POLY1305, &error) !=
            TASKSEAL_OK ||
        taskseal_keyring_load(&ring, keyring_file, &error) != TASKSEAL_OK)
        command_fail(error.message);
    return ring;
}

static redisContext *connect_library(void)
{
    taskseal_redis_endpoint *endpoint;
    taskseal_error error;
    if (taskseal_redis_endpoint_new(&endpoint, server->uri, &error) != TASKSEAL_OK)
        command_fail(error.message);
    redisContext *redis = command_connect(server, endpoint);
    taskseal_redis_endpoint_free(endpoint);
    return redis;
}

int main(int argc, char **argv)
{
    static uint8_t payload[PAYLOAD_BYTES];
    const choices chosen = command_choices(argc, argv, "bench-asynq", ROUNDS,
                                           "what `go build ./bench` makes in bindings/go/asynqseal");
    server = command_server(&chosen);
    if (atexit(stop_go) != 0)
        command_fail("atexit");
    taskseal_keyring *ring = make_keyring();
    const taskseal_seal_options seal = {.keyring = ring};
    const taskseal_asynq_task task = {.queue = taskseal_str("mail"),
                                      .type = taskseal_str("password-reset"),
                                      .payload = {payload, sizeof payload},
                                      .seal = &seal};
    redisContext *redis = connect_library();
    start_go(chosen.peer);
    run_round(redis, &task, 0); /* warms all; measured again */
    for (size_t round = 0; round < chosen.rounds; round++)
        run_round(redis, &task, round);
    redisFree(redis);
    taskseal_keyring_free(ring);
    compare(chosen.rounds);
    if (chosen.json)
        print_json(chosen.rounds);
    else
        print_table(chosen.rounds);
    return chosen.check && check() > 0 ? 1 : 0;
}
