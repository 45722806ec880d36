/* SPDX-License-Identifier: MIT
 * A process whose memory leftovers.py searches for secrets. It reads a keyring and a payload, does everything with
 * them, wipes the buffers that are its own, and waits for a line at each station, which it names.
 * Usage: leftovers SUITE KEYRING PAYLOAD SEALED [KEPT]; it writes an envelope to the file SEALED. KEPT is a file whose
 * bytes it keeps in ordinary memory: what the search then has to find. Where there is a file `passphrase`, the key file
 * `changed` is changed and protected with it. */
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <taskseal/taskseal.h>

enum { MOST = 65536 };

/* This process's own buffers. */
static uint8_t payload[MOST], sealed[2 * MOST], moved[2 * MOST], out[2 * MOST];
static size_t payload_len, sealed_len;

static void need(bool holds, const char *what, int line)
{
    if (holds)
        return;
    fprintf(stderr, "leftovers: line %d: %s\n", line, what);
    exit(EXIT_FAILURE);
}

#define NEED(what)             need(what, #what, __LINE__)
#define EXPECT(expected, call) need((call) == (expected), #call, __LINE__)
#define OK(call)               EXPECT(TASKSEAL_OK, call)

/* Reads with read() alone: stdio would keep a copy. */
static size_t read_file(const char *path, uint8_t *to, size_t cap)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd >= 0 ? read(fd, to, cap) : -1;
    NEED(got > 0 && close(fd) == 0);
    return (size_t)got;
}

static void write_file(const char *path, const uint8_t *from, size_t len)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    NEED(fd >= 0 && write(fd, from, len) == (ssize_t)len && close(fd) == 0);
}

static void wait_at(const char *station)
{
    char line;
    NEED(write(STDOUT_FILENO, station, strlen(station)) > 0 && write(STDOUT_FILENO, "\n", 1) == 1);
    NEED(read(STDIN_FILENO, &line, 1) == 1);
}

/* ---- Work ---- */

static taskseal_context context(void)
{
    return (taskseal_context){.queue = taskseal_str("mail"), .id = taskseal_str("42")};
}

static void open_all(const taskseal_keyring *ring, const uint8_t *envelope, size_t len)
{
    taskseal_open_options options = {.keyring = ring, .context = context()};
    size_t got;
    void *at;
    OK(taskseal_open(&options, envelope, len, out, sizeof out, &got, NULL));
    NEED(got == payload_len && memcmp(out, payload, got) == 0);
    memcpy(out, envelope, len);
    OK(taskseal_open_in_place(&options, out, len, &at, &got, NULL));
    memcpy(out, envelope, len);
    out[len - 1] ^= 1;
    EXPECT(TASKSEAL_ERR_DAMAGED, taskseal_open_in_place(&options, out, len, &at, &got, NULL));
    options.context.id = taskseal_str("43");
    EXPECT(TASKSEAL_ERR_CONTEXT_MISMATCH,
           taskseal_open(&options, envelope, len, out, sizeof out, &got, NULL));
}

static void stream(const taskseal_seal_options *seal)
{
    const taskseal_open_options open = {.keyring = seal->keyring, .context = seal->context};
    taskseal_stream *s;
    size_t first;
    size_t rest;
    OK(taskseal_stream_seal(&s, seal));
    OK(taskseal_stream_update(s, payload, payload_len, moved, sizeof moved, &first));
    OK(taskseal_stream_finish(s, moved + first, sizeof moved - first, &rest, NULL));
    taskseal_stream_free(s);
    const size_t len = first + rest;
    OK(taskseal_stream_open(&s, &open));
    OK(taskseal_stream_update(s, moved, len, out, sizeof out, &first));
    OK(taskseal_stream_finish(s, out + first, sizeof out - first, &rest, NULL));
    taskseal_stream_free(s);
    NEED(first + rest == payload_len && memcmp(out, payload, payload_len) == 0);
    OK(taskseal_stream_open(&s, &open)); /* one that is given up */
    OK(taskseal_stream_update(s, moved, len - 1, out, sizeof out, &first));
    taskseal_stream_free(s);
}

static void work(const taskseal_keyring *ring, taskseal_suite suite)
{
    taskseal_seal_options seal = {.keyring = ring, .context = context(), .suite = suite};
    const taskseal_rewrap_options rewrap = {.keyring = ring};
    const taskseal_reseal_options reseal = {.open = {.keyring = ring, .context = seal.context}};
    taskseal_seal_item item = {
        .context = seal.context, .payload = payload, .out = moved, .out_cap = sizeof moved};
    size_t len;
    item.payload_len = payload_len;
    OK(taskseal_reseal(&reseal, sealed, sealed_len, moved, sizeof moved, &len, NULL));
    open_all(ring, moved, len);
    stream(&seal);
    seal.flags = TASKSEAL_SEAL_PADDED;
    memset(&seal.context, 0, sizeof seal.context);
    OK(taskseal_seal_batch(&seal, &item, 1, NULL));
    open_all(ring, moved, item.out_len);
    /* Last what leaves traces of the DEK and of the payload key that leftovers.py knows. */
    OK(taskseal_rewrap(&rewrap, sealed, sealed_len, moved, sizeof moved, &len));
    open_all(ring, moved, len);
    open_all(ring, sealed, sealed_len);
}

/* Protects, reads and changes the key file `changed`, whose key is that of the keyring. */
static void work_on_file(const char *words_file)
{
    uint8_t words[TASKSEAL_PASSPHRASE_MAX];
    taskseal_keyring *ring;
    const taskseal_bytes passphrase = {words, read_file(words_file, words, sizeof words)};
    const taskseal_keyfile_change add = {.action = TASKSEAL_KEYFILE_ADD, .key_id = "l"};
    const taskseal_keyfile_change promote = {.action = TASKSEAL_KEYFILE_PROMOTE, .key_id = "l"};
    const taskseal_keyfile_change protect = {.action = TASKSEAL_KEYFILE_PROTECT,
                                             .new_passphrase = passphrase};
    const taskseal_keyring_source right = {.source = "changed", .passphrase = passphrase};
    const taskseal_keyring_source wrong = {.source = "changed", .passphrase = taskseal_str("another")};
    OK(taskseal_keyfile_apply("changed", &add, NULL));
    OK(taskseal_keyfile_apply("changed", &promote, NULL));
    OK(taskseal_keyfile_apply("changed", &protect, NULL));
    OK(taskseal_keyring_read(&ring, &right, NULL));
    taskseal_keyring_free(ring);
    EXPECT(TASKSEAL_ERR_KEYFILE_PASSPHRASE, taskseal_keyring_read(&ring, &wrong, NULL));
    explicit_bzero(words, sizeof words);
}

/* The vector registers, which a core holds, have the bytes that were copied or compared last, by us or by the library,
 * until others are: so much every process does. */
static void copy_other_bytes(void)
{
    static volatile int equal;
    for (size_t len = 1; len < sizeof out - 64; len += len / 4 + 1) {
        memcpy(out, moved, len);
        memmove(out + 40, out, len);
        memmove(out, out + 40, len);
        equal = memcmp(out, moved, len);
        NEED(equal == 0);
    }
}

static void wipe_own_buffers(void)
{
    explicit_bzero(payload, sizeof payload);
    explicit_bzero(sealed, sizeof sealed);
    explicit_bzero(moved, sizeof moved);
    explicit_bzero(out, sizeof out);
    copy_other_bytes();
}

/* In memory that no dump leaves out: the search has to find it in all of them. It is put together here, so that the
 * program's file does not hold it. */
static volatile char *make_mark(void)
{
    volatile char *mark = malloc(64);
    NEED(mark != NULL);
    for (int i = 0; i < 32; i++)
        mark[i] = (char)("leftovers"[i % 9] ^ (i & 7));
    return mark;
}

int main(int argc, char **argv)
{
    taskseal_keyring *ring;
    uint8_t *kept = NULL;
    if (argc == 2 && strcmp(argv[1], "--has-aegis256") == 0)
        return taskseal_suite_available(TASKSEAL_SUITE_AEGIS256) ? EXIT_SUCCESS : EXIT_FAILURE;
    NEED(argc == 5 || argc == 6);
    NEED(sodium_init() >= 0);
    (void)prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY); /* fails without Yama, where it is not needed */
    volatile char *mark = make_mark();
    if (argc == 6) {
        kept = malloc(MOST);
        NEED(kept != NULL && read_file(argv[5], kept, MOST) > 0);
    }
    OK(taskseal_keyring_load(&ring, argv[2], NULL));
    payload_len = read_file(argv[3], payload, sizeof payload);
    const taskseal_suite suite = (taskseal_suite)atoi(argv[1]);
    const taskseal_seal_options seal = {.keyring = ring, .context = context(), .suite = suite};
    OK(taskseal_seal(&seal, payload, payload_len, sealed, sizeof sealed, &sealed_len));
    write_file(argv[4], sealed, sealed_len);
    work(ring, suite);
    if (access("passphrase", R_OK) == 0)
        work_on_file("passphrase"); /* last, so that nothing hides what it leaves on the stack */
    wipe_own_buffers();
    wait_at("live");
    taskseal_keyring_free(ring);
    wait_at("freed");
    free(kept);
    free((void *)(uintptr_t)mark);
    return EXIT_SUCCESS;
}
