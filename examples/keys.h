/* SPDX-License-Identifier: MIT
 *
 * keys.h: the keyring of a program that runs on, loaded anew on SIGHUP: for workers and producers. Copy it as it is.
 * Call keys_begin() once at the start, keys_refresh() between two tasks, and keys_end() at the end.
 *
 * For programs of one thread: nobody uses the old keyring while the new one takes its place. Where threads share a
 * keyring, put the new one into a taskseal_slot instead: doc/operations.md, "Changing keys in a running process".
 */
#ifndef KEYS_H
#define KEYS_H

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include <taskseal/taskseal.h>

struct keys {
    taskseal_keyring *ring; /* from keys_begin to keys_end there is always one */
    const char *source;     /* what TASKSEAL_KEYRING holds: a path, fd:, env: or credential: */
    const char *program;    /* who speaks */
};

static volatile sig_atomic_t keys_changed;

static inline void keys_note_change(int signal_number)
{
    (void)signal_number;
    keys_changed = 1;
}

/* The handler comes first, so that a change while the file is read leads to another look. SA_RESTART: a SIGHUP
 * must not disturb the work in hand. */
static inline taskseal_err keys_begin(struct keys *keys, const char *program, const char *source,
                                      taskseal_error *error)
{
    *keys = (struct keys){.source = source, .program = program};
    sigaction(SIGHUP, &(struct sigaction){.sa_handler = keys_note_change, .sa_flags = SA_RESTART}, NULL);
    return taskseal_keyring_load(&keys->ring, source, error);
}

/* In one write, for logs that others write to as well. Ids are no secrets: they stand in every envelope. */
static inline void keys_tell(const struct keys *keys)
{
    const char *primary = NULL;
    size_t count = 0;
    taskseal_key key;
    for (; taskseal_keyring_key(keys->ring, count, &key); count++)
        if (primary == NULL && key.state == TASKSEAL_KEY_ACTIVE && key.type != TASKSEAL_KEY_DEDUPE)
            primary = key.id;
    fprintf(stderr, "%s: the keys were loaded anew: %zu in all, %s seals\n", keys->program, count,
            primary != NULL ? primary : "none");
}

/* After a SIGHUP, loads the key file anew. What does not load leaves the old keyring in use. An opened task's
 * key_id is part of the keyring: it doesn't outlive this call. */
static inline void keys_refresh(struct keys *keys)
{
    taskseal_keyring *fresh;
    taskseal_error error;

    if (!keys_changed)
        return;
    keys_changed = 0; /* before the file is read, for the same reason */
    if (strncmp(keys->source, "fd:", 3) == 0 || strncmp(keys->source, "env:", 4) == 0) {
        fprintf(stderr, "%s: the old keys stay: %s can't be read twice, so restart to change keys\n",
                keys->program, keys->source);
    } else if (taskseal_keyring_load(&fresh, keys->source, &error) != TASKSEAL_OK) {
        fprintf(stderr, "%s: the old keys stay: %s: %s\n", keys->program, taskseal_err_name(error.code),
                error.message);
    } else {
        taskseal_keyring_free(keys->ring);
        keys->ring = fresh;
        keys_tell(keys);
    }
}

static inline void keys_end(struct keys *keys)
{
    taskseal_keyring_free(keys->ring);
    keys->ring = NULL;
}

#endif
