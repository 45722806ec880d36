/* SPDX-License-Identifier: MIT
 * Input: any bytes. Where they parse and name our key, commitment, wrap, MAC and tags are made right, the chunks' bytes
 * becoming the payload. So nothing ends at the MAC: the answer must be that of the rules behind it (F 9.6 to F 9.9),
 * which stand here a second time. */
#include "forge.h"

static unsigned bit_length(size_t x)
{
    return x == 0 ? 0 : 1 + bit_length(x >> 1);
}

/* F 7.4: the payload's length, or false. */
static bool unpad(const uint8_t *stream, size_t stream_len, size_t *len)
{
    size_t marked = stream_len;
    while (marked > 0 && stream[marked - 1] == 0)
        marked--;
    if (marked == 0 || stream[marked - 1] != 0x80)
        return false;
    unsigned e = bit_length(marked) - 1;
    size_t m = e == 0 ? 0 : ((size_t)1 << (e - bit_length(e))) - 1;
    size_t padded = (marked + m) & ~m;
    *len = marked - 1;
    return stream_len == (padded > 256 ? padded : 256);
}

/* The opener gives queue, type and id, and insists on the queue. */
static taskseal_err expected(const taskseal__header *h, const uint8_t *stream, size_t *len)
{
    *len = h->payload_len;
    if (taskseal__header_find(h, "mail-k04", 8, 0) != NULL)
        return TASKSEAL_ERR_KEY_COMPROMISED;
    if (!taskseal_suite_available(h->suite))
        return TASKSEAL_ERR_SUITE_UNAVAILABLE;
    if (h->purpose != TASKSEAL_PAYLOAD)
        return TASKSEAL_ERR_WRONG_PURPOSE;
    if ((h->bound & TASKSEAL_BOUND_QUEUE) == 0)
        return TASKSEAL_ERR_CONTEXT_MISMATCH;
    if ((h->bound & TASKSEAL_BOUND_EXTRA) != 0)
        return TASKSEAL_ERR_CONTEXT_REQUIRED;
    if (h->sealed_at > FORGE_NOW + TASKSEAL_CLOCK_LEEWAY)
        return TASKSEAL_ERR_NOT_YET_VALID;
    if (h->expires_at != 0 && h->expires_at <= FORGE_NOW)
        return TASKSEAL_ERR_EXPIRED;
    return !h->padded || unpad(stream, h->payload_len, len) ? TASKSEAL_OK : TASKSEAL_ERR_DAMAGED;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const taskseal_open_options options = forge_opener();
    taskseal__header header;
    size_t len;
    size_t expected_len;
    uint8_t *sealed = must_allocate(size);
    memcpy(sealed, size > 0 ? data : sealed, size);
    if (taskseal__header_parse(&header, sealed, size) == TASKSEAL_OK && our_stanza(&header) != NULL) {
        const uint8_t *stream = data + taskseal__header_len(&header);
        uint8_t *out = canary_new(header.payload_len);
        make_authentic(sealed, &header, stream);
        reached_depth();
        taskseal_err err = expected(&header, stream, &expected_len);
        HOLDS(taskseal_open(&options, sealed, size, out, header.payload_len, &len, NULL) == err);
        HOLDS(len == (err == TASKSEAL_OK ? expected_len : 0) && memcmp(out, stream, len) == 0);
        canary_check(out, header.payload_len, len);
        canary_free(out);
    }
    free(sealed);
    return 0;
}
