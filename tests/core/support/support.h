/* SPDX-License-Identifier: MIT
 * What the tests of the core share: exact error assertions; keys, rings and buffers that the fixture
 * frees. */
#ifndef TASKSEAL_TESTS_CORE_SUPPORT_H
#define TASKSEAL_TESTS_CORE_SUPPORT_H

#include <check.h>
#include <taskseal/taskseal.h>

/* Times are given, not read: this is the clock of the tests. 2023-11-14T22:13:20Z. */
#define NOW UINT64_C(1700000000)

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

/* The sanitizers make mlock do nothing and take a fault of memory for their own: some tests are not for
 * them. */
#ifdef TASKSEAL_TESTS_SANITISED
enum { SANITISED = true };
#else
enum { SANITISED = false };
#endif

/* ---- Assertions ---- */

#define assert_err(expected, call)                                                                           \
    do {                                                                                                     \
        const taskseal_err expected_ = (expected);                                                           \
        const taskseal_err got_ = (call);                                                                    \
        ck_assert_msg(got_ == expected_, "%s: got %s, expected %s", #call, taskseal_err_name(got_),          \
                      taskseal_err_name(expected_));                                                         \
    } while (0)

#define assert_ok(call) assert_err(TASKSEAL_OK, call)

/* ---- Buffers ---- */

typedef struct blob {
    uint8_t *data;
    size_t len;
} blob;

/* A buffer of exactly `len` bytes, so that the sanitizers see the first byte behind it. */
blob blob_new(size_t len);
blob blob_copy(const void *data, size_t len);

/* Bytes that differ from place to place, and hold no run of one value. */
blob blob_pattern(size_t len);

void fill(blob b, uint8_t value);
bool all_are(const void *data, size_t len, uint8_t value);
bool same(const void *a, size_t a_len, const void *b, size_t b_len);

/* ---- Keys and rings ---- */

/* 32 bytes that belong to `name` alone; they live as long as the test. */
const uint8_t *secret_of(char name);

/* An active key of type xchacha20poly1305 that is good for every queue at all times. Its secret is that of
 * the id's last character. */
taskseal_key key_of(const char *id);
taskseal_key key_in_state(const char *id, taskseal_key_state state);

taskseal_keyring *ring_of(const taskseal_key *keys, size_t count);
#define RING(...)                                                                                            \
    ring_of((const taskseal_key[]){__VA_ARGS__},                                                             \
            sizeof((const taskseal_key[]){__VA_ARGS__}) / sizeof(taskseal_key))

/* Hands a ring that a test made to the fixture, to free. */
taskseal_keyring *ring_keep(taskseal_keyring *ring);

/* ---- Sealing and opening ---- */

/* Bound to queue, type and id, at NOW. */
taskseal_seal_options sealing(const taskseal_keyring *ring);
taskseal_open_options opening(const taskseal_keyring *ring);
taskseal_rewrap_options rewrapping(const taskseal_keyring *ring);

/* These assert success. */
blob seal(const taskseal_seal_options *options, const void *payload, size_t len);
blob open_whole(const taskseal_open_options *options, blob sealed);
blob rewrap(const taskseal_rewrap_options *options, blob sealed);
taskseal_info inspect(blob sealed);

/* Opens both ways, into a buffer and in place; asserts that both say the same, give nothing out on failure,
 * and leave `opened` untouched then. */
taskseal_err try_open(const taskseal_open_options *options, blob sealed);
taskseal_err try_seal(const taskseal_seal_options *options, size_t payload_len);
taskseal_err try_rewrap(const taskseal_rewrap_options *options, blob sealed);

/* ---- The envelope's kinds ---- */

/* Every suite with every key type, unpadded and padded. */
typedef struct kind {
    taskseal_suite suite;
    taskseal_key_type key_type;
    bool padded;
    bool available; /* in this build, on this CPU */
} kind;

enum { KINDS = 12 };

kind kind_at(int i);

/* ---- Suites ---- */

/* A case whose tests run with the fixture that frees what the functions above made. */
TCase *add_case(Suite *suite, const char *name);

/* Each test program defines this one. */
Suite *make_suite(void);

#endif
