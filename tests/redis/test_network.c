/* SPDX-License-Identifier: MIT
 * Network faults between client and a real server, after any number of bytes of either direction. The number of bytes and
 * the places of the records come from a good run, so that every phase is swept: each flight of the handshake, the login,
 * the commands and their replies, and what is between.
 *
 *     test_redis_network [--patient] [--asynchronous] [--every BYTES]
 *
 * --patient: under sanitizers, where a handshake takes longer. --every: how far apart the places are that are tried beside
 * those where a record begins; faults that take the whole deadline have an eighth of them.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/proxy.h"
#include "support/real_client.h"
#include "support/resources.h"
#include "support/errand.h"

enum { THREADS = 32, TOTAL_MAX = 16384, JOBS_MAX = 200000, COMPLAINTS = 12 };

static bool in_tls_1_2;
static int deadline_ms = 1000;
static size_t every = 97; /* bytes between places that are tried beside those where records begin */
static const errand_client *client = &errand_sync;

/* ---- What is tried ------------------------------------------------------------------------------------------ */

typedef struct job {
    proxy_plan plan;
    bool spoils; /* before the last byte that the errand needs, so it can't succeed */
} job;

static job jobs[JOBS_MAX];
static size_t job_count;
static proxy_seen good; /* a run without a fault, until the errand is done */

static const char *const fault_names[NETWORK_FAULTS] = {"none",   "stall", "dribble", "reset",
                                                        "half-close", "close", "flip"};

/* Neither encrypted nor protected by then: what is flipped here may say anything. */
static bool in_clear(const proxy_plan *plan)
{
    const records *r = &good.sent[plan->where];
    return in_tls_1_2 || r->count < 2 || plan->after < r->begin[1];
}

/* Of a flip: a record that is longer than it is has its rest waited for, and one that begins wrongly is none; the server
 * may answer with an alert or close before that is read. Only what is in clear can say that the two have no TLS in common
 * (byte 9 of the ClientHello is a version that OpenSSL's server puts before its alert), and in TLS 1.2 any bit of the certificates may be the one. */
static bool is_right_for_flip(const proxy_plan *plan, taskseal_err err)
{
    switch (err) {
    case TASKSEAL_ERR_TLS_DAMAGED:
    case TASKSEAL_ERR_PEER_CLOSED:
    case TASKSEAL_ERR_TIMEOUT:
        return true;
    case TASKSEAL_ERR_TLS_PROTOCOL:
        return in_clear(plan);
    case TASKSEAL_ERR_NOT_TLS:
        return plan->where == TO_CLIENT ? plan->after < 2 : plan->after == 9;
    default:
        return in_tls_1_2 && err >= TASKSEAL_ERR_CERT_EXPIRED && err <= TASKSEAL_ERR_CLIENT_CERT_REFUSED;
    }
}

/* Each fault has one error, and what else is right has a reason:
 * - a reset may come before connect() has seen its connection;
 * - to a client that has half closed OpenSSL's server answers with an alert before it closes. */
static bool is_right(const proxy_plan *plan, taskseal_err err)
{
    switch (plan->fault) {
    case STALLS:
    case DRIBBLES:
        return err == TASKSEAL_ERR_TIMEOUT;
    case RESETS:
        return err == TASKSEAL_ERR_PEER_CLOSED || (plan->after == 0 && err == TASKSEAL_ERR_CONNECT);
    case HALF_CLOSES:
        return err == TASKSEAL_ERR_PEER_CLOSED || (plan->where == TO_SERVER && err == TASKSEAL_ERR_TLS_DAMAGED);
    case CLOSES:
        return err == TASKSEAL_ERR_PEER_CLOSED;
    default:
        return is_right_for_flip(plan, err);
    }
}

static void add(network_fault fault, direction where, size_t after)
{
    /* Signatures vary by some bytes from run to run. */
    enum { SPREAD = 12 };
    size_t total = good.sent[where].bytes;
    ck_assert_uint_lt(job_count, JOBS_MAX);
    jobs[job_count++] = (job){{fault, where, after}, after + SPREAD < total};
}

static void add_places(direction where)
{
    const records *r = &good.sent[where];
    static unsigned char marked[TOTAL_MAX]; /* 1: fast faults, 2: slow ones too */
    ck_assert_uint_lt(r->bytes, TOTAL_MAX);
    ck_assert_uint_lt(r->count, RECORDS_MAX);
    memset(marked, 0, sizeof marked);
    for (size_t at = 0; at < r->bytes; at += every)
        marked[at] = 1;
    for (size_t at = 0; at < r->bytes; at += 8 * every)
        marked[at] = 2;
    for (size_t i = 0; i <= r->count; i++) {
        size_t begin = i < r->count ? r->begin[i] : r->bytes;
        for (size_t at = begin > 0 ? begin - 1 : 0; at <= begin + 1 && at <= r->bytes; at++)
            marked[at] = at >= begin || every < 97 ? 2 : 1;
    }
    for (size_t at = 0; at <= r->bytes; at++) {
        for (network_fault fault = STALLS; fault < NETWORK_FAULTS && marked[at] > 0; fault++) {
            if (marked[at] == 2 || (fault != STALLS && fault != DRIBBLES))
                add(fault, where, at);
        }
    }
}

/* ---- One case ----------------------------------------------------------------------------------------------- */

typedef struct totals {
    size_t cases, of_fault[NETWORK_FAULTS], of_error[256], spoilt, harmless;
    int64_t worst_us;
    size_t client_bytes, complaints;
} totals;

static totals sum;
static int64_t late_us[JOBS_MAX]; /* of calls that ended with the deadline: how long after it */
static size_t late_count;
static pthread_mutex_t sum_lock = PTHREAD_MUTEX_INITIALIZER;

static const char *watch(const proxy_seen *seen)
{
    if (seen->sent[TO_SERVER].strange)
        return "the client sent what is no TLS record";
    if (seen->kept != seen->sent[TO_SERVER].bytes)
        return "the client sent more than was looked at";
    if (memmem(seen->client, seen->kept, PASSWORD, strlen(PASSWORD)) != NULL ||
        memmem(seen->client, seen->kept, "Payload-canary", 14) != NULL ||
        memmem(seen->client, seen->kept, "AUTH", 4) != NULL)
        return "the client sent something in clear";
    return NULL;
}

static const char *judge(const job *j, const errand *s, const proxy_seen *then)
{
    bool header = j->plan.fault == FLIPS && (then->flipped_at == 1 || then->flipped_at == 2);
    if (s->longest_us > 2 * 1000 * (int64_t)deadline_ms)
        return "a call took more than twice the deadline";
    if (s->wrong)
        return "a wrong reply was believed";
    if (s->err != TASKSEAL_OK)
        return is_right(&j->plan, s->err) ? NULL : "another error than is right";
    /* The version in the header of a record that is not encrypted has no meaning (RFC 8446, 5.1). */
    if (j->spoils && j->plan.fault != DRIBBLES && !(header && then->fired))
        return "it succeeded in spite of the fault";
    return NULL;
}

static void report(const job *j, const errand *s, const proxy_seen *then, const char *wrong)
{
    (void)pthread_mutex_lock(&sum_lock);
    sum.cases++;
    sum.of_fault[j->plan.fault]++;
    sum.of_error[s->err]++;
    sum.spoilt += s->err != TASKSEAL_OK;
    sum.harmless += j->spoils && s->err == TASKSEAL_OK && j->plan.fault == FLIPS;
    sum.client_bytes += then->sent[TO_SERVER].bytes;
    int64_t excess = s->longest_us - 1000 * (int64_t)deadline_ms;
    sum.worst_us = excess > sum.worst_us ? excess : sum.worst_us;
    if (s->err == TASKSEAL_ERR_TIMEOUT && late_count < JOBS_MAX)
        late_us[late_count++] = excess;
    if (wrong != NULL && sum.complaints++ < COMPLAINTS)
        printf("# %s %s after %zu of %zu (in its record: %zu): %s: %s, %s: %s\n", fault_names[j->plan.fault],
               j->plan.where == TO_SERVER ? "to the server" : "to the client", j->plan.after,
               good.sent[j->plan.where].bytes, then->flipped_at, wrong, s->step, taskseal_err_name(s->err), s->message);
    (void)pthread_mutex_unlock(&sum_lock);
}

static void try_job(const job *j, proxy *p, taskseal_redis_endpoint *endpoint)
{
    errand s, twin;
    static _Thread_local proxy_seen then, after;
    void *connection = NULL;
    proxy_arm(p, j->plan);
    client->run(endpoint, &connection, &s);
    proxy_look(p, &then);
    const char *wrong = judge(j, &s, &then);
    if (s.err == TASKSEAL_OK) { /* else it is closed already */
        client->end(connection);
        connection = NULL;
    }
    if (!proxy_settle(p, &after))
        wrong = wrong != NULL ? wrong : "the connection stays open";
    wrong = wrong != NULL ? wrong : watch(&after);
    report(j, &s, &then, wrong);

    proxy_arm(p, (proxy_plan){.fault = NO_FAULT});
    client->run_again(endpoint, &connection, &twin);
    wrong = twin.err != TASKSEAL_OK || twin.wrong ? "the good twin failed" : NULL;
    client->end(connection);
    if (!proxy_settle(p, &after))
        wrong = wrong != NULL ? wrong : "the good twin stays open";
    wrong = wrong != NULL ? wrong : watch(&after);
    if (wrong != NULL)
        report(j, &twin, &after, wrong);
}

/* ---- All cases ---------------------------------------------------------------------------------------------- */

static atomic_size_t next_job;

static taskseal_redis_endpoint *endpoint_through(const proxy *p)
{
    char uri[800], query[300];
    taskseal_redis_endpoint *endpoint = NULL;
    taskseal_error error;
    real_server at_proxy = running;
    at_proxy.port = proxy_port(p);
    (void)snprintf(query, sizeof query, "&timeout_ms=%d&cert=%s/client.pem&key=%s/client.key", deadline_ms,
                   running.directory, running.directory);
    real_server_uri(&at_proxy, uri, sizeof uri, "worker:" PASSWORD "@", "127.0.0.1", "/1", query);
    return taskseal_redis_endpoint_new(&endpoint, uri, &error) == TASKSEAL_OK ? endpoint : NULL;
}

static void *work(void *unused)
{
    size_t number;
    proxy *p = proxy_start(running.port);
    taskseal_redis_endpoint *endpoint = p != NULL ? endpoint_through(p) : NULL;
    while (endpoint != NULL && (number = atomic_fetch_add(&next_job, 1)) < job_count) {
        try_job(&jobs[number], p, endpoint);
        if (number % 1000 == 999)
            fprintf(stderr, "network: %zu of %zu faults\n", number, job_count);
    }
    taskseal_redis_endpoint_free(endpoint);
    proxy_stop(p);
    return unused;
}

/* A good run: where the records are. */
static void measure(void)
{
    errand s;
    void *connection = NULL;
    proxy *p = proxy_start(running.port);
    ck_assert_ptr_nonnull(p);
    taskseal_redis_endpoint *endpoint = endpoint_through(p);
    ck_assert_ptr_nonnull(endpoint);
    proxy_arm(p, (proxy_plan){.fault = NO_FAULT});
    client->run(endpoint, &connection, &s);
    ck_assert_msg(s.err == TASKSEAL_OK && !s.wrong, "%s: %s", s.step, s.message);
    proxy_look(p, &good);
    client->end(connection);
    taskseal_redis_endpoint_free(endpoint);
    proxy_stop(p);
}

static void start_1_3(void)
{
    running = real_server_start("tls-protocols \"TLSv1.3\"\nuser default off\nuser worker on >" PASSWORD " ~* &* +@all");
}

static void start_1_2(void)
{
    running = real_server_start("tls-protocols \"TLSv1.2\"\nuser default off\nuser worker on >" PASSWORD " ~* &* +@all");
}

static int by_size(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

static void print_evidence(const char *version)
{
    qsort(late_us, late_count, sizeof late_us[0], by_size);
    double median_ms = late_count > 0 ? (double)late_us[late_count / 2] / 1000 : 0;
    printf("#  ");
    for (size_t i = 0; i < COUNT_OF(sum.of_error); i++) {
        if (sum.of_error[i] > 0)
            printf(" %s %zu", taskseal_err_name((taskseal_err)i), sum.of_error[i]);
    }
    printf("\n# evidence: 15: %s, TLS %s, %s: %zu faults of 6 kinds after 0 to %zu bytes to the server and %zu back: "
           "%zu connections ended by it with a right error, %zu of them at the deadline of %d ms, %.1f ms late (median) and "
           "%lld at most; 0 of %zu bytes of the client's in clear; each was followed by a good connection\n",
           strrchr(getenv("TASKSEAL_TEST_SERVER"), '/') + 1, version, client->name, sum.cases, good.sent[TO_SERVER].bytes,
           good.sent[TO_CLIENT].bytes, sum.spoilt, late_count, deadline_ms, median_ms,
           (long long)((sum.worst_us + 999) / 1000), sum.client_bytes);
    (void)fflush(stdout);
}

static void sweep(const char *version)
{
    in_tls_1_2 = strcmp(version, "1.2") == 0;
    pthread_t threads[THREADS];
    memset(&sum, 0, sizeof sum);
    job_count = late_count = 0;
    atomic_store(&next_job, 0);
    measure();
    measure(); /* now that all is loaded */
    long descriptors = count_descriptors();
    add_places(TO_SERVER);
    add_places(TO_CLIENT);
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, work, NULL), 0);
    for (int i = 0; i < THREADS; i++)
        (void)pthread_join(threads[i], NULL);
    (void)fflush(stdout);
    ck_assert_uint_eq(sum.complaints, 0);
    ck_assert_uint_eq(sum.cases, job_count);
    ck_assert(descriptors_settle(descriptors));
    print_evidence(version);
}

START_TEST(no_fault_of_the_network_is_survived_wrongly_in_tls_1_3)
{
    sweep("1.3");
}
END_TEST

START_TEST(no_fault_of_the_network_is_survived_wrongly_in_tls_1_2)
{
    sweep("1.2");
}
END_TEST

/* ---- The detectors ------------------------------------------------------------------------------------------ */

/* hiredis alone sends the password in clear: that must be seen. */
START_TEST(what_is_sent_in_clear_is_seen)
{
    static proxy_seen seen;
    proxy *p = proxy_start(running.plain_port);
    proxy_arm(p, (proxy_plan){.fault = NO_FAULT});
    redisContext *redis = redisConnect("127.0.0.1", (int)proxy_port(p));
    freeReplyObject(redisCommand(redis, "AUTH worker " PASSWORD));
    redisFree(redis);
    ck_assert(proxy_settle(p, &seen));
    ck_assert(seen.sent[TO_SERVER].strange);
    ck_assert_ptr_nonnull(watch(&seen));
    seen.sent[TO_SERVER].strange = false;
    ck_assert_str_eq(watch(&seen), "the client sent something in clear");
    proxy_stop(p);
}
END_TEST

/* A client that waits too long, believes too much or says the wrong thing is found out. */
START_TEST(what_is_wrong_is_judged_so)
{
    const proxy_seen then = {.fired = true};
    const job j = {{STALLS, TO_CLIENT, 100}, true};
    errand s = {.err = TASKSEAL_ERR_TIMEOUT};
    ck_assert_ptr_null(judge(&j, &s, &then));
    s.longest_us = 2001 * (int64_t)deadline_ms;
    ck_assert_ptr_nonnull(judge(&j, &s, &then));
    s = (errand){.err = TASKSEAL_ERR_PEER_CLOSED};
    ck_assert_ptr_nonnull(judge(&j, &s, &then));
    s = (errand){.err = TASKSEAL_ERR_TIMEOUT, .wrong = true};
    ck_assert_ptr_nonnull(judge(&j, &s, &then));
    s = (errand){.err = TASKSEAL_OK};
    ck_assert_ptr_nonnull(judge(&j, &s, &then));
}
END_TEST

static TCase *add_sweep(Suite *suite, const char *name, void (*start)(void))
{
    TCase *tests = add_case(suite, name, start);
    tcase_set_timeout(tests, 1800);
    return tests;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--patient") == 0)
            deadline_ms = 2000;
        else if (strcmp(argv[i], "--asynchronous") == 0)
            client = &errand_async;
        else if (strcmp(argv[i], "--every") == 0 && i + 1 < argc)
            every = strtoul(argv[++i], NULL, 10);
    }
    if (every == 0)
        return 2;
    Suite *suite = suite_create("network");
    TCase *tests = add_sweep(suite, "TLS 1.3", start_1_3);
    tcase_add_test(tests, no_fault_of_the_network_is_survived_wrongly_in_tls_1_3);
    tcase_add_test(tests, what_is_sent_in_clear_is_seen);
    tcase_add_test(tests, what_is_wrong_is_judged_so);
    tests = add_sweep(suite, "TLS 1.2", start_1_2);
    tcase_add_test(tests, no_fault_of_the_network_is_survived_wrongly_in_tls_1_2);
    return run_suite(suite);
}
