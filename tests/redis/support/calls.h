/* SPDX-License-Identifier: MIT
 * The calls of the system that connections make, counted and failed one at a time. The linker puts these in the place of
 * the real ones (meson.build); while nothing is planted they do what the system does. Memory is counted with them: the
 * library's own, and that of hiredis and OpenSSL. */
#ifndef TASKSEAL_TESTS_REDIS_CALLS_H
#define TASKSEAL_TESTS_REDIS_CALLS_H

#include <stdatomic.h>
#include <stdbool.h>

#define CALLS(X)                                                                                             \
    X(SOCKET, "socket")                                                                                      \
    X(SETSOCKOPT, "setsockopt")                                                                              \
    X(CONNECT, "connect")                                                                                    \
    X(GETSOCKOPT, "getsockopt")                                                                              \
    X(POLL, "poll")                                                                                          \
    X(RECV, "recv")                                                                                          \
    X(SEND, "send")                                                                                          \
    X(FSTATAT, "fstatat")                                                                                    \
    X(EVENTFD, "eventfd")                                                                                    \
    X(CLOSE, "close")                                                                                        \
    X(GETADDRINFO, "getaddrinfo")                                                                            \
    X(THREAD, "pthread_create")                                                                              \
    X(THREAD_ATTRIBUTES, "pthread_attr_init")                                                                \
    X(MUTEX, "pthread_mutex_init")                                                                           \
    X(CONDITION, "pthread_cond_init")                                                                        \
    X(CONDITION_ATTRIBUTES, "pthread_condattr_init")                                                         \
    X(CONDITION_WAIT, "pthread_cond_timedwait")                                                              \
    X(MALLOC, "malloc")                                                                                      \
    X(CALLOC, "calloc")                                                                                      \
    X(STRDUP, "strdup")                                                                                      \
    X(SODIUM_MALLOC, "sodium_malloc")

typedef enum call {
#define CALL_X(name, text) CALL_##name,
    CALLS(CALL_X)
#undef CALL_X
        CALL_COUNT
} call;

extern const char *const call_names[CALL_COUNT];

typedef enum call_effect {
    FAILS,       /* as the function says that it failed, with `error` as errno or result */
    FAILS_AFTER, /* the same, but it was done: connect that a signal interrupts */
    GIVES_SHORT, /* one byte of what was asked for */
    GIVES_ZERO,  /* the end of the stream, or no descriptor that is ready */
    GIVES_ERROR  /* getsockopt: `error` is pending on the socket */
} call_effect;

typedef struct calls_state {
    bool active;

    call at;
    unsigned nth; /* from 1; 0: none */
    bool sticky;  /* all that follow, too */
    call_effect effect;
    int error;

    atomic_uint hits;
    atomic_uint made[CALL_COUNT];
} calls_state;

extern calls_state calls;

/* Pieces of memory that are alive, of all three. */
extern atomic_long calls_live;

/* Once, before anything else. False if it can't be. */
bool calls_begin(void);

/* Forgets what was planted and counted. */
void calls_reset(void);

#endif
