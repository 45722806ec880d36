/* SPDX-License-Identifier: MIT */
#include "resources.h"

#include <dirent.h>
#include <malloc.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

long count_descriptors(void)
{
    long count = -3; /* ".", ".." and the directory's own */
    DIR *directory = opendir("/proc/self/fd");
    if (directory == NULL)
        return -1;
    while (readdir(directory) != NULL)
        count++;
    (void)closedir(directory);
    return count;
}

bool descriptors_settle(long expected)
{
    const struct timespec pause = {.tv_nsec = 2000000};
    for (int i = 0; i < 1000 && count_descriptors() > expected; i++)
        (void)nanosleep(&pause, NULL);
    return count_descriptors() <= expected;
}

size_t heap_bytes(void)
{
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

size_t resident_bytes(void)
{
    size_t size = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file == NULL)
        return 0;
    int read = fscanf(file, "%zu %zu", &size, &resident);
    (void)fclose(file);
    return read == 2 ? resident * (size_t)sysconf(_SC_PAGESIZE) : 0;
}
