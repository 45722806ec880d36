/* SPDX-License-Identifier: MIT
 * Makes any envelope that names our key authentic, so that fuzzing goes on behind the wrap and the MAC. */
#ifndef TASKSEAL_FUZZ_FORGE_H
#define TASKSEAL_FUZZ_FORGE_H

#include "fuzz.h"

#include "core/derive.h"

enum { FORGE_NOW = 1800000060 };

static const char our_id[] = "mail-k01";

static inline const taskseal_keyring *forge_keyring(void)
{
    static const uint8_t kek[TASKSEAL_KEY_BYTES] = {'K', 'E', 'K'};
    static const taskseal_key keys[] = {
        {.id = our_id, .type = TASKSEAL_KEY_XCHACHA20POLY1305, .state = TASKSEAL_KEY_ACTIVE, .secret = kek},
        {.id = "mail-k04", .type = TASKSEAL_KEY_XCHACHA20POLY1305, .state = TASKSEAL_KEY_COMPROMISED}};
    static taskseal_keyring *ring;
    if (ring == NULL)
        HOLDS(taskseal_keyring_new(&ring, keys, sizeof keys / sizeof keys[0], NULL) == TASKSEAL_OK);
    return ring;
}

/* Gives queue, type and id, and insists on the queue. */
static inline taskseal_open_options forge_opener(void)
{
    return (taskseal_open_options){
        .keyring = forge_keyring(),
        .context = {{"mail", 4}, {"password-reset", 14}, {"task-0001", 9}, {NULL, 0}},
        .insist = TASKSEAL_BOUND_QUEUE,
        .now = FORGE_NOW};
}

static inline const taskseal__stanza *our_stanza(const taskseal__header *header)
{
    return taskseal__header_find(header, our_id, strlen(our_id), TASKSEAL_KEY_XCHACHA20POLY1305);
}

/* Makes commitment, wrap, MAC and tags right. `sealed` is what `header` was parsed from; `payload` what its chunks
 * are to hold. */
static inline void make_authentic(uint8_t *sealed, const taskseal__header *header, const uint8_t *payload)
{
    static const uint8_t kek[TASKSEAL_KEY_BYTES] = {'K', 'E', 'K'};
    static const uint8_t dek[TASKSEAL__DEK_BYTES] = {'D', 'E', 'K'};
    static const uint8_t nonce[TASKSEAL__WRAP_NONCE_MAX];
    static const taskseal_context context = {
        {"mail", 4}, {"password-reset", 14}, {"task-0001", 9}, {"extra", 5}};
    const taskseal__wrap_binding binding = {sealed, TASKSEAL_KEY_XCHACHA20POLY1305, our_id, strlen(our_id)};
    uint8_t wrap_key[TASKSEAL__WRAP_KEY_BYTES];
    taskseal__message_keys keys;
    size_t mac_at = (size_t)(header->mac - sealed);
    taskseal__derive_message_keys(&keys, dek, sealed, header->bound, &context);
    memcpy(sealed + TASKSEAL__PREAMBLE_BYTES, keys.commitment, sizeof keys.commitment);
    taskseal__derive_wrap_key(wrap_key, kek, TASKSEAL_KEY_XCHACHA20POLY1305, our_id, strlen(our_id));
    taskseal__wrap(sealed + (our_stanza(header)->body - sealed), &binding, wrap_key, nonce, dek);
    taskseal__derive_header_mac(sealed + mac_at, dek, sealed, mac_at);
    if (taskseal_suite_available(header->suite))
        taskseal__chunks_seal(header->suite, keys.payload_key, payload, header->payload_len,
                              header->payload_len, sealed + mac_at + TASKSEAL__MAC_BYTES);
}

#endif
