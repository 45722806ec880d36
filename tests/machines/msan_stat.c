/* SPDX-License-Identifier: MIT
 * Tells MemorySanitizer what the calls of the stat family wrote, where its runtime doesn't know their names: glibc
 * 2.33 made functions of what were inline wrappers. Linked with every program that is tested, not with the
 * library that is shipped. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <sanitizer/msan_interface.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/stat.h>

static void *next(const char *name)
{
    void *function = dlsym(RTLD_NEXT, name);
    if (function == NULL)
        abort();
    return function;
}

/* POSIX lets dlsym's result be called; C has no cast for it. */
#define NEXT(type, name) (*(type *)&(void *){next(name)})

static int filled(int result, struct stat64 *status)
{
    if (result == 0)
        __msan_unpoison(status, sizeof *status);
    return result;
}

int fstat64(int fd, struct stat64 *status)
{
    return filled(NEXT(int (*)(int, struct stat64 *), "fstat64")(fd, status), status);
}

int stat64(const char *path, struct stat64 *status)
{
    return filled(NEXT(int (*)(const char *, struct stat64 *), "stat64")(path, status), status);
}

int lstat64(const char *path, struct stat64 *status)
{
    return filled(NEXT(int (*)(const char *, struct stat64 *), "lstat64")(path, status), status);
}

int fstatat64(int fd, const char *path, struct stat64 *status, int flags)
{
    return filled(NEXT(int (*)(int, const char *, struct stat64 *, int), "fstatat64")(fd, path, status, flags), status);
}
