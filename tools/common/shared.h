/* SPDX-License-Identifier: MIT
 *
 * The options that several subcommands share, and the keyring that they name.
 */
#ifndef TASKSEAL_TOOLS_SHARED_H
#define TASKSEAL_TOOLS_SHARED_H

#include <stdbool.h>

#include <taskseal/taskseal.h>

#include "buffer.h"
#include "passphrase.h"
#include "uri.h"

/* Keys of options without a letter; a subcommand's own begin at KEY_OWN. */
enum {
    KEY_QUEUE = 256,
    KEY_TYPE,
    KEY_ID,
    KEY_EXTRA,
    KEY_PASSPHRASE_FILE,
    KEY_PASSPHRASE_FD,
    KEY_SERVER,
    KEY_URI,
    KEY_URI_FILE,
    KEY_URI_FD,
    KEY_OWN
};

#define CONTEXT_OPTIONS                                                                                      \
    {"queue", KEY_QUEUE, "NAME", "the queue that the task belongs to"},                                      \
        {"type", KEY_TYPE, "NAME", "the type of the task"}, {"id", KEY_ID, "ID", "the task's own id"},       \
    {                                                                                                        \
        "extra", KEY_EXTRA, "TEXT", "anything else that both sides know: a tenant, say"                      \
    }

#define PASSPHRASE_OPTIONS                                                                                   \
    {"passphrase-file", KEY_PASSPHRASE_FILE, "FILE",                                                         \
     "read the key file's passphrase from FILE, which others must\n"                                         \
     "not be able to read; else it is asked for"},                                                           \
    {                                                                                                        \
        "passphrase-fd", KEY_PASSPHRASE_FD, "N", "read it from file descriptor N"                            \
    }

#define KEYRING_OPTIONS                                                                                      \
    {"keyring", 'k', "SOURCE",                                                                               \
     "the key file (else $TASKSEAL_KEYRING); or fd:N, env:NAME\nor credential:NAME"},                        \
        PASSPHRASE_OPTIONS

#define OUTPUT_OPTION                                                                                        \
    {                                                                                                        \
        "output", 'o', "FILE", "write FILE, which appears whole or not at all, instead\nof standard output"  \
    }

/* For commands that look into a server or into files: there TASKSEAL_URI is not taken without a word. */
#define SERVER_OPTIONS                                                                                       \
    {"server", KEY_SERVER, NULL, "look into the server that TASKSEAL_URI names"},                            \
        {"uri", KEY_URI, "URI", "into this one (without a password)"},                                       \
        {"uri-file", KEY_URI_FILE, "FILE",                                                                   \
         "into the one whose URI stands in FILE, which others must\nnot be able to read"},                   \
    {                                                                                                        \
        "uri-fd", KEY_URI_FD, "N", "into the one whose URI comes from file descriptor N"                     \
    }

/* Takes one of CONTEXT_OPTIONS. A status of report.h, as all below. */
int context_take(taskseal_context *context, int key, const char *value);

/* Which fields are given, as TASKSEAL_BOUND_... */
unsigned context_given(const taskseal_context *context);

/* Reports --insist with a field that is not given. */
int insist_check(unsigned insist, const taskseal_context *context);

/* Takes a --to: at most TASKSEAL_STANZAS_MAX of them, none twice. */
int recipient_take(const char *key_ids[TASKSEAL_STANZAS_MAX], size_t *count, const char *key_id);

/* What KEYRING_OPTIONS give. */
typedef struct keyring_choice {
    const char *source; /* NULL: that of the environment */
    passphrase_source passphrase;
} keyring_choice;

#define KEYRING_CHOICE_EMPTY                                                                                 \
    ((keyring_choice){NULL, {"--passphrase-file", "--passphrase-fd", NULL, -1, false}})

/* What SERVER_OPTIONS give. */
typedef struct server_choice {
    bool given;
    uri_source source;
} server_choice;

#define SERVER_CHOICE_EMPTY ((server_choice){false, {NULL, NULL, -1}})

/* Whether `key` is one of SERVER_OPTIONS, and taking it. */
bool server_takes(int key);
int server_take(server_choice *choice, int key, const char *value);

/* Whether `key` is one of KEYRING_OPTIONS, and taking it. */
bool keyring_takes(int key);
int keyring_take(keyring_choice *choice, int key, const char *value);

/* The chosen source, of the options or the environment. Reports that there is none, or that it looks secret. */
int keyring_source(const keyring_choice *choice, const char **source);

/* True if it is not a path but one of "fd:", "env:" and "credential:". */
bool keyring_source_is_special(const char *source);

/* Loads the keyring of `source` with the passphrase, which may be empty and is asked for if it is needed then
 * and there is somebody to ask. Reports failures. */
int keyring_read(const char *source, buffer *passphrase, taskseal_keyring **ring);

/* All of that. */
int keyring_open(const keyring_choice *choice, taskseal_keyring **ring);

/* True if a call that was refused with `err` for want of a passphrase can be made again, now that it was asked for
 * and stands in `passphrase`; else *status is to be returned: it was reported. */
bool keyring_ask(taskseal_err err, const taskseal_error *error, const char *source, buffer *passphrase,
                 int *status);

/* Reports a key id, given with `option` ("--to", say), that the keyring does not hold: the caller's mistake,
 * to be told before anything is read. */
int keyring_check(const taskseal_keyring *ring, const char *option, const char *key_id);

#endif
