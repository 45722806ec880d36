/* SPDX-License-Identifier: MIT
 *
 * bench-asynq: how fast tasks for Asynq are enqueued, beside Asynq's own client in Go, which runs as a process of its
 * own. Both have the last CPU for themselves, in turns, and the server the first one.
 */
#include <getopt.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <signal.h>

#include <taskseal/asynq.h>
#include <taskseal/redis.h>

#include "measure.h"
#include "server.h"

enum { ROUNDS_MIN = 5, ROUNDS_MAX = 200, PAYLOAD_BYTES = 1024, BATCH = 1000, WAYS = 7 };

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

enum { SEALED = 1, PLAIN = 2, GO_ONE = 3, GO_PLAIN = 4, GO_SEALED = 6 };

static way ways[WAYS] = {
    {.name = "library, sealed, one by one", .depth = 1},
    {.name = "library, sealed, batches of 1000", .depth = BATCH},
    {.name = "library, plain, batches of 1000", .depth = BATCH, .plain = true},
    {.name = "asynq.Client, plain, one by one", .go = "one"},
    {.name = "asynq.Client, plain, 64 goroutines", .go = "many"},
    {.name = "asynqseal, sealed, one by one", .go = "sealed-one"},
    {.name = "asynqseal, sealed, 64 goroutines", .go = "sealed-many"},
};

typedef struct choices {
    bool check;
    size_t rounds;
    size_t tasks;
    const char *program;
    const char *go;
} choices;

static bench_server valkey;
static char keyring_file[128];
static FILE *to_go, *from_go;
static pid_t go_process;

static void stop_all(void)
{
    if (go_process > 0) {
        (void)fclose(to_go);
        (void)waitpid(go_process, NULL, 0);
    }
    if (keyring_file[0] != '\0')
        (void)unlink(keyring_file);
    server_stop(&valkey);
}

static _Noreturn void fail(const char *what, const char *why)
{
    fprintf(stderr, "bench-asynq: %s: %s\n", what, why);
    exit(2);
}

/* ---- Both sides ------------------------------------------------------------------------------- */

/* "127.0.0.1:PORT" of the server's URI. */
static const char *address(void)
{
    static char text[64];
    const char *begin = strstr(valkey.uri, "//") + 2;
    (void)snprintf(text, sizeof text, "%.*s", (int)strcspn(begin, "/"), begin);
    return text;
}

static void start_go(const char *program)
{
    int down[2], up[2];
    char ca[128];
    (void)snprintf(ca, sizeof ca, "%s/ca.pem", valkey.directory);
    if (pipe(down) != 0 || pipe(up) != 0 || (go_process = fork()) < 0)
        fail(program, "no process");
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
        fail(program, "no pipe");
}

static void run_go(const way *w, size_t tasks, double *ns, double *cpu)
{
    if (fprintf(to_go, "%s %zu\n", w->go, tasks) < 0 || fflush(to_go) != 0 ||
        fscanf(from_go, "%lf %lf", ns, cpu) != 2)
        fail(w->name, "the Go program has ended");
}

static uint64_t cpu_ns(void)
{
    struct timespec used;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (uint64_t)used.tv_sec * UINT64_C(1000000000) + (uint64_t)used.tv_nsec;
}

static void run_library(redisContext *redis, const taskseal_asynq_task *task, const way *w, size_t tasks,
                        double *ns, double *cpu)
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
    for (size_t done = 0; done < tasks; done += w->depth) {
        const size_t count = tasks - done < w->depth ? tasks - done : w->depth;
        if (taskseal_asynq_enqueue_batch(redis, all, count, results, &error) != TASKSEAL_OK)
            fail(w->name, error.message);
    }
    *ns = (double)(measure_wall_ns() - begun);
    *cpu = (double)(cpu_ns() - used);
}

/* Each way in turn; what it enqueued is counted, and removed. */
static void run_round(redisContext *redis, const taskseal_asynq_task *task, const choices *chosen,
                      size_t round)
{
    for (size_t i = 0; i < WAYS; i++) {
        way *w = &ways[(i + round) % WAYS];
        double ns, cpu;
        if (w->go != NULL)
            run_go(w, chosen->tasks, &ns, &cpu);
        else
            run_library(redis, task, w, chosen->tasks, &ns, &cpu);
        w->ns[round] = ns / (double)chosen->tasks;
        w->cpu[round] = cpu / (double)chosen->tasks;
        redisReply *reply = redisCommand(redis, "LLEN asynq:{mail}:pending");
        if (reply == NULL || reply->type != REDIS_REPLY_INTEGER || reply->integer != (long long)chosen->tasks)
            fail(w->name, "the queue has another number of tasks");
        freeReplyObject(reply);
        freeReplyObject(redisCommand(redis, "FLUSHALL"));
    }
}

/* ---- Reporting -------------------------------------------------------------------------------- */

static bool report_ratio(const char *name, const double *theirs, const double *ours, size_t rounds)
{
    static double ratios[ROUNDS_MAX];
    for (size_t i = 0; i < rounds; i++)
        ratios[i] = theirs[i] / ours[i];
    const spread ratio = measure_spread(ratios, rounds);
    printf("  %-70s %5.2f (%.2f .. %.2f)  >= %.1f %s\n", name, ratio.median, ratio.min, ratio.max, BOUND,
           ratio.median >= BOUND ? "" : "!");
    return ratio.median >= BOUND;
}

/* The ratios come first, for a median sorts its values. */
static bool report(size_t rounds)
{
    printf("%s, %u CPUs usable, the last for the producer; taskseal %s; tasks of %d bytes; medians of %zu "
           "interleaved "
           "rounds (min .. max)\n",
           measure_cpu_name(), measure_cpu_count(), taskseal_version(), PAYLOAD_BYTES, rounds);
    const bool rate = report_ratio("tasks/s: sealed batches / asynq.Client, plain, one by one",
                                   ways[GO_ONE].ns, ways[SEALED].ns, rounds);
    const bool plain = report_ratio("tasks per CPU second of the producer, plain: batches / 64 goroutines",
                                    ways[GO_PLAIN].cpu, ways[PLAIN].cpu, rounds);
    const bool sealed = report_ratio("tasks per CPU second of the producer, sealed: batches / 64 goroutines",
                                     ways[GO_SEALED].cpu, ways[SEALED].cpu, rounds);
    for (size_t i = 0; i < WAYS; i++)
        printf("  %-36s %8.0f tasks/s, %6.1f us of CPU each\n", ways[i].name,
               1e9 / measure_spread(ways[i].ns, rounds).median,
               measure_spread(ways[i].cpu, rounds).median / 1000);
    return rate && plain && sealed;
}

/* ---- The program ------------------------------------------------------------------------------ */

static const char usage[] =
    "usage: bench-asynq --go PROGRAM [--check] [--rounds N] [--tasks N] [--server PROGRAM]\n"
    "  --go PROGRAM  what `go build ./bench` makes in bindings/go/asynqseal\n"
    "  --check       exit with 1 if the bound is broken\n"
    "  rounds 5..200, default 11; tasks in each, default 5000\n";

static choices parse_arguments(int argc, char **argv)
{
    static const struct option options[] = {{"check", no_argument, NULL, 'c'},
                                            {"go", required_argument, NULL, 'g'},
                                            {"rounds", required_argument, NULL, 'r'},
                                            {"server", required_argument, NULL, 's'},
                                            {"tasks", required_argument, NULL, 't'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    choices chosen = {.rounds = 11, .tasks = 5000, .program = "valkey-server"};
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (option == 'c')
            chosen.check = true;
        else if (option == 'g')
            chosen.go = optarg;
        else if (option == 'r')
            chosen.rounds = strtoul(optarg, NULL, 10);
        else if (option == 's')
            chosen.program = optarg;
        else if (option == 't')
            chosen.tasks = strtoul(optarg, NULL, 10);
        else {
            fputs(usage, option == 'h' ? stdout : stderr);
            exit(option == 'h' ? 0 : 2);
        }
    }
    if (optind != argc || chosen.go == NULL || chosen.tasks == 0 || chosen.rounds < ROUNDS_MIN ||
        chosen.rounds > ROUNDS_MAX) {
        fputs(usage, stderr);
        exit(2);
    }
    return chosen;
}

static redisContext *connect_when_ready(void)
{
    taskseal_redis_endpoint *endpoint;
    taskseal_redis_backoff backoff = {.max_ms = 200};
    redisContext *redis = NULL;
    taskseal_error error;
    unsigned delay_ms;
    if (taskseal_redis_endpoint_new(&endpoint, valkey.uri, &error) != TASKSEAL_OK)
        fail("endpoint", error.message);
    while (taskseal_redis_connect(endpoint, &redis, &error) != TASKSEAL_OK) {
        if (backoff.failures > 100 || !server_alive(&valkey) ||
            !taskseal_redis_backoff_next(&backoff, error.code, &delay_ms))
            fail("connect", error.message);
        (void)usleep(delay_ms * 1000);
    }
    taskseal_redis_endpoint_free(endpoint);
    return redis;
}

int main(int argc, char **argv)
{
    static uint8_t payload[PAYLOAD_BYTES];
    const choices chosen = parse_arguments(argc, argv);
    taskseal_keyring *ring;
    taskseal_error error;
    if (sodium_init() < 0 || atexit(stop_all) != 0)
        return 2;
    if (measure_cpu_count() > 1)
        (void)measure_pin(0); /* the server's; ours is the last one */
    if (!server_start(&valkey, chosen.program))
        return 2;
    (void)measure_pin(-1);
    (void)snprintf(keyring_file, sizeof keyring_file, "%s/keyring", valkey.directory);
    if (taskseal_keyfile_create(keyring_file, "mail-k01", TASKSEAL_KEY_XCHACHA20POLY1305, &error) !=
            TASKSEAL_OK ||
        taskseal_keyring_load(&ring, keyring_file, &error) != TASKSEAL_OK)
        fail("keyring", error.message);
    const taskseal_seal_options seal = {.keyring = ring};
    const taskseal_asynq_task task = {.queue = taskseal_str("mail"),
                                      .type = taskseal_str("password-reset"),
                                      .payload = {payload, sizeof payload},
                                      .seal = &seal};
    redisContext *redis = connect_when_ready();
    start_go(chosen.go);
    run_round(redis, &task, &chosen, 0); /* warms all; measured again */
    for (size_t round = 0; round < chosen.rounds; round++)
        run_round(redis, &task, &chosen, round);
    redisFree(redis);
    taskseal_keyring_free(ring);
    return !report(chosen.rounds) && chosen.check ? 1 : 0;
}
