/* SPDX-License-Identifier: MIT */
#include "secrecy.h"

#include "leaks.h"

#include <sodium.h>
#include <string.h>
#include <unistd.h>
#include <valgrind/memcheck.h>

#include <taskseal/taskseal.h>

secrecy_state secrecy;

static const char *const verdict_names[VERDICTS] = {
    [VERDICT_WRAP_TAG] = "wrap tag",     /* a stanza unwraps or not: AUTHENTICATION_FAILED */
    [VERDICT_CHUNK_TAG] = "chunk tag",   /* a chunk is intact or not: DAMAGED */
    [VERDICT_HEADER_MAC] = "header MAC", /* the header is intact or not: AUTHENTICATION_FAILED */
    [VERDICT_COMMITMENT] = "commitment", /* the context fits or not: CONTEXT_MISMATCH */
    [VERDICT_SAME_DEK] = "same DEK",     /* a rewrapped envelope has the same DEK or not */
    [VERDICT_PADDING] = "padding",       /* the padding is right or not: DAMAGED; and the payload's length */
    [VERDICT_ZERO_KEY] = "zero key",     /* a KEK is all zero or not: refused */
    [VERDICT_LOOKS_SEALED] = "looks sealed", /* a payload begins as an envelope or not: LOOKS_SEALED */
    [VERDICT_LINES] = "lines", /* how many lines and commas a key file's text has: digits are neither */
    [VERDICT_DIGIT_IS_LETTER] =
        "digit is a letter", /* and so no separator; bits 6 and 7 of a key text's byte */
};

static const char *const place_names[PLACES] = {
    [PLACE_KEK] = "KEK",
    [PLACE_DEDUPE_KEY] = "dedupe key",
    [PLACE_DEK] = "DEK",
    [PLACE_WRAP_KEY] = "wrap key",
    [PLACE_WRAPPED_DEK] = "DEK to wrap",
    [PLACE_UNWRAPPED_DEK] = "unwrapped DEK",
    [PLACE_PAYLOAD_KEY] = "payload key",
    [PLACE_PAYLOAD] = "payload",
    [PLACE_OPENED_PAYLOAD] = "opened payload",
    [PLACE_KEY_TEXT] = "key text",
};

const char *verdict_name(verdict which)
{
    return verdict_names[which];
}

const char *place_name(place which)
{
    return place_names[which];
}

/* ---- Marks ---- */

void keep_secret(const void *bytes, size_t len)
{
    (void)VALGRIND_MAKE_MEM_UNDEFINED(bytes, len);
}

void make_public(const void *bytes, size_t len)
{
    (void)VALGRIND_MAKE_MEM_DEFINED(bytes, len);
}

bool known_to_be(const void *bytes, const void *expected, size_t len)
{
    static uint8_t copy[65536];
    if (len > sizeof copy)
        return false;
    memcpy(copy, bytes, len);
    make_public(copy, len);
    return memcmp(copy, expected, len) == 0;
}

/* True if all the bytes, or one of them, hold an unknown bit. */
static bool is_secret(const uint8_t *bytes, size_t len, bool all)
{
    uint8_t unknown[256];
    size_t count = 0;
    const size_t looked_at = len < sizeof unknown ? len : sizeof unknown;
    if (VALGRIND_GET_VBITS(bytes, unknown, looked_at) != 1)
        return false;
    for (size_t i = 0; i < looked_at; i++)
        count += unknown[i] != 0;
    return all ? count == looked_at : count > 0;
}

static void mark_letters(const char *digits, size_t len)
{
    uint8_t unknown[64];
    char copy[64];
    if (len > sizeof unknown)
        return;
    memcpy(copy, digits, len);
    make_public(copy, len);
    for (size_t i = 0; i < len; i++)
        unknown[i] = (copy[i] & 0xC0) == 0x40 ? 0x3F : 0xFF; /* not a letter: then nothing of it is known */
    (void)VALGRIND_SET_VBITS(digits, unknown, len);
    secrecy.verdicts[VERDICT_DIGIT_IS_LETTER]++;
}

void keep_key_text_secret(const char *text, size_t len)
{
    const size_t prefix = 7;
    const size_t digits = 43;
    for (size_t i = 0; i + prefix + digits <= len; i++)
        if (memcmp(text + i, "tskek1_", prefix) == 0 || memcmp(text + i, "tsdup1_", prefix) == 0) {
            mark_letters(text + i + prefix, digits);
            i += prefix + digits - 1;
        }
}

/* ---- What the linker puts in place of the functions of these names ---- */

#define REPLACE(type, name, parameters)                                                                      \
    type __real_##name parameters;                                                                           \
    type __wrap_##name parameters;                                                                           \
    type __wrap_##name parameters

static int decide(verdict which, int value)
{
    secrecy.verdicts[which]++;
    make_public(&value, sizeof value);
    return value;
}

/* True if memcheck has reported something since the last time. */
static bool reported(void)
{
    static unsigned before;
    const unsigned now = VALGRIND_COUNT_ERRORS;
    const bool more = now > before;
    before = now;
    return more;
}

/* A key passes: it must be secret to its last byte. Of a payload, whose padding is public, some byte must be. */
static void pass(place where, const uint8_t *bytes, size_t len)
{
    const bool is_key = where != PLACE_PAYLOAD && where != PLACE_OPENED_PAYLOAD;
    if (len == 0)
        return;
    if (is_secret(bytes, len, is_key))
        secrecy.seen[where]++;
    else
        secrecy.unmarked[where]++;
    if (!secrecy.planted)
        return;
    (void)reported();
    planted_branch(bytes);
    const bool branch = reported();
    planted_index(bytes);
    secrecy.place_leaks[where] += branch && reported();
}

REPLACE(taskseal_err, taskseal__random, (uint8_t * out, size_t len))
{
    static const uint8_t letters[] = {0x41, 0x86, 0x9A}; /* "QYaa" */
    taskseal_err err = __real_taskseal__random(out, len);
    for (size_t i = 0; secrecy.random_is_letters && i < len; i++)
        out[i] = letters[i % 3];
    if (err == TASKSEAL_OK)
        keep_secret(out, len);
    return err;
}

REPLACE(ssize_t, read, (int fd, void *buffer, size_t len))
{
    ssize_t got = __real_read(fd, buffer, len);
    if (got > 0)
        keep_key_text_secret(buffer, (size_t)got);
    return got;
}

REPLACE(int, sodium_is_zero, (const unsigned char *bytes, const size_t len))
{
    return decide(VERDICT_ZERO_KEY, __real_sodium_is_zero(bytes, len));
}

REPLACE(int, sodium_base642bin,
        (unsigned char *const bin, const size_t bin_cap, const char *const text, const size_t text_len,
         const char *const ignore, size_t *const bin_len, const char **const end, const int variant))
{
    pass(PLACE_KEY_TEXT, (const uint8_t *)text, text_len);
    return __real_sodium_base642bin(bin, bin_cap, text, text_len, ignore, bin_len, end, variant);
}

REPLACE(char *, sodium_bin2base64,
        (char *const text, const size_t text_cap, const unsigned char *const bin, const size_t bin_len,
         const int variant))
{
    char *result = __real_sodium_bin2base64(text, text_cap, bin, bin_len, variant);
    mark_letters(text, (bin_len * 4 + 2) / 3);
    return result;
}

/* Memory for a key file's keys is as large as its text has lines and commas. They are counted many bytes at a time,
 * of which memcheck knows less than of single ones. */
static size_t size_of_keys(size_t count)
{
    if (is_secret((const uint8_t *)&count, sizeof count, false)) {
        secrecy.verdicts[VERDICT_LINES]++;
        make_public(&count, sizeof count);
    }
    return count;
}

REPLACE(void *, calloc, (size_t count, size_t size))
{
    return __real_calloc(size_of_keys(count), size);
}

REPLACE(void *, sodium_allocarray, (size_t count, size_t size))
{
    return __real_sodium_allocarray(size_of_keys(count), size);
}

/* Its answer rests on the payload's first bytes, and on no others: these may be known. */
REPLACE(bool, taskseal__begins_sealed, (const void *data, size_t len))
{
    uint8_t first[8];
    const size_t copied = len < sizeof first ? len : sizeof first;
    if (copied > 0)
        memcpy(first, data, copied);
    make_public(first, copied);
    secrecy.verdicts[VERDICT_LOOKS_SEALED]++;
    return __real_taskseal__begins_sealed(first, copied);
}

REPLACE(bool, taskseal__unpad, (const uint8_t *bytes, size_t padded, size_t *len))
{
    int right = decide(VERDICT_PADDING, __real_taskseal__unpad(bytes, padded, len));
    make_public(len, sizeof *len);
    return right != 0;
}

/* ---- Keyed hashes ---- */

/* The library makes a wrap key of 32 bytes from a KEK, a tag of 32 from a dedupe key, and 64 or 16 from a DEK. libsodium has no key here when it
 * hashes for itself. */
REPLACE(int, crypto_generichash_init,
        (crypto_generichash_state * state, const unsigned char *key, const size_t key_len,
         const size_t out_len))
{
    const place hashes_32 = secrecy.tagging ? PLACE_DEDUPE_KEY : PLACE_KEK;
    if (key != NULL)
        pass(out_len == 32 ? hashes_32 : PLACE_DEK, key, key_len);
    return __real_crypto_generichash_init(state, key, key_len, out_len);
}

/* ---- Comparisons ---- */

static struct {
    bool within;
    verdict which;
} tag;

static int compare(const unsigned char *a, const unsigned char *b, size_t len, int real)
{
    verdict which = len == 16 ? VERDICT_HEADER_MAC : VERDICT_COMMITMENT;
    if (len == 32 && secrecy.rewrapping)
        which = VERDICT_SAME_DEK;
    if (tag.within)
        which = tag.which;
    if (secrecy.planted) {
        (void)reported();
        planted_compare(a, b, len);
        secrecy.verdict_leaks[which] += reported();
    }
    return decide(which, real);
}

REPLACE(int, crypto_verify_16, (const unsigned char *a, const unsigned char *b))
{
    return compare(a, b, 16, __real_crypto_verify_16(a, b));
}

REPLACE(int, crypto_verify_32, (const unsigned char *a, const unsigned char *b))
{
    return compare(a, b, 32, __real_crypto_verify_32(a, b));
}

typedef unsigned long long length; /* libsodium's */

/* ---- AEADs: with associated data they wrap a DEK, without they encrypt a chunk ---- */

static void before_encryption(const uint8_t *plain, size_t len, const uint8_t *key, bool wraps)
{
    if (key != NULL)
        pass(wraps ? PLACE_WRAP_KEY : PLACE_PAYLOAD_KEY, key, 32);
    if (wraps || is_secret(plain, len, false)) /* a chunk of padding alone is public */
        pass(wraps ? PLACE_WRAPPED_DEK : PLACE_PAYLOAD, plain, len);
}

/* Zeros instead of a padded payload, when its padding is to be wrong in an authentic envelope. */
static const uint8_t *what_to_encrypt(const uint8_t *plain, length len, bool wraps)
{
    static const uint8_t zeros[TASKSEAL_CHUNK_BYTES];
    return secrecy.padding_goes_bad && !wraps && len <= sizeof zeros ? zeros : plain;
}

static void before_decryption(const uint8_t *key, bool wraps)
{
    if (key != NULL)
        pass(wraps ? PLACE_WRAP_KEY : PLACE_PAYLOAD_KEY, key, 32);
    tag.within = true;
    tag.which = wraps ? VERDICT_WRAP_TAG : VERDICT_CHUNK_TAG;
}

static int after_decryption(const uint8_t *plain, size_t len, bool wraps, int failed)
{
    tag.within = false;
    if (failed == 0)
        pass(wraps ? PLACE_UNWRAPPED_DEK : PLACE_OPENED_PAYLOAD, plain, len);
    return failed;
}

#define REPLACE_AEAD(name, tag_len, key_type, key_of)                                                        \
    REPLACE(int, name##_encrypt##key_type,                                                                   \
            (unsigned char *c, length *c_len, const unsigned char *m, length m_len, const unsigned char *ad, \
             length ad_len, const unsigned char *nsec, const unsigned char *npub, const void *k))            \
    {                                                                                                        \
        before_encryption(m, m_len, key_of(k), ad_len != 0);                                                 \
        m = what_to_encrypt(m, m_len, ad_len != 0);                                                          \
        return __real_##name##_encrypt##key_type(c, c_len, m, m_len, ad, ad_len, nsec, npub, k);             \
    }                                                                                                        \
    REPLACE(int, name##_decrypt##key_type,                                                                   \
            (unsigned char *m, length *m_len, unsigned char *nsec, const unsigned char *c, length c_len,     \
             const unsigned char *ad, length ad_len, const unsigned char *npub, const void *k))              \
    {                                                                                                        \
        before_decryption(key_of(k), ad_len != 0);                                                           \
        int failed = __real_##name##_decrypt##key_type(m, m_len, nsec, c, c_len, ad, ad_len, npub, k);       \
        return after_decryption(m, c_len - (tag_len), ad_len != 0, failed);                                  \
    }

#define THE_KEY(k)    (k)
#define A_SCHEDULE(k) NULL

REPLACE_AEAD(crypto_aead_xchacha20poly1305_ietf, 16, , THE_KEY)
REPLACE_AEAD(crypto_aead_chacha20poly1305_ietf, 16, , THE_KEY)
REPLACE_AEAD(crypto_aead_aes256gcm, 16, _afternm, A_SCHEDULE)
#ifdef crypto_aead_aegis256_KEYBYTES
REPLACE_AEAD(crypto_aead_aegis256, 32, , THE_KEY)
#endif

REPLACE(int, crypto_aead_aes256gcm_beforenm, (crypto_aead_aes256gcm_state * state, const unsigned char *key))
{
    pass(PLACE_PAYLOAD_KEY, key, 32);
    return __real_crypto_aead_aes256gcm_beforenm(state, key);
}
