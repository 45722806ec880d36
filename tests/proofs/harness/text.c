/* SPDX-License-Identifier: MIT */
#include "proof.h"

#include <base64.c>
#include <text.c>

/* Every length: decoding undoes encoding, and the length that nothing encodes to is refused. */
void proof_text_lengths(void)
{
    size_t sealed = nondet_size(), text = nondet_size(), len;
    size_t size = taskseal_text_size(sealed);
    if (size == 0) {
        CHECK(sealed / 3 > (SIZE_MAX - 16) / 4, "only lengths at the end of size_t have no text");
        REACHED("no text");
    } else {
        CHECK(size > sealed && size - 5 >= sealed / 3 * 4, "prefix and digits");
        CHECK(taskseal__base64_decoded_len(size - 5, &len) && len == sealed,
              "decoded_len(text_size(x)) is x");
        REACHED("text");
    }
    bool valid = taskseal__base64_decoded_len(text, &len);
    CHECK(valid == (text % 4 != 1), "a rest of 1 is refused");
    CHECK(len <= text, "decoding never lengthens");
    CHECK(!valid || text > SIZE_MAX - 32 || taskseal_text_size(len) == text + 5,
          "text_size(decoded_len(x)) is x");
}

/* ---- libsodium's decoder and encoder, as its documentation has them: they write what they may, nothing else ---- */

int sodium_base642bin(unsigned char *const bin, const size_t bin_maxlen, const char *const b64,
                      const size_t b64_len, const char *const ignore, size_t *const bin_len,
                      const char **const b64_end, const int variant)
{
    CHECK(b64_len == 0 || __CPROVER_r_ok(b64, b64_len), "libsodium reads what it was given");
    CHECK(bin_maxlen == 0 || __CPROVER_w_ok(bin, bin_maxlen), "libsodium writes where it may");
    CHECK(ignore == NULL && variant == sodium_base64_VARIANT_URLSAFE_NO_PADDING,
          "strict, unpadded, URL-safe");
    size_t end = nondet_size();
    *bin_len = nondet_size();
    ASSUME(*bin_len <= bin_maxlen && end <= b64_len, "libsodium's contract");
    *b64_end = b64 + end;
    if (bin_maxlen != 0)
        __CPROVER_havoc_slice(bin, bin_maxlen);
    return nondet_bool() ? 0 : -1;
}

char *sodium_bin2base64(char *const b64, const size_t b64_maxlen, const unsigned char *const bin,
                        const size_t bin_len, const int variant)
{
    CHECK(b64_maxlen > bin_len / 3 * 4 + (bin_len % 3 != 0 ? bin_len % 3 + 1 : 0),
          "libsodium aborts if it is too small");
    CHECK(__CPROVER_w_ok(b64, b64_maxlen) && __CPROVER_r_ok(bin, bin_len),
          "libsodium gets what it was promised");
    CHECK(variant == sodium_base64_VARIANT_URLSAFE_NO_PADDING, "unpadded, URL-safe");
    return b64;
}

void sodium_memzero(void *const at, const size_t len)
{
    CHECK(len == 0 || __CPROVER_w_ok(at, len), "what is wiped is ours");
}

void proof_base64_decode(void)
{
    size_t text_len = nondet_size(), len = nondet_size();
    ASSUME(text_len <= 64 && len <= 64, "the bound of this proof");
    const char *text = any_bytes(text_len);
    uint8_t *out = any_bytes(len);
    if (taskseal__base64_decode(text, text_len, out, len)) {
        size_t i = nondet_size();
        CHECK(i >= text_len || (unsigned char)text[i] < 0x80, "only ASCII is accepted");
        REACHED("accepted");
    } else {
        REACHED("refused");
    }
}

/* The parser is proved in header.c. Here it may say anything; what it reads is checked. */
taskseal_err any_header(taskseal__header *header, const void *sealed, size_t len)
{
    size_t read = len < TASKSEAL_HEADER_MAX ? len : TASKSEAL_HEADER_MAX;
    (void)header;
    CHECK(read == 0 || __CPROVER_r_ok(sealed, read), "what the parser reads is there");
    unsigned err = nondet_unsigned();
    ASSUME(err == 0 || err == TASKSEAL_ERR_MALFORMED || err == TASKSEAL_ERR_NOT_SEALED ||
               err == TASKSEAL_ERR_UNSUPPORTED_VERSION || err == TASKSEAL_ERR_UNSUPPORTED_SUITE,
           "the errors that the parser has");
    return (taskseal_err)err;
}

bool any_decode(const char *text, size_t text_len, uint8_t *out, size_t len)
{
    size_t fits;
    CHECK(__CPROVER_r_ok(text, text_len), "what the decoder reads is there");
    CHECK(len == 0 || __CPROVER_w_ok(out, len), "what the decoder writes has room");
    CHECK(taskseal__base64_decoded_len(text_len, &fits) && fits == len,
          "the decoder is given the right length");
    return nondet_bool();
}

bool any_begin(const void *data, size_t len)
{
    size_t read = len < 5 ? len : 5;
    CHECK(read == 0 || __CPROVER_r_ok(data, read), "what is looked at is there");
    return nondet_bool();
}

/* Every length of text: pieces tile it, each is read once, and the header stands in the first. */
void proof_is_sealed(void)
{
    size_t len = nondet_size();
    ASSUME(len <= 4 * PIECE_TEXT, "the bound of this proof: four pieces");
    taskseal_sealed is = taskseal_is_sealed(any_bytes(len), len);
    REACHED_IF(is == TASKSEAL_SEALED && len > 3 * PIECE_TEXT, "sealed");
    REACHED_IF(is == TASKSEAL_PLAIN, "plain");
    REACHED_IF(is == TASKSEAL_BROKEN && len < PIECE_TEXT, "broken");
}

void proof_text_decode(void)
{
    size_t len = nondet_size(), cap = nondet_size(), got = nondet_size();
    ASSUME(len <= 4096 && cap <= 4096, "the bound of this proof; the code has no loop but the decoder's");
    const char *text = any_bytes(len);
    uint8_t *out = any_bytes(cap);
    taskseal_err err = taskseal_text_decode(text, len, out, cap, &got);
    CHECK(err == TASKSEAL_OK ? got >= 1 && got <= cap && got < len : got == 0, "a length only with success");
    CHECK(err != TASKSEAL_ERR_NOT_SEALED || len < 5 || memcmp(text, "tsl1.", 5) != 0,
          "with the prefix never NOT_SEALED");
    REACHED_IF(err == TASKSEAL_OK, "decoded");
    REACHED_IF(err == TASKSEAL_ERR_BUFFER_TOO_SMALL, "too small");
}

void proof_text_encode(void)
{
    size_t len = nondet_size(), cap = nondet_size(), got = nondet_size();
    ASSUME(len <= 4096 && cap <= 8192, "the bound of this proof; the code has no loop but the encoder's");
    const uint8_t *sealed = any_bytes(len);
    char *out = any_bytes(cap);
    taskseal_err err = taskseal_text_encode(sealed, len, out, cap, &got);
    CHECK(err == TASKSEAL_OK ? got < cap && got == taskseal_text_size(len) : got == 0,
          "a length only with success");
    CHECK(cap <= taskseal_text_size(len) || err != TASKSEAL_ERR_BUFFER_TOO_SMALL,
          "text_size and a NUL suffice");
    REACHED_IF(err == TASKSEAL_OK, "encoded");
}
