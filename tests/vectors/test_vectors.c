/* SPDX-License-Identifier: MIT
 * Holds the library against vector files, through its public API. Speaks TAP.
 *
 *     test_vectors MINIMUM FILE...     a FILE of - is the standard input
 *
 * Reading fewer vectors than MINIMUM is a failure: files that vanish must not pass. */
#include "run.h"

#include <taskseal/taskseal.h>

#include <stdlib.h>
#include <string.h>

typedef struct {
    size_t run;
    size_t failed;
} tally;

static void run_file(tally *t, const char *path)
{
    record_file file;
    bool standard_input = strcmp(path, "-") == 0;
    FILE *stream = standard_input ? stdin : fopen(path, "r");
    if (stream == NULL)
        give_up("cannot open", path);
    records_read(&file, path, stream);
    if (!standard_input)
        (void)fclose(stream);
    for (size_t i = 0; i < file.count; i++) {
        const record *r = &file.records[i];
        verdict v = record_run(&file, r);
        const char *comment = record_get(r, "comment");
        t->run++;
        t->failed += !v.passed;
        printf("%s %zu - %s\n", v.passed ? "ok" : "not ok", t->run, record_need(r, "name"));
        if (!v.passed)
            printf("# %s (%s)\n", v.reason, comment != NULL ? comment : "no comment");
    }
    printf("# %s: %zu vectors\n", path, file.count);
    records_free(&file);
}

int main(int argc, char **argv)
{
    tally t = {0, 0};
    if (argc < 3) {
        (void)fprintf(stderr, "usage: test_vectors MINIMUM FILE...\n");
        return 2;
    }
    size_t minimum = strtoul(argv[1], NULL, 10);
    printf("# AES-256-GCM %s, AEGIS-256 %s\n",
           taskseal_suite_available(TASKSEAL_SUITE_AES256GCM) ? "is there" : "is missing",
           taskseal_suite_available(TASKSEAL_SUITE_AEGIS256) ? "is there" : "is missing");
    for (int i = 2; i < argc; i++)
        run_file(&t, argv[i]);
    bool enough = t.run >= minimum && t.run > 0;
    printf("%s %zu - at least %zu vectors were read\n", enough ? "ok" : "not ok", t.run + 1, minimum);
    printf("1..%zu\n# %zu vectors, %zu openings in pieces, %zu failed\n", t.run + 1, t.run,
           openings_in_pieces(), t.failed);
    return enough && t.failed == 0 ? 0 : 1;
}
