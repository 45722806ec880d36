/* SPDX-License-Identifier: MIT
 * Bounds on what a reply may cost: hiredis by itself allocates what a server announces, and frees nested replies
 * by recursion. */
#ifndef TASKSEAL_REDIS_LIMITS_H
#define TASKSEAL_REDIS_LIMITS_H

#include <hiredis/async.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TASKSEAL__REPLY_ELEMENTS_MAX (1LL << 24) /* of one array */
#define TASKSEAL__REPLY_DEPTH_MAX    64U
#define TASKSEAL__REPLY_BUFFER_MAX   ((size_t)520 << 20) /* a string of 512 MiB, the most that servers send */
#define TASKSEAL__REPLY_BYTES_MAX    ((size_t)1024 << 20) /* one reply as objects in memory */

/* Wraps the reader's object functions; must live as long as the reader. */
typedef struct taskseal__limits {
    redisReplyObjectFunctions functions; /* what the reader calls */
    redisReplyObjectFunctions inner;     /* what did it before */
    size_t built;                        /* bytes of the reply that is being built */
    uint64_t replies;                    /* of which at least the outermost object exists, without pushes */
    uint64_t pushes;                     /* the same of RESP3's pushes, which nobody asked for */
    bool in_push;                        /* the newest of both is a push */
    bool exceeded;
    /* Of an asynchronous reader: what no command asked for is refused, for hiredis ends the process over it. */
    const redisAsyncContext *asked;
    bool unasked; /* such a thing came */
} taskseal__limits;

void taskseal__limits_install(taskseal__limits *limits, redisReader *reader);

/* True if a reader that has limits failed for lack of memory, and not because of them. */
bool taskseal__limits_memory_failed(const redisReader *reader);

#endif
