/* SPDX-License-Identifier: MIT
 *
 * Sealing and opening whole envelopes, and what else is done with them: included by taskseal.h, which says what
 * holds for every function.
 */
#ifndef TASKSEAL_ENVELOPE_H
#define TASKSEAL_ENVELOPE_H

#include <taskseal/keys.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- What an envelope is bound to ------------------------------------------------------------- */

/* Each field is 1..TASKSEAL_CONTEXT_MAX bytes, or absent ({NULL, 0}); empty but present is a
 * BAD_ARGUMENT. Fields given when sealing are bound: the envelope opens only for the same ones. */
typedef struct taskseal_context {
    taskseal_bytes queue;
    taskseal_bytes type;
    taskseal_bytes id;
    taskseal_bytes extra; /* anything else: a tenant, a schema version */
} taskseal_context;

enum { TASKSEAL_BOUND_QUEUE = 1, TASKSEAL_BOUND_TYPE = 2, TASKSEAL_BOUND_ID = 4, TASKSEAL_BOUND_EXTRA = 8 };

/* Keeps a sealed result or error text from being passed off as a payload. */
typedef enum taskseal_purpose {
    TASKSEAL_PAYLOAD = 0,
    TASKSEAL_RESULT = 1,
    TASKSEAL_ERROR_TEXT = 2,
    TASKSEAL_REFERENCE = 3
} taskseal_purpose;

/* ---- Sealing ---------------------------------------------------------------------------------- */

enum {
    TASKSEAL_SEAL_PADDED = 1,      /* hide the length: at least 256 bytes, at most 12 % more (F 7) */
    TASKSEAL_SEAL_ALLOW_SEALED = 2 /* the payload may itself be an envelope (bundles) */
};

typedef struct taskseal_seal_options {
    const taskseal_keyring *keyring;
    const char *const *key_ids; /* seal to each of these keys, 1..TASKSEAL_STANZAS_MAX; NULL: the primary,
                                   which is the first active key good for the queue and for the time */
    size_t key_count;
    taskseal_context context;
    taskseal_suite suite; /* 0: ChaCha20-Poly1305 */
    taskseal_purpose purpose;
    unsigned flags;      /* TASKSEAL_SEAL_... */
    uint64_t expires_at; /* give at most one of these two */
    uint64_t lifetime;   /* seconds; below 600 a slow clock starts to destroy tasks */
    uint64_t now;        /* the seal time; 0: the system clock */
} taskseal_seal_options;

/* The size of the envelope that these options make of `payload_len` bytes, and, for
 * taskseal_seal_in_place, the offset at which the payload must stand. Either output may be NULL.
 *  BAD_ARGUMENT     options out of range, twice the same key, expiry not after the seal time, more
 *                   than memory or the format holds
 *  SUITE_UNAVAILABLE, UNKNOWN_KEY, KEY_NOT_ACTIVE, KEY_RETIRED, KEY_COMPROMISED, KEY_WRONG_QUEUE,
 *  KEY_OUTSIDE_WINDOW, BAD_CLOCK */
TASKSEAL_MUST_USE taskseal_err taskseal_seal_size(const taskseal_seal_options *options, size_t payload_len,
                                                  size_t *sealed_len, size_t *payload_offset);

/* Seals `payload` (may be NULL if payload_len is 0) into `out`; *out_len is the envelope's length.
 *  BUFFER_TOO_SMALL  out_cap < taskseal_seal_size
 *  LOOKS_SEALED      the payload begins as an envelope or its text form does
 *  NO_RANDOM, and those of taskseal_seal_size */
TASKSEAL_MUST_USE taskseal_err taskseal_seal(const taskseal_seal_options *options, const void *payload,
                                             size_t payload_len, void *out, size_t out_cap, size_t *out_len);

/* As taskseal_seal, with the payload already in `buffer` at the offset that taskseal_seal_size gave; the
 * envelope replaces it and begins at buffer[0]. On failure the buffer is unchanged. (The offset depends on
 * the keys: give key_ids or `now` where the primary key could change between the two calls.) */
TASKSEAL_MUST_USE taskseal_err taskseal_seal_in_place(const taskseal_seal_options *options, void *buffer,
                                                      size_t buffer_cap, size_t payload_len, size_t *out_len);

/* One of the messages of a batch. */
typedef struct taskseal_seal_item {
    taskseal_context context; /* this message's own */
    const void *payload;
    size_t payload_len;
    void *out;
    size_t out_cap;
    size_t out_len; /* set by taskseal_seal_batch */
} taskseal_seal_item;

/* Seals `count` messages with the same options but for their context (options->context is to be absent), asking the
 * system's random number generator once for up to 32 of them. All or nothing: if one can't be sealed, every
 * out_len is 0 and *failed (may be NULL) is the position of the first that could not be (`count` if it was none of
 * them: no randomness, say). An output must not overlap the outputs or inputs of other items either, which is
 * not checked. Errors as taskseal_seal. */
TASKSEAL_MUST_USE taskseal_err taskseal_seal_batch(const taskseal_seal_options *options,
                                                   taskseal_seal_item *items, size_t count, size_t *failed);

/* ---- Opening ---------------------------------------------------------------------------------- */

enum { TASKSEAL_INSIST_NONE = 0x100 }; /* for `insist`: accept envelopes that bind less than was given */

typedef struct taskseal_open_options {
    const taskseal_keyring *keyring;
    taskseal_context context; /* every field the opener knows, from its own knowledge: never from the
                                  message */
    unsigned insist;          /* TASKSEAL_BOUND_... that the envelope must bind, among the fields given;
                                  0: all of these */
    taskseal_purpose purpose; /* the only one accepted */
    unsigned allowed_suites;  /* bit 1 << suite; 0: every suite */
    uint64_t max_age;         /* seconds since the seal time; 0: no limit */
    uint64_t now;             /* 0: the system clock */
} taskseal_open_options;

/* What a complete open has proved. */
typedef struct taskseal_opened {
    uint8_t message_id[TASKSEAL_MESSAGE_ID_BYTES]; /* unique per seal, unchanged by rewrap */
    const char *key_id;                            /* the key that opened it; lives as long as the keyring */
    taskseal_suite suite;
    uint64_t sealed_at;
    uint64_t expires_at;   /* 0: never */
    uint64_t replay_until; /* remember the message id at least until then, plus the spread of your
                               clocks; 0: for ever */
} taskseal_opened;

/* An upper bound on what opening releases, exact when the envelope is not padded: the capacity that
 * taskseal_open needs. Reads the header only and trusts nothing. Errors: those of taskseal_inspect. */
TASKSEAL_MUST_USE taskseal_err taskseal_open_size(const void *sealed, size_t sealed_len, size_t *payload_cap);

/* Verifies `sealed` wholly and writes its payload to `out`: all or nothing. `opened` may be NULL.
 * In the order in which they are found (F 9):
 *  NOT_SEALED, MALFORMED, UNSUPPORTED_VERSION, UNSUPPORTED_SUITE, BUFFER_TOO_SMALL
 *  CLASS_DENIED, KEY_COMPROMISED, KEY_RETIRED, KEY_WRONG_QUEUE, UNKNOWN_KEY
 *  AUTHENTICATION_FAILED
 *  KEY_OUTSIDE_WINDOW, SUITE_DENIED, SUITE_UNAVAILABLE, WRONG_PURPOSE, CONTEXT_MISMATCH (a field insisted
 *  on is not bound), CONTEXT_REQUIRED, CONTEXT_MISMATCH (a bound field differs)
 *  BAD_CLOCK, NOT_YET_VALID, EXPIRED
 *  DAMAGED
 * and BAD_ARGUMENT before all of them. NOT_SEALED is returned exactly when taskseal_is_sealed says
 * TASKSEAL_PLAIN: an envelope in text form is MALFORMED here, and never mistaken for plaintext. */
TASKSEAL_MUST_USE taskseal_err taskseal_open(const taskseal_open_options *options, const void *sealed,
                                             size_t sealed_len, void *out, size_t out_cap, size_t *out_len,
                                             taskseal_opened *opened);

/* As taskseal_open, decrypting inside `buffer`: *payload points into it. Once decryption has begun a
 * failure wipes the buffer (DAMAGED), so keep the original where the message must survive. */
TASKSEAL_MUST_USE taskseal_err taskseal_open_in_place(const taskseal_open_options *options, void *buffer,
                                                      size_t sealed_len, void **payload, size_t *payload_len,
                                                      taskseal_opened *opened);

/* ---- Re-keying -------------------------------------------------------------------------------- */

typedef struct taskseal_rewrap_options {
    const taskseal_keyring *keyring;
    const char *from_key_id; /* the key to unwrap with and to drop; NULL: the first key of the keyring,
                                other than the new one, that the envelope names and that may open; if there
                                is none, the new key itself (which refreshes its wrap) */
    const char *to_key_id;   /* the new key; NULL: the first active key that may succeed the old one and is
                                good for the same queues */
    uint64_t now;
} taskseal_rewrap_options;

/* A capacity that suffices for rewrapping an envelope of `sealed_len` bytes with any options. */
size_t taskseal_rewrap_size(size_t sealed_len);

/* Moves the envelope from one KEK to another without touching its payload and without needing its context.
 * The result has the same message id, times, bindings and payload bytes (F 10). Rewrapping is hygiene, not
 * a cure for a leaked key: see doc/threat-model.md.
 * In the order in which they are found (F 10), after BAD_ARGUMENT:
 *  NOT_SEALED, MALFORMED, UNSUPPORTED_VERSION, UNSUPPORTED_SUITE
 *  BAD_CLOCK
 *  CLASS_DENIED, KEY_COMPROMISED
 *  UNKNOWN_KEY, KEY_RETIRED  no key of the keyring may unwrap it
 *  UNKNOWN_KEY, KEY_RETIRED, KEY_COMPROMISED, KEY_NOT_ACTIVE  the new key may not seal
 *  KEY_WRONG_QUEUE           the new key is good for a queue that the old one is not
 *  KEY_OUTSIDE_WINDOW        the seal time is outside the new key's window: it could not be opened again
 *  AUTHENTICATION_FAILED
 *  NOT_YET_VALID, EXPIRED
 *  KEY_OUTSIDE_WINDOW        the seal time is outside the old key's window
 *  BUFFER_TOO_SMALL          also: the new header would exceed TASKSEAL_HEADER_MAX
 *  NO_RANDOM */
TASKSEAL_MUST_USE taskseal_err taskseal_rewrap(const taskseal_rewrap_options *options, const void *sealed,
                                               size_t sealed_len, void *out, size_t out_cap, size_t *out_len);

/* ---- Sealing anew ----------------------------------------------------------------------------- */

typedef struct taskseal_reseal_options {
    taskseal_open_options open; /* how to open it, completely */
    const char *const
        *key_ids; /* as in taskseal_seal_options; NULL: the primary for the queue that the envelope
                                   is bound to, if any, and its seal time (F 10.13) */
    size_t key_count;
    taskseal_suite suite; /* 0: that of the envelope */
} taskseal_reseal_options;

/* A capacity that suffices for taskseal_reseal, whatever keys it uses; the new envelope is mostly shorter. Trusts
 * nothing.
 * BAD_ARGUMENT, and those of taskseal_inspect. */
TASKSEAL_MUST_USE taskseal_err taskseal_reseal_size(const taskseal_reseal_options *options,
                                                    const void *sealed, size_t sealed_len,
                                                    size_t *reseal_cap);

/* Opens an envelope and seals its payload with a fresh DEK, so that whoever knows the old DEK can't read the new
 * envelope. Seal time, expiry, bindings, purpose and padding stay; the message id changes: record the old
 * one (`opened`, which may be NULL, tells it) as done together with storing the replacement (F 10.10). The
 * payload passes through `out` only. A reseal never makes trustworthy again what could have been forged.
 *  Errors as taskseal_open, then as taskseal_seal; on failure `out` is wiped */
TASKSEAL_MUST_USE taskseal_err taskseal_reseal(const taskseal_reseal_options *options, const void *sealed,
                                               size_t sealed_len, void *out, size_t out_cap, size_t *out_len,
                                               taskseal_opened *opened);

/* ---- Dedupe tags ------------------------------------------------------------------------------ */

typedef struct taskseal_dedupe_options {
    const taskseal_keyring *keyring;
    const char *key_id;   /* a key of type dedupe; NULL: the first active one that is good for the queue */
    taskseal_bytes queue; /* what else must be equal; absent: not looked at */
    taskseal_bytes type;
    const taskseal_bytes *fields; /* what makes the task unique, in a fixed order; NULL: its whole payload */
    size_t field_count;
    uint64_t now; /* for the key's window; 0: the system clock */
} taskseal_dedupe_options;

/* Computes a tag that is equal for equal tasks, so that unique-job features work although every envelope differs.
 * The tag tells whoever sees it which tasks are equal, and whoever gets the key later can guess small payloads:
 * use a key of its own for it and replace it once per longest unique period (doc/format.md). With fields,
 * `payload` is not looked at, and may be NULL; a field may be empty, but not longer than 2^32 - 1 bytes.
 *  BAD_ARGUMENT
 *  UNKNOWN_KEY, KEY_RETIRED, KEY_COMPROMISED, KEY_NOT_ACTIVE (no key named, and no active one), KEY_WRONG_USE (not a
 *  dedupe key), KEY_WRONG_QUEUE, KEY_OUTSIDE_WINDOW, BAD_CLOCK */
TASKSEAL_MUST_USE taskseal_err taskseal_dedupe_tag(const taskseal_dedupe_options *options,
                                                   const void *payload, size_t payload_len,
                                                   uint8_t tag[TASKSEAL_DEDUPE_TAG_BYTES]);

/* ---- Looking without a key -------------------------------------------------------------------- */

typedef struct taskseal_stanza {
    uint8_t type;                         /* 1 and 2: taskseal_key_type; others by doc/format.md */
    char key_id[TASKSEAL_KEY_ID_MAX + 1]; /* NUL-terminated */
} taskseal_stanza;

/* What an envelope SAYS of itself. Nothing of it is verified: anyone who can write to the queue can have
 * written it. */
typedef struct taskseal_info {
    uint8_t version;
    uint8_t suite;
    uint8_t purpose;
    bool padded;
    uint8_t bound; /* TASKSEAL_BOUND_... */
    uint8_t stanza_count;
    uint64_t sealed_at;
    uint64_t expires_at; /* 0: never */
    uint8_t message_id[TASKSEAL_MESSAGE_ID_BYTES];
    size_t header_len;
    size_t payload_len; /* with its padding, if padded */
    taskseal_stanza stanzas[TASKSEAL_STANZAS_MAX];
} taskseal_info;

/* Parses an envelope (complete, in binary form) strictly. Needs no key.
 *  NOT_SEALED, MALFORMED, UNSUPPORTED_VERSION, UNSUPPORTED_SUITE */
TASKSEAL_MUST_USE taskseal_err taskseal_inspect(const void *sealed, size_t sealed_len, taskseal_info *info);

/* Copies the message id out of an envelope's header: unverified until the envelope was opened. Errors as
 * taskseal_inspect. */
TASKSEAL_MUST_USE taskseal_err taskseal_message_id(const void *sealed, size_t sealed_len,
                                                   uint8_t id[TASKSEAL_MESSAGE_ID_BYTES]);

typedef enum taskseal_sealed {
    TASKSEAL_PLAIN = 0,  /* does not begin as an envelope does, in either form */
    TASKSEAL_SEALED = 1, /* framing is right (which proves nothing else) */
    TASKSEAL_NEWER = 2,  /* an envelope of a version or suite that this library can't read */
    TASKSEAL_BROKEN = 3  /* begins as an envelope does, framing wrong: cut, say */
} taskseal_sealed;

/* Tells what `data` is, in binary or in text form. For queues that still carry both kinds: only
 * TASKSEAL_PLAIN may be treated as plaintext. */
taskseal_sealed taskseal_is_sealed(const void *data, size_t len);

/* ---- Text form -------------------------------------------------------------------------------- */

#define TASKSEAL_TEXT_PREFIX "tsl1."

/* For queues that carry JSON or text: TASKSEAL_TEXT_PREFIX and unpadded base64url (F 8). The size is
 * without a NUL; 0 if it exceeds SIZE_MAX. */
size_t taskseal_text_size(size_t sealed_len);

/* Writes the text form of an envelope, and a NUL that *out_len does not count.
 *  BUFFER_TOO_SMALL  out_cap < taskseal_text_size(sealed_len) + 1
 *  and those of taskseal_inspect: only envelopes are encoded */
TASKSEAL_MUST_USE taskseal_err taskseal_text_encode(const void *sealed, size_t sealed_len, char *out,
                                                    size_t out_cap, size_t *out_len);

/* Decodes the text form strictly; `out` needs at most text_len bytes.
 *  NOT_SEALED        no TASKSEAL_TEXT_PREFIX (and no envelope in binary form either)
 *  MALFORMED         not the one valid encoding of an envelope; an envelope in binary form
 *  BUFFER_TOO_SMALL, UNSUPPORTED_VERSION, UNSUPPORTED_SUITE */
TASKSEAL_MUST_USE taskseal_err taskseal_text_decode(const char *text, size_t text_len, void *out,
                                                    size_t out_cap, size_t *out_len);

#ifdef __cplusplus
}
#endif

#endif
