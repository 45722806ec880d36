/* SPDX-License-Identifier: MIT
 * Error replies, told apart by their first word. */
#include <string.h>

#include <taskseal/redis.h>

static const struct {
    const char *word;
    taskseal_err code;
} words[] = {
    {"NOPERM", TASKSEAL_ERR_NO_PERMISSION},
    {"NOAUTH", TASKSEAL_ERR_AUTH_REFUSED},
    {"WRONGPASS", TASKSEAL_ERR_AUTH_REFUSED},
    {"LOADING", TASKSEAL_ERR_SERVER_BUSY},    /* reading its data from disk */
    {"BUSY", TASKSEAL_ERR_SERVER_BUSY},       /* a script is running */
    {"MASTERDOWN", TASKSEAL_ERR_SERVER_BUSY}, /* a replica without its primary */
    {"READONLY", TASKSEAL_ERR_SERVER_BUSY},   /* became a replica: a failover */
    {"CLUSTERDOWN", TASKSEAL_ERR_SERVER_BUSY},
    {"TRYAGAIN", TASKSEAL_ERR_SERVER_BUSY},   /* keys are moving between cluster nodes */
    {"NOREPLICAS", TASKSEAL_ERR_SERVER_BUSY}, /* fewer replicas than min-replicas-to-write */
    {"MISCONF", TASKSEAL_ERR_SERVER_BUSY},    /* its last save failed: a full disk, say */
    {"OOM", TASKSEAL_ERR_SERVER_BUSY},        /* above maxmemory */
};

void taskseal_redis_reply_word(const redisReply *reply, char *out, size_t cap)
{
    const size_t text_len = reply != NULL && reply->type == REDIS_REPLY_ERROR ? reply->len : 0;
    size_t len = 0;
    while (len < text_len && len + 1 < cap && reply->str[len] >= 'A' && reply->str[len] <= 'Z') {
        out[len] = reply->str[len];
        len++;
    }
    bool whole = len > 0 && (len == text_len || reply->str[len] == ' ');
    if (text_len > 0 && !whole) {
        out[0] = '?';
        len = 1;
    }
    out[len] = '\0';
}

/* Servers have no word of their own for it. What ends TLS for one hands it on, to AUTH say; if it were permanent,
 * whoever opens enough connections would stop workers for good. */
static bool is_full(const redisReply *reply)
{
    static const char words_of_it[] = "ERR max number of clients";
    return reply->len >= sizeof words_of_it - 1 &&
           memcmp(reply->str, words_of_it, sizeof words_of_it - 1) == 0;
}

taskseal_err taskseal_redis_reply_error(const redisReply *reply)
{
    char word[16];
    if (reply == NULL)
        return TASKSEAL_ERR_IO; /* how hiredis says that the connection failed: not the task's fault */
    if (reply->type != REDIS_REPLY_ERROR)
        return TASKSEAL_OK;
    taskseal_redis_reply_word(reply, word, sizeof word);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(word, words[i].word) == 0)
            return words[i].code;
    }
    return is_full(reply) ? TASKSEAL_ERR_SERVER_BUSY : TASKSEAL_ERR_SERVER_ERROR;
}
