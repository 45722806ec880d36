/* SPDX-License-Identifier: MIT
 *
 * Sizes, algorithms and byte strings: included by taskseal.h, which says what holds for all of them.
 */
#ifndef TASKSEAL_TYPES_H
#define TASKSEAL_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Sizes and limits ------------------------------------------------------------------------- */

/* Each size is a macro, and for bindings that can't see macros taskseal_size tells it at run time. */

#define TASKSEAL_KEY_BYTES        32U                    /* a KEK */
#define TASKSEAL_MESSAGE_ID_BYTES 32U                    /* a message id, which is the commitment (F 3) */
#define TASKSEAL_KEY_ID_MAX       255U                   /* a key id, without the final NUL */
#define TASKSEAL_CONTEXT_MAX      65535U                 /* each context field */
#define TASKSEAL_STANZAS_MAX      8U                     /* keys that one envelope is sealed to */
#define TASKSEAL_HEADER_MAX       4096U                  /* all before the chunks */
#define TASKSEAL_CHUNK_BYTES      16384U                 /* payload bytes a full chunk holds */
#define TASKSEAL_TIME_MAX         UINT64_C(253402300799) /* 9999-12-31T23:59:59Z */
#define TASKSEAL_CLOCK_LEEWAY     300U  /* seconds that a seal time may lie in the opener's future */
#define TASKSEAL_KEYS_MAX         1024U /* keys in a keyring */
#define TASKSEAL_QUEUES_MAX       64U   /* queues in a key's list */
#define TASKSEAL_DEDUPE_TAG_BYTES 32U   /* a dedupe tag */
#define TASKSEAL_PASSPHRASE_MAX   1024U /* a key file's passphrase */

/* The size of the text form of an envelope of `n` bytes, without a NUL; a capacity that suffices for
 * rewrapping it; and one for a call of taskseal_stream_update with `n` bytes. As taskseal_text_size,
 * taskseal_rewrap_size and taskseal_stream_size, but for constants: they don't check for overflow. */
#define TASKSEAL_TEXT_SIZE(n)   (sizeof TASKSEAL_TEXT_PREFIX - 1 + ((n) / 3) * 4 + ((n) % 3 ? (n) % 3 + 1 : 0))
#define TASKSEAL_REWRAP_SIZE(n) ((n) + 4 + TASKSEAL_KEY_ID_MAX + 96)
#define TASKSEAL_STREAM_SIZE(n)                                                                              \
    ((n) + ((n) / TASKSEAL_CHUNK_BYTES + 2) * 32 + TASKSEAL_HEADER_MAX + TASKSEAL_CHUNK_BYTES)

/* X(name, value): the sizes that taskseal_size tells; values never change meaning. */
#define TASKSEAL_SIZES(X)                                                                                    \
    X(KEY_BYTES, 1)                                                                                          \
    X(MESSAGE_ID_BYTES, 2)                                                                                   \
    X(KEY_ID_MAX, 3)                                                                                         \
    X(CONTEXT_MAX, 4)                                                                                        \
    X(STANZAS_MAX, 5)                                                                                        \
    X(HEADER_MAX, 6)                                                                                         \
    X(CHUNK_BYTES, 7)                                                                                        \
    X(CLOCK_LEEWAY, 8)                                                                                       \
    X(KEYS_MAX, 9)                                                                                           \
    X(QUEUES_MAX, 10)                                                                                        \
    X(DEDUPE_TAG_BYTES, 11)                                                                                  \
    X(PASSPHRASE_MAX, 12)                                                                                    \
    X(TIME_MAX, 13)

typedef enum taskseal_size_id {
#define TASKSEAL_X(name, value) TASKSEAL_SIZE_##name = value,
    TASKSEAL_SIZES(TASKSEAL_X)
#undef TASKSEAL_X
} taskseal_size_id;

/* The value of the macro of that name, as the library was built with it; 0 for a number that is none. */
uint64_t taskseal_size(taskseal_size_id which);

/* ---- Algorithms ------------------------------------------------------------------------------- */

/* The suite of an envelope fixes the AEAD that encrypts its payload (F 6). */
typedef enum taskseal_suite {
    TASKSEAL_SUITE_CHACHA20POLY1305 = 1, /* always there; what 0 means when sealing */
    TASKSEAL_SUITE_AES256GCM = 2,        /* where the CPU has AES instructions */
    TASKSEAL_SUITE_AEGIS256 = 3          /* libsodium >= 1.0.19 */
} taskseal_suite;

/* The type of a key fixes the AEAD that wraps DEKs under it (F 4.3), or that it does something else. */
typedef enum taskseal_key_type {
    TASKSEAL_KEY_XCHACHA20POLY1305 = 1,
    TASKSEAL_KEY_AEGIS256 = 2,  /* faster; libsodium >= 1.0.19 */
    TASKSEAL_KEY_DEDUPE = 0x100 /* makes dedupe tags; never seals, and no envelope can name it */
} taskseal_key_type;

/* True if this build on this CPU can seal and open with the suite, or wrap with the key type. */
bool taskseal_suite_available(taskseal_suite suite);
bool taskseal_key_type_available(taskseal_key_type type);

/* ---- Byte strings ------------------------------------------------------------------------------ */

typedef struct taskseal_bytes {
    const void *data; /* NULL: absent */
    size_t len;
} taskseal_bytes;

/* A C string as bytes, without its NUL; NULL becomes absent. */
static inline taskseal_bytes taskseal_str(const char *text)
{
    taskseal_bytes bytes;
    bytes.data = text;
    bytes.len = text != NULL ? strlen(text) : 0;
    return bytes;
}

#ifdef __cplusplus
}
#endif

#endif
