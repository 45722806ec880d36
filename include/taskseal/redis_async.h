/* SPDX-License-Identifier: MIT
 *
 * taskseal: verified connections to Valkey and Redis, for programs with an event loop.
 *
 *     taskseal_redis_endpoint *endpoint;
 *     taskseal_error error;
 *     if (taskseal_redis_endpoint_new(&endpoint, getenv("TASKSEAL_URI"), &error) != TASKSEAL_OK ||
 *         taskseal_redis_connect_async(endpoint, attach, loop, verified, NULL, NULL, &error) != TASKSEAL_OK)
 *         die(error.message);
 *
 * with two functions of yours, for libuv say:
 *
 *         int attach(redisAsyncContext *redis, void *loop)
 *         {
 *             return redisLibuvAttach(redis, loop);
 *         }
 *
 *         void verified(redisAsyncContext *redis, const taskseal_error *error, void *data)
 *         {
 *             if (redis == NULL)
 *                 fprintf(stderr, "%s\n", error->message);
 *             else
 *                 redisAsyncCommand(redis, on_reply, data, "LLEN %s", "{mail}:pending");
 *         }
 *
 * What you get is an ordinary redisAsyncContext that is connected, verified and logged in already: hiredis's
 * asynchronous functions work on it, and redisAsyncDisconnect or redisAsyncFree ends it. What you can't get is one
 * that is not verified: no function gives you the context before. (hiredis's own connect callback says "connected"
 * before TLS has begun. It is never called here; `verified` takes its place.)
 *
 * The rules at the top of taskseal.h and redis.h hold here too. A context and its pending connect belong to the
 * thread that runs the loop. Neither may cross fork: in the child, commands fail with NOT_VERIFIED, and freeing or
 * cancelling leaves the parent's alone, once your loop's own function for that was called (uv_loop_fork,
 * event_reinit).
 */
#ifndef TASKSEAL_REDIS_ASYNC_H
#define TASKSEAL_REDIS_ASYNC_H

#include <hiredis/async.h>

#include <taskseal/redis.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Your two functions ----------------------------------------------------------------------- */

/* Attaches `redis` to your event loop and returns what hiredis's adapter returned: REDIS_OK, or else the connect
 * fails. It is called twice for each connect, on the loop's thread: within taskseal_redis_connect_async for a
 * stand-in, which only waits until the connect is done and is freed then, and before `verified` for the
 * connection. It may set `redis->data` and `redis->dataCleanup`, and nothing else but what the adapter sets. The
 * adapter must have timers (ev.scheduleTimer), as those of hiredis for libevent, libuv, libev, libhv, sd-event and
 * poll have. */
typedef int taskseal_redis_attach(redisAsyncContext *redis, void *loop);

/* Called exactly once for each connect that was begun and not cancelled; from the loop, never from within
 * taskseal_redis_connect_async. Either `redis` is yours, and `error` NULL: give it commands, set its disconnect
 * callback, free it even. Or `redis` is NULL, and `error`, which lives as long as this call, says why as
 * taskseal_redis_connect would; also
 *  NO_MEMORY     attach refused the connection, or memory ran out
 *  NOT_VERIFIED  this process is a child of the one that began to connect */
typedef void taskseal_redis_verified(redisAsyncContext *redis, const taskseal_error *error, void *data);

/* ---- Connecting ------------------------------------------------------------------------------- */

/* A connect that is under way. */
typedef struct taskseal_redis_pending taskseal_redis_pending;

/* Begins to connect, and returns at once. All that taskseal_redis_connect does is done by the same code in a thread
 * of its own, under the one deadline that the endpoint's timeout_ms sets, so neither a slow name server nor the
 * handshake's arithmetic stops your loop. The thread takes no signals, and ends by itself.
 * To be called on the loop's thread. The endpoint may be freed after. *out (`out` may be NULL) can be cancelled until
 * `verified` is called; it frees itself then.
 *  BAD_ARGUMENT  endpoint, attach or verified is NULL, or the adapter has no timers
 *  NO_MEMORY     also if no thread could be had, or attach failed
 *  IO            no descriptor could be had
 * `verified` is not called if an error comes back. */
TASKSEAL_MUST_USE taskseal_err taskseal_redis_connect_async(taskseal_redis_endpoint *endpoint,
                                                            taskseal_redis_attach *attach, void *loop,
                                                            taskseal_redis_verified *verified, void *data,
                                                            taskseal_redis_pending **out,
                                                            taskseal_error *error);

/* Gives up a connect: `verified` will not be called. On the loop's thread; NULL is fine. The thread goes on to its
 * deadline at most, and then closes what it has; the process may end meanwhile. A loop that ends must cancel its
 * pending connects first. */
void taskseal_redis_cancel(taskseal_redis_pending *pending);

/* ---- Once connected ---------------------------------------------------------------------------
 *
 * taskseal_redis_error(&redis->c), in your disconnect callback or in a reply callback whose reply is NULL, says why
 * the connection failed, as in redis.h, with SERVER_ERROR besides: a reply came that no command had asked for, or
 * a push of a subscription that there is not, or one that lacks elements.
 * taskseal_redis_peer_info(&redis->c, ...) says what was verified.
 *
 * A reply that is not complete within timeout_ms, counted from when its command was sent and the reply before it
 * was complete, ends the connection with TIMEOUT: by your loop's timer if the server is silent, and as it comes if
 * the server dribbles; after twice that time at the latest. Subscriptions are not timed. Before MONITOR, and before
 * a command that blocks for longer, call redisAsyncSetTimeout(redis, ...); {0, 0} is without end. A loop that is held
 * up for longer than the time, by a slow callback, and that handles timers before descriptors (libevent, libuv), says
 * TIMEOUT of replies that have come meanwhile: hiredis's timer ends the connection before anybody looks.
 *
 * To connect anew, call taskseal_redis_connect_async again: the old context is gone once it is disconnected.
 * taskseal_redis_reconnect refuses it with BAD_ARGUMENT, and hiredis's redisReconnect fails closed. */

#ifdef __cplusplus
}
#endif

#endif
