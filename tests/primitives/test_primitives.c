/* SPDX-License-Identifier: MIT
 * Usage: test_primitives FILE...   runs the vectors of the files, and what needs none; reports in TAP.
 * Each file must hold exactly as many vectors and skips as are written here, so that none is lost. */
#include "vectors.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    const char *file; /* its name without the folder */
    const char *set;
    vector_check *check;
    size_t vectors;
    size_t skipped; /* vectors that no function of libsodium can be given */
    bool own;       /* made by ourselves with another implementation, not published */
} expectation;

static const expectation expectations[] = {
    {"chacha20-poly1305.txt", "chacha20-poly1305", check_aead, 316, 9, false},
    {"xchacha20-poly1305.txt", "xchacha20-poly1305", check_aead, 306, 9, false},
    {"aes256-gcm.txt", "aes256-gcm", check_aead, 66, 250, false},
    {"aegis256.txt", "aegis256", check_aead, 9, 1, false},
    {"aegis256-folded.txt", "aegis256-folded", check_aead, 472, 0, false},
    {"blake2b-kat.txt", "blake2b", check_blake2b, 256, 0, false},
    {"blake2b-mac.txt", "blake2b", check_blake2b, 6, 267, false},
    {"blake2b-lengths.txt", "blake2b", check_blake2b, 45, 0, true},
    {"argon2id.txt", "argon2id", check_argon2id, 8, 1, false},
};

static const struct {
    const char *name;
    const char *(*check)(void);
} others[] = {
    {"BLAKE2b's self-test of RFC 7693 holds", check_blake2b_of_rfc7693},
    {"crypto_pwhash gives what verifies", check_argon2id_ways},
    {"base64url: the samples of RFC 4648, and what they forbid", check_base64url_samples},
    {"base64url: every end of two and of three digits", check_base64url_endings},
    {"base64url: every byte at every place", check_base64url_bytes},
    {"comparisons find every difference", check_comparisons},
};

enum { OTHERS = sizeof others / sizeof others[0] };

static size_t published;
static size_t own;
static size_t not_fitting;
static bool failed;

static void report(unsigned number, const char *name, const char *fault)
{
    printf("%sok %u - %s\n", fault != NULL ? "not " : "", number, name);
    if (fault != NULL)
        printf("# %s: %s\n", name, fault);
    failed = failed || fault != NULL;
}

static const expectation *expected_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    for (size_t i = 0; i < sizeof expectations / sizeof expectations[0]; i++)
        if (strcmp(expectations[i].file, name) == 0)
            return &expectations[i];
    give_up("no file of this name is expected", path);
}

static size_t skip_count(const line *skip, const char *path)
{
    char *end;
    const unsigned long count = strtoul(skip->words[2], &end, 10);
    if (count == 0 || *end != '\0')
        give_up("a skip without a count", path);
    return count;
}

/* Runs every vector of the file, so that all that fail are named. */
static void run_file(unsigned number, const char *path)
{
    char name[160];
    vector_file file;
    size_t vectors = 0;
    size_t skipped = 0;
    const char *fault = NULL;
    const expectation *expected = expected_of(path);
    vectors_read(&file, path);
    if (strcmp(file.set, expected->set) != 0)
        give_up("another set than its name says", path);
    for (size_t i = 0; i < file.count; i++) {
        const line *each = &file.lines[i];
        if (strcmp(each->words[0], "skip") == 0) {
            printf("# skipped: %s %s: %s vectors: %s\n", expected->file, each->words[1], each->words[2],
                   each->words[3]);
            skipped += skip_count(each, path);
            continue;
        }
        vectors++;
        const char *wrong = expected->check(each, file.set);
        if (wrong != NULL) {
            printf("# vector %s of %s %s\n", each->words[1], expected->file, wrong);
            fault = "a vector failed";
        }
    }
    if (vectors != expected->vectors || skipped != expected->skipped)
        fault = "not as many vectors or skips as there are";
    snprintf(name, sizeof name, "%s: %zu vectors, %zu skipped", expected->file, vectors, skipped);
    report(number, name, fault);
    *(expected->own ? &own : &published) += vectors;
    not_fitting += skipped;
    vectors_free(&file);
}

int main(int argc, char **argv)
{
    unsigned number = 0;
    if (argc < 2 || sodium_init() < 0)
        give_up("usage: test_primitives FILE...", argv[0]);
    printf("TAP version 13\n1..%d\n", argc - 1 + OTHERS);
    for (int i = 1; i < argc; i++) {
        const expectation *expected = expected_of(argv[i]);
        if (expected->check == check_aead && !aead_available(expected->set))
            printf("ok %u - %s # SKIP this libsodium, or this CPU, has no such AEAD\n", ++number,
                   expected->file);
        else
            run_file(++number, argv[i]);
    }
    for (size_t i = 0; i < OTHERS; i++)
        report(++number, others[i].name, others[i].check());
    if (!failed)
        printf("# evidence: 1: libsodium %s: %zu published vectors and %zu of another implementation hold, "
               "%zu skipped, each group with its reason\n",
               sodium_version_string(), published, own, not_fitting);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
