/* SPDX-License-Identifier: MIT
 * Argon2id. The published values have salts of 8 bytes, which crypto_pwhash does not take, but its
 * verification of encoded hashes does: that is held against them, and crypto_pwhash against it. */
#include "vectors.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

static bool verifies(const char *encoded, const char *password)
{
    return crypto_pwhash_str_verify(encoded, password, strlen(password)) == 0;
}

/* vector ID PASSWORD ENCODED. A password that differs must be refused, too. */
const char *check_argon2id(const line *vector, const char *set)
{
    char encoded[crypto_pwhash_STRBYTES] = {0};
    if (vector->count != 4 || strlen(vector->words[3]) >= sizeof encoded)
        give_up("a vector needs a password and an encoded hash", set);
    memcpy(encoded, vector->words[3], strlen(vector->words[3]));
    if (!verifies(encoded, vector->words[2]))
        return "is not the hash of its password";
    if (strstr(encoded, "$m=256,") != NULL && verifies(encoded, "Password"))
        return "is the hash of another password";
    return NULL;
}

/* crypto_pwhash of the salt in an encoded hash gives the digest in it, in each length of key. */
const char *check_argon2id_ways(void)
{
    static const char password[] = "correct horse battery staple";
    char encoded[crypto_pwhash_STRBYTES];
    uint8_t salt[crypto_pwhash_SALTBYTES];
    uint8_t digest[32];
    uint8_t again[32];
    size_t salt_len;
    size_t digest_len;
    const char *at;
    if (crypto_pwhash_str(encoded, password, strlen(password), 3, 1U << 20) != 0)
        return "crypto_pwhash_str fails";
    if (strncmp(encoded, "$argon2id$v=19$m=1024,t=3,p=1$", 30) != 0)
        return "crypto_pwhash_str is no Argon2id of these costs";
    if (sodium_base642bin(salt, sizeof salt, encoded + 30, strlen(encoded + 30), NULL, &salt_len, &at,
                          sodium_base64_VARIANT_ORIGINAL_NO_PADDING) != 0 ||
        salt_len != sizeof salt || *at++ != '$')
        return "no salt of 16 bytes";
    if (sodium_base642bin(digest, sizeof digest, at, strlen(at), NULL, &digest_len, NULL,
                          sodium_base64_VARIANT_ORIGINAL_NO_PADDING) != 0 ||
        digest_len != sizeof digest)
        return "no digest of 32 bytes";
    if (crypto_pwhash(again, sizeof again, password, strlen(password), salt, 3, 1U << 20,
                      crypto_pwhash_ALG_ARGON2ID13) != 0)
        return "crypto_pwhash fails";
    return memcmp(digest, again, sizeof digest) == 0 ? NULL : "crypto_pwhash differs from what verifies";
}
