/* SPDX-License-Identifier: MIT
 * Made by bundle.py of lib/core/protect.c; do not edit. */
/* SPDX-License-Identifier: MIT */
#include "core.h"


#include <sodium.h>
#include <stdio.h>

enum {
    SALT_DIGITS = 22, /* base64url of crypto_pwhash_argon2id_SALTBYTES, unpadded */
    COMMITMENT_BYTES = 32,
    OVERHEAD = COMMITMENT_BYTES + crypto_aead_xchacha20poly1305_ietf_ABYTES,
    HEAD_MAX = 128, /* the first two lines */
    PASSES_MAX = 10,
    KIBIBYTES_MIN = 8,
    KIBIBYTES_MAX = 1024 * 1024
};

static const taskseal__protect_cost usual_cost = {3, 256 * 1024};

/* The first two lines, taken apart, and where the third begins. */
typedef struct {
    taskseal__protect_cost cost;
    uint8_t salt[crypto_pwhash_argon2id_SALTBYTES];
    size_t len;
} head;

/* The two halves of one hash: the file commits to the key, so that no file opens with two passphrases. */
typedef struct {
    uint8_t key[crypto_aead_xchacha20poly1305_ietf_KEYBYTES];
    uint8_t commitment[COMMITMENT_BYTES];
} file_keys;

_Static_assert(sizeof(file_keys) == 64, "one BLAKE2b-512");

taskseal_err taskseal__passphrase_check(taskseal_bytes passphrase, taskseal_error *error)
{
    if ((passphrase.data == NULL && passphrase.len == 0) ||
        (passphrase.data != NULL && passphrase.len >= 1 && passphrase.len <= TASKSEAL_PASSPHRASE_MAX))
        return TASKSEAL_OK;
    return taskseal__fail(error, TASKSEAL_ERR_BAD_ARGUMENT, "a passphrase is 1 to %u bytes long",
                          TASKSEAL_PASSPHRASE_MAX);
}

taskseal_err taskseal__not_protected(taskseal_error *error)
{
    return taskseal__fail_line(
        error, TASKSEAL_ERR_KEYFILE_PASSPHRASE, 1,
        "line 1: a passphrase was given, and this key file has none: if it is to have one, "
        "somebody has replaced it");
}

bool taskseal__is_protected(const char *text, size_t len)
{
    static const char first[] = TASKSEAL__PROTECTED_FIRST_LINE "\n";
    return text != NULL && len >= sizeof first - 1 && memcmp(text, first, sizeof first - 1) == 0;
}

/* ---- The key ---- */

static taskseal_err derive(file_keys *keys, const char *text, const head *head, taskseal_bytes passphrase)
{
    static const char label[] = "taskseal1-passwd";
    uint8_t stretched[32];
    crypto_generichash_state hash;
    if (crypto_pwhash(stretched, sizeof stretched, passphrase.data, passphrase.len, head->salt,
                      head->cost.passes, (size_t)head->cost.kibibytes * 1024,
                      crypto_pwhash_ALG_ARGON2ID13) != 0)
        return TASKSEAL_ERR_NO_MEMORY; /* nothing else can go wrong within the bounds of a head */
    (void)crypto_generichash_init(&hash, stretched, sizeof stretched, sizeof *keys);
    (void)crypto_generichash_update(&hash, (const uint8_t *)label, sizeof label - 1);
    (void)crypto_generichash_update(&hash, (const uint8_t *)text, head->len);
    (void)crypto_generichash_final(&hash, (uint8_t *)keys, sizeof *keys);
    sodium_memzero(&hash, sizeof hash);
    sodium_memzero(stretched, sizeof stretched);
    return TASKSEAL_OK;
}

static taskseal_err no_memory(const head *head, taskseal_error *error)
{
    return taskseal__fail(error, TASKSEAL_ERR_NO_MEMORY,
                          "no memory: the passphrase of this key file takes %u MiB to check",
                          head->cost.kibibytes / 1024 + 1);
}

/* ---- Reading ---- */

/* A number without a sign or leading zeros, followed by a space; 0 if it is none, or more than `max`. */
static unsigned take_number(const char **at, const char *end, unsigned max)
{
    unsigned value = 0;
    const char *next = *at;
    while (next < end && *next >= '0' && *next <= '9' && value <= max)
        value = value * 10 + (unsigned)(*next++ - '0');
    if (next == *at || **at == '0' || value > max || next == end || *next != ' ')
        return 0;
    *at = next + 1;
    return value;
}

static bool parse_head(const char *text, size_t len, head *head)
{
    static const char kdf[] = "argon2id ";
    const char *at = text + sizeof TASKSEAL__PROTECTED_FIRST_LINE; /* with its LF */
    const char *end = text + len;
    if ((size_t)(end - at) < sizeof kdf - 1 || memcmp(at, kdf, sizeof kdf - 1) != 0)
        return false;
    at += sizeof kdf - 1;
    head->cost.passes = take_number(&at, end, PASSES_MAX);
    head->cost.kibibytes = head->cost.passes != 0 ? take_number(&at, end, KIBIBYTES_MAX) : 0;
    if (head->cost.kibibytes < KIBIBYTES_MIN || (size_t)(end - at) < SALT_DIGITS + 1 ||
        at[SALT_DIGITS] != '\n' || !taskseal__base64_decode(at, SALT_DIGITS, head->salt, sizeof head->salt))
        return false;
    head->len = (size_t)(at - text) + SALT_DIGITS + 1;
    return true;
}

/* `sealed` is commitment | ciphertext | tag. The nonce is zero, because the salt makes every key a fresh one. */
static taskseal_err decrypt(const file_keys *keys, const uint8_t *sealed, size_t sealed_len, char *plain,
                            taskseal_error *error)
{
    static const uint8_t nonce[crypto_aead_xchacha20poly1305_ietf_NPUBBYTES];
    if (crypto_verify_32(keys->commitment, sealed) != 0)
        return taskseal__fail_line(
            error, TASKSEAL_ERR_KEYFILE_PASSPHRASE, 1,
            "line 1: the passphrase is not the one that this key file is protected with");
    if (crypto_aead_xchacha20poly1305_ietf_decrypt((uint8_t *)plain, NULL, NULL, sealed + COMMITMENT_BYTES,
                                                   sealed_len - COMMITMENT_BYTES, NULL, 0, nonce,
                                                   keys->key) != 0)
        return taskseal__fail_line(error, TASKSEAL_ERR_KEYFILE_MALFORMED, 3,
                                   "line 3: this protected key file was damaged or changed");
    return TASKSEAL_OK;
}

static taskseal_err unprotect(const char *text, const head *head, taskseal_bytes passphrase,
                              const uint8_t *sealed, size_t sealed_len, char *plain, taskseal_error *error)
{
    file_keys keys;
    taskseal_err err = derive(&keys, text, head, passphrase);
    if (err != TASKSEAL_OK)
        return no_memory(head, error);
    err = decrypt(&keys, sealed, sealed_len, plain, error);
    sodium_memzero(&keys, sizeof keys);
    return err;
}

taskseal_err taskseal__unprotect(const char *text, size_t len, taskseal_bytes passphrase, char **plain,
                                 size_t *plain_len, taskseal_error *error)
{
    head head;
    size_t sealed_len;
    *plain = NULL;
    *plain_len = 0;
    if (len > TASKSEAL__KEYFILE_MAX)
        return taskseal__fail_line(error, TASKSEAL_ERR_KEYFILE_MALFORMED, 1,
                                   "line 1: a key file holds at most 1 MiB");
    if (!parse_head(text, len, &head))
        return taskseal__fail_line(
            error, TASKSEAL_ERR_KEYFILE_MALFORMED, 2,
            "line 2: it must be `argon2id <passes> <KiB> <salt>`, with 1 to 10 passes, 8 to "
            "1048576 KiB, and 22 characters of base64url");
    const char *digits = text + head.len;
    size_t digits_len = len - head.len;
    if (digits_len > 0 && digits[digits_len - 1] == '\n')
        digits_len--;
    if (!taskseal__base64_decoded_len(digits_len, &sealed_len) || sealed_len < OVERHEAD)
        return taskseal__fail_line(error, TASKSEAL_ERR_KEYFILE_MALFORMED, 3, "line 3: it was cut");
    uint8_t *sealed = sodium_malloc(sealed_len);
    char *out = sodium_malloc(sealed_len - OVERHEAD + 1); /* sodium_malloc(0) would be no memory */
    taskseal_err err = sealed != NULL && out != NULL ? TASKSEAL_OK : no_memory(&head, error);
    if (err == TASKSEAL_OK && !taskseal__base64_decode(digits, digits_len, sealed, sealed_len))
        err = taskseal__fail_line(error, TASKSEAL_ERR_KEYFILE_MALFORMED, 3,
                                  "line 3: it must be one line of unpadded base64url, the last one");
    if (err == TASKSEAL_OK)
        err = unprotect(text, &head, passphrase, sealed, sealed_len, out, error);
    sodium_free(sealed);
    if (err != TASKSEAL_OK) {
        sodium_free(out); /* wipes */
        return err;
    }
    *plain = out;
    *plain_len = sealed_len - OVERHEAD;
    return TASKSEAL_OK;
}

/* ---- Writing ---- */

static taskseal_err put_head(char text[HEAD_MAX], head *head, const taskseal__protect_cost *cost)
{
    char salt[SALT_DIGITS + 1];
    taskseal_err err = taskseal__random(head->salt, sizeof head->salt);
    if (err != TASKSEAL_OK)
        return err;
    head->cost = *cost;
    (void)sodium_bin2base64(salt, sizeof salt, head->salt, sizeof head->salt,
                            sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    int len = snprintf(text, HEAD_MAX, "%s\nargon2id %u %u %s\n", TASKSEAL__PROTECTED_FIRST_LINE,
                       cost->passes, cost->kibibytes, salt);
    head->len = len > 0 ? (size_t)len : 0;
    return TASKSEAL_OK;
}

static taskseal_err protect(const char *plain, size_t plain_len, taskseal_bytes passphrase, const head *head,
                            char *text, uint8_t *sealed)
{
    static const uint8_t nonce[crypto_aead_xchacha20poly1305_ietf_NPUBBYTES];
    file_keys keys;
    taskseal_err err = derive(&keys, text, head, passphrase);
    if (err != TASKSEAL_OK)
        return err;
    memcpy(sealed, keys.commitment, COMMITMENT_BYTES);
    (void)crypto_aead_xchacha20poly1305_ietf_encrypt(sealed + COMMITMENT_BYTES, NULL, (const uint8_t *)plain,
                                                     plain_len, NULL, 0, NULL, nonce, keys.key);
    sodium_memzero(&keys, sizeof keys);
    return TASKSEAL_OK;
}

taskseal_err taskseal__protect(const char *plain, size_t plain_len, taskseal_bytes passphrase,
                               const taskseal__protect_cost *cost, char **text, size_t *len,
                               taskseal_error *error)
{
    head head;
    size_t sealed_len = plain_len + OVERHEAD;
    size_t digits =
        sodium_base64_encoded_len(sealed_len, sodium_base64_VARIANT_URLSAFE_NO_PADDING); /* with NUL */
    *text = NULL;
    *len = 0;
    if (HEAD_MAX + digits > TASKSEAL__KEYFILE_MAX)
        return taskseal__fail(error, TASKSEAL_ERR_KEYFILE_CHANGE,
                              "the key file is too long to be protected: it would exceed 1 MiB");
    uint8_t *sealed = sodium_malloc(sealed_len);
    char *out = sodium_malloc(HEAD_MAX + digits + 1);
    taskseal_err err = sealed != NULL && out != NULL ? TASKSEAL_OK : TASKSEAL_ERR_NO_MEMORY;
    if (err == TASKSEAL_OK)
        err = put_head(out, &head, cost != NULL ? cost : &usual_cost);
    if (err == TASKSEAL_OK)
        err = protect(plain, plain_len, passphrase, &head, out, sealed);
    if (err == TASKSEAL_OK) {
        (void)sodium_bin2base64(out + head.len, digits, sealed, sealed_len,
                                sodium_base64_VARIANT_URLSAFE_NO_PADDING);
        *len = head.len + digits;
        out[*len - 1] = '\n';
        *text = out;
    } else {
        sodium_free(out);
        err = taskseal__fail(error, err, "the key file could not be protected: %s", taskseal_err_text(err));
    }
    sodium_free(sealed);
    return err;
}
