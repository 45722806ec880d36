/* SPDX-License-Identifier: MIT
 *
 * bench-connect: what a verified connection costs beside one that an application builds on hiredis and
 * OpenSSL: the time to the first reply, throughput, and heap.
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <taskseal/redis.h>

#include "command.h"
#include "measure.h"
#include "peer.h"

enum { CONNECTS = 8, DEPTH = 64, BATCHES = 20, PAYLOAD = 1024, HEAPS = 32 };

typedef struct result {
    const char *name;
    const char *json;
    double bound;
    bool at_most; /* else the bound is the least */
    double ours;  /* medians */
    double theirs;
    spread ratio;
    spread noise; /* peer / peer */
} result;

static bench_peer *peer;
static taskseal_redis_endpoint *endpoint;

static redisContext *ours(void)
{
    redisContext *redis;
    taskseal_error error;
    if (taskseal_redis_connect(endpoint, &redis, &error) != TASKSEAL_OK)
        command_fail(error.message);
    return redis;
}

static redisContext *bare(void)
{
    return peer_connect(peer);
}

static redisContext *stock(void)
{
    return peer_connect_stock(peer);
}

typedef redisContext *connector(void);

/* ---- What is measured ------------------------------------------------------------------------- */

/* Nanoseconds of a few connects, each closed outside of the time. */
static double time_connects(connector *connect)
{
    uint64_t ns = 0;
    for (int i = 0; i < CONNECTS; i++) {
        uint64_t begun = measure_wall_ns();
        redisContext *redis = connect();
        ns += measure_wall_ns() - begun;
        redisFree(redis);
    }
    return (double)ns / (double)CONNECTS;
}

/* Nanoseconds for each LPUSH of 1 KiB, in pipelines. */
static double time_pushes(redisContext *redis)
{
    static char payload[PAYLOAD];
    memset(payload, 'p', sizeof payload);
    uint64_t begun = measure_wall_ns();
    for (int batch = 0; batch < BATCHES; batch++) {
        for (int i = 0; i < DEPTH; i++)
            if (redisAppendCommand(redis, "LPUSH bench %b", payload, sizeof payload) != REDIS_OK)
                command_fail(redis->errstr);
        for (int i = 0; i < DEPTH; i++) {
            redisReply *reply = NULL;
            if (redisGetReply(redis, (void **)&reply) != REDIS_OK || reply->type != REDIS_REPLY_INTEGER)
                command_fail("LPUSH failed");
            freeReplyObject(reply);
        }
    }
    uint64_t ns = measure_wall_ns() - begun;
    freeReplyObject(redisCommand(redis, "DEL bench"));
    return (double)ns / (BATCHES * DEPTH);
}

/* Bytes of heap for each open connection, after the login and one command. */
static double heap_of(connector *connect)
{
    static redisContext *redis[HEAPS];
    redisFree(connect()); /* what is made once */
    size_t before = mallinfo2().uordblks;
    for (int i = 0; i < HEAPS; i++) {
        redis[i] = connect();
        freeReplyObject(redisCommand(redis[i], "LLEN bench"));
    }
    size_t after = mallinfo2().uordblks;
    for (int i = 0; i < HEAPS; i++)
        redisFree(redis[i]);
    return (double)(after - before) / (double)HEAPS;
}

/* ---- Rounds ----------------------------------------------------------------------------------- */

typedef double timing(size_t way);

static double connect_way(size_t way)
{
    return time_connects(way == 1 ? ours : bare);
}

static redisContext *open_ways[3];

static double push_way(size_t way)
{
    return time_pushes(open_ways[way]);
}

/* Peer, library and the peer again, in an order and then in its reverse, so that drift cancels. */
static void measure(result *r, timing *take, size_t rounds, bool rate)
{
    static double us[ROUNDS_MAX], them[ROUNDS_MAX], ratios[ROUNDS_MAX], noises[ROUNDS_MAX];
    for (size_t i = 0; i <= rounds; i++) { /* the first round warms both ends */
        double ns[3] = {0};
        size_t at = i > 0 ? i - 1 : 0;
        for (size_t j = 0; j < 6; j++) {
            size_t way = ((j < 3 ? j : 5 - j) + i) % 3;
            ns[way] += take(way) / 2;
        }
        us[at] = ns[1];
        them[at] = ns[0];
        ratios[at] = rate ? ns[0] / ns[1] : ns[1] / ns[0];
        noises[at] = ns[2] / ns[0];
    }
    r->ours = measure_spread(us, rounds).median;
    r->theirs = measure_spread(them, rounds).median;
    r->ratio = measure_spread(ratios, rounds);
    r->noise = measure_spread(noises, rounds);
}

static void measure_heap(result *r)
{
    r->theirs = heap_of(stock);
    r->ours = heap_of(ours);
    double ratio = r->ours / r->theirs, noise = heap_of(stock) / r->theirs;
    r->ratio = (spread){ratio, ratio, ratio};
    r->noise = (spread){noise, noise, noise};
}

/* ---- Reporting -------------------------------------------------------------------------------- */

static bool holds(const result *r)
{
    return r->at_most ? r->ratio.median <= r->bound : r->ratio.median >= r->bound;
}

static void print_table(const result *results, size_t count, size_t rounds)
{
    printf("%s, %u CPUs usable, the last for the client; taskseal %s; medians of %zu interleaved rounds (min "
           ".. max)\n",
           measure_cpu_name(), measure_cpu_count(), taskseal_version(), rounds);
    for (size_t i = 0; i < count; i++) {
        const result *r = &results[i];
        printf("  %-52s %9.0f / %9.0f  %.3f (%.3f .. %.3f)  %s %.2f %s noise %.3f (%.3f .. %.3f)\n", r->name,
               r->ours, r->theirs, r->ratio.median, r->ratio.min, r->ratio.max,
               r->at_most ? "<=" : ">=", r->bound, holds(r) ? " " : "!", r->noise.median, r->noise.min,
               r->noise.max);
    }
}

static void print_json(const result *results, size_t count, size_t rounds)
{
    printf("{\n  \"cpu\": \"%s\",\n  \"cpus\": %u,\n  \"taskseal\": \"%s\",\n  \"rounds\": %zu",
           measure_cpu_name(), measure_cpu_count(), taskseal_version(), rounds);
    for (size_t i = 0; i < count; i++) {
        const result *r = &results[i];
        printf(",\n  \"%s\": {\"library\": %.0f, \"peer\": %.0f, \"min\": %.4f, \"median\": %.4f, \"max\": "
               "%.4f, "
               "\"bound\": %.2f, \"noise\": %.4f}",
               r->json, r->ours, r->theirs, r->ratio.min, r->ratio.median, r->ratio.max, r->bound,
               r->noise.median);
    }
    printf("\n}\n");
}

static size_t check(const result *results, size_t count)
{
    size_t broken = 0;
    for (size_t i = 0; i < count; i++) {
        if (holds(&results[i]))
            continue;
        fprintf(stderr, "%s: %.3f of the peer, the bound is %.2f\n", results[i].name, results[i].ratio.median,
                results[i].bound);
        broken++;
    }
    return broken;
}

/* ---- The program ------------------------------------------------------------------------------ */

/* Makes both sides' configurations, and waits until the server answers. The user `default` takes any password. */
static void make_ready(bench_server *server)
{
    char uri[320], ca[80];
    int port = 0;
    taskseal_error error;

    if (sscanf(server->uri, "rediss://127.0.0.1:%d/", &port) != 1)
        command_fail("the server's URI");
    snprintf(uri, sizeof uri, "rediss://default:bench@%s", server->uri + strlen("rediss://"));
    snprintf(ca, sizeof ca, "%s/ca.pem", server->directory);
    if (taskseal_redis_endpoint_new(&endpoint, uri, &error) != TASKSEAL_OK)
        command_fail(error.message);
    redisFree(command_connect(server, endpoint));
    peer = peer_new(ca, port);
}

int main(int argc, char **argv)
{
    result results[] = {
        {"connect to first reply, ns: library / bare OpenSSL",
         "connect",
         1.10,
         true,
         0,
         0,
         {0, 0, 0},
         {0, 0, 0}},
        {"LPUSH of 1 KiB, pipelines of 64, ns: / hiredis_ssl",
         "lpush",
         0.95,
         false,
         0,
         0,
         {0, 0, 0},
         {0, 0, 0}},
        {"heap for each connection, bytes: / hiredis_ssl", "heap", 1.00, true, 0, 0, {0, 0, 0}, {0, 0, 0}}};
    size_t count = sizeof results / sizeof *results;
    choices chosen = command_choices(argc, argv, "bench-connect", 101, NULL);
    make_ready(command_server(&chosen));
    measure_heap(&results[2]);
    measure(&results[0], connect_way, chosen.rounds, false);
    for (size_t way = 0; way < 3; way++)
        open_ways[way] = way == 1 ? ours() : stock();
    measure(&results[1], push_way, chosen.rounds, true);
    for (size_t way = 0; way < 3; way++)
        redisFree(open_ways[way]);
    taskseal_redis_endpoint_free(endpoint);
    peer_free(peer);
    if (chosen.json)
        print_json(results, count, chosen.rounds);
    else
        print_table(results, count, chosen.rounds);
    fflush(stdout);
    return chosen.check && check(results, count) > 0 ? 1 : 0;
}
