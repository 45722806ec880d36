/* SPDX-License-Identifier: MIT */
#include "report.h"

#include <sodium.h>
#include <stdarg.h>

#ifdef __clang__
#define COMPILER __VERSION__ /* begins with its name */
#else
#define COMPILER "gcc " __VERSION__
#endif

static const char *size_name(size_t len, char name[32])
{
    if (len >= 1048576)
        snprintf(name, 32, "%zu MiB", len / 1048576);
    else if (len >= 1024)
        snprintf(name, 32, "%zu KiB", len / 1024);
    else
        snprintf(name, 32, "%zu B", len);
    return name;
}

static const char *suite_name(taskseal_suite suite)
{
    static const char *const names[] = {"", "chacha20-poly1305", "aes-256-gcm", "aegis-256"};
    return names[suite];
}

static const char *key_type_name(taskseal_key_type type)
{
    return type == TASKSEAL_KEY_AEGIS256 ? "aegis-256" : "xchacha20-poly1305";
}

/* ---- The table -------------------------------------------------------------------------------- */

static void table_heading(const bench_report *report, FILE *out)
{
    fprintf(out, "%s, %u CPU%s usable, ", measure_cpu_name(), report->cpus, report->cpus == 1 ? "" : "s");
    if (report->pinned_cpu >= 0)
        fprintf(out, "pinned to CPU %d; ", report->pinned_cpu);
    fprintf(out, "libsodium %s; taskseal %s; %s\n", sodium_version_string(), taskseal_version(), COMPILER);
    if (report->rounds > 0)
        fprintf(out,
                "ns per call, medians of %zu rounds; ratio = library / floor of each round: median (min .. "
                "max)\n",
                report->rounds);
}

static void table_row(const report_row *row, FILE *out)
{
    char size[32];
    fprintf(out, "  %-8s %s", size_name(row->payload_len, size), row->operation);
    if (row->time.b_ns > 0)
        fprintf(out, " %10.0f %10.0f   %.3f (%.3f .. %.3f)  <= %.2f %s", row->time.a_ns, row->time.b_ns,
                row->time.ratio.median, row->time.ratio.min, row->time.ratio.max, row->bound,
                row->time.ratio.median <= row->bound ? " " : "!");
    fprintf(out, " %6lu %4lu %9zu\n", row->allocations, row->random_requests, row->overhead);
}

void report_table(const bench_report *report, FILE *out)
{
    char size[32];
    const report_row *last = NULL;
    table_heading(report, out);
    for (size_t i = 0; i < report->row_count; i++) {
        const report_row *row = &report->rows[i];
        if (last == NULL || last->suite != row->suite || last->key_type != row->key_type) {
            fprintf(out, "\nsuite %02x %s, key type %02x %s\n  %-8s %s", (unsigned)row->suite,
                    suite_name(row->suite), (unsigned)row->key_type, key_type_name(row->key_type), "payload",
                    "    ");
            if (report->rounds > 0)
                fprintf(out, " %10s %10s   %-23s  %-9s", "library", "floor", "ratio", "bound");
            fprintf(out, " %6s %4s %9s\n", "allocs", "rng", "overhead");
        }
        table_row(row, out);
        last = row;
    }
    if (report->noise_count > 0)
        fprintf(out, "\nnoise of this machine now: floor / floor, measured in the same way\n");
    for (size_t i = 0; i < report->noise_count; i++) {
        const report_noise *noise = &report->noise[i];
        fprintf(out, "  suite %02x, key type %02x  %-8s %s  %.3f (%.3f .. %.3f)\n", (unsigned)noise->suite,
                (unsigned)noise->key_type, size_name(noise->payload_len, size), noise->operation,
                noise->ratio.median, noise->ratio.min, noise->ratio.max);
    }
}

/* ---- JSON ------------------------------------------------------------------------------------- */

/* The strings that reach this are names and versions; what JSON would have to escape is left out. */
static void json_string(const char *name, const char *value, FILE *out)
{
    fprintf(out, "\"%s\": \"", name);
    for (; *value != '\0'; value++)
        if (*value >= ' ' && *value <= '~' && *value != '"' && *value != '\\')
            fputc(*value, out);
    fputc('"', out);
}

static void json_ratio(spread ratio, FILE *out)
{
    fprintf(out, "\"ratio\": {\"min\": %.4f, \"median\": %.4f, \"max\": %.4f}", ratio.min, ratio.median,
            ratio.max);
}

static void json_row(const report_row *row, FILE *out)
{
    fprintf(out, "    {\"suite\": %u, \"key_type\": %u, \"operation\": \"%s\", \"payload_bytes\": %zu, ",
            (unsigned)row->suite, (unsigned)row->key_type, row->operation, row->payload_len);
    if (row->time.b_ns > 0) {
        fprintf(out, "\"library_ns\": %.1f, \"floor_ns\": %.1f, \"bound\": %.2f, ", row->time.a_ns,
                row->time.b_ns, row->bound);
        json_ratio(row->time.ratio, out);
        fprintf(out, ", ");
    }
    fprintf(out, "\"allocations\": %lu, \"random_requests\": %lu, \"overhead_bytes\": %zu}", row->allocations,
            row->random_requests, row->overhead);
}

void report_json(const bench_report *report, FILE *out)
{
    fprintf(out, "{\n  ");
    json_string("cpu", measure_cpu_name(), out);
    fprintf(out, ",\n  \"cpus\": %u,\n  \"pinned_cpu\": %d,\n  ", report->cpus, report->pinned_cpu);
    json_string("libsodium", sodium_version_string(), out);
    fprintf(out, ",\n  ");
    json_string("taskseal", taskseal_version(), out);
    fprintf(out, ",\n  ");
    json_string("compiler", COMPILER, out);
    fprintf(out, ",\n  \"rounds\": %zu,\n  \"rows\": [\n", report->rounds);
    for (size_t i = 0; i < report->row_count; i++) {
        json_row(&report->rows[i], out);
        fprintf(out, "%s\n", i + 1 < report->row_count ? "," : "");
    }
    fprintf(out, "  ],\n  \"noise\": [\n");
    for (size_t i = 0; i < report->noise_count; i++) {
        const report_noise *noise = &report->noise[i];
        fprintf(out, "    {\"suite\": %u, \"key_type\": %u, \"operation\": \"%s\", \"payload_bytes\": %zu, ",
                (unsigned)noise->suite, (unsigned)noise->key_type, noise->operation, noise->payload_len);
        json_ratio(noise->ratio, out);
        fprintf(out, "}%s\n", i + 1 < report->noise_count ? "," : "");
    }
    fprintf(out, "  ]\n}\n");
}

/* ---- Bounds ----------------------------------------------------------------------------------- */

/* Bytes beside the payload and the further chunks' tags, by doc/format.md for an 8-byte key id. */
static size_t expected_overhead(const report_row *row)
{
    static const size_t below_one_chunk[4][3] = {
        [TASKSEAL_SUITE_CHACHA20POLY1305] = {0, 173, 197},
        [TASKSEAL_SUITE_AES256GCM] = {0, 173, 197},
        [TASKSEAL_SUITE_AEGIS256] = {0, 189, 213},
    };
    size_t tag_len = row->suite == TASKSEAL_SUITE_AEGIS256 ? 32 : 16;
    return below_one_chunk[row->suite][row->key_type] + row->payload_len / TASKSEAL_CHUNK_BYTES * tag_len;
}

/* Writes the line and counts it. */
__attribute__((format(printf, 2, 3))) static size_t broken(FILE *out, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vfprintf(out, format, arguments);
    va_end(arguments);
    return 1;
}

static size_t check_row(const report_row *row, FILE *out)
{
    size_t count = 0;
    char where[128];
    char size[32];
    snprintf(where, sizeof where, "suite %02x, key type %02x, %s of %s", (unsigned)row->suite,
             (unsigned)row->key_type, row->operation, size_name(row->payload_len, size));
    if (row->time.b_ns > 0 && row->time.ratio.median > row->bound)
        count += broken(out, "%s: %.3f times the floor, more than %.2f\n", where, row->time.ratio.median,
                        row->bound);
    if (row->allocations != 0)
        count += broken(out, "%s: %lu allocations, not 0\n", where, row->allocations);
    unsigned long requests = row->operation[0] == 's' ? 1 : 0;
    if (row->random_requests != requests)
        count += broken(out, "%s: %lu requests for random bytes, not %lu\n", where, row->random_requests,
                        requests);
    if (row->overhead != expected_overhead(row))
        count +=
            broken(out, "%s: overhead of %zu bytes, not %zu\n", where, row->overhead, expected_overhead(row));
    return count;
}

size_t report_check(const bench_report *report, FILE *out)
{
    size_t count = 0;
    for (size_t i = 0; i < report->row_count; i++)
        count += check_row(&report->rows[i], out);
    return count;
}
