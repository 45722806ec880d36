/* SPDX-License-Identifier: MIT */
#include "forge.h"

#include "core/context.h"
#include "core/derive.h"
#include "core/wire.h"

enum { BODY = 0x5A, DEK = 0xD0, NONCE = 0x4E };

forging forging_new(void)
{
    static const char payload[] = "{\"to\":\"ada@example.org\",\"token\":\"s3cr3t\"}";
    const taskseal_seal_options like = sealing(NULL);
    return (forging){
        .suite = TASKSEAL_SUITE_CHACHA20POLY1305,
        .context = like.context,
        .sealed_at = NOW,
        .stanzas = {{.type = TASKSEAL_KEY_XCHACHA20POLY1305, .id = "k", .secret = secret_of('k')}},
        .stanza_count = 1,
        .payload = payload,
        .payload_len = 40};
}

static size_t body_len(const forged_stanza *stanza)
{
    return stanza->secret != NULL ? taskseal__body_len(stanza->type) : stanza->body_len;
}

static size_t forged_header_len(const forging *f)
{
    size_t len = TASKSEAL__STANZAS_AT + TASKSEAL__MAC_BYTES;
    for (size_t i = 0; i < f->stanza_count; i++)
        len += 4 + strlen(f->stanzas[i].id) + body_len(&f->stanzas[i]);
    return len;
}

static uint8_t *put_stanza(uint8_t *at, const forged_stanza *stanza, const uint8_t *envelope,
                           const uint8_t *dek)
{
    const size_t id_len = strlen(stanza->id);
    const size_t len = body_len(stanza);
    at = taskseal__put_stanza_head(at, stanza->type, stanza->id, id_len, len);
    memset(at, BODY, len);
    if (stanza->secret != NULL) {
        uint8_t wrap_key[TASKSEAL__WRAP_KEY_BYTES];
        uint8_t nonce[TASKSEAL__WRAP_NONCE_MAX];
        const taskseal__wrap_binding binding = {envelope, (taskseal_key_type)stanza->type, stanza->id,
                                                id_len};
        memset(nonce, NONCE, sizeof nonce);
        taskseal__derive_wrap_key(wrap_key, stanza->secret, stanza->type, stanza->id, id_len);
        taskseal__wrap(at, &binding, wrap_key, nonce, dek);
    }
    return at + len;
}

blob forge(const forging *f)
{
    uint8_t dek[TASKSEAL__DEK_BYTES];
    taskseal__message_keys keys;
    size_t chunks_len;
    unsigned bound;
    memset(dek, DEK, sizeof dek);
    ck_assert(taskseal__context_given(&f->context, &bound));
    ck_assert(taskseal__chunks_len(f->suite, f->payload_len, &chunks_len));
    blob out = blob_new(forged_header_len(f) + chunks_len);

    const taskseal__preamble preamble = {f->suite,       f->purpose,   f->padded,
                                         (uint8_t)bound, f->sealed_at, f->expires_at};
    uint8_t *at = taskseal__put_preamble(out.data, &preamble);
    taskseal__derive_message_keys(&keys, dek, out.data, bound, &f->context);
    for (size_t i = 0; i < sizeof keys.commitment; i++)
        keys.commitment[i] ^= f->commitment_flaw[i];
    at = taskseal__put(at, keys.commitment, sizeof keys.commitment);
    at = taskseal__put_u8(at, f->stanza_count);
    for (size_t i = 0; i < f->stanza_count; i++)
        at = put_stanza(at, &f->stanzas[i], out.data, dek);
    taskseal__derive_header_mac(at, dek, out.data, (size_t)(at - out.data));
    at += TASKSEAL__MAC_BYTES;
    if (taskseal_suite_available(f->suite))
        taskseal__chunks_seal(f->suite, keys.payload_key, f->payload, f->payload_len, f->payload_len, at);
    else
        memset(at, BODY, chunks_len);
    return out;
}
