/* SPDX-License-Identifier: MIT */
#include "disk.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char directory[PATH_MAX];

static void make_directory(void)
{
    const char *parent = getenv("TMPDIR");
    snprintf(directory, sizeof directory, "%s/taskseal-test-XXXXXX", parent != NULL ? parent : "/tmp");
    ck_assert_ptr_nonnull(mkdtemp(directory));
}

/* Calls `visit` (NULL is fine) with the path of every entry; returns their number. */
static size_t for_each_entry(void (*visit)(const char *path))
{
    size_t count = 0;
    DIR *listing = opendir(directory);
    ck_assert_ptr_nonnull(listing);
    for (const struct dirent *entry; (entry = readdir(listing)) != NULL;) {
        char path[PATH_MAX + sizeof entry->d_name];
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        count++;
        snprintf(path, sizeof path, "%s/%s", directory, entry->d_name);
        if (visit != NULL)
            visit(path);
    }
    closedir(listing);
    return count;
}

static void remove_entry(const char *path)
{
    ck_assert(remove(path) == 0);
}

static void remove_directory(void)
{
    ck_assert(chmod(directory, S_IRWXU) == 0);
    for_each_entry(remove_entry);
    ck_assert(rmdir(directory) == 0);
}

TCase *add_disk_case(Suite *suite, const char *name)
{
    TCase *tests = add_case(suite, name);
    tcase_add_checked_fixture(tests, make_directory, remove_directory);
    return tests;
}

const char *path_of(const char *name)
{
    const size_t len = strlen(directory) + 1 + strlen(name) + 1;
    char *path = (char *)blob_new(len).data;
    snprintf(path, len, "%s/%s", directory, name);
    return path;
}

size_t entry_count(void)
{
    return for_each_entry(NULL);
}

void write_file(const char *path, const void *data, size_t len, mode_t mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, S_IRUSR | S_IWUSR);
    ck_assert_int_ge(fd, 0);
    ck_assert(write(fd, data, len) == (ssize_t)len);
    ck_assert(fchmod(fd, mode) == 0);
    ck_assert(close(fd) == 0);
}

blob read_file(const char *path)
{
    struct stat status;
    int fd = open(path, O_RDONLY);
    ck_assert_int_ge(fd, 0);
    ck_assert(fstat(fd, &status) == 0);
    blob content = blob_new((size_t)status.st_size);
    ck_assert(read(fd, content.data, content.len) == (ssize_t)content.len);
    ck_assert(close(fd) == 0);
    return content;
}
