/* SPDX-License-Identifier: MIT */
#include "message.h"

#include <string.h>

message m;

taskseal_context context(void)
{
    return (taskseal_context){
        .queue = taskseal_str("mail"), .type = taskseal_str("welcome"), .id = taskseal_str("42")};
}

taskseal_seal_options sealing(const taskseal_keyring *ring, kind k)
{
    return (taskseal_seal_options){.keyring = ring,
                                   .context = context(),
                                   .suite = k.suite,
                                   .flags = k.padded ? TASKSEAL_SEAL_PADDED : 0,
                                   .lifetime = 3600,
                                   .now = NOW};
}

taskseal_open_options opening(const taskseal_keyring *ring)
{
    return (taskseal_open_options){.keyring = ring, .context = context(), .now = NOW + 1};
}

void make_payload(size_t len)
{
    for (size_t i = 0; i < len; i++)
        m.expected[i] = (uint8_t)(i * 7 + len);
    memcpy(m.payload, m.expected, len);
    keep_secret(m.payload, len);
}

void seal(const taskseal_seal_options *options, size_t len)
{
    make_payload(len);
    EXPECT(TASKSEAL_OK, taskseal_seal(options, m.payload, len, m.sealed, sizeof m.sealed, &m.sealed_len));
    make_public(m.sealed, m.sealed_len);
}

void seal_in_place(const taskseal_seal_options *options, size_t len)
{
    size_t size;
    size_t offset;
    make_payload(len);
    EXPECT(TASKSEAL_OK, taskseal_seal_size(options, len, &size, &offset));
    memcpy(m.sealed + offset, m.payload, len);
    EXPECT(TASKSEAL_OK, taskseal_seal_in_place(options, m.sealed, sizeof m.sealed, len, &m.sealed_len));
    make_public(m.sealed, m.sealed_len);
}

void open_both(const taskseal_open_options *options, const uint8_t *sealed, size_t sealed_len,
               taskseal_err expected, size_t len)
{
    void *payload;
    EXPECT(expected, taskseal_open(options, sealed, sealed_len, m.out, sizeof m.out, &m.out_len, &m.opened));
    if (expected == TASKSEAL_OK)
        EXPECT_TRUE(m.out_len == len && known_to_be(m.out, m.expected, len));
    memcpy(m.out, sealed, sealed_len);
    EXPECT(expected, taskseal_open_in_place(options, m.out, sealed_len, &payload, &m.out_len, NULL));
    if (expected == TASKSEAL_OK)
        EXPECT_TRUE(m.out_len == len && known_to_be(payload, m.expected, len));
}
