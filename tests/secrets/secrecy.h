/* SPDX-License-Identifier: MIT
 * Secrets that Valgrind's memcheck knows to be secret: they are marked as undefined, so that it reports every branch
 * and every address that depends on one. What is allowed to depend on a secret is named here, in the test, and
 * nowhere in the library: the functions that decide are replaced by the linker (replaced.c), call the real
 * ones and mark their verdict as defined. */
#ifndef TASKSEAL_TESTS_SECRETS_SECRECY_H
#define TASKSEAL_TESTS_SECRETS_SECRECY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What may be known of a secret, each for a reason that the table in secrecy.c gives. */
typedef enum verdict {
    VERDICT_WRAP_TAG,
    VERDICT_CHUNK_TAG,
    VERDICT_HEADER_MAC,
    VERDICT_COMMITMENT,
    VERDICT_SAME_DEK,
    VERDICT_PADDING,
    VERDICT_PASSPHRASE,
    VERDICT_FILE_TAG,
    VERDICT_FILE_TEXT,
    VERDICT_ARGON2ID,
    VERDICT_ZERO_KEY,
    VERDICT_LOOKS_SEALED,
    VERDICT_LINES,
    VERDICT_DIGIT_IS_LETTER,
    VERDICTS
} verdict;

/* Where the library hands a secret to libsodium or takes one from it: there it has to be marked. */
typedef enum place {
    PLACE_KEK,
    PLACE_DEDUPE_KEY,
    PLACE_DEK,
    PLACE_WRAP_KEY,
    PLACE_WRAPPED_DEK,
    PLACE_UNWRAPPED_DEK,
    PLACE_PAYLOAD_KEY,
    PLACE_PAYLOAD,
    PLACE_OPENED_PAYLOAD,
    PLACE_KEY_TEXT,
    PLACE_PASSPHRASE,
    PLACE_STRETCHED,
    PLACE_FILE_KEY,
    PLACE_FILE_TEXT,
    PLACES
} place;

typedef struct secrecy_state {
    bool rewrapping;        /* a comparison of 32 bytes is that of the two DEKs */
    bool tagging;           /* a key that makes a hash of 32 bytes is a dedupe key */
    bool padding_goes_bad;  /* the padding that is sealed has no mark */
    bool random_is_letters; /* random bytes are such that their base64 is letters alone */
    bool planted;           /* at every place, code that leaks */
    unsigned verdicts[VERDICTS];
    unsigned seen[PLACES];
    unsigned unmarked[PLACES]; /* a secret that came there as if it were none */

    /* Planted leaks that were reported: comparisons, and branches with addresses. */
    unsigned verdict_leaks[VERDICTS];
    unsigned place_leaks[PLACES];
} secrecy_state;

extern secrecy_state secrecy;

/* Marks bytes as secret. */
void keep_secret(const void *bytes, size_t len);

/* Marks the digits of every secret in a key file's text. Bits 6 and 7 of a digit stay known, and every digit has
 * to be a letter: so memcheck knows that none is a separator. */
void keep_key_text_secret(const char *text, size_t len);

/* As keep_key_text_secret, for digits alone. */
void mark_letters(const char *digits, size_t len);

/* How many of the first LOOKED_AT bytes hold a bit that is secret; *first is the position of the first such byte. */
enum { LOOKED_AT = 256 };
size_t count_secret(const uint8_t *bytes, size_t len, size_t *first);

bool is_secret(const void *bytes, size_t len);

/* Marks bytes as public: what is written to the queue, and what a caller has been told. */
void make_public(const void *bytes, size_t len);

/* A copy of what is known to the test anyhow; reading it is no use of a secret. */
bool known_to_be(const void *bytes, const void *expected, size_t len);

const char *verdict_name(verdict which);
const char *place_name(place which);

#endif
