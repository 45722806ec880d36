/* SPDX-License-Identifier: MIT */
#include "faults.h"

#include <errno.h>

/* X(name of the point, errno, what is right) */
#define ONCE(point, error, right)                                                                            \
    {                                                                                                        \
        POINT_##point, FAILS, error, false, right, 7                                                         \
    }
#define FROM_THEN(point, error, right)                                                                       \
    {                                                                                                        \
        POINT_##point, FAILS, error, true, right, 7                                                          \
    }
#define MEMORY(point)                                                                                        \
    {POINT_##point, FAILS, ENOMEM, false, NO_MEMORY, 6},                                                     \
    {                                                                                                        \
        POINT_##point, FAILS, ENOMEM, true, NO_MEMORY, 6                                                     \
    }

const fault faults[] = {
    MEMORY(MALLOC),
    MEMORY(CALLOC),
    MEMORY(SODIUM_MALLOC),
    MEMORY(SODIUM_ALLOCARRAY),
    MEMORY(PWHASH),
    MEMORY(MUTEX),
    MEMORY(REALPATH),
    MEMORY(MPROTECT),
    ONCE(MUTEX, EAGAIN, NO_MEMORY),
    ONCE(MPROTECT, EACCES, NO_MEMORY),

    ONCE(MLOCK, ENOMEM, STAYS_OK),
    ONCE(MLOCK, EPERM, STAYS_OK),
    ONCE(MLOCK, EAGAIN, STAYS_OK),

    ONCE(RANDOM, EINTR, STAYS_OK),
    ONCE(RANDOM, EIO, NO_RANDOM),
    ONCE(RANDOM, ENOSYS, NO_RANDOM),
    ONCE(RANDOM, EPERM, NO_RANDOM),
    {POINT_RANDOM, GIVES_SHORT, 0, false, STAYS_OK, 7},
    {POINT_RANDOM, GIVES_SHORT, 0, true, STAYS_OK, 7},
    {POINT_RANDOM, GIVES_ZERO, EINTR, false, NO_RANDOM, 7},
    FROM_THEN(RANDOM, EIO, NO_RANDOM),

    ONCE(TIME, EFAULT, BAD_CLOCK),
    {POINT_TIME, GIVES_ZERO, 0, false, BAD_CLOCK, 7},
    ONCE(CLOCK, EFAULT, BAD_CLOCK),
    {POINT_CLOCK, GIVES_ZERO, 0, false, BAD_CLOCK, 7},

    ONCE(REALPATH, EACCES, KEYFILE_READ),
    ONCE(REALPATH, ENOENT, KEYFILE_READ),
    ONCE(REALPATH, ELOOP, KEYFILE_READ),
    ONCE(REALPATH, EIO, KEYFILE_READ),

    ONCE(OPEN, EACCES, KEYFILE_READ),
    ONCE(OPEN, ENOENT, KEYFILE_READ),
    ONCE(OPEN, EMFILE, KEYFILE_READ),
    ONCE(OPEN, EINTR, KEYFILE_READ),
    ONCE(OPEN, EIO, KEYFILE_READ),
    FROM_THEN(OPEN, ENFILE, KEYFILE_READ),
    ONCE(OPEN_DIRECTORY, EACCES, STAYS_OK),
    ONCE(OPEN_DIRECTORY, EMFILE, STAYS_OK),

    ONCE(FSTAT, EIO, KEYFILE_READ | TRIES_AGAIN),
    ONCE(FSTAT, EOVERFLOW, KEYFILE_READ | TRIES_AGAIN),
    FROM_THEN(FSTAT, EIO, KEYFILE_READ | KEYFILE_WRITE),
    ONCE(STAT, EIO, TRIES_AGAIN),
    ONCE(STAT, ENOENT, TRIES_AGAIN),
    FROM_THEN(STAT, EACCES, KEYFILE_WRITE),

    ONCE(READ, EINTR, STAYS_OK),
    {POINT_READ, GIVES_SHORT, 0, false, STAYS_OK, 7},
    {POINT_READ, GIVES_SHORT, 0, true, STAYS_OK, 7},
    ONCE(READ, EIO, KEYFILE_READ),
    ONCE(READ, EAGAIN, KEYFILE_READ),
    ONCE(READ, EISDIR, KEYFILE_READ),
    FROM_THEN(READ, EIO, KEYFILE_READ),

    ONCE(WRITE, EINTR, STAYS_OK),
    {POINT_WRITE, GIVES_SHORT, 0, false, STAYS_OK, 7},
    {POINT_WRITE, GIVES_SHORT, 0, true, STAYS_OK, 7},
    {POINT_WRITE, GIVES_ZERO, 0, false, KEYFILE_WRITE, 7},
    ONCE(WRITE, ENOSPC, KEYFILE_WRITE),
    ONCE(WRITE, EDQUOT, KEYFILE_WRITE),
    ONCE(WRITE, EFBIG, KEYFILE_WRITE),
    ONCE(WRITE, EIO, KEYFILE_WRITE),
    FROM_THEN(WRITE, ENOSPC, KEYFILE_WRITE),

    ONCE(MKOSTEMP, EACCES, KEYFILE_WRITE),
    ONCE(MKOSTEMP, EMFILE, KEYFILE_WRITE),
    ONCE(MKOSTEMP, ENOSPC, KEYFILE_WRITE),
    ONCE(MKOSTEMP, EROFS, KEYFILE_WRITE),
    ONCE(MKOSTEMP, EEXIST, KEYFILE_WRITE),
    ONCE(FCHMOD, EPERM, KEYFILE_WRITE),
    ONCE(FCHMOD, EIO, KEYFILE_WRITE),
    ONCE(FCHOWN, EPERM, KEYFILE_WRITE),
    ONCE(FCHOWN, EIO, KEYFILE_WRITE),
    ONCE(FSYNC, EIO, KEYFILE_WRITE),
    ONCE(FSYNC, ENOSPC, KEYFILE_WRITE),
    ONCE(FSYNC, EDQUOT, KEYFILE_WRITE),
    ONCE(FSYNC_DIRECTORY, EIO, STAYS_OK),
    ONCE(FSYNC_DIRECTORY, EINVAL, STAYS_OK),
    ONCE(CLOSE, EIO, STAYS_OK),
    ONCE(CLOSE, EINTR, STAYS_OK),
    ONCE(CLOSE_WRITTEN, EIO, KEYFILE_WRITE),
    ONCE(CLOSE_WRITTEN, ENOSPC, KEYFILE_WRITE),
    ONCE(CLOSE_WRITTEN, EINTR, KEYFILE_WRITE),

    ONCE(LINK, EACCES, KEYFILE_WRITE),
    ONCE(LINK, EIO, KEYFILE_WRITE),
    ONCE(LINK, ENOSPC, KEYFILE_WRITE),
    ONCE(LINK, EMLINK, KEYFILE_WRITE),
    ONCE(LINK, EPERM, KEYFILE_WRITE),
    ONCE(LINK, EEXIST, KEYFILE_WRITE | KEYFILE_EXISTS),
    ONCE(RENAME, EACCES, KEYFILE_WRITE),
    ONCE(RENAME, EIO, KEYFILE_WRITE),
    ONCE(RENAME, ENOSPC, KEYFILE_WRITE),
    FROM_THEN(RENAME, EROFS, KEYFILE_WRITE),
    ONCE(UNLINK, EACCES, STAYS_OK | LEAVES_FILES),
    ONCE(UNLINK, EIO, STAYS_OK | LEAVES_FILES),
    FROM_THEN(UNLINK, EBUSY, STAYS_OK | LEAVES_FILES),

    ONCE(FLOCK, EINTR, STAYS_OK),
    ONCE(FLOCK, EWOULDBLOCK, STAYS_OK),
    ONCE(FLOCK, ENOLCK, KEYFILE_WRITE),
    ONCE(FLOCK, EIO, KEYFILE_WRITE),
    FROM_THEN(FLOCK, EWOULDBLOCK, KEYFILE_WRITE),
    FROM_THEN(FLOCK, EINTR, KEYFILE_WRITE),
};

const size_t fault_count = sizeof faults / sizeof faults[0];

bool fault_allows(const fault *f, taskseal_err err, bool creates, bool changes)
{
    switch (err) {
    case TASKSEAL_OK:
        return (f->right & STAYS_OK) != 0 || (changes && (f->right & TRIES_AGAIN) != 0);
    case TASKSEAL_ERR_NO_MEMORY:
        return (f->right & NO_MEMORY) != 0;
    case TASKSEAL_ERR_NO_RANDOM:
        return (f->right & NO_RANDOM) != 0;
    case TASKSEAL_ERR_BAD_CLOCK:
        return (f->right & BAD_CLOCK) != 0;
    case TASKSEAL_ERR_KEYFILE_READ:
        return (f->right & KEYFILE_READ) != 0;
    case TASKSEAL_ERR_KEYFILE_WRITE:
        return (f->right & KEYFILE_WRITE) != 0 && !(creates && (f->right & KEYFILE_EXISTS) != 0);
    case TASKSEAL_ERR_KEYFILE_EXISTS:
        return creates && (f->right & KEYFILE_EXISTS) != 0;
    default:
        return false;
    }
}
