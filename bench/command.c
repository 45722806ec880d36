/* SPDX-License-Identifier: MIT */
#include "command.h"

#include <getopt.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "measure.h"

static const char *program_name = "bench";
static bench_server the_server;

_Noreturn void command_fail(const char *what)
{
    fprintf(stderr, "%s: %s\n", program_name, what);
    exit(2);
}

static void print_usage(FILE *to, size_t rounds, const char *peer)
{
    fprintf(to,
            "usage: %s [--check] [--json] [--rounds N] [--server PROGRAM]\n"
            "  --check           exit with 1 if a bound is broken\n"
            "  --json            print JSON instead of the table\n"
            "  --rounds N        rounds, %d..%d, default %zu\n"
            "  --server PROGRAM  the server to start, default valkey-server\n",
            program_name, ROUNDS_MIN, ROUNDS_MAX, rounds);
    if (peer != NULL)
        fprintf(to, "  --peer PROGRAM    required: %s\n", peer);
}

choices command_choices(int argc, char **argv, const char *name, size_t rounds, const char *peer)
{
    static const struct option options[] = {{"check", no_argument, NULL, 'c'},
                                            {"json", no_argument, NULL, 'j'},
                                            {"rounds", required_argument, NULL, 'r'},
                                            {"server", required_argument, NULL, 's'},
                                            {"help", no_argument, NULL, 'h'},
                                            {"peer", required_argument, NULL, 'p'},
                                            {NULL, 0, NULL, 0}};
    choices chosen = {.rounds = rounds, .program = "valkey-server"};

    program_name = name;
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (option) {
        case 'c':
            chosen.check = true;
            break;
        case 'j':
            chosen.json = true;
            break;
        case 'r':
            chosen.rounds = strtoul(optarg, NULL, 10);
            break;
        case 's':
            chosen.program = optarg;
            break;
        case 'p':
            chosen.peer = optarg;
            break;
        default:
            print_usage(option == 'h' ? stdout : stderr, rounds, peer);
            exit(option == 'h' ? 0 : 2);
        }
    }
    if (optind != argc || chosen.rounds < ROUNDS_MIN || chosen.rounds > ROUNDS_MAX ||
        (chosen.peer == NULL) != (peer == NULL)) {
        print_usage(stderr, rounds, peer);
        exit(2);
    }
    return chosen;
}

static void stop_server(void)
{
    server_stop(&the_server);
}

bench_server *command_server(const choices *chosen)
{
    if (sodium_init() < 0 || atexit(stop_server) != 0)
        command_fail("libsodium did not start");
    if (measure_cpu_count() > 1)
        measure_pin(0); /* the server's; ours is the last one */
    if (!server_start(&the_server, chosen->program))
        exit(2);
    measure_pin(-1);
    return &the_server;
}

redisContext *command_connect(bench_server *server, taskseal_redis_endpoint *endpoint)
{
    static const struct timespec pause = {.tv_nsec = 20000000};
    const uint64_t deadline = measure_wall_ns() + UINT64_C(10000000000);
    redisContext *redis = NULL;
    taskseal_error error;

    while (taskseal_redis_connect(endpoint, &redis, &error) != TASKSEAL_OK) {
        if (!server_alive(server))
            command_fail("the server has ended");
        if (taskseal_err_permanent(error.code) || measure_wall_ns() > deadline)
            command_fail(error.message);
        nanosleep(&pause, NULL);
    }
    return redis;
}
