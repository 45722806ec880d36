/* SPDX-License-Identifier: MIT
 *
 * What `key drain-report` has counted: how many envelopes still name each key, and what could not be looked into.
 * What envelopes say is unverified: whoever can write to the queue can keep a key from being retired, but what he
 * removes was lost anyway.
 */
#ifndef TASKSEAL_TOOLS_DRAIN_H
#define TASKSEAL_TOOLS_DRAIN_H

#include <stdbool.h>

#include <taskseal/taskseal.h>

#include "common/buffer.h"

typedef struct drain_key {
    char id[TASKSEAL_KEY_ID_MAX + 1];
    bool known; /* the keyring has it: then what stands in it is in `key` */
    taskseal_key key;
    uint64_t envelopes;
    uint64_t oldest; /* seal time */
    uint64_t latest; /* expiry, of those that have one */
    uint64_t never;  /* how many have none */
} drain_key;

/* Why something could not be looked into. */
typedef enum drain_skip {
    DRAIN_UNREADABLE, /* begins as an envelope does, but is cut, or of a newer version */
    DRAIN_EMBEDDED,   /* an envelope may stand somewhere inside another value */
    DRAIN_TOO_LARGE,
    DRAIN_STRANGE, /* a type of the server's that is not known here */
    DRAIN_REFUSED, /* the server, or the system, did not let us read it */
    DRAIN_NO_ROOM, /* names more keys, which the keyring lacks, than are counted */
    DRAIN_SKIPS
} drain_skip;

extern const char *const drain_skip_names[DRAIN_SKIPS]; /* for JSON */
extern const char *const drain_skip_texts[DRAIN_SKIPS];

typedef struct drain {
    drain_key *keys;
    size_t key_count;
    size_t key_cap;
    uint64_t envelopes;
    uint64_t plain; /* values that are no envelopes and hold none */
    uint64_t skipped[DRAIN_SKIPS];
    buffer scratch;
    uint64_t now;
} drain;

/* Begins with the keys of the keyring, which must outlive it. Reports a lack of memory; a status of report.h. */
int drain_begin(drain *self, const taskseal_keyring *ring);
void drain_end(drain *self);

/* Counts a value: an envelope in binary or text form, or something else. */
void drain_take(drain *self, const void *data, size_t len);

void drain_skip_one(drain *self, drain_skip why);
uint64_t drain_skipped(const drain *self);

/* Whether a key of the keyring may be retired, as far as can be told. */
typedef enum drain_verdict {
    DRAIN_MAY_RETIRE,
    DRAIN_IN_USE,     /* envelopes name it */
    DRAIN_ACTIVE,     /* it seals */
    DRAIN_IN_GRACE,   /* copies of the key file may still seal with it */
    DRAIN_NO_END,     /* the same: it has no not-after */
    DRAIN_INCOMPLETE, /* something was skipped */
    DRAIN_DEDUPE,     /* envelopes never name it */
    DRAIN_GONE        /* it has no secret any more */
} drain_verdict;

drain_verdict drain_judge(const drain *self, const drain_key *key);

void drain_print(const drain *self);
void drain_print_json(const drain *self);

#endif
