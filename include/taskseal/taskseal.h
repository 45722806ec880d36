/* SPDX-License-Identifier: MIT
 *
 * taskseal: sealed envelopes for the payloads of background jobs.
 *
 * Seal in the producer, open in the worker:
 *
 *     taskseal_keyring *ring;
 *     taskseal_error error;
 *     if (taskseal_keyring_load(&ring, "/etc/app/keyring", &error) != TASKSEAL_OK)
 *         die(error.message);
 *
 *     taskseal_seal_options seal = {.keyring = ring,
 *                                   .context = {.queue = taskseal_str("mail"),
 *                                               .type = taskseal_str("password-reset"),
 *                                               .id = taskseal_str(task_id)},
 *                                   .lifetime = 3600};
 *     err = taskseal_seal(&seal, payload, payload_len, sealed, sizeof sealed, &sealed_len);
 *
 *     taskseal_open_options open = {.keyring = ring, .context = seal.context};
 *     err = taskseal_open(&open, sealed, sealed_len, payload, sizeof payload, &payload_len, NULL);
 *
 * Rules that hold for every function, so that each need not repeat them:
 *
 *  - A function that can fail returns taskseal_err: TASKSEAL_OK is 0, and the compiler warns when the
 *    result is ignored. On failure every output length is 0, every output pointer is NULL, and plaintext
 *    that was written on the way is wiped. An output that a function does not reach is not touched.
 *  - Sizes are in bytes. Times are seconds since 1970-01-01 UTC, 1 .. TASKSEAL_TIME_MAX; 0 means "not
 *    given": the system clock for `now`, never for an expiry, no limit for a maximum age.
 *  - Option structs are meant to be made with an initializer, so that fields you do not name are 0, and 0
 *    is always the safe default. They are read during the call only, nothing in them is kept.
 *  - Buffers belong to the caller. Sealing, opening, rewrapping and inspecting allocate nothing.
 *    Input and output must not overlap (TASKSEAL_ERR_BAD_ARGUMENT), except in the `_in_place` functions.
 *  - Keys are bytes in this process. A callback for keys that live elsewhere (a KMS) will come as one more
 *    field of taskseal_key and a key type of its own; TASKSEAL_ERR_KEY_UNAVAILABLE is kept for it.
 *  - Everything is safe to call from several threads at once, but a taskseal_stream belongs to one thread at a
 *    time. A keyring is immutable and may be shared.
 *  - No message, name or text ever holds payload, key or password bytes.
 *  - Errors are listed without their prefix: EXPIRED is TASKSEAL_ERR_EXPIRED.
 *
 * The bytes of an envelope are specified in doc/format.md; section numbers below (F 4.2) refer to it.
 */
#ifndef TASKSEAL_TASKSEAL_H
#define TASKSEAL_TASKSEAL_H

#include <taskseal/envelope.h>
#include <taskseal/error.h>
#include <taskseal/keys.h>
#include <taskseal/stream.h>
#include <taskseal/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Version ---------------------------------------------------------------------------------- */

#define TASKSEAL_VERSION_MAJOR 0
#define TASKSEAL_VERSION_MINOR 1
#define TASKSEAL_VERSION_PATCH 0
#define TASKSEAL_VERSION "0.1.0"

/* The version of the library that was linked, as TASKSEAL_VERSION was when it was built. */
const char *taskseal_version(void);

#ifdef __cplusplus
}
#endif

#endif
