/* SPDX-License-Identifier: MIT */
#include "redis_models.h"

int strncasecmp(const char *a, const char *b, size_t len);

#include <redis/limits.c>

static redisReadTask task, parent;
static taskseal__limits limits;

static void any_task(void)
{
    task.privdata = &limits;
    task.parent = nondet_bool() ? &parent : NULL;
    task.type = nondet_int();
    limits.built = nondet_size();
    ASSUME(limits.built <= TASKSEAL__REPLY_BYTES_MAX, "what charge has let through so far");
    limits.replies = nondet_u64();
    limits.pushes = nondet_u64();
    ASSUME(limits.replies < UINT64_MAX && limits.pushes < UINT64_MAX, "nobody lives as long");
}

/* Every size that a server may announce. */
void proof_charge(void)
{
    any_task();
    size_t bytes = nondet_size();
    ASSUME(bytes <= PTRDIFF_MAX,
           "a text that is in memory, or pointers for as many elements as hiredis lets through");
    size_t before = task.parent == NULL ? 0 : limits.built;
    if (charge(&task, bytes, nondet_bool())) {
        CHECK(limits.built <= TASKSEAL__REPLY_BYTES_MAX, "never more than the limit");
        CHECK(limits.built - before == sizeof(redisReply) + bytes && limits.built >= before, "the sum");
        CHECK(!limits.exceeded, "and says so");
        REACHED("charged");
    } else {
        CHECK(limits.exceeded, "refused for its size");
        REACHED("refused");
    }
}

/* CBMC has no model of it. */
int strncasecmp(const char *a, const char *b, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        int left = a[i] >= 'A' && a[i] <= 'Z' ? a[i] + ('a' - 'A') : a[i];
        int right = b[i] >= 'A' && b[i] <= 'Z' ? b[i] + ('a' - 'A') : b[i];
        if (left != right)
            return 1;
        if (left == '\0')
            return 0;
    }
    return 0;
}

/* The kind of a push is any text, and need not end with a NUL. */
void proof_is_of_subscription(void)
{
    size_t len = nondet_size();
    ASSUME(len <= 13, "the bound of this proof: the longest kind that there is, and one more");
    const char *kind = any_bytes(len);
    if (is_of_subscription(kind, len)) {
        CHECK(len >= 7 && len <= 12, "hiredis takes nothing shorter, and no kind is longer");
        REACHED_IF(len == 12, "the longest");
        REACHED_IF(len == 7, "the shortest");
    } else {
        REACHED("another");
    }
}
