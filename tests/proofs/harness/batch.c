/* SPDX-License-Identifier: MIT */
#include "proof.h"

#include <batch.c>

static const taskseal_seal_options g_options;
static taskseal_seal_item g_items[GROUP + 2];
static uint8_t *g_random;
static size_t g_first, g_other, g_random_len, g_planned, g_used, g_sealed;

taskseal_err any_plan(taskseal__plan *p, const taskseal_seal_options *options, size_t payload_len)
{
    (void)options, (void)payload_len;
    p->key_count = g_planned == 0 ? g_first : g_other; /* stands for what makes the length */
    g_planned++;
    return TASKSEAL_OK;
}

size_t known_random_len(const taskseal__plan *p)
{
    return p->key_count;
}

taskseal_err known_random(uint8_t *out, size_t len)
{
    CHECK(len <= GROUP_RANDOM && __CPROVER_w_ok(out, len), "there is room for the random bytes");
    g_random = out;
    g_random_len = len;
    return nondet_bool() ? TASKSEAL_OK : TASKSEAL_ERR_NO_RANDOM;
}

void known_message(const taskseal__plan *p, const taskseal_context *context, const uint8_t *random,
                   const uint8_t *payload, size_t payload_len, uint8_t *out)
{
    (void)payload, (void)payload_len, (void)out;
    CHECK(context == &g_items[g_sealed].context, "each item in turn");
    CHECK(random == g_random + g_used, "random bytes of its own, behind the others'");
    g_used += p->key_count;
    CHECK(g_used <= g_random_len, "that were asked for");
    g_sealed++;
}

/* No random byte serves two messages, and none is used that was not asked for. */
void proof_seal_group(void)
{
    size_t count = nondet_u8(), done;
    g_first = nondet_bool() ? 56 : TASKSEAL__RANDOM_MAX;
    g_other = nondet_bool() ? 56 : TASKSEAL__RANDOM_MAX;
    ASSUME(count >= 1 && count <= GROUP + 2, "the bound of this proof; a group is never longer");
    taskseal_err err = seal_group(&g_options, g_items, count, &done);
    CHECK(done >= 1 && done <= GROUP && done <= count && g_planned >= done, "it goes on");
    CHECK(err == TASKSEAL_OK ? g_sealed == done && g_used == g_random_len : g_sealed == 0,
          "all that was planned is sealed, or nothing");
    REACHED_IF(done == GROUP, "a whole group");
    REACHED_IF(g_planned > done, "no more random bytes");
}
