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
    bool named; /* it was named to be judged */
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

enum { DRAIN_SOURCE_MAX = 1200, DRAIN_REFUSAL_MAX = 256 };

typedef struct drain {
    drain_key *keys;
    size_t key_count;
    size_t key_cap;
    uint64_t envelopes;
    uint64_t plain; /* values that are no envelopes and hold none */
    uint64_t skipped[DRAIN_SKIPS];
    buffer scratch;
    uint64_t now;
    bool some_named;                 /* only the keys that were named are judged */
    char source[DRAIN_SOURCE_MAX];   /* what was looked into, in words */
    const char *match;               /* the pattern of a server's keys; NULL: files */
    uint64_t matched;                /* keys of the database that it let pass; SCAN may give one twice */
    uint64_t database;               /* keys that the database has */
    bool has_database;               /* ... if the server told */
    char refusal[DRAIN_REFUSAL_MAX]; /* the first error that the server gave; "": none */
} drain;

/* Begins with the keys of the keyring, which must outlive it. Reports a lack of memory; a status of report.h. */
int drain_begin(drain *self, const taskseal_keyring *ring);
void drain_end(drain *self);

/* Only this key of the keyring, and others that are named, are judged and reported. False if there is none. */
bool drain_name(drain *self, const char *key_id);

/* Counts a value: an envelope in binary or text form, or something else. */
void drain_take(drain *self, const void *data, size_t len);

void drain_skip_one(drain *self, drain_skip why);
uint64_t drain_skipped(const drain *self);

/* Whether there was something to look into, and all of it could be. */
bool drain_complete(const drain *self);

/* Whether a key of the keyring may be retired, as far as can be told. */
typedef enum drain_verdict {
    DRAIN_MAY_RETIRE,
    DRAIN_IN_USE,     /* envelopes name it */
    DRAIN_ACTIVE,     /* it seals */
    DRAIN_IN_GRACE,   /* copies of the key file may still seal with it */
    DRAIN_NO_END,     /* the same: it has no not-after */
    DRAIN_INCOMPLETE, /* something was skipped, or nothing was seen */
    DRAIN_DEDUPE,     /* envelopes never name it */
    DRAIN_GONE,       /* it has no secret any more */
    DRAIN_LOST,       /* the same, and envelopes still name it */
    DRAIN_STRANGER    /* the keyring lacks it, and envelopes name it */
} drain_verdict;

drain_verdict drain_judge(const drain *self, const drain_key *key);

/* Whether the key is reported: all are, unless some were named. */
bool drain_reports(const drain *self, const drain_key *key);

/* Whether all is well: it is complete, and every key that was named may be retired or is; or if none was named,
 * every one that does not seal. */
bool drain_is_done(const drain *self);

void drain_print(const drain *self);
void drain_print_json(const drain *self);

#endif
