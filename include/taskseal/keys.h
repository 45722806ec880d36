/* SPDX-License-Identifier: MIT
 *
 * Keyrings and key files: included by taskseal.h, which says what holds for every function.
 */
#ifndef TASKSEAL_KEYS_H
#define TASKSEAL_KEYS_H

#include <taskseal/error.h>
#include <taskseal/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Keyrings --------------------------------------------------------------------------------- */

/* Keys in guarded memory that is locked, left out of core dumps, and wiped when the keyring is freed.
 * Immutable after it is made. Order matters: keys are tried for a match in the keyring's order, and the
 * first active key that is good for the queue is the one that seals by default (the primary). */
typedef struct taskseal_keyring taskseal_keyring;

typedef enum taskseal_key_state {
    TASKSEAL_KEY_ACTIVE = 1,     /* seals, opens, rewraps from and to */
    TASKSEAL_KEY_OPEN_ONLY = 2,  /* opens, rewraps from */
    TASKSEAL_KEY_RETIRED = 3,    /* a tombstone: its envelopes are refused with a name of their own */
    TASKSEAL_KEY_COMPROMISED = 4 /* as retired, and any envelope that so much as names it is refused */
} taskseal_key_state;

/* A key as given to taskseal_keyring_new. */
typedef struct taskseal_key {
    const char *id; /* 1..255 of [0-9A-Za-z._:/@+-], the first one alphanumeric; unique */
    taskseal_key_type type;
    taskseal_key_state state;
    const uint8_t *secret; /* TASKSEAL_KEY_BYTES random bytes, never a password; NULL if and only if the
                              state is retired or compromised */
    const taskseal_bytes *queues; /* the queues it is good for, or NULL for every queue */
    size_t queue_count;
    uint64_t not_before; /* window for the seal time, inclusive; 0: open on that side */
    uint64_t not_after;
} taskseal_key;

/* Makes a keyring of `count` (1..TASKSEAL_KEYS_MAX) keys; *out is the caller's, freed with taskseal_keyring_free.
 * The secrets are copied (into a form derived from them): wipe yours afterwards.
 *  BAD_ARGUMENT       an id, type, state, secret (also all zero), queue or window is out of its range,
 *                     or an id occurs twice: error->message says which
 *  SUITE_UNAVAILABLE  a key of type aegis256 in a build without AEGIS-256
 *  NO_MEMORY, NO_RANDOM */
TASKSEAL_MUST_USE taskseal_err taskseal_keyring_new(taskseal_keyring **out, const taskseal_key *keys,
                                                    size_t count, taskseal_error *error);

/* Makes a keyring of a key file's text in memory (from a secret manager, say). The format is that of
 * doc/keyfile.md. The caller keeps `text` and should wipe it.
 *  KEYFILE_MALFORMED    with error->line and the reason; never with a secret
 *  KEYFILE_UNSUPPORTED  a key file of a newer format, which is named
 *  KEYFILE_PASSPHRASE   a protected key file: use taskseal_keyring_read
 *  SUITE_UNAVAILABLE, NO_MEMORY, NO_RANDOM as above */
TASKSEAL_MUST_USE taskseal_err taskseal_keyring_parse(taskseal_keyring **out, const char *text,
                                                      size_t text_len, taskseal_error *error);

/* Makes a keyring of the key file that `source` names:
 *  "/etc/app/keyring"      a path; one that begins with a word and a colon is written "./word:..."
 *  "fd:3"                  an open descriptor (a file, pipe or socket), which is read to its end and left open
 *  "env:APP_KEYRING"       the text itself in an environment variable (which children inherit: prefer the others)
 *  "credential:keyring"    a file of that name in $CREDENTIALS_DIRECTORY, where systemd's LoadCredential= puts it
 *  KEYFILE_READ         it can't be opened or read, is larger than 1 MiB, is no regular file (paths and
 *                       credentials), or the variable is not set
 *  KEYFILE_PERMISSIONS  a regular file on which its group or others have any permission, or whose owner is
 *                       neither this process's effective user nor root. (A credential that root owns may be
 *                       readable by root's group: so systemd shows one that it grants to the service's user.)
 *  BAD_ARGUMENT         no source, or no name or number behind the colon
 *  and those of taskseal_keyring_parse */
TASKSEAL_MUST_USE taskseal_err taskseal_keyring_load(taskseal_keyring **out, const char *source,
                                                     taskseal_error *error);

typedef struct taskseal_keyring_source {
    const char *source;        /* as for taskseal_keyring_load, */
    taskseal_bytes text;       /* or the text itself: give one of the two */
    taskseal_bytes passphrase; /* 1..TASKSEAL_PASSPHRASE_MAX bytes; absent if the file is not protected */
} taskseal_keyring_source;

/* taskseal_keyring_load and taskseal_keyring_parse in one, for key files that may be protected with a passphrase
 * (argon2id and XChaCha20-Poly1305, doc/keyfile.md). It takes as long and as much memory as the file says, at
 * most 1 GiB; by default a second and 256 MiB.
 *  KEYFILE_PASSPHRASE  the passphrase is missing or wrong, or was given for a file that has none: somebody may have
 *                      put that in the place of a protected one
 *  and those of both */
TASKSEAL_MUST_USE taskseal_err taskseal_keyring_read(taskseal_keyring **out,
                                                     const taskseal_keyring_source *from,
                                                     taskseal_error *error);

/* Lets go of the keyring: wiped and freed when nobody holds it any more (the caller, a slot or those who took it
 * there, a stream). NULL is fine. No call may be using what the caller lets go of. */
void taskseal_keyring_free(taskseal_keyring *ring);

/* False if the system refused to lock the keys into memory (RLIMIT_MEMLOCK too small): they are still
 * guarded, wiped and left out of core dumps, but may reach swap. Callers who can't have that stop here. */
bool taskseal_keyring_locked(const taskseal_keyring *ring);

/* Describes the key at `index` (from 0, in the keyring's order), without its secret, which is NULL here. What it
 * points to lives as long as the keyring. False, and *key all 0, behind the last key. */
bool taskseal_keyring_key(const taskseal_keyring *ring, size_t index, taskseal_key *key);

/* ---- Changing keys while running -------------------------------------------------------------- */

/* A place that holds a keyring for the threads of a process, and where another one can be put at any time. Whoever
 * takes the keyring keeps it until he frees it; the old one goes when the last one has let go of it.
 *
 *     taskseal_keyring *ring = taskseal_slot_take(slot);
 *     taskseal_open_options options = {.keyring = ring, .context = context};
 *     err = taskseal_open(&options, sealed, sealed_len, payload, sizeof payload, &payload_len, NULL);
 *     taskseal_keyring_free(ring);
 *
 * A slot uses a mutex: a process that forks while another thread is inside must not use it in the child. */
typedef struct taskseal_slot taskseal_slot;

/* Makes a slot that holds `ring`, which is the slot's from then on (also on failure it is not freed: it is then
 * still the caller's). BAD_ARGUMENT, NO_MEMORY. */
TASKSEAL_MUST_USE taskseal_err taskseal_slot_new(taskseal_slot **out, taskseal_keyring *ring);

/* The keyring that the slot holds now; free it with taskseal_keyring_free. Never fails (but for NULL, which gives
 * NULL), and never waits for work that others do with their keyring. */
TASKSEAL_MUST_USE taskseal_keyring *taskseal_slot_take(taskseal_slot *slot);

/* Puts `ring`, which is the slot's from then on, in place of the one that it holds and lets go of that. Calls that
 * began with the old one end with it. BAD_ARGUMENT for NULL: the slot keeps what it has, the caller `ring`. */
TASKSEAL_MUST_USE taskseal_err taskseal_slot_put(taskseal_slot *slot, taskseal_keyring *ring);

/* Lets go of the keyring and frees the slot, which nobody may be using. NULL is fine. */
void taskseal_slot_free(taskseal_slot *slot);

/* ---- Key files -------------------------------------------------------------------------------- */

/* Creates a key file with one fresh active key, mode 0600, atomically: the complete file appears or none.
 *  BAD_ARGUMENT (key id or type), SUITE_UNAVAILABLE, NO_RANDOM, NO_MEMORY
 *  KEYFILE_EXISTS  something of that name exists; it is left as it is
 *  KEYFILE_WRITE   the file could not be written; nothing is left behind */
TASKSEAL_MUST_USE taskseal_err taskseal_keyfile_create(const char *path, const char *key_id,
                                                       taskseal_key_type type, taskseal_error *error);

typedef enum taskseal_keyfile_action {
    TASKSEAL_KEYFILE_ADD =
        1, /* a fresh key with `type`, `queues` and the window given; it opens only, until it
                                    is promoted, so that every copy of the file can learn it first */
    TASKSEAL_KEYFILE_PROMOTE = 2, /* it becomes active and the first of its type, and so the primary */
    TASKSEAL_KEYFILE_DEMOTE = 3,  /* it opens only, and nothing sealed later than `not_after` opens with it */
    TASKSEAL_KEYFILE_RETIRE = 4,  /* its secret goes; not while it is active, nor before its not-after */
    TASKSEAL_KEYFILE_COMPROMISE = 5, /* the same, at once */
    TASKSEAL_KEYFILE_LIMIT =
        6, /* `queues` and the window replace those that it has, as far as they are given */
    TASKSEAL_KEYFILE_PROTECT = 7 /* the file gets `new_passphrase`; absent: none */
} taskseal_keyfile_action;

enum { TASKSEAL_KEYFILE_ANY_QUEUE = 1, TASKSEAL_KEYFILE_ANY_TIME = 2 }; /* LIMIT: lift that limit first */

typedef struct taskseal_keyfile_change {
    taskseal_keyfile_action action;
    const char *key_id;           /* not for PROTECT */
    taskseal_key_type type;       /* ADD; 0: XChaCha20-Poly1305 */
    const taskseal_bytes *queues; /* ADD, LIMIT */
    size_t queue_count;
    uint64_t not_before;           /* ADD, LIMIT; 0: not given */
    uint64_t not_after;            /* ADD, LIMIT, DEMOTE */
    unsigned flags;                /* TASKSEAL_KEYFILE_ANY_... */
    taskseal_bytes passphrase;     /* of the file, if it is protected; the new one is protected with it too */
    taskseal_bytes new_passphrase; /* PROTECT */
} taskseal_keyfile_change;

/* Changes one key of the key file at `path`; all other lines stay as they are, comments included. The file is
 * locked against other changers, for whom it waits 10 s; the new one appears whole or not at all; the old one
 * is kept as `path`.old with mode 0600 (with its secrets: delete it when you no longer need it).
 *  BAD_ARGUMENT        the change is incomplete or has what its action does not take
 *  UNKNOWN_KEY         the file has no such key
 *  KEYFILE_CHANGE      it has one already (ADD), or the key's state does not permit it: error->message says what does
 *  KEYFILE_PASSPHRASE  the passphrase is missing or wrong
 *  KEYFILE_WRITE       it can't be locked or written, or another process is changing it; the file is as it was
 *  and those of taskseal_keyring_load for paths, NO_RANDOM, NO_MEMORY, SUITE_UNAVAILABLE */
TASKSEAL_MUST_USE taskseal_err taskseal_keyfile_apply(const char *path, const taskseal_keyfile_change *change,
                                                      taskseal_error *error);

#ifdef __cplusplus
}
#endif

#endif
