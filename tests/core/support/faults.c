/* SPDX-License-Identifier: MIT */
#include "faults.h"

#include "core/derive.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

faults_state faults;

void faults_reset(void)
{
    faults = (faults_state){0};
}

taskseal_err faults_stop_after(taskseal_err err)
{
    faults.counting = false;
    return err;
}

TCase *add_faults_case(Suite *suite, const char *name)
{
    TCase *tests = add_case(suite, name);
    tcase_add_checked_fixture(tests, faults_reset, faults_reset);
    return tests;
}

/* The linker calls __wrap_f where the program says f, and f where we say __real_f. */
#define REPLACE(type, name, parameters)                                                                      \
    type __real_##name parameters;                                                                           \
    type __wrap_##name parameters;                                                                           \
    type __wrap_##name parameters

static ssize_t fails(int error)
{
    errno = error;
    return -1;
}

/* ---- Memory ---- */

/* True if the allocation that is being made is the one to fail. */
static bool allocation_fails(void)
{
    if (!faults.counting)
        return false;
    return ++faults.allocations == faults.fail_allocation;
}

REPLACE(void *, malloc, (size_t size))
{
    return allocation_fails() ? NULL : __real_malloc(size);
}

REPLACE(void *, calloc, (size_t count, size_t size))
{
    return allocation_fails() ? NULL : __real_calloc(count, size);
}

REPLACE(void *, sodium_malloc, (size_t size))
{
    return allocation_fails() ? NULL : __real_sodium_malloc(size);
}

REPLACE(void *, sodium_allocarray, (size_t count, size_t size))
{
    return allocation_fails() ? NULL : __real_sodium_allocarray(count, size);
}

REPLACE(int, sodium_mlock, (void *const memory, size_t len))
{
    return faults.mlock_fails ? (int)fails(EAGAIN) : __real_sodium_mlock(memory, len);
}

REPLACE(int, sodium_mprotect_readonly, (void *memory))
{
    return faults.mprotect_fails ? (int)fails(ENOMEM) : __real_sodium_mprotect_readonly(memory);
}

/* ---- The library and libsodium ---- */

REPLACE(int, sodium_init, (void))
{
    return faults.sodium_init_fails ? -1 : __real_sodium_init();
}

REPLACE(int, crypto_aead_aes256gcm_is_available, (void))
{
    return faults.cpu_lacks_aes ? 0 : __real_crypto_aead_aes256gcm_is_available();
}

REPLACE(int, crypto_pwhash,
        (unsigned char *const out, unsigned long long out_len, const char *const password,
         unsigned long long password_len, const unsigned char *const salt, unsigned long long passes,
         size_t bytes, int algorithm))
{
    if (faults.passphrases_are_cheap) {
        passes = crypto_pwhash_OPSLIMIT_MIN;
        bytes = crypto_pwhash_MEMLIMIT_MIN;
    }
    return __real_crypto_pwhash(out, out_len, password, password_len, salt, passes, bytes, algorithm);
}

REPLACE(void, taskseal__wrap,
        (uint8_t * body, const taskseal__wrap_binding *binding, const uint8_t *wrap_key, const uint8_t *nonce,
         const uint8_t *dek))
{
    __real_taskseal__wrap(body, binding, wrap_key, nonce, dek);
    if (faults.wraps_are_wrong)
        body[taskseal__body_len(binding->type) - 1] ^= 1;
}

/* ---- Randomness and time ---- */

void repeated_random(uint8_t *out, size_t len)
{
    for (size_t i = 0; i < len; i++)
        out[i] = (uint8_t)(i * (2 * len + 1) + len);
}

REPLACE(ssize_t, getrandom, (void *out, size_t len, unsigned flags))
{
    static unsigned calls;
    if (faults.counting) {
        if (faults.random_requests++ == 0)
            faults.random_bytes = len;
    }
    switch (faults.random) {
    case RANDOM_WORKS:
        break;
    case RANDOM_FAILS:
        return fails(EIO);
    case RANDOM_FAILS_AFTER_8_BYTES:
        faults.random = RANDOM_FAILS;
        return __real_getrandom(out, len < 8 ? len : 8, flags);
    case RANDOM_GIVES_NOTHING:
        errno = 0;
        return 0;
    case RANDOM_IS_SHORT:
        return __real_getrandom(out, len < 7 ? len : 7, flags);
    case RANDOM_IS_INTERRUPTED:
        if (calls++ % 2 == 0)
            return fails(EINTR);
        break;
    case RANDOM_REPEATS:
        repeated_random(out, len);
        return (ssize_t)len;
    }
    return __real_getrandom(out, len, flags);
}

REPLACE(time_t, time, (time_t * out))
{
    switch (faults.clock) {
    case CLOCK_FAILS:
        return (time_t)fails(EINVAL);
    case CLOCK_SHOWS:
        return (time_t)faults.clock_seconds;
    case CLOCK_WORKS:
        break;
    }
    return __real_time(out);
}

/* ---- Files ---- */

/* What fstat gives instead of `result`, which filled in the status. */
static int examined(int result, struct stat *status)
{
    if (faults.file == FSTAT_FAILS)
        return (int)fails(EIO);
    if (faults.file == FSTAT_SHOWS_LESS)
        status->st_size--;
    return result;
}

REPLACE(int, fstat, (int fd, struct stat *status))
{
    return examined(__real_fstat(fd, status), status);
}

#ifdef __GLIBC__ /* where large files are asked for, fstat has this name */
REPLACE(int, fstat64, (int fd, struct stat *status))
{
    return examined(__real_fstat64(fd, status), status);
}
#endif

REPLACE(ssize_t, read, (int fd, void *out, size_t len))
{
    static unsigned calls;
    switch (faults.file) {
    case READ_FAILS:
        return fails(EIO);
    case READ_IS_SHORT:
        if (faults.read_first == 0)
            faults.read_first = len;
        else if (len > faults.read_last)
            faults.read_asked_more = true;
        faults.read_last = len;
        return __real_read(fd, out, len < 1 ? len : 1);
    case READ_IS_INTERRUPTED:
        return calls++ % 2 == 0 ? fails(EINTR) : __real_read(fd, out, len);
    case READ_ENDS_EARLY: {
        const ssize_t got = __real_read(fd, out, len);
        return got > 0 ? got - 1 : got;
    }
    default:
        return __real_read(fd, out, len);
    }
}

REPLACE(ssize_t, write, (int fd, const void *data, size_t len))
{
    static unsigned calls;
    switch (faults.file) {
    case WRITE_FAILS:
        return fails(EIO);
    case WRITE_GIVES_0:
        return 0;
    case WRITE_IS_SHORT:
        return __real_write(fd, data, len < 1 ? len : 1);
    case WRITE_IS_INTERRUPTED:
        return calls++ % 2 == 0 ? fails(EINTR) : __real_write(fd, data, len);
    default:
        return __real_write(fd, data, len);
    }
}

REPLACE(int, fchmod, (int fd, mode_t mode))
{
    return faults.file == FCHMOD_FAILS ? (int)fails(EIO) : __real_fchmod(fd, mode);
}

REPLACE(int, fsync, (int fd))
{
    struct stat status;
    const bool directory = fstatat(fd, "", &status, AT_EMPTY_PATH) == 0 && S_ISDIR(status.st_mode);
    if (directory)
        faults.synced_directory = status.st_ino;
    return faults.file == (directory ? DIRECTORY_FSYNC_FAILS : FSYNC_FAILS) ? (int)fails(EIO)
                                                                            : __real_fsync(fd);
}

/* A close that fails has closed all the same. */
REPLACE(int, close, (int fd))
{
    const int result = __real_close(fd);
    return faults.file == CLOSE_FAILS ? (int)fails(EIO) : result;
}

REPLACE(int, link, (const char *from, const char *to))
{
    return faults.file == LINK_FAILS ? (int)fails(EIO) : __real_link(from, to);
}
