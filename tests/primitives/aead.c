/* SPDX-License-Identifier: MIT
 * AEADs: what a vector encrypts to, that it decrypts, in place too, and that a wrong one gives out nothing. */
#include "vectors.h"

#include "core/chunk.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    const char *set;
    size_t nonce_len;
    size_t tag_len;
    /* `out` has room for the tag; in and out are equal or disjoint. */
    void (*encrypt)(uint8_t *out, bytes in, bytes ad, const uint8_t *nonce, const uint8_t *key);
    bool (*decrypt)(uint8_t *out, bytes in, bytes ad, const uint8_t *nonce, const uint8_t *key);
} aead;

#define PLAIN_AEAD(name, function)                                                                           \
    static void name##_encrypt(uint8_t *out, bytes in, bytes ad, const uint8_t *nonce, const uint8_t *key)   \
    {                                                                                                        \
        (void)function##_encrypt(out, NULL, in.data, in.len, ad.data, ad.len, NULL, nonce, key);             \
    }                                                                                                        \
    static bool name##_decrypt(uint8_t *out, bytes in, bytes ad, const uint8_t *nonce, const uint8_t *key)   \
    {                                                                                                        \
        return function##_decrypt(out, NULL, NULL, in.data, in.len, ad.data, ad.len, nonce, key) == 0;       \
    }

PLAIN_AEAD(chacha, crypto_aead_chacha20poly1305_ietf)
PLAIN_AEAD(xchacha, crypto_aead_xchacha20poly1305_ietf)

/* With the key made ready first, as the library does. */
static void gcm_encrypt(uint8_t *out, bytes in, bytes ad, const uint8_t *nonce, const uint8_t *key)
{
    crypto_aead_aes256gcm_state state;
    (void)crypto_aead_aes256gcm_beforenm(&state, key);
    (void)crypto_aead_aes256gcm_encrypt_afternm(out, NULL, in.data, in.len, ad.data, ad.len, NULL, nonce,
                                                &state);
}

static bool gcm_decrypt(uint8_t *out, bytes in, bytes ad, const uint8_t *nonce, const uint8_t *key)
{
    crypto_aead_aes256gcm_state state;
    (void)crypto_aead_aes256gcm_beforenm(&state, key);
    return crypto_aead_aes256gcm_decrypt_afternm(out, NULL, NULL, in.data, in.len, ad.data, ad.len, nonce,
                                                 &state) == 0;
}

#if TASKSEAL__HAVE_AEGIS256
PLAIN_AEAD(aegis, crypto_aead_aegis256)
#endif

/* "folded" has tags of 128 bits, which are the two halves of one of 256 bits, added. */
static const aead aeads[] = {
    {"chacha20-poly1305", 12, 16, chacha_encrypt, chacha_decrypt},
    {"xchacha20-poly1305", 24, 16, xchacha_encrypt, xchacha_decrypt},
    {"aes256-gcm", 12, 16, gcm_encrypt, gcm_decrypt},
#if TASKSEAL__HAVE_AEGIS256
    {"aegis256", 32, 32, aegis_encrypt, aegis_decrypt},
    {"aegis256-folded", 32, 32, aegis_encrypt, aegis_decrypt},
#endif
};

bool aead_available(const char *set)
{
    if (strcmp(set, "aes256-gcm") == 0)
        return crypto_aead_aes256gcm_is_available() == 1;
    return strncmp(set, "aegis256", 8) != 0 || TASKSEAL__HAVE_AEGIS256;
}

static const aead *find(const char *set)
{
    for (size_t i = 0; i < sizeof aeads / sizeof aeads[0]; i++)
        if (strcmp(aeads[i].set, set) == 0)
            return &aeads[i];
    give_up("no such AEAD", set);
}

typedef struct {
    const aead *with;
    bool valid;
    bool folded;
    bytes key, nonce, ad, message, ciphertext, tag;
} test;

enum { CANARY = 0xEE, GCM_WIPED = 0xD0 /* what libsodium 1.0.22 wipes with there */ };

static bool all_are(const uint8_t *data, size_t len, uint8_t value)
{
    for (size_t i = 0; i < len; i++)
        if (data[i] != value)
            return false;
    return true;
}

/* ---- Encryption ---- */

static void fold(const uint8_t tag[32], uint8_t folded[16])
{
    for (size_t i = 0; i < 16; i++)
        folded[i] = tag[i] ^ tag[i + 16];
}

static bool is_expected(const test *t, const uint8_t *sealed)
{
    uint8_t folded[16];
    const uint8_t *tag = sealed + t->message.len;
    if (t->ciphertext.len != t->message.len || memcmp(sealed, t->ciphertext.data, t->message.len) != 0)
        return false;
    if (!t->folded)
        return memcmp(tag, t->tag.data, t->tag.len) == 0;
    fold(tag, folded);
    return memcmp(folded, t->tag.data, sizeof folded) == 0;
}

/* What encrypting the message gives; buffers of its length and the tag's. */
static const char *check_encryption(const test *t, bytes sealed, bytes in_place)
{
    t->with->encrypt(sealed.data, t->message, t->ad, t->nonce.data, t->key.data);
    if (is_expected(t, sealed.data) != t->valid)
        return t->valid ? "encrypts to something else" : "encrypts to what is invalid";
    if (t->message.len > 0)
        memcpy(in_place.data, t->message.data, t->message.len);
    t->with->encrypt(in_place.data, (bytes){in_place.data, t->message.len}, t->ad, t->nonce.data,
                     t->key.data);
    return memcmp(in_place.data, sealed.data, sealed.len) == 0 ? NULL : "encrypts to something else in place";
}

/* ---- Decryption ---- */

/* Ciphertext and tag of the vector. A folded tag that is wrong stands for one of 256 bits with the same fault. */
static void put_sealed(const test *t, const uint8_t *made, uint8_t *sealed)
{
    uint8_t folded[16];
    uint8_t *tag = sealed + t->ciphertext.len;
    if (t->ciphertext.len > 0)
        memcpy(sealed, t->ciphertext.data, t->ciphertext.len);
    if (!t->folded) {
        memcpy(tag, t->tag.data, t->tag.len);
        return;
    }
    memcpy(tag, made + t->message.len, t->with->tag_len);
    fold(tag, folded);
    for (size_t i = 0; i < sizeof folded; i++)
        tag[i] ^= folded[i] ^ t->tag.data[i];
}

static const char *check_decryption(const test *t, bytes sealed, uint8_t *out)
{
    const size_t len = t->ciphertext.len;
    memset(out, CANARY, len);
    const bool opened = t->with->decrypt(out, sealed, t->ad, t->nonce.data, t->key.data);
    if (opened != t->valid)
        return t->valid ? "is refused" : "is accepted";
    if (!opened && !all_are(out, len, CANARY) && !all_are(out, len, 0) && !all_are(out, len, GCM_WIPED))
        return "gives out bytes though it is refused";
    if (opened && memcmp(out, t->message.data, len) != 0)
        return "decrypts to something else";
    if (t->with->decrypt(sealed.data, sealed, t->ad, t->nonce.data, t->key.data) != t->valid)
        return "is judged otherwise in place";
    if (opened && memcmp(sealed.data, t->message.data, len) != 0)
        return "decrypts to something else in place";
    return NULL;
}

static const char *check_both(const test *t)
{
    bytes made = bytes_new(t->message.len + t->with->tag_len);
    bytes in_place = bytes_new(made.len);
    bytes sealed = bytes_new(t->ciphertext.len + t->with->tag_len);
    bytes out = bytes_new(t->ciphertext.len);
    const char *fault = check_encryption(t, made, in_place);
    put_sealed(t, made.data, sealed.data);
    if (fault == NULL)
        fault = check_decryption(t, sealed, out.data);
    free(made.data);
    free(in_place.data);
    free(sealed.data);
    free(out.data);
    return fault;
}

/* vector ID valid|invalid KEY NONCE AD MESSAGE CIPHERTEXT TAG */
const char *check_aead(const line *vector, const char *set)
{
    const char *const *words = vector->words;
    if (vector->count != 9)
        give_up("a vector needs 9 words", words[1]);
    test t = {.with = find(set),
              .valid = strcmp(words[2], "valid") == 0,
              .folded = strcmp(set, "aegis256-folded") == 0,
              .key = bytes_of(words[3]),
              .nonce = bytes_of(words[4]),
              .ad = bytes_of(words[5]),
              .message = bytes_of(words[6]),
              .ciphertext = bytes_of(words[7]),
              .tag = bytes_of(words[8])};
    if ((!t.valid && strcmp(words[2], "invalid") != 0) || t.key.len != 32 ||
        t.nonce.len != t.with->nonce_len || t.tag.len != (t.folded ? 16 : t.with->tag_len))
        give_up("a vector of other sizes", words[1]);
    const char *fault = check_both(&t);
    const bytes all[] = {t.key, t.nonce, t.ad, t.message, t.ciphertext, t.tag};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        free(all[i].data);
    return fault;
}
