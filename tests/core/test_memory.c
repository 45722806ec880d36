/* SPDX-License-Identifier: MIT
 * Where the keys of a ring live, and that threads may share it. */
#include "support/support.h"

#include "core/keyring.h"

#include <pthread.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- The keys' memory ---- */

/* The flags that Linux shows for the mapping that holds `address`; empty where it shows none. */
static void mapping_flags(const void *address, char *flags, size_t cap)
{
    char line[512];
    bool found = false;
    FILE *maps = fopen("/proc/self/smaps", "r");
    ck_assert_ptr_nonnull(maps);
    flags[0] = '\0';
    while (fgets(line, sizeof line, maps) != NULL) {
        unsigned long from;
        unsigned long to;
        if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
            found = (uintptr_t)address >= from && (uintptr_t)address < to;
        else if (found && strncmp(line, "VmFlags:", 8) == 0)
            snprintf(flags, cap, "%.250s", line);
    }
    fclose(maps);
}

START_TEST(keys_are_left_out_of_core_dumps)
{
    char flags[256];
    taskseal_keyring *ring = RING(key_of("k"));
    mapping_flags(ring->wrap_keys, flags, sizeof flags);
    ck_assert_msg(strstr(flags, " dd") != NULL, "%s", flags);
    mapping_flags(ring, flags, sizeof flags); /* the control */
    ck_assert_msg(strstr(flags, " dd") == NULL, "%s", flags);
}
END_TEST

START_TEST(locked_says_whether_the_keys_are_locked)
{
    char flags[256];
    taskseal_keyring *ring = RING(key_of("k"));
    mapping_flags(ring->wrap_keys, flags, sizeof flags);
    ck_assert_msg(taskseal_keyring_locked(ring) == (strstr(flags, " lo") != NULL), "%s", flags);
}
END_TEST

/* True if a child that writes to, or reads from, the address lives on. */
static bool survives(volatile uint8_t *address, bool write)
{
    int status;
    const pid_t child = fork();
    if (child == 0) {
        setrlimit(RLIMIT_CORE, &(const struct rlimit){0, 0});
        if (write)
            *address = 1;
        else
            (void)*address;
        _exit(0);
    }
    ck_assert(waitpid(child, &status, 0) == child);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

START_TEST(keys_can_be_read_and_not_written)
{
    taskseal_keyring *ring = RING(key_of("k"));
    ck_assert(survives(ring->wrap_keys, false));
    ck_assert(!survives(ring->wrap_keys, true));
}
END_TEST

START_TEST(a_page_behind_the_keys_stops_an_overrun)
{
    taskseal_keyring *ring = RING(key_of("k"));
    ck_assert(survives(ring->wrap_keys + TASKSEAL__WRAP_KEY_BYTES - 1, false));
    ck_assert(!survives(ring->wrap_keys + TASKSEAL__WRAP_KEY_BYTES, false));
}
END_TEST

START_TEST(a_ring_holds_no_kek)
{
    taskseal_keyring *ring = RING(key_of("k"));
    ck_assert(memcmp(ring->wrap_keys, secret_of('k'), TASKSEAL_KEY_BYTES) != 0);
    ck_assert(!all_are(ring->wrap_keys, TASKSEAL__WRAP_KEY_BYTES, 0));
}
END_TEST

START_TEST(keys_that_do_nothing_hold_nothing)
{
    taskseal_keyring *ring = RING(key_in_state("r", TASKSEAL_KEY_RETIRED));
    ck_assert(all_are(ring->wrap_keys, TASKSEAL__WRAP_KEY_BYTES, 0));
}
END_TEST

/* ---- Threads ---- */

enum { THREADS = 4, ROUNDS = 500, MESSAGE = 600 };

typedef struct {
    const taskseal_keyring *ring;
    uint8_t ids[ROUNDS][TASKSEAL_MESSAGE_ID_BYTES];
    int failures;
} worker;

/* Assertions of Check are for the main thread: a worker counts what went wrong. */
static void *work(void *argument)
{
    worker *w = argument;
    const taskseal_seal_options options = sealing(w->ring);
    const taskseal_open_options with = opening(w->ring);
    const taskseal_rewrap_options to = rewrapping(w->ring);
    for (size_t i = 0; i < ROUNDS; i++) {
        uint8_t sealed[2048];
        uint8_t moved[2048];
        uint8_t payload[MESSAGE];
        uint8_t out[MESSAGE];
        size_t len;
        taskseal_opened opened;
        memset(payload, (int)i, sizeof payload);
        if (taskseal_seal(&options, payload, sizeof payload, sealed, sizeof sealed, &len) != TASKSEAL_OK ||
            taskseal_rewrap(&to, sealed, len, moved, sizeof moved, &len) != TASKSEAL_OK ||
            taskseal_open(&with, moved, len, out, sizeof out, &len, &opened) != TASKSEAL_OK ||
            len != sizeof payload || memcmp(out, payload, len) != 0) {
            w->failures++;
            continue;
        }
        memcpy(w->ids[i], opened.message_id, sizeof opened.message_id);
    }
    return NULL;
}

START_TEST(threads_share_a_ring)
{
    static worker workers[THREADS];
    pthread_t threads[THREADS];
    taskseal_keyring *ring = RING(key_of("k"), key_of("l"));
    memset(workers, 0, sizeof workers);
    for (size_t i = 0; i < THREADS; i++) {
        workers[i].ring = ring;
        ck_assert(pthread_create(&threads[i], NULL, work, &workers[i]) == 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        ck_assert(pthread_join(threads[i], NULL) == 0);
        ck_assert_int_eq(workers[i].failures, 0);
    }
    for (size_t i = 1; i < THREADS; i++)
        for (size_t round = 0; round < ROUNDS; round++)
            ck_assert(memcmp(workers[0].ids[round], workers[i].ids[round], TASKSEAL_MESSAGE_ID_BYTES) != 0);
}
END_TEST

static void *make_ring(void *argument)
{
    taskseal_keyring **ring = argument;
    const taskseal_key key = {.id = "k",
                              .type = TASKSEAL_KEY_XCHACHA20POLY1305,
                              .state = TASKSEAL_KEY_ACTIVE,
                              .secret = (const uint8_t *)"0123456789abcdef0123456789ABCDEF"};
    if (taskseal_keyring_new(ring, &key, 1, NULL) != TASKSEAL_OK)
        *ring = NULL;
    return NULL;
}

START_TEST(threads_make_rings_at_once)
{
    pthread_t threads[THREADS];
    taskseal_keyring *rings[THREADS];
    for (size_t i = 0; i < THREADS; i++)
        ck_assert(pthread_create(&threads[i], NULL, make_ring, &rings[i]) == 0);
    for (size_t i = 0; i < THREADS; i++) {
        ck_assert(pthread_join(threads[i], NULL) == 0);
        ck_assert_ptr_nonnull(ring_keep(rings[i]));
    }
}
END_TEST

Suite *make_suite(void)
{
    Suite *suite = suite_create("memory");
    TCase *tests = add_case(suite, "threads");
    tcase_add_test(tests, threads_make_rings_at_once); /* first, while libsodium is not ready */
    tcase_add_test(tests, threads_share_a_ring);
    tests = add_case(suite, "keys");
    tcase_add_test(tests, keys_are_left_out_of_core_dumps);
    tcase_add_test(tests, a_ring_holds_no_kek);
    tcase_add_test(tests, keys_that_do_nothing_hold_nothing);
    if (!SANITISED) {
        tcase_add_test(tests, locked_says_whether_the_keys_are_locked);
        tcase_add_test(tests, keys_can_be_read_and_not_written);
        tcase_add_test(tests, a_page_behind_the_keys_stops_an_overrun);
    }
    return suite;
}
