/* SPDX-License-Identifier: MIT */
#include "redis_models.h"

#include <redis/text.c>

void proof_printable(void)
{
    size_t cap = nondet_size(), len = nondet_size(), i = nondet_size();
    ASSUME(cap >= 4 && cap <= 16, "callers have buffers of 16 bytes and more; the bound of this proof");
    ASSUME(len <= 20, "the bound of this proof");
    char *out = any_bytes(cap);
    taskseal__printable(out, cap, any_bytes(len), len);
    size_t written = strlen(out);
    CHECK(written < cap && (len >= cap || written == len), "all of it, or as much as fits");
    CHECK(i >= written || (out[i] >= ' ' && out[i] <= '~'), "printable");
    REACHED_IF(len > cap, "cut");
    REACHED_IF(len < cap && len > 3, "whole");
}

void proof_printable_append(void)
{
    size_t cap = nondet_size(), len = nondet_size();
    ASSUME(cap >= 4 && cap <= 12, "callers have buffers of 16 bytes and more; the bound of this proof");
    ASSUME(len <= 12, "the bound of this proof");
    char *out = any_bytes(cap);
    out[cap - 1] = '\0';
    size_t used = strlen(out);
    taskseal__printable_append(out, cap, any_bytes(len), len);
    CHECK(strlen(out) < cap, "still a text");
    REACHED_IF(used > 0 && used + len < cap, "appended");
    REACHED_IF(used + 1 == cap, "full");
}
