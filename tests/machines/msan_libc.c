/* SPDX-License-Identifier: MIT
 * Tells MemorySanitizer what functions of the C library wrote, where its runtime doesn't know their names: the
 * stat family, of which glibc 2.33 made functions, and explicit_bzero. Linked with every program that is
 * tested, not with the library that is shipped. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <sanitizer/msan_interface.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void *next(const char *name)
{
    void *function = dlsym(RTLD_NEXT, name);
    if (function == NULL)
        abort();
    return function;
}

/* The function that this one stands in front of. */
#define NEXT(name) ((__typeof__(&(name)))next(#name))

#ifdef NEEDS_STAT

static int filled(int result, struct stat64 *status)
{
    if (result == 0)
        __msan_unpoison(status, sizeof *status);
    return result;
}

int fstat64(int fd, struct stat64 *status)
{
    return filled(NEXT(fstat64)(fd, status), status);
}

int stat64(const char *path, struct stat64 *status)
{
    return filled(NEXT(stat64)(path, status), status);
}

int lstat64(const char *path, struct stat64 *status)
{
    return filled(NEXT(lstat64)(path, status), status);
}

int fstatat64(int fd, const char *path, struct stat64 *status, int flags)
{
    return filled(NEXT(fstatat64)(fd, path, status, flags), status);
}

#endif

#ifdef NEEDS_BZERO

void explicit_bzero(void *memory, size_t len)
{
    NEXT(explicit_bzero)(memory, len);
    __msan_unpoison(memory, len);
}

#endif
