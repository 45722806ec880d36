/* SPDX-License-Identifier: MIT
 * The head of a protected key file as it is written, and what goes to libsodium. */
#include "format.h"

#include <protect.c>

#include "failing.h"

static const uint8_t *g_bytes;
static uint8_t *g_place;
static size_t g_len, g_steps, g_wiped;
static const head *g_head;
static const char *g_text;

taskseal_err taskseal__random(uint8_t *out, size_t len)
{
    CHECK(len == 16 && __CPROVER_w_ok(out, len), "there is room for the salt");
    g_bytes = out;
    return nondet_bool() ? TASKSEAL_OK : TASKSEAL_ERR_NO_RANDOM;
}

char *known_salt(char *const to, const size_t cap, const unsigned char *const bin, const size_t len,
                 const int variant)
{
    CHECK(variant == sodium_base64_VARIANT_URLSAFE_NO_PADDING, "unpadded, URL-safe");
    CHECK(bin == g_bytes && len == 16, "the salt, whole");
    CHECK(cap >= 23 && __CPROVER_w_ok(to, cap), "there is room for the digits and a NUL");
    for (size_t i = 0; i < 22; i++)
        to[i] = 'd';
    to[22] = '\0';
    return to;
}

bool taskseal__base64_decode(const char *text, size_t text_len, uint8_t *out, size_t len)
{
    CHECK(text_len == 22 && text[0] == 'd' && text[21] == 'd' && text[22] == '\n', "the digits of the salt");
    CHECK(len == 16 && __CPROVER_w_ok(out, len), "there is room for the salt");
    g_steps++;
    return true;
}

/* Whatever it costs, the head has room. */
void proof_put_head(void)
{
    const taskseal__protect_cost cost = {nondet_unsigned(), nondet_unsigned()};
    char *text = any_bytes(HEAD_MAX);
    head h;
    if (put_head(text, &h, &cost) != TASKSEAL_OK) {
        REACHED("no random bytes");
        return;
    }
    CHECK(h.len == g_written && h.len >= 29 + 9 + 4 + 23 && h.len <= 29 + 9 + 22 + 23, "all of it has room");
    CHECK(h.cost.passes == cost.passes && h.cost.kibibytes == cost.kibibytes, "at this cost");
    CHECK(taskseal__is_protected(text, h.len), "the first line");
    REACHED_IF(h.len == 83, "the longest");
}

/* Whatever may be asked for is read again as it was written. */
void proof_put_head_again(void)
{
    const taskseal__protect_cost cost = {nondet_unsigned(), nondet_unsigned()};
    char *text = any_bytes(HEAD_MAX);
    head h, again;
    ASSUME(cost.passes >= 1 && cost.passes <= 9,
           "the bound of this proof: one digit; 10 may be asked for too");
    ASSUME(cost.kibibytes >= 8 && cost.kibibytes <= 1048576, "what may be asked for");
    if (put_head(text, &h, &cost) != TASKSEAL_OK)
        return;
    CHECK(parse_head(text, h.len, &again), "a head that is read again");
    CHECK(g_steps == 1 && again.len == h.len, "as long");
    CHECK(again.cost.passes == cost.passes && again.cost.kibibytes == cost.kibibytes, "of the same cost");
    REACHED_IF(cost.passes == 3 && cost.kibibytes == 262144, "the usual cost");
    REACHED_IF(cost.passes == 9 && cost.kibibytes == 1048576, "the highest");
}

/* ---- libsodium, as its documentation has it: what it is given is checked ---- */

static const uint8_t *g_stretched;
static taskseal_bytes g_passphrase;
static bool g_fine;

int crypto_pwhash(unsigned char *const out, unsigned long long out_len, const char *const passphrase,
                  unsigned long long len, const unsigned char *const salt, unsigned long long passes,
                  size_t bytes, int algorithm)
{
    CHECK(out_len == 32 && __CPROVER_w_ok(out, out_len), "there is room for the stretched key");
    CHECK(passphrase == g_passphrase.data && len == g_passphrase.len, "the passphrase, whole");
    CHECK(salt == g_head->salt && passes == g_head->cost.passes, "the salt and the passes of the head");
    CHECK(bytes == (size_t)1024 * g_head->cost.kibibytes && bytes <= (size_t)1 << 30, "no more than 1 GiB");
    CHECK(algorithm == crypto_pwhash_ALG_ARGON2ID13, "Argon2id");
    g_stretched = out;
    g_fine = nondet_bool();
    return g_fine ? 0 : -1;
}

int crypto_generichash_init(crypto_generichash_state *hash, const unsigned char *key, const size_t keylen,
                            const size_t outlen)
{
    CHECK(__CPROVER_w_ok(hash, sizeof *hash), "the state is there");
    CHECK(key == g_stretched && keylen == 32 && outlen == 64, "the stretched key, two halves");
    return 0;
}

int crypto_generichash_update(crypto_generichash_state *hash, const unsigned char *in, unsigned long long len)
{
    (void)hash;
    CHECK(g_steps < 2, "the label and the head");
    if (g_steps == 0)
        CHECK(len == 16 && memcmp(in, "taskseal1-passwd", 16) == 0, "the label");
    else
        CHECK(in == (const uint8_t *)g_text && len == g_head->len && __CPROVER_r_ok(in, len),
              "the head, whole");
    g_steps++;
    return 0;
}

int crypto_generichash_final(crypto_generichash_state *hash, unsigned char *out, const size_t outlen)
{
    (void)hash;
    CHECK(g_steps == 2 && out == g_place && outlen == 64 && __CPROVER_w_ok(out, outlen), "both halves");
    return 0;
}

/* A head of any length, at any cost that parse_head lets pass. */
static const head *any_head(void)
{
    static head h;
    h.len = nondet_size();
    h.cost.passes = nondet_unsigned();
    h.cost.kibibytes = nondet_unsigned();
    ASSUME(h.len <= 128 && h.cost.passes <= 10 && h.cost.kibibytes <= 1048576,
           "proved by the proof parse_head");
    g_text = any_bytes(h.len);
    return &h;
}

void proof_derive_file_keys(void)
{
    file_keys keys;
    g_head = any_head();
    g_place = (uint8_t *)&keys;
    g_passphrase.data = "p";
    g_passphrase.len = nondet_u16();
    taskseal_err err = derive(&keys, g_text, g_head, g_passphrase);
    CHECK((err == TASKSEAL_OK) == (g_steps == 2), "both halves, or none");
    REACHED_IF(err == TASKSEAL_OK, "derived");
    REACHED_IF(err != TASKSEAL_OK, "no memory");
}

int any_verify(const unsigned char *a, const unsigned char *b)
{
    CHECK(b == g_bytes && __CPROVER_r_ok(a, 32) && __CPROVER_r_ok(b, 32), "the commitment");
    g_fine = nondet_bool();
    return g_fine ? 0 : -1;
}

int any_decrypt(unsigned char *plain, unsigned long long *plain_len, unsigned char *unused,
                const unsigned char *in, unsigned long long in_len, const unsigned char *ad,
                unsigned long long ad_len, const unsigned char *nonce, const unsigned char *key)
{
    (void)unused;
    CHECK(g_fine, "behind a commitment to this key");
    CHECK(in == g_bytes + 32 && in_len == g_len + 16 && __CPROVER_r_ok(in, in_len),
          "ciphertext and tag, whole");
    CHECK(g_len == 0 || __CPROVER_w_ok(plain, g_len), "there is room for the plaintext");
    CHECK(plain_len == NULL && ad == NULL && ad_len == 0, "nothing else");
    CHECK(__CPROVER_r_ok(nonce, 24) && __CPROVER_r_ok(key, 32), "a nonce and a key of this cipher");
    g_steps++;
    return nondet_bool() ? 0 : -1;
}

void proof_decrypt_file(void)
{
    static const file_keys keys;
    g_len = nondet_size();
    ASSUME(g_len <= TASKSEAL__KEYFILE_MAX, "by the proof unprotect: shorter than the text");
    g_bytes = any_bytes(g_len + 48);
    taskseal_err err = decrypt(&keys, g_bytes, g_len + 48, any_bytes(g_len), NULL);
    CHECK(err != TASKSEAL_OK || g_steps == 1, "opened");
    REACHED_IF(err == TASKSEAL_OK && g_len == 0, "an empty one");
    REACHED_IF(err == TASKSEAL_ERR_KEYFILE_PASSPHRASE, "another passphrase");
    REACHED_IF(err == TASKSEAL_ERR_KEYFILE_MALFORMED, "damaged");
}

taskseal_err any_keys(file_keys *keys, const char *text, const head *h, taskseal_bytes passphrase)
{
    CHECK(h == g_head && text == g_text && passphrase.len == g_passphrase.len, "of this head and passphrase");
    CHECK(__CPROVER_w_ok(keys, sizeof *keys), "there is room for both halves");
    g_place = (uint8_t *)keys;
    g_fine = nondet_bool();
    return g_fine ? TASKSEAL_OK : TASKSEAL_ERR_NO_MEMORY;
}

void wiped_keys(void *at, size_t len)
{
    CHECK(at == g_place && len == 64 && g_steps == 1, "both halves are wiped, afterwards");
    g_wiped++;
}

int known_encrypt(unsigned char *out, unsigned long long *out_len, const unsigned char *plain,
                  unsigned long long plain_len, const unsigned char *ad, unsigned long long ad_len,
                  const unsigned char *unused, const unsigned char *nonce, const unsigned char *key)
{
    (void)unused;
    CHECK(plain == g_bytes && plain_len == g_len && (g_len == 0 || __CPROVER_r_ok(plain, g_len)),
          "all of the text");
    CHECK(__CPROVER_w_ok(out, g_len + 16), "there is room for ciphertext and tag");
    CHECK(__CPROVER_POINTER_OFFSET(out) == 32, "behind the commitment");
    CHECK(out_len == NULL && ad == NULL && ad_len == 0, "nothing else");
    CHECK(key == g_place && __CPROVER_r_ok(nonce, 24), "under the first half");
    g_steps++;
    return 0;
}

void proof_protect_file(void)
{
    g_len = nondet_size();
    ASSUME(g_len <= TASKSEAL__KEYFILE_MAX, "by the proof protect");
    g_head = any_head();
    g_bytes = any_bytes(g_len);
    uint8_t *sealed = any_bytes(g_len + 48);
    g_passphrase.len = nondet_u16();
    taskseal_err err = protect((const char *)g_bytes, g_len, g_passphrase, g_head, g_text, sealed);
    CHECK(err == TASKSEAL_OK ? g_steps == 1 && g_wiped == 1 : g_steps == 0, "encrypted, and the keys wiped");
    REACHED_IF(err == TASKSEAL_OK && g_len == TASKSEAL__KEYFILE_MAX, "the longest");
    REACHED_IF(err != TASKSEAL_OK, "no memory");
}

taskseal_err known_decrypt(const file_keys *keys, const uint8_t *sealed, size_t sealed_len, char *plain,
                           taskseal_error *error)
{
    (void)error;
    CHECK((const uint8_t *)keys == g_place && g_fine, "with the keys of this passphrase");
    CHECK(sealed == g_bytes && sealed_len == g_len && plain == g_text, "all of it, to where it was wanted");
    g_steps++;
    return nondet_bool() ? TASKSEAL_OK : TASKSEAL_ERR_KEYFILE_PASSPHRASE;
}

void proof_unprotect_file(void)
{
    static const uint8_t sealed;
    g_head = any_head();
    g_bytes = &sealed;
    g_len = nondet_size();
    g_passphrase.len = nondet_u16();
    taskseal_err err = unprotect(g_text, g_head, g_passphrase, g_bytes, g_len, (char *)g_text, NULL);
    CHECK(g_wiped == g_steps && (g_steps == 1) == g_fine, "decrypted, and the keys wiped");
    REACHED_IF(err == TASKSEAL_OK, "opened");
    REACHED_IF(err == TASKSEAL_ERR_NO_MEMORY, "no memory");
}
