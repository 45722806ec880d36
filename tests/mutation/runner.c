/* SPDX-License-Identifier: MIT
 * All test programs of the core in one, for tests/mutation: runs the one that is named.
 *
 *     program CPU-SECONDS NAME ARGUMENT... */
#include <check.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define SUITE(symbol, name)   Suite *make_suite_##symbol(void);
#define PROGRAM(symbol, name) int main_##symbol(int argc, char **argv);
#include "units.h"
#undef SUITE
#undef PROGRAM

/* Ends the program with the first failure: one is enough to notice a mutant. */
void __wrap__ck_assert_failed(const char *file, int line, const char *expression, ...);
void __wrap__ck_assert_failed(const char *file, int line, const char *expression, ...)
{
    (void)fprintf(stderr, "%s:%d: %s\n", file, line, expression);
    _exit(9);
}

/* A mutant may try to fill the memory, the disk, or all time. */
static void limit(int resource, rlim_t value)
{
    const struct rlimit both = {value, value};
    if (setrlimit(resource, &both) != 0)
        abort();
}

static int run_suite(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_SILENT);
    const int failed = srunner_ntests_failed(runner);
    const int run = srunner_ntests_run(runner);
    srunner_free(runner);
    return run > 0 && failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    if (argc < 3)
        return 2;
    limit(RLIMIT_CPU, (rlim_t)strtoul(argv[1], NULL, 10));
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_FSIZE, (rlim_t)256 << 20);
#define SUITE(symbol, name)                                                                                  \
    if (strcmp(argv[2], name) == 0)                                                                          \
        return run_suite(make_suite_##symbol());
#define PROGRAM(symbol, name)                                                                                \
    if (strcmp(argv[2], name) == 0)                                                                          \
        return main_##symbol(argc - 2, argv + 2);
#include "units.h"
    (void)fprintf(stderr, "there is no program %s\n", argv[2]);
    return 2;
}
