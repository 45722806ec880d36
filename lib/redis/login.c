/* SPDX-License-Identifier: MIT */
#include "login.h"

#include <sodium.h>
#include <stdio.h>

#include <taskseal/redis.h>

#include "../core/error.h"
#include "limits.h"
#include "text.h"

#define SHOWN_MAX 128U

/* ---- What to send ------------------------------------------------------------------------------------------ */

#define PING_COMMAND "*1\r\n$4\r\nPING\r\n"

/* Room for the framing of AUTH and SELECT beside the credentials. */
#define FRAMING_MAX 160U

static void append(taskseal__login *login, const char *text, size_t len)
{
    memcpy(login->commands + login->len, text, len);
    login->len += len;
}

/* "$5\r\nabcde\r\n" */
static void append_argument(taskseal__login *login, const char *text, size_t len)
{
    char prefix[32];
    int prefix_len = snprintf(prefix, sizeof prefix, "$%zu\r\n", len);
    append(login, prefix, (size_t)prefix_len);
    append(login, text, len);
    append(login, "\r\n", 2);
}

taskseal_err taskseal__login_init(taskseal__login *login, const taskseal__uri *uri, taskseal_error *error)
{
    char database[16];
    *login = (taskseal__login){.authenticates = uri->login, .selects = uri->database != 0};
    login->commands = sodium_malloc(uri->user_len + uri->password_len + FRAMING_MAX);
    if (login->commands == NULL)
        return taskseal__fail(error, TASKSEAL_ERR_NO_MEMORY, "no guarded memory for the credentials");
    if (login->authenticates) {
        append(login, "*3\r\n$4\r\nAUTH\r\n", 14);
        append_argument(login, uri->credentials, uri->user_len);
        append_argument(login, uri->credentials + uri->user_len, uri->password_len);
    }
    append(login, PING_COMMAND, strlen(PING_COMMAND));
    if (login->selects) {
        int len = snprintf(database, sizeof database, "%u", uri->database);
        append(login, "*2\r\n$6\r\nSELECT\r\n", 16);
        append_argument(login, database, (size_t)len);
    }
    (void)sodium_mprotect_readonly(login->commands);
    return TASKSEAL_OK;
}

void taskseal__login_destroy(taskseal__login *login)
{
    sodium_free(login->commands); /* wipes */
    *login = (taskseal__login){0};
}

/* ---- What comes back --------------------------------------------------------------------------------------- */

/* Bytes of all the answers, which are a line each. */
#define REPLIES_MAX 65536U

static taskseal_err next_reply(taskseal__tls *tls, redisReader *reader, size_t *received, redisReply **reply,
                               taskseal_error *error)
{
    char data[4096];
    void *parsed = NULL;
    while (*received <= REPLIES_MAX && redisReaderGetReply(reader, &parsed) == REDIS_OK) {
        *reply = parsed;
        if (parsed != NULL)
            return TASKSEAL_OK;
        ssize_t got = taskseal__tls_read(tls, data, sizeof data, true, error);
        if (got < 0)
            return error->code;
        *received += (size_t)got;
        if (redisReaderFeed(reader, data, (size_t)got) != REDIS_OK)
            break;
    }
    if (taskseal__limits_memory_failed(reader))
        return taskseal__fail(error, TASKSEAL_ERR_NO_MEMORY, "%s: no memory for the server's answers",
                              tls->where);
    return taskseal__fail(error, TASKSEAL_ERR_SERVER_ERROR,
                          "%s: the server answers, but not as Valkey or Redis do: give the right port",
                          tls->where);
}

static bool is_status(const redisReply *reply, const char *status)
{
    return reply->type == REDIS_REPLY_STATUS && strcmp(reply->str, status) == 0;
}

/* Says what the server answered to PING and SELECT; these quote no secrets. */
static taskseal_err refused(const taskseal__tls *tls, const char *command, const redisReply *reply,
                            taskseal_error *error)
{
    char shown[SHOWN_MAX] = "something unexpected";
    taskseal_err code = taskseal_redis_reply_error(reply);
    if (code != TASKSEAL_OK)
        taskseal__printable(shown, sizeof shown, reply->str, reply->len);
    const char *advice = "";
    if (code == TASKSEAL_ERR_AUTH_REFUSED)
        advice = "; give user and password in the URI";
    else if (code == TASKSEAL_ERR_NO_PERMISSION)
        advice = "; connecting needs +ping, and +select for a database other than 0";
    return taskseal__fail(error, code != TASKSEAL_OK ? code : TASKSEAL_ERR_SERVER_ERROR,
                          "%s: the server answered %s with `%s`%s", tls->where, command, shown, advice);
}

/* Of the answer to AUTH only the first word is shown, if it is a known one: all else may quote the password. */
static taskseal_err judge_auth(const taskseal__tls *tls, const redisReply *reply, taskseal_error *error)
{
    char word[16];
    if (is_status(reply, "OK"))
        return TASKSEAL_OK;
    if (reply->type != REDIS_REPLY_ERROR)
        return taskseal__fail(error, TASKSEAL_ERR_SERVER_ERROR,
                              "%s: the server answered AUTH with something else "
                              "than OK or an error",
                              tls->where);
    taskseal_redis_reply_word(reply, word, sizeof word);
    taskseal_err code = taskseal_redis_reply_error(reply);
    bool known = code != TASKSEAL_ERR_SERVER_ERROR || strcmp(word, "ERR") == 0;
    if (code == TASKSEAL_ERR_SERVER_ERROR)
        code = TASKSEAL_ERR_AUTH_REFUSED;
    return taskseal__fail(error, code, "%s: the server did not accept AUTH (%s): %s", tls->where,
                          known ? word : "?",
                          code == TASKSEAL_ERR_SERVER_BUSY ? "it can't answer now, try again"
                                                           : "check the URI's user and password");
}

typedef enum command { AUTH, PING, SELECT } command;

static taskseal_err judge(command what, const taskseal__tls *tls, const redisReply *reply,
                          taskseal_error *error)
{
    switch (what) {
    case AUTH:
        return judge_auth(tls, reply, error);
    case PING:
        return is_status(reply, "PONG") ? TASKSEAL_OK : refused(tls, "PING", reply, error);
    default:
        return is_status(reply, "OK") ? TASKSEAL_OK : refused(tls, "SELECT", reply, error);
    }
}

static taskseal_err expect(command what, taskseal__tls *tls, redisReader *reader, size_t *received,
                           taskseal_error *error)
{
    redisReply *reply = NULL;
    taskseal_err err = next_reply(tls, reader, received, &reply, error);
    if (err == TASKSEAL_OK)
        err = judge(what, tls, reply, error);
    freeReplyObject(reply);
    return err;
}

taskseal_err taskseal__login_run(const taskseal__login *login, taskseal__tls *tls, redisReader *reader,
                                 taskseal_error *error)
{
    taskseal_err err = TASKSEAL_OK;
    size_t received = 0;
    tls->phase = "the login (AUTH, PING, SELECT)";
    if (taskseal__tls_write(tls, login->commands, login->len, true, error) < 0)
        return error->code;
    if (login->authenticates)
        err = expect(AUTH, tls, reader, &received, error);
    if (err == TASKSEAL_OK)
        err = expect(PING, tls, reader, &received, error);
    if (err == TASKSEAL_OK && login->selects)
        err = expect(SELECT, tls, reader, &received, error);
    if (err == TASKSEAL_OK && reader->pos != reader->len)
        err = taskseal__fail(error, TASKSEAL_ERR_SERVER_ERROR,
                             "%s: the server sent more than it was asked for", tls->where);
    return err;
}
