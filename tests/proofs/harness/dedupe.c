/* SPDX-License-Identifier: MIT */
#include "pieces.h"

#include <dedupe.c>

static const uint8_t g_key[TASKSEAL_KEY_BYTES];
static uint8_t g_tag[TASKSEAL_DEDUPE_TAG_BYTES];

int crypto_generichash_init(crypto_generichash_state *hash, const unsigned char *key, const size_t keylen,
                            const size_t outlen)
{
    CHECK(__CPROVER_w_ok(hash, sizeof *hash) && key == g_key && keylen == 32, "this key");
    CHECK(outlen == TASKSEAL_DEDUPE_TAG_BYTES, "a tag");
    return 0;
}

int crypto_generichash_update(crypto_generichash_state *hash, const unsigned char *in, unsigned long long len)
{
    (void)hash;
    CHECK(len > 0, "nothing empty is hashed");
    take_piece(in, len);
    return 0;
}

int crypto_generichash_final(crypto_generichash_state *hash, unsigned char *out, const size_t outlen)
{
    (void)hash;
    CHECK(out == g_tag && outlen == TASKSEAL_DEDUPE_TAG_BYTES, "the tag");
    check_taken();
    return 0;
}

/* u32 length | bytes; nothing but the length if it is absent or empty. */
void proof_add_field(void)
{
    static const uint8_t byte;
    crypto_generichash_state hash;
    const taskseal_bytes field = {nondet_bool() ? &byte : NULL, nondet_u32()};
    want(NUMBER, NULL, field.len);
    if (field.len != 0)
        want(WHERE, field.data, field.len);
    add_field(&hash, field);
    check_taken();
    REACHED_IF(field.len == 0, "only a length");
    REACHED_IF(field.len > 65535, "long");
}

void known_field(crypto_generichash_state *hash, taskseal_bytes field)
{
    (void)hash;
    take_piece(field.data, field.len);
}

static void want_field(taskseal_bytes field)
{
    want(WHERE, field.data, field.len);
}

/* F 14: label | queue | type | kind | fields or payload. */
void proof_dedupe_compute(void)
{
    static const uint8_t bytes[5];
    const taskseal_bytes fields[2] = {{bytes, nondet_u32()}, {bytes + 1, nondet_u32()}};
    size_t len = nondet_size();
    taskseal_dedupe_options options = {.queue = {bytes + 2, nondet_u16()}, .type = {bytes + 3, nondet_u16()}};
    if (nondet_bool()) {
        options.fields = fields;
        options.field_count = 1 + nondet_bool();
    }
    want(TEXT, "taskseal1-dedupe", 16);
    want_field(options.queue);
    want_field(options.type);
    want(TEXT, options.fields != NULL ? "\1" : "\0", 1); /* the kind */
    for (size_t i = 0; i < options.field_count; i++)
        want_field(fields[i]);
    if (options.fields == NULL && len != 0)
        want(WHERE, bytes + 4, len);
    compute(&options, g_key, bytes + 4, len, g_tag);
    REACHED_IF(options.field_count == 2, "of two fields");
    REACHED_IF(options.fields == NULL && g_taken == 5, "of the payload");
}

/* Only lengths that a u32 holds, and bytes wherever there is a length. */
void proof_dedupe_fields(void)
{
    static const uint8_t byte;
    taskseal_bytes fields[3];
    bool fine = true;
    taskseal_dedupe_options options = {.fields = fields, .field_count = nondet_size()};
    ASSUME(options.field_count <= 3, "the bound of this proof");
    for (size_t i = 0; i < options.field_count; i++) {
        fields[i] = (taskseal_bytes){nondet_bool() ? &byte : NULL, nondet_size()};
        fine = fine && fields[i].len <= UINT32_MAX && (fields[i].data != NULL || fields[i].len == 0);
    }
    CHECK(fields_valid(&options) == (fine && options.field_count > 0), "fields that can be hashed");
    taskseal_bytes queue = {nondet_bool() ? &byte : NULL, nondet_size()};
    CHECK(context_valid(queue) ==
              (queue.data == NULL ? queue.len == 0 : queue.len >= 1 && queue.len <= 65535),
          "absent, or of 1 to 65535 bytes");
    REACHED_IF(fine && options.field_count == 3, "valid");
    REACHED_IF(!fine, "invalid");
}
