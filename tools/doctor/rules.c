/* SPDX-License-Identifier: MIT */
#include "rules.h"

#include <string.h>

#include "ask.h"

static bool holds(const redisReply *list, const char *word)
{
    for (size_t i = 0; i < list->elements; i++) {
        if (list->element[i]->str != NULL && strcmp(list->element[i]->str, word) == 0)
            return true;
    }
    return false;
}

/* "~*" or "&*"; before 7.0 a list, whose patterns begin without that sign. */
static bool is_all(const redisReply *value, const char *pattern)
{
    if (value->type == REDIS_REPLY_STRING)
        return strcmp(value->str, pattern) == 0;
    return holds(value, pattern) || holds(value, pattern + 1);
}

static void read_rule(rules *to, const char *name, const redisReply *value)
{
    if (strcmp(name, "flags") == 0) {
        to->known = true;
        to->on = holds(value, "on");
        to->nopass = holds(value, "nopass");
    } else if (strcmp(name, "commands") == 0 && value->str != NULL) {
        to->everything = strcmp(value->str, "+@all") == 0;
    } else if (strcmp(name, "keys") == 0) {
        to->everywhere = to->everywhere && is_all(value, "~*");
    } else if (strcmp(name, "channels") == 0) {
        to->everywhere = to->everywhere && is_all(value, "&*");
    }
}

/* Of ACL GETUSER: pairs of a name and a value. The hashes of passwords among them are not looked at. */
rules rules_read(doctor *self, const char *user)
{
    redisReply *reply = ask(self, 3, (const char *[]){"ACL", "GETUSER", user});
    rules found = {.everywhere = true, .missing = reply != NULL && reply->type == REDIS_REPLY_NIL};

    if (reply != NULL && (reply->type == REDIS_REPLY_ARRAY || reply->type == REDIS_REPLY_MAP)) {
        for (size_t i = 0; i + 1 < reply->elements; i += 2) {
            if (reply->element[i]->str != NULL)
                read_rule(&found, reply->element[i]->str, reply->element[i + 1]);
        }
    }
    freeReplyObject(reply);
    return found;
}
