/* SPDX-License-Identifier: MIT
 * Made by bundle.py of lib/core/clock.c; do not edit. */
/* SPDX-License-Identifier: MIT */
#include "core.h"

#include <time.h>

taskseal_err taskseal__now(uint64_t given, uint64_t *now)
{
    if (given > TASKSEAL_TIME_MAX)
        return TASKSEAL_ERR_BAD_ARGUMENT;
    if (given != 0) {
        *now = given;
        return TASKSEAL_OK;
    }
    time_t clock = time(NULL); /* -1 if it can't be read */
    if (clock < 1 || (uint64_t)clock > TASKSEAL_TIME_MAX)
        return TASKSEAL_ERR_BAD_CLOCK;
    *now = (uint64_t)clock;
    return TASKSEAL_OK;
}

taskseal_err taskseal__check_times(uint64_t sealed_at, uint64_t expires_at, uint64_t max_age, uint64_t now)
{
    if (sealed_at > now && sealed_at - now > TASKSEAL_CLOCK_LEEWAY)
        return TASKSEAL_ERR_NOT_YET_VALID;
    if (expires_at != 0 && now >= expires_at)
        return TASKSEAL_ERR_EXPIRED;
    if (max_age != 0 && now > sealed_at && now - sealed_at > max_age)
        return TASKSEAL_ERR_EXPIRED;
    return TASKSEAL_OK;
}

uint64_t taskseal__replay_until(uint64_t sealed_at, uint64_t expires_at, uint64_t max_age)
{
    uint64_t horizon = expires_at;
    if (max_age != 0 && max_age <= TASKSEAL_TIME_MAX) {
        uint64_t too_old_at = sealed_at + max_age;
        if (horizon == 0 || too_old_at < horizon)
            horizon = too_old_at;
    }
    return horizon != 0 ? horizon + TASKSEAL_CLOCK_LEEWAY : 0;
}
