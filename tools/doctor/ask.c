/* SPDX-License-Identifier: MIT */
#include "ask.h"

#include <stdio.h>
#include <string.h>

enum { WORDS_MAX = 16 };

redisReply *ask(doctor *self, int argc, const char **argv)
{
    size_t lens[WORDS_MAX];

    if (self->redis == NULL || self->redis->err != 0 || argc > WORDS_MAX)
        return NULL;
    for (int i = 0; i < argc; i++)
        lens[i] = strlen(argv[i]);
    return redisCommandArgv(self->redis, argc, argv, lens);
}

static bool is_text(const redisReply *reply)
{
    return reply->type == REDIS_REPLY_STRING || reply->type == REDIS_REPLY_STATUS;
}

answer ask_config(doctor *self, const char *name, char value[ANSWER_MAX])
{
    redisReply *reply = ask(self, 3, (const char *[]){"CONFIG", "GET", name});
    answer how = ANSWER_DENIED;

    value[0] = '\0';
    if (reply != NULL && (reply->type == REDIS_REPLY_ARRAY || reply->type == REDIS_REPLY_MAP)) {
        how = ANSWER_ABSENT;
        if (reply->elements == 2 && is_text(reply->element[1])) {
            how = ANSWER_GIVEN;
            snprintf(value, ANSWER_MAX, "%s", reply->element[1]->str);
        }
    }
    freeReplyObject(reply);
    return how;
}

static const char *info_text(doctor *self)
{
    if (self->info == NULL)
        self->info = ask(self, 1, (const char *[]){"INFO"});
    const bool given = self->info != NULL &&
                       (self->info->type == REDIS_REPLY_STRING || self->info->type == REDIS_REPLY_VERB);
    return given ? self->info->str : NULL;
}

answer ask_info(doctor *self, const char *name, char value[ANSWER_MAX])
{
    const char *at = info_text(self);
    const size_t len = strlen(name);

    value[0] = '\0';
    if (at == NULL)
        return ANSWER_DENIED;
    while (*at != '\0') {
        const size_t line = strcspn(at, "\r\n");
        if (line > len && strncmp(at, name, len) == 0 && at[len] == ':') {
            snprintf(value, ANSWER_MAX, "%.*s", (int)(line - len - 1), at + len + 1);
            return ANSWER_GIVEN;
        }
        at += line + strspn(at + line, "\r\n");
    }
    return ANSWER_ABSENT;
}

answer ask_either(doctor *self, const char *config, const char *info, char value[ANSWER_MAX])
{
    const answer first = ask_config(self, config, value);

    return first == ANSWER_GIVEN ? first : ask_info(self, info, value);
}

const char fix_login[] =
    "let the doctor log in with the rights that 'taskseal doctor --role operator' prints";

void finding_denied(finding *one, const char *what)
{
    finding_worsen(one, VERDICT_UNKNOWN);
    finding_evidence(one, "%sthis user may not ask: %s", finding_between(one->evidence), what);
    finding_fix(one, "%s%s", finding_between(one->fix), fix_login);
}
