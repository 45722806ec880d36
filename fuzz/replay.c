/* SPDX-License-Identifier: MIT
 * Runs a fuzz target without a fuzzer: every seed of a directory, every beginning of it, and every byte of it changed
 * in a few ways. Long seeds are cut and changed at about a thousand places; with --sparse, each seed at every seventh of
 * its places. A run without a seed proves nothing, and fails.
 *
 * Usage: replay-TARGET [--sparse] DIRECTORY|FILE... */
#include "fuzz.h"

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>

enum { PLACES = 1024, SPARSE = 7 };

size_t fuzz_depth;
static size_t seeds;
static size_t inputs;
static bool sparse;

/* In memory of exactly this length, so that a sanitizer sees any read beyond it. */
static void run(const uint8_t *bytes, size_t len)
{
    uint8_t *exact = malloc(len > 0 ? len : 1);
    HOLDS(exact != NULL);
    memcpy(exact, bytes, len);
    (void)LLVMFuzzerTestOneInput(exact, len);
    free(exact);
    inputs++;
}

static void run_variants(uint8_t *bytes, size_t len)
{
    static const uint8_t changes[] = {0x01, 0x20, 0x80, 0xFF};
    const size_t step = (len / PLACES + 1) * (sparse ? SPARSE : 1);
    run(bytes, len);
    for (size_t at = 0; at < len; at += step) {
        run(bytes, at);
        for (size_t i = 0; i < sizeof changes; i++) {
            bytes[at] ^= changes[i];
            run(bytes, len);
            bytes[at] ^= changes[i];
        }
    }
}

static bool replay_file(const char *path, size_t len)
{
    uint8_t *bytes = must_allocate(len);
    FILE *file = fopen(path, "rb");
    bool complete = file != NULL && fread(bytes, 1, len, file) == len;
    if (complete) {
        run_variants(bytes, len);
        seeds++;
    } else {
        (void)fprintf(stderr, "%s: %s\n", path, strerror(errno));
    }
    if (file != NULL)
        (void)fclose(file);
    free(bytes);
    return complete;
}

static bool replay(const char *path);

static bool replay_directory(const char *path)
{
    struct dirent **entries;
    bool fine = true;
    int count = scandir(path, &entries, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        char inner[4096];
        int len = snprintf(inner, sizeof inner, "%s/%s", path, entries[i]->d_name);
        if (entries[i]->d_name[0] != '.')
            fine = len > 0 && (size_t)len < sizeof inner && replay(inner) && fine;
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    return fine && count >= 0;
}

static bool replay(const char *path)
{
    struct stat status;
    if (stat(path, &status) != 0) {
        (void)fprintf(stderr, "%s: %s\n", path, strerror(errno));
        return false;
    }
    return S_ISDIR(status.st_mode) ? replay_directory(path) : replay_file(path, (size_t)status.st_size);
}

int main(int argc, char **argv)
{
    bool fine = true;
    sparse = argc > 1 && strcmp(argv[1], "--sparse") == 0;
    for (int i = sparse ? 2 : 1; i < argc; i++)
        fine = replay(argv[i]) && fine;
    printf("%zu seeds, %zu inputs, %zu of them deep\n", seeds, inputs, fuzz_depth);
    if (seeds == 0)
        (void)fprintf(stderr, "no seed was found: nothing was tested\n");
    return fine && seeds > 0 ? 0 : 1;
}
