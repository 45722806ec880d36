/* SPDX-License-Identifier: MIT
 * Input: any bytes, taken as a task's message of Asynq's, whose payload is moved to another key of a fixed keyring (that of
 * open's seeds). Whatever comes of it, all bytes but the payload's stay, and what was no message is none afterwards. */
#include "fuzz.h"

#include <taskseal/asynq.h>

static const taskseal_keyring *keyring(void)
{
    static const char text[] = "taskseal-keyring 1\n"
                               "key mail-k01 xchacha20poly1305 active "
                               "tskek1_ouzlX3qtOtzg9FsNt5C7SJxUuOvhO7NUBqxPzbbGduw\n"
                               "key another-and-longer-key-id-k02 xchacha20poly1305 active "
                               "tskek1__aBRtphvj9iAOJ7fbztT1hXAd6jmL6pwbnq2SqWMaYU\n";
    static taskseal_keyring *ring;
    if (ring == NULL)
        HOLDS(taskseal_keyring_parse(&ring, text, sizeof text - 1, NULL) == TASKSEAL_OK);
    return ring;
}

/* A varint's length. */
static size_t varint_len(size_t value)
{
    size_t len = 1;
    for (; value > 0x7F; value >>= 7)
        len++;
    return len;
}

/* Both have one payload, behind a tag of a byte and its length, and are equal but for these. */
static void check_rest(const uint8_t *before, size_t before_len, taskseal_bytes old, const uint8_t *after,
                       size_t after_len)
{
    taskseal_bytes new;
    taskseal_info info;
    HOLDS(taskseal_asynq_payload(after, after_len, &new) == TASKSEAL_OK);
    HOLDS(taskseal_inspect(new.data, new.len, &info) == TASKSEAL_OK);
    const uint8_t *old_end = (const uint8_t *)old.data + old.len, *new_end = (const uint8_t *)new.data + new.len;
    const size_t rest = (size_t)(before + before_len - old_end);
    HOLDS((size_t)(after + after_len - new_end) == rest && memcmp(old_end, new_end, rest) == 0);
    const size_t head = (size_t)((const uint8_t *)new.data - after) - varint_len(new.len);
    HOLDS(head <= before_len && memcmp(before, after, head) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const taskseal_rewrap_options options = {.keyring = keyring(), .now = UINT64_C(1800000060)};
    const size_t cap = taskseal_asynq_rewrap_size(size);
    taskseal_bytes payload;
    size_t len = 1;
    taskseal_err found = taskseal_asynq_payload(data, size, &payload);
    HOLDS(found == TASKSEAL_OK || (found == TASKSEAL_ERR_MALFORMED && payload.data == NULL));
    if (payload.data != NULL)
        HOLDS((const uint8_t *)payload.data > data &&
              payload.len <= (size_t)(data + size - (const uint8_t *)payload.data));
    uint8_t *out = must_allocate(cap);
    taskseal_err err = taskseal_asynq_rewrap(&options, data, size, out, cap, &len);
    HOLDS((err == TASKSEAL_OK) == (len != 0) && err != TASKSEAL_ERR_BUFFER_TOO_SMALL);
    HOLDS(found == TASKSEAL_OK || err == found);
    HOLDS(payload.len != 0 || found != TASKSEAL_OK || err == TASKSEAL_ERR_NOT_SEALED);
    if (err == TASKSEAL_OK) {
        reached_depth();
        check_rest(data, size, payload, out, len);
        uint8_t *exact = must_allocate(0);
        HOLDS(taskseal_asynq_rewrap(&options, data, size, exact, 1, &len) == TASKSEAL_ERR_BUFFER_TOO_SMALL);
        free(exact);
    }
    free(out);
    return 0;
}
