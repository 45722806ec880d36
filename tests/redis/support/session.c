/* SPDX-License-Identifier: MIT */
#include "session.h"

#include <dirent.h>
#include <stdio.h>
#include <time.h>

enum { SESSIONS_MAX = 64 };

/* By their contexts, because hiredis's disconnect callback brings nothing else. */
static session *sessions[SESSIONS_MAX];

static void remember(session *s)
{
    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        if (sessions[i] == NULL) {
            sessions[i] = s;
            return;
        }
    }
    ck_abort_msg("too many sessions");
}

static void on_disconnect(const redisAsyncContext *redis, int status)
{
    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        if (sessions[i] != NULL && sessions[i]->redis == redis) {
            sessions[i]->disconnected++;
            sessions[i]->status = status;
            sessions[i]->failure = taskseal_redis_error(&redis->c);
            (void)snprintf(sessions[i]->error.message, sizeof sessions[i]->error.message, "%s",
                           redis->c.errstr);
            sessions[i]->redis = NULL;
            sessions[i] = NULL;
            return;
        }
    }
    ck_abort_msg("an unknown context was disconnected");
}

static void on_verified(redisAsyncContext *redis, const taskseal_error *error, void *data)
{
    session *s = data;
    ck_assert_int_ne(redis != NULL, error != NULL);
    s->verified++;
    s->pending = NULL;
    s->redis = redis;
    if (error != NULL) {
        s->err = error->code;
        s->error = *error;
    } else {
        ck_assert_int_eq(redisAsyncSetDisconnectCallback(redis, on_disconnect), REDIS_OK);
        remember(s);
    }
    if (s->then != NULL)
        s->then(s);
}

static unsigned threads(void)
{
    unsigned count = 0;
    DIR *tasks = opendir("/proc/self/task");
    for (const struct dirent *entry = tasks != NULL ? readdir(tasks) : NULL; entry != NULL;
         entry = readdir(tasks))
        count += entry->d_name[0] != '.';
    if (tasks != NULL)
        (void)closedir(tasks);
    return count;
}

static unsigned at_first; /* threads, of sanitizers too */

session session_new(void)
{
    if (at_first == 0)
        at_first = threads();
    session s = {.kind = loop_asked_for()};
    s.loop = s.kind->make();
    ck_assert_ptr_nonnull(s.loop);
    return s;
}

session session_beside(const session *other)
{
    return (session){.kind = other->kind, .loop = other->loop};
}

taskseal_err session_begin_at(session *s, taskseal_redis_endpoint *endpoint)
{
    s->verified = 0;
    s->err = taskseal_redis_connect_async(endpoint, s->kind->attach, s->loop, on_verified, s, &s->pending, &s->error);
    ck_assert_uint_eq(s->verified, 0);
    ck_assert_int_eq(s->pending != NULL, s->err == TASKSEAL_OK);
    return s->err;
}

taskseal_err session_begin(session *s, const char *uri)
{
    taskseal_redis_endpoint *endpoint = NULL;
    s->err = taskseal_redis_endpoint_new(&endpoint, uri, &s->error);
    if (s->err == TASKSEAL_OK)
        s->err = session_begin_at(s, endpoint);
    taskseal_redis_endpoint_free(endpoint);
    return s->err;
}

void session_until(session *s, const unsigned *flag, unsigned value)
{
    while (*flag < value)
        s->kind->turn(s->loop);
}

void session_wait(session *s)
{
    session_until(s, &s->verified, 1);
}

void session_connect(session *s, const char *uri)
{
    assert_ok(session_begin(s, uri));
    session_wait(s);
    ck_assert_msg(s->err == TASKSEAL_OK, "%s", s->error.message);
}

void session_on_reply(redisAsyncContext *redis, void *reply, void *data)
{
    session *s = data;
    (void)redis;
    if (reply != NULL)
        s->replies++;
    else
        s->nulls++;
}

void session_ask(session *s, const char *command)
{
    ck_assert_int_eq(redisAsyncCommand(s->redis, session_on_reply, s, command), REDIS_OK);
}

void session_turn(session *s)
{
    for (int i = 0; i < 20; i++)
        s->kind->turn(s->loop);
}

void session_end(session *s)
{
    taskseal_redis_cancel(s->pending);
    redisAsyncFree(s->redis);
    s->pending = NULL;
    s->kind->end(s->loop);
}

void session_wait_for_threads(void)
{
    static const struct timespec pause = {.tv_nsec = 1000000};
    for (int i = 0; i < 300 && threads() > at_first; i++)
        (void)nanosleep(&pause, NULL);
}

/* ---- With a server ------------------------------------------------------------------------------------------ */

void stage_begin(stage *st, const scenario *what)
{
    st->s = session_new();
    st->l = lab_start(what, 0);
    assert_ok(session_begin(&st->s, st->l.uri));
}

void stage_connect(stage *st, const scenario *what)
{
    st->s = session_new();
    st->l = lab_start(what, 0);
    session_connect(&st->s, st->l.uri);
}

server_seen stage_end(stage *st)
{
    session_end(&st->s);
    server_seen seen = server_stop(st->l.server);
    session_wait_for_threads();
    return seen;
}
