/* SPDX-License-Identifier: MIT */
#include "resolve.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../core/error.h"
#include "host.h"
#include "thread.h"

struct taskseal__lookup {
    pthread_mutex_t lock;
    pthread_cond_t finished;
    unsigned references; /* all below is guarded by lock, and does not change once `done` is set */
    bool done;
    int result; /* of getaddrinfo */
    int system_error;
    struct addrinfo *addresses;
    char host[TASKSEAL__HOST_MAX + 2];
    char port[6];
};

static taskseal__lookup *lookup_new(const char *host, const char *port)
{
    pthread_condattr_t monotonic;
    taskseal__lookup *lookup = calloc(1, sizeof *lookup);
    if (lookup == NULL)
        return NULL;
    if (pthread_condattr_init(&monotonic) != 0)
        goto no_attributes;
    if (pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC) != 0 ||
        pthread_cond_init(&lookup->finished, &monotonic) != 0)
        goto no_condition;
    if (pthread_mutex_init(&lookup->lock, NULL) != 0)
        goto no_lock;
    (void)pthread_condattr_destroy(&monotonic);
    lookup->references = 1;
    (void)snprintf(lookup->host, sizeof lookup->host, "%s", host);
    (void)snprintf(lookup->port, sizeof lookup->port, "%s", port);
    return lookup;

no_lock:
    (void)pthread_cond_destroy(&lookup->finished);
no_condition:
    (void)pthread_condattr_destroy(&monotonic);
no_attributes:
    free(lookup);
    return NULL;
}

static taskseal__lookup *retain(taskseal__lookup *lookup)
{
    (void)pthread_mutex_lock(&lookup->lock);
    lookup->references++;
    (void)pthread_mutex_unlock(&lookup->lock);
    return lookup;
}

void taskseal__lookup_release(taskseal__lookup *lookup)
{
    if (lookup == NULL)
        return;
    (void)pthread_mutex_lock(&lookup->lock);
    bool last = --lookup->references == 0;
    (void)pthread_mutex_unlock(&lookup->lock);
    if (!last)
        return;
    if (lookup->addresses != NULL)
        freeaddrinfo(lookup->addresses);
    (void)pthread_cond_destroy(&lookup->finished);
    (void)pthread_mutex_destroy(&lookup->lock);
    free(lookup);
}

const struct addrinfo *taskseal__lookup_addresses(const taskseal__lookup *lookup)
{
    return lookup->addresses;
}

static void look_up(taskseal__lookup *lookup, int flags)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = flags};
    struct addrinfo *addresses = NULL;
    int result = getaddrinfo(lookup->host, lookup->port, &hints, &addresses);
    int system_error = errno;

    (void)pthread_mutex_lock(&lookup->lock);
    lookup->result = result;
    lookup->system_error = system_error;
    lookup->addresses = result == 0 ? addresses : NULL;
    lookup->done = true;
    (void)pthread_cond_broadcast(&lookup->finished);
    (void)pthread_mutex_unlock(&lookup->lock);
}

static void *look_up_in_thread(void *argument)
{
    taskseal__lookup *lookup = argument;
    look_up(lookup, AI_NUMERICSERV);
    taskseal__lookup_release(lookup);
    return NULL;
}

static bool start_thread(taskseal__lookup *lookup)
{
    retain(lookup);
    bool started = taskseal__thread_start(look_up_in_thread, lookup);
    if (!started)
        taskseal__lookup_release(lookup);
    return started;
}

/* In a child of fork the parent's lookup has no thread, and its locks may be held for ever: the child leaves all that
 * alone, which costs it that memory, and goes on with a new lock. Its threads may come here together. */
static void take_over_after_fork(taskseal__resolver *resolver)
{
    pid_t self = getpid();
    pid_t owner = atomic_load_explicit(&resolver->process, memory_order_acquire);
    while (owner != self) {
        if (owner != -self && atomic_compare_exchange_strong(&resolver->process, &owner, -self)) {
            resolver->under_way = NULL;
            (void)pthread_mutex_init(&resolver->lock, NULL);
            atomic_store_explicit(&resolver->process, self, memory_order_release);
            return;
        }
        (void)sched_yield();
        owner = atomic_load_explicit(&resolver->process, memory_order_acquire);
    }
}

static bool is_done(taskseal__lookup *lookup)
{
    (void)pthread_mutex_lock(&lookup->lock);
    bool done = lookup->done;
    (void)pthread_mutex_unlock(&lookup->lock);
    return done;
}

/* Joins the lookup that is under way or starts one; NULL if that can't be. The result is the caller's. A finished
 * lookup serves those that waited for it and no others: names change, and the last of those may have given up. */
static taskseal__lookup *join_or_start(taskseal__resolver *resolver, const char *host, const char *port)
{
    take_over_after_fork(resolver);
    (void)pthread_mutex_lock(&resolver->lock);
    taskseal__lookup *lookup = resolver->under_way;
    if (lookup != NULL && is_done(lookup)) {
        taskseal__lookup_release(lookup);
        lookup = NULL;
    }
    if (lookup == NULL) {
        lookup = lookup_new(host, port);
        if (lookup != NULL && !start_thread(lookup)) {
            taskseal__lookup_release(lookup);
            lookup = NULL;
        }
        resolver->under_way = lookup;
    }
    if (lookup != NULL)
        retain(lookup);
    (void)pthread_mutex_unlock(&resolver->lock);
    return lookup;
}

/* Whoever asks next starts a new one. */
static void forget(taskseal__resolver *resolver, taskseal__lookup *lookup)
{
    (void)pthread_mutex_lock(&resolver->lock);
    bool ours = resolver->under_way == lookup;
    if (ours)
        resolver->under_way = NULL;
    (void)pthread_mutex_unlock(&resolver->lock);
    if (ours)
        taskseal__lookup_release(lookup);
}

static bool wait_until_done(taskseal__lookup *lookup, taskseal__deadline deadline)
{
    struct timespec until = taskseal__deadline_timespec(deadline);
    int waited = 0;
    bool was_in = taskseal__thread_step_out();
    (void)pthread_mutex_lock(&lookup->lock);
    while (!lookup->done && waited == 0)
        waited = pthread_cond_timedwait(&lookup->finished, &lookup->lock, &until);
    bool done = lookup->done;
    (void)pthread_mutex_unlock(&lookup->lock);
    taskseal__thread_step_in(was_in);
    return done;
}

static taskseal_err judge(const taskseal__lookup *lookup, taskseal_error *error)
{
    if (lookup->result == 0)
        return TASKSEAL_OK;
    if (lookup->result == EAI_MEMORY)
        return taskseal__fail(error, TASKSEAL_ERR_NO_MEMORY, "no memory to resolve `%s`", lookup->host);
    char system[64] = "";
    const char *reason = lookup->result == EAI_SYSTEM
                             ? strerror_r(lookup->system_error, system, sizeof system)
                             : gai_strerror(lookup->result);
    return taskseal__fail(error, TASKSEAL_ERR_RESOLVE,
                          "the host name `%s` could not be resolved: %s; check the name and the resolver",
                          lookup->host, reason);
}

taskseal_err taskseal__resolve(taskseal__resolver *resolver, const char *host, const char *port,
                               taskseal__deadline deadline, taskseal__lookup **out, taskseal_error *error)
{
    *out = NULL;
    bool numeric = taskseal__host_classify(host) != TASKSEAL__HOST_NAME;
    taskseal__lookup *lookup = numeric ? lookup_new(host, port) : join_or_start(resolver, host, port);
    if (lookup == NULL)
        return taskseal__fail(error, TASKSEAL_ERR_NO_MEMORY,
                              "no memory or no thread could be had to resolve `%s`", host);
    if (numeric)
        look_up(lookup, AI_NUMERICHOST | AI_NUMERICSERV);

    taskseal_err err = TASKSEAL_OK;
    if (!wait_until_done(lookup, deadline)) {
        err = taskseal__fail(error, TASKSEAL_ERR_TIMEOUT,
                             "the deadline passed while resolving the host name `%s`: the name server does "
                             "not answer",
                             host);
    } else {
        forget(resolver, lookup);
        err = judge(lookup, error);
    }
    if (err == TASKSEAL_OK)
        *out = lookup;
    else
        taskseal__lookup_release(lookup);
    return err;
}

taskseal_err taskseal__resolver_init(taskseal__resolver *resolver)
{
    resolver->under_way = NULL;
    atomic_init(&resolver->process, getpid());
    return pthread_mutex_init(&resolver->lock, NULL) == 0 ? TASKSEAL_OK : TASKSEAL_ERR_NO_MEMORY;
}

void taskseal__resolver_destroy(taskseal__resolver *resolver)
{
    take_over_after_fork(resolver);
    taskseal__lookup_release(resolver->under_way);
    (void)pthread_mutex_destroy(&resolver->lock);
}
