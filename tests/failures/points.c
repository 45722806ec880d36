/* SPDX-License-Identifier: MIT */
#include "points.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

const char *const point_names[POINT_COUNT] = {
#define POINT_X(name, text) [POINT_##name] = text,
    POINTS(POINT_X)
#undef POINT_X
};

points_state points;

/* The linker calls __wrap_f where the program says f, and f where we say __real_f. */
#define REPLACE(type, name, parameters)                                                                      \
    type __real_##name parameters;                                                                           \
    type __wrap_##name parameters;                                                                           \
    type __wrap_##name parameters

/* True if this call is the one that fails. */
static bool hit(point at)
{
    if (!points.active)
        return false;
    points.calls[at]++;
    if (at != points.at || points.nth == 0 ||
        (points.sticky ? points.calls[at] < points.nth : points.calls[at] != points.nth))
        return false;
    points.hits++;
    errno = points.error;
    return true;
}

/* ---- Memory: what is alive ---- */

enum { LIVE_MAX = 512 };

static void *live[LIVE_MAX];
static int live_count;
static bool strange;
static bool tracking;

static void *track(void *memory)
{
    if (memory == NULL || !points.active)
        return memory;
    tracking = true;
    if (live_count == LIVE_MAX)
        strange = true;
    else
        live[live_count++] = memory;
    return memory;
}

static void untrack(void *memory)
{
    for (int i = 0; i < live_count; i++) {
        if (live[i] == memory) {
            live[i] = live[--live_count];
            return;
        }
    }
    if (memory != NULL && points.active)
        strange = true;
}

int points_live(void)
{
    return strange ? -1 : live_count;
}

void points_reset(void)
{
    points = (points_state){0};
    live_count = 0;
    strange = false;
    tracking = false;
}

void points_disarm(void)
{
    points.nth = 0;
}

/* ---- Memory ---- */

REPLACE(void *, malloc, (size_t size))
{
    return hit(POINT_MALLOC) ? NULL : track(__real_malloc(size));
}

REPLACE(void *, calloc, (size_t count, size_t size))
{
    return hit(POINT_CALLOC) ? NULL : track(__real_calloc(count, size));
}

REPLACE(void, free, (void *memory))
{
    if (tracking)
        untrack(memory);
    __real_free(memory);
}

REPLACE(void *, sodium_malloc, (size_t size))
{
    return hit(POINT_SODIUM_MALLOC) ? NULL : track(__real_sodium_malloc(size));
}

REPLACE(void *, sodium_allocarray, (size_t count, size_t size))
{
    return hit(POINT_SODIUM_ALLOCARRAY) ? NULL : track(__real_sodium_allocarray(count, size));
}

REPLACE(void, sodium_free, (void *memory))
{
    if (tracking)
        untrack(memory);
    __real_sodium_free(memory);
}

REPLACE(char *, realpath, (const char *path, char *resolved))
{
    return hit(POINT_REALPATH) ? NULL : track(__real_realpath(path, resolved));
}

REPLACE(int, sodium_mlock, (void *const memory, size_t len))
{
    return hit(POINT_MLOCK) ? -1 : __real_sodium_mlock(memory, len);
}

REPLACE(int, sodium_mprotect_readonly, (void *memory))
{
    return hit(POINT_MPROTECT) ? -1 : __real_sodium_mprotect_readonly(memory);
}

REPLACE(int, pthread_mutex_init, (pthread_mutex_t * mutex, const pthread_mutexattr_t *attributes))
{
    return hit(POINT_MUTEX) ? points.error : __real_pthread_mutex_init(mutex, attributes);
}

/* Real, but at little cost, so that hundreds of runs fit into a test: what is made so is also read so. */
REPLACE(int, crypto_pwhash,
        (unsigned char *const out, unsigned long long out_len, const char *const password,
         unsigned long long password_len, const unsigned char *const salt, unsigned long long passes,
         size_t memory, int algorithm))
{
    (void)passes;
    (void)memory;
    if (hit(POINT_PWHASH))
        return -1;
    const bool was_active = points.active;
    points.active = false; /* what libsodium allocates for itself is not ours to count */
    const int result = __real_crypto_pwhash(out, out_len, password, password_len, salt, 1, 8192, algorithm);
    points.active = was_active;
    return result;
}

/* ---- Randomness and time ---- */

REPLACE(ssize_t, getrandom, (void *out, size_t len, unsigned flags))
{
    if (hit(POINT_RANDOM)) {
        if (points.effect == FAILS)
            return -1;
        return points.effect == GIVES_ZERO ? 0 : __real_getrandom(out, len < 1 ? len : 1, flags);
    }
    return __real_getrandom(out, len, flags);
}

REPLACE(time_t, time, (time_t * out))
{
    if (hit(POINT_TIME))
        return points.effect == FAILS ? (time_t)-1 : 0;
    return __real_time(out);
}

REPLACE(int, clock_gettime, (clockid_t clock, struct timespec *out))
{
    if (!hit(POINT_CLOCK))
        return __real_clock_gettime(clock, out);
    out->tv_sec = 0;
    out->tv_nsec = 0;
    return points.effect == FAILS ? -1 : 0;
}

/* Whoever waits for a lock is interrupted at once. */
REPLACE(int, nanosleep, (const struct timespec *wanted, struct timespec *left))
{
    if (!points.active)
        return __real_nanosleep(wanted, left);
    errno = EINTR;
    return -1;
}

REPLACE(uid_t, geteuid, (void))
{
    return points.active && points.as_other_user ? 12345 : __real_geteuid();
}

/* ---- Files ---- */

/* The mode is given only with O_CREAT, which the core does not use. */
#define OPENING(name)                                                                                        \
    REPLACE(int, name, (const char *path, int flags, ...))                                                   \
    {                                                                                                        \
        va_list rest;                                                                                        \
        va_start(rest, flags);                                                                               \
        const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(rest, mode_t) : 0;                               \
        va_end(rest);                                                                                        \
        if (hit((flags & O_DIRECTORY) != 0 ? POINT_OPEN_DIRECTORY : POINT_OPEN))                             \
            return -1;                                                                                       \
        return __real_##name(path, flags, mode);                                                             \
    }

OPENING(open)

REPLACE(int, fstat, (int fd, struct stat *status))
{
    return hit(POINT_FSTAT) ? -1 : __real_fstat(fd, status);
}

REPLACE(int, stat, (const char *path, struct stat *status))
{
    return hit(POINT_STAT) ? -1 : __real_stat(path, status);
}

REPLACE(int, mkostemp, (char *path, int flags))
{
    return hit(POINT_MKOSTEMP) ? -1 : __real_mkostemp(path, flags);
}

#ifdef __GLIBC__ /* where large files are asked for, they have these names */
OPENING(open64)

REPLACE(int, fstat64, (int fd, struct stat *status))
{
    return hit(POINT_FSTAT) ? -1 : __real_fstat64(fd, status);
}

REPLACE(int, stat64, (const char *path, struct stat *status))
{
    return hit(POINT_STAT) ? -1 : __real_stat64(path, status);
}

REPLACE(int, mkostemp64, (char *path, int flags))
{
    return hit(POINT_MKOSTEMP) ? -1 : __real_mkostemp64(path, flags);
}
#endif

REPLACE(ssize_t, read, (int fd, void *out, size_t len))
{
    if (!hit(POINT_READ))
        return __real_read(fd, out, len);
    if (points.effect == FAILS)
        return -1;
    return points.effect == GIVES_ZERO ? 0 : __real_read(fd, out, len < 1 ? len : 1);
}

REPLACE(ssize_t, write, (int fd, const void *data, size_t len))
{
    if (!hit(POINT_WRITE))
        return __real_write(fd, data, len);
    if (points.effect == FAILS)
        return -1;
    return points.effect == GIVES_ZERO ? 0 : __real_write(fd, data, len < 1 ? len : 1);
}

REPLACE(int, fchmod, (int fd, mode_t mode))
{
    return hit(POINT_FCHMOD) ? -1 : __real_fchmod(fd, mode);
}

REPLACE(int, fchown, (int fd, uid_t owner, gid_t group))
{
    return hit(POINT_FCHOWN) ? -1 : __real_fchown(fd, owner, group);
}

REPLACE(int, fsync, (int fd))
{
    struct stat status;
    const bool directory = __real_fstat(fd, &status) == 0 && S_ISDIR(status.st_mode);
    return hit(directory ? POINT_FSYNC_DIRECTORY : POINT_FSYNC) ? -1 : __real_fsync(fd);
}

/* A close that fails has closed all the same. */
REPLACE(int, close, (int fd))
{
    const bool written = (fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDWR;
    const int result = __real_close(fd);
    return hit(written ? POINT_CLOSE_WRITTEN : POINT_CLOSE) ? -1 : result;
}

REPLACE(int, link, (const char *from, const char *to))
{
    return hit(POINT_LINK) ? -1 : __real_link(from, to);
}

REPLACE(int, rename, (const char *from, const char *to))
{
    return hit(POINT_RENAME) ? -1 : __real_rename(from, to);
}

REPLACE(int, unlink, (const char *path))
{
    return hit(POINT_UNLINK) ? -1 : __real_unlink(path);
}

REPLACE(int, flock, (int fd, int operation))
{
    return hit(POINT_FLOCK) ? -1 : __real_flock(fd, operation);
}
