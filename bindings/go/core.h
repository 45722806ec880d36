/* SPDX-License-Identifier: MIT
 * Made by bundle.py of the headers of lib/core; do not edit. */
#include "taskseal.h"

/* SPDX-License-Identifier: MIT
 * Strict decoding of unpadded base64url (RFC 4648, section 5), in constant time but for where it fails. */
#ifndef TASKSEAL_CORE_BASE64_H
#define TASKSEAL_CORE_BASE64_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* *len = length of what `text_len` characters decode to; false if nothing encodes so. */
bool taskseal__base64_decoded_len(size_t text_len, size_t *len);

/* Decodes to exactly `len` bytes; false unless the text is their one encoding: no white space, no padding,
 * unused bits zero. `out` may have been written to all the same. */
bool taskseal__base64_decode(const char *text, size_t text_len, uint8_t *out, size_t len);

#endif

/* SPDX-License-Identifier: MIT
 * One chunk of a payload, and the AEAD that encrypts it (F 6). */
#ifndef TASKSEAL_CORE_CHUNK_H
#define TASKSEAL_CORE_CHUNK_H

#include <sodium.h>

/* libsodium has a ChaCha20 of its own for x86 only. */
#if defined(__x86_64__)
enum { TASKSEAL__PORTABLE_CHACHA20 = false };
#else
enum { TASKSEAL__PORTABLE_CHACHA20 = true };
#endif

#ifdef crypto_aead_aegis256_KEYBYTES
#define TASKSEAL__HAVE_AEGIS256 1
#else
#define TASKSEAL__HAVE_AEGIS256 0
#endif

enum { TASKSEAL__TAG_MAX = 32 };

/* A message's key, made ready once for all its chunks. The key must outlive it. */
typedef struct taskseal__cipher {
    taskseal_suite suite;
    const uint8_t *key;
    crypto_aead_aes256gcm_state gcm;
} taskseal__cipher;

/* Length of the tag behind every chunk. */
static inline size_t taskseal__tag_len(taskseal_suite suite)
{
    return suite == TASKSEAL_SUITE_AEGIS256 ? 32 : 16;
}

/* The suite is available. */
void taskseal__cipher_init(taskseal__cipher *cipher, taskseal_suite suite, const uint8_t *key);
void taskseal__cipher_wipe(taskseal__cipher *cipher);

/* Wipes what the last chunks left on the stack, and goes on; taskseal__cipher_wipe does that too. */
void taskseal__cipher_forget(const taskseal__cipher *cipher);

/* Encrypts `len` bytes to `len` bytes and a tag. `in` may equal `out`, else the two must not overlap. */
void taskseal__chunk_seal(const taskseal__cipher *cipher, uint64_t index, const uint8_t *in, size_t len,
                          uint8_t *out);

/* Decrypts a chunk of `len` bytes, which counts the tag. False if the tag does not verify; what was written is
 * then the caller's to wipe. */
TASKSEAL_MUST_USE bool taskseal__chunk_open(const taskseal__cipher *cipher, uint64_t index, const uint8_t *in,
                                            size_t len, uint8_t *out);

#endif

/* SPDX-License-Identifier: MIT
 * Time, and the rules of the times in an envelope (F 9.8). */
#ifndef TASKSEAL_CORE_CLOCK_H
#define TASKSEAL_CORE_CLOCK_H


/* *now = `given`, or the system clock floored to seconds if that is 0. BAD_ARGUMENT if `given` exceeds
 * TASKSEAL_TIME_MAX, BAD_CLOCK if the clock can't be read or shows no time of 1 .. TASKSEAL_TIME_MAX. */
TASKSEAL_MUST_USE taskseal_err taskseal__now(uint64_t given, uint64_t *now);

/* NOT_YET_VALID, EXPIRED or OK. All times are at most TASKSEAL_TIME_MAX, except max_age, which is any. */
TASKSEAL_MUST_USE taskseal_err taskseal__check_times(uint64_t sealed_at, uint64_t expires_at,
                                                     uint64_t max_age, uint64_t now);

/* Until when a message id must be remembered (0: for ever), without the spread of the clocks. */
uint64_t taskseal__replay_until(uint64_t sealed_at, uint64_t expires_at, uint64_t max_age);

#endif

/* SPDX-License-Identifier: MIT
 * Reading and writing big-endian fields without ever leaving a buffer. */
#ifndef TASKSEAL_CORE_WIRE_H
#define TASKSEAL_CORE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* A view of what is left to read. Every take either succeeds wholly or leaves the reader as it was. */
typedef struct taskseal__reader {
    const uint8_t *next;
    size_t left;
} taskseal__reader;

static inline bool taskseal__take(taskseal__reader *reader, size_t len, const uint8_t **bytes)
{
    if (reader->left < len)
        return false;
    *bytes = reader->next;
    reader->next += len;
    reader->left -= len;
    return true;
}

static inline bool taskseal__take_u8(taskseal__reader *reader, uint8_t *value)
{
    const uint8_t *bytes;
    if (!taskseal__take(reader, 1, &bytes))
        return false;
    *value = bytes[0];
    return true;
}

static inline bool taskseal__take_u16(taskseal__reader *reader, uint16_t *value)
{
    const uint8_t *bytes;
    if (!taskseal__take(reader, 2, &bytes))
        return false;
    *value = (uint16_t)(bytes[0] << 8 | bytes[1]);
    return true;
}

static inline uint64_t taskseal__get_u64(const uint8_t *bytes)
{
    uint64_t value = 0;
    for (size_t i = 0; i < 8; i++)
        value = value << 8 | bytes[i];
    return value;
}

/* Each put returns the position behind what it wrote; callers have checked the room. */
static inline uint8_t *taskseal__put(uint8_t *at, const void *bytes, size_t len)
{
    memcpy(at, bytes, len);
    return at + len;
}

static inline uint8_t *taskseal__put_u8(uint8_t *at, size_t value)
{
    at[0] = (uint8_t)value;
    return at + 1;
}

static inline uint8_t *taskseal__put_u16(uint8_t *at, size_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
    return at + 2;
}

static inline uint8_t *taskseal__put_u32(uint8_t *at, size_t value)
{
    for (size_t i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> (24 - 8 * i));
    return at + 4;
}

static inline uint8_t *taskseal__put_u64(uint8_t *at, uint64_t value)
{
    for (size_t i = 0; i < 8; i++)
        at[i] = (uint8_t)(value >> (56 - 8 * i));
    return at + 8;
}

/* True if the two ranges share a byte. Compared as integers: pointers into different objects may not be. */
static inline bool taskseal__overlap(const void *a, size_t a_len, const void *b, size_t b_len)
{
    uintptr_t a_at = (uintptr_t)a;
    uintptr_t b_at = (uintptr_t)b;
    if (a_len == 0 || b_len == 0)
        return false;
    return a_at < b_at ? b_at - a_at < a_len : a_at - b_at < b_len;
}

#endif

/* SPDX-License-Identifier: MIT
 * The fields that an envelope is bound to, as an array in bit order (F 5.11). */
#ifndef TASKSEAL_CORE_CONTEXT_H
#define TASKSEAL_CORE_CONTEXT_H



enum { TASKSEAL__CONTEXT_FIELDS = 4 };

/* Field i is that of bit i of TASKSEAL_BOUND_.... */
static inline taskseal_bytes taskseal__context_field(const taskseal_context *context, unsigned i)
{
    const taskseal_bytes fields[TASKSEAL__CONTEXT_FIELDS] = {context->queue, context->type, context->id,
                                                             context->extra};
    return fields[i];
}

/* *given = the bits of the fields that are present; false if one is empty but present, absent but long, or
 * too long. */
static inline bool taskseal__context_given(const taskseal_context *context, unsigned *given)
{
    *given = 0;
    for (unsigned i = 0; i < TASKSEAL__CONTEXT_FIELDS; i++) {
        taskseal_bytes field = taskseal__context_field(context, i);
        if ((field.data == NULL) != (field.len == 0) || field.len > TASKSEAL_CONTEXT_MAX)
            return false;
        if (field.data != NULL)
            *given |= 1U << i;
    }
    return true;
}

/* True if a field shares a byte with a buffer that is written while the fields are still read. */
static inline bool taskseal__context_overlaps(const taskseal_context *context, const void *buffer, size_t len)
{
    for (unsigned i = 0; i < TASKSEAL__CONTEXT_FIELDS; i++) {
        taskseal_bytes field = taskseal__context_field(context, i);
        if (taskseal__overlap(field.data, field.len, buffer, len))
            return true;
    }
    return false;
}

#endif

/* SPDX-License-Identifier: MIT
 * The header of an envelope: all before its chunks (F 2 to F 4). Reader and writer stand side by side in
 * header.c, so that a change to one is seen beside the other. */
#ifndef TASKSEAL_CORE_HEADER_H
#define TASKSEAL_CORE_HEADER_H


enum {
    TASKSEAL__PREAMBLE_BYTES = 24,
    TASKSEAL__COMMITMENT_BYTES = 32,
    TASKSEAL__MAC_BYTES = 16,
    TASKSEAL__DEK_BYTES = 32,
    TASKSEAL__STANZA_COUNT_AT = TASKSEAL__PREAMBLE_BYTES + TASKSEAL__COMMITMENT_BYTES,
    TASKSEAL__STANZAS_AT = TASKSEAL__STANZA_COUNT_AT + 1,
    TASKSEAL__FIRST_ANONYMOUS_TYPE = 0x80,
    TASKSEAL__BODY_MAX = 96 /* of the stanza types that we write */
};

typedef struct taskseal__stanza {
    uint8_t type;
    const uint8_t *key_id;
    size_t key_id_len;
    const uint8_t *body;
    size_t body_len;
} taskseal__stanza;

/* A parsed envelope: views into the input, which must outlive it. */
typedef struct taskseal__header {
    const uint8_t *preamble; /* also the start of the envelope */
    const uint8_t *commitment;
    const uint8_t *mac; /* behind all that it covers */
    const uint8_t *chunks;
    size_t chunks_len;
    size_t payload_len; /* with its padding, if padded */
    taskseal_suite suite;
    taskseal_purpose purpose;
    bool padded;
    bool anonymous; /* the stanzas are of the anonymous class (F 4.2) */
    uint8_t bound;
    uint64_t sealed_at;
    uint64_t expires_at;
    size_t stanza_count;
    taskseal__stanza stanzas[TASKSEAL_STANZAS_MAX];
} taskseal__header;

/* The fields of a preamble that is to be written. */
typedef struct taskseal__preamble {
    taskseal_suite suite;
    taskseal_purpose purpose;
    bool padded;
    uint8_t bound;
    uint64_t sealed_at;
    uint64_t expires_at;
} taskseal__preamble;

/* True if `data` begins as an envelope does, in either form: then it is never plaintext (F 11). */
bool taskseal__begins_sealed(const void *data, size_t len);

/* Parses strictly, and reads no byte of `sealed` behind its first TASKSEAL_HEADER_MAX: `len` alone decides
 * whether the chunks are framed rightly. NOT_SEALED, MALFORMED, UNSUPPORTED_VERSION, UNSUPPORTED_SUITE. */
TASKSEAL_MUST_USE taskseal_err taskseal__header_parse(taskseal__header *header, const void *sealed,
                                                      size_t len);

/* The same for the header alone: what is behind its MAC is not looked at, and chunks_len and payload_len are 0. */
TASKSEAL_MUST_USE taskseal_err taskseal__header_parse_head(taskseal__header *header, const void *sealed,
                                                           size_t len);

/* How many bytes the header has at least, as far as its first `len` bytes tell. More than `len`: at most
 * TASKSEAL_HEADER_MAX, and so many are needed to go on. Else the header is complete, or what is there is none. */
size_t taskseal__header_asks(const uint8_t *bytes, size_t len);

/* Bytes before the chunks. */
size_t taskseal__header_len(const taskseal__header *header);

/* The stanza of this id and, if `type` is not 0, of this type; NULL if there is none. */
const taskseal__stanza *taskseal__header_find(const taskseal__header *header, const char *key_id,
                                              size_t key_id_len, unsigned type);

/* The order of stanzas (F 4.1): negative, 0 or positive as a stands before, at or behind b. */
int taskseal__key_id_compare(const void *a, size_t a_len, const void *b, size_t b_len);

/* True for 1..255 of [0-9A-Za-z._:/@+-], the first one alphanumeric (F 4.4). */
bool taskseal__key_id_valid(const void *key_id, size_t len);

/* Length of a stanza's body for the types that we read and write (F 4.5), 0 for others. */
size_t taskseal__body_len(unsigned type);

/* Writes a preamble of TASKSEAL__PREAMBLE_BYTES, or what stands before a stanza's body: type, id length, id
 * and body length. Both return the position behind. */
uint8_t *taskseal__put_preamble(uint8_t *at, const taskseal__preamble *fields);
uint8_t *taskseal__put_stanza_head(uint8_t *at, unsigned type, const void *key_id, size_t key_id_len,
                                   size_t body_len);

#endif

/* SPDX-License-Identifier: MIT
 * The suites: which AEAD encrypts the chunks, and how a payload is cut into them (F 6). */
#ifndef TASKSEAL_CORE_SUITE_H
#define TASKSEAL_CORE_SUITE_H


enum { TASKSEAL__PAYLOAD_KEY_BYTES = 32 };

#define TASKSEAL__PIECES_MAX (UINT64_C(1) << 38) /* F 6.5 */

/* True for the suite numbers that this version knows, available here or not. */
bool taskseal__suite_known(unsigned suite);

/* *chunks_len = length of the chunks of a payload; false if the format or a size_t can't hold it. */
bool taskseal__chunks_len(taskseal_suite suite, size_t payload_len, size_t *chunks_len);

/* *payload_len = the one payload length that makes chunks of this length; false if none does. */
bool taskseal__payload_len(taskseal_suite suite, size_t chunks_len, size_t *payload_len);

/* Encrypts a payload to chunks. `payload` may equal `out` (in place), else the two must not overlap. If
 * `padded_len` exceeds `len`, padding is added up to it. The suite is available. */
void taskseal__chunks_seal(taskseal_suite suite, const uint8_t key[TASKSEAL__PAYLOAD_KEY_BYTES],
                           const uint8_t *payload, size_t len, size_t padded_len, uint8_t *out);

/* Decrypts chunks, whose framing was checked, to their payload at `out`, which may equal `chunks` (in place;
 * then plaintext may be left behind the payload, up to chunks_len). False if a tag does not verify: the
 * caller wipes what was written. */
TASKSEAL_MUST_USE bool taskseal__chunks_open(taskseal_suite suite,
                                             const uint8_t key[TASKSEAL__PAYLOAD_KEY_BYTES],
                                             const uint8_t *chunks, size_t chunks_len, uint8_t *out);

#endif

/* SPDX-License-Identifier: MIT
 * Everything that is derived from a KEK or a DEK, and the wrap that hides one under the other (F 5). */
#ifndef TASKSEAL_CORE_DERIVE_H
#define TASKSEAL_CORE_DERIVE_H


enum { TASKSEAL__WRAP_KEY_BYTES = 32, TASKSEAL__WRAP_NONCE_MAX = 32 };

/* What the DEK, the preamble and the context fix together. The two halves of one hash. */
typedef struct taskseal__message_keys {
    uint8_t payload_key[TASKSEAL__PAYLOAD_KEY_BYTES];
    uint8_t commitment[TASKSEAL__COMMITMENT_BYTES];
} taskseal__message_keys;

/* Derives both from the fields of `context` that `bound` names (F 5.10). */
void taskseal__derive_message_keys(taskseal__message_keys *keys, const uint8_t dek[TASKSEAL__DEK_BYTES],
                                   const uint8_t preamble[TASKSEAL__PREAMBLE_BYTES], unsigned bound,
                                   const taskseal_context *context);

/* The key that wraps DEKs under this KEK, for this type and id only (F 5.9). */
void taskseal__derive_wrap_key(uint8_t wrap_key[TASKSEAL__WRAP_KEY_BYTES],
                               const uint8_t kek[TASKSEAL_KEY_BYTES], unsigned type, const char *key_id,
                               size_t key_id_len);

/* Wipes what the last derivation or unwrapping left on the stack. For when no further call of ours overwrites it: a
 * wrapping key would outlive the guarded memory that it goes to, a payload key an opening that ends early, and a DEK
 * the opening. */
void taskseal__derive_forget(void);

/* The MAC of all header bytes before it (F 5.12). */
void taskseal__derive_header_mac(uint8_t mac[TASKSEAL__MAC_BYTES], const uint8_t dek[TASKSEAL__DEK_BYTES],
                                 const uint8_t *header, size_t len);

/* Length of the nonce of a wrap of this type, which is available. */
size_t taskseal__wrap_nonce_len(taskseal_key_type type);

/* The wrap's associated data: where the envelope's preamble and commitment stand (they are neighbours), and
 * which key wraps. */
typedef struct taskseal__wrap_binding {
    const uint8_t *preamble;
    taskseal_key_type type;
    const char *key_id;
    size_t key_id_len;
} taskseal__wrap_binding;

/* Writes a stanza's body of taskseal__body_len(type) bytes: nonce | wrapped DEK | tag (F 5.9). */
void taskseal__wrap(uint8_t *body, const taskseal__wrap_binding *binding,
                    const uint8_t wrap_key[TASKSEAL__WRAP_KEY_BYTES], const uint8_t *nonce,
                    const uint8_t dek[TASKSEAL__DEK_BYTES]);

/* False if the body was not made with this key for this binding; `dek` is then wiped. */
TASKSEAL_MUST_USE bool taskseal__unwrap(uint8_t dek[TASKSEAL__DEK_BYTES],
                                        const taskseal__wrap_binding *binding,
                                        const uint8_t wrap_key[TASKSEAL__WRAP_KEY_BYTES],
                                        const uint8_t *body);

#endif

/* SPDX-License-Identifier: MIT
 * Errors with words. */
#ifndef TASKSEAL_CORE_ERROR_H
#define TASKSEAL_CORE_ERROR_H


#if defined(__GNUC__) || defined(__clang__)
#define TASKSEAL__PRINTF(format_at, first_at) __attribute__((format(printf, format_at, first_at)))
#else
#define TASKSEAL__PRINTF(format_at, first_at)
#endif

/* Fills in `error` (NULL is fine; line becomes 0) and returns `code`, so that a caller can say
 * `return taskseal__fail(...)`. The arguments must not hold secrets. */
taskseal_err taskseal__fail(taskseal_error *error, taskseal_err code, const char *format, ...)
    TASKSEAL__PRINTF(3, 4);

/* As taskseal__fail, naming a line of a key file. */
taskseal_err taskseal__fail_line(taskseal_error *error, taskseal_err code, unsigned line, const char *format,
                                 ...) TASKSEAL__PRINTF(4, 5);

#endif

/* SPDX-License-Identifier: MIT
 * The text of key files (doc/keyfile.md). */
#ifndef TASKSEAL_CORE_KEYFILE_H
#define TASKSEAL_CORE_KEYFILE_H


#define TASKSEAL__KEYFILE_NAME         "taskseal-keyring "
#define TASKSEAL__KEYFILE_FIRST_LINE   TASKSEAL__KEYFILE_NAME "1"
#define TASKSEAL__PROTECTED_NAME       "taskseal-keyring-protected "
#define TASKSEAL__PROTECTED_FIRST_LINE TASKSEAL__PROTECTED_NAME "1"

enum {
    TASKSEAL__KEYFILE_MAX = 1024 * 1024,
    TASKSEAL__SECRET_DIGITS = 43, /* base64url of TASKSEAL_KEY_BYTES, unpadded */
    TASKSEAL__SECRET_TEXT_BYTES = 7 + TASKSEAL__SECRET_DIGITS + 1 /* prefix, digits, NUL */
};

/* A key file that was read. Secrets stand in guarded memory; ids and queues in `storage`, which is as long as the
 * text and so never runs out. */
typedef struct taskseal__keyfile {
    taskseal_key *keys;
    unsigned *lines; /* where each key stands, from 1 */
    size_t key_count;
    taskseal_bytes *queues; /* of all keys, one list behind the other */
    size_t queue_count;
    uint8_t *secrets;
    char *storage;
    size_t stored;
    unsigned line; /* the one that is being read */
    taskseal_error *error;
} taskseal__keyfile;

/* Reads the text of a key file (K 1 to K 15). KEYFILE_MALFORMED, KEYFILE_UNSUPPORTED, KEYFILE_PASSPHRASE,
 * SUITE_UNAVAILABLE, NO_MEMORY. Whatever it returns, taskseal__keyfile_forget has to follow. */
TASKSEAL_MUST_USE taskseal_err taskseal__keyfile_read(taskseal__keyfile *file, const char *text,
                                                      size_t text_len, taskseal_error *error);
void taskseal__keyfile_forget(taskseal__keyfile *file);

/* "xchacha20poly1305", "aegis256" or "dedupe"; NULL for other types. */
const char *taskseal__key_type_name(taskseal_key_type type);

/* "active" and so on; NULL for other states. */
const char *taskseal__key_state_name(taskseal_key_state state);

/* A fresh random secret as a key file has it, with a NUL. NO_RANDOM. The caller wipes it. */
TASKSEAL_MUST_USE taskseal_err taskseal__new_secret(char text[TASKSEAL__SECRET_TEXT_BYTES],
                                                    taskseal_key_type type);

/* What stands before the digits of a secret of this type: 7 characters, for scanners of repositories and logs. */
const char *taskseal__secret_prefix(taskseal_key_type type);

#endif

/* SPDX-License-Identifier: MIT
 * Changing the text of a key file. Does no input or output but reading the clock and random numbers. */
#ifndef TASKSEAL_CORE_KEYFILE_CHANGE_H
#define TASKSEAL_CORE_KEYFILE_CHANGE_H


/* BAD_ARGUMENT if the change is incomplete, or has what its action does not take. */
TASKSEAL_MUST_USE taskseal_err taskseal__change_check(const taskseal_keyfile_change *change,
                                                      taskseal_error *error);

/* Applies a checked change (not PROTECT) to the text of an unprotected key file. The new text is in guarded memory,
 * for sodium_free; NULL on failure. UNKNOWN_KEY, KEYFILE_CHANGE, NO_RANDOM, NO_MEMORY, BAD_CLOCK, and those of
 * taskseal_keyring_parse. */
TASKSEAL_MUST_USE taskseal_err taskseal__change_text(const taskseal_keyfile_change *change, const char *text,
                                                     size_t len, char **new_text, size_t *new_len,
                                                     taskseal_error *error);

#endif

/* SPDX-License-Identifier: MIT
 * Writing the lines of a key file. */
#ifndef TASKSEAL_CORE_KEYFILE_LINE_H
#define TASKSEAL_CORE_KEYFILE_LINE_H


/* Where the next byte goes. What does not fit is not written, and `full` says so. */
typedef struct taskseal__writer {
    char *at;
    size_t left;
    bool full;
} taskseal__writer;

void taskseal__write_bytes(taskseal__writer *writer, const char *bytes, size_t len);

/* Writes the line of a key, with its LF. Its secret is what `key` has, or, if that is NULL, `secret` as it is to
 * stand there. */
void taskseal__write_key(taskseal__writer *writer, const taskseal_key *key, const char *secret);

#endif

/* SPDX-License-Identifier: MIT
 * Writing key files: whole or not at all. */
#ifndef TASKSEAL_CORE_KEYFILE_WRITE_H
#define TASKSEAL_CORE_KEYFILE_WRITE_H


#include <sys/stat.h>

/* Makes a new file, mode 0600. KEYFILE_EXISTS, KEYFILE_WRITE, NO_MEMORY. */
TASKSEAL_MUST_USE taskseal_err taskseal__keyfile_write_new(const char *path, const char *text, size_t len,
                                                           taskseal_error *error);

/* Replaces the file that `status` describes, with its owner and mode; keeps the old one as `path`.old if `keep_old`.
 * KEYFILE_WRITE, NO_MEMORY: the file is as it was. */
TASKSEAL_MUST_USE taskseal_err taskseal__keyfile_replace(const char *path, const struct stat *status,
                                                         bool keep_old, const char *text, size_t len,
                                                         taskseal_error *error);

#endif

/* SPDX-License-Identifier: MIT
 * Keyrings from the inside: entries, and who may do what. */
#ifndef TASKSEAL_CORE_KEYRING_H
#define TASKSEAL_CORE_KEYRING_H


#include <stdatomic.h>

typedef struct taskseal__key {
    char *id; /* with a NUL */
    size_t id_len;
    taskseal_key_type type;
    taskseal_key_state state;
    taskseal_bytes *queues; /* NULL: every queue */
    size_t queue_count;
    uint64_t not_before; /* 0: no bound */
    uint64_t not_after;
    const uint8_t *wrap_key; /* in guarded memory; zeros if retired or compromised; a dedupe key as it is */
} taskseal__key;

struct taskseal_keyring {
    atomic_uint holders; /* freed when it reaches 0 */
    taskseal__key *keys;
    size_t count;
    uint8_t *wrap_keys; /* guarded, read-only: TASKSEAL__WRAP_KEY_BYTES for each key */
    bool locked;
};

/* NULL if the keyring has no such id. */
const taskseal__key *taskseal__keyring_find(const taskseal_keyring *ring, const char *key_id,
                                            size_t key_id_len);

/* True if the key is good for the queue. No queue ({NULL, 0}): only keys without a list are. */
bool taskseal__key_serves_queue(const taskseal__key *key, taskseal_bytes queue);

/* True if every queue that `key` is good for is one that `other` is good for. */
bool taskseal__key_queues_within(const taskseal__key *key, const taskseal__key *other);

bool taskseal__key_window_holds(const taskseal__key *key, uint64_t sealed_at);

/* Retired and compromised keys do nothing; each has an error of its own. A dedupe key never seals. */
TASKSEAL_MUST_USE taskseal_err taskseal__key_may_open(const taskseal__key *key);
TASKSEAL_MUST_USE taskseal_err taskseal__key_may_seal(const taskseal__key *key);

/* What keeps an active or named key from working for this queue at this time, if anything: its list or its
 * window. */
TASKSEAL_MUST_USE taskseal_err taskseal__key_serves(const taskseal__key *key, taskseal_bytes queue,
                                                    uint64_t time);

/* One more holder; taskseal_keyring_free is the way back. */
taskseal_keyring *taskseal__keyring_hold(const taskseal_keyring *ring);

/* A key that unlocks an envelope, and its stanza there. */
typedef struct taskseal__match {
    const taskseal__key *key;
    const taskseal__stanza *stanza;
} taskseal__match;

/* CLASS_DENIED or KEY_COMPROMISED for envelopes that no key may touch (F 9.2). */
TASKSEAL_MUST_USE taskseal_err taskseal__keyring_admits(const taskseal_keyring *ring,
                                                        const taskseal__header *header);

/* Unwraps the DEK and verifies the header's MAC (F 9.5). AUTHENTICATION_FAILED wipes `dek`. */
TASKSEAL_MUST_USE taskseal_err taskseal__unlock(uint8_t dek[TASKSEAL__DEK_BYTES],
                                                const taskseal__header *header, const taskseal__match *match);

#endif

/* SPDX-License-Identifier: MIT
 * An opening in progress: the steps of F 9 that come before the payload, in their order. */
#ifndef TASKSEAL_CORE_OPENING_H
#define TASKSEAL_CORE_OPENING_H


/* What was asked, what was parsed, and what was found. */
typedef struct taskseal__opening {
    const taskseal_open_options *options;
    unsigned given;  /* TASKSEAL_BOUND_... of the fields that the caller gave */
    unsigned insist; /* those that must be bound */
    taskseal__header header;
    taskseal__match match;
    taskseal__message_keys keys;
} taskseal__opening;

/* Checks the options, which must outlive the opening: BAD_ARGUMENT. */
TASKSEAL_MUST_USE taskseal_err taskseal__opening_begin(taskseal__opening *o,
                                                       const taskseal_open_options *options);

/* F 9.2 to F 9.8, of o->header, which was parsed. On success o->keys holds the payload key; the caller wipes
 * o->keys always. */
TASKSEAL_MUST_USE taskseal_err taskseal__opening_verify(taskseal__opening *o);

/* F 9.9: everything or nothing of the payload. `out` equals the chunks, or overlaps nothing of them and holds
 * o->header.payload_len bytes. */
TASKSEAL_MUST_USE taskseal_err taskseal__opening_decrypt(const taskseal__opening *o, uint8_t *out,
                                                         size_t *out_len);

/* Fills in `opened`; NULL is fine. */
void taskseal__opening_report(const taskseal__opening *o, taskseal_opened *opened);

#endif

/* SPDX-License-Identifier: MIT
 * Length hiding (F 7): payload | 80 | 00 ... up to max(256, Padmé). */
#ifndef TASKSEAL_CORE_PADDING_H
#define TASKSEAL_CORE_PADDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* *padded = the length that a payload of `len` bytes is padded to; false if no size_t holds it. */
bool taskseal__padded_len(size_t len, size_t *padded);

/* True if some payload is padded to this length. */
bool taskseal__padded_len_valid(size_t padded);

/* Finds the payload's length in decrypted, authentic, padded bytes; false unless the padding is exactly what
 * a sealer writes. Takes the same time for every payload of the same padded length. */
bool taskseal__unpad(const uint8_t *bytes, size_t padded, size_t *len);

#endif

/* SPDX-License-Identifier: MIT
 * Sealing, up to the payload: what is decided before the first byte is written, and the header. */
#ifndef TASKSEAL_CORE_PLAN_H
#define TASKSEAL_CORE_PLAN_H


enum {
    /* DEK | a nonce for each stanza. */
    TASKSEAL__RANDOM_MAX = TASKSEAL__DEK_BYTES + TASKSEAL_STANZAS_MAX * TASKSEAL__WRAP_NONCE_MAX
};

/* Everything about an envelope that is decided before its first byte is written. */
typedef struct taskseal__plan {
    const taskseal__key *keys[TASKSEAL_STANZAS_MAX]; /* in the order of their stanzas */
    size_t key_count;
    taskseal__preamble preamble;
    size_t header_len;
    size_t padded_len; /* the payload's length, if it is not padded */
    size_t total_len;
} taskseal__plan;

/* Checks the options and chooses the keys (F 5.6). Errors: those of taskseal_seal_size. */
TASKSEAL_MUST_USE taskseal_err taskseal__plan_make(taskseal__plan *p, const taskseal_seal_options *options,
                                                   size_t payload_len);

/* LOOKS_SEALED if the options do not allow this payload, of which the first bytes suffice (F 11.5). */
TASKSEAL_MUST_USE taskseal_err taskseal__plan_payload(const taskseal_seal_options *options,
                                                      const void *payload, size_t len);

/* How many random bytes the message takes, at most TASKSEAL__RANDOM_MAX (F 5.7). */
size_t taskseal__plan_random_len(const taskseal__plan *p);

/* Derives the message's keys, and writes the header of p->header_len bytes to `out`. `random` is DEK | a nonce for
 * each stanza in turn. The caller wipes `random` and `keys`. */
void taskseal__plan_header(const taskseal__plan *p, const taskseal_context *context, const uint8_t *random,
                           taskseal__message_keys *keys, uint8_t *out);

/* Writes the whole envelope of p->total_len bytes. `payload` either stands where its chunks will, or overlaps
 * nothing of `out`. The caller wipes `random`. */
void taskseal__seal_message(const taskseal__plan *p, const taskseal_context *context, const uint8_t *random,
                            const uint8_t *payload, size_t payload_len, uint8_t *out);

#endif

/* SPDX-License-Identifier: MIT
 * Key files that are protected with a passphrase (doc/keyfile.md, K 16 to K 22). */
#ifndef TASKSEAL_CORE_PROTECT_H
#define TASKSEAL_CORE_PROTECT_H


/* What a new file asks of whoever tries a passphrase: libsodium's "moderate". */
typedef struct taskseal__protect_cost {
    unsigned passes;
    unsigned kibibytes;
} taskseal__protect_cost;

/* OK also for an absent one. BAD_ARGUMENT if it is empty or too long. */
TASKSEAL_MUST_USE taskseal_err taskseal__passphrase_check(taskseal_bytes passphrase, taskseal_error *error);

/* KEYFILE_PASSPHRASE, for a file without one where one was given. Whoever can replace a protected file can't make
 * another one under its passphrase, but a plain one with keys of his own. */
TASKSEAL_MUST_USE taskseal_err taskseal__not_protected(taskseal_error *error);

/* True if the text begins as a protected key file of the format that we know does. */
bool taskseal__is_protected(const char *text, size_t len);

/* Decrypts to guarded memory: the caller's, for sodium_free; NULL on failure. KEYFILE_PASSPHRASE, KEYFILE_MALFORMED,
 * NO_MEMORY. */
TASKSEAL_MUST_USE taskseal_err taskseal__unprotect(const char *text, size_t len, taskseal_bytes passphrase,
                                                   char **plain, size_t *plain_len, taskseal_error *error);

/* Encrypts the text of a key file, at the usual cost (NULL) or another one. The result is for sodium_free.
 * NO_RANDOM, NO_MEMORY, KEYFILE_CHANGE if it would be longer than a key file may be. */
TASKSEAL_MUST_USE taskseal_err taskseal__protect(const char *plain, size_t plain_len,
                                                 taskseal_bytes passphrase,
                                                 const taskseal__protect_cost *cost, char **text, size_t *len,
                                                 taskseal_error *error);

#endif

/* SPDX-License-Identifier: MIT
 * Where secrets come from and where they live. */
#ifndef TASKSEAL_CORE_SECRET_H
#define TASKSEAL_CORE_SECRET_H


/* Makes libsodium ready; cheap when it is already. NO_RANDOM if the system has no randomness: asked first,
 * because libsodium would abort the process. */
TASKSEAL_MUST_USE taskseal_err taskseal__sodium_init(void);

/* Fills `out` from the system RNG, one request where the kernel answers whole. There is no user-space pool:
 * one would repeat itself after a fork or a VM snapshot. On failure `out` is wiped. */
TASKSEAL_MUST_USE taskseal_err taskseal__random(uint8_t *out, size_t len);

#endif

/* SPDX-License-Identifier: MIT
 * Where the text of a key file comes from. */
#ifndef TASKSEAL_CORE_SOURCE_H
#define TASKSEAL_CORE_SOURCE_H


#include <sys/stat.h>

/* Reads what `source` names, as for taskseal_keyring_load, to guarded memory: the caller's, for sodium_free.
 * BAD_ARGUMENT, KEYFILE_READ, KEYFILE_PERMISSIONS, NO_MEMORY; *text is NULL then. */
TASKSEAL_MUST_USE taskseal_err taskseal__source_read(const char *source, char **text, size_t *len,
                                                     taskseal_error *error);

/* The same for the regular file `fd`, with messages that call it `name`. *status tells what it is. */
TASKSEAL_MUST_USE taskseal_err taskseal__source_read_file(int fd, const char *name, char **text, size_t *len,
                                                          struct stat *status, taskseal_error *error);

/* A file whose end was cut off, by copying it in place say, could lack limits and be valid all the same. A cut inside
 * of a line shows by its lack of a line feed: KEYFILE_MALFORMED (K 2). */
TASKSEAL_MUST_USE taskseal_err taskseal__source_check_end(const char *text, size_t len,
                                                          taskseal_error *error);

/* Puts the name before a message that knows only the line. */
void taskseal__source_name(taskseal_error *error, const char *name);

#endif

/* SPDX-License-Identifier: MIT
 * Streams from the inside: what sealing and opening in pieces have in common. */
#ifndef TASKSEAL_CORE_STREAM_H
#define TASKSEAL_CORE_STREAM_H


typedef enum taskseal__stream_kind {
    TASKSEAL__STREAM_SEALS = 1,
    TASKSEAL__STREAM_OPENS = 2
} taskseal__stream_kind;

/* All of it stands in guarded memory. */
struct taskseal_stream {
    taskseal__stream_kind kind;
    bool finished;
    taskseal_err failure; /* the first one; the keys are wiped then */
    taskseal_keyring *ring;
    taskseal_opened opened; /* what finish reports */

    uint8_t payload_key[TASKSEAL__PAYLOAD_KEY_BYTES];
    taskseal__cipher cipher;
    uint64_t index;   /* of the next piece */
    size_t piece_len; /* what is there of it; opening: with its tag */
    uint8_t piece[TASKSEAL_CHUNK_BYTES + TASKSEAL__TAG_MAX];

    size_t header_len; /* sealing: what is still to be given out. opening: what has come so far */
    uint8_t header[TASKSEAL_HEADER_MAX];
    bool header_done; /* opening: verified; the cipher is ready */

    bool sealed_allowed;                /* sealing */
    taskseal_open_options open_options; /* opening: with its context in `context` */
    uint8_t context[];
};

/* A zeroed stream with `context_len` bytes behind it, that holds `ring`; NULL if there is no memory. */
taskseal_stream *taskseal__stream_new(taskseal__stream_kind kind, const taskseal_keyring *ring,
                                      size_t context_len);

/* Each takes or gives some bytes; `out` is large enough (taskseal_stream_size). Errors are final. */
TASKSEAL_MUST_USE taskseal_err taskseal__stream_seal_update(taskseal_stream *s, const uint8_t *in, size_t len,
                                                            uint8_t *out, size_t *out_len);
TASKSEAL_MUST_USE taskseal_err taskseal__stream_seal_finish(taskseal_stream *s, uint8_t *out,
                                                            size_t *out_len);
TASKSEAL_MUST_USE taskseal_err taskseal__stream_open_update(taskseal_stream *s, const uint8_t *in, size_t len,
                                                            uint8_t *out, size_t *out_len);
TASKSEAL_MUST_USE taskseal_err taskseal__stream_open_finish(taskseal_stream *s, uint8_t *out,
                                                            size_t *out_len);

#endif

/* SPDX-License-Identifier: MIT
 * Times as people write them, in the one form 2026-11-21T20:15:00Z. */
#ifndef TASKSEAL_CORE_TIMESTAMP_H
#define TASKSEAL_CORE_TIMESTAMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* *time = seconds since 1970; false unless the text is exactly one such time after 1970-01-01T00:00:00Z,
 * without a leap second. */
bool taskseal__parse_timestamp(const char *text, size_t len, uint64_t *time);

enum { TASKSEAL__TIMESTAMP_LEN = 20 };

/* Writes the one form of a time of 1 .. TASKSEAL_TIME_MAX, without a NUL. */
void taskseal__put_timestamp(char text[TASKSEAL__TIMESTAMP_LEN], uint64_t time);

#endif
