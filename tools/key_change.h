/* SPDX-License-Identifier: MIT
 *
 * What the subcommands of `taskseal key` that change a key file have in common.
 */
#ifndef TASKSEAL_TOOLS_KEY_CHANGE_H
#define TASKSEAL_TOOLS_KEY_CHANGE_H

#include <taskseal/taskseal.h>

#include "common/buffer.h"
#include "common/shared.h"

#define KEYFILE_OPTIONS {"keyring", 'k', "FILE", "the key file (else $TASKSEAL_KEYRING)"}, PASSPHRASE_OPTIONS

/* A key file that is being changed. */
typedef struct keyfile {
    const char *path;
    buffer passphrase; /* empty until it is given or asked for */
} keyfile;

#define KEYFILE_EMPTY ((keyfile){NULL, BUFFER_EMPTY})

/* All report what fails, and return a status of report.h. */

/* Finds the file that was chosen, which must be a path, and reads the passphrase, if its source was given. */
int keyfile_choose(keyfile *self, const keyring_choice *choice);

/* Finds type and state of a key in the file as it is, which must hold it; `option` is where its id was given. */
int keyfile_find(keyfile *self, const char *option, const char *key_id, taskseal_key *key);

/* The same in a keyring, which keyfile_load loads. */
int key_find(const taskseal_keyring *ring, const char *option, const char *key_id, taskseal_key *key);
int keyfile_load(keyfile *self, taskseal_keyring **ring);

/* Applies a change, with the file's passphrase. A key that the file lacks is a mistake on the command line. */
int keyfile_apply(keyfile *self, taskseal_keyfile_change *change);

void keyfile_free(keyfile *self);

/* Prints where the old file is, after all else. */
void keyfile_tell_old(const keyfile *self);

/* Whether there is one, and telling that it is not protected as the new one is. */
bool keyfile_has_old(const keyfile *self);
void keyfile_tell_lying_around(const keyfile *self);

/* Finds the one KEY-ID operand. */
int key_id_operand(int argc, char **argv, const char **key_id);

/* The queues of --queue. */
typedef struct queue_list {
    taskseal_bytes queues[TASKSEAL_QUEUES_MAX];
    size_t count;
    bool has_empty;
} queue_list;

int queue_list_take(queue_list *self, const char *value);

/* Reports an empty queue among them, with what to do instead. */
int queue_list_check(const queue_list *self, const char *instead);

/* Reports a window that is none. */
int window_check(uint64_t not_before, uint64_t not_after);

/* The end of a grace period that begins now; 0: 24 h. Reports one that ends after the year 9999. */
int grace_end(uint64_t grace, uint64_t *not_after);

/* Demotes the key of `change`, and says so, with the time that counts: an earlier not-after of the key, which was
 * `before`, stays. Of `before` only type and window are looked at. */
int keyfile_demote(keyfile *self, taskseal_keyfile_change *change, const taskseal_key *before);

/* A change of one key, by subcommands that need nothing else: chooses the file, applies, and on success prints
 * `done`, in which the key's id stands for the first %s and the file's for the second. */
int keyfile_change_one(const keyring_choice *choice, taskseal_keyfile_change *change, const char *done);

#endif
