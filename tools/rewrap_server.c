/* SPDX-License-Identifier: MIT
 *
 * The engine is examples/rekey.h, which rotate is built of, too.
 */
#include "rewrap_server.h"

#include "common/print.h"
#include "common/progress.h"
#include "common/report.h"
#include "common/uri.h"
#include "rewrap_print.h"
#include "rewrap_state.h"

typedef struct job {
    rewrap_state state;
    progress shown;
    uint64_t rate;
} job;

static void tell(const struct rekey *run, const char *name, const char *text)
{
    (void)run;
    report_note("%s%s%s", name != NULL ? name : "", name != NULL ? ": " : "", text);
}

static void show(const struct rekey *run, progress *shown)
{
    char seen[COUNT_TEXT_MAX];
    char moved[COUNT_TEXT_MAX];

    if (!progress_is_due(shown))
        return;
    format_count(run->seen, seen);
    format_count(run->moved, moved);
    report_over("%s envelopes, %s moved, %zu of %zu queues, %.0f envelopes/s", seen, moved, run->queue,
                run->queue_count, (double)run->seen / progress_seconds(shown));
}

static void page_done(struct rekey *run)
{
    job *self = run->data;

    show(run, &self->shown);
    if (run->queue == run->queue_count)
        return;
    run->stop = rewrap_state_save(&self->state, run) != STATUS_OK;
    progress_keep_rate(&self->shown, run->commands, self->rate);
}

/* NULL, or a queue that the key is not good for. */
static const char *unserved(const struct rekey *run, const char *key_id)
{
    for (size_t i = 0; i < run->queue_count; i++) {
        if (!rekey_key_serves(run->ring, key_id, run->queues[i]))
            return run->queues[i];
    }
    return NULL;
}

/* The first key that seals, of those that were not named to be replaced; if there is one, that is good for the
 * queues. */
static const char *successor(const struct rekey *run)
{
    const char *first = NULL;
    taskseal_key key;

    for (size_t i = 0; taskseal_keyring_key(run->ring, i, &key); i++) {
        if (key.state != TASKSEAL_KEY_ACTIVE || key.type == TASKSEAL_KEY_DEDUPE ||
            (run->from != NULL && strcmp(key.id, run->from) == 0))
            continue;
        if (unserved(run, key.id) == NULL)
            return key.id;
        first = first != NULL ? first : key.id;
    }
    return first;
}

static int check(const rewrap_queues *what, struct rekey *run)
{
    run->layout = what->layout != NULL ? layout_named(what->layout) : &layouts[0];
    if (run->layout == NULL)
        return report_usage("--layout is 'examples' or 'asynq'");
    for (size_t i = 0; i < what->count; i++) {
        if (!rekey_queue_is_fine(what->queues[i]))
            return report_usage("--queue: a name has 1 to 255 bytes, and no braces");
    }
    if (run->to == NULL)
        run->to = successor(run);
    if (run->to == NULL)
        return report_error(TASKSEAL_ERR_KEY_NOT_ACTIVE, NULL);
    if (run->from != NULL && strcmp(run->from, run->to) == 0)
        return report_usage("--from and --to are the same key");
    if (rekey_key_lacks(run->ring, run->to, true) != NULL)
        return report_usage("--to %s is not active: 'taskseal key promote' makes it so", run->to);
    if (unserved(run, run->to) != NULL)
        return report_usage("--to %s is not good for queue %s: its workers could not open what is moved",
                            run->to, unserved(run, run->to));
    return STATUS_OK;
}

/* What ended it was told when it happened. */
static int status_of(const struct rekey *run, taskseal_err err)
{
    const int status = run->told[0] != '\0' ? report_status(err) : report_error(err, NULL);

    return status == STATUS_USAGE ? STATUS_REFUSED : status;
}

static int go(struct rekey *run, job *self, const rewrap_queues *what)
{
    char database[URI_PART_MAX];

    uri_database(what->uri, database);
    taskseal_err err = rekey_begin(run);
    if (err != TASKSEAL_OK)
        return status_of(run, err);
    int status = rewrap_state_begin(&self->state, what->state, database, run);
    if (status == STATUS_OK) /* now, so that a file that can't be written is told before anything is moved */
        status = rewrap_state_save(&self->state, run);
    if (status != STATUS_OK)
        return status;
    progress_begin(&self->shown, true);
    err = rekey_run(run);
    progress_end(&self->shown);
    const bool whole = err == TASKSEAL_OK && !run->stop;
    if (what->json)
        rewrap_print_json(run, whole, self->state.resumed);
    else
        rewrap_print(run, whole);
    if (err != TASKSEAL_OK)
        return status_of(run, err);
    if (run->stop)
        return self->state.status;
    status = rewrap_state_end(&self->state);
    return status == STATUS_OK && !rekey_is_done(run) ? STATUS_REFUSED : status;
}

static int connect_to(const char *uri, redisContext **redis)
{
    taskseal_redis_endpoint *endpoint = NULL;
    taskseal_error error = {0};

    taskseal_err err = taskseal_redis_endpoint_new(&endpoint, uri, &error);
    if (err == TASKSEAL_OK)
        err = taskseal_redis_connect(endpoint, redis, &error);
    taskseal_redis_endpoint_free(endpoint); /* the connection keeps what it needs */
    if (err == TASKSEAL_OK)
        return STATUS_OK;
    (void)report_error(err, error.message);
    /* The arguments are the URI's: even BAD_ARGUMENT is no misuse of the command line. */
    return taskseal_err_permanent(err) ? STATUS_REFUSED : STATUS_RETRY;
}

int rewrap_server(const rewrap_queues *what, const taskseal_keyring *ring)
{
    static struct rekey run;
    job self = {.state = {.path = NULL}, .rate = what->rate};

    run = (struct rekey){.ring = ring,
                         .from = what->from,
                         .to = what->to,
                         .dry = what->dry,
                         .queues = what->queues,
                         .queue_count = what->count,
                         .tell = tell,
                         .page = page_done,
                         .data = &self};
    int status = check(what, &run);
    if (status == STATUS_OK)
        status = connect_to(what->uri, &run.redis);
    if (status == STATUS_OK)
        status = go(&run, &self, what);
    if (run.redis != NULL)
        redisFree(run.redis);
    rewrap_state_free(&self.state);
    return status;
}
