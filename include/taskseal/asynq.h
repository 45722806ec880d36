/* SPDX-License-Identifier: MIT
 *
 * taskseal: tasks for Asynq, enqueued from C. Stock workers of Asynq (Go) process them; those with the middleware
 * of bindings/go/asynqseal open what is sealed.
 *
 *     taskseal_seal_options seal = {.keyring = keyring, .lifetime = 3600};
 *     taskseal_asynq_task task = {.queue = taskseal_str("mail"),
 *                                 .type = taskseal_str("password-reset"),
 *                                 .payload = taskseal_str("{\"to\":\"ann@example.com\"}"),
 *                                 .seal = &seal};
 *     taskseal_asynq_result result;
 *     taskseal_error error;
 *     if (taskseal_asynq_enqueue(redis, &task, &result, &error) != TASKSEAL_OK)
 *         die(error.message);
 *     printf("%s\n", result.outcome == TASKSEAL_ASYNQ_QUEUED ? result.id : "it is there already");
 *
 * What stands in the server afterwards is what asynq.Client of Asynq v0.25 and v0.26 writes for the same options,
 * written by one script: wholly, or not at all. All of its keys have the hash tag {queue}, so it runs on a cluster
 * too. Only the list of all queues, asynq:queues, is a key of its own: see TASKSEAL_ASYNQ_QUEUE_LISTED.
 *
 * Queue, type, id and group are readable in the server, and so are times and options. What can't be read is the
 * payload.
 *
 * The rules at the top of taskseal.h and redis.h hold here too.
 */
#ifndef TASKSEAL_ASYNQ_H
#define TASKSEAL_ASYNQ_H

#include <taskseal/taskseal.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Tasks ------------------------------------------------------------------------------------ */

#define TASKSEAL_ASYNQ_ID_SIZE     37U                    /* of an id that is made (a UUID), with its NUL */
#define TASKSEAL_ASYNQ_SECONDS_MAX UINT64_C(9223372036)   /* what a worker can count: 292 years */
#define TASKSEAL_ASYNQ_PAYLOAD_MAX UINT64_C(535822336)    /* a payload, sealed: 1 MiB less than servers take */

enum {
    TASKSEAL_ASYNQ_PLAIN = 1,       /* do not seal: the payload is no secret, or an envelope already */
    TASKSEAL_ASYNQ_QUEUE_LISTED = 2 /* asynq:queues holds the queue already: do not add it again. Give it on a cluster,
                                     * where that key may be on another node: examples/queue_node.h */
};

/* For `retries`: none at all. */
#define TASKSEAL_ASYNQ_NO_RETRIES (-1)

/* What is 0 or absent is as in Asynq without that option. Names are UTF-8, hold more than white space, and have at
 * most TASKSEAL_CONTEXT_MAX bytes (a group 12 less): a worker can't decode other ones, and a queue with one stands
 * still. */
typedef struct taskseal_asynq_task {
    taskseal_bytes queue;   /* without '}', which would end the hash tag; absent: "default" */
    taskseal_bytes type;
    taskseal_bytes id;      /* absent: one is made */
    taskseal_bytes payload; /* may be absent */

    /* How to seal. Its context must be absent, and its purpose TASKSEAL_PAYLOAD, which is 0: bound are queue, type
     * and id; or queue, type and group, for what is enqueued into a group now, because Asynq tells the aggregator no
     * id. Its `lifetime` counts from when the task is due. NULL with TASKSEAL_ASYNQ_PLAIN, and only then. */
    const taskseal_seal_options *seal;

    uint64_t process_at; /* a time. A past one, and 0: at once. Give at most one of these two */
    uint64_t process_in; /* seconds */
    taskseal_bytes group; /* to be aggregated. (Asynq does not aggregate what was scheduled for later, and nor is that
                             changed here.) */

    int retries;        /* 0: 25 */
    uint64_t timeout;   /* seconds that a worker may take. 0: 1800, or no limit if there is a deadline */
    uint64_t deadline;  /* a time by which it must be done */
    uint64_t retention; /* seconds for which it is kept once it is done */

    /* Seconds, from when the task is due, in which no equal one is enqueued while this one is not done. 0: it is
     * not unique. Equal is what has the same `unique_tag`, queue and type. */
    uint64_t unique_ttl;
    const uint8_t *unique_tag; /* TASKSEAL_DEDUPE_TAG_BYTES. NULL: the tag of payload, queue and type that
                                  taskseal_dedupe_tag makes with the dedupe key of seal->keyring */
    unsigned flags;            /* TASKSEAL_ASYNQ_... */
} taskseal_asynq_task;

typedef enum taskseal_asynq_outcome {
    TASKSEAL_ASYNQ_NOT_SENT = 0, /* nothing of it has left */
    TASKSEAL_ASYNQ_QUEUED,
    /* Of these three nothing was written, but that asynq:queues may hold the queue since. */
    TASKSEAL_ASYNQ_EXISTS,    /* there is a task of this id in the queue, in any state */
    TASKSEAL_ASYNQ_DUPLICATE, /* another task has its unique key */
    TASKSEAL_ASYNQ_REFUSED,   /* by the server or by this library; `err` says why */
    TASKSEAL_ASYNQ_IN_DOUBT   /* it was sent, now or at an earlier try, and the script's answer is not known */
} taskseal_asynq_outcome;

typedef struct taskseal_asynq_result {
    taskseal_asynq_outcome outcome;
    taskseal_err err;                /* OK for queued, exists and duplicate, and only for those */
    char id[TASKSEAL_ASYNQ_ID_SIZE]; /* the id, if it was made; else empty */
} taskseal_asynq_result;

/* ---- On a verified connection ----------------------------------------------------------------- */

/* These are there if the library was built with connections. The user needs +evalsha, +eval, +exists, +type, +hset
 * and +lpush, +zadd (for later, groups), +sadd (groups, and the list of queues), +set (unique ones), on the keys
 * asynq:{queue}:* and asynq:queues. The server is Valkey, or Redis 7.0 or later. (Redis 6 can't tell a script what its
 * user may do: there one of whom a right is missing may leave a task half-written.) */
struct redisContext;
struct redisAsyncContext;

/* Seals the task and enqueues it; TASKSEAL_OK if it is queued, exists or is a duplicate, which result->outcome
 * says. `redis` is of taskseal_redis_connect, and no replies are under way on it. First the queue is added to
 * asynq:queues, which costs a round trip: once that is done, TASKSEAL_ASYNQ_QUEUE_LISTED saves it. The errors,
 * with the outcome in brackets:
 *  BAD_ARGUMENT  [not sent] `redis` is not of this library, or belongs to an event loop, or commands wait on it, or
 *                `task` is NULL
 *  BAD_ARGUMENT  [refused] error->message says what of the task is out of range
 *  BAD_CLOCK, NO_RANDOM, those of taskseal_seal and of taskseal_dedupe_tag  [refused]
 *  NO_MEMORY     [refused, or not sent, or in doubt] not refused: the connection may be of no use any more, which
 *                taskseal_redis_error says
 *  those of taskseal_redis_error  [not sent if the connection failed before the task was sent, else in doubt]
 *  SERVER_BUSY   [refused] among others: its memory is full (OOM), it has become a replica (READONLY), the keys belong
 *                to another node of the cluster (MOVED, ASK); retryable, the latter ones on a connection to the other
 *  NO_PERMISSION [refused] the message names the command, if it is HSET, LPUSH, ZADD or SADD, or asynq:queues
 *  SERVER_ERROR  [refused] among others: a key holds another type than Asynq's (WRONGTYPE), and the message names
 *                it
 *  IO            [in doubt] also an answer that the script does not give; [refused] one that SADD does not give
 * `result` and `error` may be NULL. */
TASKSEAL_MUST_USE taskseal_err taskseal_asynq_enqueue(struct redisContext *redis,
                                                      const taskseal_asynq_task *task,
                                                      taskseal_asynq_result *result, taskseal_error *error);

/* Enqueues `count` tasks in their order (but while the server learns the script), up to 128 in each round trip.
 * results[i] says what became of tasks[i]. A task that is refused does not keep the others from being sent. A
 * connection that fails does: what it leaves unanswered is in doubt, and what comes after is not sent. TASKSEAL_OK if
 * all are queued, exist or are duplicates; else the first error, and error->message names its task, from 0. Needs
 * memory for a part of the batch at a time: 256 KiB, or as much as the largest task takes; and hiredis twice that.
 * Errors as taskseal_asynq_enqueue; BAD_ARGUMENT if `tasks` or `results` is NULL. */
TASKSEAL_MUST_USE taskseal_err taskseal_asynq_enqueue_batch(struct redisContext *redis,
                                                            const taskseal_asynq_task *tasks, size_t count,
                                                            taskseal_asynq_result *results,
                                                            taskseal_error *error);

/* Goes on with a batch, or with one task, after taskseal_redis_reconnect say: `results` are those of the call
 * before. Tries again what was not sent, what is in doubt, and what was refused with an error that is retryable,
 * with the ids that were made then. So nothing is enqueued twice: what had been queued, and is not done meanwhile,
 * EXISTS. (What is done still exists if its `retention` is longer than you try.) What is in doubt stays so, whatever
 * the error, until the script answers. The error is the first one's: look at each result for what another try may
 * change. */
TASKSEAL_MUST_USE taskseal_err taskseal_asynq_resume(struct redisContext *redis,
                                                     const taskseal_asynq_task *tasks, size_t count,
                                                     taskseal_asynq_result *results, taskseal_error *error);

/* What became of a task: `result` and `error` live as long as the call. error->code is OK, or as result->err. */
typedef void taskseal_asynq_done(const taskseal_asynq_result *result, const taskseal_error *error, void *data);

/* As taskseal_asynq_enqueue, on an event loop: `redis` is of taskseal_redis_connect_async. Seals and returns at
 * once. `done` is called exactly once if TASKSEAL_OK comes back: with the answer, or when the connection ends or
 * is freed. Else it is not called. It may enqueue, and end the connection. Many may be under way at once.
 * redisAsyncDisconnect lets answers come and takes nothing more, so what waits for its queue to be listed is not sent:
 * call it after the last `done`. `task` is not needed any more when this returns. `error` may be NULL. What is in
 * doubt is tried again on a new connection with the same id, result->id if it was made.
 *  BAD_ARGUMENT  `redis` is not of this library, or `done` is NULL
 *  those of taskseal_redis_error, NO_MEMORY, and those with [refused] that are not the server's */
TASKSEAL_MUST_USE taskseal_err taskseal_asynq_enqueue_async(struct redisAsyncContext *redis,
                                                            const taskseal_asynq_task *task,
                                                            taskseal_asynq_done *done, void *data,
                                                            taskseal_error *error);

/* ---- For a client of your own ----------------------------------------------------------------- */

#define TASKSEAL_ASYNQ_ARGUMENTS_MAX 13U

/* A command for the server, as redisCommandArgv and others take it. The arguments hold any bytes. argv[3] is the
 * first of its keys, which all belong to one slot of a cluster. */
typedef struct taskseal_asynq_command {
    size_t argc;
    const char *argv[TASKSEAL_ASYNQ_ARGUMENTS_MAX];
    size_t argv_len[TASKSEAL_ASYNQ_ARGUMENTS_MAX];
} taskseal_asynq_command;

/* A capacity that suffices for taskseal_asynq_prepare of this task, also if its time comes in between. Errors: those of
 * it, but for BUFFER_TOO_SMALL. */
TASKSEAL_MUST_USE taskseal_err taskseal_asynq_size(const taskseal_asynq_task *task, size_t *size,
                                                   taskseal_error *error);

/* Seals the task into `buffer` and makes the command that enqueues it: EVALSHA. Its arguments point into `buffer`
 * and to text of the library, not to `task`. Allocates nothing. If the answer is an error that begins with
 * "NOSCRIPT", taskseal_asynq_with_script, and send it again. If it is a number, taskseal_asynq_answer. Any other
 * error: nothing was written. Before the first task of a queue send `SADD asynq:queues QUEUE`: for Asynq's tools,
 * which list the queues so.
 *  BAD_ARGUMENT, NO_RANDOM, BAD_CLOCK, BUFFER_TOO_SMALL, those of taskseal_seal, and of taskseal_dedupe_tag */
TASKSEAL_MUST_USE taskseal_err taskseal_asynq_prepare(const taskseal_asynq_task *task, void *buffer,
                                                      size_t buffer_cap, taskseal_asynq_command *command,
                                                      taskseal_error *error);

/* Makes it the same command with the script itself in it: EVAL. */
void taskseal_asynq_with_script(taskseal_asynq_command *command);

/* The id of the command's task, which is no C string: given or made. */
taskseal_bytes taskseal_asynq_command_id(const taskseal_asynq_command *command);

/* What the number that the server answered means; IN_DOUBT for one that the script does not give. */
taskseal_asynq_outcome taskseal_asynq_answer(long long answer);

/* ---- Re-keying what waits --------------------------------------------------------------------- */

/* Where the payload stands in a task's message, which is the field `msg` of its hash: *payload points into it; absent
 * if there is none. The message may be of any version of Asynq.
 *  MALFORMED  it is no message of Asynq's, or has two payloads
 *  BAD_ARGUMENT */
TASKSEAL_MUST_USE taskseal_err taskseal_asynq_payload(const void *message, size_t message_len,
                                                      taskseal_bytes *payload);

/* Called for an envelope of a message, as it stands there: in binary form, or (the text of an error) in text
 * form. */
typedef void taskseal_asynq_envelope(taskseal_bytes sealed, taskseal_err err, void *data);

/* Calls `found` for each envelope in a task's message, in their order, with OK: the payload, or what
 * asynqseal keeps there of the members of a group (a bundle), and the text of the last error if asynqseal has
 * sealed it. What only begins as an envelope does is one too, so that nothing that could be one is
 * overlooked. A bundle that can't be read comes whole, with MALFORMED.
 *  MALFORMED  as for taskseal_asynq_payload; nothing was found
 *  BAD_ARGUMENT */
TASKSEAL_MUST_USE taskseal_err taskseal_asynq_envelopes(const void *message, size_t message_len,
                                                        taskseal_asynq_envelope *found, void *data);

/* The capacity that taskseal_asynq_rewrap needs for this message. */
size_t taskseal_asynq_rewrap_size(const void *message, size_t message_len);

/* taskseal_rewrap for each envelope in a task's message that names options->from_key_id; where that is NULL,
 * that does not name options->to_key_id; where both are, each. All other bytes stay, also of fields that are
 * not known here. Each envelope is moved, or stays byte for byte, for itself: `done` is called for each that
 * was moved, as it was before, with OK, and for each that can't be moved with the error of taskseal_rewrap or
 * taskseal_text_decode. So a payload is moved beside an error's text that has expired. If none was moved
 * `out` is a copy. Leave tasks in the state `active` to their worker, who writes back what he has read. How a
 * server exchanges messages that nobody has changed meanwhile: examples/rekey.h.
 *  MALFORMED         as for taskseal_asynq_payload
 *  NOT_SEALED        there is no envelope in it
 *  BUFFER_TOO_SMALL  out_cap < taskseal_asynq_rewrap_size(message, message_len); `done` was not called
 *  BAD_ARGUMENT */
TASKSEAL_MUST_USE taskseal_err taskseal_asynq_rewrap(const taskseal_rewrap_options *options,
                                                     const void *message, size_t message_len, void *out,
                                                     size_t out_cap, size_t *out_len,
                                                     taskseal_asynq_envelope *done, void *data);

#ifdef __cplusplus
}
#endif

#endif
