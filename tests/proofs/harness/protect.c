/* SPDX-License-Identifier: MIT */
#include "proof.h"

#include <base64.c>
#include <protect.c>

#include "failing.h"

/* Digits without a leading 0 and a space, of at most `max`. */
void proof_take_number(void)
{
    size_t len = nondet_size();
    unsigned max = nondet_unsigned();
    ASSUME(len <= 12 && max <= KIBIBYTES_MAX, "the bound of this proof; the largest number has 7 digits");
    const char *text = any_bytes(len), *at = text;
    unsigned value = take_number(&at, text + len, max);
    if (value == 0) {
        CHECK(at == text, "nothing is taken");
        REACHED("no number");
        return;
    }
    size_t taken = (size_t)(at - text), i = nondet_size();
    CHECK(value <= max && taken >= 2 && taken <= len && text[taken - 1] == ' ', "a number and a space");
    CHECK(text[0] >= '1' && text[0] <= '9', "no leading 0");
    CHECK(i >= taken - 1 || (text[i] >= '0' && text[i] <= '9'), "digits only");
    CHECK(value % 10 == (unsigned)(text[taken - 2] - '0'), "the last digit's value");
    REACHED_IF(value >= 1000000, "the largest");
    REACHED_IF(value < 10, "one digit");
}

static const char *g_text;
static size_t g_len;

/* By the proof take_number: takes a digit and a space at least, or nothing. */
unsigned any_number(const char **at, const char *end, unsigned max)
{
    size_t left = (size_t)(end - *at), taken = nondet_size();
    unsigned value = nondet_unsigned();
    CHECK(*at >= g_text && end == g_text + g_len, "inside the text");
    if (left < 2 || value == 0 || value > max || taken < 2 || taken > left)
        return 0;
    *at += taken;
    return value;
}

bool known_salt(const char *text, size_t text_len, uint8_t *out, size_t len)
{
    CHECK(text_len == SALT_DIGITS && __CPROVER_r_ok(text, text_len), "the digits of the salt are there");
    CHECK(len == 16 && __CPROVER_w_ok(out, len), "there is room for the salt");
    return nondet_bool();
}

/* Every text that begins as a protected key file does. */
void proof_parse_head(void)
{
    head h;
    g_len = nondet_size();
    ASSUME(g_len <= 160, "the bound of this proof; the head is shorter");
    g_text = any_bytes(g_len);
    if (!taskseal__is_protected(g_text, g_len)) {
        REACHED("another text");
        return;
    }
    CHECK(g_len >= 29 && g_text[28] == '\n', "the first line is there");
    if (!parse_head(g_text, g_len, &h)) {
        REACHED("refused");
        return;
    }
    CHECK(h.cost.passes >= 1 && h.cost.passes <= 10, "1 to 10 passes");
    CHECK(h.cost.kibibytes >= 8 && h.cost.kibibytes <= 1048576, "8 KiB to 1 GiB");
    CHECK(h.len <= g_len && g_text[h.len - 1] == '\n', "the head ends with a line");
    REACHED("accepted");
}

/* ---- Lengths of the whole ---- */

static size_t g_head_len, g_sealed_len, g_digits_len;

void *any_guarded(size_t size)
{
    return nondet_bool() ? malloc(size) : NULL;
}

void any_free(void *pointer)
{
    CHECK(pointer == NULL || __CPROVER_r_ok(pointer, 1), "what is freed is there");
}

bool known_head(const char *text, size_t len, head *h)
{
    CHECK(text == g_text && len == g_len, "the whole text");
    h->len = g_head_len;
    return nondet_bool();
}

bool known_decode(const char *text, size_t text_len, uint8_t *out, size_t len)
{
    size_t want;
    CHECK(text == g_text + g_head_len && text_len <= g_len - g_head_len, "the third line");
    CHECK(text_len == 0 || __CPROVER_r_ok(text, text_len), "it is there");
    CHECK(taskseal__base64_decoded_len(text_len, &want) && want == len && __CPROVER_w_ok(out, len),
          "there is room for what it decodes to");
    g_sealed_len = len;
    return nondet_bool();
}

taskseal_err known_unprotect(const char *text, const head *h, taskseal_bytes passphrase,
                             const uint8_t *sealed, size_t sealed_len, char *plain, taskseal_error *error)
{
    (void)text, (void)h, (void)passphrase, (void)error;
    CHECK(sealed_len == g_sealed_len && sealed_len >= 48 && __CPROVER_r_ok(sealed, sealed_len),
          "commitment, ciphertext and tag");
    CHECK(sealed_len == 48 || __CPROVER_w_ok(plain, sealed_len - 48), "there is room for the plaintext");
    return nondet_bool() ? TASKSEAL_OK : TASKSEAL_ERR_KEYFILE_PASSPHRASE;
}

void proof_unprotect(void)
{
    char *plain;
    size_t plain_len;
    const taskseal_bytes passphrase = {"p", 1};
    g_len = nondet_size();
    g_head_len = nondet_size();
    ASSUME(g_head_len >= 30 && g_head_len <= g_len, "proved by the proof parse_head");
    g_text = any_bytes(g_len <= TASKSEAL__KEYFILE_MAX ? g_len : 0);
    taskseal_err err = taskseal__unprotect(g_text, g_len, passphrase, &plain, &plain_len, NULL);
    CHECK(err == TASKSEAL_OK ? plain != NULL && plain_len == g_sealed_len - 48
                             : plain == NULL && plain_len == 0,
          "a text and its length, or none");
    REACHED_IF(err == TASKSEAL_OK && plain_len > 1000, "opened");
    REACHED_IF(err == TASKSEAL_OK && plain_len == 0, "an empty one");
    REACHED_IF(err == TASKSEAL_ERR_NO_MEMORY, "no memory");
}

taskseal_err known_put_head(char *text, head *h, const taskseal__protect_cost *cost)
{
    (void)cost;
    CHECK(__CPROVER_w_ok(text, HEAD_MAX), "there is room for the head");
    h->len = g_head_len;
    return nondet_bool() ? TASKSEAL_OK : TASKSEAL_ERR_NO_RANDOM;
}

taskseal_err known_protect(const char *plain, size_t plain_len, taskseal_bytes passphrase, const head *h,
                           const char *text, uint8_t *sealed)
{
    (void)plain, (void)passphrase, (void)h, (void)text;
    CHECK(__CPROVER_w_ok(sealed, plain_len + 48), "there is room for commitment, ciphertext and tag");
    return nondet_bool() ? TASKSEAL_OK : TASKSEAL_ERR_NO_MEMORY;
}

size_t known_encoded_len(size_t len, int variant)
{
    CHECK(variant == sodium_base64_VARIANT_URLSAFE_NO_PADDING, "unpadded, URL-safe");
    return len / 3 * 4 + (len % 3 != 0 ? len % 3 + 1 : 0) + 1;
}

char *known_encode(char *const to, const size_t cap, const unsigned char *const bin, const size_t len,
                   const int variant)
{
    CHECK(cap >= known_encoded_len(len, variant), "libsodium aborts if it is too small");
    CHECK(__CPROVER_w_ok(to, cap) && __CPROVER_r_ok(bin, len), "there is room for the digits and a NUL");
    g_digits_len = cap;
    return to;
}

void proof_protect(void)
{
    char *text;
    size_t len, plain_len = nondet_size();
    const taskseal_bytes passphrase = {"p", 1};
    g_head_len = nondet_size();
    ASSUME(g_head_len >= 30 && g_head_len < HEAD_MAX, "proved by the proof put_head");
    ASSUME(plain_len <= TASKSEAL__KEYFILE_MAX, "keyfile_read has read it, or change_text has written it");
    g_text = any_bytes(1); /* never looked at */
    taskseal_err err = taskseal__protect(g_text, plain_len, passphrase, NULL, &text, &len, NULL);
    CHECK(err == TASKSEAL_OK ? len == g_head_len + g_digits_len && text[len - 1] == '\n'
                             : text == NULL && len == 0,
          "head and digits, with a line feed in place of the NUL");
    CHECK(len <= TASKSEAL__KEYFILE_MAX, "no longer than a key file may be");
    REACHED_IF(err == TASKSEAL_OK && plain_len > 1000, "protected");
    REACHED_IF(err == TASKSEAL_ERR_KEYFILE_CHANGE, "too long");
}
