/* SPDX-License-Identifier: MIT
 *
 * Loaded into the command by LD_PRELOAD: a file system that has no files without a name.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/types.h>

/* With 64-bit offsets `open` is open64, under either name. */
#undef open
#undef open64

typedef int opener(const char *path, int flags, ...);

static int open_named(const char *name, const char *path, int flags, mode_t mode)
{
    opener *real;

    if ((flags & O_TMPFILE) == O_TMPFILE) {
        errno = EOPNOTSUPP;
        return -1;
    }
    *(void **)&real = dlsym(RTLD_NEXT, name);
    return real != NULL ? real(path, flags, mode) : -1;
}

#define INTERPOSE(symbol, function)                                                                          \
    __attribute__((visibility("default"))) int function(const char *path, int flags, ...) __asm__(symbol);   \
    int function(const char *path, int flags, ...)                                                           \
    {                                                                                                        \
        va_list arguments;                                                                                   \
        va_start(arguments, flags);                                                                          \
        const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(arguments, mode_t) : 0;                          \
        va_end(arguments);                                                                                   \
        return open_named(symbol, path, flags, mode);                                                        \
    }

INTERPOSE("open", interposed_open)
INTERPOSE("open64", interposed_open64)
INTERPOSE("__open_2", interposed_open_2)
INTERPOSE("__open64_2", interposed_open64_2)
