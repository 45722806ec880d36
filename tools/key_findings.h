/* SPDX-License-Identifier: MIT
 *
 * What may go wrong with a keyring that is valid: each finding is a warning with a name, documented in
 * taskseal-key(1), and a sentence.
 */
#ifndef TASKSEAL_TOOLS_KEY_FINDINGS_H
#define TASKSEAL_TOOLS_KEY_FINDINGS_H

#include <stdbool.h>

#include <taskseal/taskseal.h>

typedef struct findings {
    bool json;
    size_t count;
} findings;

void findings_begin(findings *self, bool json);

/* Each prints its findings on stdout as it makes them. `within`: seconds. */
void find_in_keys(findings *self, const taskseal_keyring *ring, uint64_t now, uint64_t within);
void find_in_memory(findings *self, const taskseal_keyring *ring);
void find_beside_file(findings *self, const char *path);

#endif
