/* SPDX-License-Identifier: MIT
 *
 * bench-core: sealing and opening beside their floor (floor.h), in ns, with what they ask of the system.
 */
#include <getopt.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <taskseal/taskseal.h>

#include "counters.h"
#include "floor.h"
#include "measure.h"
#include "report.h"

enum { PAYLOAD_MAX = 1048576, SEALED_MAX = PAYLOAD_MAX + 4096 };

static const char key_id[] = "mail-k01";
static const size_t payload_lens[] = {64, 256, 1024, 16384, PAYLOAD_MAX};

/* The suites with each key type; the first of a suite is the one to choose for it. */
static const struct {
    taskseal_suite suite;
    taskseal_key_type key_type;
} combinations[] = {
    {TASKSEAL_SUITE_CHACHA20POLY1305, TASKSEAL_KEY_XCHACHA20POLY1305},
    {TASKSEAL_SUITE_CHACHA20POLY1305, TASKSEAL_KEY_AEGIS256},
    {TASKSEAL_SUITE_AES256GCM, TASKSEAL_KEY_XCHACHA20POLY1305},
    {TASKSEAL_SUITE_AES256GCM, TASKSEAL_KEY_AEGIS256},
    {TASKSEAL_SUITE_AEGIS256, TASKSEAL_KEY_AEGIS256},
    {TASKSEAL_SUITE_AEGIS256, TASKSEAL_KEY_XCHACHA20POLY1305},
};

/* One payload length with one suite and key type. Library and floor read and write at the same offsets of
 * the same buffers, or of buffers that stand alike. */
typedef struct bench_cell {
    taskseal_seal_options seal;
    taskseal_open_options open;
    floor_recipe recipe;
    floor_message message;
    size_t payload_len;
    size_t sealed_len;
} bench_cell;

/* At the start of pages, so that the envelopes of both stand alike in the caches. */
static _Alignas(4096) uint8_t payload[PAYLOAD_MAX];
static _Alignas(4096) uint8_t sealed[SEALED_MAX];
static _Alignas(4096) uint8_t sealed_by_floor[SEALED_MAX];
static _Alignas(4096) uint8_t opened[PAYLOAD_MAX];

static void fail(const char *what, taskseal_err err)
{
    fprintf(stderr, "bench-core: %s: %s\n", what, taskseal_err_text(err));
    exit(2);
}

/* ---- The four operations ---------------------------------------------------------------------- */

static void seal_library(void *subject)
{
    bench_cell *cell = subject;
    taskseal_err err =
        taskseal_seal(&cell->seal, payload, cell->payload_len, sealed, sizeof sealed, &cell->sealed_len);
    if (err != TASKSEAL_OK)
        fail("seal", err);
}

static void open_library(void *subject)
{
    bench_cell *cell = subject;
    size_t len;
    taskseal_err err =
        taskseal_open(&cell->open, sealed, cell->sealed_len, opened, sizeof opened, &len, NULL);
    if (err != TASKSEAL_OK)
        fail("open", err);
}

static void seal_floor(void *subject)
{
    bench_cell *cell = subject;
    if (!floor_seal(&cell->recipe, &cell->message, payload, cell->payload_len, sealed))
        fail("seal of the floor", TASKSEAL_ERR_NO_RANDOM);
}

/* The floor can't open what the library sealed: that has a DEK of its own. */
static void open_floor(void *subject)
{
    bench_cell *cell = subject;
    if (!floor_open(&cell->recipe, &cell->message, sealed_by_floor, cell->sealed_len, opened))
        fail("open of the floor", TASKSEAL_ERR_DAMAGED);
}

/* ---- One cell --------------------------------------------------------------------------------- */

/* Leaves one envelope of the library in `sealed` and one of the floor in `sealed_by_floor`, and makes
 * sure that both open to the payload. */
static void prepare(bench_cell *cell)
{
    cell->sealed_len = floor_sealed_len(&cell->recipe, cell->payload_len);
    seal_floor(cell);
    memcpy(sealed_by_floor, sealed, cell->sealed_len);
    memset(opened, 0, cell->payload_len);
    open_floor(cell);
    if (memcmp(opened, payload, cell->payload_len) != 0)
        fail("open of the floor", TASKSEAL_ERR_DAMAGED);
    seal_library(cell);
    memset(opened, 0, cell->payload_len);
    open_library(cell);
    if (memcmp(opened, payload, cell->payload_len) != 0)
        fail("open", TASKSEAL_ERR_DAMAGED);
}

static void add_row(bench_report *report, bench_cell *cell, operation *library, operation *floor,
                    const char *name)
{
    counters before = counters_now();
    library(cell);
    counters after = counters_now();
    report_row *row = &report->rows[report->row_count++];
    *row = (report_row){.suite = cell->recipe.suite,
                        .key_type = cell->recipe.key_type,
                        .operation = name,
                        .payload_len = cell->payload_len,
                        .bound = cell->payload_len <= 1024 ? 1.15 : 1.05,
                        .allocations = after.allocations - before.allocations,
                        .random_requests = after.random_requests - before.random_requests,
                        .overhead = cell->sealed_len - cell->payload_len};
    if (report->rounds > 0)
        row->time = measure_compare(library, floor, cell, report->rounds);
}

static void add_noise(bench_report *report, bench_cell *cell, operation *floor, const char *name)
{
    comparison time = measure_compare(floor, floor, cell, report->rounds);
    report->noise[report->noise_count++] = (report_noise){.suite = cell->recipe.suite,
                                                          .key_type = cell->recipe.key_type,
                                                          .operation = name,
                                                          .payload_len = cell->payload_len,
                                                          .ratio = time.ratio};
}

static taskseal_keyring *make_keyring(taskseal_key_type type)
{
    uint8_t secret[TASKSEAL_KEY_BYTES];
    randombytes_buf(secret, sizeof secret);
    taskseal_key key = {.id = key_id, .type = type, .state = TASKSEAL_KEY_ACTIVE, .secret = secret};
    taskseal_keyring *ring;
    taskseal_error error;
    taskseal_err err = taskseal_keyring_new(&ring, &key, 1, &error);
    sodium_memzero(secret, sizeof secret);
    if (err != TASKSEAL_OK)
        fail(error.message, err);
    return ring;
}

static void measure_combination(bench_report *report, taskseal_suite suite, taskseal_key_type key_type,
                                bool noise)
{
    static bench_cell cell;
    taskseal_keyring *ring = make_keyring(key_type);
    taskseal_context context = {.queue = taskseal_str("mail"),
                                .type = taskseal_str("password-reset"),
                                .id = taskseal_str("0b9fd2c6-3c1e-4a57-9d60-5f1c8e27ab34")};
    cell.seal =
        (taskseal_seal_options){.keyring = ring, .context = context, .suite = suite, .lifetime = 3600};
    cell.open = (taskseal_open_options){.keyring = ring, .context = context};
    floor_prepare(&cell.recipe, suite, key_type, strlen(key_id), &context);
    for (size_t i = 0; i < sizeof payload_lens / sizeof *payload_lens; i++) {
        cell.payload_len = payload_lens[i];
        prepare(&cell);
        add_row(report, &cell, seal_library, seal_floor, "seal");
        if (noise && report->rounds > 0)
            add_noise(report, &cell, seal_floor, "seal");
        prepare(&cell);
        add_row(report, &cell, open_library, open_floor, "open");
        if (noise && report->rounds > 0)
            add_noise(report, &cell, open_floor, "open");
    }
    taskseal_keyring_free(ring);
}

/* ---- The program ------------------------------------------------------------------------------ */

static const char usage[] =
    "usage: bench-core [--check] [--counts] [--json] [--rounds N] [--cpu N]\n"
    "  --check     exit with 1 if a bound is broken (time, allocations, random requests, overhead)\n"
    "  --counts    leave time out: only what does not depend on the machine\n"
    "  --json      print JSON instead of the table\n"
    "  --rounds N  rounds per comparison, 1..1000000, default 301\n"
    "  --cpu N     run on the Nth of the usable CPUs, from 0; by default on the last\n";

typedef struct choices {
    bool check;
    bool counts;
    bool json;
    size_t rounds;
    int cpu;
} choices;

static unsigned long number(const char *text, unsigned long max)
{
    char *end;
    unsigned long value = strtoul(text, &end, 10);
    if (*text < '0' || *text > '9' || *end != '\0' || value > max) {
        fprintf(stderr, "bench-core: '%s' is not a number from 0 to %lu\n%s", text, max, usage);
        exit(2);
    }
    return value;
}

static choices parse_arguments(int argc, char **argv)
{
    static const struct option options[] = {{"check", no_argument, NULL, 'c'},
                                            {"counts", no_argument, NULL, 'n'},
                                            {"json", no_argument, NULL, 'j'},
                                            {"rounds", required_argument, NULL, 'r'},
                                            {"cpu", required_argument, NULL, 'p'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    choices chosen = {.rounds = 301, .cpu = -1};
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (option) {
        case 'c':
            chosen.check = true;
            break;
        case 'n':
            chosen.counts = true;
            break;
        case 'j':
            chosen.json = true;
            break;
        case 'r':
            chosen.rounds = number(optarg, 1000000);
            break;
        case 'p':
            chosen.cpu = (int)number(optarg, 1023);
            break;
        default:
            fputs(usage, option == 'h' ? stdout : stderr);
            exit(option == 'h' ? 0 : 2);
        }
    }
    if (optind != argc || chosen.rounds == 0) {
        fputs(usage, stderr);
        exit(2);
    }
    return chosen;
}

int main(int argc, char **argv)
{
    static bench_report report;
    choices chosen = parse_arguments(argc, argv);
    if (sodium_init() < 0 || !counters_work()) {
        fputs("bench-core: libsodium did not start, or the counters do not count here\n", stderr);
        return 2;
    }
    report.cpus = measure_cpu_count();
    report.pinned_cpu = measure_pin(chosen.cpu);
    report.rounds = chosen.counts ? 0 : chosen.rounds;
    memset(payload, 'p', sizeof payload);
    memset(sealed, 0, sizeof sealed); /* so that no page is touched first while the clock runs */
    memset(opened, 0, sizeof opened);
    for (size_t i = 0; i < sizeof combinations / sizeof *combinations; i++) {
        if (taskseal_suite_available(combinations[i].suite) &&
            taskseal_key_type_available(combinations[i].key_type))
            measure_combination(&report, combinations[i].suite, combinations[i].key_type, i == 0);
        else
            fprintf(stderr, "bench-core: suite %02x with key type %02x is not available here\n",
                    (unsigned)combinations[i].suite, (unsigned)combinations[i].key_type);
    }
    if (chosen.json)
        report_json(&report, stdout);
    else
        report_table(&report, stdout);
    fflush(stdout);
    return chosen.check && report_check(&report, stderr) > 0 ? 1 : 0;
}
