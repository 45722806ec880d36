/* SPDX-License-Identifier: MIT
 * When to try again, and reconnecting by that. */
#include <errno.h>
#include <sodium.h>

#include <taskseal/redis.h>

#include "../core/error.h"
#include "../core/secret.h"
#include "deadline.h"

#define FIRST_MS 50U
#define MAX_MS   10000U

/* first, 2 * first, 4 * first ... at most `max`. */
static unsigned ceiling(const taskseal_redis_backoff *backoff)
{
    unsigned ms = backoff->first_ms > 0 ? backoff->first_ms : FIRST_MS;
    unsigned max = backoff->max_ms > 0 ? backoff->max_ms : MAX_MS;
    for (unsigned i = 0; i < backoff->failures && ms < max; i++)
        ms = ms <= max / 2 ? ms * 2 : max;
    return ms < max ? ms : max;
}

/* 0..max. Without randomness, all of it: nobody is to be hurried by that. */
static unsigned jitter(unsigned max)
{
    if (taskseal__sodium_init() != TASKSEAL_OK)
        return max;
    return max < UINT32_MAX ? randombytes_uniform(max + 1) : randombytes_random();
}

bool taskseal_redis_backoff_next(taskseal_redis_backoff *backoff, taskseal_err why, unsigned *delay_ms)
{
    *delay_ms = 0;
    if (taskseal_err_permanent(why))
        return false;
    *delay_ms = jitter(ceiling(backoff));
    if (backoff->failures < UINT32_MAX)
        backoff->failures++;
    return true;
}

void taskseal_redis_backoff_reset(taskseal_redis_backoff *backoff)
{
    backoff->failures = 0;
}

/* Sleeps until `until`; false if `wake_fd` became readable. poll ignores a negative descriptor. */
static bool sleep_until(taskseal__deadline until, int wake_fd)
{
    return taskseal__wait(wake_fd, POLLIN, until) == TASKSEAL__TIMED_OUT;
}

static bool is_awake(int wake_fd)
{
    struct pollfd entry = {.fd = wake_fd, .events = POLLIN};
    return poll(&entry, 1, 0) > 0;
}

taskseal_err taskseal_redis_reconnect_until(redisContext *redis, taskseal_redis_backoff *backoff,
                                            unsigned give_up_ms, int wake_fd, taskseal_error *error)
{
    taskseal__deadline end =
        give_up_ms > 0 ? taskseal__deadline_in_us((int64_t)give_up_ms * 1000) : TASKSEAL__NO_DEADLINE;
    taskseal_redis_backoff own = {0};
    if (backoff == NULL)
        backoff = &own;
    for (;;) {
        unsigned delay_ms = 0;
        taskseal_err err = taskseal_redis_reconnect(redis, error);
        if (err == TASKSEAL_OK)
            taskseal_redis_backoff_reset(backoff);
        if (err == TASKSEAL_OK || !taskseal_redis_backoff_next(backoff, err, &delay_ms) ||
            taskseal__monotonic_us() >= end)
            return err;
        taskseal__deadline next = taskseal__deadline_in_us((int64_t)delay_ms * 1000);
        if (!sleep_until(next < end ? next : end, wake_fd) || is_awake(wake_fd))
            return err;
    }
}
