/* SPDX-License-Identifier: MIT
 * Sealing, opening and rewrapping. */
#include "message.h"

#include <string.h>

static void rewrap(const taskseal_rewrap_options *options, taskseal_err expected)
{
    secrecy.rewrapping = true;
    EXPECT(expected, taskseal_rewrap(options, m.sealed, m.sealed_len, m.moved, sizeof m.moved, &m.moved_len));
    secrecy.rewrapping = false;
    make_public(m.moved, m.moved_len);
}

/* ---- Success ---- */

static void succeed(const taskseal_keyring *ring, kind k)
{
    static const size_t lengths[] = {0, 40, 300, TASKSEAL_CHUNK_BYTES, PAYLOAD_MAX};
    static const char *const both[] = {"k", "l"};
    const taskseal_seal_options options = sealing(ring, k);
    const taskseal_open_options with = opening(ring);
    const taskseal_rewrap_options to = {.keyring = ring, .now = NOW + 1};
    taskseal_seal_options to_both = options;
    to_both.key_ids = both;
    to_both.key_count = 2;
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        seal(&options, lengths[i]);
        open_both(&with, m.sealed, m.sealed_len, TASKSEAL_OK, lengths[i]);
        rewrap(&to, TASKSEAL_OK);
        open_both(&with, m.moved, m.moved_len, TASKSEAL_OK, lengths[i]);
        seal_in_place(&to_both, lengths[i]);
        open_both(&with, m.sealed, m.sealed_len, TASKSEAL_OK, lengths[i]);
        rewrap(&to, TASKSEAL_OK);
        open_both(&with, m.moved, m.moved_len, TASKSEAL_OK, lengths[i]);
    }
}

/* ---- Failure ---- */

static void refuse_keys(const taskseal_keyring *ring, const taskseal_keyring *other)
{
    const taskseal_open_options with = opening(ring);
    const taskseal_open_options with_other = opening(other);
    const taskseal_rewrap_options to = {.keyring = ring, .now = NOW + 1};
    const taskseal_rewrap_options to_other = {.keyring = other, .now = NOW + 1};
    taskseal_info info;
    open_both(&with_other, m.sealed, m.sealed_len, TASKSEAL_ERR_AUTHENTICATION_FAILED, 0);
    rewrap(&to_other, TASKSEAL_ERR_AUTHENTICATION_FAILED);
    EXPECT(TASKSEAL_OK, taskseal_inspect(m.sealed, m.sealed_len, &info));
    m.sealed[info.header_len - 1] ^= 1; /* the header's MAC */
    open_both(&with, m.sealed, m.sealed_len, TASKSEAL_ERR_AUTHENTICATION_FAILED, 0);
    rewrap(&to, TASKSEAL_ERR_AUTHENTICATION_FAILED);
    m.sealed[info.header_len - 1] ^= 1;
}

static void refuse_what_follows(const taskseal_keyring *ring, kind k)
{
    const size_t len = TASKSEAL_CHUNK_BYTES + 100;
    const taskseal_seal_options options = sealing(ring, k);
    const taskseal_open_options with = opening(ring);
    taskseal_open_options late = with;
    taskseal_open_options elsewhere = with;
    elsewhere.context.id = taskseal_str("43");
    open_both(&elsewhere, m.sealed, m.sealed_len, TASKSEAL_ERR_CONTEXT_MISMATCH, 0);
    late.now = NOW + 3600;
    open_both(&late, m.sealed, m.sealed_len, TASKSEAL_ERR_EXPIRED, 0);
    seal(&options, len);
    m.sealed[m.sealed_len - 1] ^= 1; /* the last tag */
    open_both(&with, m.sealed, m.sealed_len, TASKSEAL_ERR_DAMAGED, 0);
    m.sealed[m.sealed_len - 1] ^= 1;
    m.sealed[m.sealed_len - len + 9] ^= 1; /* the first chunk */
    open_both(&with, m.sealed, m.sealed_len, TASKSEAL_ERR_DAMAGED, 0);
}

static void refuse_padding(const taskseal_keyring *ring, kind k)
{
    const taskseal_seal_options options = sealing(ring, k);
    const taskseal_open_options with = opening(ring);
    secrecy.padding_goes_bad = true;
    seal(&options, 40);
    secrecy.padding_goes_bad = false;
    open_both(&with, m.sealed, m.sealed_len, TASKSEAL_ERR_DAMAGED, 0);
}

static void refuse_sealed(const taskseal_keyring *ring, kind k)
{
    const taskseal_seal_options options = sealing(ring, k);
    seal(&options, 40);
    memcpy(m.payload, m.sealed, m.sealed_len);
    keep_secret(m.payload, m.sealed_len);
    EXPECT(TASKSEAL_ERR_LOOKS_SEALED,
           taskseal_seal(&options, m.payload, m.sealed_len, m.out, sizeof m.out, &m.out_len));
}

void run_envelopes(kind k)
{
    taskseal_keyring *ring = ring_with_fresh_keys(k.key_type, "k", "l");
    taskseal_keyring *other = ring_with_fresh_keys(k.key_type, "k", "l");
    const taskseal_seal_options options = sealing(ring, k);
    succeed(ring, k);
    seal(&options, 40);
    refuse_keys(ring, other);
    refuse_what_follows(ring, k);
    if (k.padded)
        refuse_padding(ring, k);
    refuse_sealed(ring, k);
    taskseal_keyring_free(ring);
    taskseal_keyring_free(other);
}
