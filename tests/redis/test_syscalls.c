/* SPDX-License-Identifier: MIT
 * Every call of the system that a connection makes is failed once, in each way in which it may fail, from making the
 * endpoint over connecting, a command and connecting again to the end. Each time: the error is the right one, no server
 * is accepted that should not be, neither memory nor a descriptor stays, and the same then works. */
#include <errno.h>
#include <netdb.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "support/apart.h"
#include "support/calls.h"
#include "support/resources.h"
#include "support/trial.h"

/* ---- How each may fail, and what is right then --------------------------------------------------------------- */

typedef struct fault {
    call at;
    call_effect effect;
    int error;
    bool sticky;
    unsigned row; /* of the evidence: 6 memory, 7 system calls */
    taskseal_err right[2];
} fault;

#define ONCE(point, error, ...)   {CALL_##point, FAILS, error, false, 7, {__VA_ARGS__}}
#define ALWAYS(point, error, ...) {CALL_##point, FAILS, error, true, 7, {__VA_ARGS__}}
#define MEMORY(point, error)      {CALL_##point, FAILS, error, false, 6, {TASKSEAL_ERR_NO_MEMORY, TASKSEAL_ERR_NO_MEMORY}}
#define STAYS_OK                  TASKSEAL_OK, TASKSEAL_OK
#define REFUSED                   TASKSEAL_ERR_CONNECT, TASKSEAL_ERR_CONNECT
#define CLOSED                    TASKSEAL_ERR_PEER_CLOSED, TASKSEAL_ERR_PEER_CLOSED
#define BROKEN                    TASKSEAL_ERR_IO, TASKSEAL_ERR_IO
#define LATE                      TASKSEAL_ERR_TIMEOUT, TASKSEAL_ERR_TIMEOUT
#define UNRESOLVED                TASKSEAL_ERR_RESOLVE, TASKSEAL_ERR_RESOLVE

static const fault faults[] = {
    ONCE(SOCKET, EMFILE, REFUSED),
    ONCE(SOCKET, ENFILE, REFUSED),
    ONCE(SOCKET, ENOBUFS, REFUSED),
    ONCE(SOCKET, ENOMEM, REFUSED),
    ONCE(SOCKET, EAFNOSUPPORT, REFUSED),
    ALWAYS(SOCKET, EMFILE, REFUSED),
    ONCE(SETSOCKOPT, EINVAL, REFUSED),
    ONCE(SETSOCKOPT, ENOMEM, REFUSED),

    {CALL_CONNECT, FAILS_AFTER, EINTR, false, 7, {STAYS_OK}},
    ONCE(CONNECT, ECONNREFUSED, REFUSED),
    ONCE(CONNECT, ENETUNREACH, REFUSED),
    ONCE(CONNECT, ETIMEDOUT, REFUSED),
    ONCE(CONNECT, ECONNRESET, REFUSED),
    ONCE(CONNECT, EADDRNOTAVAIL, REFUSED),
    ONCE(CONNECT, EAGAIN, REFUSED),
    ONCE(CONNECT, ENOMEM, REFUSED),
    ALWAYS(CONNECT, EHOSTUNREACH, REFUSED),
    ONCE(GETSOCKOPT, ENOMEM, REFUSED),
    {CALL_GETSOCKOPT, GIVES_ERROR, ECONNREFUSED, false, 7, {REFUSED}},
    {CALL_GETSOCKOPT, GIVES_ERROR, ETIMEDOUT, false, 7, {REFUSED}},

    /* The first of a connection waits for connect, the others for bytes. */
    ONCE(POLL, EINTR, STAYS_OK),
    {CALL_POLL, GIVES_ZERO, 0, false, 7, {STAYS_OK}},
    ONCE(POLL, ENOMEM, TASKSEAL_ERR_CONNECT, TASKSEAL_ERR_IO),
    ONCE(POLL, EAGAIN, TASKSEAL_ERR_CONNECT, TASKSEAL_ERR_IO),
    ALWAYS(POLL, EINVAL, TASKSEAL_ERR_CONNECT, TASKSEAL_ERR_IO),
    ALWAYS(POLL, EINTR, LATE),

    ONCE(RECV, EINTR, STAYS_OK),
    ONCE(RECV, EAGAIN, STAYS_OK),
    {CALL_RECV, GIVES_SHORT, 0, false, 7, {STAYS_OK}},
    {CALL_RECV, GIVES_SHORT, 0, true, 7, {STAYS_OK}},
    {CALL_RECV, GIVES_ZERO, 0, false, 7, {CLOSED}},
    ONCE(RECV, ECONNRESET, CLOSED),
    ONCE(RECV, ETIMEDOUT, BROKEN),
    ONCE(RECV, ENOMEM, BROKEN),
    ALWAYS(RECV, EIO, BROKEN),
    ALWAYS(RECV, EAGAIN, LATE),

    ONCE(SEND, EINTR, STAYS_OK),
    ONCE(SEND, EAGAIN, STAYS_OK),
    {CALL_SEND, GIVES_SHORT, 0, false, 7, {STAYS_OK}},
    {CALL_SEND, GIVES_SHORT, 0, true, 7, {STAYS_OK}},
    ONCE(SEND, ECONNRESET, CLOSED),
    ONCE(SEND, EPIPE, CLOSED),
    ONCE(SEND, ETIMEDOUT, BROKEN),
    ONCE(SEND, ENOBUFS, BROKEN),
    ONCE(SEND, ENOMEM, BROKEN),
    ALWAYS(SEND, EIO, BROKEN),
    ALWAYS(SEND, EAGAIN, LATE),

    /* Files that can't be looked at: whether they changed is not known, so they are read. */
    ONCE(FSTATAT, EACCES, STAYS_OK),
    ONCE(FSTATAT, ENOENT, STAYS_OK),
    ALWAYS(FSTATAT, EIO, STAYS_OK),

    ONCE(EVENTFD, EMFILE, BROKEN),
    ONCE(EVENTFD, ENFILE, BROKEN),
    ONCE(EVENTFD, ENOMEM, BROKEN),
    ALWAYS(EVENTFD, EMFILE, BROKEN),

    ONCE(CLOSE, EINTR, STAYS_OK),
    ONCE(CLOSE, EIO, STAYS_OK),

    ONCE(GETADDRINFO, EAI_AGAIN, UNRESOLVED),
    ONCE(GETADDRINFO, EAI_NONAME, UNRESOLVED),
    ONCE(GETADDRINFO, EAI_FAIL, UNRESOLVED),
    ONCE(GETADDRINFO, EAI_SYSTEM, UNRESOLVED),
    ALWAYS(GETADDRINFO, EAI_AGAIN, UNRESOLVED),
    MEMORY(GETADDRINFO, EAI_MEMORY),
    MEMORY(THREAD, EAGAIN),
    MEMORY(THREAD, EPERM),
#ifndef TASKSEAL_TESTS_SANITISED /* their runtime calls it, too */
    MEMORY(THREAD_ATTRIBUTES, ENOMEM),
#endif
    MEMORY(MUTEX, ENOMEM),
    MEMORY(MUTEX, EAGAIN),
    MEMORY(CONDITION, ENOMEM),
    MEMORY(CONDITION, EAGAIN),
    MEMORY(CONDITION_ATTRIBUTES, ENOMEM),
    ONCE(CONDITION_WAIT, ETIMEDOUT, LATE),
    {CALL_CONDITION_WAIT, GIVES_ZERO, 0, false, 7, {STAYS_OK}},
    MEMORY(MALLOC, ENOMEM),
    MEMORY(CALLOC, ENOMEM),
    MEMORY(STRDUP, ENOMEM),
    MEMORY(SODIUM_MALLOC, ENOMEM),
};

/* ---- What is run ---------------------------------------------------------------------------------------------- */

static const char *planted = "";
static const char *plain, *brief; /* URIs of the server, with a long and a short deadline */

static trial (*client)(const char *uri) = trial_sync;

static trial run(const char *uri)
{
    static void *volatile leaked;
    trial t = client(uri);
    if (calls.hits > 0 && strcmp(planted, "leak") == 0)
        leaked = calloc(1, 1);
    if (calls.hits > 0 && strcmp(planted, "verdict") == 0)
        t.err = TASKSEAL_ERR_NOT_TLS;
    (void)leaked;
    return t;
}

/* ---- What must hold ------------------------------------------------------------------------------------------- */

static long live, descriptors; /* what there is between runs */

/* Runs until all is loaded, and looks what there is then. */
static void warm_up(taskseal_err otherwise)
{
    const struct timespec pause = {.tv_nsec = 300000000};
    for (int i = 0; i < 3; i++) {
        assert_err(otherwise, run(plain).err);
        OPENSSL_thread_stop();
    }
    (void)nanosleep(&pause, NULL);
    live = atomic_load(&calls_live);
    descriptors = count_descriptors();
}

/* Asked after a run without a fault: what OpenSSL holds in between depends on how far the last connection came. What it
 * keeps for the thread is not counted; the thread that looked a name up may still be about to end. */
static bool settles(void)
{
    const struct timespec pause = {.tv_nsec = 2000000};
    for (int i = 0; i < 1000; i++) {
        OPENSSL_thread_stop();
        if (atomic_load(&calls_live) == live && count_descriptors() == descriptors)
            return true;
        (void)nanosleep(&pause, NULL);
    }
    return false;
}

static bool is_right(const fault *f, const trial *t, taskseal_err otherwise)
{
    bool goodbye = f->at == CALL_SEND && (calls.nth == t->goodbyes[1] || (!f->sticky && calls.nth == t->goodbyes[0]));
    bool nothing_more = f->at == CALL_RECV && f->error == EAGAIN && calls.nth == t->probe;
    if (t->err == TASKSEAL_OK)
        return otherwise == TASKSEAL_OK && (goodbye || nothing_more || f->right[0] == TASKSEAL_OK);
    return t->err == f->right[0] || t->err == f->right[1] || t->err == otherwise;
}

static trial run_planted(const fault *f, unsigned nth, const char *uri)
{
    calls_reset();
    calls.at = f->at;
    calls.nth = nth;
    calls.sticky = f->sticky;
    calls.effect = f->effect;
    calls.error = f->error;
    calls.active = true;
    trial t = run(uri);
    calls.active = false;
    return t;
}

/* What lasts takes the whole deadline, so that is short; on a loaded machine it may be over before the call is reached. */
static trial run_with(const fault *f, unsigned nth)
{
    bool late = f->sticky && f->right[0] == TASKSEAL_ERR_TIMEOUT;
    trial t = run_planted(f, nth, late ? brief : plain);
    for (int again = 0; again < 20 && late && calls.hits == 0 && t.err == TASKSEAL_ERR_TIMEOUT; again++)
        t = run_planted(f, nth, brief);
    return t;
}

/* How many of the faults are followed by a run that must succeed and a look at what is left: each, but under sanitizers,
 * which look themselves. */
#ifdef TASKSEAL_TESTS_SANITISED
enum { LOOK_EVERY = 4 };
#else
enum { LOOK_EVERY = 1 };
#endif

static const char *run_once(const fault *f, unsigned nth, taskseal_err otherwise, trial *t, bool *hit)
{
    *t = run_with(f, nth);
    *hit = calls.hits > 0;
    if (otherwise != TASKSEAL_OK && t->accepted)
        return "a wrong server was accepted";
    if (t->wrong)
        return "an output is not as it must be";
    if (*hit ? !is_right(f, t, otherwise) : t->err != otherwise)
        return "another error than is right";
    if ((nth - 1) % LOOK_EVERY != 0)
        return NULL;
    calls_reset();
    if (run(plain).err != otherwise)
        return "the same fails though all works again";
    return settles() ? NULL : "memory or a descriptor is leaked";
}

/* ---- All of them ---------------------------------------------------------------------------------------------- */

enum { NTH_MAX = 300 };

static unsigned long injected[8], reached[COUNT_OF(faults)];

/* What is wrong, in words; NULL if nothing. What lasts takes the whole deadline, or a call for each byte, so it does not
 * begin at each place. */
static const char *sweep(size_t number, taskseal_err otherwise)
{
    static char words[300];
    const fault *f = &faults[number];
    bool slow = f->sticky && (f->right[0] == TASKSEAL_ERR_TIMEOUT || f->effect == GIVES_SHORT);
    bool hit = true;
    for (unsigned nth = 1; hit && nth <= NTH_MAX; nth += slow ? nth : 1) {
        trial t;
        const char *wrong = run_once(f, nth, otherwise, &t, &hit);
        if (wrong != NULL) {
            (void)snprintf(words, sizeof words, "%s number %u, effect %d, %s%s: %s: %s, %s", call_names[f->at], nth, f->effect,
                           f->error > 0 ? strerror(f->error) : gai_strerror(f->error), f->sticky ? " from then on" : "",
                           wrong, t.step, taskseal_err_name(t.err));
            return words;
        }
        injected[f->row] += hit;
        reached[number] += hit;
    }
    return hit && !slow ? "it never ends" : NULL;
}

/* By name there is a thread that looks it up, by address not. */
static void sweep_all(const scenario *what, taskseal_err otherwise)
{
    char changed[600];
    apart server = apart_start(what);
    const char *timeout = strstr(server.uri, "timeout_ms=20000");
    ck_assert_ptr_nonnull(timeout);
    (void)snprintf(changed, sizeof changed, "%.*stimeout_ms=80%s", (int)(timeout - server.uri), server.uri, timeout + 16);
    plain = server.uri;
    brief = changed;
    warm_up(otherwise);
    for (size_t i = 0; i < COUNT_OF(faults); i++) {
        const char *wrong = sweep(i, otherwise);
        ck_assert_msg(wrong == NULL, "%s", wrong);
    }
    apart_stop(&server);
}

static scenario by(const char *host)
{
    scenario s = scenario_good();
    s.dial = host;
    return s;
}

START_TEST(a_failing_call_of_the_system_is_a_clean_error)
{
    size_t ways = 0;
    scenario s = by("localhost");
    sweep_all(&s, TASKSEAL_OK);
    s = by("127.0.0.1");
    sweep_all(&s, TASKSEAL_OK);
    unsigned long alone = injected[7];
    client = trial_async;
    s = by("localhost");
    s.hashed = true; /* a directory of CAs */
    sweep_all(&s, TASKSEAL_OK);
    for (size_t i = 0; i < COUNT_OF(faults); i++) {
        ck_assert_msg(reached[i] > 0, "never reached: %s, effect %d, error %d", call_names[faults[i].at], faults[i].effect,
                      faults[i].error);
        ways += faults[i].row == 7;
    }
    printf("# evidence: 6: connections: %lu failed allocations of the library's own: no memory, nothing leaked\n", injected[6]);
    printf("# evidence: 7: connections: %lu failed system calls (%zu ways to fail) of connect, command and reconnect, %lu of them on "
           "an event loop: the right error or recovery, each callback once, no memory or descriptor leaked, and the same then "
           "works\n",
           injected[7], ways, injected[7] - alone);
    (void)fflush(stdout);
}
END_TEST

START_TEST(no_failing_call_of_the_system_lets_a_wrong_server_in)
{
    scenario s = by("localhost");
    client = _i == 0 ? trial_sync : trial_async;
    memset(injected, 0, sizeof injected);
    s.leaf.alternatives = "DNS:evil.example.com";
    sweep_all(&s, TASKSEAL_ERR_NAME_MISMATCH);
    printf("# evidence: 7: connections: %lu failed system calls while a server of another name answers (%s): never accepted\n",
           injected[7], _i == 0 ? "synchronous" : "asynchronous");
    (void)fflush(stdout);
}
END_TEST

START_TEST(what_goes_wrong_is_noticed)
{
    static const char *const plants[] = {"leak", "verdict"};
    static const char *const words[] = {"memory or a descriptor is leaked", "another error than is right"};
    scenario s = scenario_good();
    apart server = apart_start(&s);
    plain = server.uri;
    warm_up(TASKSEAL_OK);
    planted = plants[_i];
    const char *wrong = sweep(0, TASKSEAL_OK);
    planted = "";
    ck_assert_ptr_nonnull(wrong);
    ck_assert_msg(strstr(wrong, words[_i]) != NULL, "%s", wrong);
    apart_stop(&server);
}
END_TEST

int main(void)
{
    if (!calls_begin())
        return 1;
    Suite *suite = suite_create("system calls");
    TCase *tests = tcase_create("system calls");
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, a_failing_call_of_the_system_is_a_clean_error);
    tcase_add_loop_test(tests, no_failing_call_of_the_system_lets_a_wrong_server_in, 0, 2);
    tcase_add_loop_test(tests, what_goes_wrong_is_noticed, 0, 2);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
