/* SPDX-License-Identifier: MIT */
#include "redis_models.h"

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
    if (charge(&task, bytes)) {
        CHECK(limits.built <= TASKSEAL__REPLY_BYTES_MAX, "never more than the limit");
        CHECK(limits.built - before == sizeof(redisReply) + bytes && limits.built >= before, "the sum");
        CHECK(!limits.exceeded, "and says so");
        REACHED("charged");
    } else {
        CHECK(limits.exceeded, "refused for its size");
        REACHED("refused");
    }
}
