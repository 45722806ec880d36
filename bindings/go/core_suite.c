/* SPDX-License-Identifier: MIT
 * Made by bundle.py of lib/core/suite.c; do not edit. */
/* SPDX-License-Identifier: MIT */
#include "core.h"


/* ---- What there is ---- */

bool taskseal__suite_known(unsigned suite)
{
    return suite >= TASKSEAL_SUITE_CHACHA20POLY1305 && suite <= TASKSEAL_SUITE_AEGIS256;
}

bool taskseal_suite_available(taskseal_suite suite)
{
    if (taskseal__sodium_init() != TASKSEAL_OK)
        return false;
    switch (suite) {
    case TASKSEAL_SUITE_CHACHA20POLY1305:
        return true;
    case TASKSEAL_SUITE_AES256GCM:
        return crypto_aead_aes256gcm_is_available() == 1;
    case TASKSEAL_SUITE_AEGIS256:
        return TASKSEAL__HAVE_AEGIS256;
    }
    return false;
}

bool taskseal_key_type_available(taskseal_key_type type)
{
    return type == TASKSEAL_KEY_XCHACHA20POLY1305 || type == TASKSEAL_KEY_DEDUPE ||
           (type == TASKSEAL_KEY_AEGIS256 && TASKSEAL__HAVE_AEGIS256);
}

/* ---- Lengths ---- */

static bool too_many(uint64_t pieces)
{
    return pieces > TASKSEAL__PIECES_MAX;
}

bool taskseal__chunks_len(taskseal_suite suite, size_t payload_len, size_t *chunks_len)
{
    size_t pieces = payload_len / TASKSEAL_CHUNK_BYTES + 1;
    if (too_many(pieces) || pieces > (SIZE_MAX - payload_len) / taskseal__tag_len(suite))
        return false;
    *chunks_len = payload_len + pieces * taskseal__tag_len(suite);
    return true;
}

bool taskseal__payload_len(taskseal_suite suite, size_t chunks_len, size_t *payload_len)
{
    size_t tag = taskseal__tag_len(suite);
    size_t full = chunks_len / (TASKSEAL_CHUNK_BYTES + tag);
    size_t last = chunks_len % (TASKSEAL_CHUNK_BYTES + tag);
    if (last < tag || too_many(full + 1))
        return false;
    *payload_len = full * TASKSEAL_CHUNK_BYTES + (last - tag);
    return true;
}

/* ---- All chunks ---- */

/* Writes to `at` the `len` bytes of the padded payload that begin at `offset`. */
static void put_padded(uint8_t *at, const uint8_t *payload, size_t payload_len, size_t offset, size_t len)
{
    size_t real = offset < payload_len ? payload_len - offset : 0;
    if (real > len)
        real = len;
    if (real > 0)
        memmove(at, payload + offset, real);
    if (real < len) {
        memset(at + real, 0, len - real);
        if (offset + real == payload_len)
            at[real] = 0x80;
    }
}

/* In place, from the last chunk to the first: a chunk's ciphertext stands behind its plaintext, on that of
 * later chunks only, which are done by then. Else in their order, which processors like better. */
void taskseal__chunks_seal(taskseal_suite suite, const uint8_t key[TASKSEAL__PAYLOAD_KEY_BYTES],
                           const uint8_t *payload, size_t len, size_t padded_len, uint8_t *out)
{
    taskseal__cipher cipher;
    const size_t stride = TASKSEAL_CHUNK_BYTES + taskseal__tag_len(suite);
    bool in_place = payload == out;
    taskseal__cipher_init(&cipher, suite, key);
    const size_t last = padded_len / TASKSEAL_CHUNK_BYTES;
    for (size_t done = 0; done <= last; done++) {
        size_t i = in_place ? last - done : done;
        size_t offset = i * TASKSEAL_CHUNK_BYTES;
        size_t piece =
            padded_len - offset < TASKSEAL_CHUNK_BYTES ? padded_len - offset : TASKSEAL_CHUNK_BYTES;
        uint8_t *chunk = out + i * stride;
        const uint8_t *source = chunk;
        if (in_place || offset + piece > len)
            put_padded(chunk, payload, len, offset, piece);
        else
            source = len != 0 ? payload + offset : chunk; /* payload may be NULL if it is empty */
        taskseal__chunk_seal(&cipher, i, source, piece, chunk);
    }
    taskseal__cipher_wipe(&cipher);
}

bool taskseal__chunks_open(taskseal_suite suite, const uint8_t key[TASKSEAL__PAYLOAD_KEY_BYTES],
                           const uint8_t *chunks, size_t chunks_len, uint8_t *out)
{
    taskseal__cipher cipher;
    const size_t tag = taskseal__tag_len(suite);
    const size_t stride = TASKSEAL_CHUNK_BYTES + tag;
    const bool in_place = chunks == out;
    bool authentic = true;
    taskseal__cipher_init(&cipher, suite, key);
    for (uint64_t i = 0; chunks_len > 0 && authentic; i++) {
        size_t chunk_len = chunks_len < stride ? chunks_len : stride;
        /* An AEAD works wholly in place or on disjoint buffers, so the chunk moves after it is opened. */
        uint8_t *target = in_place ? out + i * tag : out;
        authentic = taskseal__chunk_open(&cipher, i, chunks, chunk_len, target);
        if (authentic && target != out)
            memmove(out, target, chunk_len - tag);
        chunks += chunk_len;
        chunks_len -= chunk_len;
        out += chunk_len - tag;
    }
    taskseal__cipher_wipe(&cipher);
    return authentic;
}
