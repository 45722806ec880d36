/* SPDX-License-Identifier: MIT
 *
 * rekey.h: moves what is queued from one key to another, while producers and workers run: for rotate.c, and for
 * `taskseal rewrap`, which is built of this same file.
 *
 * Payloads are not opened: rewrapping replaces an envelope's header and keeps its payload's ciphertext. Each value is
 * exchanged only if it is still what was read, so it may be stopped anywhere and started again at any time.
 */
#ifndef REKEY_H
#define REKEY_H

#include "rotate_item.h"
#include "server.h"

enum {
    REKEY_STEP = 16,             /* values in memory at a time ... */
    REKEY_SMALL = 1 << 20,       /* ... which are not larger; others come one by one */
    REKEY_LARGE = (1 << 30) - 1, /* what is larger, if a server is set to keep it, is left and counted */
    REKEY_TRIES = 6,             /* of a server that does not answer or is busy */
    REKEY_CURSOR = 32,
    REKEY_RUN_ID = 96,
    REKEY_TOLD = 512
};

/* A value that is not larger than it may be, else its length. */
static const char REKEY_FETCH[] = "local n = redis.call('HSTRLEN', KEYS[1], ARGV[1]) "
                                  "if n > tonumber(ARGV[2]) then return n end "
                                  "return redis.call('HGET', KEYS[1], ARGV[1])";

/* Compare and set. The new beginning replaces the old one only if the old one still stands there, so a task that
 * was finished, or queued again, in the meantime is left alone. The ciphertexts behind it do not travel. */
static const char REKEY_SWAP[] =
    "local field, old, new = ARGV[1], ARGV[2], ARGV[3] "
    "local sealed = redis.call('HGET', KEYS[1], field) "
    "if not sealed or string.sub(sealed, 1, #old) ~= old then return 0 end "
    "if field == 'msg' and redis.call('HGET', KEYS[1], 'state') == 'active' then return 2 end "
    "redis.call('HSET', KEYS[1], field, new .. string.sub(sealed, #old + 1)) "
    "return 1";

struct rekey {
    const taskseal_keyring *ring;
    redisContext *redis;
    const struct layout *layout;
    const char *from, *to; /* from: NULL for every other key of the keyring */
    bool dry;              /* nothing is written */
    const char *const *queues;
    size_t queue_count;
    void (*tell)(const struct rekey *, const char *name,
                 const char *text); /* an error; or with no name, what is worth knowing */
    void (*page)(struct rekey *);   /* after each reply of SCAN, when all of it is done; may set `stop` */
    void *data;                     /* of these two */
    bool stop;

    /* Where it is. To go on later, on the server with the same run id, keep these and all that is counted. */
    char run_id[REKEY_RUN_ID]; /* "": the server does not say */
    size_t queue;
    char cursor[REKEY_CURSOR];

    /* Counted. */
    unsigned long found;             /* tasks, in this queue */
    unsigned long seen, moved, left; /* envelopes; left: not moved, and some key may open them */
    unsigned long changed, active;   /* values */
    struct tally keys, errors;       /* by name */
    bool interrupted;                /* another server answered on the way */
    unsigned long commands;          /* that were answered */
    bool gave_up;
    int tries;             /* of a busy server, since it last did what it was asked to */
    int lost;              /* connections, since a server last answered */
    char told[REKEY_TOLD]; /* last */
};

/* ---- Talking to the server -------------------------------------------------------------------- */

/* Once for what is told of every task. */
static inline void rekey_tell(struct rekey *r, taskseal_err err, const char *text)
{
    if (strncmp(r->told, text, sizeof r->told - 1) == 0)
        return;
    snprintf(r->told, sizeof r->told, "%.*s", REKEY_TOLD - 1, text);
    r->tell(r, taskseal_err_name(err), text);
}

/* SERVER_ERROR concerns the one command; any other error, all of them. */
static inline taskseal_err rekey_reply(struct rekey *r, redisReply **reply)
{
    char text[SERVER_TEXT], words[SERVER_TEXT + 32];
    *reply = NULL;
    if (redisGetReply(r->redis, (void **)reply) != REDIS_OK) {
        taskseal_err err = taskseal_redis_error(r->redis);
        rekey_tell(r, err, r->redis->errstr);
        return err;
    }
    r->commands++;
    taskseal_err err = taskseal_redis_reply_error(*reply);
    if (err == TASKSEAL_OK)
        return err;
    snprintf(words, sizeof words, "the server says: %s", server_text(text, (*reply)->str, (*reply)->len));
    rekey_tell(r, err, words);
    return err;
}

/* A server's name for itself since it was started, and for what it holds since it was a replica: the cursors of
 * SCAN mean nothing to another one. A replica's answers say nothing of what waits. */
static inline taskseal_err rekey_ask_run_id(struct rekey *r, char run_id[REKEY_RUN_ID])
{
    redisReply *reply;
    const char *id, *data;
    run_id[0] = '\0';
    redisAppendCommand(r->redis, "INFO");
    taskseal_err err = rekey_reply(r, &reply);
    if (err == TASKSEAL_OK) {
        const int id_len = (int)server_digits(reply, "\nrun_id:", &id);
        const int data_len = (int)server_digits(reply, "\nmaster_replid:", &data);
        if (id_len > 0)
            snprintf(run_id, REKEY_RUN_ID, "%.*s-%.*s", id_len, id, data_len, data);
        if (!r->dry && reply->str != NULL && strstr(reply->str, "\nrole:slave") != NULL) {
            err = TASKSEAL_ERR_SERVER_BUSY;
            rekey_tell(r, err, "this server is a replica: the primary's URI is wanted");
        }
    }
    freeReplyObject(reply);
    return err == TASKSEAL_ERR_NO_PERMISSION ? TASKSEAL_OK : err;
}

/* If it does not answer, the next command finds that out too, and this is asked again. */
static inline void rekey_look_who(struct rekey *r)
{
    char run_id[REKEY_RUN_ID];
    (void)rekey_ask_run_id(r, run_id);
    if (r->redis->err != 0)
        return;
    r->lost = 0;
    r->interrupted = r->interrupted || run_id[0] == '\0' || strcmp(run_id, r->run_id) != 0;
}

static inline bool rekey_reconnect(struct rekey *r, taskseal_err err)
{
    const bool busy = r->redis->err == 0;
    int *tries = busy ? &r->tries : &r->lost;
    taskseal_error error;
    if (busy && taskseal_err_permanent(err))
        return false;
    while (*tries < REKEY_TRIES) {
        pause_ms(back_off_ms(250, 8000, (*tries)++));
        if (taskseal_redis_reconnect(r->redis, &error) == TASKSEAL_OK) {
            rekey_look_who(r);
            return true;
        }
        rekey_tell(r, error.code, error.message);
        if (taskseal_err_permanent(error.code))
            return false;
    }
    return false;
}

/* Connects anew, after a lost connection or an error reply that will pass: a busy server, or one that has
 * become a replica while the name leads to another by now. False: give up. */
static inline bool rekey_recover(struct rekey *r, taskseal_err err)
{
    r->gave_up = r->gave_up || !rekey_reconnect(r, err);
    return !r->gave_up;
}

/* Before rekey_run. */
static inline taskseal_err rekey_begin(struct rekey *r)
{
    memcpy(r->cursor, "0", 2);
    taskseal_err err = rekey_ask_run_id(r, r->run_id);
    if (err == TASKSEAL_ERR_SERVER_BUSY && rekey_recover(r, err))
        err = rekey_ask_run_id(r, r->run_id);
    return err;
}

/* ---- A few values at a time, pipelined -------------------------------------------------------- */

static inline taskseal_err rekey_fetch(struct rekey *r, struct item *items, size_t n, int most)
{
    for (size_t i = 0; i < n; i++)
        redisAppendCommand(r->redis, "EVAL %s 1 %b %s %d", REKEY_FETCH, items[i].key->str, items[i].key->len,
                           items[i].field->name, most);
    for (size_t i = 0; i < n; i++) {
        items[i].err = rekey_reply(r, &items[i].value);
        if (items[i].err != TASKSEAL_OK && items[i].err != TASKSEAL_ERR_SERVER_ERROR)
            return items[i].err;
    }
    return TASKSEAL_OK;
}

static inline taskseal_err rekey_swap(struct rekey *r, struct item *items, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (items[i].moves > 0)
            redisAppendCommand(r->redis, "EVAL %s 1 %b %s %b %b", REKEY_SWAP, items[i].key->str,
                               items[i].key->len, items[i].field->name, items[i].value->str,
                               items[i].old_head, items[i].rewrapped, items[i].new_head);
    for (size_t i = 0; i < n; i++) {
        redisReply *reply;
        if (items[i].moves == 0)
            continue;
        items[i].err = rekey_reply(r, &reply);
        if (items[i].err == TASKSEAL_OK) {
            items[i].became = reply->integer == 1   ? ITEM_SWAPPED
                              : reply->integer == 2 ? ITEM_ACTIVE
                                                    : ITEM_CHANGED;
            r->tries = reply->integer == 1 ? 0 : r->tries;
        }
        freeReplyObject(reply);
        if (items[i].err != TASKSEAL_OK && items[i].err != TASKSEAL_ERR_SERVER_ERROR)
            return items[i].err;
    }
    return TASKSEAL_OK;
}

/* What can't be moved stays: the worker that takes it says the same, and puts it aside. */
static inline void rekey_count(struct rekey *r, const struct item *item)
{
    struct seen seen = {.keys = &r->keys};
    if (item->err != TASKSEAL_OK) {
        count(&r->errors, taskseal_err_name(item->err));
        r->left += !hopeless(item->err) || (item->err == TASKSEAL_ERR_MALFORMED && item->field->message &&
                                            holds_envelope(item->value->str, item->value->len));
        return;
    }
    r->moved += item->became == ITEM_SWAPPED || r->dry ? item->moves : 0;
    r->changed += item->became == ITEM_CHANGED;
    r->active += item->became == ITEM_ACTIVE;
    r->left += item->left;
    if (item->became != ITEM_CHANGED)
        item_see(item, &seen);
    r->seen += seen.envelopes;
    r->left += seen.unseen;
    if (seen.unseen > 0)
        count_more(&r->errors, taskseal_err_name(TASKSEAL_ERR_NO_MEMORY), seen.unseen);
}

/* Nothing is counted of what is tried again. */
static inline taskseal_err rekey_step(struct rekey *r, struct item *items, size_t n, int most)
{
    struct tally errors = {.used = 0};
    const taskseal_rewrap_options options = {.keyring = r->ring, .from_key_id = r->from, .to_key_id = r->to};
    for (size_t i = 0; i < n; i++)
        items[i] = (struct item){.key = items[i].key, .field = items[i].field, .errors = &errors};
    taskseal_err err = rekey_fetch(r, items, n, most);
    for (size_t i = 0; err == TASKSEAL_OK && i < n; i++)
        if (items[i].value->type == REDIS_REPLY_STRING)
            items[i].err = item_rewrap(&options, &items[i]);
        else if (items[i].value->type != REDIS_REPLY_NIL && items[i].value->type != REDIS_REPLY_INTEGER)
            items[i].err = TASKSEAL_ERR_SERVER_ERROR; /* told of already, or what the script never gives */
    if (err == TASKSEAL_OK && !r->dry)
        err = rekey_swap(r, items, n);
    for (size_t i = 0; i < n; i++) {
        const int type = items[i].value != NULL ? items[i].value->type : REDIS_REPLY_NIL;
        items[i].large = type == REDIS_REPLY_INTEGER;
        if (err == TASKSEAL_OK && type != REDIS_REPLY_NIL && !items[i].large) /* NIL: finished meanwhile */
            rekey_count(r, &items[i]);
        freeReplyObject(items[i].value);
        free(items[i].rewrapped);
    }
    for (size_t i = 0; err == TASKSEAL_OK && i < errors.used; i++)
        count_more(&r->errors, errors.name[i], errors.count[i]);
    return err;
}

/* What fails together is tried again one by one, so that a value whose reply can't arrive, because it is too
 * large for timeout_ms, does not keep the others. */
static inline taskseal_err rekey_items(struct rekey *r, struct item *items, size_t n)
{
    const taskseal_err together = rekey_step(r, items, n, REKEY_SMALL);
    if (together != TASKSEAL_OK && !rekey_recover(r, together))
        return together;
    for (size_t i = 0; i < n; i++) {
        if (together == TASKSEAL_OK && !items[i].large)
            continue;
        taskseal_err err = rekey_step(r, &items[i], 1, REKEY_LARGE);
        if (err == TASKSEAL_OK && !items[i].large)
            continue;
        rekey_count(r, &(struct item){.err = err != TASKSEAL_OK ? err : TASKSEAL_ERR_NO_MEMORY});
        if (err != TASKSEAL_OK && !rekey_recover(r, err))
            return err;
    }
    return TASKSEAL_OK;
}

static inline taskseal_err rekey_keys(struct rekey *r, const redisReply *keys)
{
    struct item items[REKEY_STEP];
    taskseal_err err = TASKSEAL_OK;
    size_t n = 0;
    for (size_t i = 0; err == TASKSEAL_OK && i < keys->elements; i++) {
        for (size_t k = 0; k < FIELDS && r->layout->fields[k].name != NULL; k++)
            items[n++] = (struct item){.key = keys->element[i], .field = &r->layout->fields[k]};
        if (n + FIELDS <= REKEY_STEP && i + 1 < keys->elements)
            continue;
        err = rekey_items(r, items, n);
        n = 0;
    }
    return err;
}

/* ---- All of a queue --------------------------------------------------------------------------- */

/* A node of a cluster lists its own keys alone, and says of another's key where that is. */
static inline taskseal_err rekey_find(struct rekey *r, const char *queue)
{
    char name[REKEY_NAME], text[512];
    redisReply *reply;
    (void)rekey_name(r->layout->before, queue, false, name);
    redisAppendCommand(r->redis, "EVAL %s 1 %s %s 0", REKEY_FETCH, name, r->layout->fields[0].name);
    taskseal_err err = rekey_reply(r, &reply);
    if (err == TASKSEAL_ERR_SERVER_ERROR && strncmp(reply->str, "MOVED ", 6) == 0) {
        snprintf(text, sizeof text, "queue %s is on another node of the cluster, whose URI is wanted", queue);
        rekey_tell(r, err, text);
    } else if (err == TASKSEAL_ERR_SERVER_ERROR) {
        err = TASKSEAL_OK; /* of that key alone, which is nobody's */
    }
    freeReplyObject(reply);
    return err;
}

static inline taskseal_err rekey_scan(struct rekey *r, const char *pattern, redisReply **page)
{
    redisAppendCommand(r->redis, "SCAN %s MATCH %s COUNT 500 TYPE hash", r->cursor, pattern);
    taskseal_err err = rekey_reply(r, page);
    if (err != TASKSEAL_OK)
        return err;
    const bool good = (*page)->type == REDIS_REPLY_ARRAY && (*page)->elements == 2 &&
                      (*page)->element[0]->type == REDIS_REPLY_STRING &&
                      (*page)->element[0]->len < REKEY_CURSOR &&
                      (*page)->element[1]->type == REDIS_REPLY_ARRAY;
    return good ? TASKSEAL_OK : TASKSEAL_ERR_SERVER_ERROR;
}

static inline taskseal_err rekey_page(struct rekey *r, const char *pattern)
{
    redisReply *page;
    taskseal_err err = rekey_scan(r, pattern, &page);
    if (err == TASKSEAL_OK)
        err = rekey_keys(r, page->element[1]);
    if (err == TASKSEAL_OK) {
        r->found += page->element[1]->elements;
        memcpy(r->cursor, page->element[0]->str, page->element[0]->len + 1);
    }
    freeReplyObject(page);
    return err;
}

static inline void rekey_queue_ends(struct rekey *r)
{
    char text[512];
    snprintf(text, sizeof text, "queue %s: no task found", r->queues[r->queue]);
    if (r->found == 0)
        r->tell(r, NULL, text);
    r->found = 0;
    r->queue++;
}

/* SCAN returns every hash that is there from beginning to end, and holds a cursor only: tasks in any list, or
 * in none, are found, and memory stays bounded. In a cluster, run it once on each primary. */
static inline taskseal_err rekey_queue(struct rekey *r)
{
    char pattern[REKEY_NAME];
    const char *queue = r->queues[r->queue];
    (void)rekey_name(r->layout->before, queue, true, pattern);
    int failed = 0; /* in a row */
    for (bool asked = false, more = true; more && !r->stop;) {
        taskseal_err err = asked ? rekey_page(r, pattern) : rekey_find(r, queue);
        if (err != TASKSEAL_OK) {
            if (r->gave_up || ++failed == REKEY_TRIES || !rekey_recover(r, err))
                return err;
            continue;
        }
        failed = 0;
        more = !asked || strcmp(r->cursor, "0") != 0;
        if (!more)
            rekey_queue_ends(r);
        if (asked)
            r->page(r);
        asked = true;
    }
    return TASKSEAL_OK;
}

/* All queues, from where it is. Not OK: it gave up, and a later run may go on there unless the error is permanent. */
static inline taskseal_err rekey_run(struct rekey *r)
{
    taskseal_err err = TASKSEAL_OK;
    while (err == TASKSEAL_OK && r->queue < r->queue_count && !r->stop)
        err = rekey_queue(r);
    return err;
}

/* Whether all was moved that any key can open: else it is to be run again, from the beginning. */
static inline bool rekey_is_done(const struct rekey *r)
{
    return r->left + r->changed + r->active + (r->dry ? r->moved : 0) == 0 && !r->interrupted;
}

#endif
