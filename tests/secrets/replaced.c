/* SPDX-License-Identifier: MIT
 * The functions that the linker puts in place of those of the same names, in the library and in libsodium. Each calls
 * the real one; before and after it notes which secrets pass, and what is decided of them. */
#include "leaks.h"
#include "secrecy.h"

#include <sodium.h>
#include <string.h>
#include <unistd.h>
#include <valgrind/memcheck.h>

#include <taskseal/taskseal.h>

typedef unsigned long long length; /* libsodium's */

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
    const bool is_key = where != PLACE_PAYLOAD && where != PLACE_OPENED_PAYLOAD && where != PLACE_FILE_TEXT;
    size_t first;
    if (len == 0)
        return;
    const size_t count = count_secret(bytes, len, &first);
    if (count == len || (count > 0 && !is_key) || count == LOOKED_AT)
        secrecy.seen[where]++;
    else
        secrecy.unmarked[where]++;
    if (!secrecy.planted)
        return;
    (void)reported();
    planted_branch(bytes + first);
    const bool branch = reported();
    planted_index(bytes + first);
    secrecy.place_leaks[where] += branch && reported();
}

REPLACE(taskseal_err, taskseal__random, (uint8_t * out, size_t len))
{
    static const uint8_t letters[] = {0x41, 0x86, 0x9A}; /* "QYaa" */
    taskseal_err err = __real_taskseal__random(out, len);
    for (size_t i = 0; secrecy.random_is_letters && i < len; i++)
        out[i] = letters[i % 3];
    if (err == TASKSEAL_OK && len != 16) /* the salt of a key file is public */
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
    if (text_len == 43) /* else it is a salt, or what is encrypted already */
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
    if (is_secret(&count, sizeof count)) {
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

static bool just_stretched;

/* Argon2id depends on the passphrase by its design, and is not looked at here: what comes out is secret again. It takes
 * as little time and memory as it can, whatever was asked for. */
REPLACE(int, crypto_pwhash,
        (unsigned char *const out, unsigned long long out_len, const char *const passphrase,
         unsigned long long passphrase_len, const unsigned char *const salt, unsigned long long passes,
         size_t memory, int algorithm))
{
    char copy[TASKSEAL_PASSPHRASE_MAX];
    const bool usual = passes >= 1 && memory >= 8192 && passphrase_len <= sizeof copy;
    pass(PLACE_PASSPHRASE, (const uint8_t *)passphrase, passphrase_len);
    memcpy(copy, passphrase, usual ? passphrase_len : 0);
    make_public(copy, sizeof copy);
    int failed =
        usual ? __real_crypto_pwhash(out, out_len, copy, passphrase_len, salt, 1, 8192, algorithm) : -1;
    keep_secret(out, out_len);
    secrecy.verdicts[VERDICT_ARGON2ID]++;
    just_stretched = true;
    return failed;
}

/* The library makes a wrap key of 32 bytes from a KEK, a tag of 32 from a dedupe key, 64 or 16 from a DEK, and 64 from
 * a passphrase. libsodium has no key here when it hashes for itself. */
static place hashed_with(size_t out_len)
{
    if (out_len == 64 && just_stretched)
        return PLACE_STRETCHED;
    if (out_len != 32)
        return PLACE_DEK;
    return secrecy.tagging ? PLACE_DEDUPE_KEY : PLACE_KEK;
}

REPLACE(int, crypto_generichash_init,
        (crypto_generichash_state * state, const unsigned char *key, const size_t key_len,
         const size_t out_len))
{
    if (key != NULL)
        pass(hashed_with(out_len), key, key_len);
    return __real_crypto_generichash_init(state, key, key_len, out_len);
}

/* ---- Comparisons ---- */

static struct {
    bool within;
    verdict which;
} tag;

static verdict compared(size_t len)
{
    if (tag.within)
        return tag.which;
    if (len == 16)
        return VERDICT_HEADER_MAC;
    if (just_stretched)
        return VERDICT_PASSPHRASE;
    return secrecy.rewrapping ? VERDICT_SAME_DEK : VERDICT_COMMITMENT;
}

static int compare(const unsigned char *a, const unsigned char *b, size_t len, int real)
{
    const verdict which = compared(len);
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

/* ---- AEADs ---- */

typedef enum use { WRAP, CHUNK, FILE_TEXT } use;

static const struct {
    place key;
    place plain;
    place decrypted;
    verdict tag;
} uses[] = {
    [WRAP] = {PLACE_WRAP_KEY, PLACE_WRAPPED_DEK, PLACE_UNWRAPPED_DEK, VERDICT_WRAP_TAG},
    [CHUNK] = {PLACE_PAYLOAD_KEY, PLACE_PAYLOAD, PLACE_OPENED_PAYLOAD, VERDICT_CHUNK_TAG},
    [FILE_TEXT] = {PLACE_FILE_KEY, PLACE_FILE_TEXT, PLACE_FILE_TEXT, VERDICT_FILE_TAG},
};

/* Wraps have associated data. Of what has none, only key files are encrypted with XChaCha20-Poly1305. */
static use use_of(size_t ad_len, bool xchacha)
{
    if (ad_len != 0)
        return WRAP;
    just_stretched = just_stretched && xchacha;
    return xchacha ? FILE_TEXT : CHUNK;
}

static void before_encryption(use u, const uint8_t *plain, size_t len, const uint8_t *key)
{
    if (key != NULL)
        pass(uses[u].key, key, 32);
    if (u != CHUNK || is_secret(plain, len)) /* a chunk of padding alone is public */
        pass(uses[u].plain, plain, len);
    just_stretched = false;
}

/* Zeros instead of a padded payload, when its padding is to be wrong in an authentic envelope. */
static const uint8_t *what_to_encrypt(use u, const uint8_t *plain, length len)
{
    static const uint8_t zeros[TASKSEAL_CHUNK_BYTES];
    return secrecy.padding_goes_bad && u == CHUNK && len <= sizeof zeros ? zeros : plain;
}

static void before_decryption(use u, const uint8_t *key)
{
    if (key != NULL)
        pass(uses[u].key, key, 32);
    tag.within = true;
    tag.which = uses[u].tag;
    just_stretched = false;
}

static int after_decryption(use u, const uint8_t *plain, size_t len, int failed)
{
    tag.within = false;
    if (failed != 0)
        return failed;
    pass(uses[u].decrypted, plain, len);
    if (u == FILE_TEXT) {
        make_public(plain, len);
        keep_key_text_secret((const char *)plain, len);
        secrecy.verdicts[VERDICT_FILE_TEXT]++;
    }
    return failed;
}

#define REPLACE_AEAD(name, tag_len, key_type, key_of, xchacha)                                               \
    REPLACE(int, name##_encrypt##key_type,                                                                   \
            (unsigned char *c, length *c_len, const unsigned char *m, length m_len, const unsigned char *ad, \
             length ad_len, const unsigned char *nsec, const unsigned char *npub, const void *k))            \
    {                                                                                                        \
        const use u = use_of(ad_len, xchacha);                                                               \
        before_encryption(u, m, m_len, key_of(k));                                                           \
        m = what_to_encrypt(u, m, m_len);                                                                    \
        return __real_##name##_encrypt##key_type(c, c_len, m, m_len, ad, ad_len, nsec, npub, k);             \
    }                                                                                                        \
    REPLACE(int, name##_decrypt##key_type,                                                                   \
            (unsigned char *m, length *m_len, unsigned char *nsec, const unsigned char *c, length c_len,     \
             const unsigned char *ad, length ad_len, const unsigned char *npub, const void *k))              \
    {                                                                                                        \
        const use u = use_of(ad_len, xchacha);                                                               \
        before_decryption(u, key_of(k));                                                                     \
        int failed = __real_##name##_decrypt##key_type(m, m_len, nsec, c, c_len, ad, ad_len, npub, k);       \
        return after_decryption(u, m, c_len - (tag_len), failed);                                            \
    }

#define THE_KEY(k)    (k)
#define A_SCHEDULE(k) NULL

REPLACE_AEAD(crypto_aead_xchacha20poly1305_ietf, 16, , THE_KEY, true)
REPLACE_AEAD(crypto_aead_chacha20poly1305_ietf, 16, , THE_KEY, false)
REPLACE_AEAD(crypto_aead_aes256gcm, 16, _afternm, A_SCHEDULE, false)
#ifdef crypto_aead_aegis256_KEYBYTES
REPLACE_AEAD(crypto_aead_aegis256, 32, , THE_KEY, false)
#endif

REPLACE(int, crypto_aead_aes256gcm_beforenm, (crypto_aead_aes256gcm_state * state, const unsigned char *key))
{
    pass(PLACE_PAYLOAD_KEY, key, 32);
    return __real_crypto_aead_aes256gcm_beforenm(state, key);
}
