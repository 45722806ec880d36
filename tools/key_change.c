/* SPDX-License-Identifier: MIT */
#include "key_change.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/parse.h"
#include "common/print.h"
#include "common/report.h"
#include "common/secret.h"

enum { DEFAULT_GRACE = 86400 };

int keyfile_choose(keyfile *self, const keyring_choice *choice)
{
    *self = KEYFILE_EMPTY;
    const int status = keyring_source(choice, &self->path);
    if (status != STATUS_OK)
        return status;
    if (keyring_source_is_special(self->path))
        return report_usage("only a key file can be changed, and '%s' is none: give its path", self->path);
    return passphrase_read(&choice->passphrase, &self->passphrase);
}

int keyfile_load(keyfile *self, taskseal_keyring **ring)
{
    return keyring_read(self->path, &self->passphrase, ring);
}

int key_find(const taskseal_keyring *ring, const char *option, const char *key_id, taskseal_key *key)
{
    taskseal_key at;

    for (size_t i = 0; taskseal_keyring_key(ring, i, &at); i++) {
        if (strcmp(at.id, key_id) != 0)
            continue;
        *key = at;
        key->id = NULL; /* what ends with the keyring */
        key->queues = NULL;
        key->queue_count = 0;
        return STATUS_OK;
    }
    return keyring_check(ring, option, key_id);
}

int keyfile_find(keyfile *self, const char *option, const char *key_id, taskseal_key *key)
{
    taskseal_keyring *ring = NULL;

    int status = keyfile_load(self, &ring);
    if (status == STATUS_OK)
        status = key_find(ring, option, key_id, key);
    taskseal_keyring_free(ring);
    return status;
}

int keyfile_apply(keyfile *self, taskseal_keyfile_change *change)
{
    taskseal_error error = {0};
    int status = STATUS_OK;

    for (;;) {
        change->passphrase = (taskseal_bytes){self->passphrase.data, self->passphrase.len};
        const taskseal_err err = taskseal_keyfile_apply(self->path, change, &error);
        if (err == TASKSEAL_OK)
            return STATUS_OK;
        if (!keyring_ask(err, &error, self->path, &self->passphrase, &status))
            return err == TASKSEAL_ERR_UNKNOWN_KEY ? STATUS_USAGE : status;
    }
}

void keyfile_free(keyfile *self)
{
    buffer_free(&self->passphrase);
}

/* The library changes the file that a link points to, and keeps the old one beside that. */
static void print_old(const keyfile *self)
{
    char *real = realpath(self->path, NULL);

    print_safe(stdout, real != NULL ? real : self->path);
    fputs(".old", stdout);
    free(real);
}

bool keyfile_has_old(const keyfile *self)
{
    char *real = realpath(self->path, NULL);
    char *old = NULL;

    if (real == NULL || asprintf(&old, "%s.old", real) < 0)
        old = NULL;
    const bool has = old != NULL && access(old, F_OK) == 0;
    free(old);
    free(real);
    return has;
}

void keyfile_tell_old(const keyfile *self)
{
    fputs("The file as it was before is kept as ", stdout);
    print_old(self);
    fputs(", with its secrets: delete it once the new one serves.\n", stdout);
}

void keyfile_tell_lying_around(const keyfile *self)
{
    print_old(self);
    fputs(" lies beside it, with secrets under another passphrase or none: delete it.\n", stdout);
}

int key_id_operand(int argc, char **argv, const char **key_id)
{
    if (argc - optind != 1)
        return report_usage("give one KEY-ID, not %d", argc - optind);
    *key_id = argv[optind];
    return secret_check("KEY-ID", "a name", *key_id);
}

int queue_list_take(queue_list *self, const char *value)
{
    taskseal_bytes queue;

    self->has_empty = self->has_empty || value[0] == '\0';
    if (value[0] == '\0')
        return STATUS_OK;
    const int status = parse_field("queue", value, &queue);
    if (status != STATUS_OK)
        return status;
    if (self->count == TASKSEAL_QUEUES_MAX)
        return report_usage("--queue can be given at most %u times", TASKSEAL_QUEUES_MAX);
    for (size_t i = 0; i < self->count; i++) {
        if (self->queues[i].len == queue.len && memcmp(self->queues[i].data, queue.data, queue.len) == 0)
            return report_usage("--queue %s is given twice", value);
    }
    self->queues[self->count++] = queue;
    return STATUS_OK;
}

int queue_list_check(const queue_list *self, const char *instead)
{
    return self->has_empty ? report_usage("--queue is empty: %s", instead) : STATUS_OK;
}

int window_check(uint64_t not_before, uint64_t not_after)
{
    if (not_before != 0 && not_after != 0 && not_before > not_after)
        return report_usage(
            "--not-before is later than --not-after: nothing could ever be sealed with the key");
    return STATUS_OK;
}

int grace_end(uint64_t grace, uint64_t *not_after)
{
    const uint64_t now = (uint64_t)time(NULL);

    if (grace > TASKSEAL_TIME_MAX - now)
        return report_usage("--grace ends after the year 9999");
    *not_after = now + (grace != 0 ? grace : DEFAULT_GRACE);
    return STATUS_OK;
}

int keyfile_demote(keyfile *self, taskseal_keyfile_change *change, const taskseal_key *before)
{
    const bool earlier = before->not_after != 0 && before->not_after < change->not_after;
    char end[TIME_TEXT_MAX];

    const int status = keyfile_apply(self, change);
    if (status != STATUS_OK)
        return status;
    format_time(earlier ? before->not_after : change->not_after, end);
    if (before->type == TASKSEAL_KEY_DEDUPE)
        printf("%s makes tags only where it is named now, and none after %s.\n", change->key_id, end);
    else
        printf("%s only opens now, and nothing that was sealed after %s.\n", change->key_id, end);
    if (earlier)
        printf(
            "(That is the not-after that it had already, which is earlier than the grace period's end.)\n");
    return STATUS_OK;
}

/* `text` with ids and paths in the places of its %s. */
static void print_filled(const char *text, const char *first, const char *second)
{
    const char *values[] = {first, second};
    size_t next = 0;

    for (const char *at = text; *at != '\0'; at++) {
        if (at[0] == '%' && at[1] == 's' && next < 2) {
            print_safe(stdout, values[next++]);
            at++;
        } else {
            fputc(*at, stdout);
        }
    }
}

int keyfile_change_one(const keyring_choice *choice, taskseal_keyfile_change *change, const char *done)
{
    keyfile file;

    int status = keyfile_choose(&file, choice);
    if (status == STATUS_OK)
        status = keyfile_apply(&file, change);
    if (status == STATUS_OK) {
        print_filled(done, change->key_id, file.path);
        keyfile_tell_old(&file);
    }
    keyfile_free(&file);
    return status;
}
