/* SPDX-License-Identifier: MIT
 * Names of files that are composed, and what is written: keyfile_write.c. */
#include "proof.h"

#include <keyfile_write.c>

#include "failing.h"

void proof_path_with(void)
{
    size_t path_len, suffix_len, i = nondet_size();
    const char *path = any_string(8, &path_len), *suffix = any_string(4, &suffix_len);
    char *name = path_with(path, suffix, NULL);
    if (name == NULL) {
        REACHED("no memory");
        return;
    }
    CHECK(__CPROVER_r_ok(name, path_len + suffix_len + 1) && name[path_len + suffix_len] == '\0',
          "as long as both, and a NUL");
    CHECK(i >= path_len || name[i] == path[i], "the path");
    CHECK(i >= suffix_len || name[path_len + i] == suffix[i], "the suffix behind it");
    REACHED_IF(path_len == 8 && suffix_len == 4, "the longest");
    free(name);
}

static const char *g_path, *g_scratch;
static size_t g_len, g_done;
static bool g_opened;

int open(const char *folder, int flags, ...)
{
    size_t i = nondet_size(), len = strlen(folder);
    CHECK(folder == g_scratch && (flags & O_DIRECTORY) != 0, "a folder");
    CHECK(len >= 1 && len <= g_len + 1 && folder[len - 1] == '.', "ends with a dot");
    CHECK(len == 1 || folder[len - 2] == '/', "behind the last slash, or alone");
    CHECK(i >= len - 1 || folder[i] == g_path[i], "what stands before the file's name");
    CHECK(i < len - 1 || i >= g_len || g_path[i] != '/', "all of it");
    g_opened = true;
    return -1;
}

/* The scratch has the room of the path and the suffix of a temporary file, as its callers have it. */
void proof_sync_directory(void)
{
    g_path = any_string(8, &g_len);
    g_scratch = any_bytes(g_len + sizeof temporary_suffix);
    sync_directory(g_path, (char *)g_scratch);
    CHECK(g_opened, "the folder is opened");
    REACHED_IF(g_len == 8 && g_path[7] == '/', "the longest");
    REACHED_IF(g_path[0] != '/', "another");
}

ssize_t write(int fd, const void *bytes, size_t len)
{
    ssize_t done = nondet_i64();
    CHECK(fd == 3 && bytes == g_path + g_done && len == g_len - g_done && len > 0, "what is still missing");
    CHECK(__CPROVER_r_ok(bytes, len), "it is there");
    ASSUME(done >= -1 && done <= (ssize_t)len, "what write() says");
    ASSUME(done != -1 || errno != EINTR, "the bound of this proof: no signals without an end");
    g_done += done > 0 ? (size_t)done : 0;
    return done;
}

/* Success only with all bytes, however few go at a time. */
void proof_write_all(void)
{
    g_len = nondet_size();
    ASSUME(g_len <= 4, "the bound of this proof: the loop writes at least a byte each time");
    g_path = any_bytes(g_len);
    bool fine = write_all(3, g_path, g_len);
    CHECK(!fine || g_done == g_len, "all of it");
    REACHED_IF(fine && g_len == 4, "all");
    REACHED_IF(!fine && g_done == 2, "failed in between");
}
