/* SPDX-License-Identifier: MIT
 * The calls that make keyrings, and make and change key files. */
#include "world.h"

#include "core/protect.h"

#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char secret_words[] = "correct horse";

static taskseal_err keep_ring(taskseal_err err)
{
    if (err == TASKSEAL_OK)
        w.made = w.pointer;
    return err;
}

static taskseal_keyring **ring_place(void)
{
    return (taskseal_keyring **)&w.pointer;
}

/* ---- Keyrings ---- */

static void nothing(void) {}

static taskseal_err run_new(void)
{
    static const uint8_t secrets[2][TASKSEAL_KEY_BYTES] = {{1}, {2}};
    const taskseal_bytes queues[] = {taskseal_str("mail"), taskseal_str("pay")};
    const taskseal_key keys[] = {{.id = "a",
                                  .type = TASKSEAL_KEY_XCHACHA20POLY1305,
                                  .state = TASKSEAL_KEY_ACTIVE,
                                  .secret = secrets[0]},
                                 {.id = "b",
                                  .type = TASKSEAL_KEY_XCHACHA20POLY1305,
                                  .state = TASKSEAL_KEY_OPEN_ONLY,
                                  .secret = secrets[1],
                                  .queues = queues,
                                  .queue_count = 2}};
    return keep_ring(taskseal_keyring_new(ring_place(), keys, 2, &w.error));
}

static taskseal_err run_parse(void)
{
    return keep_ring(taskseal_keyring_parse(ring_place(), keyfile_text, strlen(keyfile_text), &w.error));
}

static void make_file(void)
{
    w.passphrase = (taskseal_bytes){NULL, 0};
    w.keeps_no_old = false;
    file_write("keyring", keyfile_text, strlen(keyfile_text));
    file_write("before", keyfile_text, strlen(keyfile_text));
}

static taskseal_err run_load(void)
{
    return keep_ring(taskseal_keyring_load(ring_place(), path_of("keyring"), &w.error));
}

static taskseal_err run_credential(void)
{
    return keep_ring(taskseal_keyring_load(ring_place(), "credential:keyring", &w.error));
}

static void set_variable(void)
{
    if (setenv("TASKSEAL_FAILURES_KEYRING", keyfile_text, 1) != 0)
        need(TASKSEAL_ERR_NO_MEMORY, "setenv");
}

static taskseal_err run_variable(void)
{
    return keep_ring(taskseal_keyring_load(ring_place(), "env:TASKSEAL_FAILURES_KEYRING", &w.error));
}

static taskseal_err run_descriptor(void)
{
    char source[32];
    snprintf(source, sizeof source, "fd:%d", w.fd);
    return keep_ring(taskseal_keyring_load(ring_place(), source, &w.error));
}

static void open_file(void)
{
    make_file();
    w.fd = open(path_of("keyring"), O_RDONLY | O_CLOEXEC);
}

static void open_pipe(void)
{
    int ends[2];
    if (pipe(ends) != 0 ||
        write(ends[1], keyfile_text, strlen(keyfile_text)) != (ssize_t)strlen(keyfile_text) ||
        close(ends[1]) != 0)
        need(TASKSEAL_ERR_IO, "pipe");
    w.fd = ends[0];
}

static void make_protected(void)
{
    char *text;
    size_t len;
    make_file();
    w.passphrase = taskseal_str(secret_words);
    need(taskseal__protect(keyfile_text, strlen(keyfile_text), w.passphrase, NULL, &text, &len, NULL),
         "protect");
    file_write("keyring", text, len);
    file_write("before", text, len);
    sodium_free(text);
}

static taskseal_err run_read_protected(void)
{
    const taskseal_keyring_source from = {.source = path_of("keyring"), .passphrase = w.passphrase};
    return keep_ring(taskseal_keyring_read(ring_place(), &from, &w.error));
}

/* A keyring that could not be locked into memory says so. */
static taskseal_err run_locked(void)
{
    const taskseal_err err = run_parse();
    if (err == TASKSEAL_OK && points.at == POINT_MLOCK && points.hits > 0 && taskseal_keyring_locked(w.made))
        return TASKSEAL_ERR_BAD_ARGUMENT;
    return err;
}

static taskseal_err run_slot(void)
{
    taskseal_err err = run_parse();
    if (err != TASKSEAL_OK)
        return err;
    err = taskseal_slot_new(&w.slot, w.made);
    if (err != TASKSEAL_OK) {
        w.pointer = w.slot;
        return err; /* the keyring is still ours */
    }
    taskseal_keyring_free(taskseal_slot_take(w.slot));
    w.made = NULL;
    err = run_parse();
    if (err == TASKSEAL_OK)
        err = taskseal_slot_put(w.slot, w.made);
    w.made = NULL;
    return err;
}

/* ---- Key files ---- */

static taskseal_err run_create(void)
{
    w.passphrase = (taskseal_bytes){NULL, 0};
    return taskseal_keyfile_create(path_of("keyring"), "k", TASKSEAL_KEY_XCHACHA20POLY1305, &w.error);
}

static taskseal_err apply_to(const char *name, taskseal_keyfile_change change)
{
    change.passphrase = w.passphrase;
    return taskseal_keyfile_apply(path_of(name), &change, &w.error);
}

static taskseal_err run_add(void)
{
    return apply_to("keyring", (taskseal_keyfile_change){.action = TASKSEAL_KEYFILE_ADD, .key_id = "c"});
}

static taskseal_err run_promote(void)
{
    return apply_to("keyring", (taskseal_keyfile_change){.action = TASKSEAL_KEYFILE_PROMOTE, .key_id = "b"});
}

static taskseal_err run_demote(void)
{
    return apply_to("keyring", (taskseal_keyfile_change){.action = TASKSEAL_KEYFILE_DEMOTE, .key_id = "a"});
}

static taskseal_err run_retire(void)
{
    return apply_to("keyring", (taskseal_keyfile_change){.action = TASKSEAL_KEYFILE_RETIRE, .key_id = "b"});
}

static taskseal_err run_compromise(void)
{
    return apply_to("keyring",
                    (taskseal_keyfile_change){.action = TASKSEAL_KEYFILE_COMPROMISE, .key_id = "a"});
}

static taskseal_err run_limit(void)
{
    const taskseal_bytes queue = taskseal_str("mail");
    return apply_to("keyring", (taskseal_keyfile_change){.action = TASKSEAL_KEYFILE_LIMIT,
                                                         .key_id = "b",
                                                         .queues = &queue,
                                                         .queue_count = 1,
                                                         .not_after = 2000000000});
}

/* The file has no passphrase until this call has succeeded. */
static taskseal_err run_protect(void)
{
    w.passphrase = (taskseal_bytes){NULL, 0};
    w.keeps_no_old = true;
    const taskseal_err err =
        apply_to("keyring", (taskseal_keyfile_change){.action = TASKSEAL_KEYFILE_PROTECT,
                                                      .new_passphrase = taskseal_str("new")});
    if (err == TASKSEAL_OK)
        w.passphrase = taskseal_str("new");
    return err;
}

static void make_link(void)
{
    make_file();
    if (symlink("keyring", path_of("link")) != 0)
        need(TASKSEAL_ERR_IO, "symlink");
}

static taskseal_err run_add_by_link(void)
{
    return apply_to("link", (taskseal_keyfile_change){.action = TASKSEAL_KEYFILE_ADD, .key_id = "c"});
}

static taskseal_err run_add_as_other_user(void)
{
    points.as_other_user = true;
    return run_add();
}

enum { MAKES = GIVES_POINTER | TELLS, CHANGE = CHANGES | TELLS };

const scenario key_scenarios[] = {
    {"taskseal_keyring_new taskseal_keyring_free", "", nothing, run_new, MAKES},
    {"taskseal_keyring_parse", "", nothing, run_parse, MAKES},
    {"taskseal_keyring_load", "a path", make_file, run_load, MAKES},
    {"taskseal_keyring_load", "a credential", make_file, run_credential, MAKES},
    {"taskseal_keyring_load", "a variable", set_variable, run_variable, MAKES},
    {"taskseal_keyring_load", "the descriptor of a file", open_file, run_descriptor, MAKES | ONCE_ONLY},
    {"taskseal_keyring_load", "the descriptor of a pipe", open_pipe, run_descriptor, MAKES | ONCE_ONLY},
    {"taskseal_keyring_read", "a protected file", make_protected, run_read_protected, MAKES},
    {"taskseal_keyring_locked", "", nothing, run_locked, MAKES},
    {"taskseal_slot_new taskseal_slot_take taskseal_slot_put taskseal_slot_free", "", nothing, run_slot,
     GIVES_POINTER | ONCE_ONLY},
    {"taskseal_keyfile_create", "", nothing, run_create, CREATES | TELLS},
    {"taskseal_keyfile_apply", "add", make_file, run_add, CHANGE},
    {"taskseal_keyfile_apply", "promote", make_file, run_promote, CHANGE},
    {"taskseal_keyfile_apply", "demote", make_file, run_demote, CHANGE},
    {"taskseal_keyfile_apply", "retire", make_file, run_retire, CHANGE},
    {"taskseal_keyfile_apply", "compromise", make_file, run_compromise, CHANGE},
    {"taskseal_keyfile_apply", "limit", make_file, run_limit, CHANGE},
    {"taskseal_keyfile_apply", "protect", make_file, run_protect, CHANGE},
    {"taskseal_keyfile_apply", "add to a protected file", make_protected, run_add, CHANGE},
    {"taskseal_keyfile_apply", "add by a symbolic link", make_link, run_add_by_link, CHANGE},
    {"taskseal_keyfile_apply", "add as another user", make_file, run_add_as_other_user, CHANGE},
};

const size_t key_scenario_count = sizeof key_scenarios / sizeof key_scenarios[0];
