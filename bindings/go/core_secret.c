/* SPDX-License-Identifier: MIT
 * Made by bundle.py of lib/core/secret.c; do not edit. */
/* SPDX-License-Identifier: MIT */
#include "core.h"

#include <errno.h>
#include <sodium.h>
#include <stdatomic.h>
#include <unistd.h>

#if defined(__linux__)
#include <sys/random.h>
#endif

/* One request for at most `len` bytes: how many came, or -1 with errno. */
static ssize_t ask_system(uint8_t *out, size_t len)
{
#if defined(__linux__)
    return getrandom(out, len, 0);
#else
    size_t request = len < 256 ? len : 256; /* all that getentropy grants at a time */
    return getentropy(out, request) == 0 ? (ssize_t)request : -1;
#endif
}

taskseal_err taskseal__random(uint8_t *out, size_t len)
{
    size_t done = 0;
    while (done < len) {
        ssize_t got = ask_system(out + done, len - done);
        if (got > 0) {
            done += (size_t)got;
        } else if (got == 0 || errno != EINTR) {
            sodium_memzero(out, len);
            return TASKSEAL_ERR_NO_RANDOM;
        }
    }
    return TASKSEAL_OK;
}

taskseal_err taskseal__sodium_init(void)
{
    static atomic_bool ready;
    uint8_t probe;
    if (atomic_load_explicit(&ready, memory_order_acquire))
        return TASKSEAL_OK;
    taskseal_err err = taskseal__random(&probe, sizeof probe);
    if (err != TASKSEAL_OK)
        return err;
    if (sodium_init() < 0)
        return TASKSEAL_ERR_NO_RANDOM;
    atomic_store_explicit(&ready, true, memory_order_release);
    return TASKSEAL_OK;
}
