/* SPDX-License-Identifier: MIT
 * Input: two bytes of choices, and what a server that was verified sends, read in pieces: the answers to the login, and
 * then replies for hiredis. Every reply that comes out is within the limits; no more memory than they allow is ever taken,
 * which is counted; every failure is one of those that the header names, and final: nothing is sent or read afterwards.
 * The layer below, tls.c, is replaced by the linker. The limits are the library's code with smaller numbers, so that
 * short inputs reach them. */
#include "fuzz.h"

#include <malloc.h>
#include <sodium.h>

#include "core/error.h"
#include "redis/limits.h"

#undef TASKSEAL__REPLY_BYTES_MAX
#undef TASKSEAL__REPLY_ELEMENTS_MAX
#define TASKSEAL__REPLY_BYTES_MAX    ((size_t)1 << 16)
#define TASKSEAL__REPLY_ELEMENTS_MAX (1LL << 12)
#include "redis/limits.c"

#include "redis/transport.h"

enum { LOGIN = 1, AUTH = 2, SELECT = 4, KEEPS_PUSHES = 8, CONTROL = 2 };

static const char password[] = "Sesame-42-open";
static const uint8_t *incoming;
static size_t incoming_len, incoming_at, piece, writes, closes;

/* ---- In place of a verified session ---------------------------------------------------------------------------- */

ssize_t __wrap_taskseal__tls_read(taskseal__tls *tls, void *data, size_t cap, bool wait,
                                  taskseal_error *error);
ssize_t __wrap_taskseal__tls_write(taskseal__tls *tls, const void *data, size_t len, bool wait,
                                   taskseal_error *error);
void __wrap_taskseal__tls_close(taskseal__tls *tls);

ssize_t __wrap_taskseal__tls_read(taskseal__tls *tls, void *data, size_t cap, bool wait,
                                  taskseal_error *error)
{
    size_t len = incoming_len - incoming_at;
    HOLDS(wait && tls->verified && cap > 0);
    if (len == 0) {
        (void)taskseal__fail(error, TASKSEAL_ERR_PEER_CLOSED, "the end");
        return -1;
    }
    if (piece > 0 && len > piece)
        len = piece;
    if (len > cap)
        len = cap;
    memcpy(data, incoming + incoming_at, len);
    incoming_at += len;
    return (ssize_t)len;
}

ssize_t __wrap_taskseal__tls_write(taskseal__tls *tls, const void *data, size_t len, bool wait,
                                   taskseal_error *error)
{
    (void)error;
    HOLDS(wait && tls->verified && data != NULL && len > 0);
    writes++;
    return (ssize_t)len;
}

void __wrap_taskseal__tls_close(taskseal__tls *tls)
{
    closes += tls->ssl != NULL;
    tls->ssl = NULL;
    tls->verified = false;
    tls->wire.fd = -1;
}

/* ---- What hiredis takes ----------------------------------------------------------------------------------------- */

static size_t live, most;

static void *counted(void *memory)
{
    live += malloc_usable_size(memory);
    most = live > most ? live : most;
    return memory;
}

static void *count_malloc(size_t size)
{
    return counted(malloc(size));
}

static void *count_calloc(size_t count, size_t size)
{
    return counted(calloc(count, size));
}

static void *count_realloc(void *old, size_t size)
{
    live -= malloc_usable_size(old);
    return counted(realloc(old, size));
}

static char *count_strdup(const char *text)
{
    return counted(strdup(text));
}

static void count_free(void *memory)
{
    live -= malloc_usable_size(memory);
    free(memory);
}

/* ---- What must hold -------------------------------------------------------------------------------------------- */

/* What a reply costs as limits.h counts it, by another way than limits.c does. */
static size_t cost_of(const redisReply *reply, unsigned depth)
{
    size_t cost = sizeof *reply;
    HOLDS(reply->type >= REDIS_REPLY_STRING && reply->type <= REDIS_REPLY_VERB);
    if (reply->type == REDIS_REPLY_ARRAY || reply->type == REDIS_REPLY_MAP ||
        reply->type == REDIS_REPLY_SET || reply->type == REDIS_REPLY_PUSH) {
        HOLDS(depth < TASKSEAL__REPLY_DEPTH_MAX &&
              (long long)reply->elements <= 2 * TASKSEAL__REPLY_ELEMENTS_MAX);
        cost += reply->elements * sizeof(redisReply *);
        for (size_t i = 0; i < reply->elements; i++)
            cost += cost_of(reply->element[i], depth + 1);
    } else if (reply->str != NULL) {
        HOLDS(reply->str[reply->len] == '\0');
        cost += reply->len;
    }
    return cost;
}

static void check_words(const char *message)
{
    HOLDS(message[0] != '\0');
    for (const char *c = message; *c != '\0'; c++)
        HOLDS(*c >= ' ' && *c <= '~');
}

/* Nobody who asked for a server's words gets the password among them: it may quote what it did not understand of AUTH. */
static void check_login(taskseal_err err, const taskseal_error *error, const redisReader *reader)
{
    static const char refused_auth[] = "h:1: the server did not accept AUTH ";
    static const char strange_auth[] = "h:1: the server answered AUTH ";
    if (err == TASKSEAL_OK) {
        HOLDS(reader->pos == reader->len);
        return;
    }
    HOLDS(err == TASKSEAL_ERR_AUTH_REFUSED || err == TASKSEAL_ERR_NO_PERMISSION ||
          err == TASKSEAL_ERR_SERVER_BUSY || err == TASKSEAL_ERR_SERVER_ERROR ||
          err == TASKSEAL_ERR_REPLY_LIMIT || err == TASKSEAL_ERR_PEER_CLOSED);
    HOLDS(error->code == err);
    check_words(error->message);
    bool of_auth = strncmp(error->message, refused_auth, sizeof refused_auth - 1) == 0 ||
                   strncmp(error->message, strange_auth, sizeof strange_auth - 1) == 0;
    HOLDS(!of_auth || strstr(error->message, password) == NULL);
}

static void check_failed(redisContext *context)
{
    taskseal_err err = taskseal_redis_error(context);
    size_t before = writes, read = incoming_at;
    void *reply = NULL;
    HOLDS(err == TASKSEAL_ERR_PEER_CLOSED || err == TASKSEAL_ERR_REPLY_LIMIT || err == TASKSEAL_ERR_IO);
    HOLDS(context->err != 0);
    check_words(context->errstr);
    HOLDS(redisCommand(context, "PING") == NULL && redisGetReply(context, &reply) != REDIS_OK &&
          reply == NULL);
    HOLDS(writes == before && incoming_at == read);
    HOLDS(taskseal_redis_error(context) == err);
}

/* ---- One input --------------------------------------------------------------------------------------------------- */

static void read_replies(redisContext *context)
{
    void *reply = NULL;
    HOLDS(redisAppendCommand(context, "LRANGE q 0 -1") == REDIS_OK);
    while (redisGetReply(context, &reply) == REDIS_OK) {
        reached_depth();
        HOLDS(reply != NULL && cost_of(reply, 0) <= TASKSEAL__REPLY_BYTES_MAX && writes == 1);
        freeReplyObject(reply);
        reply = NULL;
    }
    HOLDS(writes == 1);
    check_failed(context);
}

static taskseal_err log_in(taskseal__transport *transport, redisReader *reader, unsigned choices)
{
    taskseal_error error = {TASKSEAL_OK, 0, ""};
    taskseal__uri uri = {.login = (choices & AUTH) != 0, .database = (choices & SELECT) != 0 ? 3 : 0};
    taskseal__login login;
    uri.credentials = (char *)(uintptr_t) "workerSesame-42-open";
    uri.user_len = 6;
    uri.password_len = sizeof password - 1;
    HOLDS(taskseal__login_init(&login, &uri, &error) == TASKSEAL_OK);
    taskseal_err err = taskseal__login_run(&login, &transport->tls, reader, &error);
    HOLDS(writes == 1);
    writes = 0;
    check_login(err, &error, reader);
    taskseal__login_destroy(&login);
    return err;
}

static void set_up(void)
{
    static bool done;
    hiredisAllocFuncs functions = {count_malloc, count_calloc, count_realloc, count_strdup, count_free};
    if (!done)
        (void)hiredisSetAllocators(&functions);
    done = true;
    HOLDS(sodium_init() >= 0);
}

/* A context with a transport as taskseal_redis_connect leaves it before the login. */
static redisContext *connected(taskseal_redis_endpoint *endpoint)
{
    struct timeval timeout;
    redisOptions options = taskseal__transport_options(endpoint, &timeout);
    redisContext *context = redisConnectWithOptions(&options);
    HOLDS(context != NULL && context->err == 0);
    taskseal__transport *transport = taskseal__transport_install(context, endpoint);
    HOLDS(transport != NULL);
    transport->tls.where = "h:1";
    transport->tls.ssl = (SSL *)(void *)transport; /* nobody looks inside */
    transport->tls.verified = true;
    transport->tls.wire.fd = context->fd = 1 << 20;
    return context;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static taskseal_redis_endpoint endpoint = {.references = 1, .uri = {.timeout_ms = 5000}};
    const size_t skip = size < CONTROL ? size : CONTROL;
    unsigned choices = size > 0 ? data[0] : 0;
    set_up();
    incoming = data + skip;
    incoming_len = size - skip;
    incoming_at = writes = closes = live = most = 0;
    piece = size > 1 ? data[1] : 0;

    redisContext *context = connected(&endpoint);
    taskseal__transport *transport = taskseal__transport_of(context);
    taskseal_err err = TASKSEAL_OK;
    if ((choices & LOGIN) != 0)
        err = log_in(transport, context->reader, choices);
    if (err == TASKSEAL_OK) {
        taskseal__transport_opened(context);
        if ((choices & KEEPS_PUSHES) != 0)
            (void)redisSetPushCallback(context, NULL);
        read_replies(context);
    }
    redisFree(context);
    HOLDS(closes == 1 && live == 0 && atomic_load(&endpoint.references) == 1);
    /* The reply, rounded up by malloc; the buffer that hiredis keeps what it has received in; and the context. */
    HOLDS(most <= 2 * TASKSEAL__REPLY_BYTES_MAX + 4 * size + ((size_t)96 << 10));
    return 0;
}
