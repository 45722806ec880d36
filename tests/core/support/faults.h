/* SPDX-License-Identifier: MIT
 * System calls and allocations that fail when a test says so, and that count how often they are made. A
 * program that links this has these functions replaced by the linker (meson.build); as long as nothing is
 * set, they do what the system does. */
#ifndef TASKSEAL_TESTS_CORE_FAULTS_H
#define TASKSEAL_TESTS_CORE_FAULTS_H

#include "support.h"

typedef enum random_fault {
    RANDOM_WORKS,
    RANDOM_FAILS,               /* -1, EIO */
    RANDOM_FAILS_AFTER_8_BYTES, /* the first answer is short, then as RANDOM_FAILS */
    RANDOM_GIVES_NOTHING,       /* 0 */
    RANDOM_IS_SHORT,            /* at most 7 bytes at a time */
    RANDOM_IS_INTERRUPTED,      /* -1, EINTR at every other request */
    RANDOM_REPEATS              /* repeated_random(), every time */
} random_fault;

typedef enum clock_fault {
    CLOCK_WORKS,
    CLOCK_FAILS,
    CLOCK_SHOWS /* faults.clock_seconds */
} clock_fault;

/* Calls about files that fail, with EIO where nothing else is said. */
typedef enum file_fault {
    FILES_WORK,
    FSTAT_FAILS,
    FSTAT_SHOWS_LESS, /* one byte: the file grows meanwhile */
    READ_FAILS,
    READ_IS_SHORT,       /* one byte at a time */
    READ_IS_INTERRUPTED, /* -1, EINTR at every other call */
    READ_ENDS_EARLY,     /* one byte less than there is */
    WRITE_FAILS,
    WRITE_IS_SHORT,
    WRITE_IS_INTERRUPTED,
    WRITE_GIVES_0,
    FCHMOD_FAILS,
    FSYNC_FAILS, /* of a file */
    DIRECTORY_FSYNC_FAILS,
    CLOSE_FAILS,
    LINK_FAILS
} file_fault;

typedef struct faults_state {
    random_fault random;
    clock_fault clock;
    int64_t clock_seconds;
    file_fault file;
    bool mlock_fails;
    bool mprotect_fails;
    bool sodium_init_fails;
    bool cpu_lacks_aes;
    bool passphrases_are_cheap; /* argon2id at its least cost, whatever is asked for */
    bool wraps_are_wrong;       /* taskseal__wrap flips a bit of what it has written */
    unsigned fail_allocation;   /* the number of the allocation that fails, from 1; 0: none */

    size_t read_first;         /* bytes that the first read asked for, while READ_IS_SHORT */
    size_t read_last;          /* ... and the last one */
    bool read_asked_more;      /* than the one before it */
    uint64_t synced_directory; /* the inode of the directory that was synced last */

    /* Counted while `counting`. */
    bool counting;
    unsigned allocations;
    unsigned random_requests;
    size_t random_bytes; /* that were asked for at first */
} faults_state;

extern faults_state faults;

/* What RANDOM_REPEATS writes. Requests of different lengths share no run of 16 bytes. */
void repeated_random(uint8_t *out, size_t len);

/* Everything works again, all counters are 0. */
void faults_reset(void);

/* Counts and fails allocations while `call` runs, and nothing else of the program. */
#define COUNTED(call) (faults.counting = true, faults_stop_after(call))
taskseal_err faults_stop_after(taskseal_err err);

/* As add_case, with faults_reset before and after every test. */
TCase *add_faults_case(Suite *suite, const char *name);

#endif
