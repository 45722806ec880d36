/* SPDX-License-Identifier: MIT
 *
 * Goes through a database with SCAN, whose order is that of a hash: the first of it are as good a sample as any. One
 * value is held at a time, of at most PAYLOAD_MAX bytes; of a collection with a pattern of the caller's, the first
 * elements, whose size can't be asked for first: an answer of more than ANSWER_BYTES_MAX is given up while it comes.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/print.h"
#include "../common/progress.h"
#include "payloads.h"

#define STEP  "500"
#define PIECE "16"
enum { CURSOR_MAX = 64, PATTERN_MAX = 512, PIECE_COUNT = 16, ANSWER_BYTES_MAX = 24 << 20 };

typedef struct walk {
    doctor *about;
    payloads *to;
    progress shown;
    uint64_t commands;
    uint64_t database; /* keys that it has; 0: unknown */
} walk;

static void tell_progress(walk *self)
{
    char keys[COUNT_TEXT_MAX];
    char all[COUNT_TEXT_MAX];

    if (!progress_is_due(&self->shown))
        return;
    format_count(self->to->scanned, keys);
    format_count(self->database, all);
    report_over("%s keys of %s, %" PRIu64 " payloads, %.0f commands/s", keys, self->database > 0 ? all : "?",
                self->to->seen, (double)self->commands / progress_seconds(&self->shown));
}

/* As redisGetReply, of at most ANSWER_BYTES_MAX: NULL, and redis->err is not set, if there is more. */
static redisReply *get_reply(redisContext *redis)
{
    void *reply = NULL;
    size_t received = 0;
    int sent = 0;

    while (sent == 0) {
        if (redisBufferWrite(redis, &sent) != REDIS_OK)
            return NULL;
    }
    while (redisGetReplyFromReader(redis, &reply) == REDIS_OK && reply == NULL &&
           received <= ANSWER_BYTES_MAX) {
        const size_t before = redis->reader->len;
        if (redisBufferRead(redis) != REDIS_OK)
            return NULL;
        received += redis->reader->len - before;
    }
    return reply;
}

/* Gives up an answer that is too long, and the connection with it, for a new one. */
static void give_up(walk *self)
{
    taskseal_error error;

    self->to->seen++;
    self->to->large++;
    self->to->lost = taskseal_redis_reconnect(self->about->redis, &error) != TASKSEAL_OK;
}

/* NULL: the connection is lost, or the answer was too long. */
static redisReply *ask_for(walk *self, int argc, const char **argv, const size_t *lens)
{
    redisContext *redis = self->about->redis;

    progress_keep_rate(&self->shown, self->commands, self->to->rate);
    self->commands++;
    redisReply *reply = NULL;
    if (redis->err == 0 && redisAppendCommandArgv(redis, argc, argv, lens) == REDIS_OK)
        reply = get_reply(redis);
    if (reply == NULL && redis->err == 0)
        give_up(self);
    else
        self->to->lost = self->to->lost || reply == NULL;
    tell_progress(self);
    return reply;
}

static bool is_array(const redisReply *reply, size_t least)
{
    return reply != NULL && (reply->type == REDIS_REPLY_ARRAY || reply->type == REDIS_REPLY_MAP) &&
           reply->elements >= least;
}

static bool is_string(const redisReply *reply)
{
    return reply != NULL && reply->type == REDIS_REPLY_STRING;
}

static bool is_wrong_type(const redisReply *reply)
{
    return reply != NULL && reply->type == REDIS_REPLY_ERROR && strncmp(reply->str, "WRONGTYPE", 9) == 0;
}

static void take(walk *self, const redisReply *value)
{
    if (is_string(value) && value->len > PAYLOAD_MAX) {
        self->to->seen++;
        self->to->large++;
    } else if (is_string(value)) {
        payload_take(self->to, value->str, value->len);
    }
}

/* ---- The layouts ---- */

/* A field of a hash, asked for its length first. */
static void take_field(walk *self, const redisReply *key, const char *field, bool is_message, bool needed)
{
    const char *argv[] = {"HSTRLEN", key->str, field};
    const size_t lens[] = {7, key->len, strlen(field)};
    redisReply *length = ask_for(self, 3, argv, lens);
    const bool known = length != NULL && length->type == REDIS_REPLY_INTEGER;

    if (!known && length != NULL && !is_wrong_type(length))
        self->to->refused++;
    if (known && length->integer > PAYLOAD_MAX) {
        self->to->seen++;
        self->to->large++;
    }
    if (needed && ((known && length->integer == 0) || is_wrong_type(length)))
        self->to->empty++;
    if (known && length->integer > 0 && length->integer <= PAYLOAD_MAX) {
        argv[0] = "HGET";
        redisReply *value = ask_for(self, 3, argv, (const size_t[]){4, key->len, strlen(field)});
        if (is_string(value) && is_message)
            payload_take_asynq(self->to, value->str, value->len);
        else if (is_string(value))
            payload_take(self->to, value->str, value->len);
        else if (value != NULL && value->type == REDIS_REPLY_ERROR)
            self->to->refused++;
        freeReplyObject(value);
    }
    freeReplyObject(length);
}

/* ---- Any keys ---- */

static void take_string(walk *self, const redisReply *key)
{
    redisReply *length =
        ask_for(self, 2, (const char *[]){"STRLEN", key->str}, (const size_t[]){6, key->len});
    const bool known = length != NULL && length->type == REDIS_REPLY_INTEGER;
    const bool fits = known && length->integer <= PAYLOAD_MAX;

    if (known && !fits) {
        self->to->seen++;
        self->to->large++;
    }
    self->to->refused += length != NULL && !known;
    freeReplyObject(length);
    if (!fits)
        return;
    redisReply *value = ask_for(self, 2, (const char *[]){"GET", key->str}, (const size_t[]){3, key->len});
    self->to->refused += value != NULL && value->type == REDIS_REPLY_ERROR;
    take(self, value);
    freeReplyObject(value);
}

/* Whether there may be more elements than were asked for. */
static bool is_cut(const redisReply *reply, bool behind_cursor)
{
    if (!behind_cursor)
        return reply->elements >= PIECE_COUNT;
    return !is_array(reply, 2) || !is_string(reply->element[0]) || strcmp(reply->element[0]->str, "0") != 0;
}

/* The first elements of a collection: `step` apart from `first` on are values. */
static void take_elements(walk *self, redisReply *reply, bool behind_cursor, size_t first, size_t step)
{
    const redisReply *list = behind_cursor && is_array(reply, 2) ? reply->element[1] : reply;

    if (reply != NULL && !is_array(reply, 0))
        self->to->refused++;
    else if (reply != NULL && is_cut(reply, behind_cursor))
        self->to->cut++;
    for (size_t i = first; is_array(list, 0) && i < list->elements; i += step) {
        const redisReply *value = list->element[i];
        /* An entry of a stream is [id, [field, value, ...]]. */
        if (is_array(value, 2) && is_array(value->element[1], 0)) {
            for (size_t k = 1; k < value->element[1]->elements; k += 2)
                take(self, value->element[1]->element[k]);
        } else {
            take(self, value);
        }
    }
    freeReplyObject(reply);
}

static void take_collection(walk *self, const redisReply *key, const char *type)
{
    static const struct {
        const char *type;
        const char *words[5];
        int argc;
        bool behind_cursor;
        size_t first;
        size_t step;
    } kinds[] = {
        {"hash", {"HSCAN", NULL, "0", "COUNT", PIECE}, 5, true, 1, 2},
        {"set", {"SSCAN", NULL, "0", "COUNT", PIECE}, 5, true, 0, 1},
        {"zset", {"ZSCAN", NULL, "0", "COUNT", PIECE}, 5, true, 0, 2},
        {"list", {"LRANGE", NULL, "0", "15"}, 4, false, 0, 1},
        {"stream", {"XREVRANGE", NULL, "+", "-", "COUNT"}, 6, false, 0, 1},
    };

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        const char *argv[6] = {0};
        size_t lens[6] = {0};
        if (strcmp(type, kinds[i].type) != 0)
            continue;
        for (int word = 0; word < kinds[i].argc; word++) {
            argv[word] = word == 1 ? key->str : word == 5 ? PIECE : kinds[i].words[word];
            lens[word] = word == 1 ? key->len : strlen(argv[word]);
        }
        take_elements(self, ask_for(self, kinds[i].argc, argv, lens), kinds[i].behind_cursor, kinds[i].first,
                      kinds[i].step);
        return;
    }
    self->to->refused += strcmp(type, "none") != 0; /* it was there a moment ago; else of a module */
}

static void take_any(walk *self, const redisReply *key)
{
    redisReply *type = ask_for(self, 2, (const char *[]){"TYPE", key->str}, (const size_t[]){4, key->len});

    if (type != NULL && type->type != REDIS_REPLY_STATUS)
        self->to->refused++;
    else if (type != NULL && strcmp(type->str, "string") == 0)
        take_string(self, key);
    else if (type != NULL)
        take_collection(self, key, type->str);
    freeReplyObject(type);
}

/* ---- All ---- */

static void take_key(walk *self, const redisReply *key)
{
    self->to->scanned++;
    if (self->to->match != NULL) {
        take_any(self, key);
    } else if (self->about->layout == LAYOUT_ASYNQ) {
        take_field(self, key, "msg", true, true);
        take_field(self, key, "result", false, false);
    } else {
        take_field(self, key, "sealed", false, true);
    }
}

/* The caller's, or that of the layout, for which there is `room`. */
static const char *choose_pattern(const doctor *about, const payloads *to, char room[PATTERN_MAX])
{
    const char *before = about->layout == LAYOUT_ASYNQ ? "asynq:" : "";

    if (to->match != NULL)
        return to->match;
    snprintf(room, PATTERN_MAX, "%s{%s}:t:*", before, about->queue != NULL ? about->queue : "*");
    return room;
}

static bool is_over(const walk *self)
{
    return self->to->lost || (self->to->limit > 0 && self->to->seen >= self->to->limit);
}

static bool scan_step(walk *self, const char *pattern, char cursor[CURSOR_MAX])
{
    const char *argv[] = {"SCAN", cursor, "MATCH", pattern, "COUNT", STEP};
    const size_t lens[] = {4, strlen(cursor), 5, strlen(pattern), 5, strlen(STEP)};
    redisReply *reply = ask_for(self, 6, argv, lens);
    const bool good = is_array(reply, 2) && is_string(reply->element[0]) && is_array(reply->element[1], 0);

    self->to->denied = self->to->denied || (reply != NULL && !good);
    if (good) {
        for (size_t i = 0; i < reply->element[1]->elements && !is_over(self); i++) {
            if (is_string(reply->element[1]->element[i]))
                take_key(self, reply->element[1]->element[i]);
        }
        snprintf(cursor, CURSOR_MAX, "%s", reply->element[0]->str);
    }
    freeReplyObject(reply);
    return good;
}

void payload_scan(doctor *about, payloads *to)
{
    walk self = {.about = about, .to = to};
    char room[PATTERN_MAX];
    char cursor[CURSOR_MAX] = "0";
    const char *pattern = choose_pattern(about, to, room);

    progress_begin(&self.shown, true);
    redisReply *size = ask_for(&self, 1, (const char *[]){"DBSIZE"}, (const size_t[]){6});
    if (size != NULL && size->type == REDIS_REPLY_INTEGER && size->integer > 0)
        self.database = (uint64_t)size->integer;
    freeReplyObject(size);
    /* A table can have many more places than keys, but a server or proxy whose SCAN has no end must not hold us. */
    for (uint64_t left = 65536 + self.database / 4;
         left > 0 && !is_over(&self) && scan_step(&self, pattern, cursor); left--) {
        to->complete = strcmp(cursor, "0") == 0 && !is_over(&self) && to->cut == 0;
        if (strcmp(cursor, "0") == 0)
            break;
    }
    progress_end(&self.shown);
}
