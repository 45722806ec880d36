/* SPDX-License-Identifier: MIT
 * Input: any bytes, as an envelope. What the functions that need no key say of them must agree: with each other, with
 * F 2's order of faults and F 11, and with the bytes themselves, read here a second time. */
#include "fuzz.h"

static bool begins_with(const uint8_t *data, size_t size, const char *text)
{
    return size >= strlen(text) && memcmp(data, text, strlen(text)) == 0;
}

/* F 2.5 to F 2.12. OK here means that every other fault is MALFORMED. */
static taskseal_err first_fault(const uint8_t *data, size_t size)
{
    if (begins_with(data, size, TASKSEAL_TEXT_PREFIX))
        return TASKSEAL_ERR_MALFORMED;
    if (size == 0 || memcmp(data, "\xC1TSL", size < 4 ? size : 4) != 0)
        return TASKSEAL_ERR_NOT_SEALED;
    if (size <= 4)
        return TASKSEAL_ERR_MALFORMED;
    if (data[4] != 1)
        return TASKSEAL_ERR_UNSUPPORTED_VERSION;
    if (size == 5)
        return TASKSEAL_ERR_MALFORMED;
    return data[5] < 1 || data[5] > 3 ? TASKSEAL_ERR_UNSUPPORTED_SUITE : TASKSEAL_OK;
}

/* F 11. The text form is the text target's. */
static taskseal_sealed kind_of(taskseal_err err)
{
    switch (err) {
    case TASKSEAL_OK:
        return TASKSEAL_SEALED;
    case TASKSEAL_ERR_NOT_SEALED:
        return TASKSEAL_PLAIN;
    case TASKSEAL_ERR_UNSUPPORTED_VERSION:
    case TASKSEAL_ERR_UNSUPPORTED_SUITE:
        return TASKSEAL_NEWER;
    default:
        return TASKSEAL_BROKEN;
    }
}

static uint8_t *put_u64(uint8_t *at, uint64_t value)
{
    for (unsigned i = 0; i < 8; i++)
        at[i] = (uint8_t)(value >> (56 - 8 * i));
    return at + 8;
}

/* What parses is written anew from what inspect says, bodies and MAC aside: it must be the same bytes. */
static void check_header(const taskseal_info *info, const uint8_t *data)
{
    uint8_t preamble[24] = {0xC1, 'T', 'S', 'L', info->version, info->suite};
    preamble[6] = (uint8_t)(info->purpose << 4 | (info->padded ? 1 : 0));
    preamble[7] = info->bound;
    (void)put_u64(put_u64(preamble + 8, info->sealed_at), info->expires_at);
    HOLDS(memcmp(preamble, data, 24) == 0);
    HOLDS(info->purpose <= TASKSEAL_REFERENCE && info->bound <= 0x0F);
    HOLDS(info->sealed_at >= 1 && info->sealed_at <= TASKSEAL_TIME_MAX &&
          info->expires_at <= TASKSEAL_TIME_MAX);
    HOLDS(info->expires_at == 0 || info->expires_at > info->sealed_at);
    HOLDS(memcmp(info->message_id, data + 24, 32) == 0);
    HOLDS(data[56] == info->stanza_count && info->stanza_count >= 1);
    HOLDS(info->stanza_count <= TASKSEAL_STANZAS_MAX);
    size_t at = 57;
    for (size_t i = 0; i < info->stanza_count; i++) {
        const taskseal_stanza *stanza = &info->stanzas[i];
        size_t id_len = strlen(stanza->key_id);
        HOLDS(data[at] == stanza->type && data[at + 1] == id_len);
        HOLDS(memcmp(data + at + 2, stanza->key_id, id_len) == 0);
        HOLDS(i == 0 || strcmp(info->stanzas[i - 1].key_id, stanza->key_id) < 0); /* F 4.1 */
        HOLDS((info->stanzas[0].type < 0x80) == (stanza->type < 0x80));           /* F 4.2 */
        at += 2 + id_len;
        at += 2 + (size_t)(data[at] << 8 | data[at + 1]);
    }
    HOLDS(info->header_len == at + 16 && info->header_len <= TASKSEAL_HEADER_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    taskseal_info info;
    uint8_t id[TASKSEAL_MESSAGE_ID_BYTES];
    size_t cap = 1;
    taskseal_err err = taskseal_inspect(data, size, &info);
    taskseal_err first = first_fault(data, size);
    HOLDS(first == TASKSEAL_OK ? err == TASKSEAL_OK || err == TASKSEAL_ERR_MALFORMED : err == first);
    HOLDS(taskseal_message_id(data, size, id) == err);
    HOLDS(taskseal_open_size(data, size, &cap) == err);
    if (!begins_with(data, size, TASKSEAL_TEXT_PREFIX))
        HOLDS(taskseal_is_sealed(data, size) == kind_of(err));
    HOLDS(err == TASKSEAL_OK || cap == 0);
    if (err != TASKSEAL_OK)
        return 0;
    reached_depth();
    HOLDS(cap == info.payload_len && memcmp(id, info.message_id, sizeof id) == 0);
    check_header(&info, data);
    /* F 6.3, F 6.6: the chunks are exactly those of such a payload. */
    size_t tag = info.suite == TASKSEAL_SUITE_AEGIS256 ? 32 : 16;
    HOLDS(size - info.header_len == cap + (cap / TASKSEAL_CHUNK_BYTES + 1) * tag);
    return 0;
}
