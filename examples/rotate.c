/* SPDX-License-Identifier: MIT
 *
 * rotate: moves what is queued from one KEK to another, while producers and workers run. A template.
 *
 *     cc rotate.c $(pkg-config --cflags --libs taskseal) -o rotate
 *
 * Payloads are not opened: rewrapping replaces an envelope's header and keeps its payload's ciphertext. It
 * may be stopped and started again at any time. In order:
 *  1. give every worker a keyring with both keys; 2. make the new key the producers' first active one;
 *  3. run rotate until it exits with 0 and lists the new key only; 4. make the old key `retired` everywhere.
 * After a LEAK that is not enough: whoever had the old key may have read and forged what it sealed. Mark it
 * `compromised` and seal anew from the source.
 */
#define _DEFAULT_SOURCE
#include <getopt.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "rotate_item.h"
#include "server.h"
#include "tally.h"

enum { EXIT_ALL = 0, EXIT_LEFT = 1, EXIT_USAGE = 2, EXIT_FAILED = 3 };

enum {
    STEP = 16, /* envelopes in memory at a time */
    TRIES = 6  /* of a server that does not answer or is busy */
};

/* Compare and set. The new header replaces the old one only if the old one still stands there, so a task that
 * was finished, or queued again, in the meantime is left alone. Only headers travel. */
static const char SWAP[] =
    "local field, old, new = ARGV[1], ARGV[2], ARGV[3] "
    "local sealed = redis.call('HGET', KEYS[1], field) "
    "if not sealed or string.sub(sealed, 1, #old) ~= old then return 0 end "
    "if field == 'msg' and redis.call('HGET', KEYS[1], 'state') == 'active' then return 2 end "
    "redis.call('HSET', KEYS[1], field, new .. string.sub(sealed, #old + 1)) "
    "return 1";

struct rotation {
    taskseal_keyring *ring;
    redisContext *redis;
    const struct layout *layout;
    const struct field *field; /* in hand */
    bool dry;                  /* nothing is written */
    const char *from, *to;     /* from: NULL for every other key of the keyring */
    bool terminal, interrupted;
    int tries; /* since the server last did what it was asked to */
    unsigned long seen, moved, changed, active, bundles, left;
    struct tally keys, errors;
};

/* ---- One envelope ----------------------------------------------------------------------------- */

/* What can't be moved stays: the worker that takes it says the same, and puts it aside. */
static void tally(struct rotation *r, const struct item *item)
{
    taskseal_info info;
    size_t head;
    r->seen++;
    if (item->err == TASKSEAL_ERR_NOT_SEALED && is_bundle(r->field, item->sealed->str, item->sealed->len)) {
        r->bundles++;
        return;
    }
    if (item->err != TASKSEAL_OK) {
        count(&r->errors, taskseal_err_name(item->err));
        r->left += !hopeless(item->err);
        return;
    }
    const bool moved = item->new_head > 0 && !item->active && !r->dry;
    const void *value = moved ? (const void *)item->rewrapped : item->sealed->str;
    if (measure(r->field, value, moved ? item->rewrapped_len : item->sealed->len, &info, &head) ==
        TASKSEAL_OK)
        for (size_t i = 0; i < info.stanza_count; i++)
            count(&r->keys, info.stanzas[i].key_id);
}

/* ---- A few envelopes at a time, pipelined ----------------------------------------------------- */

/* SERVER_ERROR concerns the one command; any other error, all of them. */
static taskseal_err next_reply(struct rotation *r, redisReply **reply)
{
    char text[SERVER_TEXT];
    *reply = NULL;
    if (redisGetReply(r->redis, (void **)reply) != REDIS_OK) {
        taskseal_err err = taskseal_redis_error(r->redis);
        fprintf(stderr, "rotate: %s: %s\n", taskseal_err_name(err), r->redis->errstr);
        return err;
    }
    taskseal_err err = taskseal_redis_reply_error(*reply);
    if (err != TASKSEAL_OK)
        fprintf(stderr, "rotate: %s: the server says: %s\n", taskseal_err_name(err),
                server_text(text, (*reply)->str, (*reply)->len));
    return err;
}

/* Connects anew, after a lost connection or an error reply that will pass: a busy server, or one that has
 * become a replica while the name leads to another by now. False: give up. */
static bool recover(struct rotation *r, taskseal_err err)
{
    bool busy = r->redis->err == 0;
    taskseal_error error;
    r->interrupted = true;
    if (busy && taskseal_err_permanent(err))
        return false;
    while (r->tries < TRIES) {
        pause_ms(back_off_ms(250, 8000, r->tries++));
        if (taskseal_redis_reconnect(r->redis, &error) == TASKSEAL_OK) {
            r->tries = busy ? r->tries : 0;
            return true;
        }
        fprintf(stderr, "rotate: %s: %s\n", taskseal_err_name(error.code), error.message);
        if (taskseal_err_permanent(error.code))
            return false;
    }
    return false;
}

static taskseal_err fetch(struct rotation *r, struct item *items, size_t n)
{
    for (size_t i = 0; i < n; i++)
        redisAppendCommand(r->redis, "HGET %b %s", items[i].key->str, items[i].key->len, r->field->name);
    for (size_t i = 0; i < n; i++) {
        items[i].err = next_reply(r, &items[i].sealed);
        if (items[i].err != TASKSEAL_OK && items[i].err != TASKSEAL_ERR_SERVER_ERROR)
            return items[i].err;
    }
    return TASKSEAL_OK;
}

static void note_swap(struct rotation *r, struct item *item, const redisReply *reply)
{
    r->moved += reply->integer == 1;
    r->changed += reply->integer == 0;
    item->active = reply->integer == 2;
    r->active += item->active;
    r->tries = reply->integer == 1 ? 0 : r->tries;
}

static taskseal_err swap(struct rotation *r, struct item *items, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (items[i].new_head > 0)
            redisAppendCommand(r->redis, "EVAL %s 1 %b %s %b %b", SWAP, items[i].key->str, items[i].key->len,
                               r->field->name, items[i].sealed->str, items[i].old_head, items[i].rewrapped,
                               items[i].new_head);
    for (size_t i = 0; i < n; i++) {
        redisReply *reply;
        if (items[i].new_head == 0)
            continue;
        items[i].err = next_reply(r, &reply);
        if (items[i].err == TASKSEAL_OK)
            note_swap(r, &items[i], reply);
        freeReplyObject(reply);
        if (items[i].err != TASKSEAL_OK && items[i].err != TASKSEAL_ERR_SERVER_ERROR)
            return items[i].err;
    }
    return TASKSEAL_OK;
}

/* Of a dry run. */
static void count_only(struct rotation *r, const struct item *items, size_t n)
{
    for (size_t i = 0; i < n; i++)
        r->moved += items[i].new_head > 0;
}

static taskseal_err rotate_step(struct rotation *r, redisReply *const *keys, size_t n)
{
    struct item items[STEP] = {{0}};
    for (size_t i = 0; i < n; i++)
        items[i].key = keys[i];
    taskseal_err err = fetch(r, items, n);
    const taskseal_rewrap_options options = {.keyring = r->ring, .from_key_id = r->from, .to_key_id = r->to};
    for (size_t i = 0; err == TASKSEAL_OK && i < n; i++)
        if (items[i].sealed->type == REDIS_REPLY_STRING)
            items[i].err = rewrap(r->field, &options, &items[i]);
    if (err == TASKSEAL_OK && r->dry)
        count_only(r, items, n);
    else
        err = err == TASKSEAL_OK ? swap(r, items, n) : err;
    for (size_t i = 0; i < n; i++) {
        if (err == TASKSEAL_OK && items[i].sealed->type != REDIS_REPLY_NIL) /* NIL: finished meanwhile */
            tally(r, &items[i]);
        freeReplyObject(items[i].sealed);
        free(items[i].rewrapped);
    }
    return err;
}

/* What fails together is tried again one by one, so that an envelope whose reply can't arrive, because it is
 * too large for timeout_ms, does not keep the others. */
static bool rotate_field(struct rotation *r, redisReply *const *keys, size_t n)
{
    taskseal_err err = rotate_step(r, keys, n);
    if (err == TASKSEAL_OK)
        return true;
    if (!recover(r, err))
        return false;
    for (size_t i = 0; i < n; i++) {
        err = rotate_step(r, keys + i, 1);
        if (err == TASKSEAL_OK)
            continue;
        tally(r, &(struct item){.err = err});
        if (!recover(r, err))
            return false;
    }
    return true;
}

static bool rotate_keys(struct rotation *r, redisReply *const *keys, size_t n)
{
    for (size_t i = 0; i < 2 && r->layout->fields[i].name != NULL; i++) {
        r->field = &r->layout->fields[i];
        if (!rotate_field(r, keys, n))
            return false;
    }
    return true;
}

/* ---- All of a queue --------------------------------------------------------------------------- */

/* {queue}:t:* as a pattern; a queue's name may hold characters that mean something in one. */
static bool task_pattern(const char *before, const char *queue, char out[2 * 255 + 24])
{
    size_t at = strlen(before);
    if (queue[0] == '\0' || strlen(queue) > 255 || strpbrk(queue, "{}") != NULL)
        return false;
    memcpy(out, before, at);
    out[at++] = '{';
    for (; *queue != '\0'; queue++) {
        if (strchr("*?[]^-\\", *queue) != NULL)
            out[at++] = '\\';
        out[at++] = *queue;
    }
    memcpy(out + at, "}:t:*", sizeof "}:t:*");
    return true;
}

/* SCAN returns every hash that is there from beginning to end, and holds a cursor only: tasks in any list, or
 * in none, are found, and memory stays bounded. In a cluster, run it once on each primary. The cursor of one
 * server means nothing to another, to which a new connection may lead: so an interrupted run is no whole one. */
static bool rotate_queue(struct rotation *r, const char *queue)
{
    char pattern[2 * 255 + 24], cursor[32] = "0";
    if (!task_pattern(r->layout->before, queue, pattern)) {
        fprintf(stderr, "rotate: a queue's name has 1 to 255 bytes and no braces\n");
        return false;
    }
    bool good = true, more = true, found = false;
    while (good && more) {
        redisReply *page;
        redisAppendCommand(r->redis, "SCAN %s MATCH %s COUNT 500 TYPE hash", cursor, pattern);
        taskseal_err err = next_reply(r, &page);
        if (err != TASKSEAL_OK) {
            good = recover(r, err);
        } else if (page->type == REDIS_REPLY_ARRAY && page->elements == 2) {
            redisReply *keys = page->element[1];
            snprintf(cursor, sizeof cursor, "%s", page->element[0]->str);
            more = strcmp(cursor, "0") != 0;
            found = found || keys->elements > 0;
            for (size_t i = 0; good && i < keys->elements; i += STEP) {
                size_t left = keys->elements - i;
                good = rotate_keys(r, keys->element + i, left < STEP ? left : STEP);
            }
        } else {
            good = false;
        }
        freeReplyObject(page);
        if (r->terminal)
            fprintf(stderr, "\rrotate: %lu seen, %lu moved", r->seen, r->moved);
    }
    if (r->terminal)
        fputc('\n', stderr);
    if (good && !found)
        fprintf(stderr, "rotate: queue %s: no task found\n", queue);
    return good;
}

/* ---- Setting up ------------------------------------------------------------------------------- */

static const char USAGE[] =
    "usage: rotate [--layout LAYOUT] [--dry-run] --to KEYID [--from KEYID] QUEUE...\n"
    "\n"
    "Moves the queued envelopes of each QUEUE to another key, without opening payloads, while producers and\n"
    "workers run. Safe to repeat; run it again until it exits with 0.\n"
    "\n"
    "  --to KEYID     the key to move to: active in the keyring\n"
    "  --from KEYID   move only what names this key (default: whatever does not name --to)\n"
    "  --layout asynq the tasks of Asynq instead of the examples': waiting, scheduled, in groups, to be\n"
    "                 retried, archived, completed, and sealed results. Active ones and bundles of groups\n"
    "                 are left to their workers, and sealed error texts keep the old key\n"
    "  --dry-run      move nothing: say what would be moved\n"
    "\n"
    "environment:\n"
    "  TASKSEAL_URI      rediss://user:password@host:port/0?cacert=...&cert=...&key=...\n"
    "  TASKSEAL_KEYRING  the key file, with both keys\n"
    "\n"
    "exit status: 0 all moved that any key can open; 1 some left: run it again, and look at what stays\n"
    "before a key is retired; 2 usage or configuration; 3 connection failed\n";

static int report(const struct rotation *r)
{
    printf("%lu envelopes seen, %lu %s to %s\n", r->seen, r->moved, r->dry ? "would be moved" : "moved",
           r->to);
    for (size_t i = 0; i < r->keys.used; i++)
        printf("  key %s: %lu\n", r->keys.name[i], r->keys.count[i]);
    for (size_t i = 0; i < r->errors.used; i++)
        printf("  not moved, %s: %lu\n", r->errors.name[i], r->errors.count[i]);
    if (r->changed > 0)
        printf("  finished or queued anew meanwhile: %lu\n", r->changed);
    if (r->active > 0)
        printf("  left to the workers that have them: %lu\n", r->active);
    if (r->bundles > 0)
        printf("  bundles of groups, left to their workers: %lu\n", r->bundles);
    if (r->interrupted)
        printf("  the connection was lost on the way\n");
    bool would = r->dry && r->moved > 0;
    return r->left + r->changed + r->active + r->bundles > 0 || r->interrupted || would ? EXIT_LEFT
                                                                                        : EXIT_ALL;
}

/* A mistyped key would look like work that is done: the keyring is asked, by planning to seal, what it holds. */
static bool check_key(const struct rotation *r, const char *id, bool must_seal)
{
    taskseal_seal_options options = {.keyring = r->ring, .key_ids = &id, .key_count = 1};
    taskseal_err err = taskseal_seal_size(&options, 0, NULL, NULL);
    bool barred = err == TASKSEAL_ERR_KEY_NOT_ACTIVE || err == TASKSEAL_ERR_KEY_RETIRED ||
                  err == TASKSEAL_ERR_KEY_COMPROMISED;
    if (err != TASKSEAL_ERR_UNKNOWN_KEY && !(must_seal && barred))
        return true;
    fprintf(stderr, "rotate: key %s is not %s the keyring\n", id, barred ? "active in" : "in");
    return false;
}

static int set_up(struct rotation *r)
{
    taskseal_redis_endpoint *endpoint = NULL;
    taskseal_error error = {.code = TASKSEAL_OK};
    const char *uri = getenv("TASKSEAL_URI"), *keys = getenv("TASKSEAL_KEYRING");
    int status = EXIT_USAGE;
    if (uri == NULL || keys == NULL)
        return fputs("rotate: set TASKSEAL_URI and TASKSEAL_KEYRING; see --help\n", stderr), EXIT_USAGE;
    if (taskseal_keyring_load(&r->ring, keys, &error) == TASKSEAL_OK &&
        (!check_key(r, r->to, true) || (r->from != NULL && !check_key(r, r->from, false))))
        return EXIT_USAGE;
    if (r->ring != NULL && taskseal_redis_endpoint_new(&endpoint, uri, &error) == TASKSEAL_OK)
        status = taskseal_redis_connect(endpoint, &r->redis, &error) == TASKSEAL_OK ? EXIT_ALL : EXIT_FAILED;
    if (status != EXIT_ALL)
        fprintf(stderr, "rotate: %s: %s\n", taskseal_err_name(error.code), error.message);
    taskseal_redis_endpoint_free(endpoint); /* the connection keeps what it needs */
    return status;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"dry-run", no_argument, NULL, 'd'},  {"layout", required_argument, NULL, 'l'},
        {"to", required_argument, NULL, 't'}, {"from", required_argument, NULL, 'f'},
        {"help", no_argument, NULL, 'h'},     {NULL, 0, NULL, 0}};
    static struct rotation r = {.layout = &layouts[0]};
    int option;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 't')
            r.to = optarg;
        else if (option == 'f')
            r.from = optarg;
        else if (option == 'd')
            r.dry = true;
        else if (option == 'l')
            r.layout = layout_named(optarg);
        else
            return fputs(USAGE, option == 'h' ? stdout : stderr), option == 'h' ? EXIT_ALL : EXIT_USAGE;
    }
    if (r.to == NULL || r.layout == NULL || optind == argc)
        return fputs(USAGE, stderr), EXIT_USAGE;
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0}); /* keys are kept out of core dumps; DEKs pass by here */
    r.terminal = isatty(STDERR_FILENO);
    int status = set_up(&r);
    for (int i = optind; status == EXIT_ALL && i < argc; i++)
        if (!rotate_queue(&r, argv[i]))
            status = EXIT_FAILED;
    if (r.redis != NULL) {
        int left = report(&r);
        status = status == EXIT_ALL ? left : status;
        redisFree(r.redis);
    }
    taskseal_keyring_free(r.ring);
    return status;
}
