/* SPDX-License-Identifier: MIT
 * Messages of any fields, as the plan lets them be. */
#ifndef TASKSEAL_PROOF_ASYNQ_MESSAGE_H
#define TASKSEAL_PROOF_ASYNQ_MESSAGE_H

#include "proof.h"

#include <taskseal/asynq.h>

#include <asynq/message.c>

/* A text of the task: of any bytes, as long as a name may be. */
static taskseal_bytes any_text(size_t most)
{
    size_t len = nondet_size();
    ASSUME(len <= most, "the plan refuses longer ones");
    return (taskseal_bytes){any_bytes(len), len};
}

static taskseal__asynq_message any_message(size_t longest, size_t payload)
{
    taskseal__asynq_message m = {.type = any_text(longest),
                                 .payload_len = nondet_size(),
                                 .id = any_text(longest),
                                 .queue = any_text(longest),
                                 .retry = nondet_u64(),
                                 .timeout = nondet_u64(),
                                 .deadline = nondet_u64(),
                                 .unique_key = any_text(3 * longest),
                                 .retention = nondet_u64(),
                                 .group = any_text(longest)};
    ASSUME(m.payload_len <= payload, "the plan refuses longer ones");
    return m;
}

#endif
