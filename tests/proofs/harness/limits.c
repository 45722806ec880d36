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

static size_t g_elements;

void *known_array(const redisReadTask *of, size_t elements)
{
    CHECK(of == &task && elements == g_elements, "the array that was asked for");
    CHECK(limits.built <= TASKSEAL__REPLY_BYTES_MAX && elements <= TASKSEAL__REPLY_BYTES_MAX / sizeof(void *),
          "it was paid for");
    return &task;
}

/* Chains of parents up to beyond the limit. */
void proof_create_array(void)
{
    static redisReadTask chain[TASKSEAL__REPLY_DEPTH_MAX + 2];
    size_t depth = nondet_size();
    ASSUME(depth <= TASKSEAL__REPLY_DEPTH_MAX + 1, "the bound of this proof: one more than the limit");
    for (size_t i = 0; i + 1 < TASKSEAL__REPLY_DEPTH_MAX + 2; i++)
        chain[i].parent = i + 1 < depth ? &chain[i + 1] : NULL;
    any_task();
    task.parent = depth > 0 ? &chain[0] : NULL;
    g_elements = nondet_size();
    ASSUME(g_elements <= 2 * (size_t)TASKSEAL__REPLY_ELEMENTS_MAX,
           "hiredis refuses more than maxelements, and doubles those of maps");
    limits.inner.createArray = known_array;
    void *made = create_array(&task, g_elements);
    CHECK(made == NULL || depth < TASKSEAL__REPLY_DEPTH_MAX, "not too deep");
    CHECK(made != NULL || limits.exceeded, "refused for a reason");
    REACHED_IF(made != NULL && depth == TASKSEAL__REPLY_DEPTH_MAX - 1, "the deepest");
    REACHED_IF(made == NULL && depth == 0, "too large");
}
