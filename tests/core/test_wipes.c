/* SPDX-License-Identifier: MIT
 * What a call leaves on its stack: no KEK, no DEK, no wrapping key, no payload key. Every call runs on a stack of its
 * own, which is searched afterwards. */
#include "keyfile/cases.h"
#include "support/disk.h"
#include "support/faults.h"

#include "core/derive.h"
#include "core/keyring.h"

#include <stdlib.h>
#include <ucontext.h>

enum { STACK_BYTES = 1 << 20, SAMPLE = 16 };

/* A call that is made there, and what it must not leave. */
typedef struct {
    taskseal_keyring *ring;
    taskseal_seal_options seal;
    taskseal_open_options open;
    taskseal_rewrap_options rewrap;
    uint8_t sealed[2048];
    size_t sealed_len;
    uint8_t out[2048];
    const char *path;
    size_t payload_len;
    taskseal_err err;
    uint8_t dek[TASKSEAL__DEK_BYTES];
    uint8_t payload_key[TASKSEAL__PAYLOAD_KEY_BYTES];
} job;

static const uint8_t payload[300];

static uint8_t *stack;

static void make_stack(void)
{
    ck_assert(posix_memalign((void **)&stack, 4096, STACK_BYTES) == 0);
    memset(stack, 0, STACK_BYTES);
}

static void free_stack(void)
{
    free(stack);
}

static struct {
    ucontext_t caller;
    void (*function)(job *);
    job *argument;
} run;

static void run_function(void)
{
    run.function(run.argument);
}

/* A context and not a thread, because the system takes memory away from the stack of a thread that ends. */
static void run_on_stack(void (*function)(job *), job *argument)
{
    ucontext_t context;
    run.function = function;
    run.argument = argument;
    ck_assert(getcontext(&context) == 0);
    context.uc_stack.ss_sp = stack;
    context.uc_stack.ss_size = STACK_BYTES;
    context.uc_link = &run.caller;
    makecontext(&context, run_function, 0);
    ck_assert(swapcontext(&run.caller, &context) == 0);
}

/* True if the stack holds the first or the last half of a secret of 32 bytes. */
static bool stack_holds(const uint8_t *secret)
{
    return memmem(stack, STACK_BYTES, secret, SAMPLE) != NULL ||
           memmem(stack, STACK_BYTES, secret + SAMPLE, SAMPLE) != NULL;
}

/* ---- What runs there ---- */

static void do_seal(job *j)
{
    size_t len;
    j->err = taskseal_seal(&j->seal, payload, j->payload_len, j->out, sizeof j->out, &len);
}

static void do_open(job *j)
{
    size_t len;
    j->err = taskseal_open(&j->open, j->sealed, j->sealed_len, j->out, sizeof j->out, &len, NULL);
}

static void do_open_in_place(job *j)
{
    void *payload;
    size_t len;
    memcpy(j->out, j->sealed, j->sealed_len);
    j->err = taskseal_open_in_place(&j->open, j->out, j->sealed_len, &payload, &len, NULL);
}

static void do_rewrap(job *j)
{
    size_t len;
    j->err = taskseal_rewrap(&j->rewrap, j->sealed, j->sealed_len, j->out, sizeof j->out, &len);
}

static taskseal_err run_stream(taskseal_stream *stream, job *j, const void *in, size_t in_len)
{
    static uint8_t out[TASKSEAL_STREAM_SIZE(2048)];
    size_t len;
    taskseal_err err = taskseal_stream_update(stream, in, in_len, out, sizeof out, &len);
    if (err == TASKSEAL_OK)
        err = taskseal_stream_finish(stream, out, sizeof out, &len, NULL);
    taskseal_stream_free(stream);
    memcpy(j->out, out, len);
    return err;
}

static void do_open_stream(job *j)
{
    taskseal_stream *stream;
    j->err = taskseal_stream_open(&stream, &j->open);
    if (j->err == TASKSEAL_OK)
        j->err = run_stream(stream, j, j->sealed, j->sealed_len);
}

static void do_seal_stream(job *j)
{
    taskseal_stream *stream;
    j->err = taskseal_stream_seal(&stream, &j->seal);
    if (j->err == TASKSEAL_OK)
        j->err = run_stream(stream, j, payload, j->payload_len);
}

static void do_parse(job *j)
{
    static const char text[] = FIRST "key k " ACTIVE;
    j->err = taskseal_keyring_parse(&j->ring, text, sizeof text - 1, NULL);
}

static void do_create(job *j)
{
    j->err = taskseal_keyfile_create(j->path, "k", TASKSEAL_KEY_XCHACHA20POLY1305, NULL);
}

static void do_leak(job *j)
{
    uint8_t deep[4096];
    volatile uint8_t *left = deep;
    const size_t at = j->err; /* 0, but the compiler does not know and keeps the array whole */
    for (size_t i = 0; i < sizeof j->dek; i++)
        left[at + i] = j->dek[i];
}

/* The randomness repeats, so that the DEK is known. */
static void set_up(job *j, kind k, size_t payload_len)
{
    taskseal_key key = key_of("k");
    taskseal__message_keys keys;
    uint8_t random[64];
    key.type = k.key_type;
    memset(j, 0, sizeof *j);
    j->payload_len = payload_len;
    j->ring = RING(key);
    j->seal = sealing(j->ring);
    j->seal.suite = k.suite;
    j->open = opening(j->ring);
    j->rewrap = rewrapping(j->ring);
    faults.random = RANDOM_REPEATS;
    const blob sealed = seal(&j->seal, payload, payload_len);
    memcpy(j->sealed, sealed.data, sealed.len);
    j->sealed_len = sealed.len;
    repeated_random(random, 32 + taskseal__wrap_nonce_len(k.key_type)); /* DEK | nonce */
    memcpy(j->dek, random, sizeof j->dek);
    taskseal__derive_message_keys(&keys, j->dek, sealed.data, sealed.data[7], &j->seal.context);
    memcpy(j->payload_key, keys.payload_key, sizeof j->payload_key);
    ck_assert(memcmp(keys.commitment, sealed.data + 24, 32) == 0); /* so the DEK is the right one */
}

static void (*const functions[])(job *) = {do_seal,   do_open,        do_open_in_place,
                                           do_rewrap, do_open_stream, do_seal_stream};

START_TEST(sealing_opening_and_rewrapping_leave_no_key)
{
    static job j;
    const kind k = kind_at(_i);
    if (!k.available || k.padded)
        return;
    static const size_t lengths[] = {0, 5, 40, sizeof payload};
    for (size_t i = 0; i < COUNT_OF(functions) * COUNT_OF(lengths); i++) {
        const size_t f = i % COUNT_OF(functions);
        set_up(&j, k, lengths[i / COUNT_OF(functions)]);
        memset(stack, 0, STACK_BYTES);
        run_on_stack(functions[f], &j);
        assert_ok(j.err);
        ck_assert_msg(!stack_holds(j.dek), "DEK, function %zu", f);
        ck_assert_msg(!stack_holds(j.ring->wrap_keys), "wrapping key, function %zu", f);
        ck_assert_msg(!stack_holds(j.payload_key), "payload key, function %zu", f);
    }
}
END_TEST

START_TEST(an_opening_that_ends_early_leaves_no_payload_key)
{
    static job j;
    set_up(&j, kind_at(0), 7);
    j.open.max_age = 1;
    j.open.now = NOW + 2; /* found when the payload key is derived */
    run_on_stack(_i == 0 ? do_open : do_open_in_place, &j);
    assert_err(TASKSEAL_ERR_EXPIRED, j.err);
    ck_assert(!stack_holds(j.payload_key));
    ck_assert(!stack_holds(j.dek));
}
END_TEST

START_TEST(a_header_that_was_tampered_with_leaves_no_dek)
{
    static job j;
    set_up(&j, kind_at(0), 7);
    j.sealed[57 + 5 + 72] ^= 1; /* the MAC, which is found wrong when the DEK is unwrapped */
    for (size_t i = 1; functions[i] != do_seal_stream; i++) {
        memset(stack, 0, STACK_BYTES);
        run_on_stack(functions[i], &j);
        assert_err(TASKSEAL_ERR_AUTHENTICATION_FAILED, j.err);
        ck_assert(!stack_holds(j.dek));
    }
}
END_TEST

START_TEST(reading_a_key_file_leaves_no_key)
{
    static job j;
    run_on_stack(do_parse, &j);
    assert_ok(j.err);
    ring_keep(j.ring);
    ck_assert(!stack_holds((const uint8_t *)CANARY_RAW));
    ck_assert(!stack_holds(j.ring->wrap_keys));
}
END_TEST

START_TEST(making_a_key_file_leaves_no_key)
{
    static job j;
    uint8_t secret[TASKSEAL_KEY_BYTES];
    char digits[64];
    repeated_random(secret, sizeof secret);
    sodium_bin2base64(digits, sizeof digits, secret, sizeof secret, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    j.path = path_of("keyring");
    faults.random = RANDOM_REPEATS;
    run_on_stack(do_create, &j);
    assert_ok(j.err);
    const blob text = read_file(j.path);
    ck_assert_ptr_nonnull(memmem(text.data, text.len, digits, 43)); /* so the secret is the right one */
    ck_assert(!stack_holds(secret));
    ck_assert(!stack_holds((const uint8_t *)digits));
}
END_TEST

/* The control. */
START_TEST(what_is_left_is_found)
{
    static job j;
    set_up(&j, kind_at(0), 7);
    run_on_stack(do_leak, &j);
    ck_assert(stack_holds(j.dek));
}
END_TEST

Suite *make_suite(void)
{
    Suite *suite = suite_create("wipes");
    TCase *tests = add_disk_case(suite, "stack");
    tcase_add_checked_fixture(tests, faults_reset, faults_reset);
    tcase_add_checked_fixture(tests, make_stack, free_stack);
    tcase_add_loop_test(tests, sealing_opening_and_rewrapping_leave_no_key, 0, KINDS);
    tcase_add_loop_test(tests, an_opening_that_ends_early_leaves_no_payload_key, 0, 2);
    tcase_add_test(tests, a_header_that_was_tampered_with_leaves_no_dek);
    tcase_add_test(tests, reading_a_key_file_leaves_no_key);
    tcase_add_test(tests, making_a_key_file_leaves_no_key);
    tcase_add_test(tests, what_is_left_is_found);
    return suite;
}
