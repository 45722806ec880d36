/* SPDX-License-Identifier: MIT
 * One asynchronous connection on an event loop, and what became of it. */
#ifndef TASKSEAL_TESTS_REDIS_SESSION_H
#define TASKSEAL_TESTS_REDIS_SESSION_H

#include "lab.h"
#include "loop.h"

typedef struct session {
    const loop_kind *kind;
    void *loop;
    taskseal_redis_pending *pending; /* NULL once `verified` was called */
    redisAsyncContext *redis;        /* NULL before, and once it is gone */
    unsigned verified;               /* calls */
    taskseal_err err;                /* of the connect */
    taskseal_error error;            /* its message is the connection's errstr, once it is disconnected */
    unsigned disconnected;           /* calls */
    int status;                      /* of the disconnect */
    taskseal_err failure;            /* taskseal_redis_error then */
    unsigned replies;                /* callbacks with one; on_reply counts them */
    unsigned nulls;                  /* callbacks without */
    void (*then)(struct session *s); /* called in `verified`, after all else, if it is set */
} session;

/* On a loop of its own (session_end frees it), or on another session's. */
session session_new(void);
session session_beside(const session *other);

/* Begins to connect, and asserts that `verified` is not called yet. */
taskseal_err session_begin(session *s, const char *uri);
taskseal_err session_begin_at(session *s, taskseal_redis_endpoint *endpoint);

/* Turns the loop until `verified` was called, or *flag is not 0. */
void session_wait(session *s);
void session_until(session *s, const unsigned *flag, unsigned value);

/* session_begin and session_wait; asserts that it worked. */
void session_connect(session *s, const char *uri);

/* For commands: privdata is the session. */
void session_on_reply(redisAsyncContext *redis, void *reply, void *data);

/* Sends it, with session_on_reply. */
void session_ask(session *s, const char *command);

/* Turns the loop a few times. */
void session_turn(session *s);

/* Frees the connection, if there is one; then the loop. */
void session_end(session *s);

/* Waits, but not for ever, until this process has no more threads than at the first session_new: connects that were
 * given up have ended then. For leak checkers. */
void session_wait_for_threads(void);

/* A server of the tests' own, and a session for it. */
typedef struct stage {
    lab l;
    session s;
} stage;

void stage_begin(stage *st, const scenario *what);
void stage_connect(stage *st, const scenario *what);
server_seen stage_end(stage *st);

#endif
