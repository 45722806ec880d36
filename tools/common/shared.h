/* SPDX-License-Identifier: MIT
 *
 * The options that several subcommands share, and the keyring that they name.
 */
#ifndef TASKSEAL_TOOLS_SHARED_H
#define TASKSEAL_TOOLS_SHARED_H

#include <taskseal/taskseal.h>

/* Keys of options without a letter; a subcommand's own begin at KEY_OWN. */
enum { KEY_QUEUE = 256, KEY_TYPE, KEY_ID, KEY_EXTRA, KEY_OWN };

#define CONTEXT_OPTIONS                                                                                      \
    {"queue", KEY_QUEUE, "NAME", "the queue that the task belongs to"},                                      \
        {"type", KEY_TYPE, "NAME", "the type of the task"}, {"id", KEY_ID, "ID", "the task's own id"},       \
    {                                                                                                        \
        "extra", KEY_EXTRA, "TEXT", "anything else that both sides know: a tenant, say"                      \
    }

#define KEYRING_OPTION                                                                                       \
    {                                                                                                        \
        "keyring", 'k', "FILE", "the key file (else $TASKSEAL_KEYRING)"                                      \
    }

#define OUTPUT_OPTION                                                                                        \
    {                                                                                                        \
        "output", 'o', "FILE", "write FILE, which appears whole or not at all, instead\nof standard output"  \
    }

/* Takes one of CONTEXT_OPTIONS. A status of report.h, as all below. */
int context_take(taskseal_context *context, int key, const char *value);

/* Which fields are given, as TASKSEAL_BOUND_... */
unsigned context_given(const taskseal_context *context);

/* Loads the keyring that `path` names, or, where that is NULL, the environment. Reports failures. */
int keyring_open(const char *path, taskseal_keyring **ring);

/* Reports a key id, given with `option` ("--to", say), that the keyring does not hold: the caller's mistake,
 * to be told before anything is read. */
int keyring_check(const taskseal_keyring *ring, const char *option, const char *key_id);

#endif
