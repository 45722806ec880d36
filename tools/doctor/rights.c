/* SPDX-License-Identifier: MIT */
#include "rights.h"

#include <string.h>

static int count_words(const char *const words[RIGHT_WORDS_MAX])
{
    int count = 0;

    while (count < RIGHT_WORDS_MAX && words[count] != NULL)
        count++;
    return count;
}

static bool is_error(const redisReply *reply, const char *begin)
{
    return reply != NULL && reply->type == REDIS_REPLY_ERROR &&
           strncmp(reply->str, begin, strlen(begin)) == 0;
}

static bool is_status(const redisReply *reply, const char *text)
{
    return reply != NULL && reply->type == REDIS_REPLY_STATUS && strcmp(reply->str, text) == 0;
}

/* "OK", or a text that says why not. Errors are: we may not ask, no such user, no such command, wrong arity. */
static right ask_dryrun(doctor *self, const char *user, const char *const words[RIGHT_WORDS_MAX])
{
    const char *argv[3 + RIGHT_WORDS_MAX] = {"ACL", "DRYRUN", user != NULL ? user : self->user};
    const int count = count_words(words);
    right found = RIGHT_UNKNOWN;

    if (self->dryrun == WAY_SHUT || (user == NULL && !self->user_known))
        return RIGHT_UNKNOWN;
    memcpy(argv + 3, words, (size_t)count * sizeof words[0]);
    redisReply *reply = ask(self, 3 + count, argv);
    if (is_status(reply, "OK"))
        found = RIGHT_YES;
    else if (reply != NULL && (reply->type == REDIS_REPLY_STRING || reply->type == REDIS_REPLY_STATUS))
        found = RIGHT_NO;
    else if (is_error(reply, "ERR Command"))
        found = RIGHT_ABSENT;
    self->dryrun = found != RIGHT_UNKNOWN ? WAY_OPEN : self->dryrun;
    if (found == RIGHT_UNKNOWN && self->dryrun == WAY_UNTRIED)
        self->dryrun = WAY_SHUT;
    freeReplyObject(reply);
    return found;
}

static bool does(doctor *self, const char *command)
{
    redisReply *reply = ask(self, 1, &command);
    const bool done = is_status(reply, "OK");

    freeReplyObject(reply);
    return done;
}

/* A connection that is left inside of a transaction is of no more use. */
static void shut_queue(doctor *self)
{
    taskseal_error error;

    self->multi = WAY_SHUT;
    if (taskseal_redis_reconnect(self->redis, &error) != TASKSEAL_OK)
        self->refused = error.code; /* every later question is answered by "unknown" */
}

/* The server has to show that it can both begin a transaction and forget one, before a command is put into one. */
static bool may_queue(doctor *self)
{
    if (self->multi != WAY_UNTRIED)
        return self->multi == WAY_OPEN;
    self->multi = WAY_SHUT;
    if (!does(self, "MULTI"))
        return false;
    if (does(self, "DISCARD"))
        self->multi = WAY_OPEN;
    else
        shut_queue(self);
    return self->multi == WAY_OPEN;
}

static right ask_queue(doctor *self, const char *const words[RIGHT_WORDS_MAX])
{
    const char *argv[RIGHT_WORDS_MAX] = {0};
    right found = RIGHT_UNKNOWN;

    if (!may_queue(self) || !does(self, "MULTI"))
        return RIGHT_UNKNOWN;
    memcpy(argv, words, sizeof argv);
    redisReply *reply = ask(self, count_words(words), argv);
    if (is_status(reply, "QUEUED"))
        found = RIGHT_YES;
    else if (is_error(reply, "NOPERM") || is_error(reply, "ERR DEBUG command not allowed") ||
             is_error(reply, "ERR MODULE command not allowed"))
        found = RIGHT_NO; /* the last two: enable-debug-command, enable-module-command */
    else if (is_error(reply, "ERR unknown"))
        found = RIGHT_ABSENT;
    freeReplyObject(reply);
    if (!does(self, "DISCARD"))
        shut_queue(self);
    return found;
}

right right_ask(doctor *self, const char *user, const char *const words[RIGHT_WORDS_MAX], right_care care)
{
    right found = ask_dryrun(self, user, words);

    if (found == RIGHT_UNKNOWN && user == NULL && care == CARE_QUEUE)
        found = ask_queue(self, words);
    return found;
}

const char *right_way(const doctor *self)
{
    return self->dryrun == WAY_OPEN  ? "by ACL DRYRUN"
           : self->multi == WAY_OPEN ? "by MULTI and DISCARD"
                                     : "neither ACL DRYRUN nor MULTI may be asked";
}
