/* SPDX-License-Identifier: MIT */
#include "deadline.h"

#include <errno.h>
#include <limits.h>

#include "thread.h"

#define US_PER_S  1000000
#define US_PER_MS 1000

int64_t taskseal__monotonic_us(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now); /* can't fail: the clock exists and `now` is ours */
    return (int64_t)now.tv_sec * US_PER_S + now.tv_nsec / 1000;
}

taskseal__deadline taskseal__deadline_in_us(int64_t us)
{
    int64_t now = taskseal__monotonic_us();
    return us < TASKSEAL__NO_DEADLINE - now ? now + us : TASKSEAL__NO_DEADLINE;
}

struct timespec taskseal__deadline_timespec(taskseal__deadline deadline)
{
    return (struct timespec){.tv_sec = (time_t)(deadline / US_PER_S),
                             .tv_nsec = (long)(deadline % US_PER_S) * 1000};
}

/* Milliseconds for poll, rounded up so that it does not spin through the last one. */
static int poll_timeout(taskseal__deadline deadline)
{
    if (deadline == TASKSEAL__NO_DEADLINE)
        return -1;
    int64_t left = deadline - taskseal__monotonic_us();
    if (left <= 0)
        return 0;
    int64_t ms = (left + US_PER_MS - 1) / US_PER_MS;
    return ms < INT_MAX ? (int)ms : INT_MAX;
}

taskseal__waited taskseal__wait(int fd, short events, taskseal__deadline deadline)
{
    struct pollfd entry = {.fd = fd, .events = events};
    for (;;) {
        int timeout = poll_timeout(deadline);
        if (timeout == 0)
            return TASKSEAL__TIMED_OUT; /* ready or not: whoever always has something to say gets no more time */
        bool was_in = taskseal__thread_step_out();
        int ready = poll(&entry, 1, timeout);
        int failure = errno;
        taskseal__thread_step_in(was_in);
        errno = failure;
        if (ready > 0)
            return TASKSEAL__READY;
        if (ready < 0 && failure != EINTR)
            return TASKSEAL__WAIT_FAILED;
    }
}
