/* SPDX-License-Identifier: MIT
 *
 * What fragments of C in the documents may use without declaring it. test_snippets.py puts this file, and
 * then the fragment in a function, into one translation unit. It is only compiled, never linked or run.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <taskseal/taskseal.h>
#ifdef SNIPPETS_WITH_REDIS
#include <taskseal/asynq.h>
#include <taskseal/redis_async.h>
extern redisContext *redis;
extern void *loop; /* for asynchronous connections; redisLibuvAttach is that of hiredis/adapters/libuv.h */
int redisLibuvAttach(redisAsyncContext *context, void *uv_loop);
taskseal_redis_attach attach;
taskseal_redis_verified verified;
redisCallbackFn on_reply;
#endif

extern taskseal_keyring *keyring;
extern taskseal_err err;
extern uint8_t payload[4096], sealed[8192];
extern size_t payload_len, sealed_len;
extern const char *id, *type, *task_id;
extern taskseal_context context;
extern taskseal_slot *slot;
extern FILE *from, *to;

_Noreturn void die(const char *message);
