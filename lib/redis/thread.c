/* SPDX-License-Identifier: MIT */
#include "thread.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#define EXIT_WAITS_S                                                                                         \
    2 /* for a thread that waits where it does not step out: a passphrase callback, or exit itself */

bool taskseal__thread_start(void *(*run)(void *), void *argument)
{
    sigset_t all, before;
    pthread_attr_t detached;
    pthread_t thread;
    if (pthread_attr_init(&detached) != 0)
        return false;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    bool started = pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED) == 0 &&
                   pthread_create(&thread, &detached, run, argument) == 0;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    (void)pthread_attr_destroy(&detached);
    return started;
}

/* ---- The end of the process ---------------------------------------------------------------------------------- */

static pthread_rwlock_t gate = PTHREAD_RWLOCK_INITIALIZER; /* held for reading by threads that are in */
static _Thread_local bool is_in;

static void close_gate(void)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_REALTIME, &until); /* can't fail: the clock exists and `until` is ours */
    until.tv_sec += EXIT_WAITS_S;
    (void)pthread_rwlock_timedwrlock(&gate, &until); /* and never gives it back */
}

/* In a child of fork: the threads that are in are the parent's. */
static void renew_gate(void)
{
    (void)pthread_rwlock_init(&gate, NULL);
    is_in = false;
}

bool taskseal__thread_mind_exit(void)
{
    return pthread_atfork(NULL, NULL, renew_gate) == 0 && atexit(close_gate) == 0;
}

void taskseal__thread_begin(void)
{
    (void)pthread_rwlock_rdlock(&gate);
    is_in = true;
}

void taskseal__thread_end(void)
{
    if (is_in)
        (void)pthread_rwlock_unlock(&gate);
    is_in = false;
}

bool taskseal__thread_step_out(void)
{
    bool was_in = is_in;
    if (was_in)
        taskseal__thread_end();
    return was_in;
}

void taskseal__thread_step_in(bool was_in)
{
    if (was_in)
        taskseal__thread_begin();
}
