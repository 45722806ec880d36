/* SPDX-License-Identifier: MIT
 * Every call of the core that can fail, counted and failed one at a time. The linker puts these in the place of
 * the real ones (meson.build); while nothing is planted they do what the system does. controls.py holds that the
 * core calls nothing else. */
#ifndef TASKSEAL_FAILURES_POINTS_H
#define TASKSEAL_FAILURES_POINTS_H

#include <stdbool.h>
#include <stddef.h>

/* What opens, syncs or closes is told apart by what it is for: the core may go on without some of it. */
#define POINTS(X)                                                                                            \
    X(MALLOC, "malloc")                                                                                      \
    X(CALLOC, "calloc")                                                                                      \
    X(SODIUM_MALLOC, "sodium_malloc")                                                                        \
    X(SODIUM_ALLOCARRAY, "sodium_allocarray")                                                                \
    X(PWHASH, "crypto_pwhash")                                                                               \
    X(MUTEX, "pthread_mutex_init")                                                                           \
    X(REALPATH, "realpath")                                                                                  \
    X(MLOCK, "sodium_mlock")                                                                                 \
    X(MPROTECT, "sodium_mprotect_readonly")                                                                  \
    X(RANDOM, "getrandom")                                                                                   \
    X(TIME, "time")                                                                                          \
    X(CLOCK, "clock_gettime")                                                                                \
    X(OPEN, "open")                                                                                          \
    X(OPEN_DIRECTORY, "open of a directory")                                                                 \
    X(FSTAT, "fstat")                                                                                        \
    X(STAT, "stat")                                                                                          \
    X(READ, "read")                                                                                          \
    X(WRITE, "write")                                                                                        \
    X(FCHMOD, "fchmod")                                                                                      \
    X(FCHOWN, "fchown")                                                                                      \
    X(FSYNC, "fsync")                                                                                        \
    X(FSYNC_DIRECTORY, "fsync of a directory")                                                               \
    X(CLOSE, "close")                                                                                        \
    X(CLOSE_WRITTEN, "close of what was written")                                                            \
    X(LINK, "link")                                                                                          \
    X(RENAME, "rename")                                                                                      \
    X(UNLINK, "unlink")                                                                                      \
    X(FLOCK, "flock")                                                                                        \
    X(MKOSTEMP, "mkostemp")

typedef enum point {
#define POINT_X(name, text) POINT_##name,
    POINTS(POINT_X)
#undef POINT_X
        POINT_COUNT
} point;

extern const char *const point_names[POINT_COUNT];

typedef enum effect {
    FAILS,       /* with errno = error, as the function says that it failed */
    GIVES_SHORT, /* one byte of what was asked for */
    GIVES_ZERO
} effect;

typedef struct points_state {
    bool active; /* nothing is planted or counted otherwise */

    point at;
    unsigned nth; /* from 1; 0: nothing is planted */
    bool sticky;  /* all that follow fail, too */
    effect effect;
    int error;
    bool as_other_user; /* geteuid() gives the id of another user than root */

    unsigned hits;
    unsigned calls[POINT_COUNT];
} points_state;

extern points_state points;

/* Allocations that were made while active and are not freed; -1 if something was freed that is none of them. */
int points_live(void);

/* Forgets all, also what is alive. */
void points_reset(void);

/* What is freed from now on still counts, but nothing is planted any more. */
void points_disarm(void);

#endif
