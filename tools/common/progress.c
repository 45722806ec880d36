/* SPDX-License-Identifier: MIT */
#include "progress.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "report.h"

enum { SIZE_TEXT_MAX = 32 };

static const uint64_t second = UINT64_C(1000000000);

static uint64_t nanoseconds(void)
{
    struct timespec now = {0};

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * second + (uint64_t)now.tv_nsec;
}

void progress_begin(progress *self, bool on)
{
    const uint64_t now = nanoseconds();

    *self = (progress){.on = on && isatty(STDERR_FILENO), .began = now, .last = now + second / 2};
}

bool progress_is_due(progress *self)
{
    const uint64_t now = self->on ? nanoseconds() : 0;

    if (now < self->last + second / 2)
        return false;
    self->last = now;
    return self->on;
}

static void format_size(double bytes, char text[SIZE_TEXT_MAX])
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    size_t unit = 0;

    while (bytes >= 1024 && unit + 1 < sizeof units / sizeof units[0]) {
        bytes /= 1024;
        unit++;
    }
    snprintf(text, SIZE_TEXT_MAX, "%.*f %s", unit == 0 ? 0 : 1, bytes, units[unit]);
}

void progress_bytes(progress *self, uint64_t done, uint64_t total)
{
    char so_far[SIZE_TEXT_MAX];
    char all[SIZE_TEXT_MAX];
    char rate[SIZE_TEXT_MAX];

    if (!progress_is_due(self))
        return;
    format_size((double)done, so_far);
    format_size((double)total, all);
    format_size((double)done / progress_seconds(self), rate);
    report_over("%s%s%s, %s/s", so_far, total != 0 ? " of " : "", total != 0 ? all : "", rate);
}

double progress_seconds(const progress *self)
{
    return (double)(nanoseconds() - self->began + 1) / (double)second;
}

void progress_keep_rate(const progress *self, uint64_t commands, uint64_t rate)
{
    const double early = rate == 0 ? 0 : (double)commands / (double)rate - progress_seconds(self);

    if (early <= 0)
        return;
    struct timespec left = {.tv_sec = (time_t)early};
    left.tv_nsec = (long)((early - (double)left.tv_sec) * 1e9);
    while (nanosleep(&left, &left) != 0 && errno == EINTR) {
    }
}

void progress_end(const progress *self)
{
    if (self->on)
        report_over_end();
}
