/* SPDX-License-Identifier: MIT
 * Usage: failures [--plant FAULT]
 *
 * Runs every public call and fails, one after the other, each call of the system and each allocation that it makes,
 * in each way in which it may fail, until the call needs no more of them. Each time: the error is one that is right,
 * outputs are cleared, nothing is leaked, files are whole, and the same call then succeeds. Reports in TAP.
 * FAULT is a fault of the test's own, which must be found: see plant(). */
#include "world.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { NTH_MAX = 1000, DESCRIPTORS = 256 };

static const char *planted = "";
static unsigned long injected[8]; /* by row of the evidence */
static unsigned long hits_of_fault[256];
static uint8_t before[OUT_MAX];

static unsigned count_descriptors(void)
{
    unsigned count = 0;
    for (int fd = 0; fd < DESCRIPTORS; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

static void plant(const scenario *s, taskseal_err *err)
{
    static void *volatile leaked;
    static volatile int descriptor;
    if (points.hits == 0)
        return;
    if (strcmp(planted, "leak") == 0)
        leaked = malloc(1);
    if (strcmp(planted, "descriptor") == 0)
        descriptor = dup(0);
    if (strcmp(planted, "verdict") == 0)
        *err = TASKSEAL_ERR_IO;
    if (strcmp(planted, "length") == 0 && (s->traits & GIVES_LENGTH) != 0)
        w.out_len = 1;
    if (strcmp(planted, "bytes") == 0)
        w.out[5] = w.payload[0];
    if (strcmp(planted, "pointer") == 0 && (s->traits & GIVES_POINTER) != 0)
        w.pointer = &w;
    if (strcmp(planted, "silence") == 0)
        w.error = (taskseal_error){0};
    if (strcmp(planted, "temporary") == 0)
        file_write("keyring.AbCdEf", "", 0);
    if (strcmp(planted, "changed") == 0 && (s->traits & CHANGES) != 0 && *err != TASKSEAL_OK)
        file_write("keyring", "", 0);
    (void)leaked;
    (void)descriptor;
}

/* ---- One run ---- */

static bool all_canary_or_wiped(void)
{
    for (size_t i = 0; i < sizeof w.out; i++)
        if (w.out[i] != CANARY && w.out[i] != 0)
            return false;
    return true;
}

/* What is wrong with the outputs of a call that failed; NULL if nothing. */
static const char *output_fault(const scenario *s, taskseal_err err)
{
    if ((s->traits & GIVES_POINTER) != 0 && w.pointer != NULL)
        return "an output pointer is not NULL";
    if ((s->traits & GIVES_LENGTH) != 0 && w.out_len != 0)
        return "an output length is not 0";
    if ((s->traits & GIVES_BYTES) != 0 && !all_canary_or_wiped())
        return "bytes are given out";
    if ((s->traits & IN_PLACE) != 0 && memcmp(w.out, before, sizeof before) != 0)
        return "the buffer is not as it was";
    if ((s->traits & TELLS) != 0 && (w.error.code != err || w.error.message[0] == '\0'))
        return "the error is not told in words";
    return NULL;
}

static void arm(const fault *f, unsigned nth)
{
    points_reset();
    points.at = f->at;
    points.nth = nth;
    points.sticky = f->sticky;
    points.effect = f->effect;
    points.error = f->error;
}

static void prepare(const scenario *s)
{
    folder_clear();
    world_poison();
    s->prepare();
    memcpy(before, w.out, sizeof before);
}

/* Tries the same again, with all working: a failure leaves nothing behind that stands in the way. */
static const char *again_fault(const scenario *s)
{
    world_poison();
    return s->run() == TASKSEAL_OK ? NULL : "the same call fails though all works again";
}

/* Returns what is wrong, NULL if nothing; *hit says whether the fault was reached. */
static const char *run_once(const scenario *s, const fault *f, unsigned nth, bool *hit, taskseal_err *err)
{
    const unsigned descriptors = count_descriptors();
    prepare(s);
    arm(f, nth);
    points.active = true;
    *err = s->run();
    plant(s, err);
    points_disarm();
    *hit = points.hits > 0;
    const char *wrong = NULL;
    if (*hit ? !fault_allows(f, *err, (s->traits & CREATES) != 0, (s->traits & CHANGES) != 0)
             : *err != TASKSEAL_OK)
        wrong = "another error than is right";
    if (wrong == NULL && *err != TASKSEAL_OK)
        wrong = output_fault(s, *err);
    world_release();
    const int alive = points_live();
    points.active = false;
    points.as_other_user = false;
    if (wrong == NULL && alive != 0)
        wrong = alive < 0 ? "something was freed that was not allocated" : "memory is leaked";
    if (wrong == NULL && count_descriptors() != descriptors)
        wrong = "a descriptor is leaked";
    if (wrong == NULL)
        wrong = folder_fault(s, f, *err);
    if (wrong == NULL && *err != TASKSEAL_OK && (s->traits & ONCE_ONLY) == 0)
        wrong = again_fault(s);
    world_release();
    return wrong;
}

/* ---- All of them ---- */

/* Fails the first, the second and so on, until the call succeeds without having reached the fault. */
static bool sweep(const scenario *s, size_t number)
{
    const fault *f = &faults[number];
    for (unsigned nth = 1; nth <= NTH_MAX; nth++) {
        bool hit;
        taskseal_err err;
        const char *wrong = run_once(s, f, nth, &hit, &err);
        if (wrong != NULL) {
            printf("# %s (%s), %s number %u%s, effect %d, %s: %s (%s)\n", s->calls, s->what,
                   point_names[f->at], nth, f->sticky ? " and all that follow" : "", f->effect,
                   strerror(f->error), wrong, taskseal_err_name(err));
            return false;
        }
        if (!hit)
            return true;
        injected[f->row]++;
        hits_of_fault[number]++;
    }
    printf("# %s (%s): %s never ends\n", s->calls, s->what, point_names[f->at]);
    return false;
}

static bool needs_root(const scenario *s)
{
    return strstr(s->what, "as another user") != NULL;
}

static bool sweep_all(const scenario *list, size_t count, unsigned *number)
{
    bool fine = true;
    for (size_t i = 0; i < count; i++) {
        const scenario *s = &list[i];
        bool held = true;
        if (needs_root(s) && geteuid() != 0) {
            printf("ok %u - %s (%s) # SKIP only root gets as far as fchown\n", ++*number, s->calls, s->what);
            continue;
        }
        for (size_t j = 0; j < fault_count && held; j++)
            held = sweep(s, j);
        printf("%sok %u - %s%s%s\n", held ? "" : "not ", ++*number, s->calls, s->what[0] != '\0' ? ", " : "",
               s->what);
        fine = fine && held;
        if (!held && planted[0] != '\0')
            break; /* that it is found once is enough */
    }
    return fine;
}

/* Each fault of the list was reached somewhere, or the list claims more than is tested. */
static bool every_fault_was_hit(unsigned number)
{
    bool fine = true;
    for (size_t i = 0; i < fault_count; i++) {
        if (hits_of_fault[i] != 0 || (faults[i].at == POINT_FCHOWN && geteuid() != 0))
            continue;
        printf("# never reached: %s, effect %d, %s\n", point_names[faults[i].at], faults[i].effect,
               strerror(faults[i].error));
        fine = false;
    }
    printf("%sok %u - every fault was reached\n", fine ? "" : "not ", number);
    return fine;
}

static void print_evidence(void)
{
    size_t ways = 0;
    for (size_t i = 0; i < fault_count; i++)
        ways += faults[i].row == 7 && hits_of_fault[i] != 0;
    printf("# evidence: 6: %lu failed allocations, at every point of every public call: "
           "the right error, nothing leaked, outputs cleared\n",
           injected[6]);
    printf(
        "# evidence: 7: %lu failed system calls (%zu ways to fail, %d kinds of points with those of memory): "
        "the right error or recovery, nothing leaked, key files whole\n",
        injected[7], ways, POINT_COUNT);
}

int main(int argc, char **argv)
{
    unsigned number = 0;
    if (argc == 3 && strcmp(argv[1], "--plant") == 0)
        planted = argv[2];
    else if (argc != 1)
        return fprintf(stderr, "usage: failures [--plant FAULT]\n"), 2;
    printf("TAP version 13\n1..%zu\n", asynq_scenario_count + envelope_scenario_count + key_scenario_count + 1);
    folder_make();
    world_begin();
    bool fine = sweep_all(envelope_scenarios, envelope_scenario_count, &number);
    if (fine || planted[0] == '\0')
        fine = sweep_all(asynq_scenarios, asynq_scenario_count, &number) && fine;
    if (fine || planted[0] == '\0')
        fine = sweep_all(key_scenarios, key_scenario_count, &number) && fine;
    fine = every_fault_was_hit(++number) && fine;
    world_end();
    folder_remove();
    if (fine)
        print_evidence();
    return fine ? EXIT_SUCCESS : EXIT_FAILURE;
}
