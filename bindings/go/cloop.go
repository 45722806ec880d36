// SPDX-License-Identifier: MIT

//go:build taskseal_bench

package taskseal

/*
#include "glue.h"
#include <time.h>

static uint64_t thread_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec;
}

// The calls of C alone, options made once: what the Go functions are held against.
static int seal_loop(const taskseal_keyring *ring, const char *queue, size_t queue_len, const uint8_t *payload,
                     size_t payload_len, uint8_t *out, size_t out_cap, unsigned suite, size_t times)
{
    taskseal_seal_options o = {.keyring = ring, .context = {.queue = {queue, queue_len}}, .suite = (taskseal_suite)suite};
    size_t n;
    for (size_t i = 0; i < times; i++)
        if (taskseal_seal(&o, payload, payload_len, out, out_cap, &n) != TASKSEAL_OK)
            return 0;
    return 1;
}

static int open_loop(const taskseal_keyring *ring, const char *queue, size_t queue_len, const uint8_t *sealed,
                     size_t sealed_len, uint8_t *out, size_t out_cap, size_t times)
{
    taskseal_open_options o = {.keyring = ring, .context = {.queue = {queue, queue_len}}};
    taskseal_opened opened;
    size_t n;
    for (size_t i = 0; i < times; i++)
        if (taskseal_open(&o, sealed, sealed_len, out, out_cap, &n, &opened) != TASKSEAL_OK)
            return 0;
    return 1;
}
*/
import "C"

// Only bench sees these (tag taskseal_bench).

// ThreadNanoseconds is the CPU time of this thread.
func ThreadNanoseconds() uint64 { return uint64(C.thread_ns()) }

// SealLoop calls C's taskseal_seal that many times, bound to a queue.
func (k *Keyring) SealLoop(queue string, payload, out []byte, suite Suite, times int) bool {
	r, err := k.hold()
	if err != nil {
		return false
	}
	defer r.drop()
	return C.seal_loop(r.c, chars(queue), C.size_t(len(queue)), bytesOf(payload), C.size_t(len(payload)),
		bytesOf(out), C.size_t(len(out)), C.uint(suite), C.size_t(times)) == 1
}

// OpenLoop calls C's taskseal_open that many times.
func (k *Keyring) OpenLoop(queue string, sealed, out []byte, times int) bool {
	r, err := k.hold()
	if err != nil {
		return false
	}
	defer r.drop()
	return C.open_loop(r.c, chars(queue), C.size_t(len(queue)), bytesOf(sealed), C.size_t(len(sealed)),
		bytesOf(out), C.size_t(len(out)), C.size_t(times)) == 1
}
