/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <stdlib.h>

/* ---- What the fixture frees ---- */

typedef struct kept {
    struct kept *next;
    void *memory;
    taskseal_keyring *ring;
} kept;

static kept *everything;

static void keep(void *memory, taskseal_keyring *ring)
{
    kept *entry = malloc(sizeof *entry);
    ck_assert_ptr_nonnull(entry);
    *entry = (kept){everything, memory, ring};
    everything = entry;
}

static void free_everything(void)
{
    while (everything != NULL) {
        kept *entry = everything;
        everything = entry->next;
        taskseal_keyring_free(entry->ring);
        free(entry->memory);
        free(entry);
    }
}

TCase *add_case(Suite *suite, const char *name)
{
    TCase *tests = tcase_create(name);
    tcase_add_checked_fixture(tests, NULL, free_everything);
    tcase_set_timeout(tests, 120);
    suite_add_tcase(suite, tests);
    return tests;
}

/* ---- Buffers ---- */

blob blob_new(size_t len)
{
    blob b = {malloc(len != 0 ? len : 1), len};
    ck_assert_ptr_nonnull(b.data);
    keep(b.data, NULL);
    return b;
}

blob blob_copy(const void *data, size_t len)
{
    blob b = blob_new(len);
    if (len != 0)
        memcpy(b.data, data, len);
    return b;
}

blob blob_pattern(size_t len)
{
    blob b = blob_new(len);
    uint32_t state = 12345;
    for (size_t i = 0; i < len; i++) {
        state = state * 1664525 + 1013904223;
        b.data[i] = (uint8_t)(state >> 24);
    }
    if (len > 0)
        b.data[0] = '{'; /* never what an envelope begins with */
    return b;
}

void fill(blob b, uint8_t value)
{
    memset(b.data, value, b.len);
}

bool all_are(const void *data, size_t len, uint8_t value)
{
    const uint8_t *bytes = data;
    for (size_t i = 0; i < len; i++)
        if (bytes[i] != value)
            return false;
    return true;
}

bool same(const void *a, size_t a_len, const void *b, size_t b_len)
{
    return a_len == b_len && (a_len == 0 || memcmp(a, b, a_len) == 0);
}

/* ---- Keys and rings ---- */

const uint8_t *secret_of(char name)
{
    static uint8_t secrets[256][TASKSEAL_KEY_BYTES];
    uint8_t *secret = secrets[(uint8_t)name];
    for (size_t i = 0; i < TASKSEAL_KEY_BYTES; i++)
        secret[i] = (uint8_t)((uint8_t)name + i);
    return secret;
}

taskseal_key key_of(const char *id)
{
    return (taskseal_key){.id = id,
                          .type = TASKSEAL_KEY_XCHACHA20POLY1305,
                          .state = TASKSEAL_KEY_ACTIVE,
                          .secret = secret_of(id[strlen(id) - 1])};
}

taskseal_key key_in_state(const char *id, taskseal_key_state state)
{
    taskseal_key key = key_of(id);
    key.state = state;
    if (state == TASKSEAL_KEY_RETIRED || state == TASKSEAL_KEY_COMPROMISED)
        key.secret = NULL;
    return key;
}

taskseal_keyring *ring_keep(taskseal_keyring *ring)
{
    keep(NULL, ring);
    return ring;
}

taskseal_keyring *ring_of(const taskseal_key *keys, size_t count)
{
    taskseal_keyring *ring;
    taskseal_error error = {0};
    const taskseal_err err = taskseal_keyring_new(&ring, keys, count, &error);
    ck_assert_msg(err == TASKSEAL_OK, "no ring: %s", error.message);
    return ring_keep(ring);
}

/* ---- Sealing and opening ---- */

static taskseal_context context(void)
{
    return (taskseal_context){
        .queue = taskseal_str("mail"), .type = taskseal_str("welcome"), .id = taskseal_str("42")};
}

taskseal_seal_options sealing(const taskseal_keyring *ring)
{
    return (taskseal_seal_options){.keyring = ring, .context = context(), .now = NOW};
}

taskseal_open_options opening(const taskseal_keyring *ring)
{
    return (taskseal_open_options){.keyring = ring, .context = context(), .now = NOW};
}

taskseal_rewrap_options rewrapping(const taskseal_keyring *ring)
{
    return (taskseal_rewrap_options){.keyring = ring, .now = NOW};
}

blob seal(const taskseal_seal_options *options, const void *payload, size_t len)
{
    size_t sealed_len;
    size_t got;
    assert_ok(taskseal_seal_size(options, len, &sealed_len, NULL));
    blob sealed = blob_new(sealed_len);
    assert_ok(taskseal_seal(options, payload, len, sealed.data, sealed.len, &got));
    ck_assert_uint_eq(got, sealed_len);
    return sealed;
}

blob open_whole(const taskseal_open_options *options, blob sealed)
{
    size_t cap;
    assert_ok(taskseal_open_size(sealed.data, sealed.len, &cap));
    blob payload = blob_new(cap);
    assert_ok(taskseal_open(options, sealed.data, sealed.len, payload.data, cap, &payload.len, NULL));
    return payload;
}

blob rewrap(const taskseal_rewrap_options *options, blob sealed)
{
    blob out = blob_new(taskseal_rewrap_size(sealed.len));
    assert_ok(taskseal_rewrap(options, sealed.data, sealed.len, out.data, out.len, &out.len));
    return out;
}

taskseal_info inspect(blob sealed)
{
    taskseal_info info;
    assert_ok(taskseal_inspect(sealed.data, sealed.len, &info));
    return info;
}

taskseal_err try_open(const taskseal_open_options *options, blob sealed)
{
    taskseal_opened untouched;
    taskseal_opened opened;
    void *payload = &opened;
    size_t len = 1;
    blob out = blob_new(sealed.len);
    memset(&untouched, 0xA5, sizeof untouched);
    opened = untouched;

    taskseal_err err = taskseal_open(options, sealed.data, sealed.len, out.data, out.len, &len, &opened);
    if (err == TASKSEAL_OK)
        return err;
    ck_assert_uint_eq(len, 0);
    ck_assert(memcmp(&opened, &untouched, sizeof opened) == 0);

    blob buffer = blob_copy(sealed.data, sealed.len);
    len = 1;
    assert_err(err, taskseal_open_in_place(options, buffer.data, buffer.len, &payload, &len, &opened));
    ck_assert_ptr_null(payload);
    ck_assert_uint_eq(len, 0);
    ck_assert(memcmp(&opened, &untouched, sizeof opened) == 0);
    return err;
}

taskseal_err try_seal(const taskseal_seal_options *options, size_t payload_len)
{
    blob payload = blob_pattern(payload_len);
    blob out = blob_new(payload_len * 2 + 8192);
    size_t len = 1;
    size_t offset = 1;
    taskseal_err err = taskseal_seal_size(options, payload_len, &len, &offset);
    if (err != TASKSEAL_OK)
        ck_assert(len == 0 && offset == 0);
    len = 1;
    assert_err(err, taskseal_seal(options, payload.data, payload.len, out.data, out.len, &len));
    ck_assert((len == 0) == (err != TASKSEAL_OK));
    len = 1;
    fill(out, 'p'); /* what was sealed before might look sealed as a payload */
    assert_err(err, taskseal_seal_in_place(options, out.data, out.len, payload_len, &len));
    ck_assert((len == 0) == (err != TASKSEAL_OK));
    return err;
}

taskseal_err try_rewrap(const taskseal_rewrap_options *options, blob sealed)
{
    blob out = blob_new(taskseal_rewrap_size(sealed.len));
    size_t len = 1;
    taskseal_err err = taskseal_rewrap(options, sealed.data, sealed.len, out.data, out.len, &len);
    ck_assert((len == 0) == (err != TASKSEAL_OK));
    return err;
}

/* ---- The envelope's kinds ---- */

kind kind_at(int i)
{
    kind k = {.suite = (taskseal_suite)(1 + i % 3),
              .key_type = (taskseal_key_type)(1 + i / 3 % 2),
              .padded = i / 6 != 0};
    k.available = taskseal_suite_available(k.suite) && taskseal_key_type_available(k.key_type);
    return k;
}
