/* SPDX-License-Identifier: MIT
 * The envelopes that are damaged. */
#include "damage.h"

#include <stdio.h>
#include <stdlib.h>

static void *allocate(size_t len)
{
    void *memory = malloc(len != 0 ? len : 1);
    if (memory == NULL) {
        fprintf(stderr, "no memory\n");
        exit(2);
    }
    return memory;
}

static void need(taskseal_err err, const char *what)
{
    if (err == TASKSEAL_OK)
        return;
    fprintf(stderr, "%s: %s\n", what, taskseal_err_name(err));
    exit(2);
}

size_t tag_bytes(taskseal_suite suite)
{
    return suite == TASKSEAL_SUITE_AEGIS256 ? 32 : 16;
}

static const uint8_t secrets[2][TASKSEAL_KEY_BYTES] = {{1, 2, 3}, {4, 5, 6}};

static taskseal_key key_of(const char *id, taskseal_key_type type, const uint8_t *secret)
{
    return (taskseal_key){.id = id, .type = type, .state = TASKSEAL_KEY_ACTIVE, .secret = secret};
}

void setting_make(setting *s, int number)
{
    static const char *const ids[] = {"a", "b"};
    *s = (setting){.suite = (taskseal_suite)(1 + number % SUITES),
                   .key_type =
                       number / SUITES % 2 == 0 ? TASKSEAL_KEY_XCHACHA20POLY1305 : TASKSEAL_KEY_AEGIS256,
                   .stanzas = number / SUITES / 2 == 0 ? 1 : 2};
    const taskseal_key_type other =
        s->key_type == TASKSEAL_KEY_AEGIS256 || !taskseal_key_type_available(TASKSEAL_KEY_AEGIS256)
            ? TASKSEAL_KEY_XCHACHA20POLY1305
            : TASKSEAL_KEY_AEGIS256;
    s->available = taskseal_suite_available(s->suite) && taskseal_key_type_available(s->key_type);
    if (!s->available)
        return;
    const taskseal_key keys[] = {key_of("a", s->key_type, secrets[0]), key_of("b", other, secrets[1])};
    need(taskseal_keyring_new(&s->ring, keys, 2, NULL), "keyring");
    need(taskseal_keyring_new(&s->opener, keys, 1, NULL), "keyring");
    const taskseal_context context = {
        .queue = taskseal_str("mail"), .type = taskseal_str("welcome"), .id = taskseal_str("42")};
    s->seal = (taskseal_seal_options){.keyring = s->ring,
                                      .key_ids = ids,
                                      .key_count = s->stanzas,
                                      .context = context,
                                      .suite = s->suite,
                                      .lifetime = s->stanzas == 1 ? 3600 : 0, /* with and without an expiry */
                                      .now = NOW};
    s->open = (taskseal_open_options){.keyring = s->opener, .context = context, .now = NOW};
}

void setting_free(setting *s)
{
    taskseal_keyring_free(s->ring);
    taskseal_keyring_free(s->opener);
}

/* Bytes that differ from place to place, none of them the canary or 0. */
static void fill_payload(uint8_t *out, size_t len)
{
    uint32_t state = 12345;
    for (size_t i = 0; i < len; i++) {
        do
            state = state * 1664525 + 1013904223;
        while (state >> 24 == CANARY || state >> 24 == 0);
        out[i] = (uint8_t)(state >> 24);
    }
    if (len > 0)
        out[0] = '{'; /* never what an envelope begins with */
}

static void hold_that_it_opens(const envelope *e)
{
    size_t len;
    void *inside;
    uint8_t *out = allocate(e->payload_len);
    uint8_t *copy = allocate(e->sealed_len);
    need(taskseal_open(&e->of->open, e->sealed, e->sealed_len, out, e->payload_len, &len, NULL),
         "the intact twin");
    if (len != e->payload_len || (len > 0 && memcmp(out, e->payload, len) != 0))
        need(TASKSEAL_ERR_DAMAGED, "the intact twin's payload");
    memcpy(copy, e->sealed, e->sealed_len);
    need(taskseal_open_in_place(&e->of->open, copy, e->sealed_len, &inside, &len, NULL),
         "the intact twin in place");
    if (len != e->payload_len || (len > 0 && memcmp(inside, e->payload, len) != 0))
        need(TASKSEAL_ERR_DAMAGED, "the intact twin's payload in place");
    free(out);
    free(copy);
}

void envelope_make(envelope *e, const setting *s, size_t payload_len)
{
    taskseal_info info;
    *e = (envelope){.of = s, .payload = allocate(payload_len), .payload_len = payload_len};
    fill_payload(e->payload, payload_len);
    need(taskseal_seal_size(&s->seal, payload_len, &e->sealed_len, NULL), "seal size");
    e->sealed = allocate(e->sealed_len);
    need(taskseal_seal(&s->seal, e->payload, payload_len, e->sealed, e->sealed_len, &e->sealed_len), "seal");
    need(taskseal_inspect(e->sealed, e->sealed_len, &info), "inspect");
    e->header_len = info.header_len;
    hold_that_it_opens(e);
}

void envelope_free(envelope *e)
{
    free(e->payload);
    free(e->sealed);
}
