/* SPDX-License-Identifier: MIT */
#include "counters.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Definitions in the program itself win over those of every library. */
#define INTERPOSED __attribute__((visibility("default")))

static counters counted;

/* ---- Memory: glibc's own functions under their other names ------------------------------------ */

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

INTERPOSED void *malloc(size_t size)
{
    counted.allocations++;
    return __libc_malloc(size);
}

INTERPOSED void *calloc(size_t count, size_t size)
{
    counted.allocations++;
    return __libc_calloc(count, size);
}

INTERPOSED void *realloc(void *old, size_t size)
{
    counted.allocations++;
    return __libc_realloc(old, size);
}

INTERPOSED void *aligned_alloc(size_t alignment, size_t size)
{
    counted.allocations++;
    return __libc_memalign(alignment, size);
}

INTERPOSED int posix_memalign(void **out, size_t alignment, size_t size)
{
    counted.allocations++;
    *out = __libc_memalign(alignment, size);
    return *out != NULL ? 0 : ENOMEM;
}

INTERPOSED void *mmap(void *address, size_t len, int protection, int flags, int fd, off_t offset)
{
    static void *(*real)(void *, size_t, int, int, int, off_t);
    if (real == NULL)
        *(void **)&real = dlsym(RTLD_NEXT, "mmap");
    counted.allocations++;
    return real(address, len, protection, flags, fd, offset);
}

/* ---- Random bytes ----------------------------------------------------------------------------- */

INTERPOSED ssize_t getrandom(void *out, size_t len, unsigned flags)
{
    static ssize_t (*real)(void *, size_t, unsigned);
    if (real == NULL)
        *(void **)&real = dlsym(RTLD_NEXT, "getrandom");
    counted.random_requests++;
    return real(out, len, flags);
}

INTERPOSED int getentropy(void *out, size_t len)
{
    static int (*real)(void *, size_t);
    if (real == NULL)
        *(void **)&real = dlsym(RTLD_NEXT, "getentropy");
    counted.random_requests++;
    return real(out, len);
}

/* libsodium's own generator calls the kernel this way. */
INTERPOSED long syscall(long number, ...)
{
    static long (*real)(long, ...);
    if (real == NULL)
        *(void **)&real = dlsym(RTLD_NEXT, "syscall");
    if (number == SYS_getrandom)
        counted.random_requests++;
    va_list list;
    long arguments[6];
    va_start(list, number);
    for (int i = 0; i < 6; i++)
        arguments[i] = va_arg(list, long);
    va_end(list);
    return real(number, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4], arguments[5]);
}

/* ---- Reading ---------------------------------------------------------------------------------- */

counters counters_now(void)
{
    return counted;
}

bool counters_work(void)
{
    counters before = counters_now();
    void *volatile block = malloc(1);
    free(block);
    void *map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    bool mapped = map != MAP_FAILED;
    if (mapped)
        munmap(map, 4096);
    uint8_t bytes[8];
    bool random = getrandom(bytes, sizeof bytes, 0) == (ssize_t)sizeof bytes &&
                  syscall(SYS_getrandom, bytes, sizeof bytes, 0) == (long)sizeof bytes;
    counters after = counters_now();
    return mapped && random && after.allocations == before.allocations + 2 &&
           after.random_requests == before.random_requests + 2;
}
