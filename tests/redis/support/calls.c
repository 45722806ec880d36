/* SPDX-License-Identifier: MIT */
#include "calls.h"

#include <errno.h>
#include <hiredis/hiredis.h>
#include <netdb.h>
#include <openssl/crypto.h>
#include <poll.h>
#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

const char *const call_names[CALL_COUNT] = {
#define CALL_X(name, text) [CALL_##name] = text,
    CALLS(CALL_X)
#undef CALL_X
};

calls_state calls;
atomic_long calls_live;

/* The linker calls __wrap_f where the program says f, and f where we say __real_f. */
#define REPLACE(type, name, parameters)                                                                      \
    type __real_##name parameters;                                                                           \
    type __wrap_##name parameters;                                                                           \
    type __wrap_##name parameters

void calls_reset(void)
{
    memset(&calls, 0, sizeof calls);
}

/* True if this call is the one that fails. What fails from then on in a way that is tried again is tried until the
 * deadline: each time takes a millisecond, so that this is no busy loop. */
static bool hit(call at)
{
    const struct timespec pause = {.tv_nsec = 1000000};
    if (!calls.active)
        return false;
    unsigned number = atomic_fetch_add(&calls.made[at], 1) + 1;
    if (at != calls.at || calls.nth == 0 || (calls.sticky ? number < calls.nth : number != calls.nth))
        return false;
    atomic_fetch_add(&calls.hits, 1);
    if (number > calls.nth && (calls.error == EINTR || calls.error == EAGAIN))
        (void)nanosleep(&pause, NULL);
    errno = calls.error;
    return true;
}

/* ---- Sockets ------------------------------------------------------------------------------------------------ */

REPLACE(int, socket, (int domain, int type, int protocol))
{
    return hit(CALL_SOCKET) ? -1 : __real_socket(domain, type, protocol);
}

REPLACE(int, setsockopt, (int fd, int level, int name, const void *value, socklen_t size))
{
    return hit(CALL_SETSOCKOPT) ? -1 : __real_setsockopt(fd, level, name, value, size);
}

REPLACE(int, connect, (int fd, const struct sockaddr *address, socklen_t size))
{
    if (!hit(CALL_CONNECT))
        return __real_connect(fd, address, size);
    if (calls.effect == FAILS_AFTER)
        (void)__real_connect(fd, address, size);
    errno = calls.error;
    return -1;
}

REPLACE(int, getsockopt, (int fd, int level, int name, void *value, socklen_t *size))
{
    if (!hit(CALL_GETSOCKOPT))
        return __real_getsockopt(fd, level, name, value, size);
    if (calls.effect != GIVES_ERROR)
        return -1;
    memcpy(value, &calls.error, sizeof calls.error);
    return 0;
}

/* An event loop's own has no time to wait, and is none of the library's. */
REPLACE(int, poll, (struct pollfd *entries, nfds_t count, int timeout))
{
    if (timeout == 0 || !hit(CALL_POLL))
        return __real_poll(entries, count, timeout);
    return calls.effect == GIVES_ZERO ? 0 : -1;
}

REPLACE(ssize_t, recv, (int fd, void *data, size_t len, int flags))
{
    if (!hit(CALL_RECV))
        return __real_recv(fd, data, len, flags);
    if (calls.effect == GIVES_SHORT)
        return __real_recv(fd, data, len < 1 ? len : 1, flags);
    return calls.effect == GIVES_ZERO ? 0 : -1;
}

REPLACE(ssize_t, send, (int fd, const void *data, size_t len, int flags))
{
    if (!hit(CALL_SEND))
        return __real_send(fd, data, len, flags);
    return calls.effect == GIVES_SHORT ? __real_send(fd, data, len < 1 ? len : 1, flags) : -1;
}

/* As it is called where files may be large, which is how Meson compiles. */
REPLACE(int, fstatat64, (int directory, const char *name, struct stat *status, int flags))
{
    return hit(CALL_FSTATAT) ? -1 : __real_fstatat64(directory, name, status, flags);
}

REPLACE(int, eventfd, (unsigned value, int flags))
{
    return hit(CALL_EVENTFD) ? -1 : __real_eventfd(value, flags);
}

/* A close that fails has closed all the same. */
REPLACE(int, close, (int fd))
{
    int result = __real_close(fd);
    return hit(CALL_CLOSE) ? -1 : result;
}

/* ---- Names and threads -------------------------------------------------------------------------------------- */

/* It takes a millisecond, so that whoever asks for a name has to wait; and gives one address, for behind a second one
 * what fails at the first is no error. */
REPLACE(int, getaddrinfo,
        (const char *host, const char *port, const struct addrinfo *hints, struct addrinfo **addresses))
{
    const struct timespec pause = {.tv_nsec = 1000000};
    if (calls.active && (hints->ai_flags & AI_NUMERICHOST) == 0)
        (void)nanosleep(&pause, NULL);
    if (!hit(CALL_GETADDRINFO)) {
        struct addrinfo wanted = *hints;
        wanted.ai_family = AF_INET;
        int result = __real_getaddrinfo(host, port, &wanted, addresses);
        if (result == 0 && (*addresses)->ai_next != NULL) {
            freeaddrinfo((*addresses)->ai_next);
            (*addresses)->ai_next = NULL;
        }
        return result;
    }
    errno = EMFILE;
    return calls.error;
}

REPLACE(int, pthread_create,
        (pthread_t * thread, const pthread_attr_t *attributes, void *(*run)(void *), void *argument))
{
    return hit(CALL_THREAD) ? calls.error : __real_pthread_create(thread, attributes, run, argument);
}

REPLACE(int, pthread_attr_init, (pthread_attr_t * attributes))
{
    return hit(CALL_THREAD_ATTRIBUTES) ? calls.error : __real_pthread_attr_init(attributes);
}

REPLACE(int, pthread_mutex_init, (pthread_mutex_t * mutex, const pthread_mutexattr_t *attributes))
{
    return hit(CALL_MUTEX) ? calls.error : __real_pthread_mutex_init(mutex, attributes);
}

REPLACE(int, pthread_cond_init, (pthread_cond_t * condition, const pthread_condattr_t *attributes))
{
    return hit(CALL_CONDITION) ? calls.error : __real_pthread_cond_init(condition, attributes);
}

REPLACE(int, pthread_condattr_init, (pthread_condattr_t * attributes))
{
    return hit(CALL_CONDITION_ATTRIBUTES) ? calls.error : __real_pthread_condattr_init(attributes);
}

REPLACE(int, pthread_cond_timedwait,
        (pthread_cond_t * condition, pthread_mutex_t *mutex, const struct timespec *until))
{
    if (!hit(CALL_CONDITION_WAIT))
        return __real_pthread_cond_timedwait(condition, mutex, until);
    return calls.effect == GIVES_ZERO ? 0 : calls.error; /* 0: it woke for nothing */
}

/* ---- Memory ------------------------------------------------------------------------------------------------- */

static void *count(void *memory)
{
    if (memory != NULL)
        atomic_fetch_add(&calls_live, 1);
    return memory;
}

static void discount(const void *memory)
{
    if (memory != NULL)
        atomic_fetch_sub(&calls_live, 1);
}

REPLACE(void *, malloc, (size_t size))
{
    return hit(CALL_MALLOC) ? NULL : count(__real_malloc(size));
}

REPLACE(void *, calloc, (size_t number, size_t size))
{
    return hit(CALL_CALLOC) ? NULL : count(__real_calloc(number, size));
}

REPLACE(char *, strdup, (const char *text))
{
    return hit(CALL_STRDUP) ? NULL : count(__real_strdup(text));
}

REPLACE(void, free, (void *memory))
{
    discount(memory);
    __real_free(memory);
}

REPLACE(void *, sodium_malloc, (size_t size))
{
    return hit(CALL_SODIUM_MALLOC) ? NULL : count(__real_sodium_malloc(size));
}

REPLACE(void, sodium_free, (void *memory))
{
    discount(memory);
    __real_sodium_free(memory);
}

static void *library_malloc(size_t size)
{
    return count(__real_malloc(size));
}

static void *library_calloc(size_t number, size_t size)
{
    return count(__real_calloc(number, size));
}

static void *library_realloc(void *old, size_t size)
{
    void *memory = realloc(old, size);
    return old == NULL ? count(memory) : memory;
}

static char *library_strdup(const char *text)
{
    return count(__real_strdup(text));
}

static void library_free(void *memory)
{
    discount(memory);
    __real_free(memory);
}

static void *openssl_malloc(size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return library_malloc(size);
}

static void *openssl_realloc(void *old, size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return library_realloc(old, size);
}

static void openssl_free(void *memory, const char *file, int line)
{
    (void)file;
    (void)line;
    library_free(memory);
}

bool calls_begin(void)
{
    hiredisAllocFuncs functions = {.mallocFn = library_malloc,
                                   .callocFn = library_calloc,
                                   .reallocFn = library_realloc,
                                   .strdupFn = library_strdup,
                                   .freeFn = library_free};
    (void)hiredisSetAllocators(&functions);
    return CRYPTO_set_mem_functions(openssl_malloc, openssl_realloc, openssl_free) == 1;
}
