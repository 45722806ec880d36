/* SPDX-License-Identifier: MIT
 *
 * Enqueues tasks over one verified TLS connection in three ways that differ in the value only:
 * the payload as it is, sealed by the library, or treated by the floor's primitives (floor.h), which leave
 * a value of the same length as the sealed one.
 */
#ifndef TASKSEAL_BENCH_PRODUCER_H
#define TASKSEAL_BENCH_PRODUCER_H

#include <stddef.h>
#include <stdint.h>

#include <taskseal/redis.h>

#include "floor.h"

enum { PRODUCER_PAYLOAD_BYTES = 1024, PRODUCER_DEPTH_MAX = 1024 };

typedef enum producer_mode { PRODUCER_UNSEALED, PRODUCER_SEALED, PRODUCER_PRIMITIVES } producer_mode;

typedef struct bench_producer {
    redisContext *redis;
    taskseal_keyring *ring;
    floor_recipe recipe;
    uint8_t payload[PRODUCER_PAYLOAD_BYTES];
    uint8_t value[PRODUCER_PAYLOAD_BYTES + TASKSEAL_HEADER_MAX];
} bench_producer;

/* Makes a keyring with one fresh key, and the floor's recipe for it. The connection is the caller's. */
void producer_prepare(bench_producer *producer, redisContext *redis);
void producer_finish(bench_producer *producer);

/* Enqueues `tasks` tasks, `depth` at a time: HSET and LPUSH for each, then their replies. Returns the
 * nanoseconds that it took, and exits with a line on stderr if anything failed. The queue is empty before
 * and, once its length and its last task were compared with what they must be, after it. */
uint64_t producer_run(bench_producer *producer, producer_mode mode, size_t depth, size_t tasks);

#endif
