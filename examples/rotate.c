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

#include "rekey.h"

enum { EXIT_ALL = 0, EXIT_LEFT = 1, EXIT_USAGE = 2, EXIT_FAILED = 3 };

static void tell(const struct rekey *r, const char *name, const char *text)
{
    (void)r;
    fprintf(stderr, "rotate: %s%s%s\n", name != NULL ? name : "", name != NULL ? ": " : "", text);
}

static void show_progress(struct rekey *r)
{
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\rrotate: %lu seen, %lu moved%s", r->seen, r->moved,
                r->queue == r->queue_count ? "\n" : "");
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
    "  --layout asynq the tasks of Asynq instead of the examples': waiting, scheduled, in groups and their\n"
    "                 bundles, to be retried, archived, completed, with results and error texts that are\n"
    "                 sealed. Active ones are left to their workers\n"
    "  --dry-run      move nothing: say what would be moved\n"
    "\n"
    "environment:\n"
    "  TASKSEAL_URI      rediss://user:password@host:port/0?cacert=...&cert=...&key=...\n"
    "  TASKSEAL_KEYRING  the key file, with both keys\n"
    "\n"
    "exit status: 0 all moved that any key can open; 1 some left: run it again, and look at what stays\n"
    "before a key is retired; 2 usage or configuration; 3 connection failed\n";

static int report(const struct rekey *r)
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
    if (r->interrupted)
        printf("  another server, or one that was started anew, answered on the way\n");
    return rekey_is_done(r) ? EXIT_ALL : EXIT_LEFT;
}

static bool check_key(const struct rekey *r, const char *id, bool must_seal)
{
    const char *lacks = rekey_key_lacks(r->ring, id, must_seal);
    if (lacks != NULL)
        fprintf(stderr, "rotate: key %s is not %s the keyring\n", id, lacks);
    return lacks == NULL;
}

static bool check_serves(const struct rekey *r)
{
    for (size_t i = 0; i < r->queue_count; i++)
        if (!rekey_key_serves(r->ring, r->to, r->queues[i]))
            return fprintf(stderr, "rotate: key %s is not good for queue %s\n", r->to, r->queues[i]), false;
    return true;
}

static bool check_queues(const struct rekey *r)
{
    for (size_t i = 0; i < r->queue_count; i++)
        if (!rekey_queue_is_fine(r->queues[i]))
            return fputs("rotate: a queue's name has 1 to 255 bytes and no braces\n", stderr), false;
    return true;
}

static int set_up(struct rekey *r, taskseal_keyring **ring)
{
    taskseal_redis_endpoint *endpoint = NULL;
    taskseal_error error = {.code = TASKSEAL_OK};
    const char *uri = getenv("TASKSEAL_URI"), *keys = getenv("TASKSEAL_KEYRING");
    int status = EXIT_USAGE;
    if (uri == NULL || keys == NULL)
        return fputs("rotate: set TASKSEAL_URI and TASKSEAL_KEYRING; see --help\n", stderr), EXIT_USAGE;
    r->ring = taskseal_keyring_load(ring, keys, &error) == TASKSEAL_OK ? *ring : NULL;
    if (r->ring != NULL && (!check_key(r, r->to, true) ||
                            (r->from != NULL && !check_key(r, r->from, false)) || !check_serves(r)))
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
    static struct rekey r = {.layout = &layouts[0], .tell = tell, .page = show_progress};
    taskseal_keyring *ring = NULL;
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
    r.queues = (const char *const *)argv + optind;
    r.queue_count = (size_t)(argc - optind);
    int status = check_queues(&r) ? set_up(&r, &ring) : EXIT_USAGE;
    if (status == EXIT_ALL && rekey_begin(&r) != TASKSEAL_OK)
        status = EXIT_FAILED;
    if (status == EXIT_ALL && rekey_run(&r) != TASKSEAL_OK)
        status = EXIT_FAILED;
    if (r.redis != NULL) {
        int left = report(&r);
        status = status == EXIT_ALL ? left : status;
        redisFree(r.redis);
    }
    taskseal_keyring_free(ring);
    return status;
}
