/* SPDX-License-Identifier: MIT
 * Threads that share a keyring, and threads that work while another one exchanges it, to be run under
 * ThreadSanitizer. Usage: threads [ROUNDS | race-output | race-exchange]; a planted race must be reported. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <taskseal/taskseal.h>

enum { THREADS = 4, LEN = 600, CAP = 2048, ITEMS = 3, KEYS = 3 };

#define NOW UINT64_C(1700000000)

static unsigned rounds = 300;
static atomic_uint failures;

static void ok(bool holds, const char *what, int line)
{
    if (holds)
        return;
    fprintf(stderr, "line %d: %s\n", line, what);
    atomic_fetch_add(&failures, 1);
}

#define OK(call)   ok((call) == TASKSEAL_OK, #call, __LINE__)
#define TRUE(what) ok(what, #what, __LINE__)

static taskseal_context context(void)
{
    return (taskseal_context){.queue = taskseal_str("mail"), .type = taskseal_str("welcome")};
}

/* Keys a and b seal and open, `active` first; d makes tags. */
static taskseal_keyring *make_ring(char active)
{
    const char *const first = active == 'a' ? "a" : "b";
    const char *const second = active == 'a' ? "b" : "a";
    const uint8_t *const secrets = (const uint8_t *)"0123456789abcdef0123456789ABCDEF0123456789abcdef";
    const taskseal_key keys[KEYS] = {
        {.id = first, .type = 1, .state = TASKSEAL_KEY_ACTIVE, .secret = secrets + (first[0] == 'a' ? 0 : 1)},
        {.id = second,
         .type = 1,
         .state = TASKSEAL_KEY_OPEN_ONLY,
         .secret = secrets + (first[0] == 'a' ? 1 : 0)},
        {.id = "d", .type = TASKSEAL_KEY_DEDUPE, .state = TASKSEAL_KEY_ACTIVE, .secret = secrets + 2},
    };
    taskseal_keyring *ring;
    OK(taskseal_keyring_new(&ring, keys, KEYS, NULL));
    return ring;
}

/* ---- Every operation ---- */

typedef struct {
    uint8_t payload[LEN];
    uint8_t sealed[CAP];
    size_t sealed_len;
    uint8_t moved[CAP + TASKSEAL_HEADER_MAX];
    size_t moved_len;
    uint8_t out[CAP];
    uint8_t piece[TASKSEAL_STREAM_SIZE(CAP)];
} desk;

static void seal_and_open(desk *d, const taskseal_keyring *ring)
{
    const taskseal_seal_options seal = {.keyring = ring, .context = context(), .now = NOW};
    const taskseal_open_options open = {.keyring = ring, .context = context(), .now = NOW};
    const taskseal_rewrap_options rewrap = {.keyring = ring, .now = NOW};
    const taskseal_reseal_options reseal = {.open = open};
    taskseal_opened opened;
    size_t len;
    OK(taskseal_seal(&seal, d->payload, LEN, d->sealed, CAP, &d->sealed_len));
    OK(taskseal_rewrap(&rewrap, d->sealed, d->sealed_len, d->moved, sizeof d->moved, &d->moved_len));
    OK(taskseal_open(&open, d->moved, d->moved_len, d->out, CAP, &len, &opened));
    TRUE(len == LEN && memcmp(d->out, d->payload, LEN) == 0);
    OK(taskseal_reseal(&reseal, d->sealed, d->sealed_len, d->moved, sizeof d->moved, &d->moved_len, NULL));
    OK(taskseal_open(&open, d->moved, d->moved_len, d->out, CAP, &len, NULL));
}

static void batch_and_tag(desk *d, const taskseal_keyring *ring)
{
    uint8_t tag[TASKSEAL_DEDUPE_TAG_BYTES];
    uint8_t out[ITEMS][CAP];
    taskseal_seal_item items[ITEMS];
    const taskseal_seal_options seal = {.keyring = ring, .now = NOW};
    const taskseal_dedupe_options dedupe = {.keyring = ring, .now = NOW};
    for (size_t i = 0; i < ITEMS; i++)
        items[i] = (taskseal_seal_item){
            .context = context(), .payload = d->payload, .payload_len = LEN, .out = out[i], .out_cap = CAP};
    OK(taskseal_seal_batch(&seal, items, ITEMS, NULL));
    OK(taskseal_dedupe_tag(&dedupe, d->payload, LEN, tag));
}

static void stream(desk *d, const taskseal_keyring *ring)
{
    const taskseal_seal_options seal = {.keyring = ring, .context = context(), .now = NOW};
    taskseal_stream *s;
    size_t len;
    OK(taskseal_stream_seal(&s, &seal));
    OK(taskseal_stream_update(s, d->payload, LEN, d->piece, sizeof d->piece, &len));
    OK(taskseal_stream_finish(s, d->piece, sizeof d->piece, &len, NULL));
    taskseal_stream_free(s);
}

/* ---- Threads ---- */

static void run_threads(void *(*function)(void *), void *argument)
{
    pthread_t threads[THREADS];
    for (size_t i = 0; i < THREADS; i++)
        TRUE(pthread_create(&threads[i], NULL, function, argument) == 0);
    for (size_t i = 0; i < THREADS; i++)
        TRUE(pthread_join(threads[i], NULL) == 0);
}

/* While libsodium is not ready yet. */
static void *make_rings(void *unused)
{
    (void)unused;
    taskseal_keyring_free(make_ring('a'));
    return NULL;
}

static void *share_ring(void *ring)
{
    desk *d = calloc(1, sizeof *d);
    for (unsigned i = 0; d != NULL && i < rounds; i++) {
        seal_and_open(d, ring);
        batch_and_tag(d, ring);
        stream(d, ring);
    }
    free(d);
    return NULL;
}

/* ---- While another thread exchanges the ring ---- */

typedef struct {
    taskseal_slot *slot;
    atomic_uint sealed[2]; /* with a, with b */
    atomic_uint running;
} exchange;

static bool both_keys_sealed(exchange *e)
{
    return atomic_load(&e->sealed[0]) > 0 && atomic_load(&e->sealed[1]) > 0;
}

/* What was sealed with one ring is opened with whichever is there then. A stream keeps its ring. */
static void *use_slot(void *argument)
{
    exchange *e = argument;
    desk *d = calloc(1, sizeof *d);
    for (unsigned i = 0; d != NULL && (i < rounds || !both_keys_sealed(e));
         i++) { /* else nothing was exchanged */
        size_t len;
        taskseal_opened opened;
        taskseal_keyring *ring = taskseal_slot_take(e->slot);
        const taskseal_seal_options seal = {.keyring = ring, .context = context(), .now = NOW};
        taskseal_stream *s = NULL;
        OK(taskseal_seal(&seal, d->payload, LEN, d->sealed, CAP, &d->sealed_len));
        OK(taskseal_stream_seal(&s, &seal));
        taskseal_keyring_free(ring);
        OK(taskseal_stream_update(s, d->payload, LEN, d->piece, sizeof d->piece, &len));
        OK(taskseal_stream_finish(s, d->piece, sizeof d->piece, &len, NULL));
        taskseal_stream_free(s);
        ring = taskseal_slot_take(e->slot);
        const taskseal_open_options open = {.keyring = ring, .context = context(), .now = NOW};
        OK(taskseal_open(&open, d->sealed, d->sealed_len, d->out, CAP, &len, &opened));
        atomic_fetch_add(&e->sealed[opened.key_id[0] - 'a'], 1);
        taskseal_keyring_free(ring);
    }
    free(d);
    atomic_fetch_sub(&e->running, 1);
    return NULL;
}

static void *exchange_rings(void *argument)
{
    exchange *e = argument;
    uintptr_t count = 0;
    while (atomic_load(&e->running) > 0)
        if (taskseal_slot_put(e->slot, make_ring(count++ % 2 == 0 ? 'b' : 'a')) != TASKSEAL_OK)
            abort();
    return (void *)count;
}

static void run_exchange(void)
{
    static exchange e;
    pthread_t exchanger;
    void *count;
    OK(taskseal_slot_new(&e.slot, make_ring('a')));
    atomic_store(&e.running, THREADS);
    TRUE(pthread_create(&exchanger, NULL, exchange_rings, &e) == 0);
    run_threads(use_slot, &e);
    TRUE(pthread_join(exchanger, &count) == 0);
    taskseal_slot_free(e.slot);
    const unsigned sealed = e.sealed[0] + e.sealed[1];
    printf("%d threads shared a keyring for %u rounds of every operation; %ju exchanges of keyrings while %d "
           "threads "
           "sealed and opened %u messages\n",
           THREADS, rounds * THREADS, (uintmax_t)(uintptr_t)count, THREADS, sealed);
}

/* ---- Planted races ---- */

static taskseal_keyring *plain_ring;

static void *seal_to_one_buffer(void *ring)
{
    static uint8_t out[CAP];
    const taskseal_seal_options seal = {.keyring = ring, .context = context(), .now = NOW};
    size_t len;
    OK(taskseal_seal(&seal, "payload", 7, out, CAP, &len));
    return NULL;
}

/* A pointer in place of a slot: each thread reads it and puts another ring there. */
static void *exchange_plainly(void *other)
{
    taskseal_keyring *ring = plain_ring;
    plain_ring = other;
    TRUE(ring != NULL);
    return NULL;
}

static void plant(const char *which)
{
    taskseal_keyring *ring = make_ring('a');
    taskseal_keyring *other = make_ring('b');
    plain_ring = ring;
    if (strcmp(which, "race-output") == 0)
        run_threads(seal_to_one_buffer, ring);
    else
        run_threads(exchange_plainly, other);
    taskseal_keyring_free(ring);
    taskseal_keyring_free(other);
}

int main(int argc, char **argv)
{
    if (argc == 2 && strncmp(argv[1], "race-", 5) == 0) {
        plant(argv[1]);
        return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
    }
    if (argc == 2)
        rounds = (unsigned)strtoul(argv[1], NULL, 10);
    run_threads(make_rings, NULL);
    taskseal_keyring *ring = make_ring('a');
    run_threads(share_ring, ring);
    taskseal_keyring_free(ring);
    run_exchange();
    return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
