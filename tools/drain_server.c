/* SPDX-License-Identifier: MIT */
#include "drain_server.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <taskseal/redis.h>

#include "common/print.h"
#include "common/progress.h"
#include "common/report.h"
#include "common/uri.h"

/* Elements a reply, and bytes a value: they bound the memory that this takes. */
#define PIECE "16"
enum { STRING_MAX = 16 << 20, CURSOR_MAX = 64 };

typedef struct scan {
    drain *to;
    redisContext *redis;
    const drain_server *server;
    progress shown;
    uint64_t commands;
    uint64_t keys;
    int status;
} scan;

/* ---- Commands ---- */

static void tell_progress(scan *self)
{
    char envelopes[COUNT_TEXT_MAX];
    char keys[COUNT_TEXT_MAX];

    if (!progress_is_due(&self->shown))
        return;
    format_count(self->to->envelopes, envelopes);
    format_count(self->keys, keys);
    report_over("%s keys, %s envelopes, %.0f commands/s", keys, envelopes,
                (double)self->commands / progress_seconds(&self->shown));
}

/* The connection is of no more use. */
static redisReply *lost(scan *self)
{
    const taskseal_err err = taskseal_redis_error(self->redis);

    self->status = report_error(err, self->redis->errstr);
    return NULL;
}

/* Sends a command; NULL if the scan can't go on, which was reported. */
static redisReply *ask(scan *self, int argc, const char **argv, const size_t *lens)
{
    progress_keep_rate(&self->shown, self->commands, self->server->rate);
    self->commands++;
    redisReply *reply = redisCommandArgv(self->redis, argc, argv, lens);
    tell_progress(self);
    return reply != NULL ? reply : lost(self);
}

/* What this reply was to tell can't be had. The first error is kept: all mostly have the same cause. */
static void skip_refused(scan *self, const redisReply *reply)
{
    drain *to = self->to;

    if (reply->type == REDIS_REPLY_ERROR && to->refusal[0] == '\0')
        snprintf(to->refusal, sizeof to->refusal, "%s", reply->str);
    drain_skip_one(to, DRAIN_REFUSED);
}

/* ---- Values ---- */

static void take(scan *self, const redisReply *value)
{
    if (value->type == REDIS_REPLY_STRING || value->type == REDIS_REPLY_STATUS)
        drain_take(self->to, value->str, value->len);
    else if (value->type != REDIS_REPLY_NIL) /* it has gone */
        skip_refused(self, value);
}

static bool is_array(const redisReply *reply, size_t least)
{
    return (reply->type == REDIS_REPLY_ARRAY || reply->type == REDIS_REPLY_MAP) && reply->elements >= least;
}

static void take_string(scan *self, const redisReply *key)
{
    const char *argv[] = {"STRLEN", key->str};
    const size_t lens[] = {6, key->len};

    redisReply *length = ask(self, 2, argv, lens);
    if (length == NULL)
        return;
    const bool fits = length->type == REDIS_REPLY_INTEGER && length->integer <= STRING_MAX;
    if (length->type != REDIS_REPLY_INTEGER)
        skip_refused(self, length);
    else if (!fits)
        drain_skip_one(self->to, DRAIN_TOO_LARGE);
    freeReplyObject(length);
    if (!fits)
        return;
    argv[0] = "GET";
    redisReply *value = ask(self, 2, argv, (const size_t[]){3, key->len});
    if (value != NULL)
        take(self, value);
    freeReplyObject(value);
}

/* The elements of a hash, set or sorted set, by HSCAN, SSCAN or ZSCAN: `step` apart from `first` on are values. */
static void take_scanned(scan *self, const redisReply *key, const char *command, size_t first, size_t step)
{
    char cursor[CURSOR_MAX] = "0";

    do {
        const char *argv[] = {command, key->str, cursor, "COUNT", PIECE};
        const size_t lens[] = {5, key->len, strlen(cursor), 5, strlen(PIECE)};
        redisReply *reply = ask(self, 5, argv, lens);
        if (reply == NULL)
            return;
        if (!is_array(reply, 2) || reply->element[0]->type != REDIS_REPLY_STRING ||
            !is_array(reply->element[1], 0)) {
            skip_refused(self, reply);
            freeReplyObject(reply);
            return;
        }
        for (size_t i = first; i < reply->element[1]->elements; i += step)
            take(self, reply->element[1]->element[i]);
        snprintf(cursor, sizeof cursor, "%s", reply->element[0]->str);
        freeReplyObject(reply);
    } while (strcmp(cursor, "0") != 0);
}

/* From its head, where LPUSH puts new elements: these shift the others away from us, so that they are seen twice and
 * not missed. */
static void take_list(scan *self, const redisReply *key)
{
    for (long long at = 0; self->status == STATUS_OK; at += atoll(PIECE)) {
        char begin[32];
        char end[32];
        snprintf(begin, sizeof begin, "%lld", at);
        snprintf(end, sizeof end, "%lld", at + atoll(PIECE) - 1);
        const char *argv[] = {"LRANGE", key->str, begin, end};
        const size_t lens[] = {6, key->len, strlen(begin), strlen(end)};
        redisReply *reply = ask(self, 4, argv, lens);
        if (reply == NULL)
            return;
        const bool done = !is_array(reply, 1);
        if (!is_array(reply, 0))
            skip_refused(self, reply);
        else
            for (size_t i = 0; i < reply->elements; i++)
                take(self, reply->element[i]);
        freeReplyObject(reply);
        if (done)
            return;
    }
}

/* The values of one entry, [id, [field, value, ...]]; false if it is none. */
static bool take_entry(scan *self, const redisReply *entry)
{
    if (!is_array(entry, 2) || entry->element[0]->type != REDIS_REPLY_STRING ||
        !is_array(entry->element[1], 0))
        return false;
    for (size_t i = 1; i < entry->element[1]->elements; i += 2)
        take(self, entry->element[1]->element[i]);
    return true;
}

static void take_stream(scan *self, const redisReply *key)
{
    char from[CURSOR_MAX] = "-";

    while (self->status == STATUS_OK) {
        const char *argv[] = {"XRANGE", key->str, from, "+", "COUNT", PIECE};
        const size_t lens[] = {6, key->len, strlen(from), 1, 5, strlen(PIECE)};
        redisReply *reply = ask(self, 6, argv, lens);
        if (reply == NULL)
            return;
        bool good = is_array(reply, 0);
        bool more = good && reply->elements > 0;
        for (size_t i = 0; good && i < reply->elements; i++) {
            good = take_entry(self, reply->element[i]);
            if (good) /* the next piece begins behind it */
                snprintf(from, sizeof from, "(%s", reply->element[i]->element[0]->str);
        }
        if (!good)
            skip_refused(self, reply);
        freeReplyObject(reply);
        if (!good || !more)
            return;
    }
}

/* ---- Keys ---- */

static void take_typed(scan *self, const redisReply *key, const char *type)
{
    if (strcmp(type, "string") == 0)
        take_string(self, key);
    else if (strcmp(type, "hash") == 0)
        take_scanned(self, key, "HSCAN", 1, 2);
    else if (strcmp(type, "set") == 0)
        take_scanned(self, key, "SSCAN", 0, 1);
    else if (strcmp(type, "zset") == 0)
        take_scanned(self, key, "ZSCAN", 0, 2);
    else if (strcmp(type, "list") == 0)
        take_list(self, key);
    else if (strcmp(type, "stream") == 0)
        take_stream(self, key);
    else if (strcmp(type, "none") != 0) /* it has gone */
        drain_skip_one(self->to, DRAIN_STRANGE);
}

static void take_key(scan *self, const redisReply *key)
{
    if (key->type != REDIS_REPLY_STRING) {
        skip_refused(self, key);
        return;
    }
    self->keys++;
    redisReply *type = ask(self, 2, (const char *[]){"TYPE", key->str}, (const size_t[]){4, key->len});
    if (type == NULL)
        return;
    if (type->type == REDIS_REPLY_STATUS)
        take_typed(self, key, type->str);
    else
        skip_refused(self, type);
    freeReplyObject(type);
}

/* One step of SCAN. False if it can't be had at all. */
static bool scan_step(scan *self, char cursor[CURSOR_MAX])
{
    const char *match = self->server->match;
    const char *argv[] = {"SCAN", cursor, "MATCH", match, "COUNT", "100"};
    const size_t lens[] = {4, strlen(cursor), 5, strlen(match), 5, 3};

    redisReply *reply = ask(self, 6, argv, lens);
    if (reply == NULL)
        return false;
    if (!is_array(reply, 2) || reply->element[0]->type != REDIS_REPLY_STRING ||
        !is_array(reply->element[1], 0)) {
        const taskseal_err err = taskseal_redis_reply_error(reply);
        self->status = report_error(err != TASKSEAL_OK ? err : TASKSEAL_ERR_SERVER_ERROR,
                                    reply->type == REDIS_REPLY_ERROR ? reply->str : NULL);
        freeReplyObject(reply);
        return false;
    }
    for (size_t i = 0; i < reply->element[1]->elements && self->status == STATUS_OK; i++)
        take_key(self, reply->element[1]->element[i]);
    snprintf(cursor, CURSOR_MAX, "%s", reply->element[0]->str);
    freeReplyObject(reply);
    return self->status == STATUS_OK;
}

/* How many keys there are, by which the report tells what the pattern left out; some users may not ask. */
static void ask_size(scan *self)
{
    redisReply *reply = ask(self, 1, (const char *[]){"DBSIZE"}, (const size_t[]){6});

    if (reply == NULL)
        return;
    self->to->has_database = reply->type == REDIS_REPLY_INTEGER && reply->integer >= 0;
    if (self->to->has_database)
        self->to->database = (uint64_t)reply->integer;
    freeReplyObject(reply);
}

static int scan_all(scan *self)
{
    char cursor[CURSOR_MAX] = "0";

    progress_begin(&self->shown, true);
    do {
        if (!scan_step(self, cursor))
            break;
    } while (strcmp(cursor, "0") != 0);
    if (self->status == STATUS_OK)
        ask_size(self);
    progress_end(&self->shown);
    self->to->matched = self->keys;
    return self->status;
}

static void tell_source(drain *self, const drain_server *server)
{
    char host[URI_PART_MAX];
    char database[URI_PART_MAX];

    uri_server(server->uri, host);
    uri_database(server->uri, database);
    snprintf(self->source, sizeof self->source, "%s, database %s", host, database);
    self->match = server->match;
}

int drain_take_server(drain *self, const drain_server *server)
{
    taskseal_redis_endpoint *endpoint = NULL;
    scan all = {.to = self, .server = server};
    taskseal_error error = {0};

    taskseal_err err = taskseal_redis_endpoint_new(&endpoint, server->uri, &error);
    if (err == TASKSEAL_OK)
        err = taskseal_redis_connect(endpoint, &all.redis, &error);
    int status = STATUS_OK;
    if (err == TASKSEAL_OK) {
        tell_source(self, server);
        status = scan_all(&all);
    } else {
        (void)report_error(err, error.message);
        /* The arguments are the URI's: even BAD_ARGUMENT is no misuse of the command line. */
        status = taskseal_err_permanent(err) ? STATUS_REFUSED : STATUS_RETRY;
    }
    if (all.redis != NULL)
        redisFree(all.redis);
    taskseal_redis_endpoint_free(endpoint);
    return status;
}
