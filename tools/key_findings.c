/* SPDX-License-Identifier: MIT */
#include "key_findings.h"

#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/print.h"
#include "common/report.h"
#include "key_print.h"

enum { SENTENCE_MAX = 5000, QUEUE_SHOWN = 256 };

void findings_begin(findings *self, bool json)
{
    *self = (findings){.json = json};
}

static void add(findings *self, const char *name, const char *key_id, const char *format, ...)
    PRINTF_LIKE(4, 5);

/* `key_id` NULL: it is about no key alone. */
static void add(findings *self, const char *name, const char *key_id, const char *format, ...)
{
    char sentence[SENTENCE_MAX];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    if (self->json) {
        printf("%s{\"name\":\"%s\",\"key\":", self->count > 0 ? "," : "", name);
        if (key_id != NULL)
            print_json_string(stdout, key_id);
        else
            fputs("null", stdout);
        fputs(",\"message\":", stdout);
        print_json_string(stdout, sentence);
        fputc('}', stdout);
    } else {
        printf("warning: %s: ", name);
        print_safe(stdout, sentence);
        fputc('\n', stdout);
    }
    self->count++;
}

/* ---- Whether there is a key for each queue ---- */

/* A queue in words, cut if it is long. */
static void name_queue(taskseal_bytes queue, char text[QUEUE_SHOWN])
{
    FILE *to = fmemopen(text, QUEUE_SHOWN, "w");

    text[0] = '\0';
    if (to == NULL)
        return;
    print_queue(to, queue);
    fclose(to);
    text[QUEUE_SHOWN - 1] = '\0';
}

static void check_queue(findings *self, const taskseal_keyring *ring, uint64_t now, taskseal_bytes queue)
{
    const taskseal_seal_options probe = {.keyring = ring, .context = {.queue = queue}, .now = now};
    char text[QUEUE_SHOWN];

    const taskseal_err err = taskseal_seal_size(&probe, 0, NULL, NULL);
    if (err == TASKSEAL_OK || err == TASKSEAL_ERR_SUITE_UNAVAILABLE)
        return;
    name_queue(queue, text);
    add(self, "no-active-key", NULL,
        "nothing can be sealed for queue %s now (%s): promote a key that is good for it, or change the "
        "limits of the active one",
        text, taskseal_err_name(err));
}

static bool same(taskseal_bytes one, taskseal_bytes other)
{
    return one.len == other.len && memcmp(one.data, other.data, one.len) == 0;
}

static bool has_queue(const taskseal_key *key, taskseal_bytes queue)
{
    for (size_t i = 0; i < key->queue_count; i++) {
        if (same(key->queues[i], queue))
            return true;
    }
    return false;
}

/* True if a key before `end` has the queue too: it was checked there. */
static bool was_checked(const taskseal_keyring *ring, size_t end, taskseal_bytes queue)
{
    taskseal_key key;

    for (size_t i = 0; i < end && taskseal_keyring_key(ring, i, &key); i++) {
        if (key.type != TASKSEAL_KEY_DEDUPE && has_queue(&key, queue))
            return true;
    }
    return false;
}

static void check_queues(findings *self, const taskseal_keyring *ring, uint64_t now)
{
    taskseal_key key;
    bool unlisted = false;

    for (size_t i = 0; taskseal_keyring_key(ring, i, &key); i++) {
        if (key.type == TASKSEAL_KEY_DEDUPE)
            continue;
        unlisted = unlisted || key.queue_count == 0;
        for (size_t q = 0; q < key.queue_count; q++) {
            if (!was_checked(ring, i, key.queues[q]))
                check_queue(self, ring, now, key.queues[q]);
        }
    }
    const taskseal_seal_options probe = {.keyring = ring, .now = now};
    const taskseal_err err = taskseal_seal_size(&probe, 0, NULL, NULL);
    if (unlisted && err != TASKSEAL_OK && err != TASKSEAL_ERR_SUITE_UNAVAILABLE)
        add(self, "no-active-key", NULL,
            "nothing can be sealed now for queues that no key lists (%s): promote a key that is good for "
            "every queue, or change the limits of the active one",
            taskseal_err_name(err));
}

/* ---- One key, and two ---- */

static void check_window(findings *self, const taskseal_key *key, uint64_t now, uint64_t within)
{
    char when[TIME_TEXT_MAX];

    if (key->not_before > now) {
        format_time(key->not_before, when);
        add(self, "window-not-begun", key->id, "active key %s seals nothing before %s", key->id, when);
    }
    format_time(key->not_after, when);
    if (key->not_after != 0 && key->not_after < now)
        add(self, "window-ended", key->id, "active key %s seals nothing any more: its window ended %s",
            key->id, when);
    else if (key->not_after != 0 && key->not_after - now <= within)
        add(self, "window-ends", key->id, "the window of active key %s ends %s: promote another before",
            key->id, when);
}

static bool windows_meet(const taskseal_key *one, const taskseal_key *other)
{
    return (one->not_after == 0 || other->not_before <= one->not_after) &&
           (other->not_after == 0 || one->not_before <= other->not_after);
}

/* True if `above` seals by default where `below` could, at some time, for some queue that `below` is meant for. */
static bool hides(const taskseal_key *above, const taskseal_key *below)
{
    if (above->state != TASKSEAL_KEY_ACTIVE || below->state != TASKSEAL_KEY_ACTIVE ||
        (above->type == TASKSEAL_KEY_DEDUPE) != (below->type == TASKSEAL_KEY_DEDUPE) ||
        !windows_meet(above, below))
        return false;
    if (above->queue_count == 0)
        return true;
    for (size_t i = 0; i < above->queue_count; i++) {
        if (has_queue(below, above->queues[i]))
            return true;
    }
    return false;
}

static void check_pair(findings *self, const taskseal_key *above, const taskseal_key *below)
{
    if (hides(above, below))
        add(self, "two-active-keys", below->id,
            "%s and %s are active for the same queue: only the first seals by default; demote the other",
            above->id, below->id);
}

/* `index`: that of `key`. */
static void check_order(findings *self, const taskseal_keyring *ring, size_t index, const taskseal_key *key)
{
    taskseal_key below;

    for (size_t i = index + 1; taskseal_keyring_key(ring, i, &below); i++)
        check_pair(self, key, &below);
}

void find_in_keys(findings *self, const taskseal_keyring *ring, uint64_t now, uint64_t within)
{
    taskseal_key key;

    check_queues(self, ring, now);
    for (size_t i = 0; taskseal_keyring_key(ring, i, &key); i++) {
        if (key.state == TASKSEAL_KEY_ACTIVE)
            check_window(self, &key, now, within);
        check_order(self, ring, i, &key);
    }
}

/* ---- Around the keys ---- */

void find_in_memory(findings *self, const taskseal_keyring *ring)
{
    if (!taskseal_keyring_locked(ring))
        add(self, "memory-not-locked", NULL,
            "keys can't be locked into memory here and may reach swap: raise RLIMIT_MEMLOCK (ulimit -l, "
            "LimitMEMLOCK=)");
}

/* Of what mkstemp puts in the place of its six X. */
static bool is_temporary_suffix(const char *text)
{
    static const char letters[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    return text[0] == '.' && strlen(text) == 7 && strspn(text + 1, letters) == 6;
}

/* What a write of the file `name` has left that was interrupted (SIGKILL, a power cut). `directory` ends with "/.". */
static void find_leftovers(findings *self, const char *directory, const char *name)
{
    const size_t len = strlen(name);
    const struct dirent *entry;
    DIR *all = opendir(directory);

    if (all == NULL)
        return;
    while ((entry = readdir(all)) != NULL) {
        if (strncmp(entry->d_name, name, len) == 0 && is_temporary_suffix(entry->d_name + len))
            add(self, "leftover-file", NULL,
                "%.*s%s may be what an interrupted write left, with secrets: delete it if no change is being "
                "made",
                (int)strlen(directory) - 1, directory, entry->d_name);
    }
    closedir(all);
}

void find_beside_file(findings *self, const char *path)
{
    char other[SENTENCE_MAX / 2];
    char *real = realpath(path, NULL);
    struct stat meta;

    if (real != NULL)
        path = real;
    if (snprintf(other, sizeof other, "%s.old", path) < (int)sizeof other && lstat(other, &meta) == 0)
        add(self, "old-file", NULL, "%s lies around, with secrets: delete it once the new file serves",
            other);
    const char *slash = strrchr(path, '/');
    snprintf(other, sizeof other, "%.*s/.", slash != NULL ? (int)(slash - path) : 1,
             slash != NULL ? path : ".");
    find_leftovers(self, other, slash != NULL ? slash + 1 : path);
    /* In a sticky directory nobody else can rename or replace our file. */
    if (stat(other, &meta) == 0 && (meta.st_mode & (S_IWGRP | S_IWOTH)) != 0 && (meta.st_mode & S_ISVTX) == 0)
        add(self, "directory-writable", NULL,
            "others can put another key file in this one's place: chmod go-w %s", other);
    free(real);
}
