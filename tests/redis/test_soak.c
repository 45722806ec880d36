/* SPDX-License-Identifier: MIT
 * Thousands of connects that fail, in every way that an application meets when something is down or wrong: nothing of
 * them may stay, neither descriptors nor memory. The servers are processes of their own.
 *
 *     test_redis_soak [--deep]
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/apart.h"
#include "support/resources.h"

#ifdef TASKSEAL_TESTS_SANITISED
enum { COUNTS_MEMORY = 0, ROUNDS = 30, ROUNDS_DEEP = 300 };
#else
enum { COUNTS_MEMORY = 1, ROUNDS = 130, ROUNDS_DEEP = 1300 };
#endif

/* What may come and go: caches of OpenSSL's and malloc's own. A leak of the smallest piece, 32 bytes with what malloc
 * needs, in one kind of connect only shows in the deep run; in all of them in the plain one, too. */
enum { HEAP_SLACK = 8192, RESIDENT_SLACK = 512 * 1024, TIMEOUT_EVERY = 25, TIMEOUT_MS = 60 };

static bool deep;

/* ---- What fails --------------------------------------------------------------------------------------------- */

typedef struct kind {
    const char *name;
    void (*spoil)(scenario *s);
    taskseal_err expected;
    apart server; /* process 0: there is none */
    char uri[600];
    taskseal_redis_endpoint *endpoint;
    redisContext *again; /* not NULL: it is this one that connects again and again */
    size_t failures;
} kind;

static void wrong_name(scenario *s)
{
    s->leaf.alternatives = "DNS:evil.example.com";
}

static void unknown_ca(scenario *s)
{
    s->trust_other = true;
}

static void expired(scenario *s)
{
    s->leaf.valid_from = -2000;
    s->leaf.valid_to = -1000;
}

static void closing(scenario *s)
{
    s->server.behaviour = CLOSE_AT_ONCE;
}

static void closing_in_handshake(scenario *s)
{
    s->server.behaviour = CLOSE_AFTER_HELLO;
}

static void resetting(scenario *s)
{
    s->server.behaviour = RESET_AFTER_HANDSHAKE;
}

static void without_tls(scenario *s)
{
    s->server.behaviour = SPEAK_PLAINTEXT;
}

static void wrong_password(scenario *s)
{
    s->server.auth_reply = "-WRONGPASS invalid username-password pair or user is disabled.\r\n";
}

static void silent(scenario *s)
{
    s->server.behaviour = SAY_NOTHING;
    s->timeout_ms = TIMEOUT_MS;
}

static kind kinds[] = {
    {.name = "wrong name", .spoil = wrong_name, .expected = TASKSEAL_ERR_NAME_MISMATCH},
    {.name = "unknown CA", .spoil = unknown_ca, .expected = TASKSEAL_ERR_CERT_UNTRUSTED},
    {.name = "expired", .spoil = expired, .expected = TASKSEAL_ERR_CERT_EXPIRED},
    {.name = "closed at once", .spoil = closing, .expected = TASKSEAL_ERR_PEER_CLOSED},
    {.name = "closed in the handshake", .spoil = closing_in_handshake, .expected = TASKSEAL_ERR_PEER_CLOSED},
    {.name = "reset", .spoil = resetting, .expected = TASKSEAL_ERR_PEER_CLOSED},
    {.name = "no TLS", .spoil = without_tls, .expected = TASKSEAL_ERR_NOT_TLS},
    {.name = "wrong password", .spoil = wrong_password, .expected = TASKSEAL_ERR_AUTH_REFUSED},
    {.name = "silent", .spoil = silent, .expected = TASKSEAL_ERR_TIMEOUT},
    {.name = "refused port", .expected = TASKSEAL_ERR_CONNECT},
    {.name = "refused port, by name", .expected = TASKSEAL_ERR_CONNECT},
    {.name = "refused reconnect", .expected = TASKSEAL_ERR_CONNECT}};

enum { KINDS = COUNT_OF(kinds) };

/* A port that stays taken, where nobody listens. */
static unsigned dead_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    return ntohs(address.sin_port);
}

/* The server of the last kind was there once. */
static void connect_once(kind *k)
{
    taskseal_error error;
    scenario s = scenario_good();
    apart once = apart_start(&s);
    assert_ok(taskseal_redis_endpoint_new(&k->endpoint, once.uri, &error));
    assert_ok(taskseal_redis_connect(k->endpoint, &k->again, &error));
    apart_stop(&once);
}

static void arrange(void)
{
    taskseal_error error;
    unsigned port = dead_port();
    for (size_t i = 0; i < KINDS; i++) {
        if (kinds[i].spoil == NULL)
            continue;
        scenario s = scenario_good();
        s.dial = "127.0.0.1";
        kinds[i].spoil(&s);
        kinds[i].server = apart_start(&s);
        memcpy(kinds[i].uri, kinds[i].server.uri, sizeof kinds[i].uri);
    }
    for (size_t i = 0; i < 2; i++) { /* their trust is another's */
        const char *cacert = strstr(kinds[0].uri, "?cacert=");
        (void)snprintf(kinds[KINDS - 3 + i].uri, sizeof kinds[0].uri, "rediss://%s:%u%s", i == 0 ? "127.0.0.1" : "localhost",
                       port, cacert);
    }
    connect_once(&kinds[KINDS - 1]);
    for (size_t i = 0; i < KINDS - 1; i++)
        assert_ok(taskseal_redis_endpoint_new(&kinds[i].endpoint, kinds[i].uri, &error));
}

static void fail_once(kind *k)
{
    taskseal_error error;
    redisContext *redis = NULL;
    taskseal_err err = k->again != NULL ? taskseal_redis_reconnect(k->again, &error)
                                        : taskseal_redis_connect(k->endpoint, &redis, &error);
    ck_assert_ptr_null(redis);
    ck_assert_msg(err == k->expected, "%s: %s: %s", k->name, taskseal_err_name(err), error.message);
    k->failures++;
}

/* Now and then the endpoint is a new one. */
static void renew(kind *k)
{
    taskseal_error error;
    if (k->again != NULL)
        return;
    taskseal_redis_endpoint_free(k->endpoint);
    assert_ok(taskseal_redis_endpoint_new(&k->endpoint, k->uri, &error));
}

/* ---- What stays --------------------------------------------------------------------------------------------- */

typedef struct usage {
    long descriptors;
    size_t heap, resident;
} usage;

static usage use_now(void)
{
    return (usage){count_descriptors(), heap_bytes(), resident_bytes()};
}

static long growth(size_t before, size_t after)
{
    return (long)after - (long)before;
}

static const char *judge(const usage *before, const usage *after)
{
    if (after->descriptors != before->descriptors)
        return "descriptors stay open";
    if (COUNTS_MEMORY && growth(before->heap, after->heap) > HEAP_SLACK)
        return "memory is leaked";
    if (COUNTS_MEMORY && growth(before->resident, after->resident) > RESIDENT_SLACK)
        return "the process grows";
    return NULL;
}

static size_t run_rounds(size_t rounds, size_t total)
{
    size_t failures = 0;
    for (size_t round = 0; round < rounds; round++) {
        for (size_t i = 0; i < KINDS; i++) {
            if (kinds[i].expected == TASKSEAL_ERR_TIMEOUT && round % TIMEOUT_EVERY != 0)
                continue;
            if (round % 10 == 9)
                renew(&kinds[i]);
            fail_once(&kinds[i]);
            failures++;
        }
        if (deep && round % 100 == 0)
            fprintf(stderr, "soak: %zu of %zu rounds\n", round, total);
    }
    return failures;
}

START_TEST(failing_connects_leave_nothing)
{
    size_t rounds = deep ? ROUNDS_DEEP : ROUNDS;
    arrange();
    size_t first = run_rounds(rounds / 5, rounds);
    usage before = use_now();
    size_t rest = run_rounds(rounds, rounds);
    usage after = use_now();
    const char *wrong = judge(&before, &after);
    ck_assert_msg(wrong == NULL, "%s: descriptors %ld to %ld, heap %zu to %zu, resident %zu to %zu", wrong, before.descriptors,
                  after.descriptors, before.heap, after.heap, before.resident, after.resident);
    for (size_t i = 0; i < KINDS; i++) {
        taskseal_redis_endpoint_free(kinds[i].endpoint);
        redisFree(kinds[i].again);
        if (kinds[i].spoil != NULL)
            apart_stop(&kinds[i].server);
    }
    if (COUNTS_MEMORY)
        printf("# evidence: 16: %zu failing connects in %d ways, each with its error; after the first %zu: descriptors %+ld, "
               "malloc'ed bytes %+ld, resident %+ld KiB\n",
               first + rest, (int)KINDS, first, after.descriptors - before.descriptors, growth(before.heap, after.heap),
               growth(before.resident, after.resident) / 1024);
    (void)fflush(stdout);
}
END_TEST

/* A leak of one byte for each connect of the plain run, or of one descriptor in all, is noticed. */
START_TEST(what_stays_is_noticed)
{
    static void *kept[ROUNDS * KINDS];
    usage before = use_now();
    int spare = dup(0);
    usage after = use_now();
    ck_assert_str_eq(judge(&before, &after), "descriptors stay open");
    (void)close(spare);
    for (size_t i = 0; i < COUNT_OF(kept); i++)
        kept[i] = malloc(1);
    after = use_now();
    ck_assert_msg(!COUNTS_MEMORY || judge(&before, &after) != NULL, "heap %zu to %zu", before.heap, after.heap);
    for (size_t i = 0; i < COUNT_OF(kept); i++)
        free(kept[i]);
}
END_TEST

/* malloc's caches of each thread keep up to some 200 KiB of what was freed, and fill slowly: without them what is in use
 * can be counted to some bytes. That must be said before the program begins. */
static void begin_without_caches(char **argv)
{
    if (COUNTS_MEMORY && getenv("GLIBC_TUNABLES") == NULL &&
        setenv("GLIBC_TUNABLES", "glibc.malloc.tcache_count=0", 1) == 0)
        (void)execv("/proc/self/exe", argv);
}

int main(int argc, char **argv)
{
    begin_without_caches(argv);
    deep = argc > 1 && strcmp(argv[1], "--deep") == 0;
    Suite *suite = suite_create("soak");
    TCase *tests = tcase_create("soak");
    tcase_set_timeout(tests, 1200);
    tcase_add_test(tests, failing_connects_leave_nothing);
    tcase_add_test(tests, what_stays_is_noticed);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
