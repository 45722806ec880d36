/* SPDX-License-Identifier: MIT
 * Usage: sweep [--plant FAULT] [FIRST-LAST]...
 *
 * Damages an envelope of every kind for each payload size of the ranges: every bit flipped, every length cut, a byte
 * inserted at every place (two values, and all 256 for payloads of 0 and 1 bytes) and every byte taken away.
 * None may open, give out a byte, or be refused for another reason than the rules say. Text forms of the sizes
 * 0 and 40 as well. Two processes share the work. Reports in TAP. Without ranges: sizes around every boundary.
 * FAULT (accepted, released, kept, error) is a fault of the test's own, which must be found. */
#include "damage.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { JOBS = 2, SIZES_MAX = 1025 };

static size_t sizes[SIZES_MAX];
static size_t size_count;

/* ---- Binary ---- */

static void flips(const envelope *e)
{
    for (size_t bit = 0; bit < e->sealed_len * 8; bit++) {
        const verdict expected = verdict_of_flip(e, bit);
        e->sealed[bit / 8] ^= (uint8_t)(1U << bit % 8);
        refused(e, e->sealed, e->sealed_len, expected, "bit flipped", bit);
        e->sealed[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
}

static void truncations(const envelope *e)
{
    for (size_t len = 0; len < e->sealed_len; len++)
        refused(e, e->sealed, len, verdict_of_truncation(e, len), "cut", len);
}

static void insertions(const envelope *e, uint8_t *scratch)
{
    const size_t len = e->sealed_len + 1;
    const unsigned values = e->payload_len <= 1 ? 256 : 2;
    for (size_t at = 0; at < len; at++) {
        memcpy(scratch, e->sealed, at);
        memcpy(scratch + at + 1, e->sealed + at, e->sealed_len - at);
        for (unsigned i = 0; i < values; i++) {
            scratch[at] =
                (uint8_t)i; /* of two values one is the byte before, which a reader might overlook */
            if (values == 2 && i == 1 && at > 0)
                scratch[at] = scratch[at - 1];
            refused(e, scratch, len, verdict_of_shift(e, scratch, len), "byte inserted", at);
        }
    }
}

static void deletions(const envelope *e, uint8_t *scratch)
{
    const size_t len = e->sealed_len - 1;
    memcpy(scratch, e->sealed + 1, len);
    for (size_t at = 0; at < e->sealed_len; at++) {
        refused(e, scratch, len, verdict_of_shift(e, scratch, len), "byte deleted", at);
        if (at < len)
            scratch[at] = e->sealed[at];
    }
}

/* ---- Text ---- */

static void text_damage(const envelope *e)
{
    char text[2048];
    char scratch[2048];
    size_t len;
    if (taskseal_text_encode(e->sealed, e->sealed_len, text, sizeof text, &len) != TASKSEAL_OK)
        report(e, "encoded", 0, "has no text form", TASKSEAL_OK);
    for (size_t bit = 0; bit < len * 8; bit++) {
        text[bit / 8] ^= (char)(1U << bit % 8);
        refused_text(e, text, len, "bit of text flipped", bit);
        text[bit / 8] ^= (char)(1U << bit % 8);
    }
    for (size_t at = 0; at < len; at++) {
        refused_text(e, text, at, "text cut", at);
        memcpy(scratch, text, at);
        memcpy(scratch + at, text + at + 1, len - at - 1);
        refused_text(e, scratch, len - 1, "character deleted", at);
    }
    for (size_t at = 0; at <= len; at++) {
        static const char inserted[] = "A_=\n \0";
        memcpy(scratch, text, at);
        memcpy(scratch + at + 1, text + at, len - at);
        for (size_t i = 0; i < sizeof inserted; i++) {
            scratch[at] = inserted[i];
            refused_text(e, scratch, len + 1, "character inserted", at);
        }
    }
}

/* ---- All of it ---- */

static void damage(const setting *s, size_t payload_len)
{
    envelope e;
    envelope_make(&e, s, payload_len);
    uint8_t *scratch = malloc(e.sealed_len + 1);
    if (scratch == NULL)
        exit(2);
    flips(&e);
    truncations(&e);
    insertions(&e, scratch);
    deletions(&e, scratch);
    if (payload_len == 0 || payload_len == 40)
        text_damage(&e);
    free(scratch);
    envelope_free(&e);
}

/* Every JOBS-th pair of a kind and a size. Returns how many kinds there are. */
static unsigned run_job(unsigned job)
{
    unsigned kinds = 0;
    size_t pair = 0;
    for (int number = 0; number < SETTINGS; number++) {
        setting s;
        setting_make(&s, number);
        for (size_t i = 0; s.available && i < size_count; i++)
            if (pair++ % JOBS == job)
                damage(&s, sizes[i]);
        kinds += s.available;
        setting_free(&s);
        if (size_count > 100)
            fprintf(stderr, "damage: process %u of %d: %d of %d kinds done\n", job + 1, JOBS, number + 1,
                    SETTINGS);
    }
    return kinds;
}

typedef struct {
    unsigned long long count;
    unsigned kinds;
} result;

static bool collect(const int ends[2], const pid_t children[JOBS], result *all)
{
    bool fine = true;
    *all = (result){0};
    close(ends[1]);
    for (unsigned job = 0; job < JOBS; job++) {
        int status;
        if (waitpid(children[job], &status, 0) < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
            fine = false;
    }
    for (result one; fine && read(ends[0], &one, sizeof one) == (ssize_t)sizeof one;) {
        all->count += one.count;
        all->kinds = one.kinds;
    }
    return fine;
}

static bool run_all(result *all)
{
    int ends[2];
    pid_t children[JOBS];
    if (pipe(ends) != 0)
        return false;
    fflush(stdout);
    for (unsigned job = 0; job < JOBS; job++) {
        children[job] = fork();
        if (children[job] == 0) {
            result one = {.kinds = run_job(job)};
            one.count = damaged_count;
            _Exit(write(ends[1], &one, sizeof one) == (ssize_t)sizeof one ? EXIT_SUCCESS : EXIT_FAILURE);
        }
    }
    return collect(ends, children, all);
}

static bool add_sizes(const char *range)
{
    size_t first;
    size_t last;
    if (sscanf(range, "%zu-%zu", &first, &last) != 2 || first > last || last > 1024)
        return false;
    for (size_t size = first; size <= last && size_count < SIZES_MAX; size++)
        sizes[size_count++] = size;
    return true;
}

int main(int argc, char **argv)
{
    static const char *const boundaries[] = {"0-1",     "15-17",   "31-33",   "40-40",   "63-65",
                                             "127-129", "255-257", "511-513", "767-769", "1022-1024"};
    result all;
    int next = 1;
    if (argc > 2 && strcmp(argv[1], "--plant") == 0) {
        planted = argv[2];
        next = 3;
    }
    for (; next < argc; next++) {
        if (!add_sizes(argv[next])) {
            fprintf(stderr, "usage: sweep [--plant FAULT] [FIRST-LAST]... with sizes up to 1024\n");
            return 2;
        }
    }
    const size_t own = size_count == 0 ? sizeof boundaries / sizeof boundaries[0] : 0;
    for (size_t i = 0; i < own; i++)
        (void)add_sizes(boundaries[i]);
    const bool fine = run_all(&all) && all.count > 0;
    printf("TAP version 13\n1..1\n%sok 1 - every damaged envelope is refused, and gives nothing out\n",
           fine ? "" : "not ");
    if (fine)
        printf("# evidence: 3: %llu damaged envelopes refused for the right reason, 0 bytes released, two "
               "ways each "
               "(%zu payload sizes from %zu to %zu, %u kinds of suite, key type and stanza count)\n",
               all.count, size_count, sizes[0], sizes[size_count - 1], all.kinds);
    return fine ? EXIT_SUCCESS : EXIT_FAILURE;
}
