/* SPDX-License-Identifier: MIT
 *
 * bench-e2e: what sealing costs a producer, over the same verified TLS connection to a real server.
 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <taskseal/redis.h>

#include "command.h"
#include "measure.h"
#include "producer.h"

enum { WAYS = 4 };

/* The first way comes a second time, so that the noise of the machine shows. */
static const producer_mode ways[WAYS] = {PRODUCER_UNSEALED, PRODUCER_SEALED, PRODUCER_PRIMITIVES,
                                         PRODUCER_UNSEALED};

/* Throughput of sealed against the two others, at one pipeline depth. */
typedef struct depth_result {
    size_t depth;
    size_t tasks;          /* in one run; two runs a round for each way */
    double bound_unsealed; /* the least that the median ratio may be; 0: not judged */
    double bound_primitives;
    double tasks_per_second[3]; /* medians, by producer_mode */
    spread unsealed;            /* sealed / unsealed */
    spread primitives;          /* sealed / primitives only */
    spread noise;               /* unsealed / unsealed */
} depth_result;

static char server_version[64] = "unknown";

/* ---- Measuring -------------------------------------------------------------------------------- */

/* One round: each way twice, in an order and then in its reverse, so that drift cancels. */
static void run_round(bench_producer *producer, const depth_result *depth, size_t round, double ns[WAYS])
{
    for (size_t i = 0; i < WAYS; i++)
        ns[i] = 0;
    for (size_t i = 0; i < 2 * WAYS; i++) {
        size_t place = i < WAYS ? i : 2 * WAYS - 1 - i;
        size_t way = (place + round) % WAYS;
        ns[way] += (double)producer_run(producer, ways[way], depth->depth, depth->tasks);
    }
}

static void measure_depth(bench_producer *producer, depth_result *depth, size_t rounds)
{
    static double rate[3][ROUNDS_MAX];
    static double unsealed[ROUNDS_MAX];
    static double primitives[ROUNDS_MAX];
    static double noise[ROUNDS_MAX];
    double ns[WAYS];
    run_round(producer, depth, 0, ns); /* warms both ends; not counted */
    for (size_t i = 0; i < rounds; i++) {
        run_round(producer, depth, i, ns);
        for (size_t way = 0; way < 3; way++)
            rate[ways[way]][i] = 2 * (double)depth->tasks * 1e9 / ns[way];
        unsealed[i] = ns[0] / ns[1];
        primitives[i] = ns[2] / ns[1];
        noise[i] = ns[0] / ns[3];
    }
    for (size_t mode = 0; mode < 3; mode++)
        depth->tasks_per_second[mode] = measure_spread(rate[mode], rounds).median;
    depth->unsealed = measure_spread(unsealed, rounds);
    depth->primitives = measure_spread(primitives, rounds);
    depth->noise = measure_spread(noise, rounds);
}

/* ---- Reporting -------------------------------------------------------------------------------- */

static void print_ratio(const char *name, spread ratio, double bound)
{
    printf("  %-28s %.3f (%.3f .. %.3f)", name, ratio.median, ratio.min, ratio.max);
    if (bound > 0)
        printf("  >= %.2f %s", bound, ratio.median >= bound ? "" : "!");
    printf("\n");
}

static void print_table(const depth_result *results, size_t count, size_t rounds)
{
    printf("%s, %u CPUs usable, the last for the producer; libsodium %s; taskseal %s; server %s\n",
           measure_cpu_name(), measure_cpu_count(), sodium_version_string(), taskseal_version(),
           server_version);
    printf("tasks of %d bytes, one HSET and one LPUSH each; throughput ratios, medians of %zu interleaved "
           "rounds (min .. max)\n",
           PRODUCER_PAYLOAD_BYTES, rounds);
    for (size_t i = 0; i < count; i++) {
        const depth_result *depth = &results[i];
        printf("\npipeline depth %zu: unsealed %.0f, sealed %.0f, primitives only %.0f tasks/s\n",
               depth->depth, depth->tasks_per_second[PRODUCER_UNSEALED],
               depth->tasks_per_second[PRODUCER_SEALED], depth->tasks_per_second[PRODUCER_PRIMITIVES]);
        print_ratio("sealed / unsealed", depth->unsealed, depth->bound_unsealed);
        print_ratio("sealed / primitives only", depth->primitives, depth->bound_primitives);
        print_ratio("noise: unsealed / unsealed", depth->noise, 0);
    }
}

static void json_ratio(const char *name, spread ratio, double bound)
{
    printf("\"%s\": {\"min\": %.4f, \"median\": %.4f, \"max\": %.4f", name, ratio.min, ratio.median,
           ratio.max);
    if (bound > 0)
        printf(", \"bound\": %.2f", bound);
    printf("}");
}

static void print_json(const depth_result *results, size_t count, size_t rounds)
{
    printf("{\n  \"cpu\": \"%s\",\n  \"cpus\": %u,\n  \"libsodium\": \"%s\",\n  \"taskseal\": \"%s\",\n",
           measure_cpu_name(), measure_cpu_count(), sodium_version_string(), taskseal_version());
    printf("  \"server\": \"%s\",\n  \"payload_bytes\": %d,\n  \"rounds\": %zu,\n  \"depths\": [\n",
           server_version, PRODUCER_PAYLOAD_BYTES, rounds);
    for (size_t i = 0; i < count; i++) {
        const depth_result *depth = &results[i];
        printf("    {\"depth\": %zu, \"tasks_per_second\": {\"unsealed\": %.0f, \"sealed\": %.0f, "
               "\"primitives_only\": %.0f},\n     ",
               depth->depth, depth->tasks_per_second[PRODUCER_UNSEALED],
               depth->tasks_per_second[PRODUCER_SEALED], depth->tasks_per_second[PRODUCER_PRIMITIVES]);
        json_ratio("sealed_to_unsealed", depth->unsealed, depth->bound_unsealed);
        printf(",\n     ");
        json_ratio("sealed_to_primitives_only", depth->primitives, depth->bound_primitives);
        printf(",\n     ");
        json_ratio("noise", depth->noise, 0);
        printf("}%s\n", i + 1 < count ? "," : "");
    }
    printf("  ]\n}\n");
}

/* The number of bounds that are broken, with a line on stderr for each. */
static size_t check(const depth_result *results, size_t count)
{
    size_t broken = 0;
    for (size_t i = 0; i < count; i++) {
        const depth_result *depth = &results[i];
        if (depth->unsealed.median < depth->bound_unsealed) {
            fprintf(stderr, "depth %zu: sealed is %.3f of unsealed, less than %.2f\n", depth->depth,
                    depth->unsealed.median, depth->bound_unsealed);
            broken++;
        }
        if (depth->primitives.median < depth->bound_primitives) {
            fprintf(stderr, "depth %zu: sealed is %.3f of primitives only, less than %.2f\n", depth->depth,
                    depth->primitives.median, depth->bound_primitives);
            broken++;
        }
    }
    return broken;
}

/* ---- The server ------------------------------------------------------------------------------- */

static redisContext *connect_to(bench_server *server)
{
    taskseal_redis_endpoint *endpoint;
    taskseal_error error;

    if (taskseal_redis_endpoint_new(&endpoint, server->uri, &error) != TASKSEAL_OK)
        command_fail(error.message);
    redisContext *redis = command_connect(server, endpoint);
    taskseal_redis_endpoint_free(endpoint);
    return redis;
}

/* Takes the server's name and version from INFO. */
static void read_version(redisContext *redis)
{
    redisReply *reply = redisCommand(redis, "INFO server");
    if (reply != NULL && reply->type == REDIS_REPLY_STRING) {
        const char *valkey_version = strstr(reply->str, "valkey_version:");
        const char *redis_version = strstr(reply->str, "redis_version:");
        const char *version = valkey_version != NULL ? valkey_version : redis_version;
        if (version != NULL) {
            const char *number = strchr(version, ':') + 1;
            snprintf(server_version, sizeof server_version, "%s %.*s",
                     version == valkey_version ? "Valkey" : "Redis", (int)strcspn(number, "\r\n"), number);
        }
    }
    freeReplyObject(reply);
}

/* ---- The program ------------------------------------------------------------------------------ */

int main(int argc, char **argv)
{
    static bench_producer producer;
    depth_result results[] = {{.depth = 1, .tasks = 250, .bound_unsealed = 0.85},
                              {.depth = 64, .tasks = 1280, .bound_primitives = 0.95}};
    size_t count = sizeof results / sizeof *results;
    choices chosen = command_choices(argc, argv, "bench-e2e", 51, NULL);
    redisContext *redis = connect_to(command_server(&chosen));
    read_version(redis);
    producer_prepare(&producer, redis);
    for (size_t i = 0; i < count; i++)
        measure_depth(&producer, &results[i], chosen.rounds);
    producer_finish(&producer);
    redisFree(redis);
    if (chosen.json)
        print_json(results, count, chosen.rounds);
    else
        print_table(results, count, chosen.rounds);
    fflush(stdout);
    return chosen.check && check(results, count) > 0 ? 1 : 0;
}
